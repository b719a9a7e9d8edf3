"""Invariants of dates, of sex and age, of pregnancy, and of measured values."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

from countries.synthetic.observations import BMI, DIABETES, HBA1C, HEIGHT, INR, KIDNEY, WEIGHT
from countries.synthetic.record import LIVEBIRTH, Chart, later
from countries.synthetic.soundness import (
    Invariant,
    habit_of,
    onset_of,
    operated,
    taking,
    value_of,
    within,
)
from countries.synthetic.tables import day_of, number

#: Classes that no pregnant woman takes.
NOT_IN_PREGNANCY = (
    "C09",
    "C10AA",
    "B01AA",
    "B01AE",
    "B01AF",
    "L01BA01",
    "L04AX03",
    "L04AA06",
    "N03AG01",
    "M05BA",
    "D10BA01",
    "G03A",
    "J01AA",
    "N03AX11",
    "D10AD",
    "L02BA",
)
EGFR_CODE = "33914-3"
MEN_ONLY = ("bph", "c_prostate", "erectile", "cryptorchid_past", "haemophilia")
WOMEN_ONLY = (
    "contraception",
    "endometriosis",
    "pcos",
    "cin_past",
    "menopause",
    "fibroids",
    "menorrhagia",
    "preecl_past",
)


def _reading_limits(c: Chart) -> bool:
    readings = (*c.vitals, *c.results)
    return within(c, (one.day for one in readings)) and all(
        number(one.row["min"]) <= one.value <= number(one.row["max"]) for one in readings
    )


def _after_operation(c: Chart) -> bool:
    days: dict[str, date] = {}
    for one in c.operations:
        days[one.row["key"]] = min(one.day, days.get(one.row["key"], one.day))
    return all(one.start >= days[one.operation] for one in c.implants if one.operation)


DATES = (
    Invariant(
        "I01", "onset in [birth, today]", lambda c: within(c, (x.onset for x in c.conditions.values()))
    ),
    Invariant(
        "I02",
        "end in [onset, today]",
        lambda c: all(x.end is None or x.onset <= x.end <= c.today for x in c.conditions.values()),
    ),
    Invariant("I15", "vaccination in [birth, today]", lambda c: within(c, (x.day for x in c.vaccinations))),
    Invariant(
        "I16",
        "no vaccine before its licence",
        lambda c: all(x.day >= day_of(x.row["licensed_from"]) for x in c.vaccinations),
    ),
    Invariant("I22", "allergy onset in [birth, today]", lambda c: within(c, (x.onset for x in c.allergies))),
    Invariant(
        "I25",
        "medication begins in [birth, today] and ends after",
        lambda c: (
            within(c, (x.start for x in c.treatments))
            and all(x.end is None or x.end >= x.start for x in c.treatments)
        ),
    ),
    Invariant(
        "I26",
        "medication begins after its reason",
        lambda c: all(x.start >= onset_of(c, x.condition) for x in c.treatments),
    ),
    Invariant(
        "I38",
        "procedure in [birth, today], not under its age",
        lambda c: (
            within(c, (x.day for x in c.operations))
            and all(c.age_at(x.day) >= number(x.row["age_min"]) for x in c.operations)
        ),
    ),
    Invariant(
        "I39",
        "procedure after its condition",
        lambda c: all(x.day >= onset_of(c, x.row["condition"]) for x in c.operations),
    ),
    Invariant(
        "I40",
        "device in [birth, today], removed after",
        lambda c: (
            within(c, (x.start for x in c.implants))
            and all(x.end is None or x.start <= x.end <= c.today for x in c.implants)
        ),
    ),
    Invariant("I41", "device not before its procedure", _after_operation),
    Invariant("I43", "observation in [birth, today], value within limits", _reading_limits),
    Invariant(
        "I61",
        "no medicine before its market year",
        lambda c: all(x.start >= x.row.market_from for x in c.treatments),
    ),
    Invariant(
        "I64",
        "no procedure before it was available",
        lambda c: all(x.day >= day_of(x.row["available_from"] or "1900") for x in c.operations),
    ),
)


def _row_fits(c: Chart) -> bool:
    return all(
        x.row.sex in ("A", "", c.sex) and x.row.ages[0] <= c.age < x.row.ages[1] + 1 for x in c.treatments
    )


SEX_AND_AGE = (
    Invariant(
        "I03",
        "condition of this sex",
        lambda c: all(x.row.sex_weight[c.sex] > 0 for x in c.conditions.values()),
    ),
    Invariant(
        "I04",
        "men: nothing that only women have",
        lambda c: c.sex == "F" or (c.pregnancy is None and not c.outcomes and not c.ever(*WOMEN_ONLY)),
    ),
    Invariant("I05", "women: nothing that only men have", lambda c: c.sex == "M" or not c.ever(*MEN_ONLY)),
    Invariant("I24", "regimen fits age and sex", _row_fits),
    Invariant(
        "I36",
        "under 16 no aspirin, opioid, quinolone",
        lambda c: c.age >= 16 or not taking(c, ("B01AC06", "N02BA", "N02A", "J01MA")),
    ),
    Invariant(
        "I37",
        "under 18 no benzodiazepine or Z-drug",
        lambda c: (
            c.age >= 18 or all(x.row.atc in ("N05CD08", "N05CH01") for x in taking(c, ("N05B", "N05C")))
        ),
    ),
    Invariant(
        "I53",
        "under 14 no tobacco or alcohol",
        lambda c: c.age >= 14 or not (habit_of(c, "tobacco") or habit_of(c, "alcohol")),
    ),
)


def _dated(c: Chart) -> bool:
    p = c.pregnancy
    return p is None or (c.sex == "F" and 15 <= c.age_at(p.lmp) <= 48 and p.lmp <= c.today < p.due)


def _gestational(c: Chart) -> bool:
    one = c.conditions.get("preg_gdm")
    return one is None or (
        c.pregnancy is not None
        and one.onset >= c.pregnancy.lmp + timedelta(weeks=24)
        and not c.ever(*DIABETES)
    )


def _outcomes(c: Chart) -> bool:
    latest = c.pregnancy.lmp if c.pregnancy else c.today + timedelta(days=1)
    return all(later(c.birth, 15) < one.day < latest for one in c.outcomes)


def _births_apart(c: Chart) -> bool:
    days = sorted(one.day for one in c.outcomes if one.code == LIVEBIRTH)
    return all((after - before).days >= 270 for before, after in itertools.pairwise(days))


def _fertile(c: Chart, *keys: str) -> bool:
    done = operated(c, *keys)
    return not done or (c.pregnancy is None and all(one.day <= min(done) for one in c.outcomes))


def _no_alcohol(c: Chart) -> bool:
    habit = habit_of(c, "alcohol")
    return c.pregnancy is None or habit is None or habit.value == 0


PREGNANCY = (
    Invariant("I11", "last period, today and delivery in order; woman of 15 to 48", _dated),
    Invariant(
        "I12",
        "nothing in pregnancy that harms the child",
        lambda c: c.pregnancy is None or not taking(c, NOT_IN_PREGNANCY),
    ),
    Invariant("I13", "gestational diabetes from week 24, without earlier diabetes", _gestational),
    Invariant(
        "I14",
        "no valproate in girls and women of 10 to 54",
        lambda c: not (c.sex == "F" and 10 <= c.age < 55 and taking(c, ("N03AG01",))),
    ),
    Invariant("I52", "no alcohol in pregnancy", _no_alcohol),
    Invariant("I54", "earlier outcomes after 15 and before the current pregnancy", _outcomes),
    Invariant("I55", "births at least 270 days apart", _births_apart),
    Invariant("I58", "no pregnancy after hysterectomy", lambda c: _fertile(c, "hyst", "hyst_lap")),
    Invariant("I63", "no pregnancy after tubal ligation", lambda c: _fertile(c, "tubal")),
)


def _pressure(c: Chart) -> bool:
    high, low = value_of(c, "8480-6"), value_of(c, "8462-4")
    return high is None or low is None or high > low + 15


def _obese(c: Chart) -> bool:
    index = value_of(c, BMI)
    return c.age < 18 or index is None or c.active("obesity") == (index >= 30)


def _index(c: Chart) -> bool:
    index, height, weight = value_of(c, BMI), value_of(c, HEIGHT), value_of(c, WEIGHT)
    if index is None or height is None or weight is None:
        return True
    return abs(index - weight / (height / 100) ** 2) <= 0.8


def _filtration(c: Chart, sick: bool) -> bool:
    value = value_of(c, EGFR_CODE)
    if value is None or c.active("kidney_tx"):
        return True
    return c.active(*KIDNEY) != sick or (value < 60 if sick else value >= 60)


def _smoking(c: Chart) -> bool:
    habit = habit_of(c, "tobacco")
    if habit is None or habit.start is None:
        return habit is None or habit.value == 0
    if not c.birth < habit.start <= c.today:
        return False
    return (
        (habit.end is None)
        if habit.row["key"] == "tobacco_current"
        else (habit.end is not None and habit.start <= habit.end <= c.today)
    )


VALUES = (
    Invariant("I44", "systolic above diastolic + 15", _pressure),
    Invariant("I45", "obesity if and only if BMI 30 or more, adults", _obese),
    Invariant("I46", "BMI agrees with weight and height", _index),
    Invariant(
        "I47",
        "INR only under warfarin or in cirrhosis",
        lambda c: value_of(c, INR) is None or bool(taking(c, ("B01AA",))) or c.active("cirrhosis"),
    ),
    Invariant("I48", "kidney disease implies filtration below 60", lambda c: _filtration(c, True)),
    Invariant("I49", "otherwise filtration of 60 or more", lambda c: _filtration(c, False)),
    Invariant(
        "I50",
        "HbA1c of 6 or more only in diabetes",
        lambda c: (value_of(c, HBA1C) or 0) < 6 or c.active(*DIABETES),
    ),
    Invariant("I51", "tobacco dates agree; who gave up has an end", _smoking),
)
