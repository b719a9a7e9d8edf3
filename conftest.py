"""Plugins of the whole test run; and where a browser is demanded, browser tests really run."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

pytest_plugins = ["ncpeh.pytest_stage", "reports.run.plugin"]

#: Set by continuous integration: there a skipped browser test is a failure.
DEMANDED = bool(os.environ.get("NCPEH_REQUIRE_BROWSER"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A browser test that was skipped although a browser is demanded has failed.

    At a portal that somebody else started, a scenario is left out for other reasons than a missing browser.
    """
    report = yield
    elsewhere = item.config.getoption("--ncpeh-portal")
    if DEMANDED and not elsewhere and report.skipped and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but a browser is demanded here: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file of browser tests."""
    report = yield
    if DEMANDED and report.skipped and "browser" in collector.nodeid:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, but a browser is demanded here"
    return report
