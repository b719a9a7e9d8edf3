"""Deviations that the reference implementation is known to have, recognised and reported by name."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from onboarding.model import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDeviation:
    """One deviation: its name, what such an NCP does, what its operators can do, how much it weighs."""

    name: str
    what: str
    advice: str
    weight: Literal["warn", "fail"]


@cache
def deviations() -> Mapping[str, KnownDeviation]:
    """All known deviations by name, as ``deviations.toml`` lists them."""
    text = Path(__file__).with_name("deviations.toml").read_text(encoding="utf-8")
    return MappingProxyType(
        {name: KnownDeviation(name=name, **entry) for name, entry in tomllib.loads(text).items()}
    )


def deviation(
    name: str, *, where: str = "", expected: str = "", got: str = "", clause: str = ""
) -> Observation:
    """The observation that a candidate has a known deviation; ``KeyError`` for a name that is not known."""
    known = deviations()[name]
    return Observation(
        what=known.what,
        where=where,
        expected=expected,
        got=got,
        clause=clause,
        hint=known.advice,
        deviation=name,
        severity="error" if known.weight == "fail" else "warning",
    )
