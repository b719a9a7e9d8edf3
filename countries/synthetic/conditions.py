"""Steps 2 to 5: frailty, pregnancy and earlier births, conditions, what they imply, when they ended."""

from __future__ import annotations

import math
from datetime import date, timedelta
from functools import lru_cache

from countries.synthetic.record import LIVEBIRTH, MISCARRIAGE, Chart, Condition, Outcome, Pregnancy, later
from countries.synthetic.streams import Stream, triangular
from countries.synthetic.tables import ConditionRow, Model, Relation, day_of, span

#: Mean number of livebirths by the age of a woman.
PARITY = ((18, 0.0), (25, 0.25), (30, 0.7), (35, 1.15), (40, 1.5), (55, 1.7), (70, 1.9), (200, 2.2))
#: Share of women who are pregnant, by age: (from, to, share).
PREGNANT = ((16, 18, 0.02), (18, 45, 0.05), (45, 47, 0.004))
#: Outcomes other than a livebirth, per livebirth.
LOSSES = ((MISCARRIAGE, 0.14), ("34801009", 0.012), ("237364002", 0.004))
#: Groups of which no two members go together with a transplanted kidney.
AFTER_KIDNEY_TRANSPLANT = ("ckd4", "ckd5", "dialysis")


def add_pregnancies(chart: Chart) -> None:
    """Step 3: the pregnancy of today and earlier births, women only."""
    stream = chart.stream("pregnancy")
    now, week = stream.unit(), stream.triangular(6, 22, 34)
    if chart.sex != "F" or chart.age < 16:
        return
    share = next((share for low, high, share in PREGNANT if low <= chart.age < high), 0.0)
    if now < share and week is not None:
        lmp = chart.today - timedelta(days=round(week * 7))
        if chart.age_at(lmp) >= 15.5:
            chart.pregnancy = Pregnancy(lmp=lmp, due=lmp + timedelta(days=280))
    mean = next(mean for limit, mean in PARITY if chart.age < limit)
    _add_births(chart, stream, mean)
    chart.outcomes.sort(key=lambda one: one.day)


def _add_births(chart: Chart, stream: Stream, mean: float) -> None:
    last = chart.pregnancy.lmp - timedelta(days=150) if chart.pregnancy else chart.today
    first, last = later(chart.birth, 17), min(last, later(chart.birth, 43))
    if last <= first:
        return
    days: list[date] = []
    for _ in range(stream.poisson(mean, 7)):
        day = stream.day(first, last)
        if all(abs((day - other).days) >= 512 for other in days):
            days.append(day)
    chart.outcomes += [Outcome(code=LIVEBIRTH, day=day) for day in sorted(days)]
    for code, share in LOSSES:
        for _ in days:
            lost, day = stream.chance(share), stream.day(first, last)
            if lost and all(abs((day - one.day).days) >= 420 for one in chart.outcomes):
                chart.outcomes.append(Outcome(code=code, day=day))


def add_conditions(chart: Chart, model: Model) -> None:
    """Step 4 and 5."""
    stream = chart.stream("frailty")
    chart.frailty = chart.burden * math.exp(-0.18 + 0.6 * stream.normal())
    if chart.pregnancy is not None:
        row = model.conditions["preg_normal"]
        chart.conditions["preg_normal"] = Condition(row=row, onset=chart.pregnancy.lmp)
    drawn = chart.stream("conditions")
    factors = _factors(model)
    for key in model.order:
        row = model.conditions[key]
        at, began, within = drawn.unit(), drawn.unit(), drawn.unit()
        if at < _probability(chart, row, factors.get(key, ())):
            onset = _onset(chart, row, began, within)
            if onset is not None:
                _take(chart, model, row, onset)
    _imply(chart, model)
    if chart.ever("kidney_tx"):
        for key in AFTER_KIDNEY_TRANSPLANT:
            chart.conditions.pop(key, None)
    _end(chart)


Causes = tuple[tuple[ConditionRow, float], ...]


@lru_cache(maxsize=4)
def _factors(model: Model) -> dict[str, Causes]:
    """By condition: what raises its odds, and by which factor."""
    found: dict[str, list[tuple[ConditionRow, float]]] = {}
    place = {key: index for index, key in enumerate(model.order)}
    for one in model.relations:
        # A cause that is drawn later closes a cycle: it can raise nothing, so it must not lower it either.
        if one.relation == "mult" and place[one.source] < place[one.target]:
            found.setdefault(one.target, []).append((model.conditions[one.source], one.value))
    return {key: tuple(value) for key, value in found.items()}


def _probability(chart: Chart, row: ConditionRow, causes: Causes) -> float:
    """Share of patients like this one who have the condition; 0 where it cannot be."""
    base = _share(chart, row)
    if base <= 0 or row.nature == "G" or not _eligible(chart, row):
        return 0.0
    odds = base / (1 - base)
    if row.nature in "CRP" and not row.congenital:
        odds *= math.sqrt(chart.frailty) if chart.age < 16 else chart.frailty
    for cause, factor in causes:
        if cause.key in chart.conditions:
            odds *= factor
        odds /= 1 + _share(chart, cause) * (factor - 1)
    return odds / (1 + odds)


def _share(chart: Chart, row: ConditionRow) -> float:
    """How many in a hundred patients of this age, sex and country have the condition, as a share."""
    return min(
        0.95, row.bands[chart.band] * row.sex_weight[chart.sex] * row.countries.get(chart.country, 1.0)
    )


