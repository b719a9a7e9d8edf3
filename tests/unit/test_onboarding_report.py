"""Verdicts, waivers, exit codes, and the dossier that is written from them."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from ehdsi.errors import LocalError, PeerError, TransportFailure
from onboarding.deviations import deviation
from onboarding.dossier import as_data, write
from onboarding.model import Check, Evidence, Observation, Omit, Report, Result, Skip, Verdict, Waiver
from onboarding.running import _Examination, _verdict

ERROR = Observation(what="wrong", where="ITI-55 here", expected="this", got="that")
WARNING = replace(ERROR, severity="warning")


def _check(level: str = "must", id: str = "XCPD-MATCH") -> Check:
    return Check(
        id=id,
        title="a <title>",
        requirements=("A-XCPD-01",),
        chapter="xcpd",
        level=level,
        examine=lambda bench: (),
    )


def _result(verdict: Verdict, id: str = "XCPD-MATCH", **values: object) -> Result:
    return Result(check=_check(id=id), verdict=verdict, **values)


def _report(*results: Result, **values: object) -> Report:
    given = {
        "country": "HR",
        "pack": "fixtures/countries/HR",
        "started": datetime(2026, 3, 1, tzinfo=UTC),
        "seconds": 1.0,
        "seed": 0,
        "results": results,
    } | values
    return Report(**given)


@pytest.mark.parametrize(
    ("level", "observations", "verdict"),
    [
        ("must", [], "pass"),
        ("must", [ERROR], "fail"),
        ("must", [WARNING], "warn"),
        ("should", [ERROR], "warn"),
        ("must", [WARNING, ERROR], "fail"),
    ],
)
def test_verdict_follows_from_level_and_weight(
    level: str, observations: list[Observation], verdict: str
) -> None:
    """Only a must can fail, and a warning never does more than warn."""
    assert _verdict(_check(level), observations) == verdict


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Skip("not there"), "skip"),
        (Omit("not asked"), "omit"),
        (PeerError("broken"), "fail"),
        (TransportFailure("reset", "gone"), "fail"),
        (LocalError("our file"), "error"),
        (ValueError("bug"), "error"),
    ],
)
def test_what_a_check_raises_decides_whom_it_blames(error: Exception, verdict: str) -> None:
    """The peer's faults fail, our own end as errors, and nothing ends the examination."""

    def examine(bench: object) -> list[Observation]:
        raise error

    examination = _Examination(None, 0.0, None, 1)
    found = examination._judged(replace(_check(), examine=examine))
    assert found[0] == verdict


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (_report(_result("pass")), 0),
        (_report(_result("warn", observations=(WARNING,))), 0),
        (_report(_result("fail", observations=(ERROR,))), 1),
        (_report(_result("error", reason="bug")), 3),
        (_report(_result("skip"), statement="hangs"), 1),
        (_report(_result("skip"), statement="nothing listens", unreachable=True), 3),
    ],
)
def test_exit_codes(report: Report, code: int) -> None:
    """0 ready, 1 not ready, 3 could not run."""
    assert report.exit_code == code


def test_a_waived_finding_does_not_count(tmp_path: Path) -> None:
    """It stands in the dossier with its reason and its end, and is no failure."""
    waiver = Waiver(id="XCPD-MATCH", reason="mended in autumn", until=date(2026, 12, 1))
    report = _report(_result("fail", observations=(ERROR,), waiver=waiver))
    assert report.ready
    write(report, tmp_path, command="ncpeh onboard --pack HR")
    assert "mended in autumn" in (tmp_path / "index.html").read_text("utf-8")
    case = Tree.parse(tmp_path / "junit.xml").find(".//testcase")
    assert case.find("skipped") is not None and case.find("failure") is None


def test_every_finding_says_what_where_expected_got_clause_hint_and_command(tmp_path: Path) -> None:
    """The dossier is what both sides act on; deviations are named."""
    seen = deviation("xcpd-ae-on-match", where="ITI-55", expected="OK", got="AE")
    report = _report(
        _result("warn", observations=(seen,), evidence=("0001.http",)),
        evidence=(Evidence(name="0001.http", step="ITI-55", content=b"POST"),),
    )
    page = write(report, tmp_path, command="ncpeh onboard --pack HR")
    text = page.read_text("utf-8")
    for word in (
        "xcpd-ae-on-match",
        "Write OK.",
        "IHE ITI-55",
        "ncpeh onboard --pack HR --only XCPD-MATCH",
        "a &lt;title&gt;",
    ):
        assert word in text
    data = json.loads((tmp_path / "dossier.json").read_text("utf-8"))
    assert data["deviations"][0]["checks"] == ["XCPD-MATCH"]
    with zipfile.ZipFile(tmp_path / "evidence.zip") as archive:
        assert archive.read("messages/0001.http") == b"POST"
        assert b"messages" not in archive.read("SHA256SUMS") and b"0001.http" in archive.read("SHA256SUMS")


def test_junit_has_one_case_per_check_and_the_failures(tmp_path: Path) -> None:
    """CI servers read it."""
    write(_report(_result("fail", observations=(ERROR,)), _result("pass", "XCPD-ONE")), tmp_path, command="x")
    suite = Tree.parse(tmp_path / "junit.xml").find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "expected: this" in suite.find(".//failure").text


def test_comparison_with_the_previous_dossier(tmp_path: Path) -> None:
    """What was mended, what is new, what stayed."""
    before = _report(
        _result("fail", "XCPD-MATCH", observations=(ERROR,)),
        _result("fail", "XCPD-ONE", observations=(ERROR,)),
        _result("pass", "XCPD-ECHO"),
    )
    write(before, tmp_path, command="x")
    after = _report(
        _result("pass", "XCPD-MATCH"),
        _result("fail", "XCPD-ONE", observations=(ERROR,)),
        _result("fail", "XCPD-ECHO", observations=(ERROR,)),
    )
    earlier = json.loads((tmp_path / "dossier.json").read_text("utf-8"))
    found = as_data(after, command="x", previous=earlier)["comparison"]
    assert (found["mended"], found["new"], found["still"]) == (["XCPD-MATCH"], ["XCPD-ECHO"], ["XCPD-ONE"])


def test_a_missing_earlier_dossier_is_our_error(tmp_path: Path) -> None:
    """It names the file."""
    with pytest.raises(LocalError, match=r"dossier\.json"):
        write(_report(_result("pass")), tmp_path / "new", command="x", previous=tmp_path / "old")


def test_clinicians_read_section_names_in_french() -> None:
    """A known section code has its French designation, whatever the document calls it; others are marked."""
    from ehdsi import oids
    from ehdsi.cda.datatypes import Coded
    from onboarding.clinicians import section_name
    from onboarding.running import _terminology

    terminology = _terminology()
    known = Coded(code="48765-2", code_system=oids.LOINC)
    assert section_name(known, "Αλλεργίες", terminology) == "Allergies et hypersensibilités"
    unknown = Coded(code="46241-6", code_system="2.999")
    assert section_name(unknown, "Admission", terminology) == "Admission (intitulé d'origine)"
    assert section_name(None, None, terminology) == "sans titre"
