"""Runs the content rules on a parsed document; rules are compiled once, at first use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lxml import etree

from ehdsi import oids
from ehdsi.rules import checks
from ehdsi.rules.load import CompiledRule, RuleSet, load
from ehdsi.rules.model import Finding, Rule, RuleContext, Severity, Skipped
from ehdsi.rules.subject import Break, Subject
from ehdsi.xml import XmlElement, path_of

#: Findings reported per rule; the rest is counted in the last one.
MOST_PER_RULE = 25

#: Longest text of a document that is quoted in a finding.
MOST_QUOTED = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a run of the rules found, in the order of the rule file, and the rules that could not be
    judged."""

    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def run(root: XmlElement, context: RuleContext | None = None, rules: RuleSet | None = None) -> Report:
    """Judge a document by all content rules that the context allows.

    Parameters
    ----------
    root : the ``ClinicalDocument`` element, from ``ehdsi.xml.parse``.
    context : what is known from outside the document; rules that need what is absent are reported as skipped.
    rules : another rule set than that of the project.

    Source: eHDSI patient summary CDA R2, 2025-02-21 publication; rule texts in ``schemas/cda/rules.toml``.
    """
    known = context or RuleContext()
    judged = rules or load()
    level = 3 if root.find(f"{{{oids.NS_HL7}}}component/{{{oids.NS_HL7}}}structuredBody") is not None else 1
    alive = list(root.iter())  # lxml makes a new proxy for each node of each result unless one is kept
    subject = Subject(root=root, context=known, rules=judged)
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    for compiled in judged.rules:
        reason = _not_judged(compiled.rule, known)
        if reason:
            skipped.append(Skipped(rule=compiled.rule.id, reason=reason))
        elif level in compiled.rule.levels:
            findings.extend(_judge(compiled, subject))
    del alive
    return Report(findings=tuple(findings), skipped=tuple(skipped))


def check(root: XmlElement, context: RuleContext | None = None) -> tuple[Finding, ...]:
    """The findings of ``run``: empty when every judged rule holds."""
    return run(root, context).findings


def _not_judged(rule: Rule, context: RuleContext) -> str:
    """Why a rule cannot be judged here; empty when it can."""
    missing = [name for name in rule.needs if getattr(context, name) is None]
    if missing:
        return f"{', '.join(missing)} not given"
    if len(rule.forms) < 3:
        if context.form is None:
            return "form not given"
        if context.form not in rule.forms:
            return f"not a rule for the {context.form} form"
    return ""


def _judge(compiled: CompiledRule, subject: Subject) -> list[Finding]:
    rule = compiled.rule
    severity: Severity = rule.severity
    if rule.legacy_severity is not None and subject.context.legacy:
        severity = rule.legacy_severity
    if compiled.broken is not None:
        nodes: Any = compiled.broken(subject.root)
        breaks: Iterable[Break] = (
            Break(node, got=_quoted(compiled, node)) for node in nodes[:MOST_PER_RULE]
        )
        count = len(nodes)
    else:
        found = list(checks.CHECKS[rule.check](subject))
        breaks, count = found[:MOST_PER_RULE], len(found)
    findings = [_finding(rule, severity, broken, subject.paths) for broken in breaks]
    if count > MOST_PER_RULE:
        more = f"{rule.message}; {count - MOST_PER_RULE} more places are not listed"
        findings.append(Finding(rule=rule.id, severity=severity, message=more, clause=rule.clause))
    return findings


def _path(node: XmlElement, known: dict[XmlElement, str]) -> str:
    """The same as ``path_of``, remembered: many findings of one document share their ancestors."""
    path = known.get(node)
    if path is None:
        parent = node.getparent()
        if parent is None:
            return path_of(node)
        same = [child for child in parent if child.tag == node.tag]
        position = f"[{same.index(node) + 1}]" if len(same) > 1 else ""
        path = f"{_path(parent, known)}/{etree.QName(node).localname}{position}"
        known[node] = path
    return path


def _finding(rule: Rule, severity: Severity, broken: Break, known: dict[XmlElement, str]) -> Finding:
    node = broken.node
    line = node.sourceline if node is not None else 0
    return Finding(
        rule=rule.id,
        severity=severity,
        message=broken.message or rule.message,
        xpath=_path(node, known) if node is not None else "",
        line=line if isinstance(line, int) else 0,
        expected=broken.expected or rule.expected,
        got=broken.got[:MOST_QUOTED],
        clause=rule.clause,
        hint=rule.hint,
    )


def _quoted(compiled: CompiledRule, node: XmlElement) -> str:
    if compiled.got is None:
        return ""
    found: Any = compiled.got(node)
    if isinstance(found, list):
        found = ", ".join(str(item) for item in found[:4])
    return " ".join(str(found).split())
