"""``ncpeh load``: clinicians in numbers over the whole journey, with thresholds and an exit code."""

from __future__ import annotations

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ncpeh.console import FINDINGS, OK, UsageError, complain, print_json, print_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``load``."""
    parser.add_argument("--profile", default="smoke", metavar="NAME",
                        help="a profile of load/profiles, or the path of a TOML file (smoke)")
    parser.add_argument("--profiles", action="store_true", help="list the profiles and stop")
    parser.add_argument("--country", action="append", metavar="CC", help="only this one (repeatable)")
    parser.add_argument("--world", type=Path, metavar="FILE",
                        help="world.json of a running world (default: one of its own, stopped at the end)")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="copies of the portal (1)")
    parser.add_argument("--processes", action="store_true", help="each country in a process of its own")
    parser.add_argument("--generators", type=int, default=0, metavar="N",
                        help="Locust master with so many workers on this machine (0: one process)")
    parser.add_argument("--scale", type=float, default=1.0, metavar="X",
                        help="stages so many times as long (1)")
    parser.add_argument("--people", type=float, default=1.0, metavar="X",
                        help="so many times as many users or arrivals (1)")
    parser.add_argument("--pauses", type=float, default=1.0, metavar="X",
                        help="people's pauses so many times as long (1)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of patients and choices (1)")
    parser.add_argument("--out", type=Path, default=Path("reports/out/load"), metavar="DIR",
                        help="where report and figures go (reports/out/load)")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="result.json of an earlier run")
    parser.add_argument("--prepare", type=Path, metavar="FILE",
                        help="only write the plan for Locust, for a world given by --world")
    parser.add_argument("--sweep", action="store_true",
                        help="delay by failure rate by country: the map of degradation")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    parser.epilog = "Example: ncpeh load --profile smoke"


def run(options: argparse.Namespace) -> int:
    """Run it; exit code 1 when a threshold was missed."""
    from load.profile import ProfileError, load, names

    if options.profiles:
        print_table(("profile", "model", "seconds", "title"),
                    [(one.name, one.model, f"{one.seconds:g}", one.title) for one in map(load, names())])
        return OK
    try:
        profile = load(options.profile)
    except ProfileError as error:
        raise UsageError(str(error)) from None
    if options.workers < 1 or options.generators < 0 or min(options.scale, options.people) <= 0 \
            or options.pauses < 0:
        raise UsageError("--workers is at least 1, --generators and --pauses at least 0, --scale and "
                         "--people more than 0")
    if options.prepare is not None:
        return _prepared(options)
    if options.sweep:
        from ncpeh.load_sweep import run_sweep

        return run_sweep(_options(options, profile), [code.upper() for code in options.country or ()])
    return _run(options, profile)


def _options(options: argparse.Namespace, profile: Any) -> Any:
    from ncpeh.load_run import LoadOptions

    return LoadOptions(
        profile=profile, profile_name=options.profile, out=options.out, countries=_countries(options),
        workers=options.workers, generators=options.generators, processes=options.processes,
        seed=options.seed, scale=options.scale, people=options.people, pauses=options.pauses,
        world=options.world)


def _run(options: argparse.Namespace, profile: Any) -> int:
    from load.profile import stretched
    from ncpeh.load_run import judged, run_load
    from reports.load import write_load

    if options.world is not None and profile.conditions:
        complain("the countries of this world are as they are; for those of the profile start it with "
                 f"--conditions {profile.conditions}")
    profile = stretched(profile, options.scale, people=options.people, pauses=options.pauses)
    result = run_load(_options(options, profile))
    result |= _described(options, profile)
    verdict = judged(result, profile.thresholds, {one.country for one in profile.faults})
    result["verdict"] = verdict
    before = json.loads(options.compare.read_text(encoding="utf-8")) if options.compare else None
    (options.out / "result.json").write_text(json.dumps(result, ensure_ascii=False, indent=1),
                                             encoding="utf-8")
    map_file = options.out / "map.json"
    cells = json.loads(map_file.read_text(encoding="utf-8")) if map_file.is_file() else ()
    page = write_load(options.out / "index.html", result, before=before, cells=cells)
    if options.json:
        print_json(result)
    else:
        _print(result, verdict, page)
    return OK if all(holds for *_, holds in verdict) else FINDINGS


def _described(options: argparse.Namespace, profile: Any) -> dict[str, Any]:
    """What was run, and on what, for whoever reads the figures later."""
    from sesali.outcomes import codes, message

    machine = (f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
               f"Python {platform.python_version()}")
    if hasattr(os, "getloadavg"):
        machine += f", load of the machine {os.getloadavg()[0]:.1f} at the end"
    return {"title": profile.title, "model": profile.model, "step_up": profile.step_up,
            "stages": [(one.seconds, one.users, one.arrivals) for one in profile.stages],
            "conditions": profile.conditions, "workers": options.workers, "processes": options.processes,
            "generators": options.generators or 1, "seed": options.seed, "scale": options.scale,
            "people": options.people, "pauses": options.pauses, "machine": machine,
            "when": f"{datetime.now(UTC):%Y-%m-%d}", "codes": {code: message(code).text for code in codes()}}


def _print(result: dict[str, Any], verdict: list[tuple[str, str, str, bool]], page: Path) -> None:
    print_table(("step", "count", "p50 ms", "p95 ms", "p99 ms", "max ms"), [
        (name, str(one["count"]), f"{one['p50']:g}", f"{one['p95']:g}", f"{one['p99']:g}", f"{one['max']:g}")
        for name, one in result["steps"].items()])
    ended = ", ".join(f"{how} {count}" for how, count in sorted(result["ended"].items()))
    print(f"\nended: {ended}")
    for example in result["examples"][:10]:
        print(f"trouble: {example}")
    print()
    print_table(("threshold", "wanted", "got", ""), [
        (what, wanted, got, "ok" if holds else "MISSED") for what, wanted, got, holds in verdict])
    print(f"\nreport: {page}")


def _prepared(options: argparse.Namespace) -> int:
    from ncpeh.load_plan import write_plan

    if options.world is None:
        raise UsageError("--prepare needs the --world that the load will go to")
    world = json.loads(options.world.read_text(encoding="utf-8"))
    options.prepare.parent.mkdir(parents=True, exist_ok=True)
    print(write_plan(options.prepare, world=world, folder=options.world.parent, seed=options.seed,
                     profile=options.profile, countries=_countries(options, among=set(world["countries"])),
                     scale=options.scale, people=options.people, pauses=options.pauses))
    return OK


def _countries(options: argparse.Namespace, among: set[str] | None = None) -> Any:
    import countries
    from ncpeh.settings import country_of

    codes = options.country or countries.codes()
    return [country_of(code) for code in codes if among is None or code.upper() in among]
