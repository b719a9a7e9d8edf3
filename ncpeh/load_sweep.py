"""The map of degradation: delay of a country by share of failing requests, and what the journeys made of it.

One world, one fast HTTP clinician per thread; in each cell the country is slowed down and made to fail, and
journeys go to it and to another, healthy country at the same time.
"""

from __future__ import annotations

import itertools
import json
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from ncpeh.console import FINDINGS, OK, Progress
from ncpeh.load_plan import write_plan
from ncpeh.load_run import LoadOptions, world_for
from ncpeh.load_watch import read_json

if TYPE_CHECKING:
    from load.plan import Patient, Plan

#: Seconds added to each answer, and on every how many requests one fails (0: none).
DELAYS = (0.0, 0.5, 2.0)
EVERY = (0, 10, 4, 2)

#: Journeys of a cell in the country, as many again in another one.
JOURNEYS = 12
_DOWN = "http-close-before-status"


def run_sweep(options: LoadOptions) -> int:
    """Sweep the first three countries chosen, write the map; findings when a wrong patient was shown."""
    from clinician.http import trusting
    from load.plan import read_plan
    from reports.load import write_map

    options.out.mkdir(parents=True, exist_ok=True)
    codes = [country.code for country in options.countries]
    swept = codes[:3]
    progress = Progress(len(swept) * len(DELAYS) * len(EVERY))
    cells: list[dict[str, Any]] = []
    with world_for(options) as path:
        world = read_json(path)
        plan = read_plan(str(write_plan(
            options.out / "plan.json", world=world, folder=path.parent, profile="smoke", seed=options.seed,
            countries=options.countries, synthetic=20)))
        with httpx.Client(verify=trusting(plan.ca), trust_env=False, base_url=world["console"], timeout=20.0,
                          headers={"x-ncpeh-console": "1"}) as console:
            for code, delay, every in itertools.product(swept, DELAYS, EVERY):
                progress.step(f"{code}, {delay} s, 1 in {every}")
                _spoil(console, code, delay, every)
                other = next(one for one in codes if one != code) if len(codes) > 1 else code
                cells.append(_cell(plan, code, other) | {
                    "country": code, "delay": delay, "rate": 1 / every if every else 0.0})
    progress.end()
    (options.out / "map.json").write_text(json.dumps(cells, indent=1), encoding="utf-8")
    page = write_map(options.out / "map.html", cells, title="Map of degradation")
    wrong = sum(cell["wrong"] for cell in cells)
    journeys = sum(2 * cell["journeys"] for cell in cells)
    print(f"{len(cells)} cells, {journeys} journeys, {wrong} wrong patients\nmap: {page}")
    return FINDINGS if wrong else OK


def _spoil(console: httpx.Client, code: str, delay: float, every: int) -> None:
    """Exactly these faults act on the country, none on the others."""
    console.request("DELETE", "/api/faults").raise_for_status()
    if delay:
        console.post("/api/faults", json={"country": code, "name": "latency",
                                          "parameters": {"seconds": delay}}).raise_for_status()
    if every:
        console.post("/api/faults", json={"country": code, "name": _DOWN,
                                          "parameters": {"every": every}}).raise_for_status()


def _cell(plan: Plan, code: str, other: str) -> dict[str, Any]:
    """Journeys to both countries at once."""
    def able(country: str) -> list[Patient]:
        return [one for one in plan.patients[country] if one.ends == "summary"]

    with ThreadPoolExecutor(8) as pool:
        here = pool.map(lambda patient: _journey(plan, patient), _some(able(code)))
        there = pool.map(lambda patient: _journey(plan, patient), _some(able(other)))
        found, beside = list(here), list(there)
    times = sorted(ms for _, ms in found)
    return {
        "journeys": len(found), "succeeded": sum(how == "shown" for how, _ in found) / len(found),
        "p50": round(statistics.median(times)), "p95": round(times[int(len(times) * 0.95)]),
        "others": sum(how == "shown" for how, _ in beside) / len(beside),
        "wrong": sum(how == "wrong" for how, _ in found + beside),
        "codes": sorted({how for how, _ in found} - {"shown"})}


def _some(patients: Sequence[Patient]) -> list[Patient]:
    return list(itertools.islice(itertools.cycle(patients), JOURNEYS))


def _journey(plan: Plan, patient: Patient) -> tuple[str, float]:
    """How it ended (``shown``, a code, ``wrong``, ``error``) and its milliseconds after the login."""
    from clinician import HttpClinician
    from load.journey import Manner, WrongPatient, treat

    quick = Manner(think=lambda: None, read=lambda: None)
    with HttpClinician(plan.portals[0], ca=Path(plan.ca)) as doctor:
        doctor.log_in(plan.professionals[0])
        doctor.choose_activity()
        begin = time.perf_counter()
        try:
            how = treat(doctor, patient, "summary", quick).how
        except WrongPatient:
            how = "wrong"
        except Exception as error:
            how = f"error: {type(error).__name__}"
        return how, (time.perf_counter() - begin) * 1000
