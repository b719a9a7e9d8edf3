"""Every error path of every transaction of the gateway, without a socket."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from ehdsi.traits import Traits
from sesali.config import from_world
from sesali.gateway import Gateway
from sesali.outcomes import StepRefused
from sesali.professional import DEMONSTRATOR
from simulators.in_process import _answer
from simulators.world import World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

#: Transactions in the order of a journey.
TRANSACTIONS = ("ITI-55", "ITI-38", "ITI-39")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One country without sockets."""
    return World(["HR"], clock=lambda: NOW).without_sockets()


@pytest.fixture
def line(world: World) -> Line:
    """The network of this test."""
    world.reset()
    return Line(world)


@pytest.fixture
def gateway(world: World, line: Line, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway for that country, which has never asked anybody anything."""
    numbers = iter(range(1, 10_000))
    config = from_world(world.world_json(tmp_path))
    new_id = lambda: f"00000000-0000-4000-8000-{next(numbers):012}"  # noqa: E731
    with Gateway(config, clock=lambda: NOW, new_id=new_id, transport=line) as made:
        yield made


def journey(gateway: Gateway, world: World) -> list[str]:
    """Walk as far as it goes: the transactions that succeeded, then the code of a refusal."""
    done: list[str] = []
    persona = world.countries["HR"].personas[0]
    credentials = gateway.log_in(DEMONSTRATOR)
    try:
        found = gateway.identify(credentials, "HR", Traits(identifiers=persona.identifiers[:1]))
        done.append("ITI-55")
        treatment = gateway.confirm(credentials, found)
        listing = gateway.documents(treatment)
        done.append("ITI-38")
        gateway.summary(treatment, found, listing.summaries[0])
        done.append("ITI-39")
    except StepRefused as refusal:
        done.append(refusal.code)
    return done


#: Answers or raises instead of a country.
Failure = Callable[[httpx.Request], httpx.Response]

#: What stands in the requests of each transaction; those to the SMP are the only GETs.
MARKS = {"ITI-55": b"CrossGatewayPatientDiscovery", "ITI-38": b"CrossGatewayQuery",
         "ITI-39": b"CrossGatewayRetrieve"}


class Line(httpx.BaseTransport):
    """Stands for the network: one transaction fails, or none; all others are answered by the simulators."""

    def __init__(self, world: World) -> None:
        self._usual = {url: _answer(handle, world.pki.gateway_tls.der)
                       for url, handle in world.handlers().items()}
        self.step, self.failure = "none", raising(httpx.ConnectError)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer or raise."""
        request.read()
        if self._concerned(request):
            return self.failure(request)
        usual = next(one for url, one in self._usual.items() if str(request.url).startswith(url))
        return usual(request)

    def _concerned(self, request: httpx.Request) -> bool:
        if request.method == "GET":
            return self.step == "SMP"
        return self.step in MARKS and MARKS[self.step] in request.content


@contextmanager
def play(line: Line, step: str, failure: Failure) -> Iterator[None]:
    """Let one transaction fail."""
    line.step, line.failure = step, failure
    yield


def raising(kind: type[httpx.TransportError], cause: type[Exception] | None = None) -> Failure:
    """Raises a new error each time, as httpx does."""
    def failure(_request: httpx.Request) -> httpx.Response:
        raise kind("as httpx says it") from (cause("below httpx") if cause else None)

    return failure


def before(step: str) -> list[str]:
    """The transactions that come before one."""
    return list(TRANSACTIONS[:TRANSACTIONS.index(step)])


def test_without_a_failure_the_journey_ends_well(gateway: Gateway, world: World, line: Line) -> None:
    """The router itself breaks nothing."""
    with play(line, "none", raising(httpx.ConnectError)):
        assert journey(gateway, world) == list(TRANSACTIONS)


@pytest.mark.parametrize("step", TRANSACTIONS)
@pytest.mark.parametrize(("kind", "cause", "code"), [
    (httpx.ConnectError, None, "SES-080"),
    (httpx.ConnectError, ConnectionRefusedError, "SES-080"),
    (httpx.ConnectError, ssl.SSLCertVerificationError, "SES-080"),
    (httpx.ConnectTimeout, None, "SES-081"),
    (httpx.ReadTimeout, None, "SES-081"),
    (httpx.WriteTimeout, None, "SES-081"),
    (httpx.PoolTimeout, None, "SES-081"),
    (httpx.ReadError, None, "SES-080"),
    (httpx.WriteError, None, "SES-080"),
    (httpx.RemoteProtocolError, None, "SES-080"),
])
def test_each_failure_of_the_network_has_its_message(
        gateway: Gateway, world: World, line: Line, step: str, kind: type[httpx.TransportError],
        cause: type[Exception] | None, code: str) -> None:
    """Whatever httpx raises, in whichever transaction, becomes the message for it and nothing else."""
    with play(line, step, raising(kind, cause)):
        assert journey(gateway, world) == [*before(step), code]


@pytest.mark.parametrize("step", TRANSACTIONS)
@pytest.mark.parametrize(("status", "content_type", "body", "code"), [
    (200, "application/soap+xml", b"", "SES-082"),
    (200, "application/soap+xml", b"<cut", "SES-082"),
    (200, "text/html", b"<html/>", "SES-082"),
    (200, "multipart/related; boundary=x", b"--x--", "SES-082"),
    (302, "text/html", b"", "SES-082"),
    (404, "text/html", b"<html/>", "SES-082"),
    (429, "text/plain", b"slow down", "SES-080"),
    (500, "text/html", b"<html/>", "SES-082"),
    (502, "text/html", b"<html/>", "SES-080"),
    (503, "text/plain", b"", "SES-080"),
    (504, "text/plain", b"", "SES-081"),
])
def test_each_unusable_answer_has_its_message(
        gateway: Gateway, world: World, line: Line, step: str, status: int,
        content_type: str, body: bytes, code: str) -> None:
    """An answer that is no answer is not shown, and is told apart from a country that cannot be reached."""
    def failure(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers={"content-type": content_type}, content=body)

    with play(line, step, failure):
        assert journey(gateway, world) == [*before(step), code]


@pytest.mark.parametrize("step", TRANSACTIONS)
@pytest.mark.parametrize(("fault", "code"), [
    ("soap-fault", "SES-082"), ("soap-relatesto-other", "SES-082"), ("soap-action-wrong", "SES-082"),
    ("http-200-html", "SES-082"), ("http-503-plain", "SES-080"), ("timeout", "SES-081"),
    ("http-close-before-status", "SES-080"),
])
def test_each_fault_of_a_country_has_its_message(
        gateway: Gateway, world: World, line: Line, step: str, fault: str,
        code: str) -> None:
    """The faults that every transaction can have, by their names in the catalogue."""
    world.ncp("HR").faults.add(fault, steps=(step,))  # type: ignore[arg-type]
    with play(line, "none", raising(httpx.ConnectError)):
        assert journey(gateway, world) == [*before(step), code]


@pytest.mark.parametrize(("kind", "code"), [
    (httpx.ConnectError, "SES-080"), (httpx.ReadTimeout, "SES-081"), (httpx.RemoteProtocolError, "SES-080"),
])
def test_without_the_directory_nothing_is_asked(gateway: Gateway, world: World, line: Line,
                                                kind: type[httpx.TransportError], code: str) -> None:
    """An SMP that is away stops the journey before the country hears of the patient."""
    with play(line, "SMP", raising(kind)):
        assert journey(gateway, world) == [code]
    assert not list(world.ncp("HR").received)
