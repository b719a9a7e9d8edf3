"""Who there is to treat and who treats: the plan that ``ncpeh load`` writes for every load generator (JSON).

::

    {"portals": ["https://…"], "console": "https://…", "ca": "…/ca.pem", "seed": 1, "profile": "smoke",
     "professionals": ["Dr Ada Exemple"],
     "patients": {"HR": [{"key": "HR-1", "identifiers": {"2.16…": "…"}, "birth_date": "19580412",
                          "gender": "M", "family": ["…"], "given": ["…"], "ends": "summary"}]}}

``ends`` is where a journey about this patient ends: ``summary`` or ``refused`` (no consent, no summary).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from clinician import Papers
from load.profile import Profile, load, stretched

#: Name of the environment variable that leads to the plan.
VARIABLE = "NCPEH_LOAD_PLAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One patient as their papers have it; see the module."""

    key: str
    country: str
    identifiers: Mapping[str, str] = field(repr=False)
    birth_date: str = field(repr=False)
    gender: str
    family: tuple[str, ...] = field(repr=False)
    given: tuple[str, ...] = field(repr=False)
    ends: Literal["summary", "refused"] = "summary"
    dead: bool = False
    named: bool = False

    @property
    def papers(self) -> Papers:
        """What the clinician copies from."""
        names = {"familyName": " ".join(self.family), "firstName": " ".join(self.given)}
        return Papers(identifiers=self.identifiers, birth_date=self.birth_date, gender=self.gender,
                      others=names)

    @property
    def mistyped(self) -> Papers:
        """The same with one digit of every number wrong."""
        wrong = {root: _mistyped(value) for root, value in self.identifiers.items()}
        return Papers(identifiers=wrong, birth_date=self.birth_date, gender=self.gender)


def _mistyped(value: str) -> str:
    """The last digit turned into the next one."""
    for place in range(len(value) - 1, -1, -1):
        if value[place].isdigit():
            return value[:place] + str((int(value[place]) + 1) % 10) + value[place + 1:]
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """See the module."""

    portals: tuple[str, ...]
    ca: str
    seed: int
    profile: Profile
    professionals: tuple[str, ...]
    patients: Mapping[str, tuple[Patient, ...]]
    console: str = ""

    def patient(self, random: Random, *, ends: str) -> Patient:
        """Somebody whose journey ends so; by the weights of the countries."""
        able = {code: [one for one in people if one.ends == ends] for code, people in self.patients.items()}
        codes = [code for code, people in able.items() if people]
        weights = [self.profile.countries.get(code, 0.0 if self.profile.countries else 1.0) for code in codes]
        if not any(weights):
            weights = [1.0] * len(codes)
        people = able[random.choices(codes, weights)[0]]
        named = [one for one in people if one.named]
        others = [one for one in people if not one.named]
        some = named if named and (not others or random.random() < self.profile.personas) else others
        return random.choice(some)


def read_plan(path: str = "") -> Plan:
    """The plan in this file, or in the one that the environment names."""
    data = json.loads(Path(path or os.environ[VARIABLE]).read_text(encoding="utf-8"))
    patients = {
        code: tuple(Patient(**(row | {"country": code, "family": tuple(row["family"]),
                                      "given": tuple(row["given"])})) for row in rows)
        for code, rows in data["patients"].items()}
    return Plan(portals=tuple(data["portals"]), ca=data["ca"], seed=data["seed"],
                profile=stretched(load(data["profile"]), data.get("scale", 1.0),
                                  people=data.get("people", 1.0), pauses=data.get("pauses", 1.0)),
                professionals=tuple(data["professionals"]), patients=patients,
                console=data.get("console", ""))
