"""Plugins of the whole test run: the stage on which features play, and the report of a run."""

pytest_plugins = ["ncpeh.pytest_stage", "reports.run.plugin"]
