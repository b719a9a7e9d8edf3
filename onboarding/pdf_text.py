"""The words and figures of a PDF, as far as its fonts say what their glyphs mean.

Enough to compare two PDFs of one summary; it does not lay text out, and a scanned page has no words.
Source: ISO 32000-1, 9.4 (text operators) and 9.10 (ToUnicode maps).
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

from ehdsi.xml import XmlElement
from onboarding.pdf_look import pdf_of

_OBJECT = re.compile(rb"(\d+) 0 obj(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_FONT = re.compile(rb"/([A-Za-z]+\d*)\s+(\d+) 0 R")
_TOKEN = re.compile(
    rb"/(?P<font>[A-Za-z]+\d*)\s+[\d.]+\s+Tf|\((?P<text>(?:\\.|[^\\()])*)\)|<(?P<hex>[0-9A-Fa-f\s]*)>"
    rb"|(?P<end>T[jJ]\b|'|Td\b|T\*|Tm\b)",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([nrtbf()\\]|[0-7]{1,3}|\r?\n)")
_PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

Glyphs = dict[int, str]


def facts_of(root: XmlElement) -> frozenset[str]:
    """Words of four letters or more, and all figures, of the PDF of a level 1 document; in lower case."""
    return _facts(pdf_of(root))


@lru_cache(maxsize=64)
def _facts(pdf: bytes) -> frozenset[str]:
    words = re.findall(r"\w+", text_of(pdf).casefold())
    return frozenset(one for one in words if len(one) >= 4 or any(char.isdigit() for char in one))


def text_of(pdf: bytes) -> str:
    """All text, in the order in which it was drawn."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    fonts = _fonts(objects)
    pages = (_inflated(body) for body in objects.values() if b"stream" in body and b"/FontFile" not in body)
    return "\n".join(_drawn(page, fonts) for page in pages if re.search(rb"\bBT\b", page))


def _inflated(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    if b"/FlateDecode" not in body[: found.start()]:
        return found[1]
    try:
        return zlib.decompressobj().decompress(found[1], 10_000_000)
    except zlib.error:
        return b""


def _fonts(objects: dict[int, bytes]) -> dict[bytes, Glyphs]:
    """Resource name of a font -> what its glyphs mean."""
    found: dict[bytes, Glyphs] = {}
    for body in objects.values():
        for name, number in _FONT.findall(body):
            font = objects.get(int(number), b"")
            mapped = re.search(rb"/ToUnicode (\d+) 0 R", font)
            if mapped and name not in found:
                found[name] = _glyphs(_inflated(objects.get(int(mapped[1]), b"")))
    return found


def _glyphs(cmap: bytes) -> Glyphs:
    found: Glyphs = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = _utf16(text)
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            start = int(first, 16)
            for code in range(start, min(int(last, 16), start + 65_535) + 1):
                found[code] = chr((int(text, 16) + code - start) % 0x110000)
    return found


def _utf16(text: bytes) -> str:
    return bytes.fromhex(text.decode("ascii")).decode("utf-16-be", "replace")


def _drawn(page: bytes, fonts: dict[bytes, Glyphs]) -> str:
    """The text of one content stream; a new position counts as a blank."""
    shown: list[str] = []
    glyphs: Glyphs = {}
    for token in _TOKEN.finditer(page):
        if token["font"] is not None:
            glyphs = fonts.get(token["font"], {})
        elif token["end"] is not None:
            shown.append(" " if token["end"] not in (b"TJ", b"Tj", b"'") else "")
        else:
            raw = _unescaped(token["text"]) if token["text"] is not None else _from_hex(token["hex"])
            shown.append(_said(raw, glyphs))
    return "".join(shown)


def _unescaped(text: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        one = match[1]
        if one[:1].isdigit():
            return bytes((int(one, 8) & 255,))
        return _PLAIN.get(one, b"" if one.isspace() else one)

    return _ESCAPE.sub(plain, text)


def _from_hex(text: bytes) -> bytes:
    digits = b"".join(text.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _said(raw: bytes, glyphs: Glyphs) -> str:
    if not glyphs:
        return raw.decode("latin-1")
    codes = (int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw) - 1, 2))
    return "".join(glyphs.get(code, "\ufffd") for code in codes)
