"""The clock and the identifiers of a world: one function each, handed to every simulator."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: Gives the present moment, UTC and aware of it.
Clock = Callable[[], datetime]

#: Gives a fresh UUID in its usual text form.
NewId = Callable[[], str]


def real_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class SettableClock:
    """A clock that stands still or runs with an offset, for tests of dates.

    ``SettableClock(moment)`` stands at ``moment`` until ``advance`` moves it.
    """

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, by: timedelta) -> None:
        """Move the clock forward, or back by a negative time."""
        self.moment += by


def seeded_ids(seed: int, name: str) -> NewId:
    """UUIDs (version 4 by form) that are the same in every run for the same seed and name."""
    source = random.Random(f"{seed}:{name}")  # noqa: S311 - identifiers of a simulation, no secrets

    def new_id() -> str:
        return str(uuid.UUID(int=source.getrandbits(128), version=4))

    return new_id
