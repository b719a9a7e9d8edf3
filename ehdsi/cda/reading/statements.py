"""What all readers of entries share: common fields, nested statements, comments, absence codes, unread
rests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypedDict

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Identifier, Interval, Origin
from ehdsi.cda.model import AbsenceStatement, Participation, UnreadEntry
from ehdsi.cda.reading.context import Groups, Reading
from ehdsi.cda.reading.datatypes import coded, first, identifiers, is_true, text_of
from ehdsi.cda.reading.people import participations
from ehdsi.xml import XmlElement, serialise

#: Clinical statements of CDA: what an entry, an entryRelationship or a component may hold.
STATEMENTS = (
    "observation",
    "act",
    "substanceAdministration",
    "procedure",
    "supply",
    "organizer",
    "encounter",
    "observationMedia",
    "regionOfInterest",
)

#: Codes that say which field of a concern a nested observation fills.
STATUS, OUTCOME, CERTAINTY, CRITICALITY = "33999-4", "11323-3", "66455-7", "82606-5"
SEVERITY, COMMENT, DOSE_NUMBER = "SEV", "48767-8", "30973-2"
_SEVERITY_TEMPLATES = frozenset((oids.IHE_PCC + ".4.1", oids.CCD + ".55"))

#: Codes of older documents that state an absence: SNOMED CT concepts used before the absent-and-unknown
#: codes.
_SNOMED_ABSENCE: dict[str, Literal["known_absence", "no_information"]] = {
    "160244002": "known_absence",
    "716186003": "known_absence",
    "160245001": "known_absence",
    "787481004": "known_absence",
    "182904002": "no_information",
    "409137002": "known_absence",
}


class EntryFields(TypedDict):
    """The fields of ``Entry``, to be passed on to the class of each kind of entry."""

    identifiers: tuple[Identifier, ...]
    text: str | None
    text_reference: str | None
    status: str | None
    null_flavor: str | None
    negated: bool
    authors: tuple[Participation, ...]
    comments: tuple[str, ...]
    origin: Origin | None


def common(reading: Reading, element: XmlElement) -> EntryFields:
    """Identifiers, text, status, null flavour, negation, authors and comments of a clinical statement."""
    groups = reading.open(element)
    text = first(groups, "text")
    shown, reference = text_of(reading, text) if text is not None else (None, None)
    authors: tuple[Participation, ...] = ()
    if "author" in groups or "informant" in groups:
        authors = participations(reading, groups, "author", "AUT") + participations(
            reading, groups, "informant", "INF"
        )
    comments, commentators = _comments(reading, groups) if "entryRelationship" in groups else ((), ())
    return EntryFields(
        identifiers=identifiers(reading, groups),
        text=shown,
        text_reference=reference,
        status=status(reading, groups),
        null_flavor=element.get("nullFlavor"),
        negated=is_true(element.get("negationInd")),
        authors=authors + commentators,
        comments=comments,
        origin=reading.origin(element),
    )


def merged(outer: EntryFields, inner: EntryFields) -> EntryFields:
    """The fields of a concern: identity, status and place of the act, text of the observation inside it
    first."""
    own = inner["text"] is not None or inner["text_reference"] is not None
    text, reference = (
        (inner["text"], inner["text_reference"]) if own else (outer["text"], outer["text_reference"])
    )
    return EntryFields(
        identifiers=outer["identifiers"] + inner["identifiers"],
        text=text,
        text_reference=reference,
        status=outer["status"] or inner["status"],
        null_flavor=outer["null_flavor"] or inner["null_flavor"],
        negated=outer["negated"] != inner["negated"],
        authors=outer["authors"] + inner["authors"],
        comments=outer["comments"] + inner["comments"],
        origin=outer["origin"],
    )


def status(reading: Reading, groups: Groups) -> str | None:
    """``statusCode/@code``."""
    found = first(groups, "statusCode")
    if found is None:
        return None
    reading.taken.add(found)
    return found.get("code")


def is_event(element: XmlElement) -> bool:
    """Does a statement say that something is or was so (mood EVN), not that it is planned or wished for?"""
    return element.get("moodCode", "EVN") == "EVN"


def code_of(reading: Reading, statement: XmlElement) -> str:
    """The code of a nested statement, without taking it."""
    found = reading.groups(statement).get("code")
    return (found[0].get("code") or "") if found else ""


def related(reading: Reading, groups: Groups) -> Iterator[tuple[XmlElement, str, str, XmlElement]]:
    """Each statement in the entry relationships: (relationship, its type code, statement's name,
    statement)."""
    for relation in groups.get("entryRelationship", ()):
        for name, found in reading.groups(relation).items():
            if name in STATEMENTS:
                for statement in found:
                    yield relation, relation.get("typeCode") or "", name, statement


def is_severity(reading: Reading, observation: XmlElement) -> bool:
    """Is a nested observation a severity, by its code or its template?"""
    if code_of(reading, observation) == SEVERITY:
        return True
    templates = reading.groups(observation).get("templateId", ())
    return any(t.get("root") in _SEVERITY_TEMPLATES for t in templates)


def slot(reading: Reading, relation: XmlElement, observation: XmlElement) -> Coded | None:
    """The coded value of a nested observation that fills one field; None, untaken, where it does not fit in
    one.

    A negated or planned observation never fits: it would say the opposite.
    """
    groups = reading.groups(observation)
    found = groups.get("value")
    if not found or not is_event(observation) or is_true(observation.get("negationInd")):
        return None
    if found[0].get("value") is not None:
        return None
    reading.take(relation, observation)
    code = first(groups, "code")
    if code is not None:
        coded(reading, code)
    settle(reading, groups)
    return coded(reading, found[0])


def settle(reading: Reading, groups: Groups) -> None:
    """Take what a nested statement repeats: a completed or active status, a text that only points to the
    narrative."""
    state = first(groups, "statusCode")
    if state is not None and state.get("code") in (None, "completed", "active"):
        reading.take(state)
    text = first(groups, "text")
    if text is not None:
        pointer = first(reading.groups(text), "reference")
        if pointer is not None and not reading.visible_text(text):
            reading.take(text)
            reading.referenced_text(pointer)


def _comments(reading: Reading, groups: Groups) -> tuple[tuple[str, ...], tuple[Participation, ...]]:
    texts: list[str] = []
    authors: tuple[Participation, ...] = ()
    for relation, _, name, statement in related(reading, groups):
        if name != "act" or code_of(reading, statement) != COMMENT:
            continue
        text = free_text(reading, relation, statement)
        if text:
            texts.append(text)
        found = participations(reading, reading.groups(statement), "author", "AUT")
        authors += tuple(
            [a for a in found if a.person or a.device or a.time or (a.organization and a.organization.names)]
        )
    return tuple(texts), authors


def free_text(reading: Reading, relation: XmlElement, act: XmlElement) -> str | None:
    """The text of a nested act that carries words (a comment, an instruction)."""
    reading.take(relation)
    groups = reading.open(act)
    code = first(groups, "code")
    if code is not None:
        coded(reading, code)
    state = first(groups, "statusCode")
    if state is not None:
        reading.take(state)
    text = first(groups, "text")
    return text_of(reading, text)[0] if text is not None else None


def absence_kind(code: Coded | None) -> Literal["known_absence", "no_information"] | None:
    """Whether a code states that something is known to be absent, or that nothing is known; None for real
    content."""
    if code is None or not code.code:
        return None
    if code.code_system == oids.SNOMED_CT:
        return _SNOMED_ABSENCE.get(code.code)
    if code.code.startswith("no-known-"):
        return "known_absence"
    if code.code.startswith("no-") and code.code.endswith("-info"):
        return "no_information"
    return None


def absence(fields: EntryFields, code: Coded, time: Interval | None) -> AbsenceStatement | None:
    """An absence statement where ``code`` is one; a negated one is not (it would say that something is
    there)."""
    kind = absence_kind(code)
    if kind is None or fields["negated"]:
        return None
    return AbsenceStatement(**fields, code=code, kind=kind, time=time)


def unread(reading: Reading, element: XmlElement, reason: str) -> UnreadEntry:
    """An entry, or a part of one, that was not understood: its terms, words and values kept for the
    reader."""
    terms = [coded(reading, node) for node in _coded_nodes(reading, element)]
    words: list[str] = []
    for node in element.iter():
        name = reading.name(node)
        if name == "reference":
            text = reading.referenced_text(node)[0]
            words.extend([text] if text else [])
        elif node.get("value") is not None:
            words.append(" ".join(part for part in (name, node.get("value"), node.get("unit")) if part))
        if node.text and not node.text.isspace():
            words.append(" ".join(node.text.split()))
    reading.take_all(element)
    return UnreadEntry(
        reason=reason,
        xml=serialise(element).decode("utf-8"),
        terms=tuple(terms),
        text="; ".join(dict.fromkeys(words)) or None,
        negated=any(is_true(node.get("negationInd")) for node in element.iter()),
        null_flavor=element.get("nullFlavor"),
        status=_status_below(reading, element),
        origin=reading.origin(element),
    )


def _coded_nodes(reading: Reading, element: XmlElement) -> Iterator[XmlElement]:
    if (element.get("code") or element.get("displayName")) and reading.name(element) != "statusCode":
        yield element
        return
    for child in element:
        yield from _coded_nodes(reading, child)


def _status_below(reading: Reading, element: XmlElement) -> str | None:
    found = reading.groups(element).get("statusCode")
    return found[0].get("code") if found else None
