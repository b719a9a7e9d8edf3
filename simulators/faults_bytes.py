"""What faults do to bytes and to single values: the operations and functions that the catalogue may name."""

from __future__ import annotations

import gzip
import re
import unicodedata
from base64 import b64encode, encodebytes
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from ehdsi.errors import LocalError

Given = Mapping[str, Any]


def operate(name: str, given: Given, content: bytes) -> bytes:
    """The bytes after the operation that the fault ``name`` asks for.

    Raises
    ------
    LocalError : an operation that does not exist.
    """
    operation = str(given.get("operation", ""))
    if operation not in OPERATIONS:
        raise LocalError(
            f"fault {name}: unknown operation {operation!r}; known: {', '.join(sorted(OPERATIONS))}"
        )
    return OPERATIONS[operation](given, content)


def _body(given: Given, content: bytes) -> bytes:
    return str(given.get("text", "")).encode()


def _replace(given: Given, content: bytes) -> bytes:
    find, by = (str(given[key]).encode() for key in ("find", "by"))
    return content.replace(find, by, int(given.get("count", -1)))


def _substitute(given: Given, content: bytes) -> bytes:
    """A regular expression over the bytes, read as Latin-1 so that any byte can stand in it."""
    find, by = (str(given[key]).encode("utf-8") for key in ("find", "by"))
    return re.sub(find, by, content, count=int(given.get("count", 0)), flags=re.DOTALL)


def _prepend(given: Given, content: bytes) -> bytes:
    return str(given["text"]).encode() * int(given.get("count", 1)) + content


def _append(given: Given, content: bytes) -> bytes:
    return content + str(given["text"]).encode() * int(given.get("count", 1))


def _insert(given: Given, content: bytes) -> bytes:
    """Put a text, ``count`` times, before the first place where ``find`` stands."""
    head, found, rest = content.partition(str(given["find"]).encode())
    return head + (str(given["text"]).encode() * int(given.get("count", 1)) if found else b"") + found + rest


def _nest(given: Given, content: bytes) -> bytes:
    """Put ``count`` elements, each inside the other, before the first place where ``find`` stands."""
    name, count = str(given["text"]), int(given.get("count", 1))
    head, found, rest = content.partition(str(given["find"]).encode())
    inside = (f"<{name}>" * count + f"</{name}>" * count).encode() if found else b""
    return head + inside + found + rest


def _cut_end(given: Given, content: bytes) -> bytes:
    return content[: -int(given.get("count", 1))]


def _recode(given: Given, content: bytes) -> bytes:
    """Other bytes under the same XML declaration."""
    return content.decode("utf-8").encode(str(given["encoding"]), "replace")


def _redeclare(given: Given, content: bytes) -> bytes:
    """The same text under another XML declaration; ``by`` encodes it so too."""
    rest = re.sub(rb"^<\?xml[^>]*\?>\s*", b"", content)
    whole = f'<?xml version="{given.get("text", "1.0")}" encoding="{given["encoding"]}"?>'.encode() + rest
    return whole.decode("utf-8").encode(str(given["by"])) if "by" in given else whole


def _normalise(given: Given, content: bytes) -> bytes:
    return unicodedata.normalize("NFD", content.decode("utf-8")).encode()


def _gzip(given: Given, content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _base64(given: Given, content: bytes) -> bytes:
    return b64encode(content)


def _encode_last_part(given: Given, content: bytes) -> bytes:
    """The content of the last part of a MIME package in base64, and its header true."""
    begin = content.rfind(b"Content-Transfer-Encoding: binary")
    head, blank, rest = content[begin:].partition(b"\r\n\r\n")
    end = rest.rfind(b"\r\n--")
    if begin < 0 or not blank or end < 0:
        return content
    head = head.replace(b": binary", b": base64", 1)
    return content[:begin] + head + blank + encodebytes(rest[:end]).strip() + rest[end:]


def _guess_encoding(given: Given, content: bytes) -> bytes:
    """What is no UTF-8 taken for Latin-1, which reads anything."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1").encode("utf-8")
    return content


def _doctype(given: Given, content: bytes) -> bytes:
    """Put a document type declaration before the root and a reference into it after the first start tag."""
    text = content.decode("utf-8")
    start = text.find("?>") + 2 if text.startswith("<?xml") else 0
    head, rest = text[:start], text[start:]
    inside = rest.find(">") + 1
    declaration = f"<!DOCTYPE root [{given['subset']}]>"
    return (head + declaration + rest[:inside] + str(given.get("reference", "")) + rest[inside:]).encode()


OPERATIONS: dict[str, Callable[[Given, bytes], bytes]] = {
    "body": _body,
    "replace": _replace,
    "substitute": _substitute,
    "prepend": _prepend,
    "append": _append,
    "insert": _insert,
    "nest": _nest,
    "cut_end": _cut_end,
    "recode": _recode,
    "redeclare": _redeclare,
    "normalise": _normalise,
    "gzip": _gzip,
    "base64": _base64,
    "encode_last_part": _encode_last_part,
    "guess_encoding": _guess_encoding,
    "doctype": _doctype,
}


def _day_before(value: str) -> str:
    """The day before a date ``yyyyMMdd``; anything else stays."""
    if not re.fullmatch(r"\d{8}", value):
        return value
    day = date(int(value[:4]), int(value[4:6]), int(value[6:])) - timedelta(days=1)
    return f"{day:%Y%m%d}"


def _without_marks(value: str) -> str:
    decomposed = unicodedata.normalize("NFKD", value)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).upper()


def _tenfold(value: str) -> str:
    """Ten times a number; what is no number stays."""
    try:
        return f"{float(value) * 10:g}"
    except ValueError:
        return value


#: What can be made of a value: name -> function of the old value.
VALUE_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "nfd": lambda value: unicodedata.normalize("NFD", value),
    "mojibake": lambda value: value.encode("utf-8").decode("latin-1"),
    "question_marks": lambda value: value.encode("ascii", "replace").decode("ascii"),
    "without_marks": _without_marks,
    "day_before": _day_before,
    "tenfold": _tenfold,
    "padded": lambda value: f"\n\t  {value}\n\t",
    "megabyte": lambda value: value + " and so on" * 100_000,
    "url_safe": lambda value: value.replace("+", "-").replace("/", "_"),
}
