"""The states of a section that has no table, or whose table contradicts itself: each has its own sentence."""

from __future__ import annotations

from ehdsi.cda.model import AbsenceStatement, Header, Section, UnreadEntry
from sesali.french.agreement import disagreements, uncoded_lines
from sesali.french.context import Page
from sesali.french.dates import day_of
from sesali.french.people import name_words
from sesali.french.view import Notice
from sesali.french.words import ABOUT, FLAVOURS, NONE_KNOWN, STATES

#: Null flavours of a section or entry that mean "we cannot say".
_NO_INFORMATION = ("NI", "UNK", "NASK", "ASKU", "NAV", "NA", "NP")


def none_known(page: Page, statement: AbsenceStatement) -> tuple[str, str]:
    """The sentence of a known absence, and what it leaves open; an older code by its own designation."""
    known = NONE_KNOWN.get(statement.code.code or "")
    if known is not None:
        return known[0], known[1]
    term = page.term(statement.code, "AbsenceStatement.code")
    words = term.text if term.source != "flavour" else statement.text or "absence déclarée"
    return f"{words[:1].upper()}{words[1:]}.", ""


def no_information(section: Section) -> str | None:
    """The null flavour that says there is no information, or None where the section says something."""
    statements = [e for e in section.entries if isinstance(e, AbsenceStatement)]
    if any(statement.kind == "no_information" for statement in statements):
        return "NI"
    if section.null_flavor in _NO_INFORMATION:
        return section.null_flavor
    flavours = [entry.null_flavor for entry in section.entries]
    if flavours and all(flavour in _NO_INFORMATION for flavour in flavours) and not statements:
        return flavours[0]
    return None


def notices(
    page: Page, section: Section, header: Header, *, has_rows: bool, has_narrative: bool
) -> list[Notice]:
    """All boxes of a section, in the order of their weight."""
    found: list[Notice] = []
    statements = [entry for entry in section.entries if isinstance(entry, AbsenceStatement)]
    unread = [entry for entry in section.entries if isinstance(entry, UnreadEntry)]
    if section.null_flavor == "MSK" or any(entry.null_flavor == "MSK" for entry in section.entries):
        found.append(Notice(kind="masked", text=STATES["masked"], icon="i-masque"))
    for statement in statements:
        if statement.kind == "known_absence":
            found.append(_absence(page, statement, header, contradicted=has_rows))
        else:
            found.append(_nothing(page, section, statement))
    if not statements and (reason := no_information(section)) is not None:
        found.append(_nothing(page, section, None, FLAVOURS.get(reason, reason)))
    for words in disagreements(page, section):
        text = STATES["disagreement"].format(statement=f"« {words} »")
        found.append(Notice(kind="contradiction", text=text, icon="i-modere"))
    if lines := uncoded_lines(section):
        words = STATES["uncoded_one" if lines == 1 else "uncoded_many"].format(count=lines)
        found.append(Notice(kind="uncoded", text=words, icon="i-original"))
    if unread:
        words = STATES["partly_unreadable" if has_rows else "unreadable"]
        found.append(Notice(kind="unreadable", text=words, icon="i-modere"))
    if not found and not has_rows:
        kind = "narrative" if has_narrative else "empty"
        found.append(
            Notice(kind="narrative", text=STATES[kind], icon="i-original" if has_narrative else "i-modere")
        )
    return found


def _absence(page: Page, statement: AbsenceStatement, header: Header, *, contradicted: bool) -> Notice:
    sentence, more = none_known(page, statement)
    term = page.term(statement.code, "AbsenceStatement.code")
    row = page.row(statement, (((term,),),))
    if contradicted:
        text = STATES["contradiction"].format(statement=sentence.rstrip("."))
        return Notice(kind="contradiction", text=text, icon="i-modere", term=term, row=row)
    by = next((name_words(author.person) for author in header.authors if author.person is not None), "")
    stated = STATES["stated"].format(date=day_of(header.effective_time), author=f" ({by})" if by else "")
    return Notice(
        kind="none", text=sentence, more=f"{stated} {more}".strip(), icon="i-aucun", term=term, row=row
    )


def _nothing(page: Page, section: Section, statement: AbsenceStatement | None, words: str = "") -> Notice:
    loinc = section.code.code if section.code is not None else ""
    text = STATES["no_information"].format(about=ABOUT.get(loinc or "", "cette rubrique"))
    more = STATES["no_information_more"] + (f" ({words})" if words else "")
    term = page.term(statement.code, "AbsenceStatement.code") if statement is not None else None
    row = page.row(statement, (((term,),),)) if statement is not None and term is not None else None
    return Notice(kind="no_information", text=text, more=more, icon="i-inconnu", term=term, row=row)


def missing() -> Notice:
    """A mandatory section that the document does not have."""
    return Notice(kind="missing", text=STATES["missing"], icon="i-modere")
