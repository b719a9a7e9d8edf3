"""Schema and content rules for a document that a country sent, as the gateway applies them before showing it.

The validator on the command line uses the same rules and schema; a finding never withholds a document,
it makes the page say that the structured view may be incomplete (SES-102).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ehdsi.findings import Finding
from ehdsi.rules import RuleContext, check
from ehdsi.rules.schema import validate
from ehdsi.terminology import Terminology
from ehdsi.xml import XmlElement
from sesali.summary import JudgeDocument


def document_judge(terminology: Terminology, clock: Callable[[], datetime]) -> JudgeDocument:
    """A judge with the value sets of ``terminology``; ``clock`` gives the time of receipt, UTC."""

    def judge(content: bytes, root: XmlElement) -> tuple[Finding, ...]:
        breaks = validate(root, "cda")
        context = RuleContext(now=clock(), size=len(content), raw=content, members=terminology.member,
                              valid=not breaks)
        return breaks + check(root, context)

    return judge
