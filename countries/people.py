"""Reading the people of a pack: personas, and the header that their documents share.

One file per person in ``personas/``. What is written once for the country (custodian, authenticator, authors,
document language, section titles) comes from ``country.toml``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from countries.codes import CodeTable, System
from countries.entries import absence_code, paragraphs, preferred, section
from countries.model import (
    Answer,
    Behaviour,
    Consent,
    DocumentPolicy,
    IdentifierRule,
    Oids,
    Persona,
    Refusal,
    Step,
)
from countries.source import Table, read_toml
from countries.statements import Statements
from ehdsi.cda import sections
from ehdsi.cda.datatypes import Address, Identifier, Interval, NarrativeNode, PersonName, Telecom, Time
from ehdsi.cda.model import (
    Entry,
    Guardian,
    Header,
    Organization,
    Participation,
    Patient,
    PatientSummary,
    Section,
)
from ehdsi.oids import DOCUMENT_CODE_PATIENT_SUMMARY

#: Kinds of statements: the TOML array, the section it goes to.
SECTION_OF: dict[str, str] = {
    "allergy": sections.ALLERGIES,
    "problem": sections.PROBLEMS,
    "medication": sections.MEDICATIONS,
    "device": sections.DEVICES,
    "procedure": sections.PROCEDURES,
    "past_illness": sections.PAST_ILLNESS,
    "immunization": sections.IMMUNIZATIONS,
    "pregnancy": sections.PREGNANCIES,
    "social": sections.SOCIAL_HISTORY,
    "vital": sections.VITAL_SIGNS,
    "blood_group": sections.RESULTS,
    "result": sections.RESULTS,
    "function": sections.FUNCTIONAL_STATUS,
}

#: The basic sections by the name used in ``[absence]``.
ABSENCE_NAMES: dict[str, str] = {
    "allergies": sections.ALLERGIES,
    "problems": sections.PROBLEMS,
    "medications": sections.MEDICATIONS,
    "devices": sections.DEVICES,
    "procedures": sections.PROCEDURES,
}

AbsenceKind = Literal["known_absence", "no_information"]
ABSENCE_KINDS: tuple[AbsenceKind, ...] = get_args(AbsenceKind)

#: Answers that are refusals by policy: the country says at which step and by which code.
BY_POLICY: tuple[Answer, ...] = (
    "no_consent",
    "insufficient_rights",
    "no_summary",
    "no_pdf",
    "missing_mapping_warning",
    "missing_mapping_error",
    "missing_basic_sections",
)

#: Answers that do not depend on the country.
BY_NATURE: dict[Answer, Refusal] = {
    "no_match": Refusal(step="identification", code="ERROR_PI_NO_MATCH"),
    "multiple_matches": Refusal(step="identification", code="ERROR_PI_MULTIPLE_MATCHES"),
    "unreachable": Refusal(step="identification", code="ERROR_GENERIC_CONNECTION_NOT_POSSIBLE"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What every persona of a country shares while it is read."""

    code: str
    codes: CodeTable
    oids: Oids
    domains: dict[str, IdentifierRule]
    switches: frozenset[str]
    consent: Consent
    documents: DocumentPolicy
    organisations: dict[str, Organization]
    professionals: dict[str, Participation]
    custodian: str
    authenticator: str
    author: str
    products: System | None
    titles: dict[str, dict[str, str]]


def read_personas(folder: Path, home: Home) -> tuple[Persona, ...]:
    """All personas of a pack in the order of their keys.

    Raises
    ------
    PackError : the first thing that is wrong in a file, with its line.
    """
    return tuple(read_persona(file, home) for file in sorted((folder / "personas").glob("*.toml")))


def read_persona(file: Path, home: Home) -> Persona:
    """One persona; its summary is put together when it is first asked for, but checked at once."""
    table = read_toml(file)
    person = table.table("person")
    language = table.choice("language", home.documents.languages, home.documents.languages[0])
    persona = Persona(
        key=table.text_of("key"),
        about=table.text_of("about"),
        language=language,
        identifiers=_identifiers(table.table("identifiers"), home),
        shared_identifiers=_identifiers(table.table("shared_identifiers", required=False), home),
        names=(_name(person, home),),
        gender=person.choice("gender", ("F", "M", "UN")),
        birth_time=_birth(person),
        deceased_time=person.text_of("deceased", "") or None,
        addresses=_addresses(table, home),
        telecoms=_telecoms(person),
        guardians=tuple(_guardian(one, home, language) for one in table.tables("guardian")),
        behaviour=_behaviour(table.table("behaviour", required=False), home),
        cases=table.texts("cases", ()),
        source=table.text_of("source", ""),
        build_summary=lambda: None,
    )
    person.done()
    if persona.key != file.stem:
        table.fail("key", f"the name of the file, {file.stem}", persona.key)
    return replace(persona, build_summary=_summary_builder(table, persona, home))


