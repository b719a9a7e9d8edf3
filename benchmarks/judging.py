"""A document judged by schema and content rules, as a gateway that checks everything would."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ehdsi.findings import Finding
from ehdsi.terminology import Terminology, load
from ehdsi.xml import XmlElement
from sesali.judging import document_judge

ROOT = Path(__file__).parents[1]


@cache
def terminology() -> Terminology:
    """The value sets and designations of the project."""
    return load(ROOT / "fixtures" / "terminology")


def judge(content: bytes, root: XmlElement) -> tuple[Finding, ...]:
    """What schema and rules find in a document, as the gateway asks for it."""
    return judge_tree(root, content)


def judge_tree(root: XmlElement, content: bytes) -> tuple[Finding, ...]:
    """The same for a document that is parsed already."""
    return document_judge(terminology(), lambda: datetime.now(UTC))(content, root)
