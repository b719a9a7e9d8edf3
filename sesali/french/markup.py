"""Lines, rows and the panels behind them as markup: the parts of the page that there are thousands of.

They are written here, tersely and without a template, because they are most of a page. What all terms of a
panel share (the beginning of the path, the source of the French words) is said once at its end; what several
rows share (the codes of one medicine prescribed again and again) is a panel of its own that all of them open.
What a row shows in the same words is not repeated behind it. Every text and every attribute that comes from a
document is escaped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from sesali.french.view import Detail, Line, Mark, Row, Source, Span, Term, Wording

#: Symbols that lead from a term to the source of its words, at the end of the panel.
_NOTES = ("¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹")

#: Sources whose words carry the look of a foreign text.
_FOREIGN: tuple[Source, ...] = ("english", "original", "free")

_NARROW = "\u202f"

_HAS_SPECIAL = re.compile("[&<>\"']").search


# -- rows ------------------------------------------------------------------------------------------------


def row_html(row: Row, columns: tuple[str, ...]) -> Markup:
    """The cells of a row, the first one its header; ``columns`` stand in each for narrow screens."""
    first, *others = row.cells
    heading, *headings = _headings(columns)
    cells = f"<th scope=row role=rowheader data-t={heading}>{_lines(first)}</th>"
    for column, cell in zip(headings, others, strict=True):
        cells += f"<td role=cell data-t={column}>{_lines(cell)}</td>"
    return Markup(cells)  # noqa: S704 - every text is escaped


@lru_cache(maxsize=256)
def _headings(columns: tuple[str, ...]) -> tuple[str, ...]:
    """The headings of a table, which are our own words, as attribute values."""
    return tuple(_attribute(column) for column in columns)


def line_html(line: Line) -> Markup:
    """One line: terms with their originals and marks, and our own words."""
    return Markup(_line(line))  # noqa: S704 - every text is escaped


def _lines(lines: Iterable[Line]) -> str:
    # The original stands beneath a term that is alone in its line, and beside one that is followed by more.
    return "".join(
        [f"<div{_class('l seul' if len(line) == 1 else 'l')}>{_line(line)}</div>" for line in lines]
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
        words = f"<span class=t{lang}>{words}</span>"
    if term.original:
        style += " double"
        lang = _attribute(term.original_lang)
        words += f"<span class=o lang={lang}>{_escaped(term.original)}</span>"
    words += "".join([_mark(mark) for mark in term.marks])
    return f"<span{_class('terme' + style)}>{words}</span>" if style or term.marks else words


def _span(span: Span) -> str:
    words = _escaped(span.text)
    if not (span.style or span.icon or span.lang):
        return words
    name = "o" if span.style == "original" else span.style
    style = _class(name) if name else ""
    lang = f" lang={_attribute(span.lang)}" if span.lang else ""
    return f"<span{style}{lang}>{_icon(span.icon)}{words}</span>"


def _icon(name: str) -> str:
    return f'<svg class="icone" aria-hidden="true"><use href="#{name}"/></svg>' if name else ""


def _mark(mark: Mark) -> str:
    icon = _icon("i-original" if mark.kind == "untranslated" else "")
    return f' <span class="tag tag-{mark.kind}">{icon}{_escaped(mark.text)}</span>'


def _escaped(text: str) -> str:
    """A text for content or a quoted attribute; most texts hold nothing to escape."""
    return escape(text) if _HAS_SPECIAL(text) else text


def _attribute(text: str) -> str:
    """An attribute value, quoted where it needs quotes."""
    return text if text.replace("-", "").isalnum() else f'"{_escaped(text)}"'


def _class(names: str) -> str:
    """The attribute of one or more names of our style sheet."""
    return f" class={names}" if " " not in names else f' class="{names}"'


# -- panels ----------------------------------------------------------------------------------------------


def panels_html(rows: Iterable[Row]) -> dict[str, Markup]:
    """For each key of a row its buttons and panels, as safe markup.

    A row has a panel of its own: the values that it does not show, and the node in the document. Codes and
    names of concepts that other rows say in the very same way are in one panel, which all these rows open and
    which stands in the first of them.
    """
    panels = [_Panel(row) for row in rows if row.details]
    seen: Counter[_Said] = Counter()
    if len(panels) > 1:
        seen.update([one for panel in panels for one in panel.concepts])
    for panel in panels:
        panel.common = tuple(number for number in panel.numbers if seen[panel.said[number]] > 1)
    blocks = [tuple(panel.said[number] for number in panel.common) for panel in panels]
    counts = Counter(blocks)
    opened: dict[tuple[_Said, ...], str] = {}
    found: dict[str, Markup] = {}
    for panel, block in zip(panels, blocks, strict=True):
        row = panel.row
        if counts[block] < 2 or sum(map(_length, block)) < _WORTH_SHARING:
            html = _opened("d", row.key, "Origine", row) + _written("d", row.key, _content(panel, ()))
        else:
            html = _opened("d", row.key, "Origine", row)
            html += _written("d", row.key, _content(panel, panel.common))
            first = opened.setdefault(block, row.key)
            html += " " + _opened("c", first, "Codes", row)
            if first == row.key:
                html += _written("c", first, _list(block) + _RELATIVE)
        found[row.key] = Markup(html)  # noqa: S704 - every text is escaped
    return found


#: A value of a panel as it is written: before the sign of the source of its words, that source, behind it.
_Said = tuple[str, str, str]

#: Concepts that take less than this stay in the panel of their row.
_WORTH_SHARING = 300

_RELATIVE = "<p>Emplacements à partir de celui de chaque ligne.</p>"


class _Panel:
    """The panel of a row in the making: each of its values written once, for comparing and for the page.

    ``numbers`` are the places of its concepts among the values, ``common`` of those that it shares.
    """

    __slots__ = ("base", "common", "numbers", "row", "said")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.base = _base(row)
        self.said = [_detail(detail, self.base) for detail in row.details]
        self.numbers = [number for number, detail in enumerate(row.details) if _coded(detail)]
        self.common: tuple[int, ...] = ()

    @property
    def concepts(self) -> set[_Said]:
        """Its concepts, each once."""
        return {self.said[number] for number in self.numbers}


def _length(said: _Said) -> int:
    before, source, behind = said
    return len(before) + len(behind) + bool(source)


def _content(panel: _Panel, elsewhere: tuple[int, ...]) -> str:
    """What a panel holds: all that the row does not show and that is not in a panel that it shares."""
    row = panel.row
    shown = {piece.text.strip(" ,·") for cell in row.cells for line in cell for piece in line}
    texts = Counter([d.text for d in row.details if d.term is None])
    # Two values in the same words are two statements: only one that is alone with its words is in the row.
    kept = [
        panel.said[number]
        for number, d in enumerate(row.details)
        if number not in elsewhere
        and (d.term is not None or _coded(d) or d.text not in shown or texts[d.text] > 1)
    ]
    line = f", ligne {row.line}" if row.line else ""
    place = f"<p>Dans le document : {_escaped(panel.base)}{line}</p>" if panel.base else ""
    return (_list(kept) if kept else "") + place


def _base(row: Row) -> str:
    """The place of a row, which the places of all its values begin with."""
    paths = [d.term.trace.path for d in row.details if d.term and d.term.trace and d.term.trace.path]
    return _common(paths) or row.path


def _coded(detail: Detail) -> bool:
    """Whether a detail is a concept with its codes, or a part of something that is."""
    term = detail.term
    return (term is not None and term.trace is not None and bool(term.trace.wordings)) or "›" in detail.label


def _list(said: Iterable[_Said]) -> str:
    """A definition list, and the sources of the French words in it."""
    sources: dict[str, str] = {}
    body = "".join([before + _sign(source, sources) + behind for before, source, behind in said])
    found = f"<dl>{body}</dl>"
    if sources:
        notes = " ".join([f"{sign}{_NARROW}{_escaped(text)}." for text, sign in sources.items()])
        found += f"<p>Source des libellés : {notes}</p>"
    return found


def _sign(source: str, known: dict[str, str]) -> str:
    """The symbol of a source, the next one where it is new; empty without a source."""
    if not source:
        return ""
    sign = known.get(source)
    if sign is None:
        number = len(known)
        sign = known[source] = _NOTES[number] if number < len(_NOTES) else f"({number + 1})"
    return sign


def _opened(kind: str, key: str, word: str, row: Row) -> str:
    return (
        f'<button type=button class=origine popovertarget="{kind}-{key}">{word}'
        f"<span class=vh> : {_escaped(row.name)}</span></button>"
    )


def _written(kind: str, key: str, content: str) -> str:
    return f'<div popover id="{kind}-{key}" class=panneau>{content}</div>'


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


def _detail(detail: Detail, base: str) -> _Said:
    head = f"<dt>{_escaped(detail.label)}<dd>"
    if detail.term is None:
        return head + _foreign(detail.text, detail.lang), "", ""
    return _term(detail.term, head, base)


def _foreign(text: str, lang: str) -> str:
    """A text, in an element of its own where its language is not that of the page."""
    return f"<i lang={_attribute(lang)}>{_escaped(text)}</i>" if lang and lang != "fr" else _escaped(text)


def _term(term: Term, head: str, base: str) -> _Said:
    trace = term.trace
    found = head + _foreign(term.text, term.lang) + "".join([_mark(mark) for mark in term.marks])
    if trace is None:
        return found, "", ""
    parts = _wordings(trace.wordings, (term.text, term.lang))
    if trace.path and trace.path != base:
        parts.append("…" + _escaped(trace.path[len(base) :]))
    return found, trace.source, f"<small>{' · '.join(parts)}</small>" if parts else ""


def _wordings(wordings: tuple[Wording, ...], shown: tuple[str, str]) -> list[str]:
    """Each wording with its code; a text that stands there twice, and a code that is sent twice, once.

    ``shown`` are the words before them and their language.
    """
    found: list[str] = []
    first = wordings[0] if wordings else None
    skipped = ""
    for number, wording in enumerate(wordings, 1):
        label = wording.label
        following = wordings[number] if number < len(wordings) else None
        twice = following and (wording.text, wording.lang) == (following.text, following.lang)
        if twice and not wording.code:
            skipped = f"{label} et "
            continue
        same = wording is not first and first is not None and wording.code == first.code
        code = "" if same and first and wording.system == first.system else _code(wording)
        label = f"{skipped}{label}" + (" (même code)" if wording.code and not code else "")
        skipped = ""
        if wording.text and (wording.text, wording.lang) == shown:
            label += " sous ce libellé"
        elif wording.text:
            label += f" : {_foreign(wording.text, wording.lang)}"
        found.append(label + code)
    return found


def _code(wording: Wording) -> str:
    system = f" {_escaped(wording.system)}" if wording.code and wording.system else ""
    return f" <code>{_escaped(wording.code)}</code>{system}" if wording.code else ""