def _summary_builder(table: Table, persona: Persona, home: Home) -> Callable[[], PatientSummary | None]:
    if not table.has("summary"):
        table.done()
        return lambda: None
    summary = _summary(table, persona, home)
    table.done()
    return cache(lambda: summary)


# -- traits --------------------------------------------------------------------------------------------


def _identifiers(table: Table, home: Home) -> tuple[Identifier, ...]:
    found = []
    for name in table.names():
        value = table.text_of(name)
        if name not in home.domains:
            table.fail(name, "one of " + ", ".join(home.domains), name)
        found.append(Identifier(root=home.domains[name].domain, extension=value))
    return tuple(found)


def _name(table: Table, home: Home) -> PersonName:
    family, given = table.texts("family"), table.texts("given")
    if not family or not given:
        table.fail("family" if not family else "given", "at least one name", "none")
    if "joined_given_names" in home.switches:
        family, given = (" ".join(family),), (" ".join(given),)
    return PersonName(
        family=family, given=given, prefix=table.texts("prefix", ()), suffix=table.texts("suffix", ())
    )


def _birth(table: Table) -> str:
    birth = table.text_of("birth")
    if not birth.isdigit() or len(birth) not in (4, 6, 8):
        table.fail("birth", "YYYY, YYYYMM or YYYYMMDD", birth)
    return birth


def _addresses(table: Table, home: Home) -> tuple[Address, ...]:
    if not table.has("address"):
        return (Address(null_flavor="NI"),)
    found = (read_address(table.table("address"), home.code),)
    if "postal_code_unknown" in home.switches:
        return (replace(found[0], postal_code=None),)
    return found


def read_address(table: Table, country: str) -> Address:
    """``street`` (lines), ``city``, ``postal_code``, ``state``; the country is the pack's own."""
    address = Address(
        street_lines=table.texts("street", ()),
        city=table.text_of("city"),
        postal_code=table.text_of("postal_code", "") or None,
        state=table.text_of("state", "") or None,
        country=country,
    )
    table.done()
    return address


def _telecoms(table: Table) -> tuple[Telecom, ...]:
    values = table.texts("telecom", ())
    return tuple(Telecom(value=value) for value in values) or (Telecom(null_flavor="NI"),)


def _guardian(table: Table, home: Home, language: str) -> Guardian:
    relation = table.text_of("relationship")
    row = home.codes.row("relationship", relation)
    if row is None:
        table.fail("relationship", "a code of list 'relationship' in codes.tsv", relation)
    guardian = Guardian(
        code=row.coded(language),
        person=_name(table, home),
        telecoms=_telecoms(table),
        addresses=_addresses(table, home),
    )
    table.done()
    return guardian


def _behaviour(table: Table, home: Home) -> Behaviour:
    answer = table.choice("answer", cast(tuple[Answer, ...], get_args(Answer)), "ok")
    calls = table.whole("first_calls", 0)
    if answer == "ok":
        table.done()
        return Behaviour()
    refusal = BY_NATURE.get(answer) or home.consent.refusals.get(answer)
    if refusal is None:
        table.fail("answer", "an answer of [consent.refusals] in country.toml", answer)
    step = table.choice("step", cast(tuple[Step, ...], get_args(Step)), refusal.step)
    behaviour = Behaviour(
        answer=answer, step=step, code=table.text_of("code", refusal.code), first_calls=calls
    )
    table.done()
    return behaviour


# -- the document --------------------------------------------------------------------------------------


def _summary(table: Table, persona: Persona, home: Home) -> PatientSummary:
    facts = table.table("summary")
    summary = PatientSummary(
        header=_header(facts, table, persona, home), sections=_sections(table, facts, persona, home)
    )
    facts.done()
    return summary


def _header(facts: Table, table: Table, persona: Persona, home: Home) -> Header:
    updated = facts.text_of("updated")
    author = facts.choice("author", tuple(home.professionals), home.author)
    restricted = "R" if facts.has("hidden") else "N"
    return Header(
        level=3,
        code=home.codes.coded("document", DOCUMENT_CODE_PATIENT_SUMMARY, persona.language),
        identifier=Identifier(root=home.oids.document_root, extension=persona.key),
        title=home.titles[persona.language].get("title"),
        effective_time=Time(value=updated),
        confidentiality=home.codes.coded("confidentiality", restricted, persona.language),
        language=persona.language,
        patient=_patient(facts, persona, home),
        authors=(replace(home.professionals[author], time=Time(value=updated)),),
        custodian=home.organisations[home.custodian],
        legal_authenticator=replace(home.professionals[home.authenticator], time=Time(value=updated)),
        participants=(*_preferred(facts, home), *_contacts(table, home, persona.language)),
        service_event=Interval(low=Time(null_flavor="UNK"), high=Time(value=updated)),
    )


