"""Prints a patient summary as the PDF that a level 1 document carries.

The page is in the language of the country: the patient, then every section with the same tables as the
narrative of level 3. PDF/A-2b, fonts embedded and subset, the same bytes for the same summary. This module
says what is printed, ``countries.pdf_page`` where on the page, ``countries.pdf_file`` in which bytes.

Source: ISO 19005-2 (PDF/A-2b); eHDSI patient summary L1 template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from countries.pdf_file import pdf_bytes
from countries.pdf_page import GAP, INNER, Pages, TableStyle
from countries.truetype import read_font
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
#: A table with more columns folds the rest into the last one, each value behind its heading.
_MOST_COLUMNS = 9
#: Millimetres beyond which a column asks for no more room.
_WIDE = 60.0
#: What a language tag may hold: it is written into the file as it is.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

_FACTS = TableStyle(size=9, line=5, bold_first=True)
_ENTRIES = TableStyle(size=8, line=4.2, gap=0.6, framed=True)


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
    heading = summary.header.title or labels["title"]
    pages = Pages(
        read_font(FONTS / "DejaVuSans.ttf"), read_font(FONTS / "DejaVuSans-Bold.ttf"),
        above=labels["simulation"],
        below=lambda number, count: f"{heading}  ·  {labels['page'].format(number, count)}")
    _print_patient(pages, heading, summary.header, labels)
    for number, section in enumerate(summary.sections, start=1):
        _print_section(pages, section, language, f"s{number}", depth=0)
    metadata = xmp_metadata(title=heading, creator=_CREATOR, moment=_moment(summary.header))
    tag = language if language and _LANGUAGE.fullmatch(language) else "en"
    return pdf_bytes(pages.finished(), pages.fonts, language=tag, metadata=metadata)


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


def _print_patient(pages: Pages, heading: str, header: Header, labels: Labels) -> None:
    """Who the summary is about, and who answers for it."""
    pages.text(heading, size=15, line=9, bold=True)
    facts = [(name, value) for name, value in _facts(header, labels) if value]
    pages.table(facts, (50, 223), _FACTS)


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


def _print_section(pages: Pages, section: Section, language: str | None, prefix: str, *, depth: int) -> None:
    """Title, narrative (the given one, else the one that level 3 would get) and nested sections."""
    loinc = section.code.code if section.code is not None else None
    title = section.title or section_title(loinc, language) or term(section.code, labels_of(language))
    narrative = section.narrative or narrate(section, section.language or language, prefix).node
    if not pages.fits(_beginning(narrative)):
        pages.break_page()
    pages.skip(3)
    pages.text(title, size=11 - depth, line=7, bold=True)
    _print_node(pages, narrative)
    for number, inner in enumerate(section.subsections, start=1):
        _print_section(pages, inner, language, f"{prefix}-{number}", depth=depth + 1)


def _beginning(narrative: NarrativeNode) -> float:
    """Millimetres that a title needs below it, so that it never stands alone at the end of a page."""
    table = next(_below(narrative, "table"), None)
    rows = _fold(_read_table(table)).rows[:1] if table is not None else ()
    lines = max((text.count("\n") + len(text) // 30 + 1 for row in rows for text in row), default=1)
    return min(120.0, 26 + 4.2 * lines)


def _print_node(pages: Pages, node: NarrativeNode) -> None:
    """The blocks below a narrative element; text between them is gathered into paragraphs."""
    loose: list[str] = []
    for child in node.children:
        if not isinstance(child, str) and child.tag in _BLOCKS:
            _print_loose(pages, loose)
            _print_block(pages, child)
            loose = []
        else:
            loose.append(child if isinstance(child, str) else _text(child))
    _print_loose(pages, loose)


_BLOCKS = frozenset(("text", "paragraph", "list", "table"))


def _print_loose(pages: Pages, parts: list[str]) -> None:
    text = "".join(parts).strip()
    if text:
        pages.text(text, size=8, line=4.5)


def _print_block(pages: Pages, node: NarrativeNode) -> None:
    if node.tag == "table":
        _print_table(pages, node)
    elif node.tag == "list":
        for item in _below(node, "item"):
            pages.text(f"•  {_text(item)}", size=8, line=4.5)
    else:
        _print_node(pages, node)


# ------------------------------------------------------------------------------------------------ tables


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as plain text: headings (may be empty) and rows, all equally long."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def _print_table(pages: Pages, node: NarrativeNode) -> None:
    table = _fold(_read_table(node))
    if not table.rows or not table.rows[0]:
        return
    cells = (*((table.headings,) if table.headings else ()), *table.rows)
    pages.table(cells, _widths(pages, cells), replace(_ENTRIES, headed=bool(table.headings)))


def _widths(pages: Pages, cells: tuple[tuple[str, ...], ...]) -> tuple[float, ...]:
    """Column widths in mm: room for the longest word first, what is left goes to the longer lines."""
    gap = 2 * GAP + 1.5
    columns = list(zip(*cells, strict=True))
    least = [gap + _widest(pages, {word for text in column for word in text.split()}) for column in columns]
    wish = [gap + _widest(pages, {one for text in column for one in text.split("\n")}) for column in columns]
    more = [max(0.1, min(_WIDE, long) - short) for long, short in zip(wish, least, strict=True)]
    left = max(0.0, INNER - sum(least))
    return tuple(short + left * share / sum(more) for short, share in zip(least, more, strict=True))


def _widest(pages: Pages, texts: set[str]) -> float:
    """The longest of these in bold, which is the wider font, so that headings fit too."""
    return max((pages.width(text, _ENTRIES.size, bold=True) for text in texts), default=0.0)


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
