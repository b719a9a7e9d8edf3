"""A clinician's journey through the portal over HTTP: CPU of gateway, simulators, load generator, warm."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import countries
from benchmarks.report import Table, say
from load.profile import Profile, Stage
from ncpeh.load_run import LoadOptions, run_load

COUNTRIES = ("EE", "HR", "PT")
SECONDS, USERS = 45.0, 3

_PROFILE = f"""
title = "Benchmark"
model = "closed"
think = [0, 0]
read = [0, 0]
downloads = 0
per_login = 5
personas = 1.0

[[stage]]
seconds = {SECONDS}
users = {USERS}
"""


def run() -> list[Table]:
    """Named patients, no pauses, one copy of the portal; what the first third of the run cost is left out."""
    say("load")
    with tempfile.TemporaryDirectory(prefix="ncpeh-bench-") as folder:
        path = Path(folder) / "benchmark.toml"
        path.write_text(_PROFILE, encoding="utf-8")
        result = run_load(LoadOptions(
            profile=Profile(name="benchmark", title="", model="closed",
                            stages=(Stage(seconds=SECONDS, users=USERS),)),
            profile_name=str(path), out=Path(folder) / "out",
            countries=[countries.load(code) for code in COUNTRIES]))
    if result["trouble"] or not result["ended"].get("shown"):
        raise RuntimeError(f"the load run had trouble: {result['trouble']} {result['examples'][:3]}")
    return [_table(result)]


def _table(result: dict[str, Any]) -> Table:
    gateway = result["usage"]["gateway"]["warm_ms"]
    rows = [(role, f"{used['warm_ms']:.1f}", f"{used['warm_ms'] / gateway:.2f}", f"{used['peak_mb']}")
            for role, used in result["usage"].items()]
    rows.append(("journeys per second and core of the gateway", f"{1000 / gateway:.0f}", "", ""))
    return Table(
        part="load", title="A journey through the portal: who uses what",
        columns=("role", "CPU ms of a journey", "of the gateway's", "peak MB"), rows=tuple(rows),
        remarks=(
            f"{result['ended']['shown']} journeys of {USERS} clinicians without pauses, named patients of "
            f"{', '.join(COUNTRIES)}, a login every fifth; Locust's process parses and checks pages. Gateway "
            "is the portal with all behind it; simulators are countries, SMP, Pro Santé Connect, audit.",
            "Goal for the simulators: less than a third of the gateway's."))
