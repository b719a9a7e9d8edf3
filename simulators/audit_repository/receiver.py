"""Syslog over TLS, the receiving end: whole frames are stored before the connection is closed in order.

A sender that waits for our ``close_notify`` therefore knows that all it sent is stored. When the stream is
out of step or ends within a frame, the connection is reset instead, and the sender knows that too.

Source: RFC 5425, 4.2 (both ends show certificates), 4.3.1 (octet counting), 4.4 (closure).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import cast

from cryptography import x509
from cryptography.x509.oid import NameOID

from ehdsi import syslog
from ehdsi.errors import LocalError, MalformedMessage
from simulators.arrivals import Arrivals

#: Stores messages of a sender (common name of its certificate); on return they are safe.
StoreFrames = Callable[[tuple[bytes, ...], str], None]
#: Seconds that a TLS handshake gets to finish before the receiver is away.
GRACE = 0.5


class SyslogReceiver:
    """One port for syslog over TLS. Its coroutines run in the loop of the thread that serves.

    Parameters
    ----------
    context : TLS context of the server.
    store : gets the messages.
    host, port : where to listen; port 0 takes a free one and keeps it.

    Attributes
    ----------
    refused : connections that were reset because of what came over them.
    """

    def __init__(self, context: ssl.SSLContext, store: StoreFrames, *, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.refused = 0
        self._context = context
        self._store = store
        self._server: asyncio.AbstractServer | None = None
        self._connections: set[_Connection] = set()
        self._arrivals = Arrivals()
        self._paused = False

    @property
    def state(self) -> str:
        """``listening``, ``paused`` or ``stopped``."""
        if self._server is None:
            return "stopped"
        return "paused" if self._paused else "listening"

    async def open(self) -> None:
        """Begin to listen, always on the same port; harmless when it does already.

        Raises
        ------
        LocalError : the port is in use.
        """
        if self._server is not None:
            return
        bound = _bound(self.host, self.port)
        self.port = bound.getsockname()[1]
        self._server = await asyncio.get_running_loop().create_server(
            lambda: self._arrivals.add(_Connection(self)), sock=bound, ssl=self._context, backlog=256)

    async def close(self) -> None:
        """Stop at once, as if the machine were switched off: connections are reset, nothing is confirmed."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._arrivals.settle(GRACE)
        for connection in list(self._connections):
            connection.abort()
        self._paused = False
        await asyncio.sleep(0)

    async def pause(self, paused: bool) -> None:
        """Stop reading (connections are accepted, then nothing happens), or go on."""
        self._paused = paused
        for connection in list(self._connections):
            connection.pause(paused)

    def take(self, frames: tuple[bytes, ...], sender: str) -> None:
        """Store messages of a connection."""
        self._store(frames, sender)

    def arrived(self, connection: _Connection) -> None:
        """A connection was made."""
        self._connections.add(connection)
        connection.pause(self._paused)

    def left(self, connection: _Connection) -> None:
        """A connection ended."""
        self._connections.discard(connection)


class _Connection(asyncio.Protocol):
    """One sender."""

    def __init__(self, receiver: SyslogReceiver) -> None:
        self._receiver = receiver
        self._waiting = b""
        self._sender = ""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._sender = _common_name(transport.get_extra_info("ssl_object").getpeercert(True))
        self._receiver.arrived(self)

    def data_received(self, data: bytes) -> None:
        try:
            frames, self._waiting = syslog.split_frames(self._waiting + data)
        except MalformedMessage:
            self._receiver.refused += 1
            self.abort()
            return
        if frames:
            self._receiver.take(frames, self._sender)

    def eof_received(self) -> bool | None:
        if self._waiting:
            self._receiver.refused += 1
            self.abort()
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._receiver.left(self)

    def pause(self, paused: bool) -> None:
        """Read no more, or go on."""
        if self.transport is not None and self.transport.is_reading() == paused:
            (self.transport.pause_reading if paused else self.transport.resume_reading)()

    def abort(self) -> None:
        """Reset the connection."""
        if self.transport is not None:
            self.transport.abort()


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise LocalError(f"the audit repository cannot listen on {host} port {port} ({error.strerror}); stop "
                         "the program that uses it, or choose another port (0: any free one)") from None
    bound.setblocking(False)
    return bound


def _common_name(der: bytes | None) -> str:
    if der is None:
        return ""
    subject = x509.load_der_x509_certificate(der).subject
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else subject.rfc4514_string()
