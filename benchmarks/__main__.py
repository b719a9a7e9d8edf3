"""``python -m benchmarks [PART …] [--write]``."""

from __future__ import annotations

import argparse
import importlib
import sys
import time

from benchmarks.report import machine, markdown, say, write

#: In the order of the page. Those that look at the memory of this process come before the one that fills it.
PARTS = ("startup", "journey", "steps", "retrieve", "memory", "document", "portal", "load",
         "synthetic_growth", "audit", "sessions")


def main() -> int:
    """Run the parts asked for and print their tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all by default")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    tables = []
    for part in options.parts or PARTS:
        begin = time.perf_counter()
        say(part)
        found = importlib.import_module(f"benchmarks.{part}").run()
        tables += found
        for table in found:
            print(markdown(table))
        say(f"{part} took {time.perf_counter() - begin:.0f} s")
    print(machine())
    if options.write:
        write(tables)
    return 0


if __name__ == "__main__":
    sys.exit(main())
