"""Runs the content rules on a parsed document; rules are compiled once, at first use."""

from __future__ import annotations

from dataclasses import dataclass

from ehdsi.rules.model import Finding, RuleContext, Skipped
from ehdsi.xml import XmlElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a run of the rules found, in document-rule order, and the rules that could not be judged."""

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def run(root: XmlElement, context: RuleContext | None = None) -> Report:
    """Judge a document by all content rules that the context allows.

    Parameters
    ----------
    root : the ``ClinicalDocument`` element, from ``ehdsi.xml.parse``.
    context : what is known from outside the document; rules that need what is absent are reported as skipped.

    Source: eHDSI patient summary CDA R2, 2025-02-21 publication; rule texts in ``schemas/cda/rules.toml``.
    """
    raise NotImplementedError


def check(root: XmlElement, context: RuleContext | None = None) -> tuple[Finding, ...]:
    """The findings of ``run``: empty when every judged rule holds."""
    return run(root, context).findings
