"""Line charts as numbers for inline SVG: axes with round ticks, one polyline per line, named points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: Inner size of a chart, in SVG units.
WIDTH, HEIGHT = 620, 190

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one line shows: ``label`` with its unit, points in the units of the axes."""

    label: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on an axis: where, in SVG units, and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A line in SVG units. ``dots`` are its points (x, y, what they say); ``kind`` numbers its style."""

    label: str
    points: str
    dots: tuple[tuple[float, float, str], ...]
    kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart ready to be drawn.

    Attributes
    ----------
    title : what it shows, for those who do not see it too. across, up : names of the axes with units.
    marks : vertical lines with a text, such as the knee of a curve.
    """

    title: str
    across: str
    up: str
    lines: tuple[Drawn, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[Tick, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT


def chart(title: str, lines: Sequence[Line], *, across: str, up: str, dotted: bool = False,
          marks: Sequence[tuple[float, str]] = ()) -> Chart | None:
    """A chart of these lines from zero up; None where there are fewer than two points to draw.

    Parameters
    ----------
    dotted : show each point, for curves of few points.
    marks : (x, text) of vertical lines.
    """
    points = [point for line in lines for point in line.points]
    if len(points) < 2:
        return None
    right, top = max(x for x, _ in points) or 1.0, max(y for _, y in points) or 1.0
    x_ticks, y_ticks = _round_ticks(right), _round_ticks(top)
    right, top = max(right, x_ticks[-1]), max(top, y_ticks[-1])

    def place(x: float, y: float) -> Point:
        return round(x / right * WIDTH, 1), round(HEIGHT - y / top * HEIGHT, 1)

    drawn = tuple(Drawn(
        label=line.label, kind=number,
        points=" ".join(f"{x:g},{y:g}" for x, y in (place(*point) for point in line.points)),
        dots=tuple((*place(x, y), f"{number_text(x)}: {number_text(y)}") for x, y in line.points)
        if dotted else ()) for number, line in enumerate(lines, 1))
    return Chart(
        title=title, across=across, up=up, lines=drawn,
        x_ticks=tuple(Tick(at=place(one, 0)[0], text=number_text(one)) for one in x_ticks),
        y_ticks=tuple(Tick(at=place(0, one)[1], text=number_text(one)) for one in y_ticks),
        marks=tuple(Tick(at=place(x, 0)[0], text=text) for x, text in marks))


def number_text(value: float) -> str:
    """A figure for people: three digits that matter, no exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}".rstrip("0").rstrip(".")


def _round_ticks(top: float) -> list[float]:
    """Zero and up to six round numbers, the last at or just below the top."""
    rough = top / 5
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough)
    return [step * number for number in range(int(top / step + 1e-9) + 1)]
