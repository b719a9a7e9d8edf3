"""Writes the report of a run: one page that needs no server, JUnit XML and Cucumber JSON.

The page holds the results as JSON and draws a scenario when it is opened, so that 20,000 results stay one
small page; texts that repeat are stored once. Pictures lie beside it (``reports.run.pictures``); those of
failed scenarios are in it as well, so that the page alone tells what went wrong. What is too large for it is
left out: excerpts of messages of scenarios that passed, never anything of a failed one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.run import pictures
from reports.run.model import ScenarioResult, StepResult

#: Bytes of the page that excerpts of passed scenarios may take, and those that pictures of failed ones may.
BUDGET, PICTURES = 2_500_000, 1_000_000

#: Requirements are tags such as U20, S5, H1, INV3, D24.
_REQUIREMENT = re.compile(r"(U|S|H|INV|D)\d+")


def write_run(folder: Path, results: Sequence[ScenarioResult], *, began: float, seconds: float) -> Path:
    """Write ``index.html``, ``junit.xml`` and ``cucumber.json``; returns the page.

    Parameters
    ----------
    began : seconds of the epoch. seconds : how long the run took.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(results, key=lambda one: (one.file, one.line, one.example))
    (folder / "junit.xml").write_text(junit(ordered, seconds), encoding="utf-8")
    inside = _inside(folder, ordered)
    (folder / "cucumber.json").write_text(json.dumps(cucumber(ordered, inside), ensure_ascii=False),
                                          encoding="utf-8")
    page = folder / "index.html"
    page.write_text(html(ordered, began=began, seconds=seconds, inside=inside), encoding="utf-8")
    pictures.forget_others(folder, {step.picture for one in ordered for step in one.steps})
    return page


def _inside(folder: Path, results: Sequence[ScenarioResult]) -> dict[str, str]:
    """Pictures of failed scenarios that the page holds itself, those of failed steps first."""
    failed = [step for one in results if one.status == "failed" for step in one.steps]
    wanted = dict.fromkeys(step.picture for step in sorted(failed, key=lambda one: one.status != "failed"))
    found: dict[str, str] = {}
    left = PICTURES
    for name in wanted:
        content = pictures.inline(folder, name)
        if content and left >= len(content):
            found[name] = content
            left -= len(content)
    return found


# -- the page -------------------------------------------------------------------------------------------


def html(results: Sequence[ScenarioResult], *, began: float, seconds: float,
         inside: Mapping[str, str] | None = None) -> str:
    """The page; ``inside`` are the pictures that it holds itself, as ``data:`` addresses by name."""
    data = json.dumps(packed(results) | {"inside": dict(inside or {}), "folder": pictures.FOLDER},
                      ensure_ascii=False, separators=(",", ":"))
    page: str = _template().render(
        data=data.replace("<", "\\u003c"), seconds=seconds,
        began=datetime.fromtimestamp(began, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        total=len(results), counts=_counts(results), requirements=requirements(results))
    return page


@cache
def _template() -> Any:
    loader = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True).get_template("run.html.j2")


def _counts(results: Sequence[ScenarioResult]) -> dict[str, int]:
    return {status: sum(one.status == status for one in results)
            for status in ("passed", "failed", "skipped")}


def requirements(results: Sequence[ScenarioResult]) -> list[dict[str, Any]]:
    """Each requirement with the number of scenarios that passed and failed."""
    found: dict[str, list[ScenarioResult]] = {}
    for one in results:
        for tag in one.tags:
            if _REQUIREMENT.fullmatch(tag):
                found.setdefault(tag, []).append(one)
    return [{"name": name, "passed": sum(one.status == "passed" for one in of),
             "failed": sum(one.status == "failed" for one in of)}
            for name, of in sorted(found.items(), key=lambda pair: _natural(pair[0]))]


def _natural(name: str) -> tuple[str, int]:
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters):])


