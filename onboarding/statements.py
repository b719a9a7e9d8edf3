"""The clinical statements of a CDA as comparable values, so that what travels can be held against the pack.

A statement is compared by section, kind, negation, status, codes, quantities and dates; identifiers,
narrative and the words of designations do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ehdsi import oids
from ehdsi.xml import XmlElement

HL7 = f"{{{oids.NS_HL7}}}"
XSI_TYPE = f"{{{oids.NS_XSI}}}type"
KINDS = frozenset(
    HL7 + name
    for name in (
        "observation",
        "act",
        "substanceAdministration",
        "supply",
        "procedure",
        "organizer",
        "manufacturedMaterial",
        "participantRole",
        "playingEntity",
        "playingDevice",
    )
)
_DATES = ("effectiveTime", "low", "high", "center", "period", "phase")


@dataclass(frozen=True, slots=True)
class Statement:
    """One clinical statement. ``facts`` are (path, attribute, value), sorted."""

    section: str
    kind: str
    facts: tuple[tuple[str, str, str], ...]

    def part(self, words: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
        """The facts whose path or attribute is one of these words."""
        return tuple(one for one in self.facts if one[0].split("/")[0] in words or one[1] in words)


def statements(root: XmlElement) -> Counter[Statement]:
    """All statements of all sections, nested ones too, with how often each stands."""
    found: Counter[Statement] = Counter()
    for section in root.iter(f"{HL7}section"):
        code = section.find(f"{HL7}code")
        name = str(code.get("code")) if code is not None else ""
        for entry in section.iterfind(f"{HL7}entry"):
            for element in entry.iter():
                if element.tag in KINDS:
                    found[Statement(name, _local(element), tuple(sorted(_facts(element))))] += 1
    return found


def _facts(element: XmlElement) -> Iterator[tuple[str, str, str]]:
    """What a statement says itself, not what its nested statements say."""
    for name in ("negationInd", "moodCode", "classCode", "inversionInd"):
        if element.get(name) is not None and (name != "negationInd" or element.get(name) == "true"):
            yield "", name, str(element.get(name))
    parent = element.getparent()
    if parent is not None and parent.get("typeCode"):
        yield "..", "typeCode", str(parent.get("typeCode"))
        above = parent.getparent()
        yield "..", "kind", _local(above) if above is not None else ""
    yield from _below(element, "")


def _below(element: XmlElement, path: str) -> Iterator[tuple[str, str, str]]:
    for child in element.iterchildren("*"):
        if child.tag in KINDS or _local(child) in _LEFT_OUT:
            continue
        here = f"{path}/{_local(child)}".lstrip("/")
        for name in (
            "code",
            "codeSystem",
            "value",
            "unit",
            "displayName",
            "nullFlavor",
            "operator",
            "institutionSpecified",
        ):
            if child.get(name) is not None:
                yield here, name, str(child.get(name))
        yield from _below(child, here)


#: What differs without changing a statement: identifiers, words, translations, people.
_LEFT_OUT = frozenset(
    {
        "id",
        "templateId",
        "text",
        "originalText",
        "author",
        "informant",
        "reference",
        "name",
        "desc",
        "entryRelationship",
        "performer",
    }
)


def _local(element: XmlElement) -> str:
    return str(element.tag).rpartition("}")[2]


@dataclass(frozen=True, slots=True)
class Difference:
    """How two documents differ in one section: statements of a kind that are missing, added or changed."""

    section: str
    kind: str
    missing: int
    added: int
    changed: tuple[str, ...]


def differences(wanted: XmlElement, got: XmlElement) -> tuple[Difference, ...]:
    """Where the statements of two documents are not the same."""
    left, right = statements(wanted), statements(got)
    missing, added = left - right, right - left
    found = []
    for section, kind in sorted({(one.section, one.kind) for one in (missing | added)}):
        lost = [one for one in missing.elements() if (one.section, one.kind) == (section, kind)]
        new = [one for one in added.elements() if (one.section, one.kind) == (section, kind)]
        changed = {
            f"{path or '.'}/@{name}"
            for one, other in zip(lost, new, strict=False)
            for path, name, _ in set(one.facts) ^ set(other.facts)
        }
        found.append(
            Difference(
                section,
                kind,
                max(0, len(lost) - len(new)),
                max(0, len(new) - len(lost)),
                tuple(sorted(changed)),
            )
        )
    return tuple(found)
