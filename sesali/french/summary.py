"""From the pivot summary to the French page, as values: pure, no clock, no network.

Every section of the document is on the page, in the same clinical order for every patient and country; every
entry is in a table or a notice, whatever section it stands in; what was not understood is said first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ehdsi.cda.model import (
    AbsenceStatement,
    Allergy,
    Device,
    Entry,
    Header,
    Immunization,
    Medication,
    Observation,
    ObservationGroup,
    PatientSummary,
    Problem,
    Procedure,
    Section,
    UnreadEntry,
)
from ehdsi.terminology import Terminology
from sesali.french import identity
from sesali.french.alerts import alerts
from sesali.french.context import Page, table
from sesali.french.narrative import has_text, narrative_html
from sesali.french.people import country_name, language_name
from sesali.french.remarks import in_french
from sesali.french.sections import allergies, immunizations, medications, observations, pregnancies, problems
from sesali.french.states import missing, notices
from sesali.french.terms import LANGUAGES
from sesali.french.view import FrenchSummary, Line, Row, SectionView, Span, Table, Term, Warning
from sesali.french.words import MANDATORY, NBSP, SECTIONS

#: Sections whose title says that what stands in them is over.
_PAST = ("11348-0",)

_SIMPLE = {
    "29762-2": ("Habitus, mode de vie", ("Habitude", "Quantité", "Période")),
    "47420-5": ("Statut fonctionnel", ("Évaluation", "Résultat", "Date")),
}


def french_view(
    summary: PatientSummary,
    terminology: Terminology,
    now: datetime,
    *,
    languages: tuple[str, ...] = LANGUAGES,
) -> FrenchSummary:
    """The French page of a summary.

    Parameters
    ----------
    summary : the pivot as received (any form is accepted: labels are chosen by code).
    terminology : with French and English designations.
    now : UTC; for ages, « il y a », and dates in the future.
    languages : of labels, in order; what none of them has is shown in the original, marked.
    """
    header = summary.header
    page = Page.new(terminology, header.language, now, languages)
    sections, anchors = _sections(page, summary)
    rows = [row for section in sections for row in section.rows()]
    sent = {s.code.code for s in summary.sections if s.code is not None}
    attachment = summary.attachment
    return FrenchSummary(
        level=header.level,
        title="Synthèse médicale",
        language=header.language or "",
        language_name=language_name(header.language) or "langue non indiquée",
        country_name=country_name(identity.country_of(header)),
        banner=identity.banner(page, header),
        document_line=identity.document_line(header, now),
        details=identity.document_details(page, header),
        warnings=_warnings(sections, rows) if header.level == 3 else (),
        unread=_unread(summary, sections),
        alerts=alerts(page, summary, anchors) if header.level == 3 else (),
        sections=sections,
        not_sent=tuple(
            title for code, title in SECTIONS.items() if code not in sent and code not in MANDATORY
        )
        if header.level == 3
        else (),
        attachment_type=(attachment.media_type or "") if attachment is not None else "",
        attachment_size=len(attachment.data) if attachment is not None else 0,
    )


# -- sections --------------------------------------------------------------------------------------------


def _sections(page: Page, summary: PatientSummary) -> tuple[tuple[SectionView, ...], dict[str, str]]:
    """All sections in page order, and the key of the first of each LOINC code."""
    if summary.header.level == 1:
        return (), {}
    order = list(SECTIONS)
    known = {section.code.code for section in summary.sections if section.code is not None}
    ordered: list[tuple[int, int, Section | str]] = [
        (order.index(code) if (code := _loinc(section)) in order else len(order), index, section)
        for index, section in enumerate(summary.sections)
    ]
    ordered += [(order.index(code), -1, code) for code in MANDATORY if code not in known]
    views: list[SectionView] = []
    anchors: dict[str, str] = {}
    for number, (_, _, section) in enumerate(sorted(ordered, key=lambda item: item[:2]), 1):
        key = f"r{number}"
        if isinstance(section, str):
            views.append(
                SectionView(
                    key=key, loinc=section, title=SECTIONS[section], count_text="–", notices=(missing(),)
                )
            )
        else:
            views.append(section_view(page, section, summary.header, key))
        anchors.setdefault(views[-1].loinc, key)
    return tuple(views), anchors


def _loinc(section: Section) -> str:
    return section.code.code or "" if section.code is not None else ""


def section_view(page: Page, section: Section, header: Header, key: str) -> SectionView:
    """One section: its tables, boxes and narrative, and the sections inside it."""
    page.prefix = key
    loinc = _loinc(section)
    tables = tuple(tables_of(page, section))
    nested = tuple(
        section_view(page, inner, header, f"{key}-{index}")
        for index, inner in enumerate(section.subsections, 1)
    )
    rows = [row for t in tables for group in t.groups for row in group.rows if row.tone != "unread"]
    narrative = section.narrative if section.narrative and has_text(section.narrative) else None
    boxes = notices(
        page, section, header, has_rows=bool(rows) or bool(nested), has_narrative=narrative is not None
    )
    count = sum(row.counted for row in rows)
    title, term = _title(page, section)
    opened = any(box.kind in ("unreadable", "narrative", "masked", "uncoded") for box in boxes)
    return SectionView(
        key=key,
        loinc=loinc,
        title=title,
        title_term=term,
        count=count,
        count_text=_count_text(count, [box.kind for box in boxes], bool(rows)),
        notices=tuple(boxes),
        tables=tables,
        subsections=nested,
        narrative_open=opened,
        narrative=narrative_html(narrative) if narrative is not None else None,
        lang=section.language or header.language or "",
    )


def _title(page: Page, section: Section) -> tuple[str, Term | None]:
    """Our title and the original; an unknown section keeps the title as received."""
    own = SECTIONS.get(_loinc(section))
    if own is not None:
        return own, page.labels.free(section.title, mark=False) if section.title else None
    if section.code is not None and section.code.code:
        term = page.term(section.code, "Section.code")
        if term.source == "french":
            return term.text, page.labels.free(section.title, mark=False) if section.title else None
    if section.title:
        return section.title, page.labels.free(section.title)
    return page.term(
        section.code, "Section.code"
    ).text if section.code is not None else "Rubrique sans titre", None


def _count_text(count: int, kinds: list[str], has_rows: bool) -> str:
    if count or has_rows:
        return str(count)
    if "none" in kinds:
        return "aucune"
    return "–" if "no_information" in kinds or "masked" in kinds else "texte" if "narrative" in kinds else "–"


def tables_of(page: Page, section: Section) -> list[Table]:
    """Tables of a section: by class of entry, so that nothing is lost in an unexpected section."""
    loinc, entries = _loinc(section), section.entries
    kinds = {type(entry) for entry in entries}
    found: list[Table] = []
    if Allergy in kinds:
        found += allergies.build(page, entries)
    if Medication in kinds:
        found += medications.build(page, entries)
    if Problem in kinds:
        found += problems.build(page, entries, past=loinc in _PAST)
    if Device in kinds:
        found += problems.devices(page, entries)
    if Procedure in kinds:
        found += problems.procedures(page, entries)
    if Immunization in kinds:
        found += immunizations.build(page, entries)
    if Observation in kinds or ObservationGroup in kinds:
        found += _observations(page, loinc, entries)
    return found + _unread_table(page, entries) + _others(page, entries)


def _observations(page: Page, loinc: str, entries: Sequence[Entry]) -> list[Table]:
    if loinc == "30954-2":
        return observations.results(page, entries)
    if loinc == "8716-3":
        return observations.vital_signs(page, entries)
    if loinc == "10162-6":
        return pregnancies.build(page, entries)
    caption, columns = _SIMPLE.get(loinc, ("Observations", ("Observation", "Valeur", "Date")))
    return observations.simple(page, entries, caption, columns)


def _unread_table(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """What could not be understood: its terms, its text and why."""
    rows: list[Row] = []
    for entry in entries:
        if isinstance(entry, UnreadEntry):
            lines: list[Line] = [page.coded_line(term) for term in entry.terms]
            lines += [(page.free(entry.text, "", entry),)] if entry.text else []
            rows.append(
                page.row(
                    entry, (lines, [(_reason(entry),)]), tone="unread", name="élément non compris"
                )
            )
    built = table(
        "Éléments non compris",
        ("Ce qui a été reçu", "Raison"),
        [("", rows)],
        "Éléments non compris",
        keep=(0, 1),
    )
    return [built] if built else []


def _reason(entry: UnreadEntry) -> Span:
    words, language = in_french(entry.reason)
    return Span(text=words, lang=language)


_KNOWN = (
    Allergy,
    Medication,
    Problem,
    Device,
    Procedure,
    Immunization,
    Observation,
    ObservationGroup,
    UnreadEntry,
    AbsenceStatement,
)


def _others(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """Entries of a class that no table knows: text and panel."""
    rows = [
        page.row(entry, ([(page.free(entry.text or "élément sans texte", "", entry),)],), tone="unread")
        for entry in entries
        if not isinstance(entry, _KNOWN)
    ]
    built = table("Autres éléments", ("Élément",), [("", rows)], "Autres éléments")
    return [built] if built else []


# -- warnings --------------------------------------------------------------------------------------------


def _warnings(sections: Sequence[SectionView], rows: Sequence[Row]) -> tuple[Warning, ...]:
    """Counts only, each leading to the first item meant; the last sentence always stays."""
    found: list[Warning] = []
    marks = [(row, {mark.kind for term in terms_of(row) for mark in term.marks}) for row in rows]
    foreign = [(row, n) for row in rows if (n := untranslated(row))]
    if foreign:
        total = sum(n for _, n in foreign)
        found.append(
            Warning(
                text=_plural(total, "élément non traduit", "éléments non traduits"), anchor=foreign[0][0].key
            )
        )
    for kind, one, many in (
        ("unmapped", "concept national sans équivalence sûre", "concepts nationaux sans équivalence sûre"),
        ("discordant", "libellé discordant", "libellés discordants"),
        ("retired", "code retiré du catalogue", "codes retirés du catalogue"),
    ):
        marked = [row for row, kinds in marks if kind in kinds]
        if marked:
            found.append(Warning(text=_plural(len(marked), one, many), anchor=marked[0].key))
    for kind, one, many in (
        ("no_information", "rubrique sans information", "rubriques sans information"),
        ("missing", "rubrique obligatoire absente", "rubriques obligatoires absentes"),
        ("contradiction", "contradiction", "contradictions"),
        ("uncoded", "rubrique plus complète dans l’original", "rubriques plus complètes dans l’original"),
    ):
        boxes = [section for section in sections if any(box.kind == kind for box in section.notices)]
        if boxes:
            found.append(
                Warning(
                    text=_plural(len(boxes), one, many), anchor=boxes[0].key, severe=kind != "no_information"
                )
            )
    return tuple(sorted(found, key=lambda warning: not warning.severe))


def terms_of(row: Row) -> list[Term]:
    """All terms that a row shows."""
    return [piece for cell in row.cells for line in cell for piece in line if isinstance(piece, Term)]


def untranslated(row: Row) -> int:
    """How many terms of a row carry a mark « non traduit »."""
    return sum(
        term.untranslated or any(mark.kind == "untranslated" for mark in term.marks) for term in terms_of(row)
    )


def _plural(count: int, one: str, many: str) -> str:
    return f"{count}{NBSP}{one if count == 1 else many}"


#: Remarks listed one by one; the rest is counted.
_LISTED = 8


def _unread(summary: PatientSummary, sections: Sequence[SectionView]) -> tuple[tuple[str, str], ...]:
    """What could not be read, for the banner: entries not understood by section, then the reader's remarks.

    Pairs of text and language, which is English where a remark has no French wording.
    """
    texts: list[tuple[str, str]] = []
    for section in sections:
        count = sum(row.tone == "unread" for row in section.rows())
        if count:
            words = _plural(count, "élément non compris", "éléments non compris")
            texts.append((f"{section.title}{NBSP}: {words}", ""))
    remarks = list(dict.fromkeys(r.text for r in summary.remarks if r.kind in ("unread", "unsafe")))
    texts += [in_french(text) for text in remarks[:_LISTED]]
    if len(remarks) > _LISTED:
        texts.append((f"et {_plural(len(remarks) - _LISTED, 'autre remarque', 'autres remarques')}", ""))
    return tuple(texts)
