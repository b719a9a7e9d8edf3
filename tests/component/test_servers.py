"""Short requests are answered without a task of their own: byte by byte as those that have one."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from simulators.http import Delivery, HttpRequest, HttpResponse, application
from simulators.server import SHORT, Listener, Message, Scope, ServerThread

CLOSE = b"connection: close\r\n"
POST = b"POST /a%20b?c=d HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\n"


def length(body: bytes) -> bytes:
    return b"content-length: %d\r\n" % len(body)


#: Everything that a client may do with one connection; the last request asks for its end.
CONVERSATIONS = {
    "one": [POST + length(b"hello") + CLOSE + b"\r\nhello"],
    "one after the other": [POST + length(b"a") + b"\r\na", POST + length(b"b") + CLOSE + b"\r\nb"],
    "in pieces": [POST + length(b"hello"), CLOSE, b"\r\nhe", b"llo"],
    "pipelined": [POST + length(b"1") + b"\r\n1" + POST + length(b"2") + b"\r\n2" + POST + length(b"3")
                  + CLOSE + b"\r\n3"],
    "pipelined, the first is slow": [
        b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n" + POST + length(b"2") + b"\r\n2" + POST + length(b"3")
        + CLOSE + b"\r\n3"],
    "pipelined, the first is long": [
        POST + length(b"z" * SHORT * 2) + b"\r\n" + b"z" * SHORT * 2 + POST + length(b"2") + CLOSE
        + b"\r\n2"],
    "no body": [b"GET /odd HTTP/1.1\r\nhost: x\r\n" + CLOSE + b"\r\n"],
    "head": [b"HEAD / HTTP/1.1\r\nhost: x\r\n" + CLOSE + b"\r\n"],
    "chunked": [POST + b"transfer-encoding: chunked\r\n" + CLOSE + b"\r\n5\r\nhello\r\n0\r\n\r\n"],
    "asks first": [POST + b"expect: 100-continue\r\n" + length(b"hello") + CLOSE + b"\r\n", b"hello"],
    "old": [b"POST / HTTP/1.0\r\nhost: x\r\n" + length(b"hello") + b"\r\nhello"],
    "short as can be": [POST + length(b"y" * SHORT) + CLOSE + b"\r\n" + b"y" * SHORT],
    "too long for that": [POST + length(b"y" * (SHORT + 1)) + CLOSE + b"\r\n" + b"y" * (SHORT + 1)],
    "other method": [b"PUT / HTTP/1.1\r\nhost: x\r\n" + length(b"hello") + CLOSE + b"\r\nhello"],
    "an error of ours": [b"GET /error HTTP/1.1\r\nhost: x\r\n\r\n" + POST + length(b"2") + CLOSE + b"\r\n2"],
    "no content": [b"GET /none HTTP/1.1\r\nhost: x\r\n\r\n" + POST + length(b"2") + CLOSE + b"\r\n2"],
    "cut": [b"GET /cut HTTP/1.1\r\nhost: x\r\n\r\n"],
    "no http": [b"\x16\x03\x01 hello\r\n\r\n"],
    "body never whole": [POST + length(b"hello") + b"\r\nhe", b""],
}


def handle(request: HttpRequest) -> HttpResponse:
    """Says back what was understood; some paths have ways of their own."""
    match request.path:
        case "/slow":
            return HttpResponse(body=b"slow", delivery=Delivery(delay=0.02))
        case "/cut":
            return HttpResponse(body=b"x" * 4000, delivery=Delivery(cut_at=0.5))
        case "/odd":
            return HttpResponse(status=418, headers=(("X-Odd", "é"), ("Content-Length", "3")), body=b"odd")
        case "/none":
            return HttpResponse(status=204)
        case "/error":
            raise RuntimeError("meant")
    told = (request.method, request.path, request.query, request.headers, len(request.body), request.body[:9])
    return HttpResponse(headers=(("Content-Type", "text/plain"),), body=repr(told).encode())


@pytest.fixture(scope="module")
def listeners() -> Iterator[tuple[Listener, Listener]]:
    """The same application, whole, and as one that knows nothing but ASGI."""
    whole = application(handle)

    async def only_asgi(scope: Scope, receive: Message, send: Message) -> None:
        await whole(scope, receive, send)  # type: ignore[arg-type]

    both = (Listener(application=whole, context=None),
            Listener(application=only_asgi, context=None))  # type: ignore[arg-type]
    thread = ServerThread()
    thread.start(both)
    thread.call(_silence())
    yield both
    thread.stop()


async def _silence() -> None:
    """The error that is meant is not told to everybody."""
    import asyncio

    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)


def said(listener: Listener, pieces: list[bytes]) -> bytes:
    """What comes back until the other side ends the connection, or ours has nothing more to say."""
    with socket.create_connection((listener.host, listener.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        if not pieces[-1]:
            connection.shutdown(socket.SHUT_WR)
        found = b""
        while more := connection.recv(65536):
            found += more
    return found


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_both_ways_say_the_same(listeners: tuple[Listener, Listener], name: str) -> None:
    """Whatever a client does with its connection, the bytes that come back do not tell which way was gone."""
    whole, only_asgi = (said(one, CONVERSATIONS[name]) for one in listeners)
    assert whole == only_asgi
    assert (whole == b"") == (name in ("body never whole",))


def test_a_short_request_has_no_task() -> None:
    """What can be answered at once never reaches the ASGI application."""
    class AtOnce:
        async def __call__(self, _scope: Scope, _receive: object, _send: object) -> None:
            raise AssertionError("a task was started")

        def at_once(self, _scope: Scope, body: bytes) -> tuple[bytes, object]:
            return b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" + body, None

    listener = Listener(application=AtOnce(), context=None)
    thread = ServerThread()
    thread.start((listener,))
    with socket.create_connection((listener.host, listener.port), timeout=10) as connection:
        for _ in range(2):
            connection.sendall(POST + length(b"ok") + b"\r\nok")
            assert connection.recv(65536).endswith(b"\r\n\r\nok")
    thread.stop()


def test_a_hundred_requests_on_one_connection(listeners: tuple[Listener, Listener]) -> None:
    """All are answered, in order, whatever follows whatever."""
    bodies = [b"%d" % number for number in range(100)]
    pieces = [(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n" if int(one) % 7 == 3 else b"")
              + POST + length(one) + b"\r\n" + one for one in bodies]
    pieces.append(POST + length(b"") + CLOSE + b"\r\n")
    whole, only_asgi = (said(one, pieces) for one in listeners)
    assert whole == only_asgi
    assert whole.count(b"HTTP/1.1 200 OK") == 101 + sum(int(one) % 7 == 3 for one in bodies)
