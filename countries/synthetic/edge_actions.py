"""What edge cases do to a document: absence, size, terminology, dosage, products. Errors: ``edge_errors``.

``DOCUMENT_ACTIONS`` and ``PERSON_ACTIONS`` hold them by the name that ``edge-cases.tsv`` calls them by. An
action gets the draft, or the person, and the argument of its row; it adds what it needs and is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from countries.model import Persona
from countries.synthetic import edge_errors
from countries.synthetic.drafts import AbsenceKind, Draft
from countries.synthetic.national import LOCAL, local_code, system_name
from countries.synthetic.record import Vaccination
from countries.synthetic.statements import on
from countries.synthetic.streams import Stream
from countries.synthetic.tables import model, span
from ehdsi import oids
from ehdsi.cda import sections
from ehdsi.cda.datatypes import Coded, Interval, Periodic, Quantity, QuantityRange, Time, TimingSet
from ehdsi.cda.model import Entry, Immunization, Medication, Problem, Product

DocumentAction = Callable[[Draft, str], None]
PersonAction = Callable[[Persona, Stream, str, date], Persona]

#: Letters of a name that is too long for every form.
LONG = 210
#: Taper of cortisone: milligrams by three days each.
TAPER = ("40", "20", "10")


# -- who the patient is --------------------------------------------------------------------------------------


def birth_year(persona: Persona, stream: Stream, argument: str, today: date) -> Persona:
    """The day of birth is known to the year."""
    return replace(persona, birth_time=persona.birth_time[:4])


def deceased(persona: Persona, stream: Stream, argument: str, today: date) -> Persona:
    """The patient died in the year before the reference day."""
    birth = date(int(persona.birth_time[:4]), 12, 31) if len(persona.birth_time) < 8 else _day(persona)
    died = max(birth, today - timedelta(days=stream.whole(1, 300)))
    return replace(persona, deceased_time=f"{min(died, today):%Y%m%d}")


def _day(persona: Persona) -> date:
    return date.fromisoformat(persona.birth_time)


def undifferentiated(persona: Persona, stream: Stream, argument: str, today: date) -> Persona:
    """The administrative sex is neither male nor female."""
    return replace(persona, gender="UN")


def long_name(persona: Persona, stream: Stream, argument: str, today: date) -> Persona:
    """The family name is repeated until no form has room for it."""
    name = persona.name
    families = name.family[0]
    while len(families) <= LONG:
        families = f"{families}-{name.family[0]}"
    return replace(persona, names=(replace(name, family=(families, *name.family[1:])),))


# -- absence -------------------------------------------------------------------------------------------------


def all_absent(draft: Draft, argument: str) -> None:
    """The five basic sections and nothing else, all empty for the same reason."""
    kind: AbsenceKind = "known_absence" if argument == "known" else "no_information"
    for section in sections.MANDATORY:
        draft.entries[section] = []
        draft.absent[section] = kind
    draft.only = tuple(sections.MANDATORY)


def no_allergies(draft: Draft, argument: str) -> None:
    """Known to have no allergy, with something to tell in the problem list."""
    draft.problem()
    draft.entries[sections.ALLERGIES] = []
    draft.absent[sections.ALLERGIES] = "known_absence"


def one_unknown(draft: Draft, argument: str) -> None:
    """Nothing is known for one basic section; each of the others says something."""
    draft.problem()
    draft.medicine()
    unknown = draft.stream.choose(tuple(sections.MANDATORY))
    for section in sections.MANDATORY:
        draft.absent[section] = "no_information" if section == unknown else "known_absence"
    draft.entries[unknown] = []


# -- size ----------------------------------------------------------------------------------------------------


def many_medicines(draft: Draft, argument: str) -> None:
    """The medicines again and again, as prescriptions of one month each going back in time."""
    low, high = span(argument)
    draft.medicine()
    have = [entry for _, entry in draft.find(Medication, sections.MEDICATIONS)]
    entries: list[Entry] = list(have)
    number = 0
    for number in range(draft.stream.whole(int(low), int(high)) - len(have)):
        month = 1 + number // len(have)
        first = max(draft.chart.birth, draft.chart.today - timedelta(days=30 * (month + 1)))
        last = max(first, draft.chart.today - timedelta(days=30 * month))
        period = Interval(low=Time(value=f"{first:%Y%m%d}"), high=Time(value=f"{last:%Y%m%d}"))
        again = replace(have[number % len(have)], identifiers=draft.writer.identifier(), period=period)
        entries.append(replace(again, status="completed"))
    draft.entries[sections.MEDICATIONS] = entries


def long_product(draft: Draft, argument: str) -> None:
    """A product name of more than two hundred characters."""
    entry = draft.medicine()
    name = entry.product.name or "medicine"
    long = " ".join([name] * (1 + LONG // len(name)))
    code = replace(entry.product.code, display_name=long) if entry.product.code else None
    product = replace(entry.product, name=long, code=code)
    draft.change(sections.MEDICATIONS, Medication, lambda one: replace(one, product=product))


# -- terminology ---------------------------------------------------------------------------------------------


def without_target(draft: Draft, argument: str) -> None:
    """A problem and a medicine in local codes that lead to no eHDSI code."""
    problem, medicine = draft.problem(), draft.medicine()
    layer = draft.writer.layer
    words = _words(problem.value)
    local = Coded(code=local_code(draft.country.code, argument), display_name=words)
    if layer.local_problems is not None:
        local = replace(
            local, code_system=layer.local_problems.oid, code_system_name=layer.local_problems.name
        )
        draft.change(sections.PROBLEMS, Problem, lambda one: replace(one, value=local))
    if layer.local_drugs is not None:
        group = medicine.product.classes[0]
        if not (group.code or "").startswith(LOCAL):
            group = layer.local_drug(layer.class_of(group), _words(group))
        nameless = tuple(replace(one, code=None) for one in medicine.product.ingredients)
        product = replace(medicine.product, classes=(group,), ingredients=nameless)
        draft.change(sections.MEDICATIONS, Medication, lambda one: replace(one, product=product))


def _words(coded: Coded | None) -> str:
    if coded is None:
        return ""
    inner = coded.translations[0].display_name if coded.translations else None
    return coded.display_name or inner or coded.original_text or ""


def retired(draft: Draft, argument: str) -> None:
    """A problem and a vaccine in codes that have left the value sets: ``ICD-10 SNOMED``."""
    problem, vaccine = argument.split()
    draft.problem(new=True)
    value = _of(draft, oids.ICD_10, problem)
    draft.change(sections.PROBLEMS, Problem, lambda one: replace(one, value=value))
    draft.vaccination()
    product = Product(code=_of(draft, oids.SNOMED_CT, vaccine))
    draft.change(sections.IMMUNIZATIONS, Immunization, lambda one: replace(one, vaccine=product))


def _of(draft: Draft, system: str, code: str) -> Coded:
    word = draft.writer.layer.word(system, code, draft.persona.language)
    return Coded(code=code, code_system=system, code_system_name=system_name(system), display_name=word)


def words_alone(draft: Draft, argument: str) -> None:
    """An allergy and a problem in words alone."""
    allergy, problem = draft.allergy(), draft.problem()
    agent = _words(allergy.agents[0]) if allergy.agents else argument
    draft.change(
        sections.ALLERGIES,
        type(allergy),
        lambda one: replace(one, agents=(Coded(null_flavor="UNK", original_text=agent),), agent_name=agent),
    )
    said = _words(problem.value)
    value = Coded(null_flavor="OTH", original_text=said, translations=(Coded(display_name=said),))
    draft.change(sections.PROBLEMS, Problem, lambda one: replace(one, value=value))


def twice_coded(draft: Draft, argument: str) -> None:
    """One diagnosis twice, in ICD-10 and in the codes of rare diseases: ``key orpha``."""
    key, orpha = argument.split()
    first = draft.problem(key, new=True)
    value = Coded(
        code=orpha,
        code_system=oids.ORPHANET,
        code_system_name=system_name(oids.ORPHANET),
        display_name=draft.writer.layer.word(oids.ORPHANET, orpha, draft.persona.language),
    )
    again = replace(first, identifiers=draft.writer.identifier(), value=value)
    draft.entries[sections.PROBLEMS].insert(1, again)


def bare_codes(draft: Draft, argument: str) -> None:
    """A long section of codes without a word beside them."""
    draft.given[sections.IMMUNIZATIONS] = None
    vaccines = list(model().vaccines.values())
    made: list[Entry] = []
    for number in range(int(argument)):
        days = (draft.chart.today - draft.chart.birth).days * number // int(argument)
        row = vaccines[number % len(vaccines)]
        one = draft.writer.vaccination(Vaccination(row=row, day=draft.chart.today - timedelta(days=days)))
        bare = replace(one.vaccine.code, display_name=None) if one.vaccine.code else None
        made.append(replace(one, vaccine=replace(one.vaccine, code=bare)))
    draft.entries[sections.IMMUNIZATIONS] = made


# -- dosage and products -------------------------------------------------------------------------------------


def no_dose(draft: Draft, argument: str) -> None:
    """A medicine whose dose is missing."""
    draft.medicine()
    draft.change(sections.MEDICATIONS, Medication, lambda one: replace(one, dose=None, instructions=()))


def taper(draft: Draft, argument: str) -> None:
    """A dose that goes down step by step: three periods, and the steps in words."""
    draft.medicine(*argument.split())
    first = draft.chart.today - timedelta(days=4)
    steps = [
        Interval(low=_on(first + timedelta(days=3 * step)), high=_on(first + timedelta(days=3 * step + 2)))
        for step in range(len(TAPER))
    ]
    daily = Periodic(period=Quantity(value="1", unit="d"), institution_specified=True, operator="A")
    timing = TimingSet(parts=(daily, *steps), operator="A")
    words = "; ".join(f"{amount} mg / 3 d" for amount in TAPER)
    dose = QuantityRange(low=Quantity(value=TAPER[-1], unit="mg"), high=Quantity(value=TAPER[0], unit="mg"))
    draft.change(
        sections.MEDICATIONS,
        Medication,
        lambda one: replace(one, timing=timing, dose=dose, instructions=(words,)),
    )


def _on(day: date) -> Time:
    return Time(value=f"{day:%Y%m%d}")


def three_substances(draft: Draft, argument: str) -> None:
    """A product of at least three substances, a number of the argument of them."""
    draft.medicine(fits=lambda row: row.cells["more_ingredients"].count(";") + 2 >= int(argument))


def patch(draft: Draft, argument: str) -> None:
    """A strength per day, and one in per cent."""
    draft.medicine(fits=lambda row: row.cells["str_den_unit"] in ("h", "d"))
    first = next(entry for _, entry in draft.find(Medication, sections.MEDICATIONS))
    ingredients = tuple(
        replace(one, strength=replace(one.strength, numerator=Quantity(value="5", unit="%"),
                                      denominator=Quantity(value="1", unit="1")) if one.strength else None)
        for one in first.product.ingredients
    )  # fmt: skip
    cream = replace(
        first,
        identifiers=draft.writer.identifier(),
        product=replace(first.product, ingredients=ingredients),
    )
    draft.entries[sections.MEDICATIONS].insert(1, cream)


def year_only(draft: Draft, argument: str) -> None:
    """A vaccination of which only the year is known."""
    draft.vaccination()
    year = draft.chart.today.year

    def change(one: Immunization) -> Immunization:
        value = one.time.value.value if one.time and one.time.value else None
        return replace(one, time=Interval(value=Time(value=(value or str(year))[:4])))

    draft.change(sections.IMMUNIZATIONS, Immunization, change)


def other_group(draft: Draft, argument: str) -> None:
    """Two blood groups that cannot both be right: two SNOMED CT codes."""
    draft.given[sections.RESULTS] = None
    first, second = argument.split()
    entries = draft.entries[sections.RESULTS]
    group = draft.writer.layer.coded("result", oids.LOINC, "34530-6", draft.persona.language).code
    draft.entries[sections.RESULTS] = [one for one in entries if getattr(one, "code", None) is None
                                       or one.code.code != group]  # type: ignore[attr-defined]  # fmt: skip
    draft.entries[sections.RESULTS] += [
        draft.writer.grouped(first, draft.chart.today),
        replace(draft.writer.grouped(second, draft.chart.today), time=on(draft.chart.birth)),
    ]


PERSON_ACTIONS: dict[str, PersonAction] = {
    one.__name__: one for one in (birth_year, deceased, undifferentiated, long_name)
}
DOCUMENT_ACTIONS: dict[str, DocumentAction] = {
    one.__name__: one
    for one in (
        all_absent,
        no_allergies,
        one_unknown,
        many_medicines,
        long_product,
        without_target,
        retired,
        words_alone,
        twice_coded,
        bare_codes,
        no_dose,
        taper,
        three_substances,
        patch,
        year_only,
        other_group,
        *edge_errors.ACTIONS,
    )
}
