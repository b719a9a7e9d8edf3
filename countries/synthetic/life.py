"""Step 11: habits, functional status, plan of care."""

from __future__ import annotations

from datetime import date, timedelta

from countries.synthetic.interventions import ANAPHYLAXIS
from countries.synthetic.record import Chart, Function, Habit, later
from countries.synthetic.streams import Stream
from countries.synthetic.tables import Model, Row, number

#: Lower ages of the five columns of tobacco and alcohol shares.
HABIT_BANDS = (14, 25, 40, 60, 75)


def add_life(chart: Chart, model: Model) -> None:
    """Step 11."""
    if chart.age >= 14:
        _tobacco(chart, model)
        _alcohol(chart, model)
    _others(chart, model)
    _functions(chart, model)
    _plans(chart, model)


def _share(chart: Chart, values: str) -> float:
    column = max(index for index, age in enumerate(HABIT_BANDS) if chart.age >= age or index == 0)
    text = next((part[2:] for part in values.split(";") if part.startswith(chart.sex + " ")), values)
    return float(text.split("/")[column])


def _tobacco(chart: Chart, model: Model) -> None:
    stream = chart.stream("tobacco")
    rows = {key: model.social[f"tobacco_{key}"] for key in ("never", "ex", "current")}
    shares = [(key, _share(chart, row["values"])) for key, row in rows.items()]
    if chart.active("copd"):
        shares[2] = ("current", shares[2][1] * 2.5)
    state, begun, ended, amount = (
        stream.weighted(shares),
        stream.between(14, 22),
        stream.unit(),
        stream.unit(),
    )
    state = "current" if chart.active("tobacco_dep") else state
    if chart.pregnancy is not None and state == "current" and not chart.active("tobacco_dep"):
        state = "ex"
    start = later(chart.birth, min(begun, chart.age))
    if state == "never":
        chart.habits.append(Habit(key="tobacco", row=rows["never"], value=0, start=None))
        return
    end = None
    if state == "ex":
        end = start + timedelta(days=max(1, int((chart.today - start).days * (0.2 + 0.7 * ended))))
        if end > chart.today:
            chart.habits.append(Habit(key="tobacco", row=rows["never"], value=0))
            return
    value = round(3 + 27 * amount * amount) if state == "ex" else round(1 + 30 * amount * amount)
    chart.habits.append(Habit(key="tobacco", row=rows[state], value=value, start=start, end=end))


def _alcohol(chart: Chart, model: Model) -> None:
    stream = chart.stream("alcohol")
    keys = ("alcohol_none", "alcohol_mod", "alcohol_high")
    state = stream.weighted([(key, _share(chart, model.social[key]["values"])) for key in keys])
    amount = stream.unit()
    if chart.active("alcohol_dep"):
        state = "alcohol_high"
    if chart.pregnancy is not None or chart.age < 16:
        state = "alcohol_none"
    value = {"alcohol_none": 0.0, "alcohol_mod": 2 + 18 * amount * amount, "alcohol_high": 30 + 90 * amount}[
        state
    ]
    if chart.active("alcohol_dep") and value:
        value = max(60.0, value)
    chart.habits.append(Habit(key="alcohol", row=model.social[state], value=round(value)))


def _others(chart: Chart, model: Model) -> None:
    stream = chart.stream("habits")
    exercise, hours, work, diet = stream.unit(), stream.unit(), stream.unit(), stream.unit()
    if exercise < 0.35 and chart.age >= 6:
        most = 2 if chart.active("hf", "hf_lv", "copd", "parkinson") else 9
        chart.habits.append(
            Habit(key="exercise", row=model.social["exercise"], value=round(hours * hours * most, 1))
        )
    if work < 0.25 and chart.age >= 16:
        kind = (
            "student"
            if chart.age < 24
            else "retired"
            if chart.age > 66
            else ("unemployed" if work < 0.02 else "employed")
        )
        chart.habits.append(Habit(key="employment", row=model.social["employment"], phrase=kind))
    if chart.active("coeliac"):
        chart.habits.append(Habit(key="diet", row=model.social["diet"], phrase="diet_gf"))
    elif diet < 0.03 and chart.age >= 12:
        chart.habits.append(Habit(key="diet", row=model.social["diet"], phrase="diet_veg"))


def _functions(chart: Chart, model: Model) -> None:
    seen: dict[str, None] = {}
    for index, row in enumerate(model.functions):
        own = Stream(chart.version, chart.country, chart.identifier, "function", str(index))
        drawn, severity = own.chance(number(row["p"])), _severity(row, own.unit())
        condition = chart.conditions.get(row["condition"])
        there = condition is not None and (condition.end is None or row["condition"].endswith("_past"))
        if drawn and there and row["icf"] not in seen:
            seen[row["icf"]] = None
            chart.functions.append(Function(row=row, severity=severity, day=_checked(chart, own)))


def _checked(chart: Chart, stream: Stream) -> date:
    return max(chart.birth, chart.today - timedelta(days=stream.whole(5, 200)))


def _severity(row: Row, at: float) -> int:
    shares = [float(part) for part in row["severity_0_4_weights"].split("/")]
    at *= sum(shares)
    for index, share in enumerate(shares):
        at -= share
        if at < 0:
            return index
    return len(shares) - 1


def _plans(chart: Chart, model: Model) -> None:
    stream = chart.stream("plans")
    for row in model.plans:
        drawn = stream.chance(number(row["p"]))
        if row["key"] == "cp_anaph":
            there = any(one.reaction == ANAPHYLAXIS and one.status == "active" for one in chart.allergies)
        elif row["key"] == "cp_child":
            there = chart.age < 6
        else:
            condition = chart.conditions.get(row["condition"])
            there = condition is not None and (condition.end is None or row["condition"].endswith("_past"))
        if drawn and there:
            chart.plans.append(row)
