"""From a report to the dossier: plain values for the writers in ``reports.dossier``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ehdsi.errors import LocalError
from onboarding.catalogue import CHAPTERS, all_checks
from onboarding.deviations import deviations
from onboarding.model import VERDICTS, Report, Result
from onboarding.requirements import Requirement, requirements
from reports.dossier import write_dossier

#: Verdicts that are findings, worst first.
FINDINGS = ("error", "fail", "warn")


def write(report: Report, folder: Path, *, command: str, previous: Path | None = None) -> Path:
    """Write the dossier into ``folder``; returns the path of its page.

    Parameters
    ----------
    command : what repeats the examination.
    previous : folder of an earlier dossier of the same country.

    Raises
    ------
    LocalError : there is no readable dossier in ``previous``.
    """
    data = as_data(report, command=command, previous=_earlier(previous) if previous else None)
    return write_dossier(data, ((one.name, one.content) for one in report.evidence), folder)


def as_data(report: Report, *, command: str, previous: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The whole dossier as values that JSON can hold."""
    import countries

    results = [_result(one, command) for one in report.results]
    names = {one.code: one.names.en for one in countries.load_all()}
    return {
        "country": report.country,
        "country_name": names.get(report.country, report.country),
        "pack": report.pack,
        "started": report.started.isoformat(),
        "seconds": round(report.seconds, 3),
        "seed": report.seed,
        "ready": report.ready,
        "exit_code": report.exit_code,
        "partial": len(results) < len(all_checks()),
        "statement": report.statement,
        "command": command,
        "verdicts": list(VERDICTS),
        "counts": {verdict: len(report.of(verdict)) for verdict in VERDICTS},
        "waived": sum(one.waiver is not None for one in report.results),
        "chapters": _chapters(results),
        "results": results,
        "findings": [one for verdict in FINDINGS for one in results if one["verdict"] == verdict],
        "deviations": _deviations(report),
        "requirements": _requirements(report),
        "coverage": coverage(),
        "manual": [{"id": one.id, "text": one.manual} for one in requirements() if one.manual],
        "clinicians": [[heading, list(lines)] for heading, lines in report.clinicians],
        "timings": [_timing(step, times) for step, times in report.timings if times],
        "endpoints": [list(one) for one in report.endpoints],
        "versions": [list(one) for one in report.versions],
        "comparison": _comparison(report, previous) if previous else None,
    }


def coverage() -> dict[str, float]:
    """How many requirements are verified by checks, by hand, or cannot be tested."""
    everything = requirements()
    by_hand = sum(bool(one.manual) for one in everything)
    checked = sum(bool(one.checks) and not one.manual for one in everything)
    untestable = sum(bool(one.untestable) and not one.checks for one in everything)
    return {
        "checked": checked,
        "manual": by_hand,
        "untestable": untestable,
        "percent": 100 * checked / len(everything),
    }


def _result(one: Result, command: str) -> dict[str, Any]:
    clauses = {requirement.id: requirement.clause for requirement in requirements()}
    usual = next((clauses[name] for name in one.check.requirements if name in clauses), "")
    observations = [
        asdict(seen) | {"clause": seen.clause or usual, "hint": seen.hint or _hint(one, seen.clause or usual)}
        for seen in one.observations
    ]
    return {
        "id": one.id,
        "title": one.check.title,
        "chapter": one.check.chapter,
        "level": one.check.level,
        "verdict": one.verdict,
        "requirements": list(one.check.requirements),
        "reason": one.reason,
        "seconds": round(one.seconds, 4),
        "observations": observations,
        "evidence": list(one.evidence),
        "deviations": list(one.deviations),
        "command": f"{command} --only {one.id}",
        "waiver": {"id": one.waiver.id, "reason": one.waiver.reason, "until": one.waiver.until.isoformat()}
        if one.waiver
        else None,
    }


def _hint(one: Result, clause: str) -> str:
    """What to do where the check has no better advice: what to compare with what."""
    message = f" with the message {one.evidence[-1]} of the evidence archive" if one.evidence else ""
    return f"compare {clause or 'the requirement'}{message}, mend it, and run the command below again"


def _chapters(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for key, title in CHAPTERS.items():
        mine = [one for one in results if one["chapter"] == key]
        counts = {verdict: sum(one["verdict"] == verdict for one in mine) for verdict in VERDICTS}
        short = [{name: one[name] for name in ("id", "title", "verdict", "reason")} for one in mine]
        found.append({"key": key, "title": title, "counts": counts, "results": short})
    return found


def _deviations(report: Report) -> list[dict[str, Any]]:
    """Each known deviation once, with the checks that saw it."""
    known = deviations()
    return [
        asdict(known[name]) | {"checks": [one.id for one in report.results if name in one.deviations]}
        for name in report.deviations
    ]


def _requirements(report: Report) -> list[dict[str, Any]]:
    worst = _worst(report)
    return [
        {
            "id": one.id,
            "statement": one.statement,
            "level": one.level,
            "clause": one.clause,
            "chapter": one.chapter,
            "applies": one.applies,
            "verified": one.verified,
            "checks": list(one.checks),
            "verdict": worst.get(one.id, _unchecked(one)),
        }
        for one in requirements()
    ]


def _unchecked(one: Requirement) -> str:
    return "" if one.checks else "by hand" if one.manual else "not testable"


def _worst(report: Report) -> dict[str, str]:
    """The worst verdict of the checks of each requirement; ``omit`` and ``skip`` only where all are."""
    order = ("error", "fail", "warn", "pass", "skip", "omit")
    found: dict[str, str] = {}
    for result in report.results:
        for name in result.check.requirements:
            found[name] = min(found.get(name, "omit"), result.verdict, key=order.index)
    return found


def _timing(step: str, times: tuple[float, ...]) -> dict[str, Any]:
    at = {share: times[min(len(times) - 1, int(share * len(times)))] for share in (0.5, 0.95)}
    return {
        "step": step,
        "n": len(times),
        "median": round(at[0.5], 2),
        "p95": round(at[0.95], 2),
        "longest": round(times[-1], 2),
    }


def _comparison(report: Report, previous: Mapping[str, Any]) -> dict[str, Any]:
    before = {one["id"] for one in previous["results"] if one["verdict"] in FINDINGS}
    now = {one.id for one in report.results if one.verdict in FINDINGS}
    looked = {one.id for one in report.results}
    return {
        "started": previous["started"],
        "mended": sorted((before & looked) - now),
        "new": sorted(now - before),
        "still": sorted(now & before),
    }


def _earlier(folder: Path) -> Mapping[str, Any]:
    path = folder if folder.suffix == ".json" else folder / "dossier.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LocalError(f"cannot read the earlier dossier {path}: {type(error).__name__}") from None
    if not isinstance(found, dict) or "results" not in found:
        raise LocalError(f"{path} is no dossier")
    return found
