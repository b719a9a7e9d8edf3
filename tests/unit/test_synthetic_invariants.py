"""The 65 invariants: they hold for generated histories, and they fail when the guards are taken away."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import countries
from countries.synthetic import generate
from countries.synthetic.invariants import INVARIANTS, broken
from countries.synthetic.record import Condition, Pregnancy, Treatment
from countries.synthetic.tables import MedicationRow, model
from tests.unit.test_synthetic import CODES, charts


def test_all_invariants_are_there() -> None:
    """There are 65 of them, numbered without gaps."""
    assert sorted(one.id for one in INVARIANTS) == [f"I{number:02d}" for number in range(1, 66)]
    assert all(one.meaning for one in INVARIANTS)


def test_no_patient_breaks_an_invariant() -> None:
    """Travellers and clinic patients of all countries are sound."""
    found: Counter[str] = Counter()
    for code in CODES:
        for burden in (1.0, 2.6):
            for chart in charts(countries.load(code), 25, burden, seed=11):
                found.update(broken(chart))
    assert not found


def test_without_guards_the_checks_bite() -> None:
    """With the table of guards emptied, sick patients break invariants of medicines: the checks can fail."""
    bare = replace(model(), guards=())
    found: Counter[str] = Counter()
    with patch.object(generate, "model", lambda: bare):
        for code in ("GR", "PT", "HR"):
            for chart in charts(countries.load(code), 90, 4.0):
                found.update(broken(chart))
    assert set(found) & {"I28", "I29", "I30", "I31", "I60"}
    assert not set(found) & {"I01", "I02", "I25", "I26"}


def _row(atc: str) -> MedicationRow:
    return next(row for rows in model().medications.values() for row in rows if row.atc == atc)


def test_targeted_faults_are_seen() -> None:
    """Rare combinations, put into a sound chart by hand, are each named by the right invariant."""
    chart = next(one for one in charts(countries.load("CZ"), 40) if one.sex == "F" and 20 < one.age < 45)
    start = chart.today - timedelta(days=10)
    conditions = model().conditions

    def broken_with(*rows: str, **active: str) -> set[str]:
        changed = replace(
            chart,
            treatments=[Treatment(row=_row(atc), condition="~test", start=start) for atc in rows],
            conditions={key: Condition(row=conditions[key], onset=start) for key in active},
        )
        return set(broken(changed))

    assert "I14" in broken_with("N03AG01")
    assert "I33" in broken_with("C01DA02", "G04BE03")
    assert "I29" in broken_with("B01AA03", "B01AC06", af="there")
    assert "I10" in broken_with("B01AA03")
    assert "I30" in broken_with("C07AB07", asthma="there")
    assert "I34" in broken_with("N02CC01", angina="there")
    assert "I06" in broken_with("A10AE04")
    assert "I65" in broken_with(kidney_tx="there")
    assert "I32" in broken_with("L04AX03", cirrhosis="there")
    assert "I05" in broken_with(bph="there")
    assert "I08" in broken_with(t1dm="there", t2dm="there")
    expecting = replace(chart, pregnancy=Pregnancy(lmp=chart.today - timedelta(days=300), due=chart.today))
    assert "I11" in broken(expecting)
