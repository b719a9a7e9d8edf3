"""Collects what a tolerant reader noticed: deviations that do not stop the reading but must be reported.

The value itself is ``ehdsi.rules.Finding``, the same that the document rules report, so that the validator
and the command line treat wire messages and documents alike.
"""

from __future__ import annotations

from collections.abc import Iterable

from ehdsi.rules.model import Finding, Severity
from ehdsi.xml import XmlElement, path_of

__all__ = ["Finding", "Remarks", "Severity", "has_errors", "line_of"]


def line_of(element: XmlElement) -> int:
    """Line of an element in the received document, 0 when unknown."""
    line = element.sourceline
    return line if isinstance(line, int) else 0


class Remarks:
    """A list of findings that grows while one message is read."""

    def __init__(self, clause: str = "") -> None:
        self._clause = clause
        self._findings: list[Finding] = []

    def add(self, severity: Severity, rule: str, message: str, where: XmlElement | str = "", *,
            expected: str = "", got: str = "", clause: str = "", hint: str = "") -> None:
        """Note one deviation; ``got`` must not hold identity traits, clinical content or secrets."""
        self._findings.append(Finding(
            rule=rule, severity=severity, message=message, expected=expected, got=got, hint=hint,
            clause=clause or self._clause,
            xpath=where if isinstance(where, str) else path_of(where),
            line=0 if isinstance(where, str) else line_of(where),
        ))

    def error(self, rule: str, message: str, where: XmlElement | str = "", *, expected: str = "",
              got: str = "", clause: str = "", hint: str = "") -> None:
        """Note a breach of the profile."""
        self.add("error", rule, message, where, expected=expected, got=got, clause=clause, hint=hint)

    def warning(self, rule: str, message: str, where: XmlElement | str = "", *, expected: str = "",
                got: str = "", clause: str = "", hint: str = "") -> None:
        """Note something unusual that the profile leaves open or that is known to be harmless."""
        self.add("warning", rule, message, where, expected=expected, got=got, clause=clause, hint=hint)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take over the findings of a part that was read on its own."""
        self._findings.extend(findings)

    def done(self) -> tuple[Finding, ...]:
        """All findings, in the order of reading."""
        return tuple(self._findings)


def has_errors(findings: Iterable[Finding]) -> bool:
    """Is one of these a breach of the profile (not only a warning)?"""
    return any(finding.severity == "error" for finding in findings)
