"""Many TLS servers in one thread and one event loop: the legs on which every simulator stands.

Each listener is one port with one ASGI application. uvicorn's HTTP protocol (httptools, uvloop) does the
parsing; start, stop and the choice of the TLS context are ours, because a simulator must start in
milliseconds, stop within two seconds whatever its clients do, and change its certificate while it runs.

What applications find in ``scope["extensions"]``:

``ncpeh.peer_certificate``
    DER bytes of the client's certificate, or ``None``.
``ncpeh.transport``
    the asyncio transport, for faults that cut the connection.
``ncpeh.idle``
    seconds since the last answer on the same connection, 0 for its first request.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from ehdsi.errors import LocalError
from simulators.arrivals import Arrivals

Scope = dict[str, Any]
Message = dict[str, Any]
Application = Callable[
    [Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

PEER_CERTIFICATE = "ncpeh.peer_certificate"
TRANSPORT = "ncpeh.transport"
IDLE = "ncpeh.idle"

#: Bytes of a body that is read whole before anybody looks at it; uvicorn stops reading at 64 KiB.
SHORT = 48 * 1024

#: Seconds that open requests get to finish when a thread of servers stops.
GRACE = 0.5

_T = TypeVar("_T")

logging.getLogger("uvicorn.error").addHandler(logging.NullHandler())


class PeerCertificateProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol which also tells the application who is on the other end of TLS.

    An application that has a method ``at_once(scope, body)`` is asked for the bytes of the whole answer as
    soon as a short request is there, which saves the task of an ASGI application and the events around it.
    What is long, chunked, wants ``100 Continue`` or came before its turn goes the way of ASGI, and so does an
    answer that is not sent at once and whole.
    """

    _held: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        self.peer_certificate: bytes | None = tls.getpeercert(True) if tls else None
        self.answered: float | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Scope = self.scope  # type: ignore[assignment]
        idle = 0.0 if self.answered is None else self.loop.time() - self.answered
        scope["extensions"] = {
            PEER_CERTIFICATE: self.peer_certificate,
            TRANSPORT: self.transport,
            IDLE: idle,
        }

    def on_message_complete(self) -> None:
        super().on_message_complete()
        cycle, self._held = self._held, None
        if cycle is None:
            return
        answer, application = self.app.at_once(cycle.scope, bytes(cycle.body))
        if not (answer and cycle.keep_alive) or self.flow.write_paused:
            super()._start_asgi_task(cycle, application)
            return
        self.transport.write(answer)
        cycle.response_started = cycle.response_complete = True
        self.on_response_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.answered = self.loop.time()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Hold a short request back until it is whole; a uvicorn without this hook answers by tasks only."""
        if cycle is self.cycle and hasattr(app, "at_once") and _is_short(cycle):
            self._held = cycle
        else:
            super()._start_asgi_task(cycle, app)


def _is_short(cycle: RequestResponseCycle) -> bool:
    """Is this the head of an ordinary request whose body will be here in a moment?"""
    headers = cycle.scope["headers"]
    lengths = [value for name, value in headers if name == b"content-length"]
    return (cycle.more_body and not cycle.waiting_for_100_continue
            and cycle.scope["method"] in ("GET", "POST")
            and not any(name == b"transfer-encoding" for name, _ in headers)
            and sum(map(int, lengths)) <= SHORT)


@dataclass(slots=True, kw_only=True)
class Listener:
    """One port and what answers on it.

    Attributes
    ----------
    application : the ASGI application; HTTP scopes only, no lifespan.
    context : TLS context, or ``None`` for clear text.
    host, port : where to listen; port 0 takes a free one, which ``port`` tells after the start.
    """

    application: Application
    context: ssl.SSLContext | None
    host: str = "127.0.0.1"
    port: int = 0
    _socket: socket.socket | None = field(default=None, repr=False)
    _server: asyncio.AbstractServer | None = field(default=None, repr=False)
    _state: ServerState = field(default_factory=ServerState, repr=False)
    _arrivals: Arrivals = field(default_factory=Arrivals, repr=False)

    @property
    def url(self) -> str:
        """``https://host:port`` without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.context else 'http'}://{host}:{self.port}"


