"""``docs/load-measured.md`` from results of load runs: ``python -m benchmarks.load_page DIR … [--write]``.

Each DIR is an ``--out`` of ``ncpeh load`` (``result.json``) or of ``ncpeh load --sweep`` (``map.json``).
Sections of runs that are not given stay as they are, so one run can be measured again without the others.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reports.load import shares
from reports.load.curve import curve, told

PAGE = Path(__file__).parents[1] / "docs" / "load-measured.md"

#: Incidents shown of one run.
INCIDENTS = 8

_HEAD = """# Load: what was measured

Written by `python -m benchmarks.load_page DIR … --write` from the results of `ncpeh load`; see
[load](load.md) for what the runs are and how to read them. Waiting times belong to the machine that is named;
CPU per journey is what to compare.
"""


def section_of_run(result: Mapping[str, Any]) -> str:
    """One run: verdict, curve, steps, ends, incidents, shares."""
    journeys = sum(result["ended"].values())
    lines = [f"## {result['title']}", "", f"`{_command(result)}`", "", _described(result, journeys), ""]
    lines += _table(("threshold", "wanted", "got"), [
        (what, wanted, got + ("" if holds else " **missed**"))
        for what, wanted, got, holds in result["verdict"]])
    steps = curve(result["series"], result["stages"])
    if result["step_up"]:
        lines += [told(steps), ""]
    if len(steps) > 1:
        lines += _table(("asked", "journeys/s", "pages of one, ms", "p95 of the summary, ms", "trouble"), [
            (one.label, f"{one.per_second:.1f}", f"{one.mean:.0f}", f"{one.p95:.0f}", str(one.trouble))
            for one in steps])
    lines += _table(("step", "count", "p50 ms", "p95 ms", "p99 ms", "max ms"), [
        (name, str(one["count"]), *(f"{one[key]:.0f}" for key in ("p50", "p95", "p99", "max")))
        for name, one in (*result["steps"].items(), *((f"whole journey: {kind}", took)
                                                      for kind, took in result["journeys"].items()))])
    if result["incidents"]:
        lines += _table(("not as planned", "country", "step", "how", "faults that acted", "times"), [
            tuple(str(one[key]) for key in ("what", "country", "step", "how", "faults", "count"))
            for one in result["incidents"][:INCIDENTS]])
    lines += _used(result, journeys)
    lines += _exchanged(result)
    return "\n".join(lines).rstrip() + "\n"


def section_of_map(cells: Sequence[Mapping[str, Any]]) -> str:
    """A sweep: one table per country."""
    countries = list(dict.fromkeys(cell["country"] for cell in cells))
    rates = sorted({cell["rate"] for cell in cells})
    chosen = " ".join(f"--country {code}" for code in countries)
    lines = ["## Map of degradation", "", f"`ncpeh load --sweep {chosen}`", "",
             "Share of the journeys that ended with the summary, median and p95 of their seconds. Beside "
             "them went journeys to another, healthy country; the share that succeeded there stands last.",
             ""]
    for code in countries:
        rows = []
        for delay in sorted({cell["delay"] for cell in cells}):
            found = {one["rate"]: one for one in cells if (one["country"], one["delay"]) == (code, delay)}
            rows.append((f"{delay:g} s", *(_cell(found[rate]) if rate in found else "" for rate in rates)))
        lines += _table((f"{code}: added to every answer", *(f"{rate:.0%} fail" for rate in rates)), rows)
    return "\n".join(lines).rstrip() + "\n"


def page_with(sections: Sequence[str], old: str) -> str:
    """The page with these sections in place of those of the same heading."""
    parts = (f"## {part.rstrip()}\n" for part in re.split(r"(?m)^## ", old)[1:])
    kept = {_heading(one): one for one in parts}
    return _HEAD + "\n" + "\n".join((kept | {_heading(one): one for one in sections}).values())


def main() -> int:
    """Print the sections, or write them into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load_page", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--write", action="store_true", help=f"into docs/{PAGE.name}")
    options = parser.parse_args()
    sections = []
    for folder in options.folders:
        for name, make in (("result.json", section_of_run), ("map.json", section_of_map)):
            if (folder / name).is_file():
                sections.append(make(json.loads((folder / name).read_text(encoding="utf-8"))))
    if not sections:
        parser.error("there is neither a result.json nor a map.json in any of these folders")
    if options.write:
        PAGE.write_text(page_with(sections, PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""),
                        encoding="utf-8")
    else:
        print("\n".join(sections))
    return 0


def _command(result: Mapping[str, Any]) -> str:
    words = ["ncpeh load --profile", result["profile"]]
    words += [f"--{name} {result[name]:g}" for name in ("scale", "people", "pauses") if result[name] != 1]
    words += [f"--workers {result['workers']}"] if result["workers"] != 1 else []
    words += [f"--generators {result['generators']}"] if result["generators"] != 1 else []
    words += ["--processes"] if result["processes"] else []
    return " ".join(words)


def _described(result: Mapping[str, Any], journeys: int) -> str:
    audit = result["audit"]
    meanwhile = f", conditions `{result['conditions']}`" if result["conditions"] else ""
    ended = ", ".join(f"{how} {count}" for how, count in sorted(result["ended"].items()))
    seconds = result["seconds"]
    return (f"{journeys} journeys in {seconds:.0f} s ({journeys / seconds:.1f} per second) "
            f"to {len(result['countries'])} countries{meanwhile}; {audit['recorded']} audit events, "
            f"{audit['lost']} lost. {result['machine']}, {result['when']}. Ended: {ended}.")


def _used(result: Mapping[str, Any], journeys: int) -> list[str]:
    """CPU and memory of each side."""
    head = ("side", "CPU ms of a journey", "warm", "share of CPU", "cores in use", "peak MB", "growth")
    return _table(head, [
        (role, f"{ms:.1f}", f"{warm:.1f}" if warm else "–", f"{share:.0%}", f"{cores:.2f}", f"{peak:.0f}",
         f"{result['usage'][role]['growth']:.1%}")
        for role, ms, warm, share, cores, peak in shares(result, journeys)])


def _exchanged(result: Mapping[str, Any]) -> list[str]:
    """What countries took themselves beside what the gateway waited, by transaction, means over all."""
    rows = []
    for step in ("ITI-55", "ITI-38", "ITI-39"):
        found = [one for one in result["exchanges"] if one["step"] == step]
        count = sum(one["count"] for one in found)
        if count:
            own, waited = (sum(one[key] * one["count"] for one in found) / count
                           for key in ("own_ms", "waited_ms"))
            rows.append((step, str(count), f"{own:.1f}", f"{waited:.1f}"))
    head = ("transaction", "requests", "country itself, ms", "gateway waited, ms")
    return _table(head, rows) if rows else []


def _cell(cell: Mapping[str, Any]) -> str:
    others = "" if cell["others"] is None else f"; {cell['others']:.0%}"
    return f"**{cell['succeeded']:.0%}**, {cell['p50'] / 1000:.1f} / {cell['p95'] / 1000:.1f} s{others}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}",
            *(f"| {' | '.join(row)} |" for row in rows), ""]


def _heading(section: str) -> str:
    return section.partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
