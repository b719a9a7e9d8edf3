"""Who is read and who wrote: the banner, the line on the document, the fold-out with all of the header."""

from __future__ import annotations

from datetime import datetime

from ehdsi.cda.datatypes import Coded, Identifier, PersonName
from ehdsi.cda.model import Guardian, Header, Organization, Participation, Patient
from sesali.french.context import Page
from sesali.french.dates import age, age_at, ago, date_words, full_words, is_minor, moment
from sesali.french.details import organization_words, participation_words
from sesali.french.people import address_words, country_name, language_name, name_words
from sesali.french.view import Banner
from sesali.french.words import NBSP, flavour

_SEXES = {"F": ("Féminin", "Née le"), "M": ("Masculin", "Né le"), "UN": ("Indifférencié", "Naissance le")}

#: How the summary came about, by who its authors are (persons, devices).
_NATURE = {
    (True, False): "rédigée par un professionnel",
    (False, True): "créée automatiquement",
    (True, True): "en partie créée automatiquement",
}


def country_of(header: Header) -> str:
    """Country that sends: of the custodian, the legal authenticator, an author, else the language's
    region.
    """
    organizations: list[Organization | None] = [header.custodian]
    if header.legal_authenticator is not None:
        organizations.append(header.legal_authenticator.organization)
    organizations += [author.organization for author in header.authors]
    for organization in organizations:
        for address in organization.addresses if organization is not None else ():
            if address.country:
                return address.country
    region = (header.language or "").partition("-")[2]
    return region if len(region) == 2 else ""


def banner(page: Page, header: Header) -> Banner:
    """The patient banner: name, birth with age, sex, identifier, in that order; nothing left blank."""
    patient = header.patient
    name = patient.names[0] if patient.names else PersonName(null_flavor="NI")
    sex, born = _sex(page, patient.gender)
    identifier = patient.identifiers[0] if patient.identifiers else None
    others = tuple(name_words(other) for other in patient.names[1:])
    return Banner(
        family=" ".join(name.family) or (name.text or "nom non indiqué"),
        given=" ".join(name.given),
        extra=", ".join([*name.prefix, *name.suffix]),
        lang=header.language or "",
        birth=_birth(patient, born, page.now),
        sex=sex,
        identifier=masked(identifier),
        country=country_name(country_of(header)),
        deceased=_deceased(patient),
        minor=_minor(patient, page.now),
        other_names=others,
    )


def _sex(page: Page, gender: Coded | None) -> tuple[str, str]:
    known = _SEXES.get(gender.code or "") if gender is not None else None
    if known is not None:
        return known
    return (page.term(gender, "Patient.gender").text, "Naissance le")


def _birth(patient: Patient, born: str, now: datetime) -> str:
    """« Née le 14 juin 1986 (39 ans) », « Né en 1975 (49 ou 50 ans) », « Naissance : inconnue »."""
    time = patient.birth_time
    found = moment(time)
    if found is None:
        words = (
            f"« {time.value} » (telle que reçue)"
            if time is not None and time.value
            else flavour(time.null_flavor if time is not None else None)
        )
        return f"Date de naissance{NBSP}: {words}"
    years = "" if patient.deceased or patient.deceased_time is not None else age(time, now)
    preposition = born if found.day else born.replace(" le", " en")
    return f"{preposition} {date_words(time)}" + (f" ({years})" if years else "")


def _deceased(patient: Patient) -> str:
    if not patient.deceased and (patient.deceased_time is None or not patient.deceased_time.value):
        return ""
    feminine = patient.gender is not None and patient.gender.code == "F"
    word = "Décédée" if feminine else "Décédé"
    found = moment(patient.deceased_time)
    if found is None:
        return word
    years = age_at(patient.birth_time, found.earliest)
    return f"{word} {'le' if found.day else 'en'} {date_words(patient.deceased_time)}" + (
        f" à {years}" if years else ""
    )


def _minor(patient: Patient, now: datetime) -> str:
    if not is_minor(patient.birth_time, now) or patient.deceased:
        return ""
    feminine = patient.gender is not None and patient.gender.code == "F"
    return f"{'Mineure' if feminine else 'Mineur'}, {age(patient.birth_time, now)}"


def masked(identifier: Identifier | None) -> str:
    """An identifier with all but its last three characters hidden."""
    if identifier is None:
        return "non indiqué"
    text = identifier.extension or ""
    if not text:
        return flavour(identifier.null_flavor)
    return "•" * max(len(text) - 3, 0) + text[-3:]