class ServerThread:
    """A daemon thread with an event loop that serves any number of listeners."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="ncpeh-simulators", daemon=True)

    def start(self, listeners: Sequence[Listener] = ()) -> None:
        """Bind all ports and return once they accept connections.

        Raises
        ------
        LocalError : a port is in use; the sentence says which and what to do.
        """
        if not self._thread.is_alive():
            self._thread.start()
            self._ready.wait()
        for listener in listeners:
            _bind(listener)
        self.call(self._serve(listeners))
        self._listeners.extend(listeners)

    def call(self, coroutine: Coroutine[Any, Any, _T], timeout: float | None = 10.0) -> _T:
        """Run a coroutine in the servers' loop and wait for its result."""
        assert self._loop is not None, "the server thread was not started"
        waiting: Future[_T] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return waiting.result(timeout)

    def replace_context(self, listener: Listener, context: ssl.SSLContext | None) -> None:
        """Serve new connections of a listener with another TLS context; open connections are cut."""
        self.call(self._replace(listener, context))

    def drop_connections(self, listener: Listener) -> None:
        """Cut every open connection of a listener, as a crashed peer would."""
        self.call(_abort_all(listener))

    def stop(self) -> None:
        """Close ports and connections; open requests get half a second. Stopping twice is harmless."""
        if self._loop is None or not self._thread.is_alive():
            return
        with contextlib.suppress(TimeoutError):
            self.call(self._close(), timeout=5.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        loop = _new_loop()
        self._loop = loop
        asyncio.set_event_loop(loop)
        loop.call_soon(self._ready.set)
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            asyncio.set_event_loop(None)
            loop.close()

    async def _serve(self, listeners: Sequence[Listener]) -> None:
        for listener in listeners:
            await self._listen(listener)

    async def _listen(self, listener: Listener) -> None:
        assert listener._socket is not None
        config = Config(
            listener.application,
            http=PeerCertificateProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
        )
        config.load()
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.Protocol:
            made = PeerCertificateProtocol(
                config=config, server_state=listener._state, app_state={}, _loop=loop
            )
            return listener._arrivals.add(made)

        listener._server = await loop.create_server(
            protocol, sock=listener._socket.dup(), ssl=listener.context, backlog=2048
        )

    async def _replace(self, listener: Listener, context: ssl.SSLContext | None) -> None:
        if listener._server is not None:
            listener._server.close()
        await _abort_all(listener)
        listener.context = context
        await self._listen(listener)

    async def _close(self) -> None:
        for listener in self._listeners:
            if listener._server is not None:
                listener._server.close()
            for connection in list(listener._state.connections):
                connection.shutdown()
        deadline = asyncio.get_running_loop().time() + GRACE
        while any(listener._state.tasks for listener in self._listeners):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.01)
        for listener in self._listeners:
            await listener._arrivals.settle(deadline - asyncio.get_running_loop().time())
            await _abort_all(listener)
            for task in list(listener._state.tasks):
                task.cancel()
            if listener._socket is not None:
                listener._socket.close()
        self._listeners.clear()
        await asyncio.sleep(0)


async def _abort_all(listener: Listener) -> None:
    for connection in list(listener._state.connections):
        connection.transport.abort()
    await asyncio.sleep(0)


def _bind(listener: Listener) -> None:
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((listener.host, listener.port))
    except OSError as error:
        bound.close()
        raise LocalError(
            f"cannot listen on {listener.host} port {listener.port} ({error.strerror}); "
            "stop the program that uses it, or choose another port (0: any free one)"
        ) from None
    bound.setblocking(False)
    bound.listen(2048)
    listener.port = bound.getsockname()[1]
    listener._socket = bound


def _new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it is installed (it is not on Windows), else the standard loop."""
    try:
        import uvloop
    except ImportError:  # pragma: no cover
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