def packed(results: Sequence[ScenarioResult]) -> dict[str, Any]:
    """Results as small JSON: texts once, scenarios and steps as lists."""
    texts: dict[str, int] = {}
    left = [BUDGET]

    def text(value: str) -> int:
        return texts.setdefault(value, len(texts))

    def extra(value: str, failed: bool) -> int:
        if value in texts or not value:
            return text(value)
        if not failed:
            left[0] -= len(value.encode())
            if left[0] < 0:
                return text("")
        return text(value)

    def step(one: StepResult, failed: bool) -> list[Any]:
        messages = [[text(f"{m.direction} {m.step} {m.country} {m.status or ''} {m.size} B"),
                     extra(m.excerpt, failed)] for m in one.exchanges] if left[0] > 0 or failed else []
        return [text(f"{one.keyword} {one.name}"), text(one.status), round(one.milliseconds),
                text(one.page), text(one.says), text(one.error), text(one.picture), messages]

    # What failed comes first, so that nothing of it is ever left out.
    order = sorted(range(len(results)), key=lambda i: results[i].status != "failed")
    rows: list[Any] = [None] * len(results)
    for i in order:
        one = results[i]
        failed = one.status == "failed"
        rows[i] = [text(one.feature), text(one.name), text(one.example), text(one.status),
                   round(one.milliseconds), text(" ".join(one.tags)), [step(s, failed) for s in one.steps]
                   if failed or left[0] > 0 else []]
    return {"texts": list(texts), "rows": rows}


# -- for other programs ---------------------------------------------------------------------------------


def junit(results: Sequence[ScenarioResult], seconds: float) -> str:
    """JUnit XML: a suite per feature."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites time="{seconds:.3f}">']
    for feature in dict.fromkeys(one.feature for one in results):
        of = [one for one in results if one.feature == feature]
        lines.append(f'<testsuite name={quoteattr(feature)} tests="{len(of)}" '
                     f'failures="{sum(one.status == "failed" for one in of)}" '
                     f'skipped="{sum(one.status == "skipped" for one in of)}">')
        for one in of:
            name = quoteattr(f"{one.name} [{one.example}]" if one.example else one.name)
            lines.append(f'<testcase classname={quoteattr(feature)} name={name} '
                         f'time="{one.milliseconds / 1000:.3f}">{_outcome(one)}</testcase>')
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _outcome(one: ScenarioResult) -> str:
    if one.status == "skipped":
        return "<skipped/>"
    broken = next((step for step in one.steps if step.status == "failed"), None)
    if one.status != "failed":
        return ""
    message = _legal(f"{broken.keyword} {broken.name}: {broken.error}" if broken else "failed")
    detail = _legal(f"The page says: {broken.says}" if broken else "")
    return f"<failure message={quoteattr(message)}>{escape(detail)}</failure>"


def _legal(text: str) -> str:
    """Without the signs that XML does not allow."""
    return "".join(sign for sign in text if sign in "\t\n\r" or ord(sign) >= 32)


def cucumber(results: Sequence[ScenarioResult], inside: Mapping[str, str] | None = None
             ) -> list[dict[str, Any]]:
    """Cucumber JSON: features with elements with steps; durations in nanoseconds.

    Failed steps carry the picture of the screen where ``inside`` has it.
    """
    features: dict[str, dict[str, Any]] = {}
    for one in results:
        feature = features.setdefault(one.file, {
            "id": one.file, "uri": one.file, "keyword": "Feature", "name": one.feature, "line": 1,
            "description": "", "elements": []})
        feature["elements"].append({
            "id": f"{one.file};{one.line};{one.example}", "keyword": "Scenario", "type": "scenario",
            "name": f"{one.name} [{one.example}]" if one.example else one.name, "line": one.line,
            "description": "", "tags": [{"name": f"@{tag}"} for tag in one.tags],
            "steps": [_cucumber_step(step, one.line, (inside or {}).get(step.picture, ""))
                      for step in one.steps]})
    return list(features.values())


def _cucumber_step(step: StepResult, line: int, picture: str) -> dict[str, Any]:
    result: dict[str, Any] = {"status": step.status, "duration": int(step.milliseconds * 1e6)}
    shown = {}
    if step.status == "failed" and picture:
        kind, _, data = picture.removeprefix("data:").partition(";base64,")
        shown = {"embeddings": [{"mime_type": kind, "data": data}]}
    if step.error:
        result["error_message"] = f"{step.error}\nThe page says: {step.says}"
    return {"keyword": f"{step.keyword} ", "name": step.name, "line": line, "match": {"location": ""},
            "result": result, **shown}


def quoteattr(text: str) -> str:
    """A text as a quoted attribute; line breaks are kept."""
    return '"' + escape(_legal(text)).replace("\n", "&#10;") + '"'
