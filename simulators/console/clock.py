"""A clock that runs like the machine's and can be moved, for a world that people watch."""

from __future__ import annotations

from datetime import datetime, timedelta

from simulators.clock import Clock, real_clock


class MovableClock:
    """Runs like ``base``, moved by what ``advance`` adds up to. The gateway must go by the same clock."""

    def __init__(self, base: Clock = real_clock) -> None:
        self._base = base
        self.offset = timedelta()

    def __call__(self) -> datetime:
        return self._base() + self.offset

    def advance(self, by: timedelta) -> None:
        """Move it forward, or back by a negative time."""
        self.offset += by
