"""The report of a run whose features say something that is not so: it tells what was there instead."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]

FALSE = """Feature: Something that is not so
  @U06 @day
  Scenario: The notice is said to be optional
    Given Dr Ada Exemple is logged in
    When the patient HR-1 is looked for
    Then the page is headed "La notice est facultative"
    And the page is headed "Vérifiez l’identité"
"""

CODE = "from pytest_bdd import scenarios\n" + "".join(
    f"from features.steps.{name} import *\n"
    for name in ("arrival", "behind", "patient", "reading", "saying", "trouble")
) + "scenarios('false.feature')\n"


def report_of(folder: Path, driver: str) -> dict[str, Any]:
    """Play the false feature; the steps of its only scenario, by name."""
    folder.mkdir()
    (folder / "false.feature").write_text(FALSE, encoding="utf-8")
    (folder / "test_false.py").write_text(CODE, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  U06\n  day\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(folder), "-c", str(folder / "pytest.ini"), "-q",
         "-p", "ncpeh.pytest_stage", "-p", "reports.run.plugin", "-p", "no:cacheprovider",
         "--basetemp", str(folder / "run"), "--ncpeh-driver", driver, "--ncpeh-report", str(folder / "out")],
        cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-2000:]
    features = json.loads((folder / "out" / "cucumber.json").read_text("utf-8"))
    return {step["name"]: step for step in features[0]["elements"][0]["steps"]}


def pictures(folder: Path) -> list[str]:
    """Names of the files with screens."""
    return sorted(path.name for path in (folder / "out").glob("pictures/*"))


def test_a_failed_step_tells_what_was_on_the_page(tmp_path: Path) -> None:
    """The step before holds, the failed one quotes the page, the one after was not reached."""
    steps = report_of(tmp_path / "false", "http")
    verdicts = [step["result"]["status"] for step in steps.values()]
    assert verdicts == ["passed", "passed", "failed", "skipped"]
    failed = steps['the page is headed "La notice est facultative"']["result"]["error_message"]
    said = failed.partition("The page says: ")[2]
    assert "Željko" in said and "identité" in said, failed
    out = tmp_path / "false" / "out"
    case = ElementTree.parse(out / "junit.xml").find(".//testcase/failure")
    assert case is not None and "La notice est facultative" in str(case.get("message"))
    page = (out / "index.html").read_text("utf-8")
    assert "ITI-55" in page or "XCPD" in page, "the messages behind the step are in the page"
    assert "Željko" in page and not pictures(tmp_path / "false")


@pytest.mark.browser
@pytest.mark.skipif(not (shutil.which("chromium") or shutil.which("chromium-browser")), reason="no Chromium")
def test_a_failed_step_shows_its_picture(tmp_path: Path) -> None:
    """The picture of the failed step is in the page itself, those of the others lie beside it."""
    pytest.importorskip("playwright.sync_api")
    steps = report_of(tmp_path / "false", "browser")
    shown = [step.get("embeddings", []) for step in steps.values()]
    assert [len(one) for one in shown] == [0, 0, 1, 0] and shown[2][0]["mime_type"] == "image/webp"
    assert len(pictures(tmp_path / "false")) >= 2
    page = (tmp_path / "false" / "out" / "index.html").read_text("utf-8")
    assert page.count("data:image/webp;base64,") >= 1 and shown[2][0]["data"] in page
