"""The capacity curve: what came out at each stage of a run, and where more people only wait longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.load.charts import Chart, Line, chart

#: Share of a stage's time at its beginning that does not count: people are still arriving.
WARM = 0.25

#: Share of the most journeys per second at which a curve has its knee.
ENOUGH = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage.

    Attributes
    ----------
    users : of a closed model. arrivals : per second, of an open one.
    per_second : journeys that ended. mean : milliseconds that one waited for pages, all together.
    p95 : of the page of the summary, milliseconds, at the end of the stage; 0 where it is not known.
    trouble : journeys with trouble, refused ones included.
    """

    users: int
    arrivals: float
    per_second: float
    mean: float
    p95: float = 0.0
    trouble: int = 0

    @property
    def label(self) -> str:
        """What was asked of the portal."""
        if self.users:
            return "1 user" if self.users == 1 else f"{self.users} users"
        return f"{self.arrivals:g}/s"

    @property
    def asked(self) -> float:
        """The same as a number."""
        return self.users or self.arrivals


def curve(series: Sequence[Mapping[str, Any]], stages: Sequence[Sequence[float]]) -> tuple[Step, ...]:
    """Journeys per second in each stage, from counts over time.

    Parameters
    ----------
    series : points with ``at`` (seconds), ``journeys``, ``spent`` (ms) and ``trouble``, all counted from the
        beginning, and ``summary_p95`` (ms, of the last seconds).
    stages : (seconds, users, arrivals per second).
    """
    found: list[Step] = []
    begin = 0.0
    for seconds, users, arrivals in stages:
        points = [one for one in series if begin + seconds * WARM <= one["at"] <= begin + seconds]
        begin += seconds
        if len(points) < 2:
            continue
        first, last = points[0], points[-1]
        done = last["journeys"] - first["journeys"]
        found.append(Step(
            users=int(users), arrivals=arrivals, per_second=done / (last["at"] - first["at"]),
            mean=(last["spent"] - first["spent"]) / max(done, 1), p95=last.get("summary_p95") or 0.0,
            trouble=last.get("trouble", 0) - first.get("trouble", 0)))
    return tuple(found)


def knee(steps: Sequence[Step]) -> Step | None:
    """The first step that reaches nine tenths of the most that came out: beyond it people only wait longer.

    None where there is no curve, or where the last step gave clearly more than all before: then the end was
    not reached.
    """
    if len(steps) < 2:
        return None
    most = max(step.per_second for step in steps)
    found = next(step for step in steps if step.per_second >= ENOUGH * most)
    return None if found is steps[-1] else found


def told(steps: Sequence[Step]) -> str:
    """The curve in one sentence."""
    if not steps:
        return "The run was too short for a curve."
    found = knee(steps)
    if found is None:
        return (f"The most was {steps[-1].per_second:.1f} journeys per second at the last step "
                f"({steps[-1].label}); where it ends was not reached.")
    most = max(steps, key=lambda step: step.per_second)
    last = steps[-1]
    return (f"The knee is at {found.label}: {found.per_second:.1f} journeys per second, of which each waited "
            f"{found.mean:.0f} ms in all. The most was {most.per_second:.1f} at {most.label}; at "
            f"{last.label} {last.per_second:.1f} came out and each waited {last.mean:.0f} ms.")


def drawn(steps: Sequence[Step]) -> tuple[Chart, ...]:
    """Journeys per second, and waiting time of a journey, by what was asked; the knee is marked."""
    found = knee(steps)
    marks = ((found.asked, f"knee: {found.label}"),) if found else ()
    across = "users at work" if steps and steps[0].users else "arrivals per second"
    charts = (
        chart("Journeys per second at each step",
              [Line(label="journeys per second", points=tuple((one.asked, one.per_second) for one in steps))],
              across=across, up="journeys/s", dotted=True, marks=marks),
        chart("Waiting time at each step",
              [Line(label="mean of all pages of a journey, ms",
                    points=tuple((one.asked, one.mean) for one in steps)),
               Line(label="p95 of the summary's page, ms",
                    points=tuple((one.asked, one.p95) for one in steps if one.p95))],
              across=across, up="ms", dotted=True, marks=marks))
    return tuple(one for one in charts if one is not None)
