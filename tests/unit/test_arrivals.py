"""Servers that close wait for handshakes under way, and for nothing else."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import dataclass

from simulators.arrivals import Arrivals


@dataclass(eq=False)
class Connection:
    """As much of a protocol as arrivals look at."""

    transport: object = None


def test_a_handshake_under_way_is_waited_for() -> None:
    """A loop that closes in the middle of a handshake breaks, so the server closes after it."""
    arrivals = Arrivals()
    late = arrivals.add(Connection())

    async def close() -> None:
        asyncio.get_running_loop().call_soon(setattr, late, "transport", object())
        await arrivals.settle(60)

    asyncio.run(asyncio.wait_for(close(), 10))
    assert late.transport is not None


def test_nobody_is_waited_for_longer_than_the_grace() -> None:
    """A client that never ends its handshake must not keep a simulator from stopping."""
    arrivals = Arrivals()
    stuck = arrivals.add(Connection())
    asyncio.run(asyncio.wait_for(arrivals.settle(0.0), 10))
    assert stuck.transport is None


def test_failed_handshakes_are_forgotten() -> None:
    """What is gone is not under way: a server that refused a client stops at once."""
    arrivals = Arrivals()
    arrivals.add(Connection())
    gc.collect()
    asyncio.run(asyncio.wait_for(arrivals.settle(60), 10))
