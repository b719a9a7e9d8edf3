"""Reads a TrueType font as far as a PDF needs it, and cuts the glyphs out that a document uses.

The whole font is read once per process; a subset is then a matter of copying slices. Only outlines and hints
travel: names, kerning and character tables stay behind, because a PDF brings its own character codes.

Source: OpenType 1.9, tables ``head``, ``hhea``, ``maxp``, ``hmtx``, ``cmap``, ``loca``, ``glyf``, ``OS/2``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ehdsi.errors import LocalError

#: Tables that a subset takes over as they are: the hints of the glyphs.
_KEPT = ("cvt ", "fpgm", "prep")
#: Flags of a part of a composite glyph.
_WORDS, _SCALE, _MORE, _TWO_SCALES, _MATRIX = 0x0001, 0x0008, 0x0020, 0x0040, 0x0080


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrueTypeFont:
    """A font file in memory. Lengths are in thousandths of the font size.

    Attributes
    ----------
    name : the file's name without its ending.
    glyphs : glyph number by character; a character that is absent has none.
    widths : advance width by glyph number.
    ascent, descent, cap_height, box, weight : for the font descriptor; ``weight`` as in CSS (400, 700).
    tables : the raw tables.
    offsets : where each glyph begins in ``glyf``, one more at the end.
    """

    name: str
    glyphs: Mapping[int, int]
    widths: Sequence[int]
    ascent: int
    descent: int
    cap_height: int
    box: tuple[int, int, int, int]
    weight: int
    tables: Mapping[str, bytes]
    offsets: Sequence[int]

    def subset(self, wanted: Sequence[int]) -> tuple[bytes, dict[int, int]]:
        """A font with the glyphs ``wanted`` and those that they are put together from.

        Returns
        -------
        The font file, and the new number of each glyph by its old one; ``.notdef`` is always number 0.
        """
        numbers = {0: 0}
        for glyph in wanted:
            numbers.setdefault(glyph, len(numbers))
        outlines: list[bytes] = []
        for glyph in (order := list(numbers)):  # composites add their parts at the end while this runs
            outline = _padded(self.tables["glyf"][self.offsets[glyph]:self.offsets[glyph + 1]])
            for place, part in _parts(outline):
                if part not in numbers:
                    numbers[part] = len(numbers)
                    order.append(part)
                outline = outline[:place] + struct.pack(">H", numbers[part]) + outline[place + 2:]
            outlines.append(outline)
        return _file(self._cut(order, outlines)), numbers

    def _cut(self, order: Sequence[int], outlines: Sequence[bytes]) -> dict[str, bytes]:
        """The tables of a font that holds these glyphs in this order."""
        starts = [0]
        for outline in outlines:
            starts.append(starts[-1] + len(outline))
        count = len(order)
        metrics, full = self.tables["hmtx"], struct.unpack_from(">H", self.tables["hhea"], 34)[0]
        head, hhea, maxp = (bytearray(self.tables[name]) for name in ("head", "hhea", "maxp"))
        struct.pack_into(">L", head, 8, 0)
        struct.pack_into(">h", head, 50, 1)  # 32-bit offsets in loca
        struct.pack_into(">H", hhea, 34, count)
        struct.pack_into(">H", maxp, 4, count)
        return {
            "head": bytes(head), "hhea": bytes(hhea), "maxp": bytes(maxp),
            "hmtx": b"".join(_metric(metrics, full, glyph) for glyph in order),
            "loca": struct.pack(f">{count + 1}L", *starts), "glyf": b"".join(outlines),
            **{name: self.tables[name] for name in _KEPT if name in self.tables},
        }


@lru_cache(maxsize=8)
def read_font(path: Path) -> TrueTypeFont:
    """Read a font file; it stays in memory for the life of the process.

    Raises
    ------
    LocalError : the file is missing, or no TrueType font with Unicode characters.
    """
    try:
        data = path.read_bytes()
        return _read(path.stem, data)
    except OSError:
        raise LocalError(f"the font {path.name} is missing in {path.parent}") from None
    except (struct.error, KeyError, IndexError) as error:
        raise LocalError(f"the font {path.name} cannot be read ({type(error).__name__}); put back the file "
                         "that came with the project") from None


def _read(name: str, data: bytes) -> TrueTypeFont:
    tables: dict[str, bytes] = {}
    for entry in range(struct.unpack_from(">H", data, 4)[0]):
        tag, _, start, length = struct.unpack_from(">4sLLL", data, 12 + 16 * entry)
        tables[tag.decode("ascii")] = data[start:start + length]
    head, hhea, os2 = tables["head"], tables["hhea"], tables["OS/2"]
    scale = 1000 / struct.unpack_from(">H", head, 18)[0]
    full, count = struct.unpack_from(">H", hhea, 34)[0], struct.unpack_from(">H", tables["maxp"], 4)[0]
    advances = [struct.unpack_from(">H", tables["hmtx"], 4 * glyph)[0] for glyph in range(full)]
    advances += [advances[-1]] * (count - full)
    wide = struct.unpack_from(">h", head, 50)[0] == 1
    offsets = struct.unpack(f">{count + 1}{'L' if wide else 'H'}",
                            tables["loca"][:(count + 1) * (4 if wide else 2)])
    ascent, descent = struct.unpack_from(">hh", hhea, 4)
    capital = struct.unpack_from(">h", os2, 88)[0] if struct.unpack_from(">H", os2)[0] >= 2 else ascent
    left, low, right, high = (round(one * scale) for one in struct.unpack_from(">4h", head, 36))
    return TrueTypeFont(
        name=name, glyphs=_characters(tables["cmap"]), tables=tables,
        widths=tuple(round(scale * advance + 0.001) for advance in advances),
        offsets=offsets if wide else tuple(2 * one for one in offsets),
        ascent=round(ascent * scale), descent=round(descent * scale), cap_height=round(capital * scale),
        box=(left, low, right, high), weight=struct.unpack_from(">H", os2, 4)[0])


def _characters(cmap: bytes) -> dict[int, int]:
    """Glyph number by character, from the table of all characters (format 12).

    Raises
    ------
    KeyError : the font has no such table.
    """
    found: dict[tuple[int, int], int] = {}
    for entry in range(struct.unpack_from(">H", cmap, 2)[0]):
        platform, encoding, start = struct.unpack_from(">HHL", cmap, 4 + 8 * entry)
        found[platform, encoding] = start
    start = found[3, 10]
    glyphs: dict[int, int] = {}
    for group in range(struct.unpack_from(">L", cmap, start + 12)[0]):
        first, last, glyph = struct.unpack_from(">LLL", cmap, start + 16 + 12 * group)
        glyphs.update(zip(range(first, last + 1), range(glyph, glyph + last - first + 1), strict=True))
    return glyphs


def _metric(metrics: bytes, full: int, glyph: int) -> bytes:
    """Advance width and left side bearing; the last glyphs of a font share one width."""
    if glyph < full:
        return metrics[4 * glyph:4 * glyph + 4]
    place = 4 * full + 2 * (glyph - full)
    return metrics[4 * full - 4:4 * full - 2] + metrics[place:place + 2]


def _parts(outline: bytes) -> list[tuple[int, int]]:
    """Place and number of each glyph that a composite glyph is put together from; none for a simple one."""
    if len(outline) < 10 or struct.unpack_from(">h", outline)[0] >= 0:
        return []
    found, place, flags = [], 10, _MORE
    while flags & _MORE:
        flags, glyph = struct.unpack_from(">HH", outline, place)
        found.append((place + 2, glyph))
        place += 8 if flags & _WORDS else 6
        place += 2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _MATRIX else 0
    return found


def _file(tables: Mapping[str, bytes]) -> bytes:
    """The tables as a font file."""
    count = len(tables)
    power = count.bit_length() - 1
    place = 12 + 16 * count
    directory = [struct.pack(">LHHHH", 0x00010000, count, 16 << power, power, 16 * count - (16 << power))]
    bodies: list[bytes] = []
    for tag in sorted(tables):
        body = _padded(tables[tag])
        directory.append(struct.pack(">4sLLL", tag.encode(), _checksum(body), place, len(tables[tag])))
        bodies.append(body)
        place += len(body)
    data = bytearray(b"".join((*directory, *bodies)))
    head = 12 + 16 * count + sum(len(body) for body, tag in zip(bodies, sorted(tables), strict=True)
                                 if tag < "head")
    struct.pack_into(">L", data, head + 8, (0xB1B0AFBA - _checksum(bytes(data))) & 0xFFFFFFFF)
    return bytes(data)


def _checksum(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(data) // 4}L", data)
    return sum(words) & 0xFFFFFFFF


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
