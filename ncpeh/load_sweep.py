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

from ncpeh.console import FINDINGS, OK, Progress, print_table
from ncpeh.load_plan import write_plan
from ncpeh.load_run import LoadOptions, world_for
from ncpeh.load_watch import read_json

if TYPE_CHECKING:
    from load.plan import Patient, Plan

#: Seconds added to each answer, and on every how many requests one fails (0: none).
DELAYS = (0.0, 0.5, 2.0)
EVERY = (0, 10, 4, 2)

#: Journeys of a cell in the country, as many again in another one; so many clinicians work at a time.
JOURNEYS, AT_WORK = 12, 16

#: Countries that are swept unless some are chosen; two take less than six minutes.
SWEPT = 2

#: Share of journeys that must succeed in the other country while this one is in trouble.
ELSEWHERE = 0.95
_DOWN = "http-close-before-status"


def run_sweep(options: LoadOptions, swept: Sequence[str]) -> int:
    """Sweep these countries (the first two without any), write the map, judge it.

    Findings are a wrong patient, a journey that ended without a code, or a healthy country that suffered
    from one in trouble.
    """
    from reports.load import write_map

    options.out.mkdir(parents=True, exist_ok=True)
    codes = [country.code for country in options.countries]
    cells = _cells(options, codes, swept or codes[:SWEPT])
    (options.out / "map.json").write_text(json.dumps(cells, indent=1), encoding="utf-8")
    page = write_map(options.out / "map.html", cells, title="Map of degradation")
    print_table(("country", "delay s", "fail", "succeeded", "p50 ms", "p95 ms", "elsewhere", "codes"), [
        (one["country"], f"{one['delay']:g}", f"{one['rate']:.0%}", f"{one['succeeded']:.0%}",
         str(one["p50"]), str(one["p95"]), "" if one["others"] is None else f"{one['others']:.0%}",
         ", ".join(one["codes"])) for one in cells])
    rows = judged_map(cells)
    print()
    print_table(("threshold", "wanted", "got", ""), [
        (what, wanted, got, "ok" if holds else "MISSED") for what, wanted, got, holds in rows])
    print(f"\nmap: {page}")
    return OK if all(holds for *_, holds in rows) else FINDINGS


def judged_map(cells: Sequence[dict[str, Any]]) -> list[tuple[str, str, str, bool]]:
    """What a map has to show: (what, wanted, got, holds)."""
    wrong, errors = (sum(cell[key] for cell in cells) for key in ("wrong", "errors"))
    calm = min((cell["succeeded"] for cell in cells if not cell["delay"] and not cell["rate"]), default=0.0)
    rows = [("wrong patients", "≤ 0", str(wrong), not wrong),
            ("errors without a code", "≤ 0", str(errors), not errors),
            ("succeeded without trouble", "100%", f"{calm:.0%}", calm == 1.0)]
    others = [cell["others"] for cell in cells if cell["others"] is not None]
    if others:
        least = min(others)
        rows.append(("least that succeeded elsewhere", f"≥ {ELSEWHERE:.0%}", f"{least:.0%}",
                     least >= ELSEWHERE))
    return rows


def _cells(options: LoadOptions, codes: Sequence[str], swept: Sequence[str]) -> list[dict[str, Any]]:
    """The journeys of all cells, in a world where every document was made before."""
    from clinician.http import trusting
    from load.plan import read_plan

    progress = Progress(len(swept) * len(DELAYS) * len(EVERY))
    cells: list[dict[str, Any]] = []
    with world_for(options) as path:
        world = read_json(path)
        plan = read_plan(str(write_plan(
            options.out / "plan.json", world=world, folder=path.parent, profile="smoke", seed=options.seed,
            countries=options.countries, synthetic=JOURNEYS)))
        with httpx.Client(verify=trusting(plan.ca), trust_env=False, base_url=world["console"], timeout=20.0,
                          headers={"x-ncpeh-console": "1"}) as console:
            # Whom nobody asked for yet costs more; that is not what the map is about.
            for code in dict.fromkeys((*swept, *(_other(codes, one) or one for one in swept))):
                _spoil(console, code, 0.0, 0)
                _cell(plan, code, None)
            for code, delay, every in itertools.product(swept, DELAYS, EVERY):
                progress.step(f"{code}, {delay} s, 1 in {every}")
                _spoil(console, code, delay, every)
                cells.append(_cell(plan, code, _other(codes, code)) | {
                    "country": code, "delay": delay, "rate": 1 / every if every else 0.0})
    progress.end()
    return cells


def _other(codes: Sequence[str], code: str) -> str | None:
    """A healthy country beside this one, None in a world of one."""
    return next((one for one in codes if one != code), None)


def _spoil(console: httpx.Client, code: str, delay: float, every: int) -> None:
    """Exactly these faults act on the country, none on the others."""
    console.request("DELETE", "/api/faults").raise_for_status()
    if delay:
        console.post("/api/faults", json={"country": code, "name": "latency",
                                          "parameters": {"seconds": delay}}).raise_for_status()
    if every:
        console.post("/api/faults", json={"country": code, "name": _DOWN,
                                          "parameters": {"every": every}}).raise_for_status()


def _cell(plan: Plan, code: str, other: str | None) -> dict[str, Any]:
    """Journeys to both countries at once; ``others`` is None where there is no other one."""
    def able(country: str) -> list[Patient]:
        return [one for one in plan.patients[country] if one.ends == "summary"]

    with ThreadPoolExecutor(AT_WORK) as pool:
        here = pool.map(lambda patient: _journey(plan, patient), _some(able(code)))
        there = pool.map(lambda patient: _journey(plan, patient), _some(able(other) if other else []))
        found, beside = list(here), list(there)
    times = sorted(ms for _, ms in found)
    return {
        "journeys": len(found), "succeeded": sum(how == "shown" for how, _ in found) / len(found),
        "p50": round(statistics.median(times)), "p95": round(times[int(len(times) * 0.95)]),
        "others": sum(how == "shown" for how, _ in beside) / len(beside) if beside else None,
        "wrong": sum(how == "wrong" for how, _ in found + beside),
        "errors": sum(how.startswith("error") for how, _ in found + beside),
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
