"""Rows of outlines that come from data: packs, identities, the catalogue of faults.

An ``Examples:`` table of a feature whose name is a key of ``SOURCES`` has a header and no rows; they are
filled in here when tests are collected. So a new pack brings its scenarios along, and each carries the tag of
its country.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from pytest_bdd.parser import Examples, Feature

from simulators.psc.identities import load_identities
from simulators.world import World

#: Packs and personas as the world of the simulators hands them out.
Country: TypeAlias = Any
Persona: TypeAlias = Any

Row = Mapping[str, str]

#: What the portal says to a patient whom a country treats so.
_SAID = {"no_consent": "SES-072", "insufficient_rights": "SES-070", "no_summary": "SES-073",
         "missing_mapping_error": "SES-085"}

#: Packs beside those of the project, set by ``conftest.py`` from the command line.
more_packs: list[Path] = []


@cache
def packs() -> tuple[Country, ...]:
    """The countries that the features play with."""
    found = dict(World().countries)
    for folder in more_packs:
        found |= World([folder]).countries
    return tuple(found.values())


def _row(country: Country, **more: str) -> Row:
    return {"country": country.names.fr, "code": country.code, **more}


def _patients(wanted: Callable[[Country, Persona], bool]) -> Iterator[Row]:
    for country in packs():
        for persona in country.personas:
            if wanted(country, persona):
                yield _row(country, patient=persona.key, about=persona.about.partition(":")[0].rstrip("."),
                           message=_SAID.get(persona.behaviour.answer, ""))


def _readable(_country: Country, persona: Persona) -> bool:
    return persona.behaviour.answer in ("ok", "missing_mapping_warning", "no_pdf") \
        and not persona.deceased_time


def _fields(kind: str) -> Iterator[Row]:
    for country in packs():
        if any(one.kind == kind for one in country.search_mask.patient.fields):
            yield _row(country, patient=country.personas[0].key)


def _identities(admitted: bool) -> Iterator[Row]:
    for one in load_identities():
        if (one.expected == "admis") is admitted:
            yield {"professional": one.label, "profession": one.description.partition(" :")[0],
                   "message": one.expected}


SOURCES: Mapping[str, Callable[[], Iterator[Row]]] = {
    "every country": lambda: (_row(one, patient=one.personas[0].key) for one in packs()),
    "every country that asks for a birth date": lambda: _fields("birth date"),
    "every patient": lambda: _patients(lambda country, persona: True),
    "every patient whose summary can be read": lambda: _patients(_readable),
    "every patient who is refused": lambda: _patients(
        lambda country, persona: persona.behaviour.answer in _SAID),
    "every minor": lambda: _patients(
        lambda country, persona: _readable(country, persona) and "minor" in persona.cases),
    "every professional who is admitted": lambda: _identities(True),
    "every professional who is not admitted": lambda: _identities(False),
}


def fill(feature: Feature) -> Feature:
    """Put rows into the tables that have none; each row becomes a table of its own with its country's tag."""
    for template in feature.scenarios.values():
        template.examples = [filled for one in template.examples for filled in _filled(one)]
    return feature


def _filled(table: Examples) -> Iterator[Examples]:
    if table.name not in SOURCES:
        yield table
        return
    for row in SOURCES[table.name]():
        rows: list[Any] = [[row[name] for name in table.example_params]]
        yield Examples(line_number=table.line_number, name=table.name, tags=table.tags | _tag(row),
                       example_params=table.example_params, examples=rows)


def _tag(row: Row) -> set[str]:
    return {row["code"]} if "code" in row else set()
