"""What changes for French clinicians when a country joins: traits, sections, languages, missing words."""

from __future__ import annotations

from ehdsi.cda.datatypes import Coded
from ehdsi.cda.parse import parse
from ehdsi.errors import EhdsiError
from ehdsi.terminology import Terminology
from onboarding.bench import Bench

Paragraph = tuple[str, tuple[str, ...]]

#: Labels of the search mask, in the words of the French portal.
_TRAITS = {
    "healthCardNumber": "numéro de carte de santé",
    "nationalIdentityCardNumber": "numéro de carte d'identité",
    "nationalPersonIdentifier": "identifiant national de la personne",
    "nationalSocialSecurityNumber": "numéro national de sécurité sociale",
    "passportNumber": "numéro de passeport",
    "regionalPatientIdentifier": "identifiant régional du patient",
    "regionIdentifier": "identifiant de la région",
    "familyName": "nom",
    "firstName": "prénom",
    "birthDate": "date de naissance",
    "gender": "sexe",
    "accessCode": "code d'accès",
    "addressStreet": "rue",
    "addressPostalCode": "code postal",
    "addressCity": "ville",
    "addressCountry": "pays",
}


def what_changes(bench: Bench) -> tuple[Paragraph, ...]:
    """Paragraphs for clinicians, in French: what is asked, what is shown, in which languages."""
    country = bench.country
    return (
        ("Traits d'identité demandés", _traits(bench)),
        ("Documents", _documents(bench)),
        ("Langues d'origine", tuple(country.documents.languages)),
        ("Sections du volet médical", _sections(bench)),
        ("Termes sans libellé français", _wordless(bench)),
        ("Limites annoncées", tuple(country.documents.limits) or ("aucune",)),
    )


def _traits(bench: Bench) -> tuple[str, ...]:
    mask = bench.country.search_mask
    lines = []
    for field in mask.patient.fields:
        needed = "obligatoire" if mask.is_mandatory(field) else "facultatif"
        lines.append(f"{_TRAITS.get(field.label, field.label)} ({needed})")
    return tuple(lines)


def _documents(bench: Bench) -> tuple[str, ...]:
    names = {3: "synthèse structurée, traduite en français", 1: "original en PDF"}
    return tuple(names[level] for level in sorted(bench.country.documents.levels, reverse=True))


def _sections(bench: Bench) -> tuple[str, ...]:
    """French names of the sections that the canary's document really has."""
    try:
        summary = parse(bench.document(bench.good, 3).content)
    except EhdsiError:
        return ("pas de document structuré reçu",)
    return tuple(section_name(one.code, one.title, bench.terminology) for one in summary.sections)


def section_name(code: Coded | None, title: str | None, terminology: Terminology) -> str:
    """The French designation of a section's code; without one its own title, marked as foreign."""
    if code is not None and code.code:
        french = terminology.display(code.code_system, code.code, "fr-FR")
        if french:
            return french
    words = title or (code.code if code else None)
    return f"{words} (intitulé d'origine)" if words else "sans titre"


def _wordless(bench: Bench) -> tuple[str, ...]:
    """Codes of the retrieved documents without a French word."""
    from onboarding.coverage import wordless

    found: dict[str, int] = {}
    for persona in bench.personas("ok"):
        try:
            document = bench.document(persona, 3)
        except EhdsiError:
            continue
        for code in wordless(document.root, bench.terminology):
            found[code] = found.get(code, 0) + 1
    return tuple(f"{code} ({count} fois)" for code, count in sorted(found.items())) or ("aucun",)
