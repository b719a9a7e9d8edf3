"""The audit trail: every event is on disk before the step that caused it goes on, and leaves in order, once.

An event goes into an outbox (SQLite, write-ahead log) in the thread of the journey. One sender thread takes
the oldest events, sends them as syslog frames over TLS and marks them delivered only after the repository
has read the stream to its end and closed it: a frame handed to the operating system is not yet a frame
received. After a crash in between, the same event is sent again with the same identifier, by which a
repository knows it.

Source: IHE ITI-20 (Record Audit Event); RFC 5424; RFC 5425 (syslog over TLS, octet counting).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ehdsi.audit import AuditMessage, build_audit_message
from ehdsi.errors import LocalError
from ehdsi.syslog import frame_message

#: Sends some frames in order and returns when the repository has them all; raises OSError when it has not.
SendFrames = Callable[[Sequence[bytes]], None]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    identifier TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL,
    frame BLOB NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS waiting ON outbox (number) WHERE delivered = 0;
"""


#: Seconds that events gather before they leave: a TLS handshake costs both sides more than a page.
GATHER = 1.0

#: Bytes of the nonce in front of each encrypted frame.
_NONCE = 12


def _key(path: Path) -> bytes:
    """The key in this file; made at first use, readable by its owner only."""
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(AESGCM.generate_key(256))
    return path.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event in the outbox: its place in the order, its own identifier, the frame to send."""

    number: int
    identifier: str
    frame: bytes


class Outbox:
    """The durable queue. One connection, used by several threads under a lock.

    Events name patients, so frames lie on disk encrypted (AES-GCM) under a key in a file of its own beside
    the database, which only the owner may read. That guards copies of the database, not the machine.

    Parameters
    ----------
    path : file of the database; made when absent.
    keep : delivered events kept for inspection; older ones are deleted.
    """

    def __init__(self, path: Path, *, keep: int = 10_000) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._cipher = AESGCM(_key(path.with_suffix(".key")))
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False,
                                             timeout=5.0)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_SCHEMA)
        except (OSError, ValueError, sqlite3.Error) as error:
            raise LocalError(f"cannot open the audit trail {path}: {error}") from None

    def put(self, *, identifier: str, event: str, frame: bytes) -> None:
        """Store an event; returns when it will survive a crash of this process.

        Raises
        ------
        LocalError : the disk refuses it. A step without its audit event must not go on.
        """
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, frame, identifier.encode())
        try:
            with self._lock:
                self._database.execute("INSERT INTO outbox (identifier, event, frame) VALUES (?, ?, ?)",
                                       (identifier, event, sealed))
        except sqlite3.Error as error:
            raise LocalError(f"the audit trail cannot be written: {error}") from None

    def oldest(self, limit: int) -> tuple[Waiting, ...]:
        """Events not yet delivered, oldest first."""
        with self._lock:
            rows = self._database.execute("SELECT number, identifier, frame FROM outbox WHERE delivered = 0 "
                                          "ORDER BY number LIMIT ?", (limit,)).fetchall()
        return tuple(Waiting(number=n, identifier=i, frame=self._opened(i, f)) for n, i, f in rows)

    def _opened(self, identifier: str, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], identifier.encode())
        except InvalidTag:
            raise LocalError("the audit trail was written under another key, or altered; "
                             "put its key file back beside it") from None

    def mark_delivered(self, events: Sequence[Waiting]) -> None:
        """These events have arrived; old ones beyond ``keep`` go."""
        if not events:
            return
        last = events[-1].number
        with self._lock, self._database:  # commits at the end, rolls back when the disk refuses
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("UPDATE outbox SET delivered = 1 WHERE number = ?",
                                       [(event.number,) for event in events])
            self._database.execute("DELETE FROM outbox WHERE delivered = 1 AND number <= ?",
                                   (last - self._keep,))

    def counts(self) -> tuple[int, int]:
        """Events waiting, events delivered and still kept."""
        with self._lock:
            # Two counts over indexes: a sum over rows would read every frame, which is asked for often.
            row = self._database.execute("SELECT (SELECT COUNT(*) FROM outbox WHERE delivered = 0), "
                                         "(SELECT COUNT(*) FROM outbox)").fetchone()
        return int(row[0]), int(row[1]) - int(row[0])

    def events(self) -> tuple[str, ...]:
        """Codes (``EHDSI-11`` …) of the events kept, oldest first."""
        with self._lock:
            rows = self._database.execute("SELECT event FROM outbox ORDER BY number").fetchall()
        return tuple(str(row[0]) for row in rows)

    def close(self) -> None:
        """Close the database; what waits is sent at the next start."""
        with self._lock:
            self._database.close()


class Sender:
    """The thread that empties an outbox, oldest event first, and tries again when the repository is away.

    Parameters
    ----------
    outbox : where events wait.
    send : sends a batch and confirms it (``exchange.syslog.TlsSyslog`` on the wire).
    retry_after : seconds to the next attempt after a failure; doubles up to ``retry_at_most``.
    batch : events per connection.
    gather : seconds that the first event of a batch waits for others. A journey leaves ten within a second;
        one connection for all of them costs a tenth of the TLS handshakes. They lie on disk meanwhile.
    """

    def __init__(self, outbox: Outbox, send: SendFrames, *, retry_after: float = 0.5,
                 retry_at_most: float = 30.0, batch: int = 200, gather: float = GATHER) -> None:
        self._outbox = outbox
        self._send = send
        self._retry_after = retry_after
        self._retry_at_most = retry_at_most
        self._batch = batch
        self._gather = gather
        self._hurry = threading.Event()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._idle = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="audit-sender", daemon=True)
        self.last_failure = ""

    def start(self) -> None:
        """Begin; what waited from an earlier run leaves first."""
        self._thread.start()

    def wake(self) -> None:
        """An event was stored."""
        self._wake.set()

    def _run(self) -> None:
        pause = self._retry_after
        while not self._stop.is_set():
            self._wake.clear()
            try:
                sent = self._send_batch()
            except (OSError, LocalError, sqlite3.Error) as error:
                # Whatever it is, the thread lives on: a trail that stopped silently would be the worst.
                self.last_failure = str(error) or type(error).__name__
                self._stop.wait(pause)
                pause = min(pause * 2, self._retry_at_most)
                continue
            self.last_failure = ""
            pause = self._retry_after
            if sent < self._batch:
                with self._idle:
                    self._idle.notify_all()
                if not self._stop.is_set():  # asked to stop between the two looks at it
                    self._wake.wait()
                    self._hurry.wait(self._gather)

    def _send_batch(self) -> int:
        events = self._outbox.oldest(self._batch)
        if events:
            self._send(tuple(event.frame for event in events))
            self._outbox.mark_delivered(events)
        return len(events)

    def flush(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds until nothing waits; says whether that came to pass."""
        end = time.monotonic() + timeout
        self._hurry.set()
        self._wake.set()
        try:
            return self._emptied(end)
        finally:
            self._hurry.clear()

    def _emptied(self, end: float) -> bool:
        with self._idle:
            while self._outbox.counts()[0]:
                rest = end - time.monotonic()
                if rest <= 0 or not self._thread.is_alive():
                    return False
                self._idle.wait(min(rest, 0.2))
        return True

    def stop(self, timeout: float = 2.0) -> None:
        """End the thread; events still waiting stay in the outbox."""
        self._stop.set()
        self._hurry.set()
        self._wake.set()
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                self._thread.join(timeout)


