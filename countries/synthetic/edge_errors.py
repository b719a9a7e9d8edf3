"""What edge cases do to a document: wrong dates, contradictions, negation, odd values, hidden, hostile text.

Such documents are wrong in what they say and right in their form: a reader has to show them and to say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from countries.synthetic.drafts import Draft
from countries.synthetic.medications import ingredients_of
from countries.synthetic.record import Reading
from countries.synthetic.statements import since
from countries.synthetic.tables import Row, model
from ehdsi import oids
from ehdsi.cda import sections
from ehdsi.cda.datatypes import Interval, Time
from ehdsi.cda.model import Allergy, Device, Immunization, Medication, Observation, Problem, Reaction

#: Severities, least and worst: SNOMED CT.
MILD, SEVERE = "255604002", "24484000"
KILOGRAMS_PER_POUND = 0.45359237
#: A script, a mark that turns the direction of writing, an emoji, a letter of four bytes.
HOSTILE = "<script>alert(1)</script> \u202e gnp.exe \u202c \U0001f489 \U0001d54f & \"'"
WEIGHT, HEIGHT, TEMPERATURE = "29463-7", "8302-2", "8310-5"


def _on(day: date) -> Time:
    return Time(value=f"{day:%Y%m%d}")


# -- dates ---------------------------------------------------------------------------------------------------


def future_onset(draft: Draft, argument: str) -> None:
    """A problem that begins so many years after the reference day: a slip of the keyboard."""
    draft.problem()
    onset = Interval(low=_on(draft.chart.today + timedelta(days=round(365.25 * int(argument)))))
    change: Callable[[Problem], Problem] = lambda one: replace(one, onset=onset, concern_time=onset)  # noqa: E731
    draft.change(sections.PROBLEMS, Problem, change)


def end_before_start(draft: Draft, argument: str) -> None:
    """A medicine and a past illness that ended before they began."""
    first, last = draft.chart.today - timedelta(days=10), draft.chart.today - timedelta(days=40)
    draft.medicine()
    draft.change(
        sections.MEDICATIONS,
        Medication,
        lambda one: replace(one, period=since(first, last), status="completed"),
    )
    draft.problem()
    draft.change(sections.PROBLEMS, Problem, lambda one: replace(one, onset=since(first, last)))


def before_birth(draft: Draft, argument: str) -> None:
    """A vaccination before the patient was born."""
    draft.vaccination(draft.chart.birth - timedelta(days=int(argument)))


def no_start(draft: Draft, argument: str) -> None:
    """A device that was taken out, without a day on which it was put in."""
    row = model().devices[argument]
    code = draft.writer.coded("device", oids.SNOMED_CT, row["snomed"], row["snomed_en"])
    removed = Interval(low=Time(null_flavor="UNK"), high=_on(draft.chart.today))
    draft.entries[sections.DEVICES].insert(
        0, Device(identifiers=draft.writer.identifier(), code=code, time=removed)
    )


# -- contradictions ------------------------------------------------------------------------------------------


def absent_beside(draft: Draft, argument: str) -> None:
    """An allergy, and the statement that none is known."""
    draft.allergy()
    draft.beside[sections.ALLERGIES] = "known_absence"


def prescribed_allergen(draft: Draft, argument: str) -> None:
    """An allergy to a class of medicines of which one is taken."""
    for row in model().allergies:
        classes = _classes(row)
        for one in draft.chart.treatments if classes else ():
            if any(code.startswith(classes) for code in ingredients_of(one.row)):
                draft.allergy(row["key"], new=True)
                return
    draft.medicine(argument)
    penicillin = next(row["key"] for row in model().allergies if argument in _classes(row))
    draft.allergy(penicillin, new=True)


def _classes(row: Row) -> tuple[str, ...]:
    return tuple(part for part in row["blocks_atc"].split(",") if part)


def harms_child(draft: Draft, argument: str) -> None:
    """A pregnant woman with a medicine that harms the child."""
    due = draft.chart.today + timedelta(days=120)
    if draft.chart.pregnancy is None:
        draft.problem("preg_normal", new=True)
        if sections.PREGNANCIES in draft.country.documents.sections:
            draft.given[sections.PREGNANCIES] = None
            draft.entries[sections.PREGNANCIES].insert(0, draft.writer.pregnant(draft.chart.today, due))
    draft.medicine(argument)


def twice_allergic(draft: Draft, argument: str) -> None:
    """The same allergy twice, mild and severe."""
    first = draft.allergy()
    reaction = next(iter(first.reactions), Reaction())
    mild, severe = (draft.writer.coded("severity", oids.SNOMED_CT, code) for code in (MILD, SEVERE))
    draft.entries[sections.ALLERGIES][:1] = [
        replace(first, reactions=(replace(reaction, severity=mild),)),
        replace(
            first, identifiers=draft.writer.identifier(), reactions=(replace(reaction, severity=severe),)
        ),
    ]


def past_due(draft: Draft, argument: str) -> None:
    """Still said to be pregnant, long after the day of delivery."""
    draft.given[sections.PREGNANCIES] = None
    seen = draft.chart.today - timedelta(days=500)
    statement = draft.writer.pregnant(seen, seen + timedelta(days=150))
    outcomes = [
        one
        for one in draft.entries[sections.PREGNANCIES]
        if isinstance(one, Observation) and not one.components
    ]
    draft.entries[sections.PREGNANCIES] = [statement, *outcomes]


def pregnant_man(draft: Draft, argument: str) -> None:
    """A man who is said to be pregnant."""
    draft.given[sections.PREGNANCIES] = None
    due = draft.chart.today + timedelta(days=100)
    draft.entries[sections.PREGNANCIES] = [draft.writer.pregnant(draft.chart.today, due)]


# -- negation and certainty ----------------------------------------------------------------------------------


def severity_alone(draft: Draft, argument: str) -> None:
    """How severe an allergy is, without what happens."""
    draft.allergy()
    severe = draft.writer.coded("severity", oids.SNOMED_CT, SEVERE)
    draft.change(sections.ALLERGIES, Allergy, lambda one: replace(one, reactions=(), severity=severe))


def not_vaccinated(draft: Draft, argument: str) -> None:
    """A vaccination that was not given."""
    draft.vaccination()
    draft.change(sections.IMMUNIZATIONS, Immunization, lambda one: replace(one, negated=True))


def not_ill(draft: Draft, argument: str) -> None:
    """A problem that the patient does not have."""
    draft.problem(new=True)
    draft.change(sections.PROBLEMS, Problem, lambda one: replace(one, negated=True))


def refuted(draft: Draft, argument: str) -> None:
    """An allergy that turned out to be none."""
    draft.allergy()
    doubt = draft.writer.coded("allergy_certainty", oids.ALLERGY_CERTAINTY, "refuted", "Refuted")
    draft.change(sections.ALLERGIES, Allergy, lambda one: replace(one, certainty=doubt))


def provisional(draft: Draft, argument: str) -> None:
    """A diagnosis that is not yet sure."""
    draft.problem()
    doubt = draft.writer.coded("certainty", oids.CONDITION_CERTAINTY, argument, argument.capitalize())
    draft.change(sections.PROBLEMS, Problem, lambda one: replace(one, assertion=doubt))


# -- odd values, hidden, hostile -----------------------------------------------------------------------------


def foreign_units(draft: Draft, argument: str) -> None:
    """Weight in pounds and temperature in degrees Fahrenheit."""
    rows, today = model().observations, draft.chart.today
    weight = next((one.value for one in draft.chart.vitals if one.row["loinc"] == WEIGHT), 70.0)
    draft.measured(
        sections.VITAL_SIGNS,
        [
            Reading(row=rows[WEIGHT] | {"unit": "[lb_av]", "ref_low": "", "ref_high": ""},
                    value=round(weight / KILOGRAMS_PER_POUND, 1), day=today),
            Reading(row=rows[TEMPERATURE] | {"unit": "[degF]", "ref_low": "", "ref_high": ""},
                    value=98.4, day=today),
        ],
    )  # fmt: skip


def tiny(draft: Draft, argument: str) -> None:
    """A height that nobody has, in centimetres."""
    row = model().observations[HEIGHT]
    draft.measured(sections.VITAL_SIGNS, [Reading(row=row, value=float(argument), day=draft.chart.today)])


def kept_back(draft: Draft, argument: str) -> None:
    """A section that says no more than that something is kept back; the document is restricted."""
    draft.notices[sections.PAST_ILLNESS] = draft.writer.phrase("no_info")
    draft.restricted = True


def hostile(draft: Draft, argument: str) -> None:
    """Text that a careless page would run or turn around, in a remark and in an instruction."""
    draft.problem()
    draft.change(sections.PROBLEMS, Problem, lambda one: replace(one, comments=(*one.comments, HOSTILE)))
    draft.medicine()
    draft.change(sections.MEDICATIONS, Medication, lambda one: replace(one, instructions=(HOSTILE,)))


ACTIONS: tuple[Callable[[Draft, str], None], ...] = (
    future_onset,
    end_before_start,
    before_birth,
    no_start,
    absent_beside,
    prescribed_allergen,
    harms_child,
    twice_allergic,
    past_due,
    pregnant_man,
    severity_alone,
    not_vaccinated,
    not_ill,
    refuted,
    provisional,
    foreign_units,
    tiny,
    kept_back,
    hostile,
)
