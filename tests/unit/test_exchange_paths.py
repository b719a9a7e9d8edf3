"""How far a journey of the gateway gets when one transaction goes wrong, without a socket.

What each transaction makes of each single failure stands in ``test_exchange_matrix.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import respx

from ehdsi.traits import Traits
from sesali.config import from_world
from sesali.gateway import Gateway
from sesali.outcomes import StepRefused
from sesali.professional import DEMONSTRATOR
from simulators import in_process
from simulators.world import World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

#: Transactions in the order of a journey.
TRANSACTIONS = ("ITI-55", "ITI-38", "ITI-39")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One country without sockets."""
    return World(["HR"], clock=lambda: NOW).without_sockets()


@pytest.fixture
def line(world: World) -> Iterator[respx.MockRouter]:
    """The network of this test; what it mocks itself comes before the simulators."""
    world.reset()
    with respx.mock(assert_all_called=False) as router:
        yield router


def connect(line: respx.MockRouter, world: World) -> None:
    """Let the simulators answer everything that the test has not taken for itself."""
    for url, answer in in_process.answers(world).items():
        line.route(url__startswith=url).mock(side_effect=answer)


@pytest.fixture
def gateway(world: World, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway for that country, which has never asked anybody anything."""
    numbers = iter(range(1, 10_000))
    config = from_world(world.world_json(tmp_path))
    new_id = lambda: f"00000000-0000-4000-8000-{next(numbers):012}"  # noqa: E731
    with Gateway(config, clock=lambda: NOW, new_id=new_id) as made:
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


def before(step: str) -> list[str]:
    """The transactions that come before one."""
    return list(TRANSACTIONS[:TRANSACTIONS.index(step)])


def test_without_a_failure_the_journey_ends_well(gateway: Gateway, world: World,
                                                 line: respx.MockRouter) -> None:
    """The network of these tests itself breaks nothing."""
    connect(line, world)
    assert journey(gateway, world) == list(TRANSACTIONS)


@pytest.mark.parametrize("step", TRANSACTIONS)
@pytest.mark.parametrize(("failure", "code"), [
    (httpx.ConnectError, "SES-080"), (httpx.ReadTimeout, "SES-081"),
    (httpx.Response(500, html="<html/>"), "SES-082"), (httpx.Response(503), "SES-080"),
])
def test_the_journey_stops_where_it_fails(gateway: Gateway, world: World, line: respx.MockRouter, step: str,
                                          failure: type[Exception] | httpx.Response, code: str) -> None:
    """What went well before stays, the failure has its message, and nothing more is asked of the country."""
    marks = {"ITI-55": b"CrossGatewayPatientDiscovery", "ITI-38": b"CrossGatewayQuery",
             "ITI-39": b"CrossGatewayRetrieve"}
    spoilt = line.route(content__contains=marks[step]).mock(
        **{"return_value" if isinstance(failure, httpx.Response) else "side_effect": failure})
    connect(line, world)
    assert journey(gateway, world) == [*before(step), code]
    assert spoilt.called
    assert [one.step for one in world.ncp("HR").received] == before(step)


@pytest.mark.parametrize("step", TRANSACTIONS)
@pytest.mark.parametrize(("fault", "code"), [
    ("soap-fault", "SES-082"), ("soap-relatesto-other", "SES-082"), ("soap-action-wrong", "SES-082"),
    ("http-200-html", "SES-082"), ("http-503-plain", "SES-080"), ("timeout", "SES-081"),
    ("http-close-before-status", "SES-080"),
])
def test_each_fault_of_a_country_has_its_message(gateway: Gateway, world: World, line: respx.MockRouter,
                                                 step: str, fault: str, code: str) -> None:
    """The faults that every transaction can have, by their names in the catalogue."""
    world.ncp("HR").faults.add(fault, steps=(step,))  # type: ignore[arg-type]
    connect(line, world)
    assert journey(gateway, world) == [*before(step), code]


@pytest.mark.parametrize(("kind", "code"), [
    (httpx.ConnectError, "SES-080"), (httpx.ReadTimeout, "SES-081"), (httpx.RemoteProtocolError, "SES-080"),
])
def test_without_the_directory_nothing_is_asked(gateway: Gateway, world: World, line: respx.MockRouter,
                                                kind: type[httpx.TransportError], code: str) -> None:
    """An SMP that is away stops the journey before the country hears of the patient."""
    line.get().mock(side_effect=kind)
    connect(line, world)
    assert journey(gateway, world) == [code]
    assert not list(world.ncp("HR").received)
