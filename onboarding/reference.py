"""The page about requirements and checks, written by ``python -m onboarding.reference``."""

from __future__ import annotations

import sys
from pathlib import Path

from onboarding.catalogue import CHAPTERS, all_checks
from onboarding.deviations import deviations
from onboarding.dossier import coverage
from onboarding.requirements import requirements

PAGE = Path(__file__).parents[1] / "docs" / "requirements.md"


def as_markdown() -> str:
    """The whole page."""
    figures = coverage()
    lines = [
        "# Requirements, and the checks that verify them",
        "",
        "Written by `python -m onboarding.reference` from `onboarding/requirements.toml`, the checks and",
        "`onboarding/deviations.toml`; a test keeps it true.",
        "",
        f"{len(requirements())} requirements: {figures['checked']:.0f} verified by {len(all_checks())} checks"
        f" ({figures['percent']:.1f} %), {figures['manual']:.0f} by hand, "
        f"{figures['untestable']:.0f} not testable from outside.",
        "",
    ]
    for chapter, title in CHAPTERS.items():
        lines += _requirements(chapter, title) + _checks(chapter)
    return "\n".join([*lines, *_deviations()]) + "\n"


def _requirements(chapter: str, title: str) -> list[str]:
    mine = [one for one in requirements() if one.chapter == chapter]
    lines = [f"## {title}", ""]
    if mine:
        lines += ["| Requirement | Level | Statement | Source | Verified by |", "|---|---|---|---|---|"]
        lines += [
            f"| {one.id} | {one.level} | {one.statement} | {one.clause} | {one.verified} |" for one in mine
        ]
        lines.append("")
    return lines


def _checks(chapter: str) -> list[str]:
    mine = [one for one in all_checks() if one.chapter == chapter]
    if not mine:
        return []
    lines = ["| Check | Level | What it asks | Requirements |", "|---|---|---|---|"]
    lines += [f"| {one.id} | {one.level} | {one.title} | {', '.join(one.requirements)} |" for one in mine]
    return [*lines, ""]


def _deviations() -> list[str]:
    lines = [
        "## Known deviations of the reference implementation",
        "",
        "| Name | What such an NCP does | What its operators can do | Weight |",
        "|---|---|---|---|",
    ]
    return lines + [
        f"| {one.name} | {one.what} | {one.advice} | {one.weight} |" for one in deviations().values()
    ]


if __name__ == "__main__":
    PAGE.write_text(as_markdown(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
