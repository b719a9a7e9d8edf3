"""The capacity curve: what came out at each step of a rising load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Share of a step's time at its beginning that does not count: people are still arriving.
WARM = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: ``users`` (or ``arrivals`` per second), journeys per second, milliseconds of one."""

    users: int
    arrivals: float
    per_second: float
    mean: float

    @property
    def label(self) -> str:
        """What was asked of the portal."""
        return f"{self.users} users" if self.users else f"{self.arrivals:g}/s"


def curve(series: Sequence[Mapping[str, Any]], stages: Sequence[tuple[float, int, float]]
          ) -> tuple[Step, ...]:
    """Journeys per second in each stage, from counts over time.

    Parameters
    ----------
    series : points with ``at`` (seconds), ``journeys`` and ``spent`` (ms), both counted from the beginning.
    stages : (seconds, users, arrivals per second).
    """
    found: list[Step] = []
    begin = 0.0
    for seconds, users, arrivals in stages:
        points = [one for one in series if begin + seconds * WARM <= one["at"] <= begin + seconds]
        begin += seconds
        if len(points) < 2:
            continue
        done = points[-1]["journeys"] - points[0]["journeys"]
        spent = points[-1]["spent"] - points[0]["spent"]
        found.append(Step(users=users, arrivals=arrivals,
                          per_second=done / (points[-1]["at"] - points[0]["at"]), mean=spent / max(done, 1)))
    return tuple(found)


def line_of(steps: Sequence[Step], *, width: int = 560, height: int = 200) -> str:
    """Points of an SVG polyline: journeys per second over the steps."""
    if not steps:
        return ""
    most = max(step.per_second for step in steps) or 1.0
    across = width / max(len(steps) - 1, 1)
    return " ".join(f"{number * across:.0f},{height - step.per_second / most * height:.0f}"
                    for number, step in enumerate(steps))
