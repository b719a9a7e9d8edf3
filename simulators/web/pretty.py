"""Messages as a person reads them: XML indented, MTOM packages taken apart, everything as plain text."""

from __future__ import annotations

from lxml import etree

from ehdsi import mtom, xml
from ehdsi.errors import PeerError

#: Characters of a part that is no XML, before it is cut.
_CUT = 2000


def pretty(body: bytes, content_type: str = "") -> str:
    """A message body for reading. Its bytes are not those that were signed or measured.

    Parameters
    ----------
    content_type : the header of that name; a ``multipart/related`` body is shown part by part.
    """
    if content_type.lower().startswith("multipart/related"):
        try:
            package = mtom.split(content_type, body)
        except PeerError:
            return _plain(body)
        parts = [pretty(package.root)]
        parts += [f"\n--- {name} ({len(part.content)} octets) ---\n{pretty(part.read())}"
                  for name, part in package.parts.items()]
        return "\n".join(parts)
    try:
        root = xml.parse(body, large_text=True)
    except PeerError:
        return _plain(body)
    etree.indent(root)
    return xml.serialise(root).decode() + "\n"


def _plain(body: bytes) -> str:
    readable = body.decode("utf-8", "replace")
    return readable if len(readable) <= _CUT else f"{readable[:_CUT]}\n… ({len(body)} octets)"
