"""A look into a PDF without opening it: its parts by name, streams unpacked, nothing interpreted."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache

from ehdsi import oids
from ehdsi.xml import XmlElement
from onboarding.model import Skip

_HL7 = f"{{{oids.NS_HL7}}}"
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
#: Names of the format that let a document do something.
ACTIVE = (
    b"/JavaScript",
    b"/JS",
    b"/Launch",
    b"/AA",
    b"/EmbeddedFile",
    b"/RichMedia",
    b"/XFA",
    b"/SubmitForm",
    b"/ImportData",
)
#: Largest amount of unpacked data that is looked at.
MOST = 30_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFacts:
    """What a PDF holds. ``active`` are the names of its active parts."""

    whole: bool
    encrypted: bool
    pages: int
    fonts_embedded: bool
    has_text: bool
    archive: bool
    active: tuple[str, ...]


def pdf_of(root: XmlElement) -> bytes:
    """The PDF of a level 1 document; ``Skip`` when there is none to decode."""
    text = root.find(f"{_HL7}component/{_HL7}nonXMLBody/{_HL7}text")
    try:
        return base64.b64decode(
            "".join((text.text or "") if text is not None else "").encode(), validate=False
        )
    except (binascii.Error, ValueError):
        raise Skip("the PDF cannot be decoded, which DOC-PS-029 reports") from None


@lru_cache(maxsize=64)
def look_at(pdf: bytes) -> PdfFacts:
    """The facts about a PDF."""
    inside = b"\n".join(_unpacked(pdf))
    outside = _STREAM.sub(b"", pdf)
    everything = outside + inside
    active = [name.decode() for name in ACTIVE if re.search(re.escape(name) + rb"(?![A-Za-z])", everything)]
    # A destination in brackets only says which page is shown first.
    active += ["/OpenAction"] * bool(
        re.search(rb"/OpenAction\s*(?!\s*\[)", everything) and not re.search(rb"/OpenAction\s*\[", everything)
    )
    fonts = everything.count(b"/FontFile")
    return PdfFacts(
        whole=pdf.startswith(b"%PDF-") and b"%%EOF" in pdf[-1024:],
        encrypted=b"/Encrypt" in outside,
        pages=len(re.findall(rb"/Type\s*/Page(?![a-zA-Z])", everything)),
        fonts_embedded=fonts > 0 or b"/Font" not in everything,
        has_text=bool(re.search(rb"(Tj|TJ)\b", inside)) and _readable(everything),
        archive=b"pdfaid" in everything,
        active=tuple(active),
    )


def _readable(everything: bytes) -> bool:
    """Can glyphs be turned into letters again? Fonts by glyph number need a table for that."""
    return b"/Identity-H" not in everything or b"/ToUnicode" in everything


def _unpacked(pdf: bytes) -> list[bytes]:
    """Streams, inflated where that works; binary ones of fonts and pictures are long and left as they are."""
    found, size = [], 0
    for match in _STREAM.finditer(pdf):
        data = match.group(1)
        with contextlib.suppress(zlib.error):
            data = zlib.decompressobj().decompress(data, MOST - size)
        size += len(data)
        if size > MOST:
            break
        found.append(data)
    return found