def _eligible(chart: Chart, row: ConditionRow) -> bool:
    if chart.age < row.onset[0]:
        return False
    if row.key == "preecl_past":
        return bool(chart.livebirths)
    if row.key == "contraception":
        return chart.pregnancy is None and 15 <= chart.age < 50
    return not (row.key == "menopause" and chart.pregnancy is not None)


def _onset(chart: Chart, row: ConditionRow, began: float, at: float) -> date | None:
    """When it began: triangular over the ages of the row, never after today; from two draws."""
    age = triangular(began, *row.onset, limit=chart.age)
    if row.congenital:
        return chart.birth
    if row.key == "preecl_past" and chart.livebirths:
        return chart.livebirths[0] - timedelta(days=int(at * 40))
    lasting, since = course_of(row), _since(row)
    if lasting is not None and row.course.startswith("now"):
        return max(
            chart.birth, chart.today - timedelta(days=round(lasting[0] + at * (lasting[1] - lasting[0])))
        )
    if age is None:
        return None
    onset = min(later(chart.birth, age), chart.today)
    if since is not None and onset < since:
        onset = since + timedelta(days=int(at * max(0, (chart.today - since).days - 30)))
    return onset if chart.birth <= onset <= chart.today else None


def course_of(row: ConditionRow) -> tuple[float, float] | None:
    """The days that a condition lasts, None where it has no stated length."""
    kind, _, rest = row.course.partition(":")
    return span(rest.partition("d")[0]) if kind in ("past", "remission", "now") else None


def _since(row: ConditionRow) -> date | None:
    at = row.course.find("since:")
    return day_of(row.course[at + 6 :]) if at >= 0 else None


def _take(chart: Chart, model: Model, row: ConditionRow, onset: date) -> bool:
    """Add a condition unless its group is taken or something excludes it."""
    if row.key in chart.conditions:
        return False
    have = chart.conditions.values()
    if row.group and any(one.row.group == row.group for one in have):
        return False
    for one in model.relations:
        if one.relation == "excl" and (
            (one.target == row.key and one.source in chart.conditions)
            or (one.source == row.key and one.target in chart.conditions)
        ):
            return False
    chart.conditions[row.key] = Condition(row=row, onset=onset)
    return True


def _imply(chart: Chart, model: Model) -> None:
    """Step 5: what follows from a condition; the second pass takes only what is certain."""
    stream = chart.stream("implied")
    for certain_only in (False, True):
        for one in model.relations:
            if one.relation != "implies":
                continue
            drawn, at = stream.chance(one.value), stream.unit()
            source = chart.conditions.get(one.source)
            if source is not None and drawn and not (certain_only and one.value < 1):
                _follow(chart, model, one, source, at)


def _follow(chart: Chart, model: Model, relation: Relation, source: Condition, at: float) -> None:
    row = model.conditions[relation.target]
    if row.sex_weight[chart.sex] <= 0:
        return
    low, high = relation.gap
    onset = later(source.onset, low + at * (high - low))
    if relation.target == "old_mi":
        onset = source.onset + timedelta(days=28)
    if row.nature == "G":
        if not _in_week(chart, row.key):
            return
        onset = (
            later(source.onset, 0.3 + 0.1 * at)
            if row.key != "preg_gdm"
            else source.onset + timedelta(days=168)
        )
    if row.congenital:
        onset = chart.birth
    if relation.source == "pkd" and chart.age < 30 and row.key == "ckd3":
        return
    if row.key == "valve_z" and chart.age < 55:
        return
    onset = max(onset, later(chart.birth, min(row.onset[0], chart.age)))
    if onset <= chart.today:
        _take(chart, model, row, onset)


def _in_week(chart: Chart, key: str) -> bool:
    weeks = chart.pregnancy.weeks(chart.today) if chart.pregnancy else 0.0
    if key == "preg_gdm" and chart.ever("t1dm", "t2dm", "t2dm_neuro", "t2dm_eye", "t2dm_renal"):
        return False
    return weeks >= {"preg_gdm": 25, "preg_anaemia": 21, "preg_htn": 21}.get(key, 21)


def _end(chart: Chart) -> None:
    """When things ended, by their course; a past event lies wholly before today or did not happen."""
    stream = chart.stream("ends")
    for key, one in list(chart.conditions.items()):
        at, healed = stream.unit(), stream.chance(0.35)
        lasting = course_of(one.row)
        if lasting is None or one.row.course.startswith("now"):
            continue
        days = timedelta(days=max(1, round(lasting[0] + at * (lasting[1] - lasting[0]))))
        if one.row.course.startswith("remission"):
            if healed and one.onset + days < chart.today:
                one.end = one.onset + days
            continue
        if one.onset + days >= chart.today:
            one.onset = chart.today - days - timedelta(days=1)
        one.end = one.onset + days
        since = _since(one.row)
        earliest = max(later(chart.birth, one.row.onset[0]), since or chart.birth)
        if one.onset < (chart.birth if one.row.congenital else earliest):
            del chart.conditions[key]
    for sequel, event in (("old_mi", "mi_past"), ("stroke_seq", "stroke_past")):
        if event not in chart.conditions:
            chart.conditions.pop(sequel, None)
