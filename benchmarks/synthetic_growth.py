"""Identification from ten to a million synthetic patients: time per look-up and memory stay where they are.

A part of ``python -m benchmarks``. ``python -m benchmarks.synthetic_growth`` walks through 10, 1,000, 100,000
and 1,000,000 different identifiers of one country and prints, for each size, the microseconds of a look-up
and the resident memory of the process after it. ``--most`` chooses the largest size. Exit code 1 when either
grows.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import statistics
import sys
import time
from pathlib import Path

import countries
from benchmarks.report import Table, verdict
from countries.synthetic import identifiers
from ehdsi.cda.datatypes import Identifier
from simulators.ncp.context import PatientIndex

SIZES = (10, 1_000, 100_000, 1_000_000)
#: Look-ups measured at each size, spread over all of it.
MEASURED = 2_000
#: Parts into which they fall; the median of the parts counts, because other programs disturb some.
BLOCKS = 20
#: What may change between the smallest and the largest size before it counts as growth.
SLOWER, HEAVIER_MB = 1.5, 60.0


def resident_megabytes() -> float:
    """Resident memory of this process now; its highest so far where the system does not tell."""
    status = Path("/proc/self/statm")
    if status.is_file():
        return int(status.read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def nth(domain: str, number: int) -> Identifier:
    """The n-th identifier of the Czech range, which has no check digit: two nines and seven digits."""
    return Identifier(root=domain, extension=f"99{number % 9_000_000:07d}")


def measure(code: str, most: int) -> list[tuple[int, float, float]]:
    """(patients, microseconds per look-up, megabytes) for each size up to ``most``."""
    country = countries.load(code)
    index = PatientIndex(country)
    known = next(identifiers(country))
    for one in itertools.islice(identifiers(country, 1), 5_000):  # lists of names and full caches, once
        index.by_identifier(one)
    found = []
    for size in SIZES:
        if size > most:
            break
        step = max(1, size // MEASURED)
        asked = [nth(known.root or "", 1_000 + place) for place in range(0, size, step)]
        asked = (asked * (MEASURED // len(asked) + 1))[:MEASURED]
        for warm in asked[:10]:
            country.synthetic(warm)
        took = statistics.median(_look_ups(country, asked[place::BLOCKS]) for place in range(BLOCKS))
        for place in range(0, size, max(1, size // 20_000)):
            index.by_identifier(nth(known.root or "", place))
        found.append((size, took, resident_megabytes()))
    return found


def _look_ups(country: countries.Country, asked: list[Identifier]) -> float:
    """CPU microseconds of one of these look-ups."""
    begin = time.process_time()
    for one in asked:
        if country.synthetic(one) is None:
            raise SystemExit(f"{one.extension} is nobody")
    return (time.process_time() - begin) / len(asked) * 1e6


def run() -> list[Table]:
    """The table of all sizes."""
    rows = measure("CZ", SIZES[-1])
    first, last = rows[0], rows[-1]
    return [Table(
        part="synthetic_growth", title="Growth with synthetic patients",
        columns=("patients", "µs of a look-up", "resident MB"),
        rows=tuple((f"{size:,}", f"{took:.0f}", f"{memory:.0f}") for size, took, memory in rows),
        remarks=(verdict("a look-up among a million", last[1] / first[1], SLOWER, "times one among ten"),
                 verdict("memory for a million more", last[2] - first[2], HEAVIER_MB, "MB"),
                 f"CPU time of {MEASURED:,} look-ups spread over each size, median of {BLOCKS} parts; "
                 "nothing is stored, a patient is derived from the identifier."))]


def main() -> int:
    """Print the table; 1 when look-up or memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    options = parser.parse_args()
    rows = measure("CZ", options.most)
    print("| patients | µs per look-up | resident MB |\n|---|---|---|")
    for size, took, memory in rows:
        print(f"| {size:,} | {took:.0f} | {memory:.0f} |")
    first, last = rows[0], rows[-1]
    grew = last[1] > SLOWER * first[1] + 50 or last[2] > first[2] + HEAVIER_MB
    print("grew" if grew else "flat: nothing is stored, a patient is derived from the identifier")
    return 1 if grew else 0


if __name__ == "__main__":
    sys.exit(main())
