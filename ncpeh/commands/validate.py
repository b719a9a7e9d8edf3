"""``ncpeh validate``: findings on CDA documents and wire messages."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ncpeh.console import FINDINGS, OK, UsageError, print_json

if TYPE_CHECKING:
    from ehdsi.rules import Finding


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``validate``."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="document or message (XML)")
    parser.add_argument("--json", action="store_true", help="findings as JSON")
    parser.add_argument("--schemas", type=Path, metavar="DIR",
                        help="other XML Schemas in the place of ours, and Schematrons")
    parser.epilog = "Example: ncpeh validate summary.xml --json"


def run(options: argparse.Namespace) -> int:
    """Print all findings; 0 when there are none."""
    from ncpeh.validating import findings_of

    found = [(path, findings_of(_read(path), schemas=options.schemas)) for path in options.files]
    if options.json:
        print_json([{"file": str(path), "findings": [asdict(one) for one in findings]}
                    for path, findings in found])
    else:
        for path, findings in found:
            _print(path, findings)
    return FINDINGS if any(findings for _, findings in found) else OK


def _print(path: Path, findings: tuple[Finding, ...]) -> None:
    print(f"{path}: {len(findings)} findings" if findings else f"{path}: no findings")
    for one in findings:
        place = one.xpath + (f" (line {one.line})" if one.line else "")
        print(f"  {one.severity:7} {one.rule}: {one.message}")
        for label, text in (("where", place), ("expected", one.expected), ("got", one.got),
                            ("clause", one.clause), ("hint", one.hint)):
            if text:
                print(f"          {label}: {text}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
