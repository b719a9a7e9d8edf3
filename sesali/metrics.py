"""What the gateway does, as figures in the text format of Prometheus; no trait, no identifier among them.

``ncpeh_requests_total{page,status}``, ``ncpeh_step_seconds{country,step}`` (histogram), ``ncpeh_steps_total
{country,step,verdict}``, ``ncpeh_audit_waiting``, ``ncpeh_sessions``, CPU and memory of the process.

Source: Prometheus exposition format 0.0.4.
"""

from __future__ import annotations

import re
import resource
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sesali.portal.app import Portal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Receive, Send], Awaitable[None]]

#: Upper bounds of the histogram of durations, seconds.
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

MEDIA_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

#: Keys and tickets in addresses, which would make a series for every patient.
_KEYS = re.compile(r"^/(patient|attente|notice|static)/[^/]+")
_PAGE = re.compile(r"^[a-zA-Z/{}.-]{1,60}$")


class Metrics:
    """Counts; may be told from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._verdicts: Counter[tuple[str, str, str]] = Counter()
        self._buckets: dict[tuple[str, str], list[int]] = {}
        self._sums: Counter[tuple[str, str]] = Counter()
        self._portal: Portal | None = None

    def watch(self, portal: Portal) -> None:
        """The portal whose sessions and audit queue are shown."""
        self._portal = portal

    def step(self, country: str, step: str, seconds: float, verdict: str) -> None:
        """A step of the journey ended; ``verdict`` is ``ok`` or a code ``SES-nnn``."""
        with self._lock:
            self._verdicts[country, step, verdict] += 1
            buckets = self._buckets.setdefault((country, step), [0] * (len(BOUNDS) + 1))
            buckets[bisect_left(BOUNDS, seconds)] += 1
            self._sums[country, step] += seconds  # type: ignore[assignment]

    def counting(self, application: Application) -> Application:
        """The application with every answer counted."""
        async def counted(scope: Any, receive: Receive, send: Send) -> None:
            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    with self._lock:
                        self._requests[page_of(scope.get("path", "")), message["status"]] += 1
                await send(message)

            await application(scope, receive, told)

        return counted

    async def application(self, scope: Any, receive: Receive, send: Send) -> None:
        """ASGI: the figures at ``/metrics``, nothing anywhere else."""
        found = scope["type"] == "http" and scope["path"] == "/metrics"
        body = self.text().encode() if found else b""
        await send({"type": "http.response.start", "status": 200 if found else 404, "headers": [
            (b"content-type", MEDIA_TYPE), (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    def text(self) -> str:
        """The exposition."""
        with self._lock:
            lines = ["# TYPE ncpeh_requests_total counter"]
            lines += [f'ncpeh_requests_total{{page="{page}",status="{status}"}} {count}'
                      for (page, status), count in sorted(self._requests.items())]
            lines.append("# TYPE ncpeh_steps_total counter")
            lines += [f'ncpeh_steps_total{{country="{country}",step="{step}",verdict="{verdict}"}} {count}'
                      for (country, step, verdict), count in sorted(self._verdicts.items())]
            lines.append("# TYPE ncpeh_step_seconds histogram")
            for (country, step), buckets in sorted(self._buckets.items()):
                lines += _histogram(country, step, buckets, self._sums[country, step])
        lines += self._gauges()
        return "\n".join(lines) + "\n"

    def _gauges(self) -> list[str]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        lines = ["# TYPE process_cpu_seconds_total counter",
                 f"process_cpu_seconds_total {used.ru_utime + used.ru_stime:.3f}"]
        if self._portal is not None:
            trail = self._portal.gateway.trail
            waiting = trail.outbox.counts()[0] if trail is not None else 0
            sessions = sum(1 for _ in self._portal.sessions)
            lines += ["# TYPE ncpeh_audit_waiting gauge", f"ncpeh_audit_waiting {waiting}",
                      "# TYPE ncpeh_sessions gauge", f"ncpeh_sessions {sessions}"]
        return lines


def page_of(path: str) -> str:
    """The kind of page behind an address: ``/patient/{}/synthese``; ``other`` for what nobody knows."""
    named = _KEYS.sub(r"/\1/{}", path)
    return named if _PAGE.match(named) else "other"


def _histogram(country: str, step: str, buckets: list[int], total: float) -> list[str]:
    labels = f'country="{country}",step="{step}"'
    lines, so_far = [], 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), buckets, strict=True):
        so_far += count
        lines.append(f'ncpeh_step_seconds_bucket{{{labels},le="{bound}"}} {so_far}')
    return [*lines, f"ncpeh_step_seconds_sum{{{labels}}} {total:.6f}",
            f"ncpeh_step_seconds_count{{{labels}}} {so_far}"]