def _patient(facts: Table, persona: Persona, home: Home) -> Patient:
    speaks = facts.texts("speaks", (persona.language,))
    return Patient(
        identifiers=persona.identifiers,
        names=persona.names,
        gender=home.codes.coded("gender", persona.gender, persona.language),
        birth_time=Time(value=persona.birth_time),
        deceased=True if persona.deceased_time else None,
        deceased_time=Time(value=persona.deceased_time) if persona.deceased_time else None,
        addresses=persona.addresses,
        telecoms=persona.telecoms,
        guardians=persona.guardians,
        languages=speaks if "language_communication" in home.switches else (),
    )


def _preferred(facts: Table, home: Home) -> tuple[Participation, ...]:
    """The preferred professional, or only their organisation; never both, the profile forbids it."""
    name = facts.choice("preferred", tuple(home.professionals), home.author)
    return (preferred(home.professionals[name], home.switches),)


def _contacts(table: Table, home: Home, language: str) -> tuple[Participation, ...]:
    contacts = []
    for one in table.tables("contact"):
        relation = home.codes.row("relationship", one.text_of("relationship"))
        if relation is None:
            one.fail("relationship", "a code of list 'relationship' in codes.tsv", one.data["relationship"])
        contacts.append(
            Participation(
                type_code="IND",
                class_code=one.choice("class", ("ECON", "NOK"), "ECON"),
                code=relation.coded(language),
                person=_name(one, home),
                telecoms=_telecoms(one),
                addresses=_addresses(one, home),
            )
        )
        one.done()
    return tuple(contacts)


def _sections(table: Table, facts: Table, persona: Persona, home: Home) -> tuple[Section, ...]:
    statements = Statements(
        home.codes,
        persona.language,
        home.oids.document_root,
        persona.primary_identifier.extension or persona.key,
        home.professionals,
        home.products,
    )
    entries: dict[str, list[Entry]] = {}
    for kind, loinc in SECTION_OF.items():
        read = _reader(kind, statements)
        for one in table.tables(kind):
            entries.setdefault(loinc, []).append(read(one))
    _add_absences(table.table("absence", required=False), statements, entries)
    _add_notice(facts, entries, home)
    narratives, titles = _narratives(table), home.titles[persona.language]
    _require_basic(table, persona, entries)
    return tuple(
        section(loinc, titles.get(loinc, kind.display), entries.get(loinc, []), narratives.get(loinc))
        for loinc, kind in sections.SECTIONS.items()
        if loinc in entries or loinc in narratives
    )


def _require_basic(table: Table, persona: Persona, entries: dict[str, list[Entry]]) -> None:
    """No basic section may be empty without saying why, unless that is what the persona is for."""
    missing = [loinc for loinc in sections.MANDATORY if loinc not in entries]
    if missing and persona.behaviour.answer != "missing_basic_sections":
        name = next(name for name, loinc in ABSENCE_NAMES.items() if loinc == missing[0])
        table.fail("absence", f"statements or an absence for {name}", "neither")


def _reader(kind: str, statements: Statements) -> Callable[[Table], Entry]:
    if kind in ("vital", "result", "function"):
        return statements.group(kind)
    return cast(
        Callable[[Table], Entry], statements.problem if kind == "past_illness" else getattr(statements, kind)
    )


def _add_absences(table: Table, statements: Statements, entries: dict[str, list[Entry]]) -> None:
    for name in table.names():
        if name not in ABSENCE_NAMES:
            table.fail(name, "one of " + ", ".join(ABSENCE_NAMES), name)
        loinc = ABSENCE_NAMES[name]
        kind: AbsenceKind = table.choice(name, ABSENCE_KINDS)
        if loinc in entries:
            table.fail(name, "no statements of that section", f"{len(entries[loinc])} of them")
        entries[loinc] = [statements.absence(absence_code(loinc, kind == "known_absence"), kind)]


def _narratives(table: Table) -> dict[str, NarrativeNode]:
    """``[[narrative]]``: sections that are written, not coded: the plan of care, advance directives."""
    found = {}
    for one in table.tables("narrative"):
        loinc = one.choice("section", tuple(sections.SECTIONS))
        found[loinc] = paragraphs(one.texts("text"))
        one.done()
    return found


def _add_notice(facts: Table, entries: dict[str, list[Entry]], home: Home) -> None:
    """``hidden``: the sentence that tells the reader that the patient keeps something back.

    The value set has no section for it, so it stands as a comment on what the problem list does say.
    """
    hidden = facts.text_of("hidden", "")
    if not hidden:
        return
    if "hidden_data_notice" not in home.switches:
        facts.fail("hidden", "the switch hidden_data_notice in country.toml", "none")
    problems = entries.get(sections.PROBLEMS)
    if not problems:
        facts.fail("hidden", "a problem list to say it in", "none")
    problems[-1] = replace(problems[-1], comments=(*problems[-1].comments, hidden))
