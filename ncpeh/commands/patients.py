"""``ncpeh patients``: the personas of a country, one JSON object a line."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ncpeh.console import OK, print_json_line

if TYPE_CHECKING:
    from countries import Persona


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``patients``."""
    parser.add_argument("--country", required=True, metavar="CC", help="ISO code of the country")
    parser.add_argument("--count", type=int, metavar="N", help="at most so many")
    parser.epilog = "Example: ncpeh patients --country EE"


def run(options: argparse.Namespace) -> int:
    """Print them."""
    from ncpeh.settings import country_of

    country = country_of(options.country)
    for persona in country.personas[:options.count]:
        print_json_line(_described(persona))
    return OK


def _described(persona: Persona) -> dict[str, Any]:
    return {
        "key": persona.key, "about": persona.about,
        "name": " ".join((*persona.name.given, *persona.name.family)),
        "birth_time": persona.birth_time, "gender": persona.gender, "language": persona.language,
        "answer": persona.behaviour.answer,
        "identifiers": [{"root": one.root, "extension": one.extension} for one in persona.identifiers],
    }
