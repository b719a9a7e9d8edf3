"""Lines, rows and the panels behind them as markup: the parts of the page that there are thousands of.

They are written here, tersely and without a template, because they are most of a page. What all terms of a
panel share (the beginning of the path, the source of the French words) is said once at its end. Every text
and every attribute that comes from a document is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape as _escaped
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from sesali.french.view import Detail, Line, Mark, Row, Source, Span, Term, Wording

#: Symbols that lead from a term to the source of its words, at the end of the panel.
_NOTES = ("¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹")

#: Sources whose words carry the look of a foreign text.
_FOREIGN: tuple[Source, ...] = ("english", "original", "free")

_NARROW = "\u202f"


# -- rows ------------------------------------------------------------------------------------------------


def row_html(row: Row, columns: tuple[str, ...]) -> Markup:
    """The cells of a row, the first one its header; ``columns`` stand in each for narrow screens."""
    first, *others = row.cells
    cells = f'<th scope="row" role="rowheader" data-t="{_escaped(columns[0])}">{_lines(first)}</th>'
    for column, cell in zip(columns[1:], others, strict=True):
        cells += f'<td role="cell" data-t="{_escaped(column)}">{_lines(cell)}</td>'
    return Markup(cells)  # noqa: S704 - every text is escaped


def line_html(line: Line) -> Markup:
    """One line: terms with their originals and marks, and our own words."""
    return Markup(_line(line))  # noqa: S704 - every text is escaped


def _lines(lines: Iterable[Line]) -> str:
    # The original stands beneath a term that is alone in its line, and beside one that is followed by more.
    return "".join(
        [f'<div class="l{" seul" if len(line) == 1 else ""}">{_line(line)}</div>' for line in lines]
    )


def _line(line: Line) -> str:
    return "".join([_span(piece) if piece.kind == "span" else _shown(piece) for piece in line])


def _shown(term: Term) -> str:
    """A term: its words, the original beneath them, its marks."""
    style = f" {term.style}" if term.style else ""
    style += " etranger" if term.source in _FOREIGN else ""
    words = _escaped(term.text)
    if term.lang != "fr" or term.original:
        lang = f" lang={_attribute(term.lang)}" if term.lang != "fr" else ""
        words = f'<span class="t"{lang}>{words}</span>'
    if term.original:
        style += " double"
        lang = _attribute(term.original_lang)
        words += f'<span class="o" lang={lang}>{_escaped(term.original)}</span>'
    words += "".join([_mark(mark) for mark in term.marks])
    return f'<span class="terme{style}">{words}</span>' if style or term.marks else words


def _span(span: Span) -> str:
    words = _escaped(span.text)
    if not (span.style or span.icon or span.lang):
        return words
    name = "o" if span.style == "original" else span.style
    style = f' class="{name}"' if name else ""
    lang = f" lang={_attribute(span.lang)}" if span.lang else ""
    return f"<span{style}{lang}>{_icon(span.icon)}{words}</span>"


def _icon(name: str) -> str:
    return f'<svg class="icone" aria-hidden="true"><use href="#{name}"/></svg>' if name else ""


def _mark(mark: Mark) -> str:
    icon = _icon("i-original" if mark.kind == "untranslated" else "")
    return f' <span class="tag tag-{mark.kind}">{icon}{_escaped(mark.text)}</span>'


def _attribute(text: str) -> str:
    """An attribute value, quoted where it needs quotes."""
    return text if text.isascii() and text.replace("-", "").isalnum() else f'"{_escaped(text)}"'


# -- panels ----------------------------------------------------------------------------------------------


def panel_html(row: Row) -> Markup:
    """A definition list of all values of a row, the sources of their words, and the node in the document."""
    paths = [d.term.trace.path for d in row.details if d.term and d.term.trace and d.term.trace.path]
    base = _common(paths) or row.path
    sources: dict[str, str] = {}
    body = "".join([_detail(detail, base, sources) for detail in row.details])
    found = f"<dl>{body}</dl>"
    if sources:
        notes = " ".join([f"{sign}{_NARROW}{_escaped(text)}." for text, sign in sources.items()])
        found += f"<p>Source des libellés : {notes}</p>"
    if base:
        line = f", ligne {row.line}" if row.line else ""
        found += f"<p>Dans le document : {_escaped(base)}{line}</p>"
    return Markup(found)  # noqa: S704 - every text above is escaped


def _common(paths: list[str]) -> str:
    """The longest path, in whole steps, that all paths of a panel begin with."""
    if not paths:
        return ""
    low, high = min(paths), max(paths)
    if low == high:
        return low
    steps = []
    for one, other in zip(low.split("/"), high.split("/"), strict=False):
        if one != other:
            break
        steps.append(one)
    return "/".join(steps)


def _detail(detail: Detail, base: str, sources: dict[str, str]) -> str:
    head = f"<dt>{_escaped(detail.label)}<dd>"
    if detail.term is None:
        return head + _foreign(detail.text, detail.lang)
    return head + _term(detail.term, base, sources)


def _foreign(text: str, lang: str) -> str:
    """A text, in an element of its own where its language is not that of the page."""
    return f"<i lang={_attribute(lang)}>{_escaped(text)}</i>" if lang and lang != "fr" else _escaped(text)


def _term(term: Term, base: str, sources: dict[str, str]) -> str:
    trace = term.trace
    found = _foreign(term.text, term.lang) + "".join([_mark(mark) for mark in term.marks])
    if trace is None:
        return found
    if trace.source:
        sign = sources.get(trace.source)
        if sign is None:
            number = len(sources)
            sign = sources[trace.source] = _NOTES[number] if number < len(_NOTES) else f"({number + 1})"
        found += sign
    parts = list(_wordings(trace.wordings))
    if trace.path and trace.path != base:
        parts.append("…" + _escaped(trace.path[len(base) :]))
    return f"{found}<small>{' · '.join(parts)}</small>" if parts else found


def _wordings(wordings: tuple[Wording, ...]) -> Iterator[str]:
    for wording in wordings:
        words = f"{wording.label} : {_foreign(wording.text, wording.lang)}" if wording.text else wording.label
        code = f" <code>{_escaped(wording.code)}</code>" if wording.code else ""
        system = f" {_escaped(wording.system)}" if wording.code and wording.system else ""
        yield words + code + system
