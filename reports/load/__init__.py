"""The load report: one self-contained page with verdict, curves, percentiles, shares, comparison, map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from reports.load.charts import Chart, Line, chart, number_text
from reports.load.curve import curve, drawn, told
from reports.pages import write

#: What the ends of journeys mean that are no codes of the portal.
ENDS = {"shown": "the right summary was read", "left": "left at the verification, as planned",
        "rejected": "the country named somebody else, and the clinician said so"}


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(loader=jinja2.PackageLoader("reports.load", "templates"), autoescape=True,
                              undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["figure"] = number_text
    return made


def write_load(path: Path, result: Mapping[str, Any], *, before: Mapping[str, Any] | None = None,
               cells: Sequence[Mapping[str, Any]] = ()) -> Path:
    """Write the page of one run and return its path.

    Parameters
    ----------
    result : as ``ncpeh load`` writes it (``result.json``).
    before : the result of an earlier run, to compare with.
    cells : of a map of degradation that was measured into the same folder, see ``write_map``.
    """
    steps = curve(result["series"], result["stages"])
    journeys = sum(result["ended"].values())
    return write(path, _environment().get_template("load.html").render(
        result=result, before=before, journeys=journeys, shares=shares(result, journeys), steps=steps,
        curve=told(steps) if result["step_up"] else "", curves=drawn(steps) if result["step_up"] else (),
        course=course(result), memory=memory(result), ends=ENDS | result["codes"],
        compared=compared(result, before) if before else (), map=map_of(cells) if cells else None,
        good=all(row[3] for row in result["verdict"])))


def write_map(path: Path, cells: Sequence[Mapping[str, Any]], *, title: str) -> Path:
    """Write the degradation map and return its path.

    Parameters
    ----------
    cells : ``country``, ``delay`` (seconds), ``rate`` (share of requests that fail), ``journeys``,
        ``succeeded`` (share), ``p50`` and ``p95`` (ms of a journey), ``others`` (share of journeys that
        succeeded in another country meanwhile, or None), ``codes`` (with which those that failed ended).
    """
    return write(path, _environment().get_template("map.html").render(title=title, map=map_of(cells)))


def map_of(cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The cells by country, delay and rate, as the templates want them."""
    countries = sorted({cell["country"] for cell in cells})
    delays, rates = (sorted({cell[key] for cell in cells}) for key in ("delay", "rate"))
    return {"countries": countries, "delays": delays, "rates": rates,
            "found": {(cell["country"], cell["delay"], cell["rate"]): cell for cell in cells}}


def course(result: Mapping[str, Any]) -> tuple[Chart, ...]:
    """People, journeys and waiting time over the time of the run."""
    points = result["series"]
    window = max(6, len(points) // 40)  # workers of Locust tell every three seconds
    rates = tuple((now["at"], (now["journeys"] - then["journeys"]) / (now["at"] - then["at"]))
                  for then, now in zip(points, points[window:], strict=False) if now["at"] > then["at"])
    people = tuple((one["at"], float(one["users"])) for one in points)
    waits = tuple((one["at"], one["summary_p95"]) for one in points if one["summary_p95"] is not None)
    lines = [Line(label="journeys per second", points=rates)]
    lines += [Line(label="users at work", points=people)] if result["model"] == "closed" else []
    charts = (chart("Journeys over the time of the run", lines, across="seconds", up="number"),
              chart("Waiting time over the time of the run",
                    [Line(label="p95 of the summary's page, ms", points=waits)], across="seconds", up="ms"))
    return tuple(one for one in charts if one is not None)


def memory(result: Mapping[str, Any]) -> Chart | None:
    """Resident memory of each side over time."""
    return chart("Memory over the time of the run", [
        Line(label=f"{role}, MB", points=tuple((at, float(mb)) for at, mb in one["memory"]))
        for role, one in result["usage"].items()], across="seconds", up="MB")


def shares(result: Mapping[str, Any], journeys: int
           ) -> tuple[tuple[str, float, float, float, float, int], ...]:
    """Role, CPU ms of a journey (over the whole run, and warm), share of all CPU, cores used, peak MB."""
    usage = result["usage"]
    total = sum(one["cpu"] for one in usage.values()) or 1.0
    return tuple((role, one["cpu"] * 1000 / max(journeys, 1), one["warm_ms"], one["cpu"] / total,
                  one["cpu"] / max(result["seconds"], 1.0), one["peak_mb"]) for role, one in usage.items())


def compared(result: Mapping[str, Any], before: Mapping[str, Any]
             ) -> tuple[tuple[str, float, float, float], ...]:
    """What, before, now, ratio: p95 of steps, CPU of a journey by role, journeys per second."""
    rows = [(f"p95 of {step}, ms", before["steps"][step]["p95"], now["p95"])
            for step, now in result["steps"].items() if step in before["steps"]]
    rows += [(f"CPU of a journey, {role}, ms", before["usage"][role]["warm_ms"], now["warm_ms"])
             for role, now in result["usage"].items() if role in before["usage"]]
    rows.append(("journeys per second", *(sum(one["ended"].values()) / max(one["seconds"], 1.0)
                                          for one in (before, result))))
    return tuple((what, was, now, now / was) for what, was, now in rows if was)
