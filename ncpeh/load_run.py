"""One load run: a world of its own (or a running one), Locust as child processes, figures, verdict."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ehdsi.errors import LocalError
from ncpeh.load_metrics import exchanges, told_by
from ncpeh.load_plan import write_plan
from ncpeh.load_watch import Watch, read_json

if TYPE_CHECKING:
    from countries import Country
    from load.profile import Profile, Thresholds

ROOT = Path(__file__).parents[1]
LOCUSTFILE = ROOT / "load" / "locustfile.py"

#: Identifications per professional and minute in a world of our own: a few test identities stand for many.
SEARCHES = 1_000_000

#: Seconds that a world gets to say « ready », and Locust to end after the profile has.
START, OVERTIME = 60.0, 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What a run is made of.

    Attributes
    ----------
    workers : copies of the portal. generators : Locust worker processes; 0 is one process without a master.
    processes : each country in a process of its own.
    scale, people, pauses : as for ``load.profile.stretched``.
    world : ``world.json`` of a running world; None starts one.
    """

    profile: Profile
    out: Path
    countries: Sequence[Country]
    profile_name: str
    workers: int = 1
    generators: int = 0
    processes: bool = False
    seed: int = 1
    scale: float = 1.0
    people: float = 1.0
    pauses: float = 1.0
    world: Path | None = None


@contextlib.contextmanager
def world_for(options: LoadOptions) -> Iterator[Path]:
    """``world.json`` of a running world, or of one started for this run and stopped at the end.

    Raises
    ------
    LocalError : it did not start.
    """
    if options.world is not None:
        yield options.world
        return
    folder = options.out / "world"
    for old in folder.glob("audit*"):
        old.unlink()
    order = [sys.executable, "-m", "ncpeh", "up", "--run-dir", str(folder), "--workers", str(options.workers),
             "--searches", str(SEARCHES), "--seed", str(options.seed)]
    order += ["--processes"] if options.processes else []
    order += ["--conditions", options.profile.conditions] if options.profile.conditions else []
    for country in options.countries:
        order += ["--country", country.code]
    log = options.out / "world.log"
    with log.open("w", encoding="utf-8") as errors, subprocess.Popen(  # noqa: S603 - our own program
            order, stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment()) as process:
        try:
            assert process.stdout is not None
            if not any(line.strip() == "ready" for line in iter(process.stdout.readline, "")):
                raise LocalError(f"the world did not start; see {log}")
            yield folder / "world.json"
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()


