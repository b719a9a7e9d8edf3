"""The report of a run: small with very many results, complete where something failed, readable by others."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from reports.run.model import Exchange, ScenarioResult, StepResult, read_scenario
from reports.run.writer import cucumber, html, junit, requirements


def result(number: int, *, status: str = "passed") -> ScenarioResult:
    """A scenario with two steps and a message behind one of them."""
    steps = [StepResult(keyword="Given", name="somebody is logged in", milliseconds=12.0),
             StepResult(keyword="Then", name="the summary is shown", status=status, milliseconds=3.0,
                        error="AssertionError: no" if status == "failed" else "",
                        says="Page <non> accessible" if status == "failed" else "", exchanges=[Exchange(
                            step="ITI-55", direction="request", country="HR", status=0, size=9000,
                            excerpt=f"<Envelope>{number}" + "x" * 600)])]
    return ScenarioResult(identifier=f"t::{number}", feature="Reading", file="06.feature", name="A scenario",
                          line=7, tags=["U20", "summary"], example=str(number), status=status, steps=steps)


def test_twenty_thousand_results_stay_one_small_page() -> None:
    """20,000 results are less than 5 MB, and what failed is all there."""
    page = html([*(result(n) for n in range(20_000)), result(20_001, status="failed")], began=0, seconds=1)
    assert len(page.encode()) < 5_000_000
    assert "Page \\u003cnon> accessible" in page and "20001" in page


def test_other_programs_can_read_it() -> None:
    """JUnit is XML, Cucumber JSON has features with elements with steps."""
    both = [result(1), result(2, status="failed")]
    suite = ElementTree.fromstring(junit(both, 1.0)).find("testsuite")
    assert suite is not None and suite.get("failures") == "1"
    steps = json.loads(json.dumps(cucumber(both)))[0]["elements"][1]["steps"]
    assert [one["result"]["status"] for one in steps] == ["passed", "failed"]
    assert "The page says" in steps[1]["result"]["error_message"]


def test_requirements_are_counted() -> None:
    """Tags of requirements are counted, other tags are not."""
    wanted = [{"name": "U20", "passed": 1, "failed": 1}]
    assert requirements([result(1), result(2, status="failed")]) == wanted


def test_workers_can_send_it() -> None:
    """A result survives the way through JSON."""
    assert read_scenario(json.loads(json.dumps(result(1).plain()))) == result(1)
