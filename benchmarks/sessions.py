"""Concurrent sessions: memory of each, and CPU of a page, from one open session to a thousand."""

from __future__ import annotations

import copy
import gc
import pickle
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import countries
from benchmarks.cpu import usage
from benchmarks.portal import cpu_of_page, headers_of
from benchmarks.report import Table, say, verdict
from clinician import HttpClinician
from ncpeh.portal_journey import PROFESSIONAL, papers_of
from ncpeh.portal_world import PortalWorld

SIZES = (1, 10, 100, 1_000)
REPEATS, ROUNDS = 15, 5
#: What the CPU of a page may grow by from one session to a thousand.
SLOWER = 1.25


def run() -> list[Table]:
    """Open one session for real up to the summary, then as many more like it, and ask for two pages."""
    country = countries.load("HR")
    with tempfile.TemporaryDirectory(prefix="ncpeh-bench-") as folder, \
            PortalWorld([country], run_dir=Path(folder)) as world, \
            HttpClinician(world.url, ca=world.ca) as doctor:
        doctor.log_in(PROFESSIONAL)
        doctor.choose_activity()
        doctor.choose_country(country.names.fr)
        doctor.identify(papers_of(country.personas[0]))
        doctor.confirm_identity()
        doctor.open_summary()
        portal = world.app.state.portal
        model = next(iter(portal.sessions))
        paths = {"summary": urlsplit(doctor.page.address).path, "countries": "/pays"}
        headers, rows = headers_of(doctor), []
        for size in SIZES:
            say(f"{size} sessions")
            _fill(portal.sessions, model, size)
            gc.collect()
            rows.append((size, usage()["rss"], {
                name: min(cpu_of_page(world.app, path, headers, repeats=REPEATS)
                          for _ in range(ROUNDS)) * 1000
                for name, path in paths.items()}))
    return [_table(rows)]


def _fill(sessions: Any, model: Any, size: int) -> None:
    """As many sessions as ``size``, each with a copy of its own of everything that the model holds."""
    kept = {key: pickle.dumps(replace(found, job=None, again=None))  # calls that are over hold a loop
            for key, found in model.consultations.items()}
    while sum(1 for _ in sessions) < size:
        session = sessions.open(copy.deepcopy(model.login))
        session.activity = model.activity
        session.credentials = pickle.loads(pickle.dumps(model.credentials))
        session.consultations = {key: pickle.loads(content) for key, content in kept.items()}


def _table(rows: list[tuple[int, float, dict[str, float]]]) -> Table:
    (_, first, pages), (most, last, later) = rows[0], rows[-1]
    each = (last - first) * 1000 / (most - 1)
    ratio = max(later[name] / pages[name] for name in pages)
    return Table(
        part="sessions", title="Growth with open sessions",
        columns=("open sessions, each with a summary", "resident MB", "kB of each", "CPU ms, summary",
                 "CPU ms, countries"),
        rows=tuple((f"{size:,}", f"{memory:.0f}",
                    f"{(memory - first) * 1000 / (size - 1):.0f}" if size > 1 else "",
                    f"{took['summary']:.2f}", f"{took['countries']:.2f}") for size, memory, took in rows),
        remarks=(verdict("the CPU of a page among a thousand sessions", ratio, SLOWER, "times that of one"),
                 f"A session with an open summary holds about {each:.0f} kB. Portal and simulators are in "
                 "one process; the model was opened page by page, the others are copies of all it holds."))
