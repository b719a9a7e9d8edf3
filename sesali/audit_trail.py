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
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ehdsi.errors import LocalError

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An event in the outbox: its place in the order, its own identifier, the frame to send."""

    number: int
    identifier: str
    frame: bytes


class Outbox:
    """The durable queue. One connection, used by several threads under a lock.

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
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise LocalError(f"cannot open the audit trail {path}: {error}") from None

    def put(self, *, identifier: str, event: str, frame: bytes) -> None:
        """Store an event; returns when it will survive a crash of this process.

        Raises
        ------
        LocalError : the disk refuses it. A step without its audit event must not go on.
        """
        try:
            with self._lock:
                self._database.execute("INSERT INTO outbox (identifier, event, frame) VALUES (?, ?, ?)",
                                       (identifier, event, frame))
        except sqlite3.Error as error:
            raise LocalError(f"the audit trail cannot be written: {error}") from None

    def oldest(self, limit: int) -> tuple[Waiting, ...]:
        """Events not yet delivered, oldest first."""
        with self._lock:
            rows = self._database.execute("SELECT number, identifier, frame FROM outbox WHERE delivered = 0 "
                                          "ORDER BY number LIMIT ?", (limit,)).fetchall()
        return tuple(Waiting(number=n, identifier=i, frame=bytes(f)) for n, i, f in rows)

    def mark_delivered(self, events: Sequence[Waiting]) -> None:
        """These events have arrived; old ones beyond ``keep`` go."""
        if not events:
            return
        last = events[-1].number
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("UPDATE outbox SET delivered = 1 WHERE number = ?",
                                       [(event.number,) for event in events])
            self._database.execute("DELETE FROM outbox WHERE delivered = 1 AND number <= ?",
                                   (last - self._keep,))
            self._database.execute("COMMIT")

    def counts(self) -> tuple[int, int]:
        """Events waiting, events delivered and still kept."""
        with self._lock:
            row = self._database.execute("SELECT COALESCE(SUM(delivered = 0), 0), "
                                         "COALESCE(SUM(delivered = 1), 0) FROM outbox").fetchone()
        return int(row[0]), int(row[1])

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
    """

    def __init__(self, outbox: Outbox, send: SendFrames, *, retry_after: float = 0.5,
                 retry_at_most: float = 30.0, batch: int = 200) -> None:
        self._outbox = outbox
        self._send = send
        self._retry_after = retry_after
        self._retry_at_most = retry_at_most
        self._batch = batch
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
            except OSError as error:
                self.last_failure = str(error) or type(error).__name__
                self._stop.wait(pause)
                pause = min(pause * 2, self._retry_at_most)
                continue
            self.last_failure = ""
            pause = self._retry_after
            if not sent:
                with self._idle:
                    self._idle.notify_all()
                self._wake.wait()

    def _send_batch(self) -> int:
        events = self._outbox.oldest(self._batch)
        if events:
            self._send(tuple(event.frame for event in events))
            self._outbox.mark_delivered(events)
        return len(events)

    def flush(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds until nothing waits; says whether that came to pass."""
        end = time.monotonic() + timeout
        self._wake.set()
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
        self._wake.set()
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                self._thread.join(timeout)
