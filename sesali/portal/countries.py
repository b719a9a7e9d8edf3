"""Which countries can be asked right now, as the first pages say it: looked at in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime

from sesali.gateway import Gateway
from sesali.outcomes import StepRefused

#: Seconds for which what was seen is shown without looking again.
FRESH = 60.0


class CountryStates:
    """Whether each country's search mask can be had; a country is open until somebody saw that it is not."""

    def __init__(self, gateway: Gateway, clock: Callable[[], datetime]) -> None:
        self._gateway = gateway
        self._clock = clock
        self._suspended: set[str] = set()
        self._looking: asyncio.Task[None] | None = None
        self.seen: datetime | None = None

    def is_open(self, country: str) -> bool:
        """Can a patient of this country be looked for?"""
        return country in self._gateway.countries and country not in self._suspended

    @property
    def looking(self) -> bool:
        """Is somebody looking right now?"""
        return self._looking is not None and not self._looking.done()

    def mark(self, country: str, is_open: bool) -> None:
        """Somebody has just seen how it is."""
        self._suspended.discard(country)
        if not is_open:
            self._suspended.add(country)

    def look_soon(self, delay: float = 1.0) -> None:
        """Look again in a moment, when whoever asks has their page."""
        asyncio.get_running_loop().call_later(delay, lambda: self._begin() if self._stale else None)

    async def halt(self, others: Iterable[asyncio.Task[None]] = ()) -> None:
        """Stop looking, and stop the other tasks given, for the loop is about to end."""
        tasks = [task for task in (self._looking, *others) if task is not None and not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def look(self, patience: float) -> None:
        """Look again if the last time is long ago, and wait for that no longer than ``patience`` seconds."""
        if self._stale:
            await asyncio.wait({self._begin()}, timeout=patience)

    @property
    def _stale(self) -> bool:
        return self.seen is None or (self._clock() - self.seen).total_seconds() >= FRESH

    def _begin(self) -> asyncio.Task[None]:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_at_all())
        return self._looking

    async def _look_at_all(self) -> None:
        await asyncio.gather(*(self._look_at(country) for country in self._gateway.countries))
        self.seen = self._clock()

    async def _look_at(self, country: str) -> None:
        try:
            work = self._gateway.submit(country, lambda: self._gateway.search_mask(country))
            await asyncio.wrap_future(work)
        except StepRefused:
            self.mark(country, False)
        else:
            self.mark(country, True)
