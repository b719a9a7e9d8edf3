"""The view model of the French page: plain values that a template only has to write out.

Everything a reader sees is a ``Term`` (something that came coded or as text from the document, with its
original and where it stood) or a ``Span`` (our own French words). Nothing here knows HTML, except the
narrative, which is already safe markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from markupsafe import Markup

from sesali.french.markup import line_html, panels_html, row_html

#: How a term got its words: official order of facts, best first.
Source = Literal["french", "sent", "general", "english", "original", "code", "flavour", "free"]

#: Sources whose words are not French; each such term carries a visible mark.
NOT_FRENCH: tuple[Source, ...] = ("english", "original", "free", "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A visible tag behind a term: ``kind`` decides its look, ``text`` is always there."""

    kind: Literal[
        "untranslated", "retired", "discordant", "general", "unmapped", "unknown", "frequency", "flag"
    ]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A wording as it stood in the document: the pivot, a translation, the original text."""

    label: str
    text: str
    lang: str = ""
    code: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Where a term comes from: what was sent, in all its codings, who worded the French, the node."""

    wordings: tuple[Wording, ...] = ()
    source: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Something the document said, in French where possible.

    ``original`` is empty where it does not differ from ``text``; ``lang`` and ``original_lang`` are BCP 47
    tags.
    """

    text: str
    lang: str = "fr"
    original: str = ""
    original_lang: str = ""
    marks: tuple[Mark, ...] = ()
    source: Source = "french"
    style: str = ""
    trace: Trace | None = None

    kind: ClassVar[Literal["term"]] = "term"

    @property
    def untranslated(self) -> bool:
        """Whether the words shown are not French."""
        return self.source in NOT_FRENCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Our own words. ``style`` is a class name of the style sheet, ``icon`` the id of a symbol."""

    text: str
    style: str = ""
    icon: str = ""
    lang: str = ""

    kind: ClassVar[Literal["span"]] = "span"


Piece = Term | Span
Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One line of the panel behind a row: what it is, and a term or plain French text."""

    label: str
    term: Term | None = None
    text: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One clinical statement: cells of lines, the panel behind it, and how it stands out.

    ``key`` is unique on the page; ``name`` names the row for a screen reader; ``counted`` is false for
    negated statements.
    """

    key: str
    name: str
    cells: tuple[tuple[Line, ...], ...]
    details: tuple[Detail, ...] = ()
    path: str = ""
    line: int = 0
    tone: Literal["", "high", "negated", "unread"] = ""
    counted: bool = True

    def markup(self, columns: tuple[str, ...]) -> Markup:
        """The cells as safe markup."""
        return row_html(self, columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows under one heading; ``title`` is empty for the first, current group."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table: caption for screen readers, column headings, groups. ``shown_title`` stands above it."""

    caption: str
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    shown_title: str = ""

    @property
    def panels(self) -> dict[str, Markup]:
        """What stands in the last column of each row, by its key, as safe markup."""
        return panels_html(row for group in self.groups for row in group.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A box in place of a table or above it; ``row`` holds the panel of the statement that it stands for."""

    kind: Literal[
        "none",
        "no_information",
        "masked",
        "missing",
        "unreadable",
        "contradiction",
        "narrative",
        "uncoded",
    ]
    text: str
    more: str = ""
    icon: str = ""
    term: Term | None = None
    row: Row | None = None

    @property
    def panel(self) -> Markup:
        """The panel of its statement as safe markup, empty without one."""
        return panels_html((self.row,)).get(self.row.key, Markup()) if self.row is not None else Markup()


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A section of the page.

    ``count`` counts clinical statements only; ``count_text`` is what stands behind the title and in the
    navigation (a number, « aucune », « – »); ``narrative_open`` when the narrative is all there is to read.
    """

    key: str
    loinc: str
    title: str
    title_term: Term | None = None
    count: int = 0
    count_text: str = ""
    notices: tuple[Notice, ...] = ()
    tables: tuple[Table, ...] = ()
    narrative: Markup | None = None
    narrative_open: bool = False
    lang: str = ""
    subsections: tuple[SectionView, ...] = ()

    def rows(self) -> tuple[Row, ...]:
        """All rows of the section and of those inside it."""
        own = tuple(row for table in self.tables for group in table.groups for row in group.rows)
        return own + tuple(row for section in self.subsections for row in section.rows())


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One line of the strip: its icon and label, and items, each a line."""

    kind: Literal["allergies", "pregnancy", "implants", "directives", "masked"]
    icon: str
    label: str
    items: tuple[Line, ...]
    anchor: str = ""
    tone: Literal["danger", "plain", "weak"] = "plain"

    @property
    def markup(self) -> tuple[Markup, ...]:
        """The items as safe markup."""
        return tuple(line_html(item) for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """Who is read: name, birth with age, sex, identifier; words first, then looks."""

    family: str
    given: str
    extra: str
    lang: str
    birth: str
    sex: str
    identifier: str
    country: str
    deceased: str = ""
    minor: str = ""
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Warning:
    """A line of the bar under the heading; ``anchor`` is the key of the first row meant."""

    text: str
    anchor: str = ""
    severe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FrenchSummary:
    """The whole page.

    ``details`` is the fold-out « Plus sur ce document »: (label, text, lang); ``unread`` holds (text, lang)
    of what could not be read.
    """

    level: Literal[1, 3]
    title: str
    language: str
    language_name: str
    country_name: str
    banner: Banner
    document_line: str
    details: tuple[tuple[str, str, str], ...]
    warnings: tuple[Warning, ...]
    unread: tuple[tuple[str, str], ...]
    alerts: tuple[Alert, ...]
    sections: tuple[SectionView, ...]
    not_sent: tuple[str, ...]
    attachment_type: str = ""
    attachment_size: int = 0

    @property
    def original_first(self) -> bool:
        """Whether the original must be read before this page, because the page is known to be incomplete."""
        return bool(self.unread)

    def rows(self) -> tuple[Row, ...]:
        """All rows of all sections."""
        return tuple(row for section in self.sections for row in section.rows())
