"""Connections that have been accepted and whose TLS handshake is not over yet.

A server that closes cannot abort them, for its protocols have no transport by then; and a loop that is closed
while a handshake arrives breaks. So whoever closes a loop waits for them first, not longer than its grace.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol, TypeVar
from weakref import WeakSet


class Arriving(Protocol):
    """A protocol whose ``transport`` is ``None`` until the connection is made."""

    @property
    def transport(self) -> Any: ...


_T = TypeVar("_T", bound=Arriving)


class Arrivals:
    """Every protocol that a server has made; weakly, so that one whose handshake failed is forgotten."""

    def __init__(self) -> None:
        self._protocols: WeakSet[Any] = WeakSet()

    def add(self, protocol: _T) -> _T:
        """Remember a protocol at the moment its connection is accepted."""
        self._protocols.add(protocol)
        return protocol

    async def settle(self, grace: float) -> None:
        """Wait until no handshake is under way, at most ``grace`` seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + grace
        while any(one.transport is None for one in list(self._protocols)) and loop.time() < end:
            await asyncio.sleep(0.01)
