"""What the simulators of a process do, as figures in the text format of Prometheus, at ``/metrics``.

Countries and SMP: requests by transaction and outcome, durations, verdicts of checks, faults that spoilt an
answer and faults that act. Pro Santé Connect: requests by page. Audit repository: events by sender. Documents
put together, CPU and memory of the process. No label holds a patient, a session or anything that was sent.

Source: Prometheus exposition format 0.0.4.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ehdsi.exposition import MEDIA_TYPE, Family, Sample, counted, exposition
from simulators.http import HttpRequest, HttpResponse, application
from simulators.server import Listener

if TYPE_CHECKING:
    from simulators.audit_repository import AuditRepository
    from simulators.psc import PscSimulator
    from simulators.world import World

PATH = "/metrics"


class SimulatorMetrics:
    """The figures of one process.

    Parameters
    ----------
    world : its countries and its SMP; countries in processes of their own tell their figures themselves.
    psc, repository : where they are in the same process.
    """

    def __init__(self, world: World, *, psc: PscSimulator | None = None,
                 repository: AuditRepository | None = None) -> None:
        self._world, self._psc, self._repository = world, psc, repository

    def listener(self, *, host: str = "127.0.0.1", port: int = 0) -> Listener:
        """A port in clear text for whoever gathers metrics on this machine."""
        return Listener(application=application(self.handle), context=None, host=host, port=port)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The figures at ``/metrics``, nothing anywhere else."""
        if request.path != PATH or request.method not in ("GET", "HEAD"):
            return HttpResponse(status=404 if request.path != PATH else 405,
                                headers=(("content-type", "text/plain"),))
        return HttpResponse(headers=(("content-type", MEDIA_TYPE),), body=self.text())

    def text(self) -> bytes:
        """The exposition."""
        return exposition(self._families())

    def _families(self) -> Iterator[Family]:
        for ncp in self._world.ncps_here:
            yield from ncp.tally.families()
        if self._world.has_smp:
            yield from self._world.smp.tally.families()
        if self._psc is not None:
            yield from self._psc.tally.families()
        yield self._acting()
        if self._repository is not None:
            yield from _audit(self._repository)
        yield from _documents()
        yield from _process()

    def _acting(self) -> Family:
        acting: Counter[tuple[str, ...]] = Counter(
            (ncp.code, one.fault.name) for ncp in self._world.ncps_here for one in ncp.faults.active)
        if self._world.has_smp:
            acting.update(("SMP", one.fault.name) for code in self._world.countries
                          for one in self._world.smp.fault_set(code).active)
        if self._psc is not None:
            acting.update(("PSC", name) for name in self._psc.faults.active)
        return Family(name="ncpeh_simulator_faults_acting", kind="gauge", about="Faults that act now.",
                      samples=counted(("simulator", "fault"), acting))


def _audit(repository: AuditRepository) -> Iterator[Family]:
    kept, copies = repository.store.counts()
    yield Family(name="ncpeh_audit_received_total", kind="counter",
                 about="Audit events received, those that came twice included, by sender.",
                 samples=counted(("sender",), {
                     (name,): many for name, many in repository.store.received.items()}))
    yield _single("ncpeh_audit_kept", "gauge", "Audit events kept, each once.", kept)
    yield _single("ncpeh_audit_copies", "gauge", "Copies of kept events beyond the first.", copies)
    yield _single("ncpeh_audit_refused_total", "counter",
                  "Connections reset because what came over them was no syslog.", repository.refused)
    yield Family(name="ncpeh_audit_state", kind="gauge", about="1 for the state of the syslog port.",
                 samples=tuple(Sample(value=float(state == repository.state), labels=(("state", state),))
                               for state in ("listening", "paused", "stopped")))
    if repository.forwarder is not None:
        yield _single("ncpeh_ncp_audit_waiting", "gauge", "Events of countries that wait to be sent.",
                      repository.forwarder.waiting)
        yield _single("ncpeh_ncp_audit_lost_total", "counter", "Events of countries that were given up.",
                      repository.forwarder.lost)


def _documents() -> Iterator[Family]:
    from countries.documents import made_and_kept

    made, again, kept = made_and_kept()
    yield _single("ncpeh_summaries_made_total", "counter",
                  "Summaries put together from the record of a patient, both levels and the national one.",
                  made)
    yield _single("ncpeh_summaries_again_total", "counter", "Times that one was in memory.", again)
    yield _single("ncpeh_summaries_kept", "gauge", "Patients whose summaries are in memory.", kept)


def _process() -> Iterator[Family]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield _single("process_cpu_seconds_total", "counter", "CPU seconds of this process.",
                  used.ru_utime + used.ru_stime)
    status = Path("/proc/self/statm")
    resident = (int(status.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
                if status.is_file() else used.ru_maxrss * 1024)
    yield _single("process_resident_memory_bytes", "gauge", "Resident memory of this process, bytes.",
                  resident)


def _single(name: str, kind: Literal["counter", "gauge"], about: str, value: float) -> Family:
    return Family(name=name, kind=kind, about=about, samples=(Sample(value=value),))
