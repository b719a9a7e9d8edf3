"""Every row of the journey has a scenario, or a reason why not."""

import re
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_ROWS = [*(f"S{n}" for n in range(11)), *(f"H{n}" for n in range(1, 12)),
         *(f"U{n:02}" for n in range(1, 45)), *(f"INV{n}" for n in range(1, 11)),
         *(f"D{n:02}" for n in range(1, 31))]


def _tags() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in _HERE.glob("*.feature"))
    lines = [line for line in text.splitlines() if line.strip().startswith("@")]
    return {tag for line in lines for tag in re.findall(r"@(\w+)", line)}


def _excused() -> set[str]:
    text = (_HERE / "COVERAGE.md").read_text(encoding="utf-8").partition("\n## Rows that are wider")[0]
    return set(re.findall(r"^\| ([A-Z]+\d+) \| \S", text, re.MULTILINE))


@pytest.mark.parametrize("row", _ROWS)
def test_row_is_played_or_excused(row):
    """A requirement is not lost: it has a scenario or a written reason."""
    assert (row in _tags()) != (row in _excused()), f"{row}: a scenario, or a reason in COVERAGE.md, not both"
