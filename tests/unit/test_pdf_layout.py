"""What a PDF is made of: fonts cut down, the colour profile, text and tables that lose nothing."""

from __future__ import annotations

import io
import re
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import ImageCms, ImageFont
from pypdf import PdfReader

from countries.icc import srgb_profile
from countries.pdf import FONTS, summary_pdf
from countries.pdf_file import pdf_bytes
from countries.pdf_page import INNER, Pages, TableStyle
from countries.truetype import TrueTypeFont, read_font
from countries.xmp import xmp_metadata
from ehdsi.errors import LocalError
from tests import samples

LETTERS = "Aé Żħ ő Řů Ελένη Ђ ½ ™ fi"


def font(name: str = "DejaVuSans") -> TrueTypeFont:
    """A font of the project."""
    return read_font(FONTS / f"{name}.ttf")


def pages() -> Pages:
    """An empty document."""
    return Pages(font(), font("DejaVuSans-Bold"), above="above", below="{}/{}".format)


def printed(made: Pages) -> PdfReader:
    """The document as an independent library reads it."""
    metadata = xmp_metadata(title="t", creator="c", moment=datetime(2026, 1, 1, tzinfo=UTC))
    data = pdf_bytes(made.finished(), made.fonts, language="en", metadata=metadata)
    return PdfReader(io.BytesIO(data), strict=True)


def words(made: Pages) -> list[str]:
    """All words of all pages."""
    return " ".join(page.extract_text() for page in printed(made).pages).split()


def outline(one: TrueTypeFont, glyph: int) -> list[bytes]:
    """A glyph as the simple outlines that it is put together from."""
    data = one.tables["glyf"][one.offsets[glyph]:one.offsets[glyph + 1]]
    if int.from_bytes(data[:2], "big") < 0x8000:
        return [data]
    found, place, flags = [], 10, 0x20
    while flags & 0x20:
        flags, part = struct.unpack_from(">HH", data, place)
        size = (8 if flags & 1 else 6) + (2 if flags & 8 else 4 if flags & 0x40 else 8 if flags & 0x80 else 0)
        found += [data[place:place + 2] + data[place + 4:place + size], *outline(one, part)]
        place += size
    return found


@pytest.mark.parametrize("name", ["DejaVuSans", "DejaVuSans-Bold"])
def test_a_subset_draws_the_same_letters(name: str) -> None:
    """A name is printed in the shapes of the font: outlines, composites and widths survive the cut."""
    whole = font(name)
    wanted = [whole.glyphs[ord(letter)] for letter in LETTERS]
    data, numbers = whole.subset(wanted)
    assert ImageFont.truetype(io.BytesIO(data), 20).getname()  # FreeType takes it
    count = len(numbers)
    tables = {data[at:at + 4].decode(): data[int.from_bytes(data[at + 8:at + 12], "big"):]
              for at in range(12, 12 + 16 * int.from_bytes(data[4:6], "big"), 16)}
    places = [int.from_bytes(tables["loca"][4 * n:4 * n + 4], "big") for n in range(count + 1)]
    cut = TrueTypeFont(name="", glyphs={}, widths=(), ascent=0, descent=0, cap_height=0, box=(0, 0, 0, 0),
                       weight=0, tables=tables, offsets=places)
    for glyph in wanted:
        pairs = zip(outline(whole, glyph), outline(cut, numbers[glyph]), strict=True)
        assert all(one.rstrip(b"\0") == other.rstrip(b"\0") for one, other in pairs)
        advance = int.from_bytes(tables["hmtx"][4 * numbers[glyph]:4 * numbers[glyph] + 2], "big")
        assert round(advance * 1000 / 2048 + 0.001) == whole.widths[glyph]


def test_the_colour_profile_is_srgb() -> None:
    """PDF/A says which red it means; a colour system of its own would print others."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    assert ImageCms.getProfileName(profile).strip() == "sRGB"
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).profile
    for mine, theirs in ((profile.profile.red_primary, usual.red_primary),
                         (profile.profile.blue_primary, usual.blue_primary)):
        assert mine is not None and theirs is not None
        assert mine[0] == pytest.approx(theirs[0], abs=0.001)


def test_every_letter_is_copied_as_it_was_written() -> None:
    """Who copies a name or a dose out of the PDF gets the very characters, twins and rare ones too."""
    made = pages()
    made.text(f"{LETTERS} µ μ Ω Ω 𝔸 \u4e00", size=9, line=5)
    assert words(made)[1:-1] == f"{LETTERS} µ μ Ω Ω 𝔸 \u4e00".split()


def test_a_row_higher_than_a_page_goes_on() -> None:
    """No line of a long note is lost: it continues on the next pages under the repeated heading."""
    made = pages()
    lines = [f"w{number}" for number in range(200)]
    made.table((("head", "h2"), ("before", ""), ("\n".join(lines), "side"), ("after", "")), (1, 1),
               TableStyle(size=8, line=4.2, gap=0.6, framed=True, headed=True))
    found = words(made)
    assert [word for word in found if re.fullmatch(r"w\d+", word)] == lines
    assert found.index("before") < found.index("w0") and found.index("w199") < found.index("after")
    assert found.count("head") == len(printed(made).pages) > 4
    assert found.count("side") == 1


@pytest.mark.parametrize("framed", [True, False])
def test_a_heading_higher_than_a_page_is_printed_once(framed: bool) -> None:
    """A foreign table with an absurd heading still ends, and keeps its content."""
    made = pages()
    heading = "\n".join(f"h{number}" for number in range(90))
    made.table(((heading,), ("value",)), (1,), TableStyle(size=8, line=4.2, headed=True, framed=framed))
    found = words(made)
    assert [word for word in found if re.fullmatch(r"h\d+", word)] == heading.split()
    assert found.count("value") == 1


def test_long_lines_and_long_words_stay_inside() -> None:
    """Text beyond the edge of the paper would be lost without a trace."""
    made = pages()
    text = " ".join(f"word{number}" for number in range(90)) + " " + "x" * 600
    made.text(text, size=8, line=4.5)
    lines = [line for page in printed(made).pages for line in page.extract_text().splitlines()]
    assert "".join("".join(lines[1:-1]).split()) == text.replace(" ", "")
    assert len(lines) > 5 and max(made.width(line, 8) for line in lines) <= INNER


def test_a_language_that_is_none_does_not_break_the_file() -> None:
    """The tag is written into the file as it is: only the form of a tag gets there."""
    summary = samples.absence_summary()
    odd = replace(summary, header=replace(summary.header, language="hr)/AA<<"))
    root = PdfReader(io.BytesIO(summary_pdf(odd)), strict=True).trailer["/Root"]
    assert root["/Lang"] == "en"  # type: ignore[index]


def test_a_missing_or_broken_font_is_said(tmp_path: Path) -> None:
    """Whoever packs the project without its fonts reads what is missing, not a stack trace."""
    with pytest.raises(LocalError, match=r"the font none\.ttf is missing"):
        read_font(tmp_path / "none.ttf")
    (tmp_path / "bad.ttf").write_bytes(zlib.compress(b"no font"))
    with pytest.raises(LocalError, match=r"bad\.ttf cannot be read"):
        read_font(tmp_path / "bad.ttf")
