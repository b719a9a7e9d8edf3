"""Audit volume: an outbox in which ten to a hundred thousand events wait, cost of each event and memory."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.cpu import usage
from benchmarks.report import Table, say, verdict
from benchmarks.requests import new_id
from ehdsi.audit import build_audit_message
from ehdsi.syslog import frame_message
from sesali.audit_events import Auditor
from sesali.audit_trail import Outbox, Waiting
from sesali.config import GatewayConfig
from sesali.professional import DEMONSTRATOR, Issuer

SIZES = (10, 1_000, 100_000)
#: Events measured at each size, and those that leave in one batch.
MEASURED, BATCH = 400, 200
#: What an event may cost more among a hundred thousand than among ten.
SLOWER = 1.5


def run() -> list[Table]:
    """Fill one outbox step by step; at each size store, take out and deliver some events."""
    from benchmarks.processes import WorldProcess

    with WorldProcess("HR") as world, tempfile.TemporaryDirectory(prefix="ncpeh-bench-") as folder:
        frame = _frame(world.config)
        outbox = Outbox(Path(folder) / "audit.sqlite")
        rows = [_measured(outbox, size, frame) for size in SIZES]
        outbox.close()
    return [_table(rows, len(frame))]


def _frame(config: GatewayConfig) -> bytes:
    """The event of a login, as it travels."""
    issuer = Issuer(key=config.seal, home_community=config.own_home_community)
    now = datetime.now(UTC)
    message = Auditor(consumer="sesali", source=config.audit_source).login(
        issuer.credentials(DEMONSTRATOR, now=now, new_id=new_id), now=now)
    return frame_message(build_audit_message(message), host="gateway", time=now, application="sesali",
                         message_id="0" * 32)


def _measured(outbox: Outbox, size: int, frame: bytes) -> tuple[int, float, float, float, float]:
    """Waiting events; CPU µs to store one, to take out and deliver one, to count them; resident MB."""
    say(f"{size} events wait")
    while (missing := size - outbox.counts()[0]) > 0:
        for _ in range(min(missing, 20_000)):
            outbox.put(identifier=new_id(), event="EHDSI-91", frame=frame)
    stored = _micro(lambda: outbox.put(identifier=new_id(), event="EHDSI-91", frame=frame), MEASURED)
    delivered = _micro(lambda: _deliver(outbox), MEASURED // BATCH) / BATCH
    counted = _micro(lambda: outbox.counts(), 5)
    return size, stored, delivered, counted, usage()["rss"]


def _deliver(outbox: Outbox) -> None:
    events: tuple[Waiting, ...] = outbox.oldest(BATCH)
    outbox.mark_delivered(events)


def _micro(work: object, times: int) -> float:
    """CPU microseconds of one call of ``work``, the mean of so many."""
    assert callable(work)
    begin = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - begin) * 1e6 / times


def _table(rows: list[tuple[int, float, float, float, float]], size: int) -> Table:
    first, last = rows[0], rows[-1]
    ratio = max(last[1] / first[1], last[2] / first[2])
    return Table(
        part="audit", title="Growth with waiting audit events",
        columns=("events that wait", "store one, CPU µs", "take out and mark one, CPU µs",
                 "count them, CPU µs", "resident MB"),
        rows=tuple((f"{waiting:,}", f"{stored:.0f}", f"{delivered:.0f}", f"{counted:.0f}", f"{memory:.0f}")
                   for waiting, stored, delivered, counted, memory in rows),
        remarks=(verdict("an event among a hundred thousand", ratio, SLOWER, "times one among ten"),
                 f"Events of {size} bytes, encrypted, in SQLite with a write-ahead log; sending is left out: "
                 f"they leave in batches of {BATCH}, over one TLS connection each."))
