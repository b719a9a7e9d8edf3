"""Writes the bytes of a PDF/A-2b: pages of ready instructions, fonts cut down to what is used, metadata.

What a page shows is put together by ``countries.pdf_page``. No clock and no randomness: the same pages give
the same bytes.

Source: ISO 32000-1 (PDF 1.7); ISO 19005-2, 6.1 (file structure), 6.2.3 (output intent), 6.6 (metadata).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence

from countries.icc import srgb_profile
from countries.truetype import TrueTypeFont

#: Points to a millimetre, and the size of a page: A4 across.
POINTS = 72 / 25.4
WIDTH, HEIGHT = 297.0, 210.0

#: Lines of a character table that may stand in one block.
_BLOCK = 100
#: What is shown for a character that the font does not have.
_UNKNOWN = 0xFFFD


class FontInUse:
    """A font of a document, and the characters that were written with it.

    Each character gets a code of its own, in the order of first use, so that a reader who copies text gets
    the very characters that were written, even where two of them look alike.
    """

    def __init__(self, font: TrueTypeFont) -> None:
        self.font = font
        self._codes: dict[str, str] = {}
        self._glyphs: list[int] = []
        self._lengths: dict[str, int] = {}
        self._widths: dict[str, int] = {}

    def length(self, text: str) -> int:
        """The length of a text without line breaks, in thousandths of the font size."""
        found = self._lengths.get(text)
        if found is None:
            for letter in set(text).difference(self._widths):
                self._widths[letter] = self.font.widths[self._glyph(letter)]
            found = self._lengths[text] = sum(map(self._widths.__getitem__, text))
        return found

    def encode(self, text: str) -> str:
        """The text as a string of a page's instructions."""
        codes = self._codes
        for letter in text:
            if letter not in codes:
                self._glyphs.append(self._glyph(letter))
                codes[letter] = f"{len(self._glyphs):04X}"
        return f"<{''.join([codes[letter] for letter in text])}>"

    def _glyph(self, letter: str) -> int:
        known = self.font.glyphs
        return known.get(ord(letter)) or known.get(_UNKNOWN, 0)

    def write(self, file: _Objects, tag: str) -> int:
        """Put the font into a file; returns the number of its object."""
        font, name = self.font, f"/{tag}+{self.font.name}"
        data, numbers = font.subset(self._glyphs)
        places = b"\0\0" + b"".join(numbers[glyph].to_bytes(2, "big") for glyph in self._glyphs)
        embedded = file.stream(data, f"/Length1 {len(data)}")
        descriptor = file.add(
            f"<</Type/FontDescriptor/FontName{name}/Flags 4/FontBBox[{_spaced(font.box)}]/ItalicAngle 0"
            f"/Ascent {font.ascent}/Descent {font.descent}/CapHeight {font.cap_height}"
            f"/StemV {50 + int((font.weight / 65) ** 2)}/FontFile2 {embedded} 0 R>>")
        widths = _spaced(font.widths[glyph] for glyph in self._glyphs)
        descendant = file.add(
            f"<</Type/Font/Subtype/CIDFontType2/BaseFont{name}"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
            f"/FontDescriptor {descriptor} 0 R/DW {font.widths[0]}/W[1[{widths}]]"
            f"/CIDToGIDMap {file.stream(places)} 0 R>>")
        characters = file.stream(self._characters().encode("ascii"))
        return file.add(f"<</Type/Font/Subtype/Type0/BaseFont{name}/Encoding/Identity-H"
                        f"/DescendantFonts[{descendant} 0 R]/ToUnicode {characters} 0 R>>")

    def _characters(self) -> str:
        """The table by which text is copied and searched."""
        lines = [f"<{code}><{letter.encode('utf-16-be').hex().upper()}>"
                 for letter, code in self._codes.items()]
        blocks = [lines[start:start + _BLOCK] for start in range(0, len(lines), _BLOCK)]
        return "\n".join((
            "/CIDInit/ProcSet findresource begin", "12 dict begin", "begincmap",
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def",
            "/CMapName/Adobe-Identity-UCS def", "/CMapType 2 def",
            "1 begincodespacerange", "<0000><FFFF>", "endcodespacerange",
            *(line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")),
            "endcmap", "CMapName currentdict/CMap defineresource pop", "end", "end"))


def pdf_bytes(pages: Sequence[str], fonts: Sequence[FontInUse], *, language: str, metadata: str) -> bytes:
    """A whole file.

    Parameters
    ----------
    pages : the instructions of each page, ASCII; fonts are called ``/F1`` and so on.
    language : of the text, BCP 47.
    metadata : XMP, see ``countries.xmp``.
    """
    file = _Objects()
    catalog, tree = file.reserve(), file.reserve()
    used = [font.write(file, tag) for font, tag in zip(fonts, _tags(), strict=False)]
    resources = "<</Font<<" + "".join(f"/F{n} {one} 0 R" for n, one in enumerate(used, start=1)) + ">>>>"
    box = f"{WIDTH * POINTS:.2f} {HEIGHT * POINTS:.2f}"
    kids = [file.add(f"<</Type/Page/Parent {tree} 0 R/MediaBox[0 0 {box}]/Resources{resources}"
                     f"/Contents {file.stream(page.encode('ascii'))} 0 R>>") for page in pages]
    file.put(tree, f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(f'{kid} 0 R' for kid in kids)}]>>")
    profile = file.stream(srgb_profile(), "/N 3")
    packet = f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n{metadata}\n<?xpacket end="w"?>\n'
    xmp = file.stream(packet.encode(), "/Type/Metadata/Subtype/XML", packed=False)
    file.put(catalog, f"<</Type/Catalog/Pages {tree} 0 R/Lang({language})/Metadata {xmp} 0 R"
                      "/PageLayout/OneColumn/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1"
                      "/OutputConditionIdentifier(sRGB)/Info(sRGB)/RegistryName(http://www.color.org)"
                      f"/DestOutputProfile {profile} 0 R>>]>>")
    return file.bytes(catalog)


