"""Loads the rule file and compiles its XPaths, once per process."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from ehdsi import oids
from ehdsi.errors import LocalError
from ehdsi.rules.model import Rule

#: Where the schemas and rule files of the project lie.
SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"

_PATH = re.compile(r"\$(\w+)")
_FIELDS = frozenset(field.name for field in fields(Rule))


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A coded element of the pivot: the XPath that selects it and the OIDs of its value sets."""

    select: etree.XPath
    value_sets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """A rule with its XPaths: ``broken`` selects the nodes on which it does not hold."""

    rule: Rule
    broken: etree.XPath | None = None
    got: etree.XPath | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All rules of one file, with the tables that the named checks use."""

    rules: tuple[CompiledRule, ...]
    bindings: tuple[Binding, ...]
    absence: Mapping[str, tuple[str, ...]]
    section_templates: Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=4)
def load(path: Path = SCHEMAS / "cda" / "rules.toml") -> RuleSet:
    """The rules of a file, compiled.

    Raises
    ------
    LocalError : the file is missing, is no TOML, names an unknown field or path, or holds a wrong XPath.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise LocalError(f"the rule file {path.name} cannot be read: {error}") from None
    paths, namespaces = data.get("paths", {}), data.get("namespaces", {})
    return RuleSet(
        rules=tuple(_compiled(entry, paths, namespaces) for entry in data.get("rule", ())),
        bindings=tuple(
            Binding(
                select=_xpath(_expand(entry["context"], paths), namespaces),
                value_sets=tuple(oids.value_set(number) for number in entry["value_sets"]),
            )
            for entry in data.get("binding", ())
        ),
        absence={code: tuple(codes) for code, codes in data.get("absence", {}).items()},
        section_templates={code: tuple(roots) for code, roots in data.get("section_templates", {}).items()},
    )


def _compiled(entry: dict[str, Any], paths: dict[str, str], namespaces: dict[str, str]) -> CompiledRule:
    unknown = set(entry) - _FIELDS
    if unknown:
        raise LocalError(f"rule {entry.get('id', '?')} has unknown fields: {', '.join(sorted(unknown))}")
    lists = {name: tuple(value) for name, value in entry.items() if isinstance(value, list)}
    rule = Rule(**{**entry, **lists})
    if bool(rule.check) == bool(rule.test):
        raise LocalError(f"rule {rule.id} needs either a test or a check")
    broken = None
    if rule.test:
        context = _expand(rule.context, paths)
        broken = _xpath(" | ".join(f"{part}[not({rule.test})]" for part in context.split(" | ")), namespaces)
    return CompiledRule(rule=rule, broken=broken, got=_xpath(rule.got, namespaces) if rule.got else None)


def _expand(text: str, paths: dict[str, str]) -> str:
    """Replace each ``$name`` by the path of that name, again until none is left."""
    for _ in range(5):
        if "$" not in text:
            return text
        text = _PATH.sub(
            lambda match: paths[match.group(1)] if match.group(1) in paths else _unknown(match), text
        )
    raise LocalError("the paths of a rule file name each other in a circle")


def _unknown(match: re.Match[str]) -> str:
    raise LocalError(f"a rule names the unknown path {match.group(0)}")


def _xpath(expression: str, namespaces: dict[str, str]) -> etree.XPath:
    try:
        return etree.XPath(expression, namespaces=namespaces, smart_strings=False)
    except etree.XPathSyntaxError as error:
        raise LocalError(f"wrong XPath in a rule file: {expression}: {error}") from None
