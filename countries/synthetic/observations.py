"""Step 10: vital signs of one visit, results of one sample, the blood group; coherent with what is active."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta

from countries.synthetic.record import Chart, Reading
from countries.synthetic.streams import Stream
from countries.synthetic.tables import Model, Row, number

SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
HEIGHT, WEIGHT, BMI = "8302-2", "29463-7", "39156-5"
GLUCOSE, GLUCOSE_MOLAR, HBA1C = "2345-7", "14749-6", "4548-4"
EGFR, INR, PSA, VIRAL_LOAD = "33914-3", "6301-6", "2857-1", "20447-9"
#: Molar mass of glucose in mg/dL per mmol/L.
GLUCOSE_FACTOR = 18.016
DIABETES = ("t1dm", "t2dm", "t2dm_neuro", "t2dm_eye", "t2dm_renal")
KIDNEY = ("ckd3", "ckd4", "ckd5")
#: What is true of untreated patients: (condition, LOINC, classes that treat, mean when untreated).
UNTREATED = (
    ("htn", SYSTOLIC, ("C0",), 148.0),
    ("hyperchol", "22748-8", ("C10",), 4.6),
    ("hyperchol", "2093-3", ("C10",), 268.0),
    ("hyperlip", "22748-8", ("C10",), 4.0),
    ("gout", "3084-1", ("M04AA",), 8.2),
)
#: Bounds of the glomerular filtration rate by stage of kidney disease.
STAGES = {"ckd3": (30, 59), "ckd4": (15, 29), "ckd5": (4, 14)}


def add_observations(chart: Chart, model: Model) -> None:
    """Step 10."""
    stream = chart.stream("observations")
    visit = _recent(chart, stream, 240)
    sample = _recent(chart, stream, 300)
    values = _values(chart, model)
    body = _body(chart, model, chart.stream("body"))
    measured = number(model.observations[SYSTOLIC]["p_measured"])
    pressure = chart.stream("pressure").chance(measured if chart.age >= 3 else 0.15)
    measuring = chart.stream("measured")
    for loinc, row in model.observations.items():
        drawn, value = measuring.unit(), values.get(loinc)
        if loinc in (SYSTOLIC, DIASTOLIC):
            taken = pressure
        elif loinc in (HEIGHT, WEIGHT, BMI):
            value, taken = body[loinc], drawn < number(row["p_measured"]) or chart.active("obesity")
        elif loinc == GLUCOSE_MOLAR:
            continue
        else:
            forced = _effect(chart, model, loinc)
            taken = drawn < (number(forced["p"]) if forced else number(row["p_measured"]))
        if taken and value is not None:
            reading = _clamped(row, value, sample if row["panel"] == "lab" else visit)
            (chart.results if row["panel"] == "lab" else chart.vitals).append(reading)
    _blood_group(chart, model)


def _recent(chart: Chart, stream: Stream, days: int) -> date:
    first = max(chart.birth, chart.today - timedelta(days=days))
    begun = [one.onset for one in chart.conditions.values() if one.row.nature in "AG"]
    return stream.day(min(chart.today, max([first, *begun])), chart.today)


def _effect(chart: Chart, model: Model, loinc: str) -> Row | None:
    """The last effect row of an active condition on a measurement, if any applies."""
    found = None
    for key in chart.conditions:
        past = key in ("c_thyroid_past", "anorexia_past")
        if key in model.effects and (past or chart.active(key)):
            for row in model.effects[key]:
                if row["loinc"] == loinc and not (
                    loinc == INR and key in ("valve_z", "af") and not chart.takes_atc("B01AA03")
                ):
                    found = row
    return found


def _values(chart: Chart, model: Model) -> dict[str, float]:
    """Every value that could be measured, by LOINC code."""
    found: dict[str, float] = {}
    stream = chart.stream("values")
    for loinc, row in model.observations.items():
        turn = max(-2.0, min(2.0, stream.normal()))
        means = row["mean_m_by_band" if chart.sex == "M" else "mean_f_by_band"].split(",")
        effect = _effect(chart, model, loinc)
        if effect is not None:
            found[loinc] = number(effect["mean"]) + turn * number(effect["sd"])
        elif len(means) == 7 and means[chart.band] != "-" and loinc != VIRAL_LOAD:
            found[loinc] = float(means[chart.band]) + turn * number(row["sd"])
        for key, code, classes, mean in UNTREATED:
            if (
                effect is not None
                and code == loinc
                and effect["condition"] == key
                and not chart.takes_atc(*classes)
            ):
                found[loinc] = mean + turn * number(effect["sd"])
    _make_coherent(chart, found)
    return found


def _make_coherent(chart: Chart, found: dict[str, float]) -> None:
    if SYSTOLIC in found and DIASTOLIC in found:
        found[DIASTOLIC] = min(found[DIASTOLIC], found[SYSTOLIC] - 22)
    stage = next((key for key in KIDNEY if chart.active(key)), None)
    if EGFR in found:
        if stage is not None:
            low, high = STAGES[stage]
            found[EGFR] = max(low, min(high, found[EGFR]))
        elif not chart.ever("kidney_tx"):
            found[EGFR] = max(61.0, found[EGFR])
    if HBA1C in found and not chart.active(*DIABETES):
        found[HBA1C] = min(5.9, found[HBA1C])
    if INR in found and not (chart.takes_atc("B01AA03") or chart.active("cirrhosis")):
        del found[INR]
    if chart.active("preg_htn") and SYSTOLIC in found:
        found[SYSTOLIC] = max(140.0, found[SYSTOLIC])
    if chart.sex == "F":
        found.pop(PSA, None)


def _body(chart: Chart, model: Model, stream: Stream) -> dict[str, float]:
    """Height and weight by age; body mass index that agrees with both and with obesity."""
    tall, heavy = (max(-2.0, min(2.0, stream.normal())) for _ in range(2))
    height = round(_grown(model, chart, 1) * (1 + 0.038 * tall))
    weight = _grown(model, chart, 3) * (1 + 0.038 * tall) ** 2 * (1 + 0.11 * heavy)
    if chart.age < 1.5:
        weight = _grown(model, chart, 3) * (1 + 0.05 * heavy)
    index = weight / (height / 100) ** 2
    if chart.active("obesity"):
        index = max(30.3, 33.5 + 2.8 * heavy) if chart.age >= 18 else max(index, 26 + heavy)
    elif chart.age >= 18:
        index = max(17.5, min(29.4, index))
    weight = round(index * (height / 100) ** 2, 1)
    return {HEIGHT: height, WEIGHT: weight, BMI: round(weight / (height / 100) ** 2, 1)}


def _grown(model: Model, chart: Chart, male_column: int) -> float:
    column = male_column if chart.sex == "M" else male_column + 1
    table = model.growth
    at = bisect_left([row[0] for row in table], chart.age)
    if at == 0:
        return table[0][column]
    if at == len(table):
        return table[-1][column]
    low, high = table[at - 1], table[at]
    return low[column] + (high[column] - low[column]) * (chart.age - low[0]) / (high[0] - low[0])


def _clamped(row: Row, value: float, day: date) -> Reading:
    low, high = number(row["min"]), number(row["max"], 1e9)
    return Reading(row=row, value=round(max(low, min(high, value)), int(number(row["decimals"]))), day=day)


def _blood_group(chart: Chart, model: Model) -> None:
    stream = chart.stream("blood group")
    table = model.blood_groups.get(chart.country) or next(iter(model.blood_groups.values()))
    shares = [(name.partition("=")[2], number(share)) for name, share in table.items() if name != "country"]
    code, known = stream.weighted(shares), stream.chance(0.3)
    chart.blood_group = code if known or chart.pregnancy is not None else ""


def limits(chart: Chart, row: Row) -> tuple[float | None, float | None]:
    """The reference range of a result for this patient: low and high, None where there is none."""
    return _limit(chart, row["ref_low"]), _limit(chart, row["ref_high"])


def _limit(chart: Chart, text: str) -> float | None:
    if not text:
        return None
    if text[0].isdigit():
        return float(text)
    by_kind = {part[0]: float(part[1:]) for part in text.split()}
    if chart.age < 15 and "C" in by_kind:
        return by_kind["C"]
    return by_kind.get(chart.sex)


__all__ = ["BMI", "HEIGHT", "WEIGHT", "add_observations", "limits"]
