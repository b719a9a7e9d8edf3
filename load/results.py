"""What a run came to, written as JSON by the process that has all statistics (alone, or the master).

::

    {"seconds": …, "steps": {"login": {"count", "mean", "p50", "p95", "p99", "max", "failures"}},
     "journeys": {…}, "countries": {…}, "ended": {"shown": 12, "SES-060": 1}, "trouble": {"error": 0, …},
     "incidents": [{"what": "rejected", "country": "CZ", "step": "identify", "how": "family name, birth date",
                    "faults": "xcpd-other-patient", "count": 3}],
     "examples": ["error: …"], "series": [{"at": 1.0, "users": 4, "journeys": 3, …}]}
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import gevent
from locust.runners import WorkerRunner

from load.incidents import incidents
from load.profile import Profile

#: Where the result goes; nothing is written without.
VARIABLE = "NCPEH_LOAD_RESULT"

#: Seconds between two points of the series.
EVERY = 1.0


class Series:
    """Samples the statistics while the run goes on."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._begin = time.monotonic()
        self.points: list[dict[str, Any]] = []
        self._greenlet = gevent.spawn(self._run)

    def _run(self) -> None:
        while True:
            gevent.sleep(EVERY)
            self.look()

    def look(self) -> None:
        """One more point."""
        runner, stats = self._environment.runner, self._environment.stats
        entries = list(stats.entries.values())
        ended = [one for one in entries if one.method == "ended"]
        summary = stats.entries.get(("summary", "step"))
        self.points.append({
            "at": round(time.monotonic() - self._begin, 1), "users": runner.user_count,
            "journeys": sum(one.num_requests for one in ended),
            "spent": round(sum(one.total_response_time for one in ended)),
            "trouble": sum(one.num_failures for one in entries if one.method == "trouble"),
            "summary_p95": summary.get_current_response_time_percentile(0.95) if summary else None})

    def stop(self) -> float:
        """End it; seconds of the run."""
        self._greenlet.kill()
        return time.monotonic() - self._begin


def install(events: Any, profile: Profile) -> None:
    """Write the result when the test stops; a worker leaves that to its master."""
    kept: dict[str, Series] = {}

    @events.test_start.add_listener
    def begin(environment: Any, **_: Any) -> None:
        if not isinstance(environment.runner, WorkerRunner):
            kept["series"] = Series(environment)

    @events.init.add_listener
    def know(environment: Any, **_: Any) -> None:
        # Percentiles of the last seconds are Locust's own, which it keeps only when it is asked to.
        environment.stats.use_response_times_cache = True
        for entry in ("summary",):
            environment.stats.get(entry, "step").use_response_times_cache = True

    @events.quitting.add_listener
    def write(environment: Any, **_: Any) -> None:
        if "series" not in kept or VARIABLE not in os.environ:
            return
        seconds = kept["series"].stop()
        told = collected(environment.stats) | {
            "profile": profile.name, "seconds": round(seconds, 1), "series": kept["series"].points,
            "generator_overloaded": bool(getattr(environment.runner, "cpu_warning_emitted", False))}
        Path(os.environ[VARIABLE]).write_text(json.dumps(told, indent=1), encoding="utf-8")
        environment.process_exit_code = 0  # whether the run was good is for the thresholds to say


def collected(stats: Any) -> dict[str, Any]:
    """Locust's statistics under our names."""
    found: dict[str, Any] = {"steps": {}, "journeys": {}, "countries": {}, "ended": {}, "trouble": {}}
    timed = {"step": "steps", "journey": "journeys", "country": "countries"}
    for (name, method), entry in stats.entries.items():
        if not entry.num_requests:
            continue
        if method in timed:
            found[timed[method]][name] = {
                "count": entry.num_requests, "mean": round(entry.avg_response_time, 1),
                "p50": entry.get_response_time_percentile(0.5),
                "p95": entry.get_response_time_percentile(0.95),
                "p99": entry.get_response_time_percentile(0.99), "max": round(entry.max_response_time, 1)}
        elif method in ("ended", "trouble"):
            found[method][name] = entry.num_requests
    found["incidents"] = incidents({
        name: entry.num_requests for (name, method), entry in stats.entries.items() if method == "incident"})
    found["examples"] = [f"{error.name}: {error.error} ({error.occurrences}×)"
                         for error in stats.errors.values()][:30]
    return found
