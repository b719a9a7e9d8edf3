"""Which codes of a document the project knows, and for which it has a French word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ehdsi.rules.load import load
from ehdsi.terminology import Terminology
from ehdsi.xml import XmlElement


def bound_nodes(root: XmlElement) -> Iterator[tuple[XmlElement, tuple[str, ...]]]:
    """Every coded element that the profile binds to value sets, with their OIDs."""
    for binding in load().bindings:
        nodes: Any = binding.select(root)
        for node in nodes:
            if node.get("code") and not node.get("nullFlavor"):
                yield node, binding.value_sets


def wordless(root: XmlElement, terminology: Terminology) -> tuple[str, ...]:
    """``system code`` of every bound code without a French designation, each once, in document order."""
    found: dict[str, None] = {}
    for node, _ in bound_nodes(root):
        system, code = node.get("codeSystem"), node.get("code")
        if terminology.display(system, code, "fr-FR") is None:
            found[f"{terminology.system_name(system) or system} {code}"] = None
    return tuple(found)
