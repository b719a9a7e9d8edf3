"""What went wrong where, and which faults acted on that country at the moment, as its console says.

An incident travels from Locust's workers to the master as the name of a statistic: its parts in one text.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

#: The parts of an incident, and what stands between them.
PARTS = ("what", "country", "step", "how", "faults")
SEPARATOR = " | "

#: What an incident can be, the gravest first.
GRAVITY = ("wrong patient", "error", "rejected", "refused")

#: Seconds for which an answer holds: a bad minute of load must not become a load on the console.
KEPT = 1.0


class Acting:
    """Asks the console, at most once a second.

    Parameters
    ----------
    console : its base URL; empty where there is none.
    open_http : makes a client with ``get``.
    timer : seconds of a clock that only runs forward.
    """

    def __init__(self, console: str, open_http: Callable[[], Any],
                 timer: Callable[[], float] = time.monotonic) -> None:
        self._console, self._open, self._timer = console, open_http, timer
        self._known: dict[str, str] | None = None
        self._asked = float("-inf")
        self._lock = threading.Lock()

    def on(self, country: str) -> str:
        """Names of the faults that act, ``none``, or ``unknown`` when nobody can say."""
        with self._lock:  # who comes while somebody asks waits for the answer
            if self._console and self._timer() - self._asked >= KEPT:
                self._known = self._read()
                self._asked = self._timer()
        if self._known is None:
            return "unknown"
        return self._known.get(country, "unknown")

    def _read(self) -> dict[str, str] | None:
        http = None
        try:
            http = self._open()
            told = json.loads(http.get(f"{self._console}/api/faults").text)
            return {code: ", ".join(sorted({described(one) for one in rows})) or "none"
                    for code, rows in told.items()}
        except Exception:
            return None  # an incident without its faults is better than no incident
        finally:
            if http is not None:
                http.close()


def described(fault: dict[str, Any]) -> str:
    """A fault with how often it acts: ``xcpd-other-patient (1 in 5)``."""
    every = fault.get("parameters", {}).get("every", 1)
    return fault["name"] + (f" (1 in {every})" if every > 1 else "")


def incident(what: str, country: str, step: str, how: str, faults: str) -> str:
    """The name under which Locust counts it."""
    return SEPARATOR.join((what, country, step, how.replace(SEPARATOR, " "), faults))


def incidents(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows of ``PARTS`` and ``count``, the gravest first, then the most frequent."""
    rows = [dict(zip(PARTS, name.split(SEPARATOR), strict=True)) | {"count": count}
            for name, count in counts.items()]
    return sorted(rows, key=lambda row: (GRAVITY.index(row["what"]), -row["count"], row["country"]))
