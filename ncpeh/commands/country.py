"""``ncpeh country new CC`` begins a pack, ``ncpeh country check DIR`` says what is wrong with one."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ncpeh.commands import country_new
from ncpeh.console import FINDINGS, OK, print_json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Sub-commands of ``country``."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    new = verbs.add_parser("new", help="write a new pack that explains itself",
                           epilog="Example: ncpeh country new SI --out packs/SI")
    country_new.add_arguments(new)
    check = verbs.add_parser("check", help="read a pack, print what is wrong with it and what its codes lose",
                             epilog="Example: ncpeh country check fixtures/countries/HR")
    check.add_argument("folder", type=Path, metavar="DIR",
                       help="folder of the pack, or a code map (TSV)")
    check.add_argument("--json", action="store_true", help="findings as JSON")


def run(options: argparse.Namespace) -> int:
    """Begin a pack, or lint one; what stops it from being read is a finding like any other."""
    if options.verb == "new":
        return country_new.run(options)
    from countries.check import check
    from ncpeh.settings import now
    from ncpeh.walking import terminology

    if options.folder.is_file():
        return _check_map(options)
    findings = check(options.folder, today=now().date(), terminology=terminology())
    if options.json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            print(finding)
        print(f"{options.folder}: {len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}")
        _print_losses(options.folder)
    return FINDINGS if any(finding.severity == "error" for finding in findings) else OK


def _check_map(options: argparse.Namespace) -> int:
    """What the codes of a code map lose; 1 when one of them loses anything."""
    from ncpeh.oracle import fates_of_file, lines

    found = fates_of_file(options.folder)
    if options.json:
        print_json([asdict(fate) for fate in found])
    else:
        print("\n".join(lines(found)))
    return FINDINGS if any(fate.losses for fate in found) else OK


def _print_losses(folder: Path) -> None:
    """What the codes of a pack lose on their way to French; nothing where the pack cannot be read."""
    from countries.loading import read_country
    from ehdsi.errors import LocalError
    from ncpeh.oracle import fates_of_pack, lines

    try:
        country = read_country(folder)
    except LocalError:
        return
    print("\n".join(lines(fates_of_pack(country))))
