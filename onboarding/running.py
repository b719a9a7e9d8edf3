"""How an examination runs; the entrance is ``onboarding.runner.examine``."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from importlib import metadata, resources
from pathlib import Path

import countries
from countries import Country
from ehdsi.errors import EhdsiError, LocalError, PeerError, TransportFailure
from ehdsi.terminology import Terminology, load
from onboarding import gates
from onboarding.bench import Bench
from onboarding.catalogue import chosen
from onboarding.clinicians import what_changes
from onboarding.model import Check, Observation, Omit, Report, Result, Skip, Verdict, Waiver
from onboarding.runner import Settings
from onboarding.target import Target

Progress = Callable[[Result, int, int], None]

#: Chapters that say something even when the candidate is dead.
WITHOUT_CANDIDATE = frozenset({"pack", "audit", "smp", "mask"})

_LIBRARIES = ("ncpeh-testbed", "lxml", "cryptography", "httpx")


def run(
    pack: Country | str | Path,
    target: Target,
    *,
    only: Iterable[str] | None,
    settings: Settings,
    clock: Callable[[], datetime],
    progress: Progress | None,
) -> Report:
    """See ``onboarding.runner.examine``."""
    country = pack if isinstance(pack, Country) else countries.load(pack)
    words = tuple(only or ())
    checks = chosen(words)
    started, begin = clock(), time.monotonic()
    bench = Bench(
        country,
        target,
        clock=clock,
        seed=settings.seed,
        answer_seconds=settings.answer,
        terminology=_terminology,
    )
    try:
        examination = _Examination(bench, begin + settings.limit, progress, len(checks))
        results = examination.all(checks, settings.workers)
        return Report(
            country=country.code,
            pack=str(country.folder),
            started=started,
            seed=settings.seed,
            seconds=time.monotonic() - begin,
            statement=examination.statement,
            unreachable=examination.unreachable,
            results=_waived(results, country, started.date()),
            endpoints=_endpoints(bench),
            versions=_versions(),
            evidence=bench.recorder.done(),
            clinicians=what_changes(bench) if not words else (),
            timings=tuple((step, tuple(sorted(times))) for step, times in sorted(bench.timings.items())),
        )
    finally:
        bench.close()


class _Examination:
    """One run: what was said about the candidate as a whole, and what every check came to."""

    def __init__(self, bench: Bench, deadline: float, progress: Progress | None, total: int) -> None:
        self.bench = bench
        self.deadline = deadline
        self.progress = progress
        self.total = total
        self.done = 0
        self.statement = ""
        self.unreachable = False

    def all(self, checks: tuple[Check, ...], workers: int) -> tuple[Result, ...]:
        """Every check, in parallel where it may, in the order of the catalogue."""
        if any(one.chapter not in ("pack", "audit") for one in checks):
            self.statement = gates.unreachable(self.bench)
            self.unreachable = bool(self.statement)
            self.statement = self.statement or gates.silent(self.bench)
        results: dict[str, Result] = {}
        with ThreadPoolExecutor(workers) as pool:
            waiting = [pool.submit(self.one, check) for check in checks if not check.alone]
            for future in as_completed(waiting):
                self._note(future.result(), results)
        for check in checks:
            if check.alone:
                self._note(self.one(check), results)
        self.statement = self.statement or self.bench.dead
        return tuple(results[check.id] for check in checks)

    def one(self, check: Check) -> Result:
        """One check; whatever happens, there is a verdict."""
        begin = time.monotonic()
        if begin > self.deadline:
            return Result(check=check, verdict="skip", reason="the time limit of the examination was reached")
        with self.bench.recorder.noted() as names:
            verdict, observations, reason = self._judged(check)
        return Result(
            check=check,
            verdict=verdict,
            observations=observations,
            reason=reason,
            seconds=time.monotonic() - begin,
            evidence=tuple(dict.fromkeys(names)),
        )

    def _judged(self, check: Check) -> tuple[Verdict, tuple[Observation, ...], str]:
        if self.unreachable and check.chapter not in WITHOUT_CANDIDATE:
            return "skip", (), self.statement
        observations: list[Observation] = []
        try:
            reason = gates.closed(self.bench, check.needs)
            if reason:
                return "skip", (), reason
            observations.extend(check.examine(self.bench))
        except Skip as skip:
            return "skip", tuple(observations), str(skip)
        except Omit as omit:
            return "omit", tuple(observations), str(omit)
        except TransportFailure as failure:
            observations.append(
                Observation(
                    what=f"no usable answer: {failure.what}",
                    expected="an answer",
                    got=failure.kind,
                    clause="eHDSI Messaging Profile",
                )
            )
        except PeerError as error:
            observations.append(
                Observation(
                    what=error.what,
                    where=error.where,
                    expected=error.expected,
                    got=error.got,
                    clause=error.clause,
                    hint=error.hint,
                    line=error.line,
                )
            )
        except LocalError as error:
            return "error", tuple(observations), str(error)
        except Exception as error:  # a bug of ours must not end the examination, nor blame the candidate
            return "error", tuple(observations), f"{type(error).__name__} in {check.id}"
        return _verdict(check, observations), tuple(observations), ""

    def _note(self, result: Result, results: dict[str, Result]) -> None:
        results[result.id] = result
        self.done += 1
        if self.progress is not None:
            self.progress(result, self.done, self.total)


def _verdict(check: Check, observations: list[Observation]) -> Verdict:
    if not observations:
        return "pass"
    failing = check.level == "must" and any(one.severity == "error" for one in observations)
    return "fail" if failing else "warn"


def _waived(results: tuple[Result, ...], country: Country, today: date) -> tuple[Result, ...]:
    """The results with the waivers of the pack that have not ended."""
    waivers = {
        one.id: Waiver(id=one.id, reason=one.reason, until=one.until)
        for one in country.deviations
        if one.until >= today
    }
    return tuple(replace(one, waiver=_waiver(one, waivers)) for one in results)


def _waiver(result: Result, waivers: dict[str, Waiver]) -> Waiver | None:
    """The waiver of a finding: by check, by requirement, or by the deviations when they are all of it."""
    if result.verdict not in ("fail", "warn"):
        return None
    for name in (result.id, *result.check.requirements):
        if name in waivers:
            return waivers[name]
    names = {one.deviation for one in result.observations}
    if names and "" not in names and names <= set(waivers):
        return waivers[sorted(names)[0]]
    return None


def _endpoints(bench: Bench) -> tuple[tuple[str, str], ...]:
    found = [("SMP", bench.target.smp)]
    for step in ("ITI-55", "ITI-38", "ITI-39"):
        try:
            found.append((step, bench.url(step)))
        except EhdsiError:
            found.append((step, ""))
    return tuple(found)


def _versions() -> tuple[tuple[str, str], ...]:
    found = [("Python", platform.python_version())]
    for name in _LIBRARIES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, "from the checkout"))
    return tuple(found)


@cache
def _terminology() -> Terminology:
    """The terminology of the project, read once: it is the same for every candidate."""
    return load(Path(str(resources.files("fixtures") / "terminology")))
