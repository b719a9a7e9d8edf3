"""The load report: one self-contained page with verdict, percentiles, capacity curve, shares, comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from reports.load.curve import Step, curve, line_of
from reports.pages import write


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.PackageLoader("reports.load", "templates"), autoescape=True,
                              undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def write_load(path: Path, result: Mapping[str, Any], *, before: Mapping[str, Any] | None = None,
               stages: Sequence[tuple[float, int, float]] = ()) -> Path:
    """Write the page of one run and return its path.

    Parameters
    ----------
    result : as ``ncpeh load`` writes it (``result.json``).
    before : the result of an earlier run, to compare with.
    stages : (seconds, users, arrivals per second) of a profile that goes up in steps; draws the curve.
    """
    steps: tuple[Step, ...] = curve(result["series"], stages) if stages else ()
    journeys = sum(result["ended"].values())
    return write(path, _environment().get_template("load.html").render(
        result=result, before=before, journeys=journeys, shares=shares(result, journeys), curve=steps,
        compared=compared(result, before) if before else (), drawn=line_of(steps),
        good=all(row[3] for row in result["verdict"])))


def write_map(path: Path, cells: Sequence[Mapping[str, Any]], *, title: str) -> Path:
    """Write the degradation map and return its path.

    Parameters
    ----------
    cells : ``country``, ``delay`` (seconds), ``rate`` (share of requests that fail), ``journeys``,
        ``succeeded`` (share), ``p50`` and ``p95`` (ms of a journey), ``others`` (share of journeys that
        succeeded in the other countries meanwhile).
    """
    countries = sorted({cell["country"] for cell in cells})
    delays, rates = (sorted({cell[key] for cell in cells}) for key in ("delay", "rate"))
    found = {(cell["country"], cell["delay"], cell["rate"]): cell for cell in cells}
    return write(path, _environment().get_template("map.html").render(
        title=title, countries=countries, delays=delays, rates=rates, found=found))


def shares(result: Mapping[str, Any], journeys: int
           ) -> tuple[tuple[str, float, float, float, float, int], ...]:
    """Role, CPU ms of a journey (over the whole run, and warm), share of all CPU, cores used, peak MB."""
    usage = result["usage"]
    total = sum(one["cpu"] for one in usage.values()) or 1.0
    return tuple((role, one["cpu"] * 1000 / max(journeys, 1), one["warm_ms"], one["cpu"] / total,
                  one["cpu"] / max(result["seconds"], 1.0), one["peak_mb"]) for role, one in usage.items())


def compared(result: Mapping[str, Any], before: Mapping[str, Any]
             ) -> tuple[tuple[str, float, float, float], ...]:
    """Step, p95 before, p95 now, ratio; steps of both runs only."""
    return tuple((step, before["steps"][step]["p95"], now["p95"],
                  now["p95"] / max(before["steps"][step]["p95"], 1))
                 for step, now in result["steps"].items() if step in before["steps"])
