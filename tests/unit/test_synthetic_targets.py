"""The clinical model gives what it is meant to give: distributions and prevalences beside their targets."""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks.synthetic_targets import One, measure, sample
from countries.synthetic.tables import rows


@cache
def travellers() -> list[One]:
    """A fixed sample: histories and summaries, no documents."""
    return sample(900, seed=2)


def test_travellers_lie_near_every_target() -> None:
    """Sections, entries, prevalences and medicines by age stay within a quarter, chance allowed for."""
    measured = measure(travellers())
    wrong = [(one.row["measure"], one.row["of"], one.row["ages"], one.target, one.value)
             for one in measured if not one.met]  # fmt: skip
    assert wrong == []
    assert len(measured) > 150 and sum(one.told for one in measured) > 70


def test_patients_of_a_clinic_lie_near_their_targets() -> None:
    """With a burden of 2.6 lists are as long as those of a clinic."""
    assert [one for one in measure(sample(360, 2.6, seed=2), 2.6) if not one.met] == []


def test_the_targets_can_be_missed() -> None:
    """Sick patients held against the targets of travellers miss many of them: the comparison bites."""
    missed = [one for one in measure(sample(360, 3.5, seed=2)) if not one.met]
    assert {"active", "mean", "many_drugs"} <= {one.row["measure"] for one in missed}


@pytest.mark.parametrize("of", ["10160-0", "11450-4", "48765-2", "entries"])
def test_the_main_sections_have_targets(of: str) -> None:
    """Nobody takes a target away unseen."""
    assert {"median", "mean", "p95"} <= {one["measure"] for one in rows("targets") if one["of"] == of}
