"""CPU time of this process, and of named parts of it."""

from __future__ import annotations

import functools
import importlib
import resource
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

#: Part -> functions ``module:name`` or ``module:Class.name``, where they are looked up when called.
SIMULATOR_PARTS: Mapping[str, tuple[str, ...]] = {
    "parse request XML": ("ehdsi.xml:parse",),
    "verify signatures": ("ehdsi.saml.receive:verify_enveloped",),
    "trust, rules, binding of assertions": ("simulators.ncp.verification:Verifier.verify",),
    "read the envelope": ("ehdsi.soap:parse_envelope",),
    "ITI-55: decide, build": ("simulators.ncp.identification:answer",),
    "ITI-38: decide, build": ("simulators.ncp.listing:answer",),
    "ITI-39: decide, build": ("simulators.ncp.retrieval:answer",),
    "documents made": ("simulators.world:World._documents",),
    "envelope and MTOM of the answer": ("simulators.ncp.simulator:ForeignNcp._packed",),
}

GATEWAY_PARTS: Mapping[str, tuple[str, ...]] = {
    "sign HCP and TRC assertion": ("sesali.professional:build_hcp_assertion",
                                   "sesali.professional:build_trc_assertion"),
    "HTTP client and TLS": ("exchange.http:Courier._send",),
    "parse XML": ("ehdsi.xml:parse",),
    "SOAP, MTOM": ("ehdsi.soap:parse_envelope", "ehdsi.soap:build_envelope", "ehdsi.mtom:split"),
    "read the summary (CDA to model)": ("ehdsi.cda.parse:parse_element",),
    "schema and content rules": ("benchmarks.judging:judge",),
    "French view": ("sesali.french:french_view",),
    "render HTML": ("sesali.french:render_page",),
    "audit trail": ("sesali.gateway:Gateway._record",),
}


def usage() -> dict[str, float]:
    """CPU seconds of this process, and its resident memory in MB (now, and at the highest)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return {"cpu": used.ru_utime + used.ru_stime, "rss": pages * resource.getpagesize() / 1e6,
            "peak": used.ru_maxrss / 1e3}


class Split:
    """Counts the CPU time of named parts of this process, each without the parts that it calls."""

    def __init__(self, parts: Mapping[str, tuple[str, ...]]) -> None:
        self._parts = parts
        self._spent: dict[str, float] = defaultdict(float)
        self._local = threading.local()

    def install(self) -> None:
        """Wrap the functions; from here on every call is counted."""
        for part, places in self._parts.items():
            for place in places:
                module, _, path = place.partition(":")
                owner: Any = importlib.import_module(module)
                *outer, name = path.split(".")
                for step in outer:
                    owner = getattr(owner, step)
                setattr(owner, name, self._counted(part, getattr(owner, name)))
        self._refresh_tables()

    def take(self) -> dict[str, float]:
        """Seconds by part since the last call."""
        spent = dict(self._spent)
        self._spent.clear()
        return spent

    def _counted(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def counted(*args: Any, **kwargs: Any) -> Any:
            inner: list[float] = self._local.__dict__.setdefault("inner", [0.0])
            inner.append(0.0)
            begin = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent = time.thread_time() - begin
                self._spent[part] += spent - inner.pop()
                inner[-1] += spent

        return counted

    def _refresh_tables(self) -> None:
        """Tables of functions hold the unwrapped ones."""
        if self._parts is SIMULATOR_PARTS:
            from simulators.ncp import identification, listing, retrieval, simulator

            simulator._STEPS.update({"ITI-55": identification.answer, "ITI-38": listing.answer,
                                     "ITI-39": retrieval.answer})


def median_ms(work: Callable[[], object], *, repeats: int = 5, calls: int = 20) -> float:
    """Median CPU milliseconds of one call of ``work`` in a loop, after one call that is not counted."""
    work()
    found = []
    for _ in range(repeats):
        begin = time.process_time()
        for _ in range(calls):
            work()
        found.append((time.process_time() - begin) * 1000 / calls)
    return statistics.median(found)
