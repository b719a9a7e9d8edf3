"""Step 8: for each reason its slots, for each slot one suitable regimen; then guards between medicines."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from countries.synthetic.interventions import ANAPHYLAXIS
from countries.synthetic.record import Chart, Condition, Treatment, later
from countries.synthetic.streams import Stream
from countries.synthetic.tables import MedicationRow, Model, Row, number, span

#: Past events that are still treated.
TREATED_PAST = ("mi_past", "stroke_past", "tia_past", "pe_past", "c_thyroid_past")
#: Solid forms that small children can take.
CHILD_FORMS = ("Orodispersible", "Chewable", "Dispersible")
#: Classes with a lower age limit: (prefixes, exceptions, years).
AGE_LIMITS = (
    (("N02AX", "N02AJ", "N02AA", "B01AC06", "J01MA"), (), 16),
    (("M01A",), (), 0.5),
    (("J01AA",), (), 8),
    (("N05C", "N05B"), ("N05CH01", "N05CD08"), 18),
)
#: Girls and women who could be pregnant: flag to ages.
CHILDBEARING = {"valproate": (10, 55), "teratogen": (10, 55), "woman_cbp_no": (12, 51)}
#: Conditions whose contra-indications a pacemaker lifts.
PACED = ("sss", "avblock3")
#: Daily life goes on: mean years since a continuing medicine was begun.
MEAN_YEARS = 2.4


def add_medications(chart: Chart, model: Model) -> None:
    """Step 8."""
    stream = chart.stream("medications")
    rule_out = _contraindications(model)
    for key, condition in list(chart.conditions.items()):
        if condition.end is None or key in TREATED_PAST:
            for slot, rows in model.slots.get(key, {}).items():
                _fill(
                    chart,
                    rows,
                    condition,
                    Stream(chart.version, chart.country, chart.identifier, key, slot),
                    rule_out,
                )
    _pairs(chart, model, stream)
    _additions(chart, model, rule_out)
    _pairs(chart, model, stream)
    if chart.takes("anticoag") and stream.chance(0.2) and "anticoag_z" not in chart.conditions:
        first = min(one.start for one in chart.treatments if "anticoag" in one.row.flags)
        chart.conditions["anticoag_z"] = Condition(row=model.conditions["anticoag_z"], onset=first)


Rule = Callable[[Chart, MedicationRow], bool]


def _fill(
    chart: Chart,
    rows: tuple[MedicationRow, ...],
    condition: Condition | None,
    stream: Stream,
    rule_out: tuple[Row, ...],
) -> None:
    """Fill one slot, or leave it empty."""
    drawn, at = stream.unit(), stream.unit()
    share = rows[0].p_slot
    if chart.age >= 75 and rows[0].flags & {"bzd", "zdrug"}:
        share *= 0.4
    if drawn >= share:
        return
    fitting = [row for row in rows if suits(chart, row) and not _ruled_out(chart, row, rule_out)]
    fitting = [row for row in fitting if _earliest(chart, row, condition) <= chart.today]
    if not fitting:
        return
    at *= sum(row.weight for row in fitting)
    chosen = fitting[-1]
    for row in fitting:
        at -= row.weight
        if at < 0:
            chosen = row
            break
    treatment = _begin(chart, chosen, condition, stream)
    if treatment is not None:
        chart.treatments.append(treatment)


def suits(chart: Chart, row: MedicationRow) -> bool:
    """Age, sex, pregnancy, form, allergies, and what only some situations call for."""
    age, flags = chart.age, row.flags
    if not row.ages[0] <= age <= row.ages[1] + 0.999 or row.sex not in ("A", "", chart.sex):
        return False
    solid = "ablet" in row.form or "apsule" in row.form
    if age < 5 and solid and row.condition != "cf" and not row.form.startswith(CHILD_FORMS):
        return False
    for prefixes, exceptions, years in AGE_LIMITS:
        if age < years and row.atc.startswith(prefixes) and not row.atc.startswith(exceptions or ("~",)):
            return False
    if chart.sex == "F" and any(
        low <= age < high for flag, (low, high) in CHILDBEARING.items() if flag in flags
    ):
        return False
    if chart.pregnancy is not None and ("preg_no" in flags or flags & {"teratogen", "valproate"}):
        return False
    if "preg_only" in flags and chart.pregnancy is None:
        return False
    return _valve(chart, flags) and not blocked_by_allergy(chart, row)


def _valve(chart: Chart, flags: frozenset[str]) -> bool:
    done = [one.row["key"] for one in chart.operations]
    if "mech_valve" in flags and "avr_mech" not in done:
        return False
    if "bio_valve" in flags and "avr" not in done:
        return False
    heart = chart.conditions.get("mi_past")
    recent = heart is not None and (chart.today - heart.onset).days < 365
    return recent or "after_mi_12mo" not in flags


def ingredients_of(row: MedicationRow) -> tuple[str, ...]:
    """ATC codes of the product and of each ingredient."""
    more = (part.split("|")[1] for part in row.cells["more_ingredients"].split(";") if part)
    return (row.atc, row.cells["ing1_atc"], *(code for code in more if code != "-"))


def blocked_by_allergy(chart: Chart, row: MedicationRow) -> bool:
    """True if a known allergy, even a resolved one, speaks against the medicine."""
    if not chart.allergies:
        return False
    codes = tuple(code for code in ingredients_of(row) if code)
    for one in chart.allergies:
        classes = tuple(part for part in one.row["blocks_atc"].split(",") if part)
        if one.row["system"] == "ATC":
            classes = (*classes, one.row["code"])
        if classes and any(code.startswith(classes) for code in codes):
            return True
        if "J01C" in classes and (
            "penicillin" in row.flags or (one.reaction == ANAPHYLAXIS and row.atc.startswith("J01D"))
        ):
            return True
        if ("M01A" in classes or "N02BA" in classes) and (
            "nsaid" in row.flags or row.atc.startswith("M02AA")
        ):
            return True
        if "C09A" in classes and row.atc.startswith("C09DX04"):
            return True
    return False


# -- guards ------------------------------------------------------------------------------------------------


def matches(row: MedicationRow, terms: str) -> bool:
    """True if the medicine is what a guard speaks of: ``flag:x`` or the beginning of an ATC code."""
    for term in terms.split(","):
        word = term.strip().partition(" ")[0]
        if word.startswith("flag:"):
            if word[5:] in row.flags:
                return True
        elif row.atc.startswith(word):
            return True
    return False


def _contraindications(model: Model) -> tuple[Row, ...]:
    return tuple(row for row in model.guards if row["kind"] == "contra_condition")


def _ruled_out(chart: Chart, row: MedicationRow, guards: tuple[Row, ...]) -> bool:
    paced = any(one.row["key"] in ("pacemaker", "icd") for one in chart.implants)
    for guard in guards:
        if not matches(row, guard["a"]):
            continue
        for key in guard["b"].split(","):
            there = chart.ever(key) if key.endswith("_past") else chart.active(key)
            if there and not (paced and key in PACED):
                return True
    return False


def _pairs(chart: Chart, model: Model, stream: Stream) -> None:
    """Guards between two medicines, in the order of the table."""
    for guard in model.guards:
        if guard["kind"] == "duplicate":
            _duplicates(chart, guard)
        elif guard["kind"] == "interaction":
            for first, second in list(_found(chart, guard)):
                if first in chart.treatments and second in chart.treatments:
                    _separate(chart, model, guard, first, second)


def _found(chart: Chart, guard: Row) -> Iterator[tuple[Treatment, Treatment]]:
    for first in chart.treatments:
        if matches(first.row, guard["a"]):
            for second in chart.treatments:
                if second is not first and matches(second.row, guard["b"]):
                    yield first, second


def _separate(chart: Chart, model: Model, guard: Row, first: Treatment, second: Treatment) -> None:
    action = guard["action"]
    if guard["id"] == "G08" and "mech_valve" in first.row.flags:
        return
    if action == "keep_first":
        later_one = max(first, second, key=chart.treatments.index)
        _drop(chart, later_one)
        return
    out = first if action.startswith(("drop_a", "swap_a")) else second
    wanted = action.partition(":")[2].partition(" ")[0]
    place = chart.treatments.index(out)
    _drop(chart, out)
    if action.startswith("swap"):
        for row in model.medications.get(out.condition, ()):
            if row.atc.startswith(wanted) and row.slot == out.row.slot and suits(chart, row):
                start = max(out.start, row.market_from)
                if start <= chart.today:
                    chart.treatments.insert(
                        place,
                        Treatment(
                            row=row,
                            condition=out.condition,
                            start=start,
                            end=out.end,
                            dose=_dose(chart, row, 0.0),
                        ),
                    )
                return


def _duplicates(chart: Chart, guard: Row) -> None:
    kept: list[Treatment] = []
    heart = chart.conditions.get("mi_past")
    dual = guard["id"] == "G29" and heart is not None and (chart.today - heart.onset).days < 365
    for one in list(chart.treatments):
        if guard["a"] == "any":
            twins = [other for other in kept if other.row.atc == one.row.atc]
            if twins and not one.row.atc.startswith(("B01AA03", "H03AA01")):
                _drop(chart, one)
                continue
            kept.append(one)
        elif guard["a"].startswith("A11CC05"):
            if one.row.atc == "A11CC05" and chart.takes("calvitd"):
                _drop(chart, one)
        elif matches(one.row, guard["a"]):
            if kept and not (dual and len(kept) < 2 and kept[0].row.atc != one.row.atc):
                _drop(chart, one)
            else:
                kept.append(one)


def _drop(chart: Chart, treatment: Treatment) -> None:
    chart.treatments = [one for one in chart.treatments if one is not treatment]


# -- additions ---------------------------------------------------------------------------------------------


def _additions(chart: Chart, model: Model, rule_out: tuple[Row, ...]) -> None:
    """Medicines that go with others, with an allergy, with a journey, with infancy."""
    current = [one for one in chart.treatments if one.end is None or one.end >= chart.today]
    steroids = any(
        one.row.atc.startswith(("H02AB06", "H02AB07")) and (chart.today - one.start).days > 90
        for one in current
    )
    antiplatelets = {one.row.atc for one in current if one.row.atc.startswith("B01AC")}
    wanted = {
        "~mtx": chart.takes("mtx"),
        "~elder_nsaid": chart.takes("nsaid") and chart.age >= 65,
        "~dapt": "B01AC06" in antiplatelets and len(antiplatelets) > 1,
        "~steroid": steroids and chart.age >= 45,
        "~anaphylaxis": any(
            one.reaction == ANAPHYLAXIS
            and one.row["category"] in ("food", "venom")
            and one.status == "active"
            for one in chart.allergies
        ),
        "~travel": chart.age >= 2,
        "~infant": chart.age < 1.5,
    }
    for key, there in wanted.items():
        if there:
            for slot, rows in model.slots.get(key, {}).items():
                stream = Stream(chart.version, chart.country, chart.identifier, key, slot)
                _fill(chart, rows, None, stream, rule_out)


# -- one treatment -----------------------------------------------------------------------------------------


def start_of(chart: Chart, row: MedicationRow) -> date:
    """The first day on which a patient could have been given a medicine."""
    return min(chart.today, _earliest(chart, row, None))


def _earliest(chart: Chart, row: MedicationRow, condition: Condition | None) -> date:
    onset = condition.onset if condition is not None else chart.birth
    return max(onset, row.market_from, later(chart.birth, row.ages[0]), chart.birth)


def _begin(chart: Chart, row: MedicationRow, condition: Condition | None, stream: Stream) -> Treatment | None:
    first, today = _earliest(chart, row, condition), chart.today
    ago, length, dose = stream.unit(), stream.unit(), stream.unit()
    made = Treatment(row=row, condition=row.condition, start=first, dose=_dose(chart, row, dose))
    kind, _, rest = row.duration.partition(":")
    if kind == "course":
        low, high = span(rest)
        days = timedelta(days=round(low + length * (high - low)))
        acute = condition is not None and condition.row.nature == "A"
        made.start = max(first, today - timedelta(days=int(ago * days.days)) if not acute else first)
        made.end = made.start + days
        if condition is not None and condition.end is not None:
            made.start, made.end = first, first + days
            return made if made.end >= today - timedelta(days=30) else None
    elif kind == "season":
        spring = date(today.year if today.month >= 3 else today.year - 1, 3, 1)
        made.start, made.end = max(first, spring), date(spring.year, 9, 30)
        if made.start > min(today, made.end):
            return None
    elif kind == "once":
        made.start = made.end = max(first, today - timedelta(days=int(ago * 60)))
    else:
        since = today - timedelta(days=round(-MEAN_YEARS * 365.25 * math.log(1 - ago)))
        made.start = max(first, since)
        if kind == "preg" and chart.pregnancy is not None:
            made.start, made.end = max(first, chart.pregnancy.lmp), chart.pregnancy.due
    return made


def _dose(chart: Chart, row: MedicationRow, at: float) -> tuple[float, float] | None:
    """The single dose as drawn; in children on liquids it follows age."""
    cells = row.cells
    if not cells["dose_low"]:
        return None
    low, high, step = number(cells["dose_low"]), number(cells["dose_high"]), number(cells["dose_step"], 1)
    if chart.age < 18 and cells["dose_unit"] == "mL":
        at = min(0.999, chart.age / 18)
    value = min(high, low + step * int(at * (round((high - low) / step) + 1))) if step else low
    return value, value
