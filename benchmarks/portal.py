"""Portal: CPU of each page beside the bare framework sending the same bytes; first page of a cold start."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from benchmarks.processes import ROOT
from benchmarks.report import Table, say, verdict
from clinician import HttpClinician

COLD_STARTS = 5
REPEATS, ROUNDS = 60, 5

_UP = "import sys; from ncpeh.cli import main; sys.exit(main(sys.argv[1:]))"

Page = tuple[str, int, float, float]


def run() -> list[Table]:
    """Both tables."""
    say("cold starts")
    _cold()
    cold = [_cold() for _ in range(COLD_STARTS)]
    say("pages")
    return [_cold_table(cold), _page_table(_pages())]


def _cold() -> tuple[float, float, float]:
    """Seconds from the start of ``ncpeh up`` to ``ready``, to the first page, and from SIGTERM to its end."""
    with tempfile.TemporaryDirectory(prefix="ncpeh-bench-") as folder:
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-c", _UP, "up", "--run-dir", folder], cwd=ROOT,
                                   text=True, stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            if not any(line.strip() == "ready" for line in process.stdout):
                raise RuntimeError("ncpeh up ended before it was ready")
            ready = time.perf_counter() - begin
            world = json.loads((Path(folder) / "world.json").read_text(encoding="utf-8"))
            trust = ssl.create_default_context(cafile=str(Path(folder) / world["pki"]["ca"]))
            asked = time.perf_counter()
            answer = httpx.get(world["portal"], verify=trust, trust_env=False)
            answer.raise_for_status()
            page = ready + time.perf_counter() - asked
        finally:
            told = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
        return ready, page, time.perf_counter() - told


def _cold_table(cold: list[tuple[float, float, float]]) -> Table:
    ready, page, stopped = ([run[part] for run in cold] for part in (0, 1, 2))
    rows = tuple((name, f"{statistics.median(seconds) * 1000:.0f}", f"{max(seconds) * 1000:.0f}")
                 for name, seconds in (("everything is ready", ready), ("the first page has arrived", page),
                                         ("stopped, from SIGTERM on", stopped)))
    return Table(part="portal", title="Cold start of the portal with all simulators",
                 columns=("step", "ms, median", "ms, worst"), rows=rows,
                 remarks=(verdict("the first page after a cold start", statistics.median(page), 1.5, "s"),
                          verdict("the stop", max(stopped), 2.0, "s"),
                          f"Wall time of {COLD_STARTS} fresh `ncpeh up` with every country pack."))


def _pages() -> list[Page]:
    """Walk one journey; at each page stop and ask for it many times, without sockets."""
    import countries
    from ncpeh.portal_journey import PROFESSIONAL, papers_of
    from ncpeh.portal_world import PortalWorld

    country = countries.load("HR")
    with tempfile.TemporaryDirectory(prefix="ncpeh-bench-") as folder, \
            PortalWorld([country], run_dir=Path(folder)) as world, \
            HttpClinician(world.url, ca=world.ca) as doctor:
        steps: tuple[tuple[str, Callable[[], Any]], ...] = (
            ("home", doctor.open),
            ("countries", lambda: doctor.log_in(PROFESSIONAL)),
            ("identity traits", lambda: doctor.choose_country(country.names.fr)),
            ("patient found", lambda: doctor.identify(papers_of(country.personas[0]))),
            ("notice and agreement", doctor.confirm_identity),
            ("summary", doctor.accept_notice))
        found = []
        for name, act in steps:
            act()
            found.append(_page(name, world.app, doctor))
        return found


def _page(name: str, app: Any, doctor: HttpClinician) -> Page:
    """A page's size, its CPU seconds in the portal and those of the bare framework with the same bytes."""
    path, headers = urlsplit(doctor.page.address).path, headers_of(doctor)
    body = doctor.page.content.encode()
    bare = Starlette(routes=[Route(path, lambda _: HTMLResponse(body))])
    portal, floor = (min(cpu_of_page(one, path, headers, size=len(body)) for _ in range(ROUNDS))
                     for one in (app, bare))
    return name, len(body), portal, floor


def headers_of(doctor: HttpClinician) -> list[tuple[bytes, bytes]]:
    """What a browser with this clinician's cookies sends."""
    return [(b"host", urlsplit(doctor.page.address).netloc.encode()), (b"cookie", "; ".join(
        f"{key}={value}" for key, value in doctor.cookies().items()).encode())]


def cpu_of_page(app: Callable[..., Awaitable[None]], path: str, headers: list[tuple[bytes, bytes]], *,
                size: int = 0, repeats: int = REPEATS) -> float:
    """CPU seconds of this thread for one GET, the mean of many; at least half of ``size`` bytes must come."""
    async def many() -> float:
        begin = time.thread_time()
        for _ in range(repeats):
            status, sent = await _get(app, path, headers)
            assert status == 200, f"{path} answered {status}"
            assert sent > size // 2, f"{path} sent {sent} bytes"
        return (time.thread_time() - begin) / repeats
    return asyncio.run(many())


async def _get(app: Callable[..., Awaitable[None]], path: str,
               headers: list[tuple[bytes, bytes]]) -> tuple[int, int]:
    told = {"status": 0, "sent": 0}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        told["status"] = message.get("status", told["status"])
        told["sent"] += len(message.get("body", b""))

    await app({"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
               "scheme": "https", "path": path, "raw_path": path.encode(), "query_string": b"",
               "root_path": "", "headers": headers, "client": ("127.0.0.1", 1),
               "server": ("127.0.0.1", 443)}, receive, send)
    return told["status"], told["sent"]


def _page_table(pages: list[Page]) -> Table:
    rows = tuple((name, f"{size / 1000:.0f}", f"{portal * 1000:.2f}", f"{bare * 1000:.2f}",
                  f"{portal / bare:.0f}") for name, size, portal, bare in pages)
    return Table(part="portal", title="Portal: CPU of one page",
                 columns=("page", "kB", "portal, ms", "bare framework, ms", "times"), rows=rows,
                 remarks=(f"One GET without sockets, best of {ROUNDS} rounds of {REPEATS}. The bare "
                          "framework sends the same bytes from memory; session, guards, forms and rendering "
                          "are the difference.",))
