"""Invariants of medicines, allergies, vaccines, procedures: what goes together and what never does."""

from __future__ import annotations

from datetime import date

from countries.synthetic.interventions import ANAPHYLAXIS
from countries.synthetic.medications import ingredients_of
from countries.synthetic.observations import DIABETES
from countries.synthetic.record import Chart
from countries.synthetic.soundness import (
    Invariant,
    never_both,
    operated,
    taking,
)

ANTICOAGULANTS = ("B01AA", "B01AE", "B01AF")
NSAIDS = ("M01A",)
RAAS = ("C09",)
THYROID = ("hypothyroid", "hashimoto", "graves", "goitre", "c_thyroid_past", "preg_hypothyr")
EXCLUSIVE = (
    "diabetes",
    "lipid",
    "thyroid",
    "af",
    "hf",
    "ckd",
    "ibd",
    "dementia",
    "depression",
    "asthma",
    "migraine",
    "epilepsy",
    "conduction",
    "gerd",
    "anaemia",
)
ANTICOAGULATION_REASONS = ("af", "af_parox", "valve_z", "pe_past", "dvt_past", "thrombophilia", "stroke_past")
NO_COMBINED_PILL = ("migraine_aura", "dvt_past", "pe_past", "thrombophilia", "c_breast")
COMBINED_PILL = ("G03AA", "G03AB", "G03HB", "G02BB")
NO_NSAID = ("hf", "hf_lv", "ulcer_past", "ihd", "ckd3", "kidney_tx")


def _one_per_group(c: Chart) -> bool:
    groups = [x.row.group for x in c.conditions.values() if x.row.group in EXCLUSIVE]
    return len(groups) == len(set(groups))


def _basal_and_bolus(c: Chart) -> bool:
    if not c.active("t1dm") or c.age < 2:
        return True
    return bool(taking(c, ("A10AE", "A10AC"))) and bool(taking(c, ("A10AB",)))


def _all_have_reasons(c: Chart) -> bool:
    return all(x.condition.startswith("~") or x.condition in c.conditions for x in c.treatments)


def _transplant(c: Chart) -> bool:
    return not c.active("kidney_tx") or (bool(taking(c, ("L04AD02",))) and not c.active("dialysis"))


REASONS = (
    Invariant(
        "I06", "insulin implies diabetes", lambda c: not taking(c, ("A10A",)) or c.ever(*DIABETES, "preg_gdm")
    ),
    Invariant("I07", "type 1 diabetes implies basal and bolus insulin", _basal_and_bolus),
    Invariant("I08", "one condition of each exclusive group", _one_per_group),
    Invariant(
        "I09",
        "levothyroxine implies thyroid disease",
        lambda c: not taking(c, ("H03AA",)) or c.ever(*THYROID),
    ),
    Invariant(
        "I10",
        "an anticoagulant has a reason",
        lambda c: not taking(c, ANTICOAGULANTS) or c.ever(*ANTICOAGULATION_REASONS),
    ),
    Invariant("I27", "every medicine has its reason in the record", _all_have_reasons),
    Invariant(
        "I35",
        "no combined contraceptive with migraine with aura, thrombosis, breast cancer",
        lambda c: not (taking(c, COMBINED_PILL) and c.ever(*NO_COMBINED_PILL)),
    ),
    Invariant("I65", "a transplanted kidney implies tacrolimus and no dialysis", _transplant),
)


def _single_classes(c: Chart) -> bool:
    return all(len(taking(c, (prefix,))) <= 1 for prefix in ("C09", "C10AA", "A02BC", "C07"))


def _bleeding(c: Chart) -> bool:
    valve = bool(operated(c, "avr_mech"))
    return not taking(c, ANTICOAGULANTS) or (not taking(c, NSAIDS) and (valve or not taking(c, ("B01AC",))))


