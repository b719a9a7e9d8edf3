"""What the gateway does, as figures in the text format of Prometheus; no trait, no identifier among them.

``ncpeh_requests_total{page,status}``, ``ncpeh_page_seconds{page}`` and ``ncpeh_step_seconds{country,step}``
(histograms), ``ncpeh_steps_total{country,step,verdict}``, ``ncpeh_audit_waiting``, ``ncpeh_audit_delivered``,
``ncpeh_sessions``, CPU and memory of the process.

Source: Prometheus exposition format 0.0.4.
"""

from __future__ import annotations

import re
import resource
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ehdsi.exposition import MEDIA_TYPE, Durations, Family, Sample, counted, exposition

if TYPE_CHECKING:
    from sesali.portal.app import Portal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

#: Keys and tickets in addresses, which would make a series for every patient.
_KEYS = re.compile(r"^/(patient|attente|notice|static)/[^/]+")
_PAGE = re.compile(r"^[a-zA-Z/{}.-]{1,60}$")

#: Kinds of pages and statuses that are counted by name; whoever tries addresses at random makes no more.
_MOST = 200


class Metrics:
    """Counts; may be told from any thread.

    Parameters
    ----------
    timer : seconds of a clock that only runs forward, for the durations of pages.
    """

    def __init__(self, timer: Callable[[], float] = time.perf_counter) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, ...]] = Counter()
        self._pages: dict[str, Durations] = {}
        self._verdicts: Counter[tuple[str, ...]] = Counter()
        self._steps: dict[tuple[str, str], Durations] = {}
        self._portal: Portal | None = None

    def watch(self, portal: Portal) -> None:
        """The portal whose sessions and audit queue are shown."""
        self._portal = portal

    def step(self, country: str, step: str, seconds: float, verdict: str) -> None:
        """A step of the journey ended; ``verdict`` is ``ok`` or a code ``SES-nnn``."""
        with self._lock:
            self._verdicts[country, step, verdict] += 1
            self._steps.setdefault((country, step), Durations()).add(seconds)

    def page(self, path: str, status: int, seconds: float) -> None:
        """A page was answered; ``seconds`` until its first byte."""
        kind = page_of(path)
        with self._lock:
            if len(self._requests) >= _MOST and (kind, str(status)) not in self._requests:
                kind = "other"
            self._requests[kind, str(status)] += 1
            self._pages.setdefault(kind, Durations()).add(seconds)

    def counting(self, application: Application) -> Application:
        """The application with every answer counted."""
        async def counted(scope: Any, receive: Receive, send: Send) -> None:
            begin = self._timer()

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self.page(scope.get("path", ""), message["status"], self._timer() - begin)
                await send(message)

            await application(scope, receive, told)

        return counted

    async def application(self, scope: Any, receive: Receive, send: Send) -> None:
        """ASGI: the figures at ``/metrics``, nothing anywhere else."""
        found = scope["type"] == "http" and scope["path"] == "/metrics"
        body = self.text() if found else b""
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": [
            (b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    def text(self) -> bytes:
        """The exposition."""
        return exposition((*self._told(), *self._gauges()))

    def _told(self) -> tuple[Family, ...]:
        with self._lock:
            return (
                Family(name="ncpeh_requests_total", kind="counter",
                       about="Pages of the portal that were answered, by kind and HTTP status.",
                       samples=counted(("page", "status"), self._requests)),
                Family(name="ncpeh_page_seconds", kind="histogram",
                       about="Seconds from a request for a page to the first byte of the answer.",
                       samples=tuple(one for page, took in sorted(self._pages.items())
                                     for one in took.samples((("page", page),)))),
                Family(name="ncpeh_steps_total", kind="counter",
                       about="Exchanges with countries: ok, or the code that the professional was shown.",
                       samples=counted(("country", "step", "verdict"), self._verdicts)),
                Family(name="ncpeh_step_seconds", kind="histogram",
                       about="Seconds of an exchange with a country, the reading of its answer included.",
                       samples=tuple(one for (country, step), took in sorted(self._steps.items())
                                     for one in took.samples((("country", country), ("step", step))))))

    def _gauges(self) -> tuple[Family, ...]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        found = [_single("process_cpu_seconds_total", "counter", "CPU seconds of this process.",
                         used.ru_utime + used.ru_stime),
                 _single("process_resident_memory_bytes", "gauge", "Resident memory of this process, bytes.",
                         _resident())]
        if self._portal is not None:
            trail = self._portal.gateway.trail
            waiting, delivered = trail.outbox.counts() if trail is not None else (0, 0)
            found += [
                _single("ncpeh_audit_waiting", "gauge", "Audit events that wait to be sent.", waiting),
                _single("ncpeh_audit_delivered", "gauge",
                        "Audit events that were delivered and are still kept.", delivered),
                _single("ncpeh_sessions", "gauge", "Sessions that are open.",
                        sum(1 for _ in self._portal.sessions))]
        return tuple(found)


def page_of(path: str) -> str:
    """The kind of page behind an address: ``/patient/{}/synthese``; ``other`` for what nobody knows."""
    named = _KEYS.sub(r"/\1/{}", path)
    return named if _PAGE.match(named) else "other"


def _single(name: str, kind: Any, about: str, value: float) -> Family:
    return Family(name=name, kind=kind, about=about, samples=(Sample(value=value),))


def _resident() -> float:
    """Bytes now where the system tells, else the most there were so far (kilobytes there)."""
    status = Path("/proc/self/statm")
    if status.is_file():
        return float(int(status.read_text(encoding="ascii").split()[1]) * resource.getpagesize())
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
