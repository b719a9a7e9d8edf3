"""Writes the plan of a load run: named and synthetic patients of each country, professionals, portals."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from countries import Country, Persona

#: Synthetic patients per country: no more than countries keep documents of (``countries.documents.KEPT``),
#: so that after a first round it is the portal that is measured, and not the printing of PDFs.
SYNTHETIC = 20

#: What a country answers about a persona -> where a journey about them ends. Others take no part: what they
#: show depends on how often they were asked, or on warnings.
_ENDS = {"ok": "summary", "no_consent": "refused", "no_summary": "refused", "insufficient_rights": "refused"}


def write_plan(path: Path, *, world: dict[str, Any], folder: Path, profile: str, seed: int,
               countries: Sequence[Country], scale: float = 1.0, people: float = 1.0, pauses: float = 1.0,
               synthetic: int = SYNTHETIC) -> Path:
    """Write the plan and return its path.

    Parameters
    ----------
    world : the content of ``world.json``, which lies in ``folder``.
    profile : name or path of the load profile. scale, people, pauses : as for ``load.profile.stretched``.
    """
    from simulators.psc.identities import load_identities

    plan = {
        "portals": world.get("portals") or [world["portal"]],
        "console": world.get("console", ""),
        "ca": str((folder / world["pki"]["ca"]).resolve()), "seed": seed, "profile": profile,
        "scale": scale, "people": people, "pauses": pauses,
        "professionals": [one.label for one in load_identities()
                          if one.expected == "admis" and one.label.startswith(("Dr", "Pr"))],
        "patients": {country.code: _people(country, seed, synthetic) for country in countries},
    }
    path.write_text(json.dumps(plan, ensure_ascii=False), encoding="utf-8")
    return path


def _people(country: Country, seed: int, synthetic: int) -> list[dict[str, Any]]:
    from countries.synthetic import identifiers

    # Who shares a number with somebody is found together with them, and that is another journey.
    rows = [_row(one, _ENDS[one.behaviour.answer], named=True) for one in country.personas
            if one.behaviour.answer in _ENDS and not one.shared_identifiers]
    for identifier in itertools.islice(identifiers(country, seed), synthetic):
        made = country.synthetic(identifier)
        if made is not None:
            rows.append(_row(made, "summary", named=False))
    return rows


def _row(persona: Persona, ends: str, *, named: bool) -> dict[str, Any]:
    return {
        "key": persona.key, "identifiers": {one.root: one.extension for one in persona.identifiers},
        "birth_date": persona.birth_time[:8], "gender": persona.gender, "family": list(persona.name.family),
        "given": list(persona.name.given), "ends": ends, "named": named}
