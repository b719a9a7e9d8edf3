"""Document rules as data: what a patient summary must hold beyond its schema, and the findings when it does
not.

``check(root, context)`` runs every rule of ``schemas/cda/rules.toml``; ``ehdsi.rules.schema`` gives the
verdict of the XML Schemas under ``schemas/``. Both report the same ``Finding``.
"""

from __future__ import annotations

from ehdsi.rules.engine import Report, check, run
from ehdsi.rules.model import Finding, Rule, RuleContext, Severity, Skipped

__all__ = ["Finding", "Report", "Rule", "RuleContext", "Severity", "Skipped", "check", "run"]
