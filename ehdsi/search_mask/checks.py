"""Holds the values of a form, or the traits of a query, against what a country asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ehdsi.cda.datatypes import Address, Identifier, PersonName
from ehdsi.errors import MalformedMessage
from ehdsi.search_mask.model import IdentifierBlock, IdentifierGroup, MaskField, PersonSearch
from ehdsi.search_mask.pattern import compile_pattern
from ehdsi.search_mask.pattern_syntax import PatternError, PatternNotUnderstood
from ehdsi.traits import Traits
from ehdsi.xcpd.wrapper import is_oid

#: missing: needed and empty · format: does not fit · several alternatives: more than one group of a choice is
#: filled in · not asked for: an identifier of a domain that the mask does not have · repeated: one domain
#: twice.
ProblemKind = Literal["missing", "format", "several alternatives", "not asked for", "repeated"]

CLAUSE = "eHDSI International Search Mask 2023"

#: Key of the problem that no identifier at all was given.
ANY_IDENTIFIER = "identifier"

_GENDERS = frozenset({"M", "F", "UN"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something to mend before a search; it names the field and never holds the value.

    ``key`` is the field's ``key``, or ``identifier`` where any identifier would do; ``field`` is ``None``
    where the mask has no such field.
    """

    kind: ProblemKind
    key: str
    field: MaskField | None = None


def form_problems(search: PersonSearch, values: Mapping[str, str]) -> tuple[Problem, ...]:
    """Problems of a filled-in form.

    Parameters
    ----------
    search : what is asked.
    values : texts by ``MaskField.key``; blanks around them do not count, absent and empty are the same. A
        birth date is ``YYYY-MM-DD``, a gender ``M``, ``F`` or ``UN``.

    Returns
    -------
    Problems in the order of the form; empty when the search may be sent.
    """
    given = {key: text.strip() for key, text in values.items() if text.strip()}
    problems = [problem for block in search.blocks for problem in _block_problems(search, block, given)]
    if not any(one.key in given for one in search.identifiers) and not problems:
        problems.append(Problem(kind="missing", key=ANY_IDENTIFIER))
    for asked in search.others:
        problems.extend(_field_problems(asked, given, needed=asked.mandatory))
    return tuple(problems)


def trait_problems(search: PersonSearch, traits: Traits) -> tuple[Problem, ...]:
    """Problems of the traits of a query, as an NCP-A sees them.

    The access code is left out: ITI-55 has no element for it.
    """
    domains = [one.root or "" for one in traits.identifiers]
    known = {one.domain for one in search.identifiers}
    strange = tuple(Problem(kind="not asked for",
                            key=f"id.{domain}") for domain in domains if domain not in known)
    repeated = tuple(Problem(kind="repeated", key=f"id.{domain}")
                     for domain in sorted(set(domains)) if domains.count(domain) > 1)
    values = form_values(traits)
    problems = tuple(problem for problem in form_problems(search, values)
                     if problem.field is None or problem.field.kind != "access code")
    return strange + repeated + problems


def _block_problems(search: PersonSearch, block: IdentifierBlock, given: Mapping[str, str]) -> list[Problem]:
    groups = block.groups
    if block.choice and len(groups) > 1:
        groups = tuple(group for group in groups if _is_used(group, given))
        if len(groups) > 1 and not _is_one_inside_other(groups, given):
            return [Problem(kind="several alternatives", key=group.fields[0].key, field=group.fields[0])
                    for group in groups]
        if not groups and any(one.mandatory for group in block.groups for one in group.fields):
            return [Problem(kind="missing", key=ANY_IDENTIFIER)]
    return [problem for group in groups for one in group.fields
            for problem in _field_problems(one, given, needed=_is_needed(search, group, one, block.choice))]


def _is_used(group: IdentifierGroup, given: Mapping[str, str]) -> bool:
    return any(one.key in given for one in group.fields)


def _is_one_inside_other(groups: tuple[IdentifierGroup, ...], given: Mapping[str, str]) -> bool:
    """Do the alternatives share the fields that are filled in (the same identifier in two groups)?"""
    used = [{one.key for one in group.fields if one.key in given} for group in groups]
    return all(keys <= max(used, key=len) for keys in used)


