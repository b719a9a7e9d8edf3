"""Lays text and tables out on pages of A4 across: lines, columns, page breaks. Lengths are in millimetres.

Nothing is ever left out for want of room: long lines are wrapped, long words broken, a row that is higher
than a page goes on over the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from countries.pdf_file import HEIGHT, POINTS, WIDTH, FontInUse
from countries.truetype import TrueTypeFont

MARGIN = 12.0
#: Room for text between the margins.
INNER = WIDTH - 2 * MARGIN
#: Where the last line of a page may end.
_BOTTOM = HEIGHT - 14.0
#: Left and right of a text, inside its box.
GAP = 1.0
_LINE = "0.57 w"
_GREY = "0.9333 0.9451 0.9569 rg"
_SOFT_HYPHEN = "\xad"
_RED, _DIM = "0.5882 0.1176 0.1176", "0.3529 0.3529 0.3529"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStyle:
    """How a table looks.

    Attributes
    ----------
    size : of the letters, in points.
    line : height of a line. gap : above and below the text of a cell.
    framed : a frame around each cell, instead of a line between rows.
    headed : the first row is a heading, repeated on each page.
    bold_first : the first column is bold.
    """

    size: float
    line: float
    gap: float = 0.0
    framed: bool = False
    headed: bool = False
    bold_first: bool = False


class Pages:
    """The pages of one document, written from top to bottom.

    Parameters
    ----------
    regular, bold : the fonts.
    above : the line at the top of every page.
    below : gives the line at the foot, from the page's number and the number of pages.
    """

    def __init__(self, regular: TrueTypeFont, bold: TrueTypeFont, *, above: str,
                 below: Callable[[int, int], str]) -> None:
        self.fonts = (FontInUse(regular), FontInUse(bold))
        self._above, self._below = above, below
        self._pages: list[list[str]] = []
        self._y = 0.0
        self.break_page()

    # -- writing ---------------------------------------------------------------------------------------

    def text(self, text: str, *, size: float, line: float, bold: bool = False, colour: str = "") -> None:
        """Text over the whole width, wrapped where it has to be."""
        for part in self._wrapped(text, INNER - 2 * GAP, size, bold):
            if not self.fits(line):
                self.break_page()
            self._write(part, MARGIN + GAP, self._y, size, line, bold, colour)
            self._y += line

    def skip(self, height: float) -> None:
        """Leave room."""
        self._y += height

    def fits(self, height: float) -> bool:
        """Is there so much room left on the page?"""
        return self._y + height <= _BOTTOM + 1e-6

    def break_page(self) -> None:
        """Begin a page."""
        self._pages.append(["2 J", _LINE])
        self._y = MARGIN
        self.text(self._above, size=7, line=5, colour=_RED)

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[float], style: TableStyle) -> None:
        """A table over the whole width; ``widths`` are shares of it.

        Rows have as many cells as there are widths.
        """
        scale = INNER / sum(widths)
        table = _Laid(tuple(width * scale for width in widths), style)
        lines = [self._cells(row, table, bold=style.headed and not number)
                 for number, row in enumerate(rows)]
        # A heading that would fill the page by itself is printed once, like any row.
        heading = lines.pop(0) if style.headed and table.height(lines[0]) < HEIGHT / 2 else None
        first = table.height(lines[0]) if lines else 0.0
        if heading is not None:
            if not self.fits(table.height(heading) + first) and first < HEIGHT / 2:
                self.break_page()
            self._row(heading, table, bold=True)
        for number, row in enumerate(lines, start=1):
            rest: _Row | None = row
            while rest is not None:
                rest = self._as_much_as_fits(rest, table, heading, last=number == len(lines))

    def finished(self) -> list[str]:
        """The instructions of all pages, each with its foot."""
        count = len(self._pages)
        for number, page in enumerate(self._pages, start=1):
            text = self._below(number, count)
            left = MARGIN + INNER - GAP - self.width(text, 7)
            self._write(text, left, HEIGHT - 11, 7, 5, False, _DIM, page)
        return ["\n".join(page) for page in self._pages]

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """The length of a text in one line."""
        return self.fonts[bold].length(text) * size / 1000 / POINTS

    # -- inside ----------------------------------------------------------------------------------------

    def _cells(self, row: Sequence[str], table: _Laid, *, bold: bool) -> _Row:
        style = table.style
        return tuple(
            tuple(self._wrapped(text, width - 2 * GAP, style.size, bold or (style.bold_first and not number)))
            for number, (text, width) in enumerate(zip(row, table.widths, strict=True)))

    def _as_much_as_fits(self, row: _Row, table: _Laid, heading: _Row | None, *, last: bool) -> _Row | None:
        """Write a row, on a new page where it does not fit; what is higher than a page is given back."""
        if self.fits(table.height(row)):
            self._row(row, table, line_below=not last)
            return None
        self.break_page()
        if heading is not None:
            self._row(heading, table, bold=True)
        most = max(1, int((_BOTTOM - self._y - 2 * table.style.gap + 1e-6) / table.style.line))
        rest = tuple(cell[most:] for cell in row)
        over = any(rest)
        self._row(tuple(cell[:most] for cell in row), table, line_below=over or not last)
        return rest if over else None

    def _row(self, row: _Row, table: _Laid, *, bold: bool = False, line_below: bool = True) -> None:
        style, left, height = table.style, MARGIN, table.height(row)
        for number, (cell, width) in enumerate(zip(row, table.widths, strict=True)):
            if style.framed:
                self._box(left, width, height, filled=bold)
            for place, part in enumerate(cell):
                top = self._y + style.gap + place * style.line
                self._write(part, left + GAP, top, style.size, style.line,
                            bold or (style.bold_first and not number))
            left += width
        self._y += height
        if line_below and not style.framed:
            y = (HEIGHT - self._y) * POINTS
            self._pages[-1].append(
                f"{MARGIN * POINTS:.2f} {y:.2f} m {(MARGIN + INNER) * POINTS:.2f} {y:.2f} l S")

    def _box(self, left: float, width: float, height: float, *, filled: bool) -> None:
        where = f"{left * POINTS:.2f} {(HEIGHT - self._y) * POINTS:.2f} {width * POINTS:.2f} " \
                f"{-height * POINTS:.2f} re"
        self._pages[-1].append(f"q {_GREY} {where} B Q" if filled else f"{where} S")

    def _write(self, text: str, left: float, top: float, size: float, line: float, bold: bool,
               colour: str = "", page: list[str] | None = None) -> None:
        """One line of text; it stands a little below the middle of its height."""
        if not text:
            return
        x, y = left * POINTS, (HEIGHT - top - line / 2) * POINTS - 0.3 * size
        shown = f"BT /F{1 + bold} {size:g} Tf {x:.2f} {y:.2f} Td {self.fonts[bold].encode(text)} Tj ET"
        (self._pages[-1] if page is None else page).append(f"q {colour} rg {shown} Q" if colour else shown)

    def _wrapped(self, text: str, width: float, size: float, bold: bool) -> list[str]:
        most = (width + 1e-6) * POINTS * 1000 / size
        font = self.fonts[bold]
        shown = text.replace(_SOFT_HYPHEN, "")
        return [line for paragraph in shown.split("\n") for line in _lines(paragraph, most, font)]


_Row = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Laid:
    """A table whose columns have their widths in millimetres."""

    widths: tuple[float, ...]
    style: TableStyle

    def height(self, row: _Row) -> float:
        return max(map(len, row)) * self.style.line + 2 * self.style.gap


def _lines(text: str, most: float, font: FontInUse) -> Iterator[str]:
    """A text in lines of at most this length; broken between words, or inside one that is too long."""
    if font.length(text) <= most:
        yield text
        return
    blank, line, used = font.length(" "), "", 0
    for word in text.split(" "):
        length = font.length(word)
        if line and used + blank + length <= most:
            line, used = f"{line} {word}", used + blank + length
            continue
        if line:
            yield line
        *whole, line = _pieces(word, most, font) if length > most else (word,)
        yield from whole
        used = font.length(line)
    yield line


def _pieces(word: str, most: float, font: FontInUse) -> Iterator[str]:
    """A long word in pieces that fit, each of at least one letter."""
    piece, used = "", 0
    for letter in word:
        length = font.length(letter)
        if piece and used + length > most:
            yield piece
            piece, used = "", 0
        piece, used = piece + letter, used + length
    yield piece
