"""Step 9: the national calendar by cohort and sex, thinned by attitude and by records that got lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from countries.synthetic.record import Chart, Vaccination, later
from countries.synthetic.streams import Stream
from countries.synthetic.tables import Model, Row, day_of, number

#: Share of doses that a record still holds, by the year they were given: (before, share).
KEPT = ((1985, 0.12), (2000, 0.4), (2010, 0.72), (9999, 0.95))
#: Conditions for which influenza vaccination is advised.
CHRONIC = ("copd", "asthma", "t1dm", "t2dm", "ihd", "hf", "ckd3", "ckd4", "ckd5", "kidney_tx", "hiv", "cf")
#: What every calendar's special rows begin with.
SPECIAL = ("adult:", "season:", "travel:", "pregnancy:")


def add_immunizations(chart: Chart, model: Model) -> None:
    """Step 9."""
    stream = chart.stream("immunizations")
    attitude = stream.unit()
    weak = _immunosuppressed_from(chart)
    found: list[tuple[date, int, Row]] = []
    table = (*model.schedules.get(chart.country, ()), *model.schedules.get("*", ()))
    for index, row in enumerate(table):
        own = Stream(chart.version, chart.country, chart.identifier, "vaccine", str(index))
        if not int(row["cohort_from"]) <= chart.birth.year <= int(row["cohort_to"]):
            continue
        if row["sex"] not in ("A", chart.sex):
            continue
        vaccine = model.vaccines[row["vaccine"]]
        willing = 0.75 * attitude + 0.25 * own.unit()
        if willing >= _coverage(chart, row):
            continue
        for day in _days(chart, row["ages"], own):
            kept = own.chance(next(share for year, share in KEPT if day.year < year))
            if kept and _allowed(chart, vaccine, day, weak):
                found.append((day, index, vaccine))
    _number(chart, sorted(found, key=lambda one: one[:2]))


def _coverage(chart: Chart, row: Row) -> float:
    if not row["ages"].startswith("season:"):
        return number(row["coverage"])
    shares = dict(part.split(":") for part in row["coverage"].split(";"))
    if chart.age >= 65:
        return float(shares["65+"])
    return float(shares["chronic"] if chart.active(*CHRONIC) else shares["other"])


def _allowed(chart: Chart, vaccine: Row, day: date, weak: date | None) -> bool:
    if not chart.birth <= day <= chart.today or day < day_of(vaccine["licensed_from"]):
        return False
    if vaccine["live"] != "y":
        return True
    if weak is not None and day >= weak:
        return False
    return chart.pregnancy is None or day < chart.pregnancy.lmp


def _immunosuppressed_from(chart: Chart) -> date | None:
    starts = [one.start for one in chart.treatments if "immunosup" in one.row.flags]
    return min(starts) if starts else None


def _days(chart: Chart, ages: str, stream: Stream) -> Iterator[date]:
    """The days a row of the calendar means for this patient."""
    if not ages.startswith(SPECIAL):
        for age in ages.split(","):
            yield _at(chart.birth, age) + timedelta(days=stream.whole(0, 12 if "y" not in age else 60))
        return
    kind, _, rest = ages.partition(":")
    if kind == "season":
        for back in range(stream.whole(1, 3), 0, -1):
            yield date(chart.today.year - back, 10, 15) + timedelta(days=stream.whole(0, 61))
    elif kind == "pregnancy":
        if chart.pregnancy is not None:
            yield chart.pregnancy.lmp + timedelta(days=stream.whole(27 * 7, 36 * 7))
    else:
        parts = [part.strip() for part in rest.split(",")]
        first = _adult(chart, parts[0], stream)
        for part in ["0d", *parts[1:]] if kind == "adult" else (parts[1:] or ["0d"]):
            yield first + timedelta(days=int(part.strip("+d")))


def _adult(chart: Chart, text: str, stream: Stream) -> date:
    """``2021-03-01..2021-11-30`` or ``20-55y``: a day in it."""
    if ".." in text:
        first, last = (date.fromisoformat(part) for part in text.split(".."))
        return stream.day(first, last)
    low, high = (float(part) for part in text.strip("y").split("-"))
    return later(chart.birth, stream.between(low, high))


def _at(birth: date, age: str) -> date:
    """``13y6m``, ``4m15d``, ``0d`` after birth."""
    sizes = {"y": 365.25, "m": 30.4375, "d": 1.0}
    days = sum(float(count) * sizes[unit] for count, unit in re.findall(r"(\d+)([ymd])", age))
    return birth + timedelta(days=round(days))


def _number(chart: Chart, found: list[tuple[date, int, Row]]) -> None:
    """Drop doses too close to the last one of the product; count the others, influenza apart."""
    last: dict[str, date] = {}
    count: dict[str, int] = {}
    for day, _, vaccine in found:
        key = vaccine["atc"]
        if key in last and (day - last[key]).days < 20:
            continue
        last[key] = day
        count[key] = count.get(key, 0) + 1
        numbered = 0 if vaccine["key"] == "flu" else count[key]
        chart.vaccinations.append(Vaccination(row=vaccine, day=day, number=numbered))
