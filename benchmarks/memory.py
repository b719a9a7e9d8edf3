"""Memory of all countries in one process over a hundred thousand requests."""

from __future__ import annotations

import itertools

from benchmarks.driver import Connections, Driven
from benchmarks.processes import WorldProcess
from benchmarks.report import Table, say, verdict
from benchmarks.requests import Petitioner
from ehdsi import soap, xca_query

REQUESTS = 100_000
ROUNDS = 10
#: The seven countries of the goal; others of the project are left out.
COUNTRIES = ("CZ", "EE", "ES", "HR", "LU", "MT", "PT")


def run() -> list[Table]:
    """Drive whole journeys, each under assertions of its own, and look at the memory after each tenth."""
    with WorldProcess(*COUNTRIES) as world:
        sides = {code: world.petitioner(code) for code in COUNTRIES}
        documents = {code: _document(world, code, sides[code]) for code in COUNTRIES}
        readings = [(0, world.ask("usage"))]
        done = 0
        for number in range(1, ROUNDS + 1):
            say(f"{done} requests")
            for code, petitioner in sides.items():
                letters = _letters(petitioner, documents[code], REQUESTS // ROUNDS // len(COUNTRIES))
                done += _driven(world, code, letters).answers
            readings.append((number, world.ask("usage")))
        received = sum(world.ask("received").values())
    return [_table(readings, received)]


def _letters(petitioner: Petitioner, document: tuple[str, str], count: int) -> list[bytes]:
    """Requests of journeys: identify, list, retrieve, under one pair of assertions each."""
    journeys = (_journey(petitioner, document) for _ in itertools.count())
    return list(itertools.islice(itertools.chain.from_iterable(journeys), count))


def _journey(petitioner: Petitioner, document: tuple[str, str]) -> list[bytes]:
    treatment = petitioner.treatment()
    return [petitioner.discovery(treatment.credentials), petitioner.listing(treatment),
            petitioner.retrieve(treatment, *document)]


def _driven(world: WorldProcess, code: str, letters: list[bytes]) -> Driven:
    """Send these over connections of their own: kept ones are closed by the server after a minute's rest."""
    connections = Connections("127.0.0.1", world.port(code), world.config.tls, 2 if len(letters) > 1 else 1)
    try:
        return connections.drive(letters, answers=len(letters))
    finally:
        connections.close()


def _document(world: WorldProcess, code: str, petitioner: Petitioner) -> tuple[str, str]:
    answer = _driven(world, code, [petitioner.listing(petitioner.treatment())]).last
    entry = xca_query.parse_response(soap.parse_envelope(answer).body).entries[0]
    return entry.repository_unique_id, entry.unique_id


def _table(readings: list[tuple[int, dict[str, float]]], received: int) -> Table:
    first, middle, last = (readings[number][1]["rss"] for number in (1, ROUNDS // 2, ROUNDS))
    rows = tuple((f"{received * number // ROUNDS:,}", f"{told['rss']:.0f}", f"{told['rss'] / first:.2f}")
                 for number, told in readings)
    return Table(
        part="memory", title=f"Memory of {len(COUNTRIES)} countries in one process",
        columns=("requests answered", "resident MB", "of that after the first tenth"), rows=rows,
        remarks=(verdict("resident memory at the end", last, 300, "MB"),
                 verdict("growth over the second half", last / middle, 1.05, "times"),
                 f"{received:,} requests: ITI-55, ITI-38 and ITI-39 in turn, each three under a new pair "
                 "of assertions.",
                 "What grows at first is bounded memory filling up: the last exchanges (6 MB per country) "
                 "and the assertions that were verified lately."))
