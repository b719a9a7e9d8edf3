"""The French page as plain text, for a terminal and for checking one term against its original.

Every French term is followed by its original in brackets where the two differ; what is not French says so.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import unescape

from markupsafe import Markup

from sesali.french.view import (
    Alert,
    Detail,
    FrenchSummary,
    Line,
    Notice,
    Piece,
    Row,
    SectionView,
    Span,
    Table,
    Term,
)

_WIDTH = 100


def render_text(view: FrenchSummary) -> str:
    """The whole page as text, lines of about a hundred characters."""
    return "\n".join(_page(view)) + "\n"


def _page(view: FrenchSummary) -> Iterator[str]:
    banner = view.banner
    yield "Environnement de simulation : patients fictifs. Ne pas utiliser pour soigner."
    yield ""
    extra = f" ({banner.extra})" if banner.extra else ""
    yield f"{banner.family}, {banner.given}{extra}" if banner.given else banner.family + extra
    yield from banner.other_names
    yield " · ".join(
        part
        for part in (
            banner.deceased,
            banner.minor,
            banner.birth,
            f"Sexe {banner.sex}",
            f"{banner.country}, id. {banner.identifier}".lstrip(", "),
        )
        if part
    )
    yield ""
    yield "SYNTHÈSE MÉDICALE"
    yield view.document_line
    if view.unread:
        yield ""
        yield "ATTENTION : cette synthèse n’a pas pu être lue entièrement. Lisez d’abord l’original."
        yield from (f"  - {text}" for text, _ in view.unread)
    if view.level == 1:
        size = view.attachment_size // 1024
        yield f"Original mis en page seul ({view.attachment_type}, {size} ko) : pas de données codées."
    else:
        counts = " · ".join(warning.text for warning in view.warnings)
        yield f"Traduite à partir de codes{' : ' + counts if counts else ''}."
        yield "En cas de doute, l’original fait foi."
        yield ""
        yield "ALERTES"
        for alert in view.alerts:
            yield from _alert(alert)
    for section in view.sections:
        yield from _section(section)
    if view.not_sent:
        yield ""
        yield f"Rubriques non transmises : {', '.join(view.not_sent)}."
    yield ""
    yield "DOCUMENT"
    for label, text, _ in view.details:
        yield from _wrapped(f"{label} : {text}", "  ")


def _alert(alert: Alert) -> Iterator[str]:
    for index, item in enumerate(alert.items):
        yield from _wrapped(f"{alert.label if index == 0 else ' ' * len(alert.label)} : {_line(item)}", "  ")


def _section(section: SectionView, depth: int = 0) -> Iterator[str]:
    yield ""
    count = f" ({section.count_text})" if section.count_text not in ("", "–", "texte") else ""
    other = section.title_term
    original = f" [{other.text}]" if other is not None and other.text != section.title else ""
    yield f"{'#' * (depth + 2)} {section.title}{count}{original}"
    for notice in section.notices:
        yield from _notice(notice)
    for table in section.tables:
        yield from _table(table)
    if section.narrative is not None and (section.narrative_open or not section.tables):
        yield "  Texte d’origine :"
        yield from _wrapped(_plain(section.narrative), "    ")
    for inner in section.subsections:
        yield from _section(inner, depth + 1)


def _notice(notice: Notice) -> Iterator[str]:
    term = notice.term
    original = f" [{term.original}]" if term is not None and term.original else ""
    yield from _wrapped(f"{notice.text}{original} {notice.more}".strip(), "  ")


def _table(table: Table) -> Iterator[str]:
    if table.shown_title:
        yield f"  {table.shown_title}"
    for group in table.groups:
        if group.title:
            yield f"  {group.title}"
        for row in group.rows:
            yield from _row(row, table.columns)


def _row(row: Row, columns: tuple[str, ...]) -> Iterator[str]:
    cells = [" ; ".join(_line(line) for line in cell) for cell in row.cells]
    yield from _wrapped(f"- {cells[0]}", "  ", "    ")
    for column, cell in zip(columns[1:], cells[1:], strict=False):
        yield from _wrapped(f"{column} : {cell}", "      ", "        ")
    shown = " ".join(cells)
    for detail in row.details:
        text = _detail(detail)
        if text and text not in shown:
            shown += " " + text
            yield from _wrapped(f"· {detail.label} : {text}", "      ", "        ")


def _detail(detail: Detail) -> str:
    if detail.term is None:
        return detail.text
    return _piece(detail.term)


def _line(line: Line) -> str:
    return " ".join("".join(_piece(piece) for piece in line).split(" "))


def _piece(piece: Piece) -> str:
    if isinstance(piece, Span):
        if piece.style == "original":
            return f" [{piece.text}]"
        return f" ({piece.text})" if piece.style == "tag" else "" if piece.style == "vh" else piece.text
    return _term(piece)


def _term(term: Term) -> str:
    words = term.text + (f" [{term.original}]" if term.original else "")
    return words + "".join(f" ({mark.text})" for mark in term.marks)


def _plain(narrative: Markup) -> str:
    """Text of a narrative, cells and items apart."""
    spaced = str(narrative)
    for tag in ("</td>", "</th>", "</li>", "</p>", "</tr>", "<br>", "</caption>"):
        spaced = spaced.replace(tag, " · " if tag in ("</td>", "</th>") else "\n")
    lines = (" ".join(line.split()) for line in _strip(spaced).split("\n"))
    return "\n".join(line for line in lines if line)


def _strip(html: str) -> str:
    """Text without tags, line breaks kept; the markup is our own and holds no stray angle brackets."""
    parts = html.split("<")
    return unescape(parts[0] + "".join(part.partition(">")[2] for part in parts[1:]))


def _wrapped(text: str, indent: str, following: str | None = None) -> Iterator[str]:
    for paragraph in text.split("\n"):
        yield from textwrap.wrap(
            paragraph,
            _WIDTH,
            initial_indent=indent,
            break_long_words=False,
            subsequent_indent=indent + "  " if following is None else following,
            break_on_hyphens=False,
        ) or [""]
