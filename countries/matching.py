"""Who answers to the traits of a search: what a national patient index does with the fields of its mask."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from countries import identifiers as rules
from countries.model import Country, Persona
from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import LocalError
from ehdsi.traits import Traits


def find(country: Country, asked: Sequence[Identifier], traits: Traits | None = None) -> tuple[Persona, ...]:
    """The persons who answer to these identifiers and other traits: none, one or several.

    A set of identifiers that the mask asks for together has to be complete and to lead to the same person; an
    identifier of another person beside it excludes a match. Birth date, gender and name are compared where
    they are given; the birth date has to be given where the country asks for it.

    Parameters
    ----------
    asked : ``livingSubjectId`` values: ``root`` the mask's domain, ``extension`` the text typed.
    traits : the other traits of the search; its own identifiers are not looked at.

    Returns
    -------
    Named personas in the order of the pack, else at most one synthetic person.
    """
    wanted = _by_domain(country, asked)
    if not complete(country, wanted):
        return ()
    traits = traits or Traits()
    if "patient_birth_date_required" in country.switches and not traits.birth_date:
        return ()
    found = tuple(
        persona
        for persona in country.personas
        if _answers(country, persona, wanted) and _agrees(persona, traits)
    )
    return found or _synthetic(country, wanted, traits)


def complete(country: Country, domains: Collection[str]) -> bool:
    """True if these identifier domains fill at least one group of each block of the mask."""
    return all(
        any(all(field.domain in domains for field in group.fields) for group in block.groups)
        for block in country.search_mask.patient.blocks
    )


def persona_by_key(country: Country, key: str) -> Persona:
    """The persona with this key; raises ``LocalError`` naming the keys that exist."""
    for persona in country.personas:
        if persona.key == key:
            return persona
    keys = ", ".join(persona.key for persona in country.personas)
    raise LocalError(f"{country.code} has no patient {key!r}; there are {keys}")


def clean(country: Country, domain: str, value: str) -> str:
    """A typed identifier in the form that is compared: without blanks around, with the pack's clean-ups."""
    for rule in country.identifier_rules:
        if rule.domain == domain:
            return rules.normalise(value.strip(), rule.normalise)
    return value.strip()


def _by_domain(country: Country, asked: Iterable[Identifier]) -> dict[str, str]:
    return {one.root or "": clean(country, one.root or "", one.extension or "") for one in asked}


def _answers(country: Country, persona: Persona, wanted: dict[str, str]) -> bool:
    """True if every identifier asked for leads to this person; domains unknown to the pack do not count."""
    known = {rule.domain for rule in country.identifier_rules}
    relevant = {domain: value for domain, value in wanted.items() if domain in known}
    theirs = _cleaned(country, persona)
    return bool(relevant) and all(pair in theirs for pair in relevant.items())


@lru_cache(maxsize=512)
def _cleaned(country: Country, persona: Persona) -> frozenset[tuple[str, str]]:
    """Domain and text of all identifiers of a named person, in the form that is compared."""
    return frozenset(
        (one.root or "", clean(country, one.root or "", one.extension or ""))
        for one in (*persona.identifiers, *persona.shared_identifiers)
    )


def _agrees(persona: Persona, traits: Traits) -> bool:
    if traits.birth_date and not _same_date(persona.birth_time, traits.birth_date):
        return False
    if traits.gender and traits.gender != persona.gender:
        return False
    if traits.name is None:
        return True
    return _same_name(traits.name.family, persona.name.family) and _same_name(
        traits.name.given, persona.name.given
    )


def _same_date(known: str, asked: str) -> bool:
    """A date known to the year or month agrees with every day in it."""
    digits = asked.replace("-", "")
    return digits.startswith(known) or known.startswith(digits)


def _same_name(asked: Sequence[str], known: Sequence[str]) -> bool:
    """Names compare without case, accents, hyphens; the part asked for has to begin a word of the name."""
    have = " " + fold(" ".join(known))
    return all(" " + fold(part) in have for part in asked if part.strip())


def fold(text: str) -> str:
    """A name for comparison: decomposed (NFKD), without marks, case or hyphens. Never for display."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(plain.casefold().replace("-", " ").replace("đ", "d").replace("ħ", "h").split())


def _synthetic(country: Country, wanted: dict[str, str], traits: Traits) -> tuple[Persona, ...]:
    for domain, value in wanted.items():
        persona = country.synthetic(Identifier(root=domain, extension=value))
        if persona is not None and _agrees(persona, traits):
            return (persona,)
    return ()
