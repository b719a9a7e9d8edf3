"""What every section builder needs: labels, units, the time, and the making of rows with their panels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from ehdsi.cda.datatypes import Coded, Interval, Quantity, QuantityRange, Ratio, Time, Value
from ehdsi.cda.model import Entry, ObservationGroup
from ehdsi.terminology import Terminology
from sesali.french.dates import date_words, period, starts_later
from sesali.french.details import details_of
from sesali.french.quantities import Units, result, result_range, strength, unit_symbol
from sesali.french.terms import Labeller
from sesali.french.timing import NOT_DAILY
from sesali.french.view import Group, Line, Mark, Piece, Row, Span, Table, Term
from sesali.french.words import NOT_GIVEN

ABSENT = Span(text=NOT_GIVEN, style="absent")
SEPARATOR = Span(text=" · ")


@dataclass(slots=True)
class Page:
    """One page in the making; ``prefix`` is the key of the section being built."""

    labels: Labeller
    units: Units
    now: datetime
    prefix: str = ""
    _count: dict[str, int] = field(default_factory=dict)

    @classmethod
    def new(
        cls, terminology: Terminology, language: str | None, now: datetime, languages: tuple[str, ...]
    ) -> Page:
        """A page for a document in a language."""
        return cls(Labeller(terminology, language, languages), _units(terminology), now)

    def key(self) -> str:
        """A key for the next row, unique on the page."""
        number = self._count[self.prefix] = self._count.get(self.prefix, 0) + 1
        return f"{self.prefix}-{number}"

    def term(self, coded: Coded | None, at: str = "", style: str = "") -> Term:
        """The term for a coded element."""
        return self.labels.term(coded, at=at, style=style)

    def free(self, text: str, style: str = "", entry: Entry | None = None) -> Term:
        """The term for free text, traced to its entry."""
        origin = entry.origin if entry is not None else None
        return self.labels.free(
            text, style=style, path=origin.path if origin else "", line=origin.line if origin else 0
        )

    def row(
        self,
        entry: Entry,
        cells: Iterable[Iterable[Iterable[Piece]]],
        *,
        tone: str = "",
        name: str = "",
        counted: bool = True,
        group: ObservationGroup | None = None,
    ) -> Row:
        """A row for an entry: its cells, and the panel that holds every value of the entry.

        ``cells`` holds for each column its lines, each a sequence of pieces; an empty cell says « non
        indiqué ».
        """
        filled = tuple(_cell(lines) for lines in cells)
        origin = entry.origin
        title = name or _plain(filled[0][0])
        return Row(
            key=self.key(),
            name=title,
            cells=filled,
            tone=tone,  # type: ignore[arg-type]
            details=details_of(entry, self.labels, self.units, group),
            counted=counted,
            path=origin.path if origin else "",
            line=origin.line if origin else 0,
        )

    # -- values --------------------------------------------------------------------------------------
    def when(self, interval: Interval | None, absent: str = "date non indiquée") -> Line:
        """A date or period, marked where it lies in the future."""
        words = Span(text=period(interval, absent=absent), style="" if interval is not None else "absent")
        if starts_later(interval, self.now):
            return (words, flag("date dans le futur"))
        return (words,)

    def value(self, value: Value, at: str = "Observation.values") -> Line:
        """The value of an observation, of whatever type."""
        if isinstance(value, Coded):
            return self.coded_line(value, at)
        if isinstance(value, bool):
            return (Span(text="oui" if value else "non"),)
        if isinstance(value, str):
            return (self.free(value),)
        if isinstance(value, Quantity):
            return _measured(result(value), value)
        if isinstance(value, QuantityRange):
            return _measured(result_range(value), value.value or value.high or value.low)
        if isinstance(value, Ratio):
            return (Span(text=strength(value, self.units) or NOT_GIVEN),)
        if isinstance(value, Interval):
            return self.when(value)
        if isinstance(value, Time):
            return (Span(text=date_words(value)),)
        return (Span(text=str(value)),)

    def coded_line(self, coded: Coded, at: str = "", style: str = "") -> Line:
        """A coded element with its qualifiers, laterality in full."""
        pieces: list[Piece] = [self.term(coded, at, style)]
        for qualifier in coded.qualifiers:
            side = qualifier.name.code == "272741003"
            pieces.append(Span(text=" · Côté : " if side else " · ", style="strong"))
            pieces.append(self.term(qualifier.value, "Qualifier.value", "strong"))
        return tuple(pieces)


@lru_cache(maxsize=4)
def _units(terminology: Terminology) -> Units:
    """The names of units in a terminology, which never changes once it is built."""
    return Units(terminology)


def flag(text: str) -> Span:
    """One of our own tags: something to check, in words."""
    return Span(text=text, style="tag")


def with_mark(text: str, marks: Iterable[str], style: str = "") -> Term:
    """Our own words with marks behind them."""
    found = (Mark(kind="frequency" if mark == NOT_DAILY else "untranslated", text=mark) for mark in marks)
    return Term(text=text, style=style, source="french", marks=tuple(found))


def small(text: str) -> Span:
    """Words of less weight."""
    return Span(text=text, style="small")


def join(items: Iterable[Line], separator: Span) -> Line:
    """Lines in one line, separated."""
    joined: list[Piece] = []
    for line in items:
        if joined:
            joined.append(separator)
        joined.extend(line)
    return tuple(joined)


def table(
    caption: str,
    columns: tuple[str, ...],
    groups: Iterable[tuple[str, list[Row]]],
    shown_title: str = "",
    keep: tuple[int, ...] = (),
) -> Table | None:
    """A table of the groups that have rows; None without any.

    A column that says nothing in any row is left out unless ``keep`` names it; the first column always stays.
    """
    filled = [(title, rows) for title, rows in groups if rows]
    if not filled:
        return None
    rows = [row for _, group in filled for row in group]
    used = [i for i in range(len(columns)) if i == 0 or i in keep or any(_says(row.cells[i]) for row in rows)]
    if len(used) < len(columns):
        filled = [
            (title, [replace(row, cells=tuple(row.cells[i] for i in used)) for row in group])
            for title, group in filled
        ]
    return Table(
        caption=caption,
        columns=tuple(columns[i] for i in used),
        shown_title=shown_title,
        groups=tuple(Group(title=title, rows=tuple(group)) for title, group in filled),
    )


def _says(cell: tuple[Line, ...]) -> bool:
    return any(piece.style != "absent" for line in cell for piece in line)


def _cell(lines: Iterable[Iterable[Piece]]) -> tuple[Line, ...]:
    filled = tuple(tuple(line) for line in lines)
    return tuple(line for line in filled if line) or ((ABSENT,),)


def _plain(line: Line) -> str:
    return "".join(piece.text for piece in line)


def _measured(words: str, quantity: Quantity | None) -> Line:
    known = quantity is None or unit_symbol(quantity.unit)[1]
    style = "number" if quantity is not None and quantity.value is not None else ""
    return (
        (Span(text=words, style=style),)
        if known
        else (Span(text=words, style=style), flag("unité d’origine"))
    )
