"""Whether a section agrees with itself: entries that contradict each other, lines that no entry takes up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import NoneType
from typing import Any

from ehdsi.cda.datatypes import Address, Coded, Identifier, NarrativeNode, PersonName, Telecom, Time
from ehdsi.cda.model import Allergy, Entry, Immunization, Medication, Problem, Procedure, Section
from sesali.french.context import Page

#: Parts of a narrative that stand for one statement each.
_LINES = ("tr", "item", "paragraph")

_REFERENCES = ("text_reference", "original_text_reference")

#: Types of values that hold no reference, nor anything that might.
_LEAVES = frozenset((str, int, bool, float, NoneType, Address, Identifier, PersonName, Telecom, Time))

#: Fields that the model declares to be of such a type, or a tuple of them, or absent.
_LEAF_TYPE = re.compile(
    r"(tuple\[|, \.\.\.\]| \| |\b(str|bool|int|None|Address|Identifier|Origin|PersonName|Telecom|Time)\b)+")

#: Class of the model -> its fields, see ``_fields``; classes are few.
_KNOWN_FIELDS: dict[type, tuple[tuple[str, ...], tuple[str, ...]]] = {}

_REFUTED = "refuted"


def disagreements(page: Page, section: Section) -> tuple[str, ...]:
    """The words of what is both said and denied in a section, by code."""
    said: dict[tuple[str, str], set[bool]] = {}
    coded_by: dict[tuple[str, str], Coded] = {}
    for entry in section.entries:
        for coded in _subject(entry):
            if coded.code:
                key = (coded.code_system or "", coded.code)
                said.setdefault(key, set()).add(_denied(entry))
                coded_by.setdefault(key, coded)
    return tuple(page.term(coded_by[key]).text for key, both in said.items() if len(both) > 1)


def _subject(entry: Entry) -> tuple[Coded, ...]:
    """What an entry speaks of, where saying and denying it exclude each other."""
    if isinstance(entry, Allergy):
        return entry.agents or ((entry.value,) if entry.value is not None else ())
    if isinstance(entry, Problem):
        return (entry.value,) if entry.value is not None else ()
    return ()


def _denied(entry: Entry) -> bool:
    certainty = entry.certainty if isinstance(entry, Allergy) else None
    certainty = entry.assertion if isinstance(entry, Problem) else certainty
    return entry.negated or (certainty is not None and certainty.code == _REFUTED)


def uncoded_lines(section: Section) -> int:
    """How many lines of the narrative carry an ID that no entry of the section refers to.

    Only sections whose entries stand for single clinical statements and do refer to lines of their narrative
    are judged: without such references nothing can be known. Many narratives tell all twice, in paragraphs
    and in a table; what one of the two forms has in full is not missing.
    """
    statements = (Allergy, Medication, Problem, Procedure, Immunization)
    if section.narrative is None or not all(isinstance(entry, statements) for entry in section.entries):
        return 0
    lines = [(line.tag, ids) for line in _lines(section.narrative) if (ids := set(_ids(line)))]
    used = set(_references(section.entries)) if lines else set()
    counts: dict[str, list[bool]] = {}
    for tag, ids in lines:
        counts.setdefault(tag, []).append(bool(ids & used))
    return min((taken.count(False) for taken in counts.values() if any(taken)), default=0)


def _references(value: Any) -> list[str]:
    """Every reference to the narrative in a value of the model."""
    found: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if type(one) is tuple:
            waiting += [part for part in one if type(part) not in _LEAVES]
            continue
        plain, referring = _fields(type(one))
        found += [reference for name in referring if (reference := getattr(one, name))]
        waiting += [part for name in plain if (part := getattr(one, name)) and type(part) not in _LEAVES]
    return found


def _fields(kind: type) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the fields of a class of the model to look into, and of those that hold a reference."""
    found = _KNOWN_FIELDS.get(kind)
    if found is None:
        fields = getattr(kind, "__dataclass_fields__", {})
        found = _KNOWN_FIELDS[kind] = (
            tuple(name for name, field in fields.items() if not _LEAF_TYPE.fullmatch(str(field.type))),
            tuple(name for name in fields if name in _REFERENCES))
    return found


def _lines(node: NarrativeNode) -> Iterator[NarrativeNode]:
    if node.tag in _LINES:
        yield node
        return
    if node.tag != "thead":
        for child in node.children:
            if not isinstance(child, str):
                yield from _lines(child)


def _ids(node: NarrativeNode) -> list[str]:
    """Every ``ID`` in a line of a narrative."""
    found = [value for name, value in node.attributes if name == "ID"]
    for child in node.children:
        if not isinstance(child, str):
            found += _ids(child)
    return found
