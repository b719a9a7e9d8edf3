"""A limit on identifications, so that nobody can try identifiers one after the other."""

from __future__ import annotations

from collections import deque
from datetime import datetime


class RateLimit:
    """At most ``most`` events in ``seconds`` for each key (a sliding window)."""

    def __init__(self, most: int, seconds: float = 60.0) -> None:
        self._most = most
        self._seconds = seconds
        self._events: dict[str, deque[datetime]] = {}

    def allows(self, key: str, now: datetime) -> bool:
        """Count one more for ``key``; False when that is one too many."""
        if len(self._events) > 10_000:
            self._events = {one: times for one, times in self._events.items()
                            if times and (now - times[-1]).total_seconds() < self._seconds}
        times = self._events.setdefault(key, deque())
        while times and (now - times[0]).total_seconds() >= self._seconds:
            times.popleft()
        if len(times) >= self._most:
            return False
        times.append(now)
        return True
