"""Prints a patient summary as the PDF that a level 1 document carries.

The page is in the language of the country: the patient, then every section with the same tables as the
narrative of level 3. PDF/A-2b, fonts embedded and subset, the same bytes for the same summary.

Source: ISO 19005-2 (PDF/A-2b); eHDSI patient summary L1 template.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fpdf import FPDF, FontFace, XPos, YPos
from fpdf.enums import DocumentCompliance, TableBordersLayout

from countries.xmp import xmp_metadata
from ehdsi.cda.datatypes import NarrativeNode
from ehdsi.cda.labels import labels_of, section_title
from ehdsi.cda.model import Header, PatientSummary, Section
from ehdsi.cda.narrative import narrate
from ehdsi.cda.wording import (
    Labels,
    address_text,
    name_text,
    participation_text,
    term,
    time_text,
)
from ehdsi.errors import LocalError

#: DejaVu Sans has the letters of every official language of the Union.
FONTS = Path(__file__).parents[1] / "fixtures" / "fonts"

_CREATOR = "ncpeh-testbed"
_FAMILY = "DejaVu"
#: A table with more columns folds the rest into the last one, each value behind its heading.
_MOST_COLUMNS = 9
#: Millimetres beyond which a column asks for no more room.
_WIDE = 60.0
#: Millimetres above and below, left and right of a cell's text.
_PADDING = (0.6, 1.0)
_GREY = (238, 241, 244)


def summary_pdf(summary: PatientSummary, *, language: str | None = None) -> bytes:
    """The summary as PDF/A-2b.

    Parameters
    ----------
    summary : of level 3, in national codes or pivot; national designations are printed where it has them.
    language : language of headings, ``ll`` or ``ll-CC``; the document's own when not given.

    Raises
    ------
    LocalError : the summary has no sections, or a font file is missing.
    """
    if not summary.sections:
        raise LocalError("only a level 3 summary can be printed")
    language = language or summary.header.language
    labels = labels_of(language)
    page = _Page(labels, summary.header, language)
    _print_patient(page, summary.header, labels)
    for number, section in enumerate(summary.sections, start=1):
        _print_section(page, section, language, f"s{number}", depth=0)
    return bytes(page.output())


class _Page(FPDF):
    """A4 across, with the simulation line above and the page number below each page."""

    def __init__(self, labels: Labels, header: Header, language: str | None) -> None:
        super().__init__(orientation="landscape", format="A4", enforce_compliance=DocumentCompliance.PDFA_2B)
        self.labels = labels
        for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
            if not (FONTS / file).is_file():
                raise LocalError(f"the font {file} is missing in {FONTS}")
            self.add_font(_FAMILY, style, FONTS / file)
        self.heading = header.title or labels["title"]
        self.set_title(self.heading)
        self.set_creator(_CREATOR)
        self.set_lang(language or "en")
        self.set_creation_date(_moment(header))
        self.set_xmp_metadata(xmp_metadata(title=self.heading, creator=_CREATOR, moment=_moment(header)))
        self.set_margins(12, 12)
        self.set_auto_page_break(True, margin=14)
        self.add_page()

    def header(self) -> None:
        """The simulation line, on every page."""
        self.set_font(_FAMILY, size=7)
        self.set_text_color(150, 30, 30)
        self.line_of(self.labels["simulation"], 5)
        self.set_text_color(0)

    def footer(self) -> None:
        """Title and page number."""
        self.set_y(-11)
        self.set_font(_FAMILY, size=7)
        self.set_text_color(90)
        number = self.labels["page"].format(self.page_no(), "{nb}")
        self.cell(0, 5, f"{self.heading}  ·  {number}", align="R")
        self.set_text_color(0)

    def line_of(self, text: str, height: float) -> None:
        """A line of text over the whole width, wrapped where it has to be."""
        self.multi_cell(0, height, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _moment(header: Header) -> datetime:
    """The creation time of the document as that of the PDF, so that the bytes never depend on the clock."""
    value = header.effective_time.value if header.effective_time is not None else None
    digits = (value or "")[:14]
    for length, form in ((14, "%Y%m%d%H%M%S"), (8, "%Y%m%d")):
        if len(digits) >= length and digits[:length].isdecimal():
            try:
                return datetime.strptime(digits[:length], form).replace(tzinfo=UTC)
            except ValueError:
                break
    return datetime(2000, 1, 1, tzinfo=UTC)


def _print_patient(page: _Page, header: Header, labels: Labels) -> None:
    """Who the summary is about, and who answers for it."""
    page.set_font(_FAMILY, "B", 15)
    page.line_of(page.heading, 9)
    facts = [(heading, value) for heading, value in _facts(header, labels) if value]
    page.set_font(_FAMILY, size=9)
    bold = FontFace(emphasis="BOLD")
    with page.table(col_widths=(50, 223), line_height=5, first_row_as_headings=False, text_align="LEFT",
                    borders_layout=TableBordersLayout.HORIZONTAL_LINES) as table:
        for heading, value in facts:
            row = table.row()
            row.cell(heading, style=bold)
            row.cell(value)


def _facts(header: Header, labels: Labels) -> Iterator[tuple[str, str]]:
    patient = header.patient
    yield labels["name"], " / ".join(filter(None, (name_text(name) for name in patient.names)))
    yield labels["birth_date"], time_text(patient.birth_time, labels)
    gender = patient.gender
    yield labels["gender"], labels.get(f"gender.{gender.code}") or term(gender, labels) if gender else ""
    yield labels["identifier"], "  ·  ".join(i.extension for i in patient.identifiers if i.extension)
    yield labels["address"], address_text(patient.addresses)
    yield labels["telecom"], "  ·  ".join(t.value.split(":", 1)[-1] for t in patient.telecoms if t.value)
    yield labels["author"], "\n".join(participation_text(author) for author in header.authors)
    yield labels["custodian"], ", ".join(header.custodian.names) if header.custodian is not None else ""
    yield labels["created"], time_text(header.effective_time, labels)
    if header.service_event is not None:
        yield labels["updated"], time_text(header.service_event.high, labels)


def _print_section(page: _Page, section: Section, language: str | None, prefix: str, *, depth: int) -> None:
    """Title, narrative (the given one, else the one that level 3 would get) and nested sections."""
    loinc = section.code.code if section.code is not None else None
    title = section.title or section_title(loinc, language) or term(section.code, labels_of(language))
    narrative = section.narrative or narrate(section, section.language or language, prefix).node
    if page.will_page_break(_beginning(narrative)):
        page.add_page()
    page.ln(3)
    page.set_font(_FAMILY, "B", 11 - depth)
    page.line_of(title, 7)
    page.set_font(_FAMILY, size=8)
    _print_node(page, narrative)
    for number, inner in enumerate(section.subsections, start=1):
        _print_section(page, inner, language, f"{prefix}-{number}", depth=depth + 1)


def _beginning(narrative: NarrativeNode) -> float:
    """Millimetres that a title needs below it, so that it never stands alone at the end of a page."""
    table = next(_below(narrative, "table"), None)
    rows = _fold(_read_table(table)).rows[:1] if table is not None else ()
    lines = max((text.count("\n") + len(text) // 30 + 1 for row in rows for text in row), default=1)
    return min(120.0, 26 + 4.2 * lines)


def _print_node(page: _Page, node: NarrativeNode) -> None:
    """The blocks below a narrative element; text between them is gathered into paragraphs."""
    loose: list[str] = []
    for child in node.children:
        if not isinstance(child, str) and child.tag in _BLOCKS:
            _print_loose(page, loose)
            _print_block(page, child)
            loose = []
        else:
            loose.append(child if isinstance(child, str) else _text(child))
    _print_loose(page, loose)


_BLOCKS = frozenset(("text", "paragraph", "list", "table"))


def _print_loose(page: _Page, parts: list[str]) -> None:
    text = "".join(parts).strip()
    if text:
        page.line_of(text, 4.5)


def _print_block(page: _Page, node: NarrativeNode) -> None:
    if node.tag == "table":
        _print_table(page, node)
    elif node.tag == "list":
        for item in _below(node, "item"):
            page.line_of(f"•  {_text(item)}", 4.5)
    else:
        _print_node(page, node)


# ------------------------------------------------------------------------------------------------ tables


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as plain text: headings (may be empty) and rows, all equally long."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _print_table(page: _Page, node: NarrativeNode) -> None:
    table = _fold(_read_table(node))
    if not table.rows:
        return
    cells = (*((table.headings,) if table.headings else ()), *table.rows)
    head = FontFace(emphasis="BOLD", fill_color=_GREY)
    with page.table(col_widths=_widths(page, cells), line_height=4.2, text_align="LEFT", v_align="TOP",
                    headings_style=head, first_row_as_headings=bool(table.headings), padding=_PADDING,
                    borders_layout=TableBordersLayout.ALL) as printed:
        for row in cells:
            line = printed.row()
            for text in row:
                line.cell(text)


def _widths(page: _Page, cells: tuple[tuple[str, ...], ...]) -> tuple[float, ...]:
    """Column widths in mm: room for the longest word first, what is left goes to the longer lines."""
    gap = 2 * _PADDING[1] + 1.5
    page.set_font(_FAMILY, "B", 8)
    least = [max(_widest(page, row[n].split()) for row in cells) + gap for n in range(len(cells[0]))]
    wish = [max(_widest(page, row[n].split("\n")) for row in cells) + gap for n in range(len(cells[0]))]
    page.set_font(_FAMILY, size=8)
    more = [max(0.1, min(_WIDE, long) - short) for long, short in zip(wish, least, strict=True)]
    left = max(0.0, page.epw - sum(least))
    return tuple(short + left * share / sum(more) for short, share in zip(least, more, strict=True))


def _widest(page: _Page, texts: list[str]) -> float:
    return max((page.get_string_width(text) for text in texts), default=0.0)


def _read_table(node: NarrativeNode) -> _Table:
    """Rows of a narrative table as text, filled up to the same length."""
    headings: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = []
    for part in node.children:
        for line in () if isinstance(part, str) else _below(part, "tr"):
            texts = tuple(_text(cell) for cell in line.children if not isinstance(cell, str))
            if not isinstance(part, str) and part.tag == "thead" and not headings:
                headings = texts
            else:
                rows.append(texts)
    width = max((len(row) for row in (headings, *rows)), default=0)
    filled = tuple(row + ("",) * (width - len(row)) for row in rows)
    return _Table(headings + ("",) * (width - len(headings)) if headings else (), filled)


def _fold(table: _Table) -> _Table:
    """At most so many columns: what is over goes into the last one, each value behind its heading."""
    if len(table.headings) <= _MOST_COLUMNS:
        return table
    kept = _MOST_COLUMNS - 1
    rows = tuple((*row[:kept], _named(table.headings[kept:], row[kept:])) for row in table.rows)
    return _Table((*table.headings[:kept], "…"), rows)


def _named(headings: tuple[str, ...], texts: tuple[str, ...]) -> str:
    return "\n".join(f"{heading}: {text}" for heading, text in zip(headings, texts, strict=True) if text)


def _below(node: NarrativeNode, tag: str) -> Iterator[NarrativeNode]:
    for child in node.children:
        if not isinstance(child, str) and child.tag == tag:
            yield child


def _text(node: NarrativeNode) -> str:
    """Text of an element: line breaks kept, other white space as one blank."""
    parts: list[str] = []
    for child in node.children:
        if isinstance(child, str):
            parts.append(child)
        elif child.tag == "br":
            parts.append("\n")
        else:
            inner = _text(child)
            parts.append(f"\n{inner}" if child.tag in ("item", "paragraph") and parts else inner)
    return "\n".join(" ".join(line.split()) for line in "".join(parts).split("\n")).strip("\n")
