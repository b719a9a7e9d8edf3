"""The load report: curves, knee, map, comparison, what countries took; the page stands by itself."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from benchmarks.load_page import page_with, section_of_map, section_of_run
from load.profile import Thresholds, load, stretched
from ncpeh.load_metrics import exchanges
from ncpeh.load_run import judged
from ncpeh.load_sweep import judged_map
from reports.load import compared, write_load, write_map
from reports.load.charts import Line, chart
from reports.load.curve import curve, knee, told

TIMES = {"count": 9, "mean": 10.0, "p50": 9, "p95": 20, "p99": 30, "max": 31.0}
RESULT = {
    "scale": 1.0, "people": 0.5, "pauses": 1.0,
    "title": "Test", "profile": "test", "model": "closed", "seconds": 40.0, "workers": 1, "generators": 1,
    "conditions": "", "processes": False, "machine": "Linux, 2 cores", "seed": 1, "when": "2026-01-01",
    "stages": [(20, 1, 0.0), (20, 2, 0.0)], "step_up": True, "generator_overloaded": False,
    "steps": {"login": TIMES}, "journeys": {"summary": TIMES}, "countries": {"HR": TIMES},
    "ended": {"shown": 8, "SES-080": 1}, "trouble": {"refused": 1}, "codes": {"SES-080": "Ne répond pas."},
    "incidents": [{"what": "refused", "country": "MT", "step": "identify", "how": "SES-080",
                   "faults": "http-503-plain (1 in 5)", "count": 1}],
    "examples": ["refused: <b>x</b>"], "audit": {"recorded": 90, "lost": 0}, "complaints": [],
    "exchanges": [{"country": "MT", "step": "ITI-55", "count": 9, "own_ms": 2.5, "waited_ms": 14.0,
                   "spoilt": {"http-503-plain": 1}}],
    "series": [{"at": float(at), "users": 1 + at // 20, "journeys": at // 4, "spent": at * 100, "trouble": 0,
                "summary_p95": 100.0 + at} for at in range(1, 41)],
    "usage": {role: {"cpu": cpu, "warm_ms": 10.0, "peak_mb": 100, "growth": 0.0,
                     "memory": [(2.0, 90), (4.0, 100)]}
              for role, cpu in (("gateway", 3.0), ("simulators", 1.0))},
    "verdict": [("journeys", "≥ 1", "9", True)]}
CELLS = [{"country": "HR", "delay": delay, "rate": rate, "journeys": 12, "succeeded": 1.0 - rate, "p50": 900,
          "p95": 2100, "others": 1.0, "wrong": 0, "errors": 0, "codes": ["SES-080"] if rate else []}
         for delay in (0.0, 0.5) for rate in (0.0, 0.5)]


def test_the_page_stands_by_itself_and_names_what_matters(tmp_path: Path) -> None:
    """One file, nothing loaded from anywhere, escaped, with faults of incidents, shares, curve and map."""
    page = write_load(tmp_path / "index.html", RESULT, before=RESULT, cells=CELLS).read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "") and "https://" not in page
    assert "<script" not in page and "<b>x</b>" not in page
    for words in ("http-503-plain (1 in 5)", "Ne répond pas.", "Capacity curve", "gateway 75 %",
                  "Map of degradation", "Beside the earlier run", "whole journey to HR", "<svg"):
        assert words in page


def test_the_map_can_stand_alone(tmp_path: Path) -> None:
    """A page of its own, with a colour by how many succeeded, also in a world of one country."""
    lonely = [cell | {"others": None} for cell in CELLS]
    page = write_map(tmp_path / "map.html", lonely, title="Map").read_text(encoding="utf-8")
    assert page.count('class="s3"') == 2
    assert page.count('class="s1"') == 2
    assert "elsewhere 1" not in page


def _curve(rates: list[float]):
    series, done = [], 0.0
    for number, rate in enumerate(rates):
        for second in range(1, 21):
            done += rate
            series.append({"at": number * 20.0 + second, "journeys": done, "spent": 500 * done, "trouble": 0,
                           "summary_p95": 100.0})
    return curve(series, [(20, 2 ** number, 0.0) for number in range(len(rates))])


@pytest.mark.parametrize(("rates", "users"), [
    ([4, 8.5, 9, 9], 2), ([4, 8, 12, 11], 4), ([10, 9.5, 9], 1), ([4, 8, 16, 32], None)])
def test_the_knee_is_where_more_people_bring_nothing_more(rates, users):
    """The first step near the most; none where the end of the curve was not reached, and the text says so."""
    steps = _curve(rates)
    found = knee(steps)
    assert (found.users if found else None) == users
    assert ("was not reached" in told(steps)) is (users is None)


def test_a_chart_of_one_point_is_not_drawn_and_others_fit_their_frame():
    """Ticks are round, points lie inside, an empty run makes no chart."""
    assert chart("x", [Line(label="a", points=((1.0, 2.0),))], across="s", up="n") is None
    drawn = chart("x", [Line(label="a", points=((0.0, 0.0), (37.0, 0.83)))], across="s", up="n", dotted=True)
    assert [tick.text for tick in drawn.y_ticks] == ["0", "0.2", "0.4", "0.6", "0.8"]
    assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y, _ in drawn.lines[0].dots)


def test_runs_are_compared_by_waiting_time_cpu_and_throughput():
    """A run twice as slow shows a ratio of two, and what only one run has is left out."""
    now = copy.deepcopy(RESULT)
    now["steps"]["login"]["p95"] = 40
    now["steps"]["identify"] = TIMES
    rows = {what: ratio for what, _, _, ratio in compared(now, RESULT)}
    assert rows["p95 of login, ms"] == 2.0
    assert rows["CPU of a journey, gateway, ms"] == 1.0
    assert "p95 of identify, ms" not in rows


def test_what_countries_took_is_the_difference_of_two_readings():
    """Requests of before the run do not count, and the gateway's own waiting stands beside."""
    def told_at(count: float, own: float, waited: float):
        labels = frozenset({("simulator", "HR"), ("transaction", "ITI-55")})
        asked = frozenset({("country", "HR"), ("step", "ITI-55")})
        return {"simulators": {("ncpeh_simulator_request_seconds_count", labels): count,
                               ("ncpeh_simulator_request_seconds_sum", labels): own,
                               ("ncpeh_simulator_spoilt_total",
                                frozenset({("simulator", "HR"), ("fault", "latency")})): count},
                "gateway": {("ncpeh_step_seconds_count", asked): count,
                            ("ncpeh_step_seconds_sum", asked): waited}}
    assert exchanges(told_at(10, 1.0, 5.0), told_at(30, 1.2, 7.0)) == [
        {"country": "HR", "step": "ITI-55", "count": 20, "own_ms": 10.0, "waited_ms": 100.0,
         "spoilt": {"latency": 20}}]


