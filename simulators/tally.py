"""Counts of what a simulator answered, never reset, for its metrics; no identifier and no body is kept."""

from __future__ import annotations

import threading
from collections import Counter

from ehdsi.exposition import Durations, Family, counted
from simulators.ncp.received import Exchange

#: Different outcomes of a simulator that are counted by name; what a fault makes up beyond is ``other``.
MOST = 200


class Tally:
    """What one simulator answered. May be told from any thread.

    Parameters
    ----------
    simulator : ISO code of a country, ``SMP`` or ``PSC``: the first label of every sample.
    """

    def __init__(self, simulator: str) -> None:
        self.simulator = simulator
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, ...]] = Counter()
        self._checks: Counter[tuple[str, ...]] = Counter()
        self._spoilt: Counter[tuple[str, ...]] = Counter()
        self._bytes: Counter[tuple[str, ...]] = Counter()
        self._took: dict[str, Durations] = {}

    def add(self, exchange: Exchange) -> None:
        """One more exchange; a request that could not be read so far has the transaction ``unreadable``."""
        self.count(exchange.step or "unreadable", exchange.outcome or "none", exchange.seconds,
                   received=len(exchange.request.body), sent=len(exchange.response.body))
        with self._lock:
            for check in exchange.checks:
                verdict = "passed" if check.passed else "overlooked" if check.overlooked else "failed"
                self._checks[self.simulator, check.name, verdict] += 1
            for fault in exchange.faults:
                self._spoilt[self.simulator, fault] += 1

    def count(self, transaction: str, outcome: str, seconds: float, *, received: int, sent: int) -> None:
        """One more answer, with the bytes of both bodies."""
        with self._lock:
            if len(self._requests) >= MOST and (self.simulator, transaction, outcome) not in self._requests:
                outcome = "other"
            self._requests[self.simulator, transaction, outcome] += 1
            self._took.setdefault(transaction, Durations()).add(seconds)
            self._bytes[self.simulator, transaction, "received"] += received
            self._bytes[self.simulator, transaction, "sent"] += sent

    def families(self) -> tuple[Family, ...]:
        """The samples of this simulator; those of several go into one text."""
        with self._lock:
            return (
                Family(name="ncpeh_simulator_requests_total", kind="counter",
                       about="Requests answered, by transaction and outcome (match, NF, Success, a code).",
                       samples=counted(("simulator", "transaction", "outcome"), self._requests)),
                Family(name="ncpeh_simulator_request_seconds", kind="histogram",
                       about="Seconds of an answer: the work, and the wait that a fault adds.",
                       samples=tuple(one for step, took in sorted(self._took.items()) for one in took.samples(
                           (("simulator", self.simulator), ("transaction", step))))),
                Family(name="ncpeh_simulator_bytes_total", kind="counter",
                       about="Bytes of bodies, received and sent.",
                       samples=counted(("simulator", "transaction", "direction"), self._bytes)),
                Family(name="ncpeh_simulator_checks_total", kind="counter",
                       about="Checks of the peer, of assertions and of requests: passed, failed, overlooked.",
                       samples=counted(("simulator", "check", "verdict"), self._checks)),
                Family(name="ncpeh_simulator_spoilt_total", kind="counter",
                       about="Answers that a fault spoilt, by fault.",
                       samples=counted(("simulator", "fault"), self._spoilt)))
