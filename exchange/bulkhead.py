"""Bulkheads: each country has its own workers and its own queue, so that a slow one never starves the others.

A step of a journey (waiting for the answer, then parsing and checking it) runs in a worker of the country
it concerns. When the queue of a country is full, further requests for it are refused at once; the other
countries do not notice. Work must not submit work for its own country and wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from ehdsi.errors import TransportFailure

Result = TypeVar("Result")


class Bulkheads:
    """One bounded executor per country, made when the country is first asked.

    Parameters
    ----------
    workers : requests under way at the same time for one country.
    waiting : requests that may queue behind them before new ones are refused.
    """

    def __init__(self, *, workers: int = 64, waiting: int = 1024) -> None:
        self._workers = workers
        self._waiting = waiting
        self._lock = threading.Lock()
        self._executors: dict[str, ThreadPoolExecutor] = {}
        self._slots: dict[str, threading.BoundedSemaphore] = {}

    def submit(self, country: str, work: Callable[[], Result]) -> Future[Result]:
        """Queue ``work`` behind the other requests for ``country``; the future ends as ``work`` ends.

        Raises
        ------
        TransportFailure : kind ``busy``, the queue of this country is full.
        """
        executor, slots = self._of(country)
        if not slots.acquire(blocking=False):
            raise TransportFailure("busy", f"too many requests wait for {country}; try again in a moment")
        try:
            future = executor.submit(work)
        except RuntimeError:
            slots.release()
            raise TransportFailure("busy", "the gateway is stopping") from None
        future.add_done_callback(lambda _: slots.release())
        return future

    def run(self, country: str, work: Callable[[], Result]) -> Result:
        """Like ``submit``, and wait for the result."""
        return self.submit(country, work).result()

    def _of(self, country: str) -> tuple[ThreadPoolExecutor, threading.BoundedSemaphore]:
        with self._lock:
            if country not in self._executors:
                self._executors[country] = ThreadPoolExecutor(self._workers, f"ncp-{country}")
                self._slots[country] = threading.BoundedSemaphore(self._workers + self._waiting)
            return self._executors[country], self._slots[country]

    def close(self) -> None:
        """Drop what is queued; workers under way end by themselves at their time-out."""
        with self._lock:
            executors = tuple(self._executors.values())
        for executor in executors:
            executor.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Bulkheads:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
