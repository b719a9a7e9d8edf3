"""Steps 6 and 7: procedures and the devices they leave behind; allergies."""

from __future__ import annotations

from datetime import date, timedelta

from countries.synthetic.record import Chart, Condition, Implant, Operation, Reactivity, later
from countries.synthetic.streams import Stream
from countries.synthetic.tables import Model, Row, day_of, number, span, weights

LEFT, RIGHT = "7771000", "24028007"
ANAPHYLAXIS = "39579001"
#: Reactions that always mean a high criticality: anaphylaxis, Stevens-Johnson syndrome, DRESS.
GRAVE = (ANAPHYLAXIS, "73442001", "702809001")
#: Devices that hang on a condition and on no procedure: (device, conditions, probability, age from).
WORN = (
    ("hearingaid", ("hearing", "hearing_sn"), 0.4, 6),
    ("cgm", ("t1dm",), 0.03, 4),
    ("stoma", ("stoma_z",), 1.0, 0),
    ("vpshunt", ("cerebral_palsy",), 0.03, 0),
)
#: Devices that come out again: key to (share, years from, years to).
REMOVED = {"plate": (0.35, 0.8, 2.0), "port": (0.7, 0.7, 3.0), "grommet": (1.0, 0.5, 1.5)}
#: Severities, mild to fatal.
SEVERE = ("24484000", "442452003")
#: Operations after which no pregnancy is possible.
STERILE = ("hyst", "hyst_lap", "tubal")


def add_interventions(chart: Chart, model: Model) -> None:
    """Step 6."""
    stream = chart.stream("procedures")
    taken: dict[str, None] = {}
    for row in model.procedures:
        drawn, gap, side = stream.unit(), stream.unit(), stream.unit()
        for day in _occasions(chart, row, gap, drawn < number(row["p"])):
            if row["alt_group"] and row["alt_group"] in taken:
                continue
            if not _possible(chart, row, day):
                continue
            if row["alt_group"] and row["alt_group"] != "birth":
                taken[row["alt_group"]] = None
            laterality = (LEFT if side < 0.5 else RIGHT) if row["laterality"] == "LR" else ""
            chart.operations.append(Operation(row=row, day=day, side=laterality))
            _aftermath(chart, model, row, day)
    _worn(chart, model)


def _occasions(chart: Chart, row: Row, gap: float, drawn: bool) -> list[date]:
    """The days on which a procedure was to be done: one if it was drawn, at births one draw for each."""
    trigger = row["condition"]
    if trigger == "*livebirth":
        own = chart.stream("birth " + row["key"])
        return [day for day in chart.livebirths if own.chance(number(row["p"]))]
    if not drawn:
        return []
    low, high = span(row["gap_years"])
    if not trigger.startswith("*"):
        condition = chart.conditions.get(trigger)
        return [later(condition.onset, low + gap * (high - low))] if condition else []
    if trigger == "*miscarriage":
        return [one.day + timedelta(days=2) for one in chart.outcomes if one.code == "17369002"][:1]
    if trigger == "*mother_adult" and (not chart.livebirths or chart.pregnancy):
        return []
    first = later(chart.birth, max(number(row["age_min"]), 18))
    if chart.outcomes and trigger == "*mother_adult":
        first = max(first, chart.outcomes[-1].day + timedelta(days=90))
    last = min(chart.today, later(chart.birth, 55))
    return [first + timedelta(days=int(gap * (last - first).days))] if first < last else []


def _possible(chart: Chart, row: Row, day: date) -> bool:
    if day > chart.today or row["sex"] not in ("A", chart.sex):
        return False
    if chart.age_at(day) < number(row["age_min"]) or day < day_of(row["available_from"] or "1950"):
        return False
    if row["key"] in STERILE and (chart.pregnancy or any(one.day >= day for one in chart.outcomes)):
        return False
    others = {"hyst": "tubal", "hyst_lap": "tubal", "tubal": "hyst"}
    if row["key"] in others and any(
        one.row["key"].startswith(others[row["key"]]) for one in chart.operations
    ):
        return False
    return not (row["alt_group"] == "birth" and any(one.day == day for one in chart.operations))


