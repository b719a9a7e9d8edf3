"""The deliberate breakages of the mutation run still fit the source that they break, and the features."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from benchmarks.mutations.table import Mutation, table

FEATURES = Path(__file__).parents[2] / "features"


@pytest.mark.parametrize("mutation", table(), ids=lambda one: one.name)
def test_a_breakage_fits_the_source(mutation: Mutation) -> None:
    """Its text stands in the module once, what comes instead is Python, and a scenario carries its tags."""
    spec = importlib.util.find_spec(mutation.module)
    assert spec is not None
    assert spec.origin is not None
    changed = mutation.changed(Path(spec.origin).read_text(encoding="utf-8"))
    compile(changed, mutation.module, "exec")
    tags = set(re.findall(r"@(\w+)", "\n".join(
        path.read_text(encoding="utf-8") for path in FEATURES.glob("*.feature"))))
    assert {one for one in mutation.tags.split() if one not in ("or", "and", "not")} <= tags
