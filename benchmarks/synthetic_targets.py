"""What synthetic patients are like beside what the clinical model wants: ``targets.tsv``, measured.

Summaries are made and counted, no documents. A statement of absence counts as an entry, as in the targets;
the share of patients who get a section is taken among the countries that send it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Literal

import countries
from countries.model import Country, Persona
from countries.synthetic import REFERENCE_DAY, identifiers, patient
from countries.synthetic.document import summary_of
from countries.synthetic.generate import chart_of
from countries.synthetic.record import Chart
from countries.synthetic.tables import Row, number, rows, span
from ehdsi.cda.model import AbsenceStatement, Entry, ObservationGroup, PatientSummary

#: How far a figure may lie from its target: a quarter, one entry at least.
TOLERANCE, ENTRIES = 0.25, 1.0
#: Standard errors that chance may add where a share is measured in a sample.
ERRORS = 3.0
#: Fewest patients of whom a share, and a median or another figure of entries, says anything.
FEWEST, FEWEST_COUNTED = 30, 300
#: Measures that are shares of patients, in per cent.
SHARES = ("delivered", "empty", "active", "treated", "anticoagulated", "pregnant", "many_drugs", "no_allergy")


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """A patient: history, and statements by section as delivered; ``entries`` counts absence as well."""

    country: Country
    chart: Chart
    counts: dict[str, int]
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A target with what was measured among ``people`` patients."""

    row: Row
    value: float
    people: int

    @property
    def target(self) -> float:
        """What the model wants."""
        return number(self.row["target"])

    @property
    def slack(self) -> float:
        """How far from the target the figure may lie."""
        if self.row["measure"] not in SHARES:
            return max(ENTRIES, TOLERANCE * self.target)
        share = min(0.999, max(0.001, self.target / 100))
        chance = 100 * math.sqrt(share * (1 - share) / max(1, self.people))
        return TOLERANCE * self.target + ERRORS * chance

    @property
    def met(self) -> bool:
        """True if it lies near enough, or too few patients are concerned to say."""
        return not self.told or abs(self.value - self.target) <= self.slack

    @property
    def told(self) -> bool:
        """True if enough patients are concerned."""
        return self.people >= (FEWEST if self.row["measure"] in SHARES else FEWEST_COUNTED)


def chart_behind(country: Country, persona: Persona, burden: float = 1.0) -> Chart:
    """The history of a synthetic patient without edge cases."""
    sex: Literal["M", "F"] = "M" if persona.gender == "M" else "F"
    value, birth = persona.primary_identifier.extension or "", date.fromisoformat(persona.birth_time)
    return chart_of(country.code, value, birth, sex, REFERENCE_DAY, burden=burden)


def sample(total: int, burden: float = 1.0, seed: int = 0) -> list[One]:
    """So many patients, spread over all countries."""
    packs = countries.load_all()
    found = []
    for place, country in enumerate(packs):
        share = total // len(packs) + (place < total % len(packs))
        for identifier in islice(identifiers(country, seed), share):
            persona = patient(country, identifier)
            if persona is None:
                raise SystemExit("an identifier of the synthetic range is nobody")
            chart = chart_behind(country, persona, burden)
            found.append(counted(country, chart, summary_of(country, persona, chart)))
    return found


def counted(country: Country, chart: Chart, summary: PatientSummary) -> One:
    """The entries of a summary."""
    counts: dict[str, int] = {}
    absent = 0
    for section in summary.sections:
        loinc = (section.code.code if section.code else None) or ""
        counts[loinc] = sum(map(statements, section.entries))
        absent += sum(isinstance(entry, AbsenceStatement) for entry in section.entries)
        if not section.entries and section.narrative is not None:
            counts[loinc] = len(section.narrative.children)
    return One(country=country, chart=chart, counts=counts, entries=sum(counts.values()) + absent)


def statements(entry: Entry) -> int:
    """How many statements an entry makes: none if it is an absence, each observation of a group."""
    if isinstance(entry, ObservationGroup):
        return len(entry.observations)
    return 0 if isinstance(entry, AbsenceStatement) else 1


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(people: list[One], burden: float = 1.0) -> list[Measured]:
    """Every target for patients of this burden."""
    return [_measured(row, people) for row in rows("targets") if number(row["burden"]) == burden]


def _measured(row: Row, people: list[One]) -> Measured:
    among = [one for one in people if _concerned(row, one)]
    name, of = row["measure"], row["of"]
    if name in ("median", "mean", "p95"):
        values = [
            float(one.entries if of == "entries" else one.counts[of])
            for one in among
            if of == "entries" or of in one.counts
        ]
        return Measured(row=row, value=_summarised(name, values), people=len(values))
    if name.startswith("in_chart_"):
        values = [float(IN_CHART[of](one.chart)) for one in among]
        how = name.removeprefix("in_chart_")
        return Measured(row=row, value=_summarised(how, values), people=len(values))
    if name == "delivered":
        among = [one for one in among if of in one.country.documents.sections]
    holds = _share(name, of)
    if name in ("treated", "anticoagulated"):
        among = [one for one in among if one.chart.active(*of.split(","))]
    hits = sum(map(holds, among))
    return Measured(row=row, value=100 * hits / max(1, len(among)), people=len(among))


def _summarised(how: str, values: list[float]) -> float:
    if not values:
        return 0.0
    if how == "p95":
        return percentile(values, 0.95)
    return statistics.median(values) if how == "median" else statistics.mean(values)


def _concerned(row: Row, one: One) -> bool:
    low, high = span(row["ages"]) if row["ages"] else (0, 200)
    return (
        low <= one.chart.age < high
        and one.chart.sex in (row["sex"] or "MF")
        and (not row["countries"] or one.country.code in row["countries"].split(","))
    )


def _share(name: str, of: str) -> Callable[[One], bool]:
    """What has to hold for a patient to be counted."""
    keys = tuple(of.split(","))
    found: dict[str, Callable[[One], bool]] = {
        "delivered": lambda one: of in one.counts,
        "empty": lambda one: one.counts.get(of) == 0,
        "active": lambda one: one.chart.active(*keys),
        "treated": lambda one: one.chart.takes_atc("A10"),
        "anticoagulated": lambda one: one.chart.takes("anticoag"),
        "pregnant": lambda one: one.chart.pregnancy is not None,
        "many_drugs": lambda one: len(one.chart.treatments) >= 5,
        "no_allergy": lambda one: not one.chart.allergies,
    }
    return found[name]


#: Statements of a history before the country's sections are chosen.
IN_CHART: dict[str, Callable[[Chart], int]] = {
    "problems": lambda chart: sum(one.end is None for one in chart.conditions.values()),
    "past": lambda chart: sum(one.end is not None for one in chart.conditions.values()),
    "drugs": lambda chart: len(chart.treatments),
    "allergies": lambda chart: len(chart.allergies),
    "procedures": lambda chart: sum(bool(one.row["snomed"]) for one in chart.operations),
    "devices": lambda chart: len(chart.implants),
    "vaccines": lambda chart: len(chart.vaccinations),
}
