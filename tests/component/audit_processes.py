"""Both ends of the audit trail as processes of their own, so that a test can kill them. Not a test itself.

``python -m tests.component.audit_processes repository …``, ``… sender …`` or ``… gateway …``; each says on
standard output how far it is.
"""

from __future__ import annotations

import argparse
import os
import signal
import ssl
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ehdsi import audit
from exchange.syslog import TlsSyslog
from exchange.tls import ClientTls
from sesali.audit_trail import AuditTrail, Outbox, Sender
from simulators.audit_repository.receiver import SyslogReceiver
from simulators.audit_repository.store import EventStore
from simulators.clock import seeded_ids
from simulators.server import ServerThread

TIME = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def die() -> None:
    """As if somebody had pulled the plug of this process: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def say(text: str) -> None:
    """Tell the test."""
    print(text, flush=True)


def repository(options: argparse.Namespace) -> None:
    """Receive until standard input ends; dies right before or after storing the n-th event, if told to."""
    store = EventStore(options.store)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.pki / "server.pem")
    context.load_verify_locations(options.pki / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    seen = 0

    def take(frames: tuple[bytes, ...], sender: str) -> None:
        nonlocal seen
        seen += len(frames)
        if options.die_before and seen >= options.die_before:
            die()
        store.add(frames, sender=sender, now=TIME)
        if options.die_after and seen >= options.die_after:
            die()

    thread = ServerThread()
    thread.start()
    receiver = SyslogReceiver(context, take, host="127.0.0.1", port=options.port)
    thread.call(receiver.open())
    say(f"port {receiver.port}")
    sys.stdin.read()
    thread.call(receiver.close())
    thread.stop()


def sender(options: argparse.Namespace) -> None:
    """Record events; then leave when all are delivered, or wait to be killed when nobody takes them."""
    tls = ClientTls(ca=options.pki / "ca.pem", certificate=options.pki / "client.pem",
                    key=options.pki / "client.pem")
    wire = TlsSyslog("127.0.0.1", options.port, tls)
    batches = 0

    def send(frames: Sequence[bytes]) -> None:
        nonlocal batches
        wire(frames)
        batches += 1
        if batches == options.die_after_batch:
            die()

    trail = AuditTrail(Outbox(options.outbox), host="gateway")
    trail.sender = Sender(trail.outbox, send, retry_after=0.01, retry_at_most=0.05, batch=10)
    trail.sender.start()
    new_id = seeded_ids(options.seed, "events")
    for number in range(options.count):
        identifier = new_id()
        message = audit.event_message(
            "EHDSI-11", side="B", time=TIME, outcome=audit.Outcome.SUCCESS, source_id="FR-IDF",
            participants=(audit.point_of_care("Cabinet"),), objects=(audit.document_object(identifier),))
        trail.record(message, key="EHDSI-11", identifier=identifier)
        say(f"recorded {number + 1}")
    if options.wait:
        sys.stdin.read()
    delivered = trail.sender.flush(30)
    trail.close()
    sys.exit(0 if delivered else 1)


def gateway(options: argparse.Namespace) -> None:
    """Sesali without its pages: whole journeys of one patient; leaves when all events are delivered."""
    import countries
    from ncpeh.settings import new_ids, now, typed_traits
    from sesali.config import from_world
    from sesali.gateway import Gateway
    from sesali.journey import walk
    from sesali.professional import DEMONSTRATOR

    sesali = Gateway(from_world(options.pki / "world.json", outbox=options.outbox), clock=now,
                     new_id=new_ids(None).__next__)
    persona = countries.load("HR").persona("HR-1")
    for number in range(options.count):
        record = walk(sesali, "HR", lambda mask: typed_traits(mask, persona), DEMONSTRATOR,
                      lambda opened: "page", timer=time.perf_counter)
        assert record.refusal is None, record.refusal
        say(f"journey {number + 1}")
    assert sesali.trail is not None
    assert sesali.trail.sender is not None
    delivered = sesali.trail.sender.flush(60)
    sesali.close(flush=0)
    sys.exit(0 if delivered else 1)


def main() -> None:
    """Run one end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("end", choices=("repository", "sender", "gateway"))
    parser.add_argument("--pki", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--outbox", type=Path)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--wait", action="store_true")
    for name in ("--die-before", "--die-after", "--die-after-batch"):
        parser.add_argument(name, type=int, default=0)
    options = parser.parse_args()
    {"repository": repository, "sender": sender, "gateway": gateway}[options.end](options)


if __name__ == "__main__":
    main()
