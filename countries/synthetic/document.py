"""Steps 12 and 13: the chart as a patient summary in the country's codes, language and choice of sections."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from countries.entries import absence, absence_code, paragraphs, preferred, section
from countries.model import Country, Persona
from countries.synthetic.drafts import AbsenceKind, Draft
from countries.synthetic.edge_actions import DOCUMENT_ACTIONS
from countries.synthetic.edges import EdgeCase
from countries.synthetic.record import Chart, Treatment
from countries.synthetic.statements import Writer
from ehdsi import oids
from ehdsi.cda import sections
from ehdsi.cda.datatypes import Identifier, Interval, NarrativeNode, Time
from ehdsi.cda.model import AbsenceStatement, Entry, Header, Patient, PatientSummary, Section

#: Days from one prescription of a continuing medicine to the next.
PRESCRIBED_FOR = 30
#: Share of empty basic sections of which it is known that there is nothing.
KNOWN_ABSENCE = 0.7


def summary_of(
    country: Country, persona: Persona, chart: Chart, cases: tuple[EdgeCase, ...] = ()
) -> PatientSummary:
    """The friendly document of a synthetic patient, with the edge cases written into it last."""
    writer = Writer(country, chart, persona.language)
    draft = Draft(
        country=country,
        persona=persona,
        chart=chart,
        writer=writer,
        entries=_entries(chart, writer),
        given=_delivered(country, chart, writer),
    )
    for case in cases:
        draft.stream = chart.stream("edge case " + case.key)
        for action in case.action.split():
            if action in DOCUMENT_ACTIONS:
                DOCUMENT_ACTIONS[action](draft, case.argument)
    narrative = _plan(chart, persona.language)
    found = []
    for loinc in sections.SECTIONS:
        filled = _filled(draft, loinc, narrative)
        if filled is not None and (not draft.only or loinc in draft.only):
            found.append(filled)
    return PatientSummary(header=_header(draft), sections=tuple(found))


def _filled(draft: Draft, loinc: str, plan: NarrativeNode | None) -> Section | None:
    """One section, None where the patient or the country has none."""
    entries = draft.entries.get(loinc, [])
    if loinc in draft.notices:
        return replace(_section(draft, loinc, [], paragraphs((draft.notices[loinc],))), null_flavor="MSK")
    if loinc in sections.MANDATORY:
        beside = [_absence(draft, loinc, draft.beside[loinc])] if loinc in draft.beside else []
        return _section(draft, loinc, [*beside, *entries] or [_absence(draft, loinc)], None)
    if loinc in draft.given and entries:
        return _section(draft, loinc, entries, None)
    if loinc in draft.given and loinc == sections.PLAN_OF_CARE and plan is not None:
        return _section(draft, loinc, [], plan)
    return None


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


def _absence(draft: Draft, loinc: str, kind: AbsenceKind | None = None) -> AbsenceStatement:
    """A basic section without statements: known absent, or nothing known; drawn where nothing decides it."""
    known = draft.chart.stream("absence " + loinc).chance(KNOWN_ABSENCE)
    kind = kind or draft.absent.get(loinc) or ("known_absence" if known else "no_information")
    known = kind == "known_absence"
    identifier, code = draft.writer.identifier(), absence_code(loinc, known)
    return absence(identifier, draft.writer.coded("absence", oids.ABSENT_UNKNOWN, code), known)


def _plan(chart: Chart, language: str) -> NarrativeNode | None:
    texts = tuple(row["fr" if language.startswith("fr") else "en"] for row in chart.plans)
    return paragraphs(texts) if texts else None


def _section(draft: Draft, loinc: str, entries: list[Entry], narrative: NarrativeNode | None) -> Section:
    title = _title(draft.country, loinc, draft.persona.language, sections.SECTIONS[loinc].display)
    return section(loinc, title, entries, narrative)


def _title(country: Country, key: str, language: str, default: str) -> str:
    title = country.title(key, language)
    return default if title == key else title


def _header(draft: Draft) -> Header:
    country, persona, writer = draft.country, draft.persona, draft.writer
    updated = Time(value=f"{draft.chart.today:%Y%m%d}")
    author = country.professionals[country.author]
    return Header(
        level=3,
        code=writer.coded("document", oids.LOINC, oids.DOCUMENT_CODE_PATIENT_SUMMARY),
        identifier=Identifier(root=country.oids.document_root, extension=persona.key),
        title=_title(country, "title", persona.language, "Patient Summary"),
        effective_time=updated,
        confidentiality=writer.coded(
            "confidentiality", oids.CONFIDENTIALITY, "R" if draft.restricted else "N"
        ),
        language=persona.language,
        patient=Patient(
            identifiers=persona.identifiers,
            names=persona.names,
            gender=writer.coded("gender", oids.ADMINISTRATIVE_GENDER, persona.gender),
            birth_time=Time(value=persona.birth_time),
            deceased=True if persona.deceased_time else None,
            deceased_time=Time(value=persona.deceased_time) if persona.deceased_time else None,
            addresses=persona.addresses,
            telecoms=persona.telecoms,
            guardians=persona.guardians,
            languages=(persona.language,) if "language_communication" in country.switches else (),
        ),
        authors=(replace(author, time=updated),),
        custodian=country.organisations[country.custodian],
        legal_authenticator=replace(country.professionals[country.authenticator], time=updated),
        participants=(preferred(author, country.switches),),
        service_event=Interval(low=Time(null_flavor="UNK"), high=updated),
    )
