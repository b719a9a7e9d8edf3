"""Writes ``docs/coverage.md``: transaction × country × requirement, from real examinations.

Every pack is examined against its strict simulator; a requirement is met by a country when all checks of it
passed. Usage: ``python -m benchmarks.coverage [--write]``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import countries
from ncpeh.examined import private_target
from onboarding.catalogue import CHAPTERS
from onboarding.model import Report, Result
from onboarding.requirements import Requirement, requirements
from onboarding.runner import Settings, examine

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"

#: Word in the table for what the checks of a requirement came to, worst first.
_WORDS = {"error": "error", "fail": "fails", "warn": "warns", "skip": "skipped", "pass": "ok", "omit": "–"}

_HEAD = """# Coverage

Written by `python -m benchmarks.coverage --write`: every country pack examined against its own simulator in
strict mode, with the checks of `ncpeh onboard`. `ok`: all checks of the requirement passed · `–`: the
question does not arise for this country · `by hand`: no check can see it. What each requirement says and
which checks verify it stands in [requirements](requirements.md).
"""


def main() -> None:
    """Examine every pack and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/coverage.md")
    options = parser.parse_args()
    reports = {code: _examined(code) for code in countries.codes()}
    page = _page(reports)
    if options.write:
        PAGE.write_text(page, encoding="utf-8")
    else:
        sys.stdout.write(page)


def _examined(code: str) -> Report:
    country = countries.load(code)
    with tempfile.TemporaryDirectory() as folder, private_target(country, Path(folder)) as target:
        return examine(country, target, settings=Settings(limit=300.0))


def _page(reports: dict[str, Report]) -> str:
    """The summary by chapter, then every requirement."""
    columns = len(reports)
    lines = [_HEAD, "## Checks passed, by chapter and country\n", _row("Chapter", *reports), _rule(columns)]
    for chapter, heading in CHAPTERS.items():
        counts = (_count(report, chapter) for report in reports.values())
        lines.append(_row(heading, *counts))
    lines += ["", "## Requirements, by country\n"]
    lines += [_row("Requirement", "Chapter", *reports), _rule(columns + 1)]
    for requirement in requirements():
        states = (_state(requirement, report) for report in reports.values())
        lines.append(_row(requirement.id, CHAPTERS[requirement.chapter], *states))
    return "\n".join(lines) + "\n"


def _count(report: Report, chapter: str) -> str:
    """``passed/asked`` of a chapter; questions that do not arise are not counted."""
    results = [one for one in report.results if one.check.chapter == chapter and one.verdict != "omit"]
    return f"{sum(one.verdict == 'pass' for one in results)}/{len(results)}" if results else "–"


def _state(requirement: Requirement, report: Report) -> str:
    if not requirement.checks:
        return "by hand" if requirement.manual else "not testable"
    verdicts = {one.verdict for one in _results(requirement, report)}
    return next((word for verdict, word in _WORDS.items() if verdict in verdicts), "–")


def _results(requirement: Requirement, report: Report) -> list[Result]:
    wanted = set(requirement.checks)
    return [one for one in report.results if one.id in wanted]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return "|---" * (columns + 1) + "|"


if __name__ == "__main__":
    main()
