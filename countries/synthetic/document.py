"""Steps 12 and 13: the chart as a patient summary in the country's codes, language and choice of sections."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from countries.model import Country, Persona
from countries.people import paragraphs
from countries.synthetic.record import Chart, Treatment
from countries.synthetic.statements import Writer
from ehdsi import oids
from ehdsi.cda import sections
from ehdsi.cda.datatypes import Coded, Identifier, Interval, NarrativeNode, Time
from ehdsi.cda.model import AbsenceStatement, Entry, Header, Participation, Patient, PatientSummary, Section

#: Days from one prescription of a continuing medicine to the next.
PRESCRIBED_FOR = 30


def summary_of(country: Country, persona: Persona, chart: Chart) -> PatientSummary:
    """The friendly document of a synthetic patient."""
    writer = Writer(country, chart, persona.language)
    entries = _entries(chart, writer)
    narrative = _plan(chart, persona.language)
    given = _delivered(country, chart, writer)
    found = []
    for loinc in sections.SECTIONS:
        if loinc in sections.MANDATORY:
            statements = entries[loinc] or [_absence(chart, writer, loinc)]
            found.append(_section(country, loinc, statements, None, persona.language))
        elif loinc in given and entries.get(loinc):
            found.append(_section(country, loinc, entries[loinc], None, persona.language))
        elif loinc in given and loinc == sections.PLAN_OF_CARE and narrative is not None:
            found.append(_section(country, loinc, [], narrative, persona.language))
    return PatientSummary(header=_header(country, persona, writer, chart.today), sections=tuple(found))


def _entries(chart: Chart, writer: Writer) -> dict[str, list[Entry]]:
    newest = sorted(chart.conditions.values(), key=lambda one: one.onset, reverse=True)
    devices = sorted(chart.implants, key=lambda one: one.start, reverse=True)
    treatments = [
        again
        for one in sorted(chart.treatments, key=lambda one: one.start, reverse=True)
        for again in _prescriptions(chart, one, *writer.habits.repeats)
    ]
    kept = writer.habits.kept
    return {
        sections.ALLERGIES: [writer.allergy(one) for one in chart.allergies],
        sections.PROBLEMS: [writer.problem(one) for one in newest if one.end is None],
        sections.PAST_ILLNESS: [writer.problem(one) for one in newest if one.end is not None],
        sections.MEDICATIONS: [writer.medication(one) for one in treatments],
        sections.DEVICES: [writer.device(one) for one in devices],
        sections.PROCEDURES: [
            writer.procedure(one)
            for one in sorted(chart.operations, key=lambda one: one.day, reverse=True)
            if one.row["snomed"]
        ],
        sections.IMMUNIZATIONS: [
            writer.vaccination(one)
            for one in sorted(chart.vaccinations, key=lambda one: one.day, reverse=True)
            if chart.stream(f"kept {one.row['key']} {one.day}").chance(kept[sections.IMMUNIZATIONS])
        ],
        sections.PREGNANCIES: writer.pregnancies(),
        sections.SOCIAL_HISTORY: [writer.habit(one) for one in chart.habits],
        sections.VITAL_SIGNS: writer.vitals(),
        sections.RESULTS: [*writer.results(kept[sections.RESULTS]), *writer.blood_group()],
        sections.FUNCTIONAL_STATUS: [writer.function(one) for one in chart.functions if one.severity],
    }


def _prescriptions(chart: Chart, one: Treatment, share: float, most: int) -> list[Treatment]:
    """A medicine, newest prescription first where the country lists each of them again; mostly once.

    A list of prescriptions says the same as one entry from the first to the last: what is taken today is in
    the newest, the others have ended.
    """
    stream = chart.stream("prescribed " + one.row.key)
    repeated, count = stream.chance(share), 2 + int((most - 1) * stream.unit() ** 3)
    days = (chart.today - one.start).days
    if not repeated or one.end is not None or days < PRESCRIBED_FOR:
        return [one]
    found = []
    for number in range(min(count, 1 + days // PRESCRIBED_FOR)):
        last = chart.today - timedelta(days=PRESCRIBED_FOR * number)
        first = max(one.start, last - timedelta(days=PRESCRIBED_FOR - 1))
        found.append(replace(one, start=first, end=None if number == 0 else last))
    return found


def _delivered(country: Country, chart: Chart, writer: Writer) -> dict[str, None]:
    """The optional sections that this country delivers for this patient, given content."""
    stream = chart.stream("sections")
    drawn = [(loinc, stream.chance(share)) for loinc, share in writer.habits.delivered.items()]
    return {loinc: None for loinc, there in drawn if there and loinc in country.documents.sections}


def _absence(chart: Chart, writer: Writer, loinc: str) -> AbsenceStatement:
    """A basic section without statements: known absent, or nothing known."""
    known = chart.stream("absence " + loinc).chance(0.7)
    kind: Literal["known_absence", "no_information"] = "known_absence" if known else "no_information"
    section = sections.SECTIONS[loinc]
    code = section.known_absence if known else section.no_information
    return AbsenceStatement(
        identifiers=writer.identifier(),
        status="completed",
        kind=kind,
        code=writer.coded("absence", oids.ABSENT_UNKNOWN, code),
    )


def _plan(chart: Chart, language: str) -> NarrativeNode | None:
    texts = tuple(row["fr" if language.startswith("fr") else "en"] for row in chart.plans)
    return paragraphs(texts) if texts else None


def _section(
    country: Country, loinc: str, entries: list[Entry], narrative: NarrativeNode | None, language: str
) -> Section:
    kind = sections.SECTIONS[loinc]
    return Section(
        code=Coded(code=loinc, code_system=oids.LOINC, code_system_name="LOINC", display_name=kind.display),
        title=_title(country, loinc, language, kind.display),
        template_ids=kind.templates,
        narrative=narrative,
        entries=tuple(entries),
    )


def _title(country: Country, key: str, language: str, default: str) -> str:
    title = country.title(key, language)
    return default if title == key else title


def _header(country: Country, persona: Persona, writer: Writer, today: date) -> Header:
    updated = Time(value=f"{today:%Y%m%d}")
    author = country.professionals[country.author]
    return Header(
        level=3,
        code=writer.coded("document", oids.LOINC, oids.DOCUMENT_CODE_PATIENT_SUMMARY),
        identifier=Identifier(root=country.oids.document_root, extension=persona.key),
        title=_title(country, "title", persona.language, "Patient Summary"),
        effective_time=updated,
        confidentiality=writer.coded("confidentiality", oids.CONFIDENTIALITY, "N"),
        language=persona.language,
        patient=Patient(
            identifiers=persona.identifiers,
            names=persona.names,
            gender=writer.coded("gender", oids.ADMINISTRATIVE_GENDER, persona.gender),
            birth_time=Time(value=persona.birth_time),
            addresses=persona.addresses,
            telecoms=persona.telecoms,
            guardians=persona.guardians,
            languages=(persona.language,) if "language_communication" in country.switches else (),
        ),
        authors=(replace(author, time=updated),),
        custodian=country.organisations[country.custodian],
        legal_authenticator=replace(country.professionals[country.authenticator], time=updated),
        participants=(_preferred(country, author),),
        service_event=Interval(low=Time(null_flavor="UNK"), high=updated),
    )


def _preferred(country: Country, author: Participation) -> Participation:
    """The preferred professional, or only their organisation, as for the named personas."""
    function = Coded(
        code="PCP", code_system=oids.PARTICIPATION_FUNCTION, display_name="primary care physician"
    )
    if author.person is not None and "preferred_organisation_only" not in country.switches:
        author = replace(author, organization=None)
    else:
        author = replace(author, person=None, device=None)
    return replace(author, type_code="IND", class_code="PRS", function=function, code=None, time=None)