COMBINATIONS = (
    Invariant("I28", "one RAAS agent, statin, proton-pump inhibitor, beta blocker", _single_classes),
    Invariant("I29", "no NSAID or antiplatelet beside an anticoagulant, mechanical valve apart", _bleeding),
    Invariant(
        "I30",
        "no beta blocker in asthma",
        lambda c: not (taking(c, ("C07",)) and c.active("asthma", "asthma_all")),
    ),
    Invariant(
        "I31",
        "no metformin, NSAID, bisphosphonate in kidney disease 4 and 5",
        lambda c: not (c.active("ckd4", "ckd5") and taking(c, ("A10BA", "A10BD", "M01A", "M05BA"))),
    ),
    Invariant(
        "I32",
        "no methotrexate in kidney disease or cirrhosis",
        lambda c: not (c.active("ckd3", "ckd4", "ckd5", "cirrhosis") and taking(c, ("L04AX03", "L01BA01"))),
    ),
    Invariant("I33", "no nitrate with a PDE5 inhibitor", lambda c: never_both(c, ("C01DA",), ("G04BE",))),
    Invariant(
        "I34",
        "no triptan after infarction or stroke, or with angina",
        lambda c: not (taking(c, ("N02CC",)) and (c.ever("mi_past", "stroke_past") or c.active("angina"))),
    ),
    Invariant(
        "I59",
        "no nitrofurantoin in G6PD deficiency",
        lambda c: not (c.active("g6pd") and taking(c, ("J01XE",))),
    ),
    Invariant(
        "I60",
        "no NSAID where it harms heart, kidney or stomach",
        lambda c: not (taking(c, NSAIDS) and (c.active(*NO_NSAID) or c.ever("ulcer_past"))),
    ),
)


def _not_allergic(c: Chart) -> bool:
    for one in c.allergies:
        classes = tuple(part for part in one.row["blocks_atc"].split(",") if part)
        for treatment in c.treatments if classes else ():
            if any(code.startswith(classes) for code in ingredients_of(treatment.row) if code):
                return False
    return True


def _doses(c: Chart) -> bool:
    last: dict[str, tuple[date, int]] = {}
    for one in sorted(c.vaccinations, key=lambda x: x.day):
        before = last.get(one.row["atc"])
        if before and ((one.day - before[0]).days < 20 or (one.number and one.number <= before[1])):
            return False
        last[one.row["atc"]] = (one.day, one.number)
    return True


def _live(c: Chart) -> bool:
    starts = [x.start for x in c.treatments if "immunosup" in x.row.flags]
    for one in c.vaccinations:
        if one.row["live"] == "y" and (
            any(one.day >= start for start in starts)
            or (c.pregnancy is not None and one.day >= c.pregnancy.lmp)
        ):
            return False
    return True


def _gone(c: Chart) -> bool:
    return not (operated(c, "chole", "chole_open") and c.active("gallstones")) and not (
        operated(c, "hyst", "hyst_lap") and c.active("fibroids")
    )


HISTORY = (
    Invariant("I17", "doses of a product ascend, at least 20 days apart", _doses),
    Invariant("I18", "no live vaccine under immunosuppression or in pregnancy", _live),
    Invariant(
        "I19",
        "a severity only with a reaction",
        lambda c: all(x.reaction or not x.severity for x in c.allergies),
    ),
    Invariant(
        "I20",
        "anaphylaxis implies high criticality",
        lambda c: all(x.reaction != ANAPHYLAXIS or x.criticality == "high" for x in c.allergies),
    ),
    Invariant(
        "I21",
        "anaphylaxis is never mild",
        lambda c: all(x.reaction != ANAPHYLAXIS or x.severity != "255604002" for x in c.allergies),
    ),
    Invariant("I23", "no medicine of a class the patient is allergic to", _not_allergic),
    Invariant(
        "I42",
        "a pacemaker was implanted",
        lambda c: (
            not any(x.row["key"] == "pacemaker" for x in c.implants) or bool(operated(c, "pm", "pm_av"))
        ),
    ),
    Invariant(
        "I56", "an old infarction implies an infarction", lambda c: not c.ever("old_mi") or c.ever("mi_past")
    ),
    Invariant("I57", "one appendicectomy at most", lambda c: len(operated(c, "append", "append_l")) <= 1),
    Invariant("I62", "no gallstones after cholecystectomy, no fibroids after hysterectomy", _gone),
)
