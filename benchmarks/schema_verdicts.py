"""Prints the verdict of our schema and rules beside the official schema, one reference document a line.

Usage: ``python -m benchmarks.schema_verdicts FOLDER``, or with FOLDER in ``NCPEH_REFERENCE``; it holds
``documents/`` and ``schemas/cda-2022``. The table is for docs/; it names no content of the documents.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lxml import etree

from ehdsi.cda.parse import parse_element
from ehdsi.rules import RuleContext, run
from ehdsi.rules.schema import first_break, is_valid
from ehdsi.xml import parse


def row(path: Path, official: etree.XMLSchema) -> str:
    """One line of the table: document, two verdicts, first break, rules that speak, remarks of the reader."""
    root = parse(path.read_bytes(), large_text=True)
    ours, theirs = is_valid(root, "cda"), official.validate(root)
    broken = first_break(root, "cda")
    counts: dict[str, int] = {}
    for finding in run(root, RuleContext(form="pivot")).findings:
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
    rules = " ".join(f"{rule}x{count}" for rule, count in counts.items())
    remarks = parse_element(root).remarks
    place = f"line {broken.line}" if broken else "-"
    columns = (
        path.name,
        ours,
        theirs,
        "same" if ours == theirs else "DIFFERENT",
        place,
        rules or "-",
        len(remarks),
    )
    return "\t".join(str(column) for column in columns)


def main(folder: Path) -> int:
    """Print the table; 1 where a verdict differs, 3 without reference material."""
    schema = folder / "schemas" / "cda-2022" / "CDA_Pharma.xsd"
    if not schema.exists():
        print(f"no reference material in {folder}", file=sys.stderr)
        return 3
    official = etree.XMLSchema(file=str(schema))
    print("document\tours\tofficial\tverdict\tfirst break\trules\tremarks")
    rows = [row(path, official) for path in sorted((folder / "documents").glob("*.xml"))]
    print("\n".join(rows))
    return int(any("DIFFERENT" in line for line in rows))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("NCPEH_REFERENCE", "."))))
