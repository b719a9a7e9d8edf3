"""A closed-loop driver that costs as little as Python can: blocking TLS sockets, requests ready as bytes.

Each connection has one request on the way at a time; the next one goes out when its answer is in.
"""

from __future__ import annotations

import itertools
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass

from exchange.tls import ClientTls, client_context

_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """What came of a run: answers, seconds, CPU seconds of the driver, bytes of the last answer's body."""

    answers: int
    seconds: float
    own_cpu: float
    last: bytes

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


class Connections:
    """Kept connections to one server."""

    def __init__(self, host: str, port: int, tls: ClientTls, count: int) -> None:
        context = client_context(tls)
        context.check_hostname = False
        self._context: ssl.SSLContext = context
        self._sockets = [self._connect(host, port) for _ in range(count)]
        self._buffer = bytearray(1 << 20)
        self.last = b""

    def _connect(self, host: str, port: int) -> ssl.SSLSocket:
        plain = socket.create_connection((host, port), timeout=30)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._context.wrap_socket(plain, server_hostname=host)

    def drive(self, requests: Sequence[bytes], *, answers: int = 0, seconds: float = 0.0) -> Driven:
        """Send these requests in turn until so many answers came, or so many seconds went by.

        Raises
        ------
        RuntimeError : an answer is no HTTP 200, or holds a registry failure: the figure would be worthless.
        """
        waiting = itertools.cycle(requests)
        begin, cpu = time.perf_counter(), time.process_time()
        end, done = begin + seconds, 0
        for connection in self._sockets:
            connection.sendall(next(waiting))
        for connection in itertools.cycle(self._sockets):
            self._receive(connection)
            done += 1
            if (answers and done > answers - len(self._sockets)) or (seconds and time.perf_counter() > end):
                break
            connection.sendall(next(waiting))
        spent, own = time.perf_counter() - begin, time.process_time() - cpu
        place = self._sockets.index(connection)
        for other in (*self._sockets[place + 1:], *self._sockets[:place]):
            self._receive(other)
        return Driven(answers=done, seconds=spent, own_cpu=own, last=self.last)

    def _receive(self, connection: ssl.SSLSocket) -> None:
        view = memoryview(self._buffer)
        size = connection.recv_into(view)
        while (head := self._buffer.find(_END, 0, size)) < 0:
            size += _more(connection, view[size:])
        lines = bytes(view[:head]).lower().split(b"\r\n")
        length = int(next(line for line in lines if line.startswith(b"content-length:"))[15:])
        total = head + len(_END) + length
        while size < total:
            size += _more(connection, view[size:])
        if not lines[0].startswith(b"http/1.1 200"):
            raise RuntimeError(f"the server answered {lines[0].decode('latin-1')}")
        if self._buffer.find(b"ResponseStatusType:Failure", head, head + 4096) >= 0:
            raise RuntimeError("the server refused a request that should be served")
        self.last = bytes(view[head + len(_END):total])

    def close(self) -> None:
        """Close all connections."""
        for one in self._sockets:
            one.close()


def _more(connection: ssl.SSLSocket, view: memoryview) -> int:
    size = connection.recv_into(view)
    if not size:
        raise RuntimeError("the server closed the connection")
    return size
