"""Extracts every clinical statement of a CDA document in a second, independent way, and looks for each in a
value.

It uses nothing of the reader: plain XPath over the raw tree, attribute by attribute. Whoever shows a summary
(the model, the French page, a text) must hold each statement; what is missing is listed with its place.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

NS = {"h": "urn:hl7-org:v3", "x": "http://www.w3.org/2001/XMLSchema-instance"}

Kind = Literal["code", "display", "original", "number", "status", "words", "negation", "null"]

#: Codes that only name the field which the statement fills; their meaning is the field's name.
FIELD_NAMES = frozenset(
    (
        "CONC",
        "IMMUNIZ",
        "SEV",
        "33999-4",
        "82606-5",
        "66455-7",
        "11323-3",
        "30973-2",
        "48767-8",
        "PINSTRUCT",
        "FINSTRUCT",
        "85847-2",
        "272741003",
        "url",
    )
)

#: Elements that hold technical identity, or point instead of saying.
_NOT_CLINICAL = frozenset(("templateId", "id", "typeId", "realmCode", "reference"))

#: Nested statements whose code is the kind of problem or reaction: kept by the model where it has a place
#: for it.
_REASON_CODE = "ancestor::*[local-name()='entryRelationship'][@typeCode='RSON']"

_ENTRIES = etree.XPath("//h:structuredBody//h:entry", namespaces=NS)
_BELOW = etree.XPath(".//*")
_IDS = etree.XPath("//*[@ID]")


@dataclass(frozen=True)
class Statement:
    """One thing that an entry says: its kind, what it says, the section and line where it says it."""

    kind: Kind
    said: tuple[str, ...]
    section: str
    entry: str
    line: int


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _fold(text: str) -> str:
    return " ".join(text.split())


def statements(root: etree._Element) -> list[Statement]:
    """All statements of all entries, in document order; ``entry`` is the path of the entry with local
    names."""
    targets: dict[str, etree._Element] = {}
    for element in _IDS(root):
        targets.setdefault(element.get("ID"), element)
    found: list[Statement] = []
    for entry in _ENTRIES(root):
        path = _path(entry)
        code = entry.xpath("string(ancestor::h:section[1]/h:code/@code)", namespaces=NS)
        for element in _BELOW(entry):
            for kind, said in _of_element(element, targets):
                found.append(Statement(kind, said, code, path, element.sourceline or 0))
    return found


def _path(element: etree._Element) -> str:
    """Path with local names; a position stands where siblings share the name."""
    steps = []
    for node in [element, *element.iterancestors()]:
        parent = node.getparent()
        same = [] if parent is None else [child for child in parent if _local(child) == _local(node)]
        steps.append(_local(node) + (f"[{same.index(node) + 1}]" if len(same) > 1 else ""))
    return "/" + "/".join(reversed(steps))


def _of_element(
    element: etree._Element, targets: dict[str, etree._Element]
) -> Iterator[tuple[Kind, tuple[str, ...]]]:
    name = _local(element)
    if name in _NOT_CLINICAL or _is_field_name(element):
        return
    code, value = element.get("code"), element.get("value")
    if _adds_nothing(element):
        return
    if name == "statusCode":
        if code and (
            code not in ("completed", "active") or _local(element.getparent().getparent()) == "entry"
        ):
            yield "status", (code,)
        return
    if element.get("negationInd") in ("true", "1"):
        yield "negation", ("negated",)
    if code and not (element.get("displayName") and _local(element.getparent()) == "observationRange"):
        yield "code", (code, element.get("codeSystem") or "")
    if element.get("displayName"):
        yield "display", (element.get("displayName"),)
    if value:
        yield "number", (value, element.get("unit") or "") if element.get("unit") else (value,)
    if name == "originalText":
        text = _original(element, targets)
        if text:
            yield "original", (text,)
    elif element.text and not element.text.isspace():
        yield "words", (_fold(element.text),)


def _adds_nothing(element: etree._Element) -> bool:
    """A denominator of what is in a package that repeats its numerator, or is one: ``1 g per 1 g``."""
    if _local(element) != "denominator" or _local(element.getparent().getparent()) != "asContent":
        return False
    beside = element.getparent()[0]
    return (element.get("value") == "1" and element.get("unit") in (None, "1")) or (
        (element.get("value"), element.get("unit")) == (beside.get("value"), beside.get("unit"))
    )


def _is_field_name(element: etree._Element) -> bool:
    holder = element
    while holder is not None and _local(holder) in ("originalText", "translation", "reference"):
        holder = holder.getparent()
    if _local(holder) == "name" and _local(holder.getparent()) == "qualifier":
        return False
    if holder.get("code") in FIELD_NAMES:
        return True
    if _local(holder) != "code":
        return False
    # The kind of concern beside an absence statement, and the kind of statement in a reason for a treatment.
    siblings = holder.getparent().xpath("h:value/@code", namespaces=NS)
    absent = any(str(s).startswith("no-") or s in ("160244002", "160245001") for s in siblings)
    return absent or bool(holder.xpath(_REASON_CODE))


def _original(element: etree._Element, targets: dict[str, etree._Element]) -> str:
    inline = _fold("".join(element.itertext()))
    if inline:
        return inline
    for reference in element:
        target = targets.get((reference.get("value") or "").lstrip("#"))
        if target is not None:
            glue = " " if _local(target) in ("tr", "table", "list", "item", "td", "th", "paragraph") else ""
            return _fold(glue.join(target.itertext()))
    return ""


# -------------------------------------------------------------------------------------- looking for them


def strings(value: Any) -> Iterator[str]:
    """Every text in a frozen value, numbers and truths as the document writes them."""
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, int):
        yield str(value)
    elif isinstance(value, str):
        yield _fold(value)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name != "origin":
                yield from strings(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from strings(item)


def values(value: Any) -> Iterator[Any]:
    """Every dataclass value inside a value, itself included."""
    if dataclasses.is_dataclass(value):
        yield value
        for field in dataclasses.fields(value):
            yield from values(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from values(item)


def said_by(value: Any) -> Counter[tuple[str, tuple[str, ...]]]:
    """What a value of the model says, in the form of statements, each with how often it says it."""
    found: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for item in values(value):
        kind = type(item).__name__
        if kind == "Coded":
            found["code", (item.code or "", item.code_system or "")] += 1
            found["display", (item.display_name or "",)] += 1
            found["original", (_fold(item.original_text or ""),)] += 1
        elif kind == "Quantity":
            found["number", (item.value or "", item.unit or "")] += 1
            found["number", (item.value or "",)] += 1
        elif kind in ("Time", "Telecom"):
            found["number", (item.value or "",)] += 1
        if getattr(item, "negated", False):
            found["negation", ("negated",)] += 1
        if getattr(item, "status", None):
            found["status", (item.status,)] += 1
    return found


def missing(said: list[Statement], summary: Any) -> list[Statement]:
    """The statements that a ``PatientSummary`` does not hold in the entries made of the same ``entry``
    element.

    A statement that an entry makes n times must be there n times, unless it stands as mere text (a reference
    range, an unread rest kept as XML), where once is enough.
    """
    made = _entries_of(summary)
    left: list[Statement] = []
    for path in dict.fromkeys(s.entry for s in said):
        own = [s for s in said if s.entry == path]
        values_made = made.get(path, [])
        have: Counter[tuple[str, tuple[str, ...]]] = Counter()
        for value in values_made:
            have += said_by(value)
        texts = [text for value in values_made for text in strings(value)]
        for (kind, words), times in Counter((s.kind, s.said) for s in own).items():
            if have[kind, words] >= times or _as_text(kind, words, texts, have[kind, words]):
                continue
            left.append(next(s for s in own if (s.kind, s.said) == (kind, words)))
    return left


def _as_text(kind: Kind, words: tuple[str, ...], texts: list[str], typed: int) -> bool:
    """Is a statement there as text: exactly for what has no type of its own, inside a longer text
    otherwise?"""
    if kind in ("words", "original") and words[0] in texts:
        return True
    if typed:
        return False
    if kind == "number" and len(words) == 1 and words[0] in texts:
        return True
    return (
        any(
            all(word in text for word in words if word)
            for text in texts
            if len(text) > 3 and (text.startswith("<") or ":" in text)
        )
        and kind != "negation"
    )


def _entries_of(summary: Any) -> dict[str, list[Any]]:
    """Model entries by the path of the ``entry`` element that they were read from."""
    grouped: dict[str, list[Any]] = {}

    def walk(sections: tuple[Any, ...]) -> None:
        for section in sections:
            for entry in section.entries:
                head, _, tail = entry.origin.path.partition("/entry")
                grouped.setdefault(head + "/entry" + tail.partition("/")[0], []).append(entry)
            walk(section.subsections)

    walk(summary.sections)
    return grouped