class AuditTrail:
    """Records events: on disk first, then to the repository.

    Parameters
    ----------
    outbox : where events lie until they are delivered.
    host : name of this machine in the syslog header.
    send : sends a batch (``exchange.syslog.TlsSyslog``); None: events gather in the outbox.
    """

    def __init__(self, outbox: Outbox, *, host: str, send: SendFrames | None = None) -> None:
        self.outbox = outbox
        self.sender = Sender(outbox, send) if send is not None else None
        self._host = host
        if self.sender is not None:
            self.sender.start()

    def record(self, message: AuditMessage, *, key: str, identifier: str) -> None:
        """Store one event; returns when it would survive a crash.

        Parameters
        ----------
        key : code of the event, ``EHDSI-11``.
        identifier : a fresh UUID. Its 32 digits are the MSGID of the syslog header, so that a repository that
            gets a frame twice can tell.
        """
        frame = frame_message(build_audit_message(message), host=self._host, time=message.time,
                              application="sesali", message_id=identifier.replace("-", ""))
        self.outbox.put(identifier=identifier, event=key, frame=frame)
        if self.sender is not None:
            self.sender.wake()

    def close(self, *, flush: float = 0.0) -> None:
        """Stop sending, after waiting at most ``flush`` seconds for what is on its way."""
        if self.sender is not None:
            if flush:
                self.sender.flush(flush)
            self.sender.stop()
        self.outbox.close()
