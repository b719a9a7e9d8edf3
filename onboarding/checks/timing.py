"""Response times: of 95 % of the answers, of the first one, of the service metadata."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ehdsi import smp
from ehdsi.errors import EhdsiError, TransportFailure
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.checks.soap_messages import golden
from onboarding.letters import STEPS, Step
from onboarding.model import Observation
from onboarding.stimuli import letter

#: Agreed longest time of 95 % of the answers, in milliseconds.
AGREED: dict[Step, float] = {"ITI-55": 3000, "ITI-38": 3000, "ITI-39": 8000}


def _times(step: Step) -> None:
    @check(
        id=f"TIME-P95-{step}",
        title=f"95 % of the answers come in time ({step})",
        requirement="X-TIM-01",
        chapter="timing",
        level="should",
        needs=(step,),
        alone=True,
    )
    def p95(bench: Bench) -> Iterator[Observation]:
        """Ten golden requests, one after the other; fewer when two of them were late already."""
        golden(bench, step)
        times: list[float] = []
        while len(times) < 10 and sum(one > AGREED[step] for one in times) < 2:
            times.append(bench.send(letter(bench, step)).seconds * 1000)
        bench.timings[step].extend(times)
        late = sorted(times)[-2]  # of ten, one may be late: our own machine has other things to do
        if late > AGREED[step]:
            yield Observation(
                what="answers take longer than agreed",
                where=step,
                got=f"{late:.0f} ms",
                expected=f"{AGREED[step]:.0f} ms",
            )


for _step in STEPS:
    _times(_step)


@check(
    id="TIME-FIRST",
    title="the first answer came in time",
    requirement="X-TIM-02",
    chapter="timing",
    level="should",
)
def first(bench: Bench) -> Iterator[Observation]:
    """The first call after a pause: 10 s, or as long as this examination waits."""
    seconds = bench.asked(bench.good).reply.seconds
    if seconds > 10:
        yield Observation(
            what="the first answer took long", where="ITI-55", expected="10 s", got=f"{seconds:.1f} s"
        )


@check(
    id="TIME-CLOCK",
    title="the candidate's clock is right",
    requirement="X-TIM-03",
    chapter="timing",
    needs=("ITI-55",),
)
def clock(bench: Bench) -> Iterator[Observation]:
    """creationTime of an answer, within 60 s of ours."""
    reply = bench.send(letter(bench, "ITI-55"))
    now, created = bench.clock(), reply.discovery().creation_time or ""
    moment = _moment(created)
    if moment is None or abs(moment - now) > timedelta(seconds=60):
        yield Observation(
            what="the clock of the candidate is wrong, or its time is written wrongly",
            where="ITI-55 creationTime",
            expected=f"{now:%Y%m%d%H%M%S}+0000 and up to 60 s",
            got=created[:24] or "none",
            clause="IHE CT; HL7 v3 TS",
        )


def _moment(text: str) -> datetime | None:
    """A full HL7 time stamp as a moment; None when it has no zone or no seconds."""
    import re

    found = re.fullmatch(r"(\d{14})(?:\.\d+)?([+-]\d{4}|Z)", text)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1] + found[2].replace("Z", "+0000"), "%Y%m%d%H%M%S%z").astimezone(UTC)
    except ValueError:
        return None


@check(
    id="TIME-DEADLINE",
    title="every correct request is answered before clients give up",
    requirement="X-TIM-01",
    chapter="timing",
    level="should",
)
def deadline(bench: Bench) -> Iterator[Observation]:
    """Each of the three golden requests, as long as this examination waits."""
    for step in STEPS:
        try:
            golden(bench, step)
        except TransportFailure as failure:
            if failure.kind == "timeout":
                yield Observation(
                    what="a correct request was not answered in time",
                    where=step,
                    expected=f"an answer within {bench.limits.read:g} s",
                    got="none",
                )
        except EhdsiError:
            continue  # whatever else was wrong, it was not the time


@check(
    id="TIME-SMP",
    title="the service metadata come in time",
    requirement="X-TIM-01",
    chapter="timing",
    level="should",
)
def smp_time(bench: Bench) -> Iterator[Observation]:
    """Every journey begins with them: 10 s, or as long as this examination waits."""
    begun = time.perf_counter()
    path = smp.service_group_path(smp.participant(bench.country.code))
    bench.get(bench.target.smp.rstrip("/") + path, "SMP service group")
    seconds = time.perf_counter() - begun
    if seconds > 10:
        yield Observation(
            what="the service metadata take long", where="SMP", expected="10 s", got=f"{seconds:.0f} s"
        )
