"""What the named checks look at, and how: the document, and what several of them look for in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from lxml import etree

from ehdsi import oids
from ehdsi.rules.load import RuleSet
from ehdsi.rules.model import RuleContext
from ehdsi.xml import XmlElement

#: Prefix of the tags of CDA, as ``find`` wants it.
H = f"{{{oids.NS_HL7}}}"

_NAMESPACES = {"h": oids.NS_HL7, "p": oids.NS_PHARM}


def select(expression: str) -> Callable[[XmlElement], list[XmlElement]]:
    """An XPath that gives elements; ``h`` is CDA, ``p`` its pharmacy extension.

    With a condition behind it, ``//x`` is judged parent by parent; ``/descendant::x`` gives the same elements
    in half the time.
    """
    return cast(Callable[[XmlElement], list[XmlElement]], etree.XPath(expression, namespaces=_NAMESPACES))


def texts(expression: str) -> Callable[[XmlElement], list[str]]:
    """An XPath that gives the values of attributes."""
    return cast(Callable[[XmlElement], list[str]], etree.XPath(expression, smart_strings=False))


#: The sections of the body, without those inside them.
SECTIONS = select("/h:ClinicalDocument/h:component/h:structuredBody/h:component/h:section")

_IDS = texts("//@ID")
_LIKE_ABSENCE = select(" | ".join(
    f"h:entry/descendant::h:{name}[@code][@codeSystem='{oids.ABSENT_UNKNOWN}' or starts-with(@code, 'no-')]"
    for name in ("code", "value")))


@dataclass(frozen=True, slots=True)
class Break:
    """One place where a rule does not hold; empty texts are taken from the rule."""

    node: XmlElement | None
    got: str = ""
    message: str = ""
    expected: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """What a check looks at: the document, what is known beside it, the tables, paths told so far.

    What several checks look for is looked for once.
    """

    root: XmlElement
    context: RuleContext
    rules: RuleSet
    paths: dict[XmlElement, str] = field(default_factory=dict)

    @cached_property
    def ids(self) -> Counter[str]:
        """How often each value of an ``ID`` stands in the document."""
        return Counter(_IDS(self.root))

    @cached_property
    def sections(self) -> tuple[tuple[XmlElement, str], ...]:
        """The sections of the body, each with its LOINC code (empty for one without)."""
        return tuple([(section, section_code(section)) for section in SECTIONS(self.root)])

    @cached_property
    def absences(self) -> tuple[tuple[str, XmlElement, list[XmlElement]], ...]:
        """For each section its code, itself, and what in its entries is or looks like an absence code."""
        return tuple([(code, section, _LIKE_ABSENCE(section)) for section, code in self.sections])


def section_code(section: XmlElement) -> str:
    """The LOINC code of a section, empty for one without."""
    found = section.find(H + "code")
    return (found.get("code") or "") if found is not None else ""