def _is_needed(search: PersonSearch, group: IdentifierGroup, asked: MaskField, choice: bool) -> bool:
    """Mandatory as published, the only identifier of the mask, or the only one of the alternative picked."""
    return search.is_mandatory(asked) or (choice and group.fields == (asked,))


def _field_problems(asked: MaskField, given: Mapping[str, str], *, needed: bool) -> list[Problem]:
    value = given.get(asked.key)
    if value is None:
        return [Problem(kind="missing", key=asked.key, field=asked)] if needed else []
    return [] if fits(asked, value) else [Problem(kind="format", key=asked.key, field=asked)]


def fits(asked: MaskField, value: str) -> bool:
    """Does a value fit a field: the whole of its format, and a real date or a known gender where that is
    asked?

    A format that is not understood here lets every value pass: the country checks it itself. One that is no
    regular expression at all does the same here; ``check_field`` is what keeps such a mask from being used.
    """
    forms = [value]
    if asked.kind == "birth date":
        wire = wire_date(value)
        if wire is None:
            return False
        # Published formats describe the date as typed or as sent.
        forms = [f"{wire[:4]}-{wire[4:6]}-{wire[6:]}", wire]
    if asked.kind == "gender" and value not in _GENDERS:
        return False
    try:
        pattern = compile_pattern(asked.format)
    except PatternError:
        return True
    return asked.kind == "gender" or any(pattern.matches(form) for form in forms)


def check_field(asked: MaskField) -> None:
    """Can this identifier be sent, and its value be checked before?

    Raises
    ------
    MalformedMessage : its domain is no OID.
    PatternError : its format is no regular expression; one that is only not understood here passes.
    """
    if not is_oid(asked.domain):
        raise MalformedMessage("the domain of an identifier is not an OID", where="id/@domain",
                               expected="an OID", got=(asked.domain or "nothing")[:60], clause=CLAUSE)
    try:
        compile_pattern(asked.format)
    except PatternNotUnderstood:
        return


def wire_date(text: str) -> str | None:
    """``YYYY-MM-DD`` or ``YYYYMMDD`` as ``YYYYMMDD``; ``None`` when it is not a day of the calendar."""
    digits = text.replace("-", "") if text.count("-") in (0, 2) else ""
    if len(digits) != 8 or not (digits.isascii() and digits.isdecimal()) or len(text) not in (8, 10):
        return None
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return digits


def form_values(traits: Traits) -> dict[str, str]:
    """Traits as the values of a form, by ``MaskField.key``."""
    name, address = traits.name or PersonName(), traits.address or Address()
    values = {f"id.{one.root}": one.extension or "" for one in traits.identifiers}
    values.update({
        "familyName": " ".join(name.family), "firstName": " ".join(name.given),
        "addressStreet": " ".join(address.street_lines), "addressCity": address.city or "",
        "addressPostalCode": address.postal_code or "", "addressCountry": address.country or "",
        "birthDate": traits.birth_date or "", "gender": traits.gender or "",
    })
    return values


def traits_of(search: PersonSearch, values: Mapping[str, str], country: str) -> Traits:
    """The traits that carry a filled-in form on the wire; fields that are empty or not asked are left out.

    ``country`` goes into ``patientAddress/country`` unless the form asks for it, as gateways expect.
    """
    asked = {one.key for one in search.fields}
    given = {key: text.strip() for key, text in values.items() if key in asked and text.strip()}
    domains = dict.fromkeys(one.domain for one in search.identifiers if one.key in given)
    street = given.get("addressStreet")
    name = PersonName(family=_one(given.get("familyName")), given=_one(given.get("firstName")))
    return Traits(
        identifiers=tuple(Identifier(root=domain, extension=given[f"id.{domain}"]) for domain in domains),
        name=name if name != PersonName() else None,
        birth_date=wire_date(given["birthDate"]) if "birthDate" in given else None,
        gender=given.get("gender"),
        address=Address(street_lines=_one(street), city=given.get("addressCity"),
                        postal_code=given.get("addressPostalCode"),
                        country=given.get("addressCountry", country)),
    )


def _one(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()
