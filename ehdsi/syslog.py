"""The syslog frame in which audit messages travel: octet-counted over TLS, RFC 5424 header, byte order mark.

Source: RFC 5424; RFC 5425; IHE ITI TF-2, 3.20.4; the header fields as OpenNCP fills them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ehdsi import xml
from ehdsi.errors import MalformedMessage
from ehdsi.xml import XmlElement

#: Facility 10 (security) times 8 plus severity 5 (notice), as RFC 5424 6.2.1 computes it.
PRIORITY_OF_THE_STANDARD = 85
#: What OpenNCP writes for events of clients: facility 13 and severity 2 as texts, one behind the other.
PRIORITY_OF_OPENNCP_CLIENT = 132
#: What OpenNCP writes for events of servers.
PRIORITY_OF_OPENNCP_SERVER = 1

_BOM = b"\xef\xbb\xbf"
_NIL = "-"
MAX_FRAME_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogMessage:
    """A syslog message: ``payload`` is the XML without byte order mark, ``time`` UTC, ``None`` for ``-``."""

    payload: bytes
    priority: int
    time: datetime | None
    host: str = _NIL
    application: str = _NIL
    message_id: str = _NIL


def frame_message(root: XmlElement, *, host: str, time: datetime, priority: int = PRIORITY_OF_THE_STANDARD,
                  application: str = _NIL, message_id: str = _NIL) -> bytes:
    """An audit message as one octet-counted frame: ``<length> SP <header> BOM <xml>``.

    The IHE profile would have ``message_id="IHE+DICOM"``; OpenNCP leaves both names out.

    Source: RFC 5425 4.3; RFC 5424 6.
    """
    header = f"<{priority}>1 {_stamp(time)} {host or _NIL} {application} {_NIL} {message_id} {_NIL} "
    message = header.encode("ascii", "replace") + _BOM + xml.serialise(root)
    return f"{len(message)} ".encode("ascii") + message


def split_frames(buffer: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Take whole frames off a buffer; returns their messages and the bytes that wait for more.

    Raises
    ------
    MalformedMessage : no length where one must stand, or a frame over ``MAX_FRAME_BYTES``.
    """
    messages: list[bytes] = []
    while buffer:
        digits, space, rest = buffer.partition(b" ")
        if not digits.isdigit() or len(digits) > 8 or digits.startswith(b"0"):
            raise _bad_frame("a frame begins without its length", "digits, then a space")
        if not space:
            break
        length = int(digits)
        if length > MAX_FRAME_BYTES:
            raise _bad_frame("a frame is too long", f"at most {MAX_FRAME_BYTES} bytes")
        if len(rest) < length:
            break
        messages.append(rest[:length])
        buffer = rest[length:]
    return tuple(messages), buffer


def parse_syslog(message: bytes) -> SyslogMessage:
    """Read one syslog message; structured data is not supported, because nobody on this wire sends any.

    Raises
    ------
    MalformedMessage : not RFC 5424.
    """
    fields = message.split(b" ", 7)
    head = fields[0].decode("latin-1")
    digits, closed, version = head[1:].partition(">")
    good_head = head.startswith("<") and closed and version == "1" and digits.isdecimal() and len(digits) <= 3
    if len(fields) != 8 or not good_head or fields[6] != b"-":
        raise _bad_frame("not a syslog message", "<PRI>1 TIME HOST APP PROC MSGID - MSG")
    stamp = fields[1].decode("latin-1")
    try:
        time = None if stamp == _NIL else datetime.fromisoformat(stamp).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _bad_frame("the time cannot be read", "RFC 3339 with offset") from None
    return SyslogMessage(payload=fields[7].removeprefix(_BOM), priority=int(digits), time=time,
                         host=fields[2].decode("latin-1"), application=fields[3].decode("latin-1"),
                         message_id=fields[5].decode("latin-1"))


def _bad_frame(what: str, expected: str) -> MalformedMessage:
    return MalformedMessage(what, where="syslog frame", expected=expected, got="other bytes",
                            clause="RFC 5425 4.3; RFC 5424 6")


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
