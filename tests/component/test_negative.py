"""N-01 to N-44 over real sockets, against a strict NCP and against an OpenNCP-like one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from simulators.clock import SettableClock
from simulators.world import World
from tests.component.golden_requests import Gateway, Reply
from tests.component.negative_cases import CASES
from tests.component.negative_parts import PATIENT, Case, letter, listed, matched

#: What no answer may hold: traces of our code, or of the machine that it runs on.
LEAKS = (b"Traceback", b".py", b"/etc/", b"lxml", b"cryptography")


class Side:
    """A world with its clock, and a gateway to each country used."""

    def __init__(self, mode: str) -> None:
        self.clock = SettableClock(datetime.now(UTC))
        self.world = World(["HR", "LU"], mode=mode, clock=self.clock).start()
        self.gateways = {code: Gateway(self.world, code) for code in self.world.ncps}

    def close(self) -> None:
        for gateway in self.gateways.values():
            gateway.close()
        self.world.stop()


@pytest.fixture(scope="module")
def strict() -> Iterator[Side]:
    side = Side("strict")
    yield side
    side.close()


@pytest.fixture(scope="module")
def openncp() -> Iterator[Side]:
    side = Side("openncp-like")
    yield side
    side.close()


def _sent(side: Side, case: Case) -> Reply:
    gateway = side.gateways[case.country]
    return gateway.send(case.make(gateway))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_strict_ncp_gives_the_answer_of_the_specification(strict: Side, case: Case) -> None:
    """Each stimulus gets its coded refusal, nothing leaks, and the next request is served."""
    reply = _sent(strict, case)
    case.strict(reply)
    if not _holds_patient(case):
        name = strict.gateways["HR"].country.persona(PATIENT).name.family[0].encode()
        assert not [leak for leak in (*LEAKS, name) if leak in reply.content]
    hr = strict.gateways["HR"]
    matched(hr.send(hr.discovery(hr.patient(PATIENT))))


def _holds_patient(case: Case) -> bool:
    return case.name.startswith(("N-40", "N-43-large"))


@pytest.mark.parametrize("case", [case for case in CASES if case.openncp], ids=lambda case: case.name)
def test_openncp_like_ncp_answers_as_the_reference_implementation_does(openncp: Side, case: Case) -> None:
    """The same stimuli get the answers that are known of OpenNCP 7.1, its quirks included."""
    assert case.openncp is not None
    case.openncp(_sent(openncp, case))


def test_every_row_of_the_list_is_tested() -> None:
    """No row from N-01 to N-44 is missing: N-29 has a test of its own below."""
    rows = {case.name[:4] for case in CASES} | {"N-29"}
    assert rows == {f"N-{number:02d}" for number in range(1, 45)}


@pytest.mark.parametrize("mode", ["strict", "openncp"])
def test_n29_assertion_is_reused_within_its_validity_and_refused_after_it(
    mode: str, request: pytest.FixtureRequest
) -> None:
    """Memory of verified assertions neither shortens nor lengthens their life."""
    side: Side = request.getfixturevalue(mode)
    gateway, start = side.gateways["HR"], side.clock.moment
    try:
        first = letter(gateway, "ITI-55")
        matched(gateway.send(first))
        side.clock.advance(timedelta(hours=1))
        matched(gateway.send(first))
        side.clock.moment = start + timedelta(hours=4, seconds=61)
        assert gateway.send(first).discovery().acknowledgement == "AE"
    finally:
        side.clock.moment = start


def test_memory_of_assertions_still_checks_the_patient(strict: Side) -> None:
    """A pair of assertions that was verified for one patient opens no other patient's list."""
    gateway = strict.gateways["HR"]
    good = letter(gateway, "ITI-38")
    assert gateway.send(good).listing().entries
    other = replace(good, body=gateway.query(gateway.patient("HR-3")).body)
    listed("4206")(gateway.send(other))