def document_line(header: Header, now: datetime) -> str:
    """« Mise à jour le 3 mars 2025 (il y a 8 mois) par Dr …, hôpital … · langue d’origine : … · … »."""
    updated = header.service_event.high if header.service_event is not None else None
    time = updated if updated is not None and updated.value else header.effective_time
    since = ago(time, now)
    line = f"Mise à jour {'le ' if (found := moment(time)) and found.day else ''}{date_words(time)}"
    line += f" ({since})" if since else ""
    author = next((a for a in header.authors if a.person is not None or a.device), None)
    line += f" par {_author(author)}" if author is not None else ""
    line += f" · langue d’origine{NBSP}: {language_name(header.language) or 'non indiquée'}"
    people = any(a.person is not None and (a.person.family or a.person.text) for a in header.authors)
    nature = _NATURE.get((people, any(a.device for a in header.authors)))
    return f"{line} · {nature}" if nature else line


def _author(author: Participation) -> str:
    parts = [name_words(author.person) if author.person is not None else author.device or ""]
    if author.organization is not None:
        parts += author.organization.names[:1]
        parts += [address.city for address in author.organization.addresses[:1] if address.city]
    return ", ".join(dict.fromkeys(part for part in parts if part)) or "auteur non indiqué"


def document_details(page: Page, header: Header) -> tuple[tuple[str, str, str], ...]:
    """The fold-out: (label, text, language of the text) for everything else the header says."""
    foreign = header.language or ""
    lines: list[tuple[str, str, str]] = []
    if header.title:
        lines.append(("Titre d’origine", header.title, foreign))
    lines.append(("Document créé le", full_words(header.effective_time), ""))
    if header.service_event is not None and header.service_event.high is not None:
        lines.append(("Dernière mise à jour", full_words(header.service_event.high), ""))
    lines += [("Auteur", _with_role(page, author), foreign) for author in header.authors]
    if header.legal_authenticator is not None:
        lines.append(("Garant", participation_words(header.legal_authenticator), foreign))
    if header.custodian is not None:
        lines.append(("Conservé par", organization_words(header.custodian) or "non indiqué", foreign))
    lines += [
        (_contact(page, person), participation_words(person), foreign) for person in header.participants
    ]
    lines += [("Réalisé par", participation_words(person), foreign) for person in header.performers]
    lines += _patient_details(page, header.patient, foreign)
    lines.append(("Identifiant du document", _identifier(header.identifier), ""))
    if header.set_id is not None:
        lines.append(("Ensemble", _identifier(header.set_id), ""))
    if header.version_number is not None:
        lines.append(("Version", str(header.version_number), ""))
    lines += [
        ("Document lié", _identifier(i), "")
        for related in header.related_documents
        for i in related.identifiers
    ]
    if header.confidentiality is not None:
        lines.append(
            ("Confidentialité", page.term(header.confidentiality, "Header.confidentiality").text, "")
        )
    return tuple(lines)


def _with_role(page: Page, author: Participation) -> str:
    role = page.term(author.function, "Participation.function").text if author.function is not None else ""
    return participation_words(author) + (f" ({role})" if role else "")


def _contact(page: Page, person: Participation) -> str:
    if person.class_code == "PRS" or (person.function is not None and person.function.code == "PCP"):
        return "Professionnel ou organisme de référence"
    if person.code is not None and (person.code.code or person.code.display_name):
        return f"Contact ({page.term(person.code, 'Participation.code').text})"
    return "Contact"


def _patient_details(page: Page, patient: Patient, foreign: str) -> list[tuple[str, str, str]]:
    lines = [
        ("Adresse du patient", address_words(address), foreign)
        for address in patient.addresses
        if address_words(address)
    ]
    lines += [("Joindre le patient", telecom.value, "") for telecom in patient.telecoms if telecom.value]
    lines += [
        ("Représentant légal", guardian_words(page, guardian), foreign) for guardian in patient.guardians
    ]
    if patient.languages:
        lines.append(("Langues du patient", ", ".join(language_name(tag) for tag in patient.languages), ""))
    return lines


def guardian_words(page: Page, guardian: Guardian) -> str:
    """Name, relation, telephone of a legal representative."""
    parts = [name_words(guardian.person)] if guardian.person is not None else []
    if guardian.organization is not None:
        parts.append(organization_words(guardian.organization))
    if guardian.code is not None and not guardian.code.null_flavor:
        parts.append(page.term(guardian.code, "Guardian.code").text)
    parts += [telecom.value for telecom in guardian.telecoms if telecom.value]
    parts += [address_words(address) for address in guardian.addresses]
    return ", ".join(part for part in parts if part) or "non indiqué"


def _identifier(identifier: Identifier) -> str:
    return " ".join(part for part in (identifier.root, identifier.extension) if part) or flavour(
        identifier.null_flavor
    )
