"""``ncpeh country new CC``: a new country pack that explains itself, ready to be filled in."""

from __future__ import annotations

import argparse
from pathlib import Path

from ncpeh.console import OK, print_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``country new``."""
    parser.add_argument("code", metavar="CC", help="ISO 3166-1 code of the country, such as SI")
    parser.add_argument("--out", type=Path, metavar="DIR",
                        help="folder of the pack; fixtures/countries/CC by default")
    parser.add_argument("--json", action="store_true", help="the files that were written, as JSON")


def run(options: argparse.Namespace) -> int:
    """Write the pack and say what comes next."""
    from countries.loading import PACKS
    from countries.scaffold import scaffold
    from ncpeh.settings import now

    folder = options.out or PACKS / options.code.upper()
    files = scaffold(options.code, folder, today=now().date())
    if options.json:
        print_json([str(file) for file in files])
        return OK
    for file in files:
        print(file)
    print(f"Fill in what says TO DO, then: ncpeh country check {folder}")
    return OK
