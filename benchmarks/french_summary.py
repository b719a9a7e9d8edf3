"""CPU time from the bytes of a summary to its French page: parse, schema, rules, reader, view, page.

Usage: ``python -m benchmarks.french_summary [FILE ...]``; without a file our richest personas are measured.
Prints best and median of twenty runs in milliseconds; the whole way is run as one, as the gateway does.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from countries import load_all
from ehdsi.cda.build import build
from ehdsi.cda.parse import parse_element
from ehdsi.rules import RuleContext, check
from ehdsi.rules.schema import is_valid
from ehdsi.terminology import load, transcode_summary
from ehdsi.xml import parse
from sesali.french import french_view, render_page

STORE = load(Path(__file__).parents[1] / "fixtures" / "terminology")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RUNS = 20


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Best and median CPU milliseconds of some work, after one run that counts for nothing."""
    work()
    times = []
    for _ in range(RUNS):
        begin = time.process_time()
        work()
        times.append((time.process_time() - begin) * 1000)
    return min(times), statistics.median(times)


def judge(data: bytes) -> None:
    """Schema and rules on a document that is already parsed, here including the parsing."""
    root = parse(data, large_text=True)
    is_valid(root, "cda")
    check(root, RuleContext(now=NOW, size=len(data), raw=data, members=STORE.member))


def whole(data: bytes) -> str:
    """From bytes to page."""
    root = parse(data, large_text=True)
    is_valid(root, "cda")
    check(root, RuleContext(now=NOW, size=len(data), raw=data, members=STORE.member))
    return render_page(french_view(parse_element(root), STORE, NOW))


def documents(files: list[str]) -> list[tuple[str, bytes]]:
    """The files named, else the pivot documents of the three largest personas."""
    if files:
        return [(Path(file).name, Path(file).read_bytes()) for file in files]
    built = [
        (persona.key, build(transcode_summary(persona.summary, country.code_map, STORE).summary))
        for country in load_all()
        for persona in country.personas
        if persona.summary is not None
    ]
    return sorted(built, key=lambda item: len(item[1]))[-3:]


def main(files: list[str]) -> int:
    """Print one line per document."""
    print("document\tkB\tXSD + rules\tmedian\twhole way\tmedian\tkB HTML")
    for name, data in documents(files):
        rules, page = measured(lambda data=data: judge(data)), measured(lambda data=data: whole(data))
        size = len(whole(data).encode()) // 1024
        figures = "\t".join(f"{value:.1f}" for value in (*rules, *page))
        print(f"{name}\t{len(data) // 1024}\t{figures}\t{size}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
