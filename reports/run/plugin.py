"""pytest plugin: ``--ncpeh-report DIR`` writes the report of a run of features.

Works with pytest-xdist: each worker sends what it saw with the result of a test. The plugin looks at two
fixtures of a scenario, if they are there: ``doctor`` with a ``page`` and a ``screenshot()``, and ``stage``
with ``wire``, the messages exchanged so far.
"""

from __future__ import annotations

import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from reports.run import pictures
from reports.run.model import Exchange, ScenarioResult, StepResult, read_scenario

#: Characters of a message that are kept: more of what failed.
EXCERPT, FAILED_EXCERPT = 700, 4000

#: Under this name a worker sends a scenario with its test report.
PROPERTY = "ncpeh_scenario"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--ncpeh-report``."""
    group = parser.getgroup("ncpeh features")
    group.addoption("--ncpeh-report", default="", metavar="DIR",
                    help="write index.html, its pictures, junit.xml and cucumber.json of the features here")


def pytest_configure(config: pytest.Config) -> None:
    """Watch scenarios when a report is wanted."""
    if config.getoption("--ncpeh-report"):
        config.pluginmanager.register(RunReport(config), "ncpeh-run-report")


class RunReport:
    """Collects scenarios and writes the report at the end of the session."""

    def __init__(self, config: pytest.Config) -> None:
        self._folder = Path(config.getoption("--ncpeh-report"))
        self._is_worker = hasattr(config, "workerinput")
        self._running: dict[str, ScenarioResult] = {}
        self._seen: dict[str, int] = {}
        self._started = 0.0
        self._begin = time.time()
        self.results: list[ScenarioResult] = []

    # -- while a scenario is played --------------------------------------------------------------------

    def pytest_bdd_before_scenario(self, request: Any, feature: Any, scenario: Any) -> None:
        """Begin a record; steps that are never reached stay skipped."""
        node = request.node
        callspec = getattr(node, "callspec", None)
        self._running[node.nodeid] = ScenarioResult(
            identifier=node.nodeid, feature=feature.name, file=Path(feature.filename).name,
            name=scenario.name, line=scenario.line_number,
            tags=sorted({*feature.tags, *scenario.tags, *(mark.name for mark in node.iter_markers()
                                                          if len(mark.name) == 2)}),
            example=callspec.id if callspec else "",
            steps=[StepResult(keyword=one.keyword.strip(), name=one.name, status="skipped")
                   for one in scenario.steps])
        self._seen[node.nodeid] = 0

    def pytest_bdd_before_step(self) -> None:
        """Time begins."""
        self._started = time.perf_counter()

    def pytest_bdd_after_step(self, request: Any, scenario: Any, step: Any) -> None:
        """The step held."""
        self._done(request, scenario, step, None)

    def pytest_bdd_step_error(self, request: Any, scenario: Any, step: Any, exception: Exception) -> None:
        """The step did not hold."""
        self._done(request, scenario, step, exception)

    def _done(self, request: Any, scenario: Any, step: Any, error: Exception | None) -> None:
        result = self._running[request.node.nodeid]
        record = result.steps[next(i for i, one in enumerate(scenario.steps) if one is step)]
        record.milliseconds = (time.perf_counter() - self._started) * 1000
        record.status = "failed" if error else "passed"
        before = next((one.picture for one in reversed(result.steps) if one.picture), "")
        self._look(request, record, error, moves=step.type != "then", before=before)

    def _look(self, request: Any, record: StepResult, error: Exception | None, *, moves: bool,
              before: str) -> None:
        """Page, screen and messages after a step; only fixtures that are there already.

        A step that only looks (``moves`` is false) shows the screen of the step before.
        """
        stage, doctor = _fixture(request, "stage"), _fixture(request, "doctor")
        page = getattr(doctor, "page_or_none", None)
        if page is not None and (error or moves):
            record.page = f"{page.heading} · {page.status}" + "".join(f" · {code}" for code in page.codes)
        if error:
            record.error = f"{type(error).__name__}: {error}"[:1500]
            record.says = page.text[:3000] if page is not None else "no page was opened"
        record.picture = self._picture(doctor) if error or moves else before
        seen = self._seen[request.node.nodeid]
        messages = list(getattr(stage, "wire", ()))
        self._seen[request.node.nodeid] = len(messages)
        length = FAILED_EXCERPT if error else EXCERPT
        record.exchanges = [_exchange(one, length) for one in messages[seen:]]

    def _picture(self, doctor: Any) -> str:
        """The name of the picture of the screen; a browser that takes none does not fail the scenario."""
        if doctor is None:
            return ""
        try:
            return pictures.keep(self._folder, doctor.screenshot())
        except Exception as error:
            warnings.warn(f"no picture of the screen: {error}", stacklevel=2)
            return ""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Send the record with the result of the test."""
        outcome = yield
        result = self._running.get(item.nodeid)
        if result is None or call.when != "call":
            return
        report = outcome.get_result()
        result.status, result.milliseconds = report.outcome, report.duration * 1000
        report.user_properties.append((PROPERTY, result.plain()))
        del self._running[item.nodeid]

    # -- at the end ------------------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a record out of a result, so that nothing else has to carry it."""
        if self._is_worker:
            return
        found = [value for name, value in report.user_properties if name == PROPERTY]
        report.user_properties[:] = [one for one in report.user_properties if one[0] != PROPERTY]
        self.results += [read_scenario(dict(one)) for one in found if isinstance(one, dict)]

    def pytest_sessionfinish(self) -> None:
        """Write the report."""
        if self._is_worker or not self.results:
            return
        from reports.run.writer import write_run

        write_run(self._folder, self.results, began=self._begin, seconds=time.time() - self._begin)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say where it is."""
        if not self._is_worker and self.results:
            terminalreporter.write_line(f"report of the features: {self._folder / 'index.html'}")


def _fixture(request: Any, name: str) -> Any:
    """A fixture that the scenario has made already, ``None`` for another."""
    known = request._fixture_defs.get(name) if hasattr(request, "_fixture_defs") else None
    if known is None or known.cached_result is None:
        return None
    return known.cached_result[0]


def _exchange(message: Any, length: int) -> Exchange:
    return Exchange(step=message.step, direction=message.direction, country=message.country,
                    status=message.status, size=len(message.body),
                    excerpt=_readable(message.body[:length]))


def _readable(body: bytes) -> str:
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "·"
                   for sign in body.decode("utf-8", "replace"))
