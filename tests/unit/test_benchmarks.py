"""The benchmarks' own arithmetic: what is written stays readable, and no CPU time is counted twice."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.cpu import Split, median_ms
from benchmarks.report import Table, markdown, write


def _table(title: str, figure: str) -> Table:
    return Table(part="startup", title=title, columns=("step", "ms"), rows=(("imports", figure),),
                 remarks=("Goal: less.",))


def test_table_names_its_command() -> None:
    """Whoever reads a figure can make it again."""
    text = markdown(_table("Cold start", "12"))
    assert "`python -m benchmarks startup`" in text
    assert "| imports | 12 |" in text


def test_page_keeps_the_parts_that_did_not_run(tmp_path: Path) -> None:
    """One part can be measured again without the others: its section is replaced, theirs stay."""
    page = tmp_path / "performance.md"
    write([_table("Cold start", "12"), _table("Memory", "34")], page)
    write([_table("Cold start", "56")], page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert ("| imports | 56 |" in text, "| imports | 34 |" in text, "| imports | 12 |" in text) == (
        True, True, False)
    assert text.count("## Cold start") == text.count("## Memory") == 1


def test_split_counts_inner_parts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a part that calls another one is its own time only."""
    module = ModuleType("benchmarks_example")

    def spin(seconds: float) -> None:
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            pass

    def outer() -> None:
        spin(0.005)
        module.inner()

    module.inner, module.outer = lambda: spin(0.02), outer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "benchmarks_example", module)
    split = Split({"inner": ("benchmarks_example:inner",), "outer": ("benchmarks_example:outer",)})
    split.install()
    module.outer()
    spent = split.take()
    assert spent["inner"] >= 0.02
    assert 0.005 <= spent["outer"] < 0.02
    assert split.take() == {}


def test_median_is_per_call() -> None:
    """A loop's time is divided by its calls, and the first call is not counted."""
    calls: list[int] = []
    assert median_ms(lambda: calls.append(1), repeats=3, calls=5) < 5
    assert len(calls) == 1 + 3 * 5
