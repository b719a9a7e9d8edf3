"""``ncpeh patients``: synthetic patients of a country, one JSON object a line."""

from __future__ import annotations

import argparse
import itertools
from typing import TYPE_CHECKING, Any

from ncpeh.console import OK, UsageError, print_json_line

if TYPE_CHECKING:
    from countries import Persona


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``patients``."""
    parser.add_argument("--country", required=True, metavar="CC", help="ISO code of the country")
    parser.add_argument("--count", type=int, default=10, metavar="N", help="how many (10)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="another seed gives others (0)")
    parser.add_argument("--edge", default="", metavar="CASE",
                        help="only patients with this edge case (X01 to X40); any: all, at natural rates")
    parser.add_argument("--personas", action="store_true", help="the named patients of the pack instead")
    parser.epilog = "Example: ncpeh patients --country EE --count 3"


def run(options: argparse.Namespace) -> int:
    """Print them. The same country and seed give the same patients on every machine."""
    from countries.synthetic import identifiers
    from ncpeh.settings import country_of

    if options.count < 0:
        raise UsageError(f"--count is a number of patients, not {options.count}")
    country = country_of(options.country)
    if options.personas:
        for persona in country.personas[:options.count]:
            print_json_line(_described(persona))
        return OK
    for identifier in itertools.islice(identifiers(country, options.seed, edge=options.edge), options.count):
        patient = country.synthetic(identifier)
        if patient is not None:
            print_json_line(_described(patient))
    return OK


def _described(persona: Persona) -> dict[str, Any]:
    from ehdsi.cda.model import AbsenceStatement

    summary = persona.summary
    sections = summary.sections if summary is not None else ()
    return {
        "key": persona.key, "about": persona.about,
        "identifier": persona.primary_identifier.extension,
        "name": " ".join((*persona.name.given, *persona.name.family)),
        "birth_date": persona.birth_time, "sex": persona.gender, "language": persona.language,
        "answer": persona.behaviour.answer, "cases": persona.cases,
        "identifiers": [{"root": one.root, "extension": one.extension} for one in persona.identifiers],
        "sections": {one.code.code: sum(not isinstance(entry, AbsenceStatement) for entry in one.entries)
                     for one in sections if one.code is not None},
    }
