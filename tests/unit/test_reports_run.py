"""The report of a run: small with very many results, complete where something failed, readable by others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from lxml import html as html_parser

from reports.run import pictures
from reports.run.model import Exchange, ScenarioResult, StepResult, read_scenario
from reports.run.writer import cucumber, html, junit, requirements, write_run


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


WEBP = b"RIFF\x00\x00\x00\x00WEBP"
PNG = b"\x89PNG\r\n\x1a\n"


def seen(number: int, picture: str, *, status: str = "passed") -> ScenarioResult:
    """A scenario whose last step showed a picture."""
    made = result(number, status=status)
    made.steps[-1].picture = picture
    return made


def data_of(page: str) -> dict[str, object]:
    """What the page holds for its script."""
    found = html_parser.fromstring(page).xpath("string(//*[@id='data'])")
    read: dict[str, object] = json.loads(str(found))
    return read


def test_equal_screens_are_one_picture(tmp_path: Path) -> None:
    """The name is that of the content, the ending that of its kind; what is no picture is not kept."""
    contents = (WEBP + b"a", WEBP + b"b", WEBP + b"a", PNG, b"", b"RIFF")
    names = [pictures.keep(tmp_path, one) for one in contents]
    assert names[0] == names[2] != names[1] and names[4:] == ["", ""]
    assert [one.rpartition(".")[2] for one in names[:4]] == ["webp", "webp", "webp", "png"]
    assert len(list((tmp_path / pictures.FOLDER).iterdir())) == 3


def test_page_alone_shows_what_failed(tmp_path: Path) -> None:
    """A failed scenario's picture is in the page and in the Cucumber JSON, a passed one's lies beside it."""
    good, bad = pictures.keep(tmp_path, WEBP + b"good"), pictures.keep(tmp_path, PNG + b"bad")
    page = write_run(tmp_path, [seen(1, good), seen(2, bad, status="failed")], began=0, seconds=1)
    inside = data_of(page.read_text("utf-8"))["inside"]
    assert inside == {bad: pictures.inline(tmp_path, bad)}
    assert pictures.inline(tmp_path, bad).startswith("data:image/png;base64,")
    steps = json.loads((tmp_path / "cucumber.json").read_text("utf-8"))[0]["elements"][1]["steps"]
    assert [one["mime_type"] for step in steps for one in step.get("embeddings", [])] == ["image/png"]


def test_pictures_of_a_run_before_go(tmp_path: Path) -> None:
    """What this run does not show is removed; files of somebody else stay."""
    old, new = pictures.keep(tmp_path, PNG + b"old"), pictures.keep(tmp_path, PNG + b"new")
    (tmp_path / pictures.FOLDER / "mine.png").write_bytes(PNG)
    write_run(tmp_path, [seen(1, new)], began=0, seconds=1)
    assert {one.name for one in (tmp_path / pictures.FOLDER).iterdir()} == {new, "mine.png"} and old != new


def test_pictures_of_very_many_failures_do_not_swell_the_page(tmp_path: Path) -> None:
    """Of 100 failures with a picture of 30 kB the page holds some, the rest lie beside it."""
    names = [pictures.keep(tmp_path, PNG + bytes([n]) * 30_000) for n in range(100)]
    page = write_run(tmp_path, [seen(n, name, status="failed") for n, name in enumerate(names)], began=0,
                     seconds=1)
    inside = data_of(page.read_text("utf-8"))["inside"]
    assert isinstance(inside, dict) and 10 < len(inside) < 100
    assert page.stat().st_size < 5_000_000 and len(list((tmp_path / pictures.FOLDER).iterdir())) == 100


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["passed", "failed"])),
                min_size=1, max_size=5))
def test_whatever_a_step_says_stays_text(said: list[tuple[str, str, str]]) -> None:
    """Names and pages with any signs come through the page unchanged and never become markup."""
    made = []
    for number, (name, says, status) in enumerate(said):
        one = result(number, status=status)
        one.name, one.steps[-1].says = name, says
        made.append(one)
    page = html(made, began=0, seconds=1)
    assert len(re.findall(r"</script", page)) == 2
    texts = data_of(page.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))["texts"]
    assert isinstance(texts, list) and {name for name, _, _ in said} <= set(texts)
