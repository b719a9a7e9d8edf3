"""The index page of ``ncpeh demo``: a row per country, milliseconds per step, links to page and trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reports.pages import render, write


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A file beside the index: what it is called and where it lies, relative to the index."""

    label: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRow:
    """One journey.

    Attributes
    ----------
    country, country_name : ISO code and English name.
    patient : key of the persona, an invented person.
    milliseconds : duration by step, in the order of ``write_demo``'s ``steps``; None for a step not reached.
    sections : how many sections were shown.
    result : ``ok`` or the code and sentence of the refusal.
    """

    country: str
    country_name: str
    patient: str
    milliseconds: Sequence[float | None]
    sections: int
    ok: bool
    result: str
    links: Sequence[Link] = ()


def write_demo(folder: Path, steps: Sequence[str], rows: Sequence[DemoRow], *, now: datetime,
               start_milliseconds: float, seed: int) -> Path:
    """Write ``index.html`` into ``folder`` and return its path.

    Parameters
    ----------
    steps : heads of the step columns.
    now : time shown on the page, UTC.
    start_milliseconds : how long the world took to answer.
    """
    total = sum(ms for row in rows for ms in row.milliseconds if ms is not None)
    return write(folder / "index.html", render(
        "demo.html", steps=steps, rows=rows, now=now, start_milliseconds=start_milliseconds, seed=seed,
        total=total, succeeded=sum(row.ok for row in rows)))
