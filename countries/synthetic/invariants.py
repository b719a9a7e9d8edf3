"""What holds for every patient before edge cases: 65 checks that do not use the generator's own rules.

``broken(chart)`` names the invariants that a chart breaks. Numbers and meanings stand in
``docs/synthetic-patients.md``; checks of medicines go by ATC class, not by the flags that guards use.
"""

from __future__ import annotations

from countries.synthetic.invariants_care import COMBINATIONS, HISTORY, REASONS
from countries.synthetic.invariants_life import DATES, PREGNANCY, SEX_AND_AGE, VALUES
from countries.synthetic.record import Chart

INVARIANTS = (*DATES, *SEX_AND_AGE, *PREGNANCY, *REASONS, *COMBINATIONS, *HISTORY, *VALUES)


def broken(chart: Chart) -> tuple[str, ...]:
    """The invariants that a chart breaks, by id; empty for a sound one."""
    return tuple(one.id for one in INVARIANTS if not one.holds(chart))
