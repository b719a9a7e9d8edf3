"""What a simulator sees of an HTTP request and says in answer, and the thin ASGI shell around it.

A simulator is a function ``handle(HttpRequest) -> HttpResponse`` without I/O; the shell reads the body
(capped), calls it and sends what it says, as slowly or as brokenly as ``Delivery`` asks. The same function
answers over sockets and in-process (``pytest_plugin``).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from simulators.server import IDLE, PEER_CERTIFICATE, TRANSPORT, Application, Message, Scope

#: Bytes of a request body that a simulator keeps; a longer one is read to its end, thrown away and refused.
MAX_BODY = 16 * 1024 * 1024

#: Bytes after which the connection of a client that goes on sending is cut.
MAX_READ = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One request.

    Attributes
    ----------
    method, path, query : as on the request line; ``path`` is percent-decoded, ``query`` without ``?``.
    headers : names in lower case, values as sent, in order.
    body : the bytes; empty when ``too_large``.
    peer_certificate : DER of the TLS client certificate, ``None`` without one.
    too_large : the body was longer than ``MAX_BODY``.
    idle : seconds for which the connection had lain idle before it.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    peer_certificate: bytes | None = None
    too_large: bool = False
    idle: float = 0.0

    def header(self, name: str) -> str:
        """The first value of a header, empty when it is absent; ``name`` in lower case."""
        return next((value for key, value in self.headers if key == name), "")

    def header_values(self, name: str) -> tuple[str, ...]:
        """Every value of a header; ``name`` in lower case."""
        return tuple(value for key, value in self.headers if key == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How an answer travels; the default is at once and whole.

    Attributes
    ----------
    delay : seconds before the first byte.
    hang : never answer; the connection stays open until the client leaves.
    cut_at : send this share (0 to 1) of the body, then cut; ``None`` sends all of it. At 0 not even the
        status line is sent.
    reset : cut with a TCP reset instead of an orderly end.
    drip : seconds between pieces of 1 kB.
    stall : after the share, stop sending instead of cutting; the connection stays open.
    version : say this HTTP version and the headers as they are, true or not, then close (``1.0``, ``1.1``).
    """

    delay: float = 0.0
    hang: bool = False
    cut_at: float | None = None
    reset: bool = False
    drip: float = 0.0
    stall: bool = False
    version: str = ""


#: At once and whole.
AT_ONCE = Delivery()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """One answer; ``content-length`` is added by the shell where it is absent."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delivery: Delivery = AT_ONCE

    def header(self, name: str) -> str:
        """The first value of a header, empty when it is absent; ``name`` in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), "")


#: Headers whose values change nothing about the way an answer travels.
_PLAIN = frozenset({"content-type", "cache-control", "location", "set-cookie", "etag", "last-modified",
                    "content-disposition", "allow", "x-content-type-options", "content-security-policy"})

#: Status lines of answers with a body.
_PHRASES = {int(one): one.phrase for one in HTTPStatus if one >= 200 and one not in (204, 205, 304)}

Handler = Callable[[HttpRequest], HttpResponse]

_Receive = Callable[[], Awaitable[Message]]
_Send = Callable[[Message], Awaitable[None]]


def application(handle: Handler) -> Application:
    """The ASGI application that answers with ``handle``.

    An exception of ``handle`` is our own bug: the client gets a bare 500 without a word about it, the
    exception goes to the event loop's handler, and the server lives on.
    """
    return _Application(handle)


@dataclass(frozen=True, slots=True)
class _Application:
    handle: Handler

    async def __call__(self, scope: Scope, receive: _Receive, send: _Send) -> None:
        request = await _read(scope, receive)
        if request is None:
            return
        response = self._answered(request)
        with contextlib.suppress(ConnectionError):
            await _deliver(response, scope["extensions"][TRANSPORT], receive, send)

    def at_once(self, scope: Scope, body: bytes) -> tuple[bytes, Application]:
        """The whole answer to a whole request, as bytes (none when it takes time), and who delivers it."""
        response = self._answered(_request(scope, body))
        return _whole(response), _Application(lambda _: response)

    def _answered(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.handle(request)
        except Exception as error:
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a simulator failed to answer", "exception": error}
            )
            return HttpResponse(
                status=500, headers=(("content-type", "text/plain"),), body=b"internal error of the simulator"
            )


