"""Figures of a running process in the text format of Prometheus: families in, text out.

Gateway and simulators tell what they do in the same words. No clock, no socket: whoever serves the text does.

Source: Prometheus text-based exposition format 0.0.4.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

#: Upper bounds of the histograms of durations, seconds.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value. ``suffix`` is what follows the name of the family (``_bucket``); ``labels`` in order."""

    value: float
    labels: tuple[tuple[str, str], ...] = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Samples of one name. ``about`` is a sentence for whoever reads the text."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    about: str
    samples: tuple[Sample, ...]


class Durations:
    """How often something took how long, in ``BOUNDS``. Not safe for several threads by itself."""

    __slots__ = ("_buckets", "seconds")

    def __init__(self) -> None:
        self._buckets = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self._buckets[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def samples(self, labels: tuple[tuple[str, str], ...]) -> tuple[Sample, ...]:
        """Cumulative buckets, sum and count, as the format wants them."""
        found, so_far = [], 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self._buckets, strict=True):
            so_far += count
            found.append(Sample(value=so_far, labels=(*labels, ("le", bound)), suffix="_bucket"))
        return (*found, Sample(value=self.seconds, labels=labels, suffix="_sum"),
                Sample(value=so_far, labels=labels, suffix="_count"))


def counted(names: Sequence[str], counts: Mapping[tuple[str, ...], float]) -> tuple[Sample, ...]:
    """Samples of counts by the values of these labels, sorted."""
    return tuple(Sample(value=count, labels=tuple(zip(names, values, strict=True)))
                 for values, count in sorted(counts.items()))


def merged(families: Iterable[Family]) -> tuple[Family, ...]:
    """Families of the same name put together, in the order in which names first came."""
    found: dict[str, Family] = {}
    for family in families:
        known = found.get(family.name)
        found[family.name] = replace(known, samples=known.samples + family.samples) if known else family
    return tuple(found.values())


def exposition(families: Iterable[Family]) -> bytes:
    """The text, UTF-8; a name that comes twice is one family, as the format demands."""
    lines = []
    for family in merged(families):
        lines += [f"# HELP {family.name} {_one_line(family.about)}", f"# TYPE {family.name} {family.kind}"]
        lines += [f"{family.name}{one.suffix}{_labels(one.labels)} {_number(one.value)}"
                  for one in family.samples]
    return ("\n".join(lines) + "\n").encode()


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.6f}"