def _aftermath(chart: Chart, model: Model, row: Row, day: date) -> None:
    """What a procedure leaves: devices, status codes, and a condition that is over."""
    stream = chart.stream("after " + row["key"])
    for key, share in weights(row["implies"]):
        implied = model.conditions[key]
        group_free = not implied.group or all(
            one.row.group != implied.group for one in chart.conditions.values()
        )
        if stream.chance(share) and key not in chart.conditions and group_free:
            chart.conditions[key] = Condition(row=implied, onset=day)
    for key in filter(None, row["resolves"].split(",")):
        over = chart.conditions.get(key)
        if over is not None and over.end is None and over.onset <= day:
            over.end = day
        elif over is not None and over.onset > day:
            del chart.conditions[key]
    if row["device"]:
        _implant(chart, model, row["device"], day, stream, row["key"])


def _implant(chart: Chart, model: Model, key: str, day: date, stream: Stream, operation: str) -> None:
    out, when = stream.unit(), stream.unit()
    row = model.devices[key]
    if key == "des" and day < day_of(row["available_from"]):
        row = model.devices["bms"]
    if day < day_of(row["available_from"]):
        return
    end = None
    if key in REMOVED:
        share, low, high = REMOVED[key]
        removed = later(day, low + when * (high - low))
        end = removed if out < share and removed <= chart.today else None
    chart.implants.append(Implant(row=row, start=day, end=end, operation=operation))


def _worn(chart: Chart, model: Model) -> None:
    stream = chart.stream("devices")
    for key, conditions, share, age in WORN:
        drawn, at = stream.chance(share), stream.unit()
        begun = [chart.conditions[name].onset for name in conditions if chart.active(name)]
        if not drawn or not begun or chart.age < age:
            continue
        first = max(min(begun), later(chart.birth, age), day_of(model.devices[key]["available_from"]))
        if first <= chart.today:
            day = first + timedelta(days=int(at * (chart.today - first).days))
            chart.implants.append(Implant(row=model.devices[key], start=day))


def add_allergies(chart: Chart, model: Model) -> None:
    """Step 7: at most eight, one per class of medicines that it blocks."""
    stream = chart.stream("allergies")
    blocked: dict[str, None] = {}
    for row in model.allergies:
        draws = [stream.unit() for _ in range(9)]
        share = number(row["p_child"] if chart.age < 16 else row["p_adult"]) * _link(chart, row["linked"])
        low, high = span(row["onset_age"])
        if draws[0] >= share or chart.age <= low or len(chart.allergies) >= 8 or row["blocks_atc"] in blocked:
            continue
        if row["blocks_atc"]:
            blocked[row["blocks_atc"]] = None
        onset = later(chart.birth, low + draws[1] * (min(high, chart.age) - low))
        chart.allergies.append(_allergy(chart, row, min(onset, chart.today), draws))
        target, _, chance = row["linked"].partition("=>")[2].partition(":")
        if target and draws[8] < float(chance) and target not in chart.conditions:
            chart.conditions[target] = Condition(
                row=model.conditions[target], onset=chart.allergies[-1].onset
            )


def allergy_of(chart: Chart, row: Row, onset: date) -> Reactivity:
    """An allergy that a patient is given: sure, active, with a reaction and how severe it was."""
    made = _allergy(chart, row, onset, [0.0, 0.0, 0.0, 0.1, 0.1, 0.0, 0.0, 1.0, 1.0])
    made.status = "active"
    return made


def _link(chart: Chart, linked: str) -> float:
    if linked.startswith("=>"):
        return 1.0
    factor = 1.0
    for key, value in weights(linked):
        if chart.ever(key):
            factor *= max(value, 1.0)
    return factor


def _pick(text: str, at: float) -> str:
    pairs = weights(text)
    at *= sum(weight for _, weight in pairs)
    for key, weight in pairs:
        at -= weight
        if at < 0:
            return key
    return pairs[-1][0]


def _allergy(chart: Chart, row: Row, onset: date, draws: list[float]) -> Reactivity:
    made = Reactivity(row=row, type=_pick(row["type_weights"], draws[2]), onset=onset)
    if draws[3] < 0.88:
        made.reaction = _pick(row["reactions"], draws[3] / 0.88)
        if draws[4] < 0.7:
            made.severity = _pick(row["severities"], draws[4] / 0.7)
    if made.reaction == ANAPHYLAXIS and made.severity and made.severity not in SEVERE:
        made.severity = SEVERE[0]
    grave = made.reaction in GRAVE or made.severity == SEVERE[1]
    made.criticality = "high" if grave or draws[5] < number(row["p_criticality_high"]) else "low"
    made.certainty = "confirmed" if draws[6] < number(row["p_confirmed"]) else "unconfirmed"
    outgrown = chart.age > 6 if row["key"] in ("milk", "egg") else chart.age_at(chart.today) > 10
    if draws[7] < number(row["p_resolved"]) and outgrown:
        made.status = "resolved"
    return made
