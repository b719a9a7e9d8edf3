"""A part's figures as a table, for the terminal and for ``docs/performance.md``."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Figures of one part.

    Attributes
    ----------
    part : name on the command line. title : heading.
    columns, rows : texts; the first column says what was measured.
    remarks : sentences below the table: goals, and how to read it.
    """

    part: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...] = ()


def markdown(table: Table) -> str:
    """The table under its heading, with the command that gives it."""
    lines = [f"## {table.title}", "", f"`python -m benchmarks {table.part}`", "", _row(table.columns),
             _row(("---", *("---:" for _ in table.columns[1:])))]
    lines += [_row(row) for row in table.rows]
    lines += ["", *(f"- {remark}" for remark in table.remarks)]
    return "\n".join(lines).rstrip() + "\n"


def verdict(what: str, value: float, goal: float, unit: str, *, at_least: bool = False) -> str:
    """A sentence that says whether a goal was reached in this run."""
    reached = value >= goal if at_least else value <= goal
    word = "reached" if reached else "not reached"
    bound = "at least" if at_least else "at most"
    return f"Goal for {what}: {bound} {goal:g} {unit}; {word}, with {value:.3g} {unit}."


def write(tables: Sequence[Table], page: Path = PAGE) -> None:
    """Put these tables into the page; sections of parts that did not run stay as they are."""
    kept = _sections(page.read_text(encoding="utf-8")) if page.exists() else {}
    fresh = kept | {table.title: _stamped(table) for table in tables}
    page.write_text(_HEAD + "\n" + "\n".join(fresh.values()), encoding="utf-8")


def machine() -> str:
    """What ran the figures, without the name of the machine, and how busy it was with everything."""
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
            f"{os.cpu_count()} cores{busy}, on {date.today():%Y-%m-%d}")


def say(text: str) -> None:
    """Progress, on standard error and only for people."""
    if sys.stderr.isatty():
        print(f"  {text} …", file=sys.stderr, flush=True)


_HEAD = """# What it costs

Written by `python -m benchmarks --write` (`make bench` prints the same figures without writing). Absolute
figures belong to the machine named under each table, vary by a third on a shared one, and double on one that
is busy: the load beside it should not be over the number of cores. What was measured beside, in the same run,
is what can be compared.
"""


def _stamped(table: Table) -> str:
    return f"{markdown(table)}- {machine()}.\n"


def _sections(text: str) -> dict[str, str]:
    parts = re.split(r"(?m)^## ", text)[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