def run_load(options: LoadOptions) -> dict[str, Any]:
    """Run a profile and return the result, which lies in ``out/result.json`` as well.

    Raises
    ------
    LocalError : the world or Locust could not start.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    with world_for(options) as path:
        world = read_json(path)
        plan = write_plan(options.out / "plan.json", world=world, folder=path.parent, seed=options.seed,
                          profile=options.profile_name, countries=options.countries, scale=options.scale,
                          people=options.people, pauses=options.pauses)
        ours = options.world is None
        watch = Watch(
            world.get("processes", {}), console=world.get("console", ""),
            ca=str(path.parent / world["pki"]["ca"]), faults=options.profile.faults,
            repository=world.get("audit_repository", {}).get("page", "") if ours else "",
            outboxes=[path.parent / f"audit-portal-{number + 1}.sqlite" for number in range(options.workers)]
            if ours else ())
        doors = world.get("metrics", {})
        before = told_by(doors)
        with contextlib.closing(watch):
            result = _locust(options, plan, watch)
            result["exchanges"] = exchanges(before, told_by(doors))
            result["audit"] = watch.audit() if ours else {"recorded": 0, "lost": 0}
    return result | {"complaints": watch.complaints, "usage": {
        role: {"cpu": round(usage.cpu, 2), "warm_ms": round(usage.per_journey(result["series"]), 1),
               "peak_mb": round(usage.peak), "growth": round(usage.growth, 3),
               "memory": [(round(at, 1), round(mb)) for at, mb in usage.memory]}
        for role, usage in watch.usage.items()}}


def _locust(options: LoadOptions, plan: Path, watch: Watch) -> dict[str, Any]:
    """Locust alone, or a master with so many workers; its own commands, as the documentation has them."""
    result = options.out / "locust.json"
    result.unlink(missing_ok=True)
    environment = _environment() | {"NCPEH_LOAD_PLAN": str(plan.resolve()),
                                    "NCPEH_LOAD_RESULT": str(result.resolve()),
                                    "NCPEH_LOAD_GENERATORS": str(max(options.generators, 1))}
    base = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--loglevel", "WARNING"]
    port = str(_free_port())
    master = [*base, "--headless", "--only-summary", "--stop-timeout", "20"]
    if options.generators:
        master += ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port,
                   "--expect-workers", str(options.generators)]
    with (options.out / "locust.log").open("w", encoding="utf-8") as log, contextlib.ExitStack() as running:
        def start(order: list[str]) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(order, env=environment, stdout=log,  # noqa: S603 - Locust
                                       stderr=subprocess.STDOUT)
            running.callback(_ended, process)
            return process

        first = start(master)
        workers = [start([*base, "--worker", "--master-host", "127.0.0.1", "--master-port", port])
                   for _ in range(options.generators)]
        watch.add("generator", [first.pid, *(one.pid for one in workers)])
        with watch:
            with contextlib.suppress(subprocess.TimeoutExpired):
                first.wait(options.profile.seconds + OVERTIME)
            watch.look()
    if not result.is_file():
        raise LocalError(f"Locust ended without figures; see {options.out / 'locust.log'}")
    return read_json(result)


def _ended(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
    process.wait()


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    # Locust's web client reads these; ours does not, and certificates are those of the plan.
    return {name: value for name, value in os.environ.items()
            if name not in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "LOCUST_USERS")} | {"PYTHONPATH": path}


def _free_port() -> int:
    import socket

    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


# -- the verdict ---------------------------------------------------------------------------------------------


def judged(result: dict[str, Any], thresholds: Thresholds, spoilt: Collection[str] = ()
           ) -> list[tuple[str, str, str, bool]]:
    """What was wanted and what came: (what, at most or at least, got, holds).

    ``result`` : with ``stages`` where the recovery counts. ``spoilt`` : countries on which faults of the
    profile act.
    """
    trouble, ended = result["trouble"], result["ended"]
    journeys = sum(ended.values()) + trouble.get("error", 0) + trouble.get("wrong patient", 0)
    refused = trouble.get("refused", 0) / journeys if journeys else 0.0
    rows = [
        ("journeys", f"≥ {thresholds.journeys}", str(journeys), journeys >= thresholds.journeys),
        _most("wrong patients", thresholds.wrong_patients, trouble.get("wrong patient", 0)),
        _most("errors without a code", thresholds.errors, trouble.get("error", 0)),
        _most("lost audit events", thresholds.lost_audit_events, result["audit"]["lost"])]
    if thresholds.refused >= 0:
        rows.append(("refused journeys", f"≤ {thresholds.refused:.1%}", f"{refused:.1%}",
                     refused <= thresholds.refused))
    rows += _elsewhere(result, thresholds, spoilt)
    if thresholds.recovery >= 0:
        rows.append(_recovered(result, thresholds.recovery))
    if thresholds.memory_growth >= 0:
        for role in ("gateway", "simulators"):
            growth = result["usage"].get(role, {}).get("growth", 0.0)
            rows.append((f"memory growth, {role}", f"≤ {thresholds.memory_growth:.0%}", f"{growth:.1%}",
                         growth <= thresholds.memory_growth))
    for step, most in thresholds.p95.items():
        got = result["steps"].get(step, {}).get("p95")
        rows.append((f"p95 of {step}, ms", f"≤ {most:g}", "none" if got is None else f"{got:g}",
                     got is not None and got <= most))
    if result["complaints"]:
        rows.append(("faults set", "all", result["complaints"][0], False))
    return rows


def _elsewhere(result: dict[str, Any], thresholds: Thresholds, spoilt: Collection[str]
               ) -> list[tuple[str, str, str, bool]]:
    """What healthy countries noticed of the others."""
    rows = []
    if thresholds.refused_elsewhere >= 0:
        share = refused_elsewhere(result, spoilt)
        rows.append(("refused journeys elsewhere", f"≤ {thresholds.refused_elsewhere:.1%}", f"{share:.1%}",
                     share <= thresholds.refused_elsewhere))
    if thresholds.p95_elsewhere >= 0:
        worst = max((one["p95"] for code, one in result["countries"].items() if code not in spoilt),
                    default=float("inf"))
        rows.append(("p95 of a journey elsewhere, ms", f"≤ {thresholds.p95_elsewhere:g}", f"{worst:g}",
                     worst <= thresholds.p95_elsewhere))
    return rows


def _recovered(result: dict[str, Any], most: float) -> tuple[str, str, str, bool]:
    """How long a journey takes in the last stage, in times of the first."""
    from reports.load.curve import curve

    stages = curve(result["series"], result["stages"])
    told = len(stages) == len(result["stages"]) and stages[0].mean > 0 and stages[-1].mean > 0
    ratio = stages[-1].mean / stages[0].mean if told else float("inf")
    return ("journey in the last stage, times the first", f"≤ {most:g}", f"{ratio:.2f}" if told else "none",
            ratio <= most)


def refused_elsewhere(result: dict[str, Any], spoilt: Collection[str]) -> float:
    """Share of the journeys to countries without a fault that were refused; 1 where there was none at all."""
    journeys = sum(one["count"] for code, one in result["countries"].items() if code not in spoilt)
    refused = sum(one["count"] for one in result["incidents"]
                  if one["what"] == "refused" and one["country"] not in spoilt)
    return refused / journeys if journeys else 1.0


def _most(what: str, most: int, got: int) -> tuple[str, str, str, bool]:
    return what, f"≤ {most}", str(got), got <= most
