"""The rules of admission, read from ``admission.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from sesali.professional import FacilityType


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfessionRule:
    """An admitted profession: French name, ISCO-08 role, whether its students are admitted."""

    name: str
    role: str
    students: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityRule:
    """A row of the facility table; an empty tuple fits everything."""

    type: FacilityType
    sectors: tuple[str, ...] = ()
    professions: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()

    def fits(self, *, sector: str, profession: str, mode: str) -> bool:
        """Does this row speak of such an activity?"""
        wanted = ((self.sectors, sector), (self.professions, profession), (self.modes, mode))
        return all(not allowed or value in allowed for allowed, value in wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything in ``admission.toml``; each attribute is explained there."""

    identifiers: tuple[str, ...]
    refusals: tuple[str, ...]
    specialties_refused: Mapping[str, str]
    sectors_refused: Mapping[str, str]
    professions: Mapping[str, ProfessionRule]
    professions_refused: Mapping[str, str]
    specialties: Mapping[str, str]
    modes: Mapping[str, str]
    categories: Mapping[str, str]
    titles: Mapping[str, str]
    facilities: tuple[FacilityRule, ...]
    authn_context: Mapping[str, str]
    permissions: tuple[str, ...]


@cache
def rules() -> Rules:
    """The rules of this installation."""
    text = resources.files("sesali.login").joinpath("admission.toml").read_text(encoding="utf-8")
    data: dict[str, Any] = tomllib.loads(text)
    tables = ("specialties_refused", "sectors_refused", "professions_refused", "specialties", "modes",
              "categories", "titles", "authn_context")
    return Rules(
        identifiers=tuple(data["identifiers"]), refusals=tuple(data["refusals"]),
        professions={code: ProfessionRule(**row) for code, row in data["professions"].items()},
        facilities=tuple(_facility(row) for row in data["facility"]),
        permissions=tuple(data["permissions"]["all"]), **{name: data[name] for name in tables})


def _facility(row: Mapping[str, Any]) -> FacilityRule:
    lists = {name: tuple(row.get(name, ())) for name in ("sectors", "professions", "modes")}
    return FacilityRule(type=row["type"], **lists)
