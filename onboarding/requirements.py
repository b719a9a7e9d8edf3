"""The catalogue of requirements, and which checks verify each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from ehdsi.errors import LocalError
from onboarding.catalogue import CHAPTERS, all_checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that a candidate has to do.

    Attributes
    ----------
    statement, clause : what, and who says so.
    applies : to whom: ``NCP-A``, ``pack``, ``NCP-B`` …
    manual : how people confirm it, where no check can; ``untestable`` : why nobody can from outside.
    """

    id: str
    statement: str
    level: Literal["must", "should", "may"]
    clause: str
    chapter: str
    applies: str = "NCP-A"
    manual: str = ""
    untestable: str = ""

    @property
    def checks(self) -> tuple[str, ...]:
        """Ids of the checks that verify it."""
        return _by_requirement().get(self.id, ())

    @property
    def verified(self) -> str:
        """Check ids, or ``by hand: …``, or ``not testable: …``; never empty in a sound catalogue."""
        if self.checks:
            shown = ", ".join(self.checks[:6])
            return shown + (f" and {len(self.checks) - 6} more" if len(self.checks) > 6 else "")
        if self.manual:
            return f"by hand: {self.manual}"
        return f"not testable: {self.untestable}" if self.untestable else ""


@cache
def requirements() -> tuple[Requirement, ...]:
    """All requirements, in the order of ``requirements.toml``.

    Raises
    ------
    LocalError : an entry with an unknown chapter, or an id twice.
    """
    text = Path(__file__).with_name("requirements.toml").read_text(encoding="utf-8")
    found: dict[str, Requirement] = {}
    for group in tomllib.loads(text)["group"]:
        for name, entry in group["requirements"].items():
            one = _entry(name, entry, group)
            if name in found or one.chapter not in CHAPTERS:
                raise LocalError(f"requirements.toml: {name} stands twice, or its chapter is unknown")
            found[name] = one
    return tuple(found.values())


def _entry(name: str, entry: str | dict[str, str], group: dict[str, str]) -> Requirement:
    """A requirement: a bare statement, or a table with what differs from its group."""
    own = {"statement": entry} if isinstance(entry, str) else entry
    values = {key: group[key] for key in ("clause", "chapter", "level", "applies") if key in group} | own
    return Requirement(id=name, **values)  # type: ignore[arg-type]


def unknown(names: Iterable[str]) -> tuple[str, ...]:
    """Those of these ids that no requirement has."""
    known = {one.id for one in requirements()}
    return tuple(sorted(set(names) - known))


@cache
def _by_requirement() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for check in all_checks():
        for name in check.requirements:
            found.setdefault(name, []).append(check.id)
    return {name: tuple(ids) for name, ids in found.items()}
