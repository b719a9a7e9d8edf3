"""ITI-39 answers per second of one NCP in one process, next to a static responder with the same body."""

from __future__ import annotations

import base64

from benchmarks.driver import Connections, Driven
from benchmarks.processes import WorldProcess
from benchmarks.report import Table, say, verdict
from benchmarks.requests import Petitioner
from ehdsi import soap, xca_query

#: What a stub server that finds its answer by XPath over the request did on two such cores, in answers/s.
STUB = (470, 730)
CONNECTIONS = 8
SECONDS = 5.0
FRESH = 1500


def run() -> list[Table]:
    """Measure, with assertions seen before and with new ones in each request."""
    with WorldProcess("HR") as world:
        petitioner = world.petitioner("HR")
        tls = world.config.tls
        connections = Connections("127.0.0.1", world.port("HR"), tls, CONNECTIONS)
        document = _document(connections, petitioner)
        say("signing requests")
        treatment = petitioner.treatment()
        known = [petitioner.retrieve(treatment, *document)] * 8
        fresh = [petitioner.retrieve(petitioner.treatment(), *document) for _ in range(FRESH)]
        say("driving")
        connections.drive(known, answers=200)
        rows = [_measured(world, "assertions seen before, as in every journey", connections, known, SECONDS),
                _measured(world, "two new assertions in every request", connections, fresh, 0.0)]
        body = connections.last
        port = world.ask("static", body=base64.b64encode(body).decode())["port"]
        static = Connections("127.0.0.1", port, tls, CONNECTIONS)
        static.drive(known, answers=200)
        floor = _measured(world, "static responder, same body, same server and TLS", static, known, SECONDS)
        connections.close()
        static.close()
    return [_table([*rows, floor], len(body), len(known[0]))]


def _document(connections: Connections, petitioner: Petitioner) -> tuple[str, str]:
    answer = connections.drive([petitioner.listing(petitioner.treatment())], answers=1).last
    entries = xca_query.parse_response(soap.parse_envelope(answer).body).entries
    entry = next(one for one in entries if one.level == 3)
    return entry.repository_unique_id, entry.unique_id


def _measured(world: WorldProcess, label: str, connections: Connections, requests: list[bytes],
              seconds: float) -> tuple[str, Driven, float]:
    before = world.ask("usage")["cpu"]
    driven = connections.drive(requests, seconds=seconds, answers=0 if seconds else len(requests))
    spent = world.ask("usage")["cpu"] - before
    return label, driven, spent * 1000 / driven.answers


def _table(measured: list[tuple[str, Driven, float]], size: int, asked: int) -> Table:
    floor, rate = measured[-1][1].per_second, measured[0][1].per_second
    rows = tuple(
        (label, f"{driven.per_second:,.0f}", f"{cpu:.2f}", f"{driven.per_second / floor:.2f}",
         f"{driven.per_second / STUB[1]:.1f} to {driven.per_second / STUB[0]:.1f}",
         f"{driven.own_cpu * 1000 / driven.answers:.2f}")
        for label, driven, cpu in measured)
    return Table(
        part="retrieve", title="Documents per second of one NCP (ITI-39)",
        columns=("requests", "answers/s", "server CPU ms each", "of the static responder",
                 "times an XPath-matching stub", "driver CPU ms each"),
        rows=rows,
        remarks=(
            verdict("answers with verified assertions, against the stub's slower figure", rate / STUB[0], 3,
                    "times", at_least=True),
            verdict("the same against its faster figure", rate / STUB[1], 3, "times", at_least=True),
            f"One process, one event loop, mutual TLS kept, {CONNECTIONS} connections, a request of "
            f"{asked / 1000:.0f} kB and an answer of {size / 1000:.0f} kB; the driver is another process.",
            f"The stub did {STUB[0]} to {STUB[1]} answers/s on two cores of this class without looking at "
            "any assertion.",
            "A journey shows its assertions at ITI-55 and ITI-38 first, so a retrieve never brings new ones: "
            "times, audience, rights and binding are checked anew, the signature is known by the bytes.",
        ))