def peer_certificate_of(scope: Scope) -> bytes | None:
    """The TLS client certificate (DER) in an ASGI scope of ``simulators.server``."""
    found: bytes | None = scope.get("extensions", {}).get(PEER_CERTIFICATE)
    return found


async def _read(scope: Scope, receive: _Receive) -> HttpRequest | None:
    """The whole request, or ``None`` when the client left or would not stop sending."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        size += len(message.get("body", b""))
        if size <= MAX_BODY:
            chunks.append(message.get("body", b""))
        elif size > MAX_READ:
            scope["extensions"][TRANSPORT].abort()
            return None
        if not message.get("more_body"):
            break
    return _request(scope, b"".join(chunks) if size <= MAX_BODY else b"", too_large=size > MAX_BODY)


def _request(scope: Scope, body: bytes, *, too_large: bool = False) -> HttpRequest:
    headers = tuple(
        (key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in scope["headers"]
    )
    return HttpRequest(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        peer_certificate=peer_certificate_of(scope),
        too_large=too_large,
        idle=scope.get("extensions", {}).get(IDLE, 0.0),
    )


async def _deliver(
    response: HttpResponse, transport: asyncio.Transport, receive: _Receive, send: _Send
) -> None:
    way = response.delivery
    if way.hang:
        await receive()
        return
    if way.delay:
        await asyncio.sleep(way.delay)
    if way.cut_at == 0:
        await _cut(transport, way.reset)
        return
    if way.version:
        transport.write(_verbatim(response))
        transport.close()
        return
    headers = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in _headers(response)]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    body = response.body if way.cut_at is None else response.body[: int(len(response.body) * way.cut_at)]
    for piece in _pieces(body) if way.drip else ():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(way.drip)
    rest = b"" if way.drip else body
    await send({"type": "http.response.body", "body": rest, "more_body": way.cut_at is not None})
    if way.stall:
        await receive()
    elif way.cut_at is not None:
        await _cut(transport, way.reset)


def _headers(response: HttpResponse) -> list[tuple[str, str]]:
    """The headers of an answer, names in lower case, with its length."""
    headers = [(key.lower(), value) for key, value in response.headers]
    if not any(key == "content-length" for key, _ in headers):
        headers.append(("content-length", str(len(response.body))))
    return headers


def _whole(response: HttpResponse) -> bytes:
    """The bytes of an answer that is ordinary in every respect; empty for any other."""
    headers = _headers(response)
    length = str(len(response.body))
    plain = all((value == length) if key == "content-length" else key in _PLAIN and value.isprintable()
                and value.isascii() for key, value in headers)
    if not plain or response.delivery != AT_ONCE or response.status not in _PHRASES:
        return b""
    head = "".join(f"{key}: {value}\r\n" for key, value in headers)
    return f"HTTP/1.1 {response.status} {_PHRASES[response.status]}\r\n{head}\r\n".encode() + response.body


def _verbatim(response: HttpResponse) -> bytes:
    """An answer byte by byte, for headers that do not tell the truth."""
    head = [f"HTTP/{response.delivery.version} {response.status} Status"]
    head += [f"{name}: {value}" for name, value in response.headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + response.body


def _pieces(body: bytes) -> list[bytes]:
    return [body[start : start + 1024] for start in range(0, len(body), 1024)]


async def _cut(transport: asyncio.Transport, reset: bool) -> None:
    """End the connection: orderly (bytes written so far arrive) or by a reset."""
    if not reset:
        transport.close()
        return
    await asyncio.sleep(0.02)
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