class _Objects:
    """The numbered objects of a file."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def reserve(self) -> int:
        """A number whose object comes later."""
        self._objects.append(b"")
        return len(self._objects)

    def put(self, number: int, text: str) -> None:
        self._objects[number - 1] = text.encode("ascii")

    def add(self, text: str) -> int:
        number = self.reserve()
        self.put(number, text)
        return number

    def stream(self, data: bytes, entries: str = "", *, packed: bool = True) -> int:
        """An object of bytes, packed unless a reader without a decoder has to find it."""
        if packed:
            data, entries = zlib.compress(data), entries + "/Filter/FlateDecode"
        self._objects.append(
            f"<<{entries}/Length {len(data)}>>\nstream\n".encode("ascii") + data + b"\nendstream")
        return len(self._objects)

    def bytes(self, catalog: int) -> bytes:
        """The file: header, objects, where each of them begins, trailer."""
        parts, place, places = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"], 15, []
        for number, content in enumerate(self._objects, start=1):
            places.append(place)
            parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
            place += len(parts[-1])
        identifier = hashlib.sha256(b"".join(parts)).hexdigest()[:32].upper()
        rows = "".join(f"{one:010d} 00000 n \n" for one in places)
        size = len(places) + 1
        parts.append(f"xref\n0 {size}\n0000000000 65535 f \n{rows}"
                     f"trailer\n<</Size {size}/Root {catalog} 0 R/ID[<{identifier}><{identifier}>]>>\n"
                     f"startxref\n{place}\n%%EOF\n".encode("ascii"))
        return b"".join(parts)


def _tags() -> Iterable[str]:
    """Six letters before the name of a font say that it is a part of one."""
    return (f"NCPEH{letter}" for letter in "ABCDEFGH")


def _spaced(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers))
