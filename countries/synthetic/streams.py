"""Random streams that depend on nothing but a text: one per topic, the same on every machine.

Each topic of a patient has its own stream, so that a change in one table does not reshuffle the others.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

T = TypeVar("T")

#: Part of every stream of a patient: a change of the model that changes patients changes this.
VERSION = "2"


class Stream:
    """Draws of one topic. We use only ``random()`` of the Mersenne Twister, which Python keeps stable."""

    def __init__(self, *parts: str) -> None:
        digest = hashlib.sha256("|".join(parts).encode()).digest()
        self._source = random.Random(int.from_bytes(digest[:16], "big"))  # noqa: S311 - no secret
        self._next = self._source.random

    @property
    def source(self) -> random.Random:
        """The generator behind the draws, for a library that draws for itself."""
        return self._source

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._next()

    def chance(self, probability: float) -> bool:
        """True with this probability; always uses one draw."""
        return self._next() < probability

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self._next()

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))

    def choose(self, items: Sequence[T]) -> T:
        """One of the items, all alike."""
        return items[int(self._next() * len(items))]

    def weighted(self, items: Sequence[tuple[T, float]]) -> T:
        """One of (item, weight), by weight."""
        at = self._next() * sum(weight for _, weight in items)
        for item, weight in items:
            at -= weight
            if at < 0:
                return item
        return items[-1][0]

    def normal(self) -> float:
        """A standard normal number (Box and Muller, two draws)."""
        radius = math.sqrt(-2 * math.log(1 - self._next()))
        return radius * math.cos(2 * math.pi * self._next())

    def triangular(self, low: float, mode: float, high: float, limit: float = math.inf) -> float | None:
        """Triangular, cut off at ``limit``; None when all of it lies beyond. One draw in any case."""
        return triangular(self._next(), low, mode, high, limit)

    def poisson(self, mean: float, most: int) -> int:
        """A Poisson number, at most ``most``; one draw."""
        at, share, count = self._next(), math.exp(-mean), 0
        while at >= share and count < most:
            at -= share
            count += 1
            share *= mean / count
        return count

    def day(self, first: date, last: date) -> date:
        """A day from first to last, both included."""
        return first + timedelta(days=int(self._next() * ((last - first).days + 1)))


def triangular(at: float, low: float, mode: float, high: float, limit: float = math.inf) -> float | None:
    """The triangular number that a draw stands for, cut off at ``limit``; None if all lies beyond."""
    if limit < low:
        return None
    if high <= low:
        return low
    if limit < high:
        at *= _triangular_share(low, mode, high, limit)
    turn = (mode - low) / (high - low)
    if at < turn:
        return low + math.sqrt(at * (high - low) * (mode - low))
    return high - math.sqrt((1 - at) * (high - low) * (high - mode))


def _triangular_share(low: float, mode: float, high: float, limit: float) -> float:
    """How much of a triangular distribution lies below ``limit``."""
    if limit <= mode:
        return (limit - low) ** 2 / ((high - low) * (mode - low)) if mode > low else 0.0
    return 1 - (high - limit) ** 2 / ((high - low) * (high - mode))
