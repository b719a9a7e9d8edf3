"""Calls to countries that a person waits for: begun by a POST, waited for on a page of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.responses import Response

from ehdsi.errors import EhdsiError
from ehdsi.search_mask import SearchMask
from sesali.countries import french_name
from sesali.outcomes import StepRefused, refused
from sesali.portal.consultation import Consultation, Job, JobKind
from sesali.portal.forms import moved
from sesali.portal.stops import new_reference, note
from sesali.portal.visit import Visit, see_other

Result = TypeVar("Result")

#: Finished calls of a consultation whose tickets still lead to their outcome.
KEPT = 3


async def wait_for(visit: Visit, consultation: Consultation, kind: JobKind, work: Callable[[], Result],
                   done: Callable[[Result], str]) -> Response:
    """Begin a call and answer within ``grace``: with the next page, or with the waiting page.

    Parameters
    ----------
    work : blocks; runs in the workers of the country.
    done : takes the result into the consultation and says where the browser goes.
    """
    def begin() -> Job:
        return _begin(visit, consultation, kind, work, done)

    consultation.again = begin
    return await first_look(visit, begin())


async def first_look(visit: Visit, job: Job) -> Response:
    """303 to the outcome if it is there within ``grace``, else to the waiting page."""
    try:
        await asyncio.wait_for(job.finished.wait(), visit.portal.settings.grace)
    except TimeoutError:
        return see_other(f"/attente/{job.ticket}")
    return see_other(job.location)


def _begin(visit: Visit, consultation: Consultation, kind: JobKind, work: Callable[[], Result],
           done: Callable[[Result], str]) -> Job:
    portal, session = visit.portal, visit.session
    if consultation.job is not None and not consultation.job.finished.is_set():
        consultation.job.stop(consultation.path("identite"))
    job = Job(ticket=portal.new_secret(), kind=kind, consultation=consultation, started=portal.clock())
    consultation.job, consultation.refusal, consultation.notice = job, None, None
    over = [ticket for ticket, one in session.jobs.items()
            if one.consultation is consultation and one.finished.is_set()]
    for ticket in over[:-KEPT]:
        del session.jobs[ticket]
    session.jobs[job.ticket] = job

    async def run() -> None:
        try:
            job.future = portal.gateway.submit(consultation.country, work)
            async with asyncio.timeout(portal.settings.limit):
                result = await asyncio.wrap_future(job.future)
            if not job.stopped:
                job.finish(done(result))
        except StepRefused as refusal:
            if kind == "identify" and refusal.notice.level:
                since = (portal.clock() - job.started).total_seconds()
                await portal.pause(until_beat(since, portal.settings.beat))
            _refused(visit, job, refusal)
        except TimeoutError:
            _refused(visit, job, refused("SES-081", detail="the portal stopped waiting",
                                         pays=french_name(consultation.country)))
        except asyncio.CancelledError:
            job.finish(consultation.path("identite"))
        except (EhdsiError, OSError, RuntimeError, ValueError, LookupError, TypeError,
                AttributeError, AssertionError) as error:
            _refused(visit, job, refused("SES-082", detail=f"unexpected {type(error).__name__}"))

    job.task = asyncio.create_task(run())
    return job


def unlock(consultation: Consultation, mask: SearchMask, labels: tuple[str, ...]) -> None:
    """Fields for what the country wants in addition; what was typed stays in the fields it was typed into."""
    wider = mask.asking_too(labels)
    consultation.typed = moved(consultation.typed, mask, wider)
    known = {one.label for one in mask.patient.others}
    consultation.unlocked += tuple(label for label in labels if label not in known)
    consultation.mask = wider


def until_beat(since: float, beat: float) -> float:
    """Seconds until the next multiple of ``beat`` when ``since`` seconds have gone by; 0 without a beat."""
    return beat - max(since, 0.0) % beat if beat > 0 else 0.0


def _refused(visit: Visit, job: Job, refusal: StepRefused) -> None:
    """Keep what is needed to say it; what a stop makes useless goes at once."""
    if job.stopped:
        return
    consultation = job.consultation
    reference = new_reference(visit)
    note(refusal, reference, consultation.country)
    if refusal.code == "SES-041" or job.kind == "mask":
        visit.portal.countries.mark(consultation.country, False)
    if refusal.notice.way_on in ("end", "assistance") or refusal.notice.security:
        consultation.forget_patient()
    if refusal.asks and consultation.mask is not None:
        unlock(consultation, consultation.mask, refusal.asks)
    consultation.refusal, consultation.refused_at, consultation.reference = refusal, job.kind, reference
    if refusal.notice.way_on == "correct":
        consultation.notice = refusal.notice
        job.finish(consultation.path("identite"))
    else:
        job.finish(consultation.path("arret"))
