"""Candidates of the proof: packs of the project, and those made of them that promise something else."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import countries
from countries import Country
from countries.model import Behaviour
from ehdsi.search_mask.model import MaskField

_DATA = Path(__file__).with_name("proof_packs.toml")


@cache
def made_up() -> Mapping[str, Mapping[str, Any]]:
    """The packs of ``proof_packs.toml`` by name."""
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


@cache
def pack(name: str) -> Country:
    """The pack of this name: an ISO code, or one of ``proof_packs.toml``."""
    if name not in made_up():
        return countries.load(name)
    wanted = made_up()[name]
    base = countries.load(wanted["base"])
    behaviours = {key: Behaviour(**values) for key, values in wanted.get("behaviours", {}).items()}
    personas = tuple(
        replace(one, behaviour=behaviours.get(one.key, one.behaviour)) for one in base.personas
    )
    asked = tuple(MaskField(kind="text", mandatory=True, **one) for one in wanted.get("asks", ()))
    person = replace(base.search_mask.patient, texts=(*base.search_mask.patient.texts, *asked))
    return replace(base, personas=personas, search_mask=replace(base.search_mask, patient=person))
