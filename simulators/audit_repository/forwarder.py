"""The foreign NCPs' own audit trail: events wait in memory and leave in one thread, each country by itself.

A real NCP keeps what it could not deliver on disk. A simulated one does not: it keeps the newest events while
the repository is away, counts what it had to give up, and never holds up an answer.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from itertools import islice

from ehdsi.audit import AuditMessage, build_audit_message
from ehdsi.errors import EhdsiError
from ehdsi.syslog import PRIORITY_OF_OPENNCP_SERVER, frame_message
from simulators.pki import Pki

#: Events that wait while the repository is away.
MAX_WAITING = 10_000

_BATCH = 200


class AuditForwarder:
    """Takes events of all NCPs of a world; call it with a country's code and a function that makes the event.

    Parameters
    ----------
    pki : client certificates of the countries.
    host, port : the repository.
    retry_after : seconds until the next attempt after a failure.
    gather : seconds for which events gather, so that one TLS handshake serves many of them.

    Attributes
    ----------
    lost : events given up because too many waited, or because they could not be written.
    """

    def __init__(self, pki: Pki, *, host: str, port: int, retry_after: float = 1.0,
                 gather: float = 5.0) -> None:
        self.lost = 0
        self._gather = gather
        self._hurry = False
        self._pki = pki
        self._address = (host, port)
        self._retry_after = retry_after
        self._waiting: deque[_Event] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._thread = threading.Thread(target=self._run, name="ncp-audit", daemon=True)

    def __call__(self, country: str, make: Callable[[], AuditMessage]) -> None:
        """Take an event; the message is made later, in the thread that sends it.

        When many wait it is written at once: until then it holds on to a whole request.
        """
        frame = _frame(country, make) if len(self._waiting) >= _BATCH else None
        with self._changed:
            self._waiting.append(_Event(country, make if frame is None else None, frame or b""))
            if len(self._waiting) > MAX_WAITING:
                self._waiting.popleft()
                self.lost += 1
            if len(self._waiting) == 1:  # the thread sleeps only while nothing waits, or while events gather
                self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """Events that wait to be sent."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what waits is forgotten."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(2.0)

    def flush(self, timeout: float) -> bool:
        """Wait until everything has left, at most ``timeout`` seconds; says whether it has."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            gone = self._changed.wait_for(lambda: not self._waiting, timeout)
            self._hurry = False
            return gone

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping)
                self._changed.wait_for(lambda: self._hurry or self._stopping, self._gather)
                countries = tuple(dict.fromkeys(one.country for one in self._waiting))
            for country in countries:
                if self._stopping:
                    return
                if not self._send_batch(country):
                    with self._changed:
                        self._changed.wait_for(lambda: self._stopping, self._retry_after)
                    break
            if self._stopping:
                return

    def _send_batch(self, country: str) -> bool:
        """Send the oldest events of a country; says whether they arrived."""
        with self._changed:
            batch = list(islice((one for one in self._waiting if one.country == country), _BATCH))
        frames = [frame for one in batch if (frame := one.written())]
        try:
            self._send(country, frames)
        except OSError:
            return False
        gone = set(batch)
        with self._changed:
            self.lost += len(batch) - len(frames)
            self._waiting = deque(one for one in self._waiting if one not in gone)
            self._changed.notify_all()
        return True

    def _send(self, country: str, frames: list[bytes]) -> None:
        """Send in order and wait for the orderly end; raises OSError when it does not come."""
        with (socket.create_connection(self._address, 5.0) as plain,
              self._context(country).wrap_socket(plain, server_hostname=self._address[0]) as secure):
            secure.sendall(b"".join(frames))
            with contextlib.suppress(ssl.SSLZeroReturnError):
                secure.unwrap().close()

    def _context(self, country: str) -> ssl.SSLContext:
        if country not in self._contexts:
            self._contexts[country] = self._pki.client_context(self._pki.tls_client(country))
        return self._contexts[country]


class _Event:
    """An event that waits: written already, or the function that makes it."""

    __slots__ = ("_frame", "_make", "country")

    def __init__(self, country: str, make: Callable[[], AuditMessage] | None, frame: bytes) -> None:
        self.country = country
        self._make = make
        self._frame = frame

    def written(self) -> bytes:
        """The event as it travels, see ``_frame``; what it was made from is let go."""
        if self._make is not None:
            self._frame, self._make = _frame(self.country, self._make), None
        return self._frame


def _frame(country: str, make: Callable[[], AuditMessage]) -> bytes:
    """The event as it travels; nothing for one that cannot be made, which must not stop those behind it."""
    try:
        message = make()
        return frame_message(build_audit_message(message), host=f"ncp.{country.lower()}", time=message.time,
                             priority=PRIORITY_OF_OPENNCP_SERVER)
    except (EhdsiError, ValueError):
        return b""
