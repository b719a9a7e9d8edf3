"""What a simulated NCP remembers of the requests it got: for tests, for the console, for the load reports."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from simulators.http import HttpRequest, HttpResponse

#: Exchanges kept per simulator, and the bytes that they may hold together.
MAX_EXCHANGES = 256
MAX_BYTES = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of a request and how it ended.

    ``name`` is stable (``signature``, ``trust``, ``audience`` …); ``passed`` false carries ``what`` in the
    words of the refusal, without personal data; ``overlooked`` says that a quirk let the failure pass.
    """

    name: str
    passed: bool
    what: str = ""
    overlooked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request, the verdicts on it and the answer.

    Attributes
    ----------
    at : when it was received, UTC, by the world's clock.
    step : ``ITI-55``, ``ITI-38``, ``ITI-39`` or ``SMP``; empty when the request could not be read so far.
    outcome : one word or code: ``match``, ``NF``, ``Success``, ``4703``, ``fault:Sender`` …
    persona : key of the patient that was found, empty for none.
    faults : names of the faults that spoilt the answer.
    seconds : what the answer took: the work, and the wait that a fault adds before the first byte.
    """

    at: datetime
    step: str
    request: HttpRequest
    response: HttpResponse
    checks: tuple[Check, ...] = ()
    outcome: str = ""
    persona: str = ""
    faults: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def size(self) -> int:
        """Bytes of both bodies."""
        return len(self.request.body) + len(self.response.body)


class Received:
    """A ring of the last exchanges, bounded in number and in bytes; ``total`` counts all there ever were."""

    def __init__(self, max_exchanges: int = MAX_EXCHANGES, max_bytes: int = MAX_BYTES) -> None:
        self._max_exchanges = max_exchanges
        self._max_bytes = max_bytes
        self._ring: deque[Exchange] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self.total = 0

    def add(self, exchange: Exchange) -> None:
        """Remember an exchange; the oldest ones go when there are too many, the newest always stays."""
        with self._lock:
            self.total += 1
            self._ring.append(exchange)
            self._bytes += exchange.size
            while len(self._ring) > 1 and (
                len(self._ring) > self._max_exchanges or self._bytes > self._max_bytes
            ):
                self._bytes -= self._ring.popleft().size

    def clear(self) -> None:
        """Forget everything, the count included."""
        with self._lock:
            self._ring.clear()
            self._bytes = 0
            self.total = 0

    def of(self, step: str) -> tuple[Exchange, ...]:
        """The remembered exchanges of one step, oldest first."""
        return tuple(one for one in self if one.step == step)

    def numbered(self) -> tuple[tuple[int, Exchange], ...]:
        """The remembered exchanges with their numbers, counted from 1 since the last ``clear``."""
        with self._lock:
            return tuple(enumerate(self._ring, self.total - len(self._ring) + 1))

    @property
    def last(self) -> Exchange:
        """The newest exchange; raises ``LookupError`` when nothing was received."""
        with self._lock:
            if not self._ring:
                raise LookupError("nothing was received yet")
            return self._ring[-1]

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(tuple(self._ring))

    def __len__(self) -> int:
        return len(self._ring)
