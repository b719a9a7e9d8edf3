"""MTOM: a SOAP message with its binary parts outside, as ``multipart/related`` (XOP).

Only views of the received bytes are handed out, so a large document is held once. What is written has the
root first and the binary parts behind it; the boundary is an argument, because this package makes no random
numbers.

Source: W3C MTOM and XOP 1.0; RFC 2387 (multipart/related); RFC 2046 5.1.1; RFC 2392 (cid).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import quote, unquote

from ehdsi.errors import LocalError, MalformedMime
from ehdsi.media_type import MULTIPART_RELATED, SOAP_XML, XOP_XML, MediaType, parse_media_type
from ehdsi.oids import NS_XOP
from ehdsi.xml import XmlElement

INCLUDE = f"{{{NS_XOP}}}Include"

#: Caps of a package: parts, bytes of one part's headers, bytes of the whole body.
MAX_PARTS = 32
MAX_HEADER_BYTES = 16 * 1024
MAX_BODY_BYTES = 32 * 1024 * 1024

#: What follows a boundary: two dashes on the final one, else padding and the end of the line.
_BEHIND_BOUNDARY = re.compile(rb"--|[ \t]*\r\n")
_BINARY_ENCODINGS = ("", "binary", "8bit", "7bit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: its content id without angle brackets (may be empty), its type, and a view of its bytes."""

    content_id: str
    content_type: str
    content: memoryview = field(repr=False)

    def read(self) -> bytes:
        """The bytes as a copy of their own, independent of the message they came in."""
        return self.content.tobytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A message taken apart.

    Attributes
    ----------
    root : the SOAP message.
    content_type : of the root part; for a plain message that of HTTP.
    action : SOAP action named by either content type, empty when none.
    parts : the others, by content id.
    multipart : whether it came as ``multipart/related`` at all.
    """

    root: bytes
    content_type: MediaType
    action: str = ""
    parts: Mapping[str, Part] = field(default_factory=lambda: MappingProxyType({}))
    multipart: bool = False


def split(content_type: str, body: bytes, *, max_bytes: int = MAX_BODY_BYTES, max_parts: int = MAX_PARTS
          ) -> Package:
    """Take an HTTP body apart, whether it is multipart or a plain SOAP message.

    Parameters
    ----------
    content_type : value of the HTTP header.
    body : the whole body.

    Raises
    ------
    MalformedMime : another content type, no boundary, no final boundary (a body that was cut), too large, too
        many parts, a root that is named but not there, two parts of one id, an unknown transfer encoding.
    """
    if len(body) > max_bytes:
        raise _malformed("the body is too large", "HTTP body", f"at most {max_bytes} bytes",
                         f"{len(body)} bytes")
    outer = parse_media_type(content_type)
    if outer.name in (SOAP_XML, XOP_XML):
        return Package(root=body, content_type=outer, action=outer.get("action"))
    if outer.name != MULTIPART_RELATED:
        raise _malformed("the content type is not that of a SOAP 1.2 message", "Content-Type",
                         f"{SOAP_XML} or {MULTIPART_RELATED}", outer.name[:80])
    parts = _parts(body, outer, max_parts)
    root = _root(parts, outer)
    inner = parse_media_type(root.content_type) if root.content_type else MediaType(name=XOP_XML)
    action = outer.get("action") or inner.get("action") or _action_in(inner.get("type"))
    return Package(root=root.read(), content_type=inner, action=action, multipart=True,
                   parts=_by_id([part for part in parts if part is not root]))


def join(root: bytes, parts: Mapping[str, Part | bytes], *, boundary: str, action: str = "",
         root_id: str = "root.message@ncpeh") -> tuple[str, bytes]:
    """Write a package; returns the value of the HTTP ``Content-Type`` and the body.

    Parameters
    ----------
    root : the SOAP message with ``xop:Include`` where binary content belongs, see ``include``.
    parts : by content id without angle brackets; plain bytes are sent as ``text/xml; charset=UTF-8``.
    boundary : 1 to 70 characters; must not occur in any part.

    Raises
    ------
    LocalError : a boundary that occurs in a part.

    Source: XOP 1.0, section 4; MTOM, section 4; the form that Axis2 writes.
    """
    inner = MediaType(name=XOP_XML, parameters={"charset": "UTF-8", "type": SOAP_XML}
                      | ({"action": action} if action else {}))
    outer = MediaType(name=MULTIPART_RELATED, parameters={
        "boundary": boundary, "type": XOP_XML, "start": f"<{root_id}>", "start-info": SOAP_XML}
        | ({"action": action} if action else {}))
    chunks: list[bytes | memoryview] = [_part_head(boundary, root_id, str(inner), first=True), root]
    for content_id, part in parts.items():
        content_type = part.content_type if isinstance(part, Part) else "text/xml; charset=UTF-8"
        chunks += [_part_head(boundary, content_id, content_type),
                   part.content if isinstance(part, Part) else part]
    marker = b"--" + boundary.encode("ascii")
    if any(marker in bytes(chunk) for chunk in chunks[1::2]):
        raise LocalError("the boundary occurs in a part")
    chunks.append(b"\r\n" + marker + b"--\r\n")
    return str(outer), b"".join(chunks)


def include(parent: XmlElement, content_id: str) -> XmlElement:
    """Put ``<xop:Include href="cid:…"/>`` into an element that stands for binary content; returns it."""
    child = parent.makeelement(INCLUDE, {"href": "cid:" + quote(content_id, safe="@._-+")}, {"xop": NS_XOP})
    parent.append(child)
    return child


def binary_of(element: XmlElement, package: Package | None = None) -> bytes:
    """Binary content of an element: through its ``xop:Include``, or written inside it as base64.

    Raises
    ------
    MalformedMime : the reference leads nowhere, or the text is not base64.
    """
    if len(element) == 0:
        try:
            return base64.b64decode("".join((element.text or "").split()), validate=True)
        except (binascii.Error, ValueError):
            raise _malformed("inline binary content is not base64", "Document", "base64",
                             "other text", "XML Schema part 2, base64Binary") from None
    href = element[0].get("href", "")
    if len(element) != 1 or element[0].tag != INCLUDE or not href.startswith("cid:"):
        raise _malformed("binary content is given in an unknown way", "Document",
                         "one xop:Include with a cid", "something else", "XOP 1.0, 2.1")
    wanted = unquote(href[len("cid:"):])
    part = package.parts.get(wanted) if package is not None else None
    if part is None:
        raise _malformed("a part that the message refers to is not there", "xop:Include/@href",
                         "a part with that Content-ID", "no such part", "XOP 1.0, 2.1; RFC 2392",
                         "Content-ID stands in angle brackets, the cid URL without them")
    return part.read()


# --------------------------------------------------------------------------------------------- the parts

def _parts(body: bytes, outer: MediaType, max_parts: int) -> list[Part]:
    boundary = outer.get("boundary")
    if not 1 <= len(boundary) <= 200:
        raise _malformed("the boundary is missing", "Content-Type", "boundary=…", "none, or too long",
                         "RFC 2046 5.1.1")
    marker = b"--" + boundary.encode("latin-1", "replace")
    view = memoryview(body)
    parts: list[Part] = []
    opening = _BEHIND_BOUNDARY.match(body, len(marker)) if body.startswith(marker) else None
    _, line = (0, opening) if opening is not None else _next(body, marker, 0)
    while line[0] != b"--":
        if len(parts) == max_parts:
            raise _malformed("the message has too many parts", "HTTP body", f"at most {max_parts} parts",
                             "more")
        headers, begin = _headers(body, line.end())
        end, line = _next(body, marker, begin - 2)
        parts.append(_part(headers, view[begin:max(end, begin)]))
    return parts


def _next(body: bytes, marker: bytes, start: int) -> tuple[int, re.Match[bytes]]:
    """The next boundary line at or after ``start``: where its leading CRLF stands, what follows the marker.

    Binary content may hold the marker; only a line of its own, or the final form, is a boundary.
    """
    needle = b"\r\n" + marker
    position = body.find(needle, start)
    while position >= 0:
        behind = _BEHIND_BOUNDARY.match(body, position + len(needle))
        if behind is not None:
            return position, behind
        position = body.find(needle, position + 1)
    raise _malformed("the final boundary is missing: the body was cut, or is no multipart message",
                     "HTTP body", "--boundary-- at the end", "end of data", "RFC 2046 5.1.1",
                     "compare Content-Length with what was sent")


def _headers(body: bytes, start: int) -> tuple[dict[str, str], int]:
    """Header fields of a part by lower-case name, folded lines joined; and where its content begins."""
    if body[start:start + 2] == b"\r\n":
        return {}, start + 2
    end = body.find(b"\r\n\r\n", start, start + MAX_HEADER_BYTES)
    if end < 0:
        raise _malformed("the headers of a part do not end", "HTTP body", "an empty line", "none",
                         "RFC 2046 5.1")
    fields: dict[str, str] = {}
    text = body[start:end].decode("latin-1").replace("\r\n ", " ").replace("\r\n\t", " ")
    for line in text.split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            raise _malformed("a header of a part cannot be read", "HTTP body", "Name: value", "another line",
                             "RFC 5322 2.2")
        fields.setdefault(name.strip().lower(), value.strip())
    return fields, end + 4


def _part(headers: Mapping[str, str], content: memoryview) -> Part:
    encoding = headers.get("content-transfer-encoding", "").lower()
    if encoding == "base64":
        try:
            content = memoryview(base64.b64decode(b"".join(content.tobytes().split()), validate=True))
        except (binascii.Error, ValueError):
            raise _malformed("a part is not base64", "Content-Transfer-Encoding", "base64", "other bytes",
                             "RFC 2045 6.8") from None
    elif encoding not in _BINARY_ENCODINGS:
        raise _malformed("the transfer encoding is not supported", "Content-Transfer-Encoding",
                         "binary or base64", encoding[:40], "RFC 2045 6")
    return Part(content_id=_bare(headers.get("content-id", "")), content=content,
                content_type=headers.get("content-type", ""))


def _root(parts: list[Part], outer: MediaType) -> Part:
    """The part that ``start`` names, else the first one (RFC 2387 3.2)."""
    if not parts:
        raise _malformed("the message has no parts", "HTTP body", "a root part", "none", "RFC 2387")
    start = _bare(outer.get("start"))
    if not start:
        return parts[0]
    found = next((part for part in parts if start in (part.content_id, unquote(part.content_id))), None)
    if found is None:
        raise _malformed("the root part that the content type names is not there",
                         "Content-Type, start", "a part with that Content-ID", "none", "RFC 2387 3.2")
    return found


def _by_id(parts: list[Part]) -> Mapping[str, Part]:
    found: dict[str, Part] = {}
    for part in parts:
        if not part.content_id:
            continue
        if part.content_id in found:
            raise _malformed("two parts have the same Content-ID", "Content-ID", "unique ids",
                             "a repeated one", "RFC 2392")
        found[part.content_id] = part
    return MappingProxyType(found)


def _bare(content_id: str) -> str:
    return content_id.strip().removeprefix("<").removesuffix(">")


def _action_in(nested: str) -> str:
    """Some stacks put the action into the nested type: ``type="application/soap+xml; action=…"``."""
    return parse_media_type(nested).get("action") if ";" in nested else ""


def _part_head(boundary: str, content_id: str, content_type: str, *, first: bool = False) -> bytes:
    lines = (f"--{boundary}", f"Content-Type: {content_type}", "Content-Transfer-Encoding: binary",
             f"Content-ID: <{content_id}>", "", "")
    return ("" if first else "\r\n").encode() + "\r\n".join(lines).encode("ascii")


def _malformed(what: str, where: str, expected: str, got: str, clause: str = "", hint: str = ""
               ) -> MalformedMime:
    return MalformedMime(what, where=where, expected=expected, got=got, clause=clause, hint=hint)
