"""A document keeps its bytes under its id when the clock strikes, and is made anew when it has grown old."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from simulators.clock import SettableClock
from simulators.world import World
from tests.component.test_quirks import DirectGateway

BEFORE = datetime(2026, 3, 1, 9, 59, 58, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[World]:
    yield World(["HR"], clock=SettableClock(BEFORE)).without_sockets()


def _retrieved(gateway: DirectGateway, ids: tuple[str, str]) -> bytes:
    reply = gateway.send(gateway.retrieve(gateway.patient("HR-1"), ids))
    (document,) = reply.retrieved().documents
    return document.content


def test_the_turn_of_the_hour_changes_no_document(world: World) -> None:
    """Listed at 9:59, retrieved before and after ten: the same bytes; five hours later a new making."""
    gateway = DirectGateway(world, "HR")
    ids, *_ = gateway.listed("HR-1")
    first = _retrieved(gateway, ids)
    assert isinstance(world.clock, SettableClock)
    world.clock.advance(timedelta(seconds=4))
    assert _retrieved(gateway, ids) == first
    world.clock.advance(timedelta(hours=5))
    assert _retrieved(gateway, ids) != first


def test_a_reset_forgets_when_documents_were_made(world: World) -> None:
    """After a reset the documents carry the time of their next request."""
    gateway = DirectGateway(world, "HR")
    ids, *_ = gateway.listed("HR-1")
    first = _retrieved(gateway, ids)
    assert isinstance(world.clock, SettableClock)
    world.clock.advance(timedelta(seconds=4))
    world.ncp("HR").reset()
    assert _retrieved(gateway, ids) != first
