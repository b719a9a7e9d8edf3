"""What the checks of a chart are made of: the invariant, and questions that several of them ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from countries.synthetic.record import Chart, Habit, Treatment

Check = Callable[[Chart], bool]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One check; ``holds`` is True for a sound chart."""

    id: str
    meaning: str
    holds: Check


def current(chart: Chart) -> list[Treatment]:
    """Medicines taken today."""
    return [one for one in chart.treatments if one.end is None or one.end >= chart.today]


def taking(chart: Chart, prefixes: Iterable[str]) -> list[Treatment]:
    """Medicines of these classes taken today; eye drops are of class S and never meant."""
    return [one for one in current(chart) if one.row.atc.startswith(tuple(prefixes))]


def within(chart: Chart, days: Iterable[date]) -> bool:
    """Are all these days within the life of the patient?"""
    return all(chart.birth <= day <= chart.today for day in days)


def never_both(chart: Chart, first: Iterable[str], second: Iterable[str]) -> bool:
    """Is no medicine of the one kind taken beside one of the other?"""
    return not (taking(chart, first) and taking(chart, second))


def operated(chart: Chart, *keys: str) -> list[date]:
    """Days of the operations with these keys."""
    return [one.day for one in chart.operations if one.row["key"] in keys]


def value_of(chart: Chart, loinc: str) -> float | None:
    """The measured value of an observation, None when it was not made."""
    return next((one.value for one in (*chart.vitals, *chart.results) if one.row["loinc"] == loinc), None)


def habit_of(chart: Chart, key: str) -> Habit | None:
    """The habit with this key, None when nothing is told of it."""
    return next((one for one in chart.habits if one.key == key), None)


def onset_of(chart: Chart, key: str) -> date:
    """When a condition began; the day of birth when there is none."""
    return chart.conditions[key].onset if key in chart.conditions else chart.birth
