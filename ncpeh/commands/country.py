"""``ncpeh country check DIR``: is this folder a country pack that the simulators can play?"""

from __future__ import annotations

import argparse
from pathlib import Path

from ncpeh.console import FINDINGS, OK, print_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Sub-commands of ``country``."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    check = verbs.add_parser("check", help="read a pack and print what is wrong with it",
                             epilog="Example: ncpeh country check fixtures/countries/HR")
    check.add_argument("folder", type=Path, metavar="DIR", help="folder of the pack")
    check.add_argument("--json", action="store_true", help="findings as JSON")
