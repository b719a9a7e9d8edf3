"""What an audit repository keeps: every event once, how often it came, and what is wrong with it.

An event that came twice is one event with two copies. It is known by sender, application and MSGID where the
MSGID is an identifier (32 hexadecimal digits, as the gateway sends it); all other messages count as new.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ehdsi import syslog, xml
from ehdsi.audit import AuditMessage, parse_audit_message
from ehdsi.errors import LocalError, PeerError

#: Events kept unless said otherwise; the oldest go first.
KEEP = 10_000

#: SQLite's name of a database without one: 2 MB in memory, the rest in a file that is gone at the end. All in
#: memory, ten thousand events would be 50 MB that grow through the first minutes of a load.
_TEMPORARY = ""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    identifier TEXT UNIQUE,
    received TEXT NOT NULL,
    sender TEXT NOT NULL,
    frame BLOB NOT NULL,
    copies INTEGER NOT NULL DEFAULT 1
);
"""
_COLUMNS = "number, received, sender, frame, copies"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One event of the repository.

    Attributes
    ----------
    number : its place in the order of first arrival, from 1.
    received : when it first came, UTC.
    sender : common name of the sender's TLS certificate.
    frame : the syslog message as received, without its length.
    copies : how often it came.
    header : the syslog header, ``None`` when it cannot be read.
    message : the audit message, ``None`` when it cannot be read.
    problem : what is wrong with it, empty when nothing is.
    """

    number: int
    received: datetime
    sender: str
    frame: bytes
    copies: int
    header: syslog.SyslogMessage | None
    message: AuditMessage | None
    problem: str

    @property
    def payload(self) -> bytes:
        """The XML as received; the whole syslog message when its header cannot be read."""
        return self.header.payload if self.header else self.frame

    @property
    def types(self) -> tuple[str, ...]:
        """Codes of the event types, such as ``ITI-55`` or ``EHDSI-92``."""
        return tuple(code.code for code in self.message.event_types) if self.message else ()

    @property
    def patients(self) -> tuple[str, ...]:
        """Identifiers of the patients concerned, in CX form."""
        objects = self.message.objects if self.message else ()
        return tuple(one.object_id for one in objects if (one.type_code, one.role_code) == ("1", "1"))


class EventStore:
    """Events in a temporary file, or in one that outlives the process. Safe to use from several threads.

    Parameters
    ----------
    path : SQLite file; ``None`` keeps everything until ``close``.
    keep : so many events; the oldest ones go.

    Attributes
    ----------
    received : messages since the start by sender, those that came twice included.

    Raises
    ------
    LocalError : the file cannot be used.
    """

    def __init__(self, path: Path | None = None, *, keep: int = KEEP) -> None:
        self._keep = keep
        self.received: Counter[str] = Counter()
        self._changed = threading.Condition(threading.RLock())
        try:
            self._database = sqlite3.connect(path or _TEMPORARY, isolation_level=None, timeout=5.0,
                                             check_same_thread=False)
            self._database.execute(f"PRAGMA journal_mode={'WAL' if path else 'MEMORY'}")
            self._database.execute(f"PRAGMA synchronous={'NORMAL' if path else 'OFF'}")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise LocalError(f"cannot open the store of the audit repository {path}: {error}") from None

    def add(self, frames: tuple[bytes, ...], *, sender: str, now: datetime) -> None:
        """Store syslog messages in their order, all or none; on return they outlive the process."""
        rows = [(_identifier(frame, sender), now.isoformat(), sender, frame) for frame in frames]
        with self._changed, self._database:  # commits at the end, rolls back when the disk refuses
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(
                "INSERT INTO event (identifier, received, sender, frame) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (identifier) DO UPDATE SET copies = copies + 1", rows)
            self._database.execute("DELETE FROM event WHERE number <= (SELECT MAX(number) FROM event) - ?",
                                   (self._keep,))
            self.received[sender] += len(rows)
            self._changed.notify_all()

    def events(self, *, after: int = 0, last: int | None = None) -> tuple[StoredEvent, ...]:
        """Events with a number greater than ``after``, oldest first; only the ``last`` so many."""
        with self._changed:
            rows = self._database.execute(
                f"SELECT {_COLUMNS} FROM event WHERE number > ? ORDER BY number DESC LIMIT ?",  # noqa: S608
                (after, -1 if last is None else last)).fetchall()
        return tuple(_event(*row) for row in reversed(rows))

    def event(self, number: int) -> StoredEvent | None:
        """The event of this number, ``None`` when there is none (any more)."""
        with self._changed:
            row = self._database.execute(f"SELECT {_COLUMNS} FROM event WHERE number = ?",  # noqa: S608
                                         (number,)).fetchone()
        return _event(*row) if row else None

    def identifiers(self, *, after: int = 0) -> tuple[tuple[int, str], ...]:
        """Number and identifier (sender, application, MSGID) of events after a number; nothing is parsed."""
        with self._changed:
            rows = self._database.execute(
                "SELECT number, identifier FROM event WHERE number > ? AND identifier IS NOT NULL "
                "ORDER BY number", (after,)).fetchall()
        return tuple((int(number), str(identifier)) for number, identifier in rows)

    def counts(self) -> tuple[int, int]:
        """Events kept, and copies of them beyond the first."""
        with self._changed:
            row = self._database.execute(
                "SELECT COUNT(*), COALESCE(SUM(copies - 1), 0) FROM event").fetchone()
        return int(row[0]), int(row[1])

    def wait_for(self, count: int, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds until ``count`` events are here; says whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: self.counts()[0] >= count, timeout)

    def clear(self) -> None:
        """Forget all events; numbers go on."""
        with self._changed:
            self._database.execute("DELETE FROM event")
            self._changed.notify_all()

    def close(self) -> None:
        """Close the file."""
        with self._changed:
            self._database.close()


def _identifier(frame: bytes, sender: str) -> str | None:
    """What makes this message the same as another one; ``None`` for messages that do not say."""
    try:
        header = syslog.parse_syslog(frame)
    except PeerError:
        return None
    digits = header.message_id.lower()
    if len(digits) != 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return f"{sender} {header.application} {digits}"


def _event(number: int, received: str, sender: str, frame: bytes, copies: int) -> StoredEvent:
    header, message, problem = None, None, ""
    try:
        header = syslog.parse_syslog(frame)
        message = parse_audit_message(xml.parse(header.payload))
    except PeerError as error:
        problem = str(error)
    return StoredEvent(number=number, received=datetime.fromisoformat(received).astimezone(UTC),
                       sender=sender, frame=frame, copies=copies, header=header, message=message,
                       problem=problem)