@pytest.mark.parametrize(("change", "missed"), [
    ({}, []), ({"wrong": 1}, ["wrong patients"]), ({"errors": 1}, ["errors without a code"]),
    ({"others": 0.9}, ["least that succeeded elsewhere"])])
def test_a_map_fails_on_wrong_patients_errors_and_healthy_countries_that_suffer(change, missed):
    """The exit code of a sweep says more than that it came to its end."""
    cells = [*CELLS[:-1], CELLS[-1] | change]
    assert [what for what, _, _, holds in judged_map(cells) if not holds] == missed


def test_a_map_whose_calm_cell_fails_is_not_believed():
    """Where journeys fail without any fault, the map shows something else than the faults."""
    cells = [CELLS[0] | {"succeeded": 0.9}, *CELLS[1:]]
    assert [what for what, _, _, holds in judged_map(cells) if not holds] == ["succeeded without trouble"]


def test_refusals_elsewhere_are_counted_for_healthy_countries_only():
    """A country that is down may refuse; that another one does is what the threshold is for."""
    result = RESULT | {"countries": {"HR": TIMES, "MT": TIMES}, "trouble": {"refused": 1}}
    thresholds = Thresholds(refused=1.0, refused_elsewhere=0.0)
    assert all(holds for *_, holds in judged(result, thresholds, {"MT"}))
    missed = [what for what, _, _, holds in judged(result, thresholds, {"HR"}) if not holds]
    assert missed == ["refused journeys elsewhere"]


@pytest.mark.parametrize(("rates", "holds"), [([500, 2000, 600], True), ([500, 2000, 1500], False)])
def test_a_spike_has_to_be_over_when_it_is_over(rates, holds):
    """Whoever comes after the crowd waits about as long as whoever came before it."""
    series, spent = [], 0.0
    for second in range(1, 61):
        spent += rates[(second - 1) // 20]
        series.append({"at": float(second), "journeys": second, "spent": spent})
    result = RESULT | {"series": series, "stages": [(20, 0, 1.0)] * 3, "trouble": {}}
    rows = {what: good for what, _, _, good in judged(result, Thresholds(recovery=1.5))}
    assert rows["journey in the last stage, times the first"] is holds


def test_a_run_without_a_journey_at_its_end_has_not_recovered():
    """No figure is not a good figure."""
    result = RESULT | {"series": RESULT["series"][:10], "trouble": {}}
    assert [what for what, _, _, holds in judged(result, Thresholds(recovery=9.0)) if not holds] == [
        "journey in the last stage, times the first"]


def test_journeys_to_healthy_countries_have_a_time_of_their_own():
    """The slowest healthy country counts, the slow one does not."""
    result = RESULT | {"countries": {"HR": TIMES, "PT": TIMES | {"p95": 30_000}}, "trouble": {}}
    assert all(holds for *_, holds in judged(result, Thresholds(p95_elsewhere=100.0), {"PT"}))
    assert not all(holds for *_, holds in judged(result, Thresholds(p95_elsewhere=100.0)))


def test_a_smaller_run_keeps_its_shape():
    """Scale, people and pauses change length, size and pauses; faults and the least number go along."""
    whole = load("soak")
    small = stretched(whole, 0.1, people=0.5, pauses=2.0)
    assert (small.seconds, small.stages[0].users) == (60.0, 4)
    assert small.think == (0.2, 1.0)
    assert [(one.start, one.end) for one in small.faults if one.name == "soap-fault"] == [(12.0, 24.0)]
    assert small.thresholds.journeys == 10
    assert stretched(whole, 2.0).thresholds.journeys == whole.thresholds.journeys


def test_the_page_of_figures_keeps_the_runs_that_were_not_made_again():
    """A section is replaced by its heading; the command that gives it stands in it, with what was missed."""
    run = section_of_run(RESULT | {"verdict": [("journeys", "≥ 10", "9", False)]})
    assert "`ncpeh load --profile test --people 0.5`" in run
    assert "9 **missed**" in run
    page = page_with([run, section_of_map(CELLS)], "")
    again = page_with([section_of_run(RESULT)], page)
    assert again.count("## Test\n") == again.count("## Map of degradation\n") == 1
    assert "missed" not in again
    assert "| 0.5 s | **100%**, 0.9 / 2.1 s; 100% | **50%**" in again
