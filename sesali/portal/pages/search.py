"""From the country to the person: choice of the country, identity form, waiting."""

from __future__ import annotations

from functools import partial
from unicodedata import normalize

from starlette.responses import JSONResponse, Response

from ehdsi.search_mask import SearchMask
from sesali.identify import Identified
from sesali.outcomes import StepRefused, notice, refused
from sesali.portal.consultation import Consultation, Job
from sesali.portal.forms import Form, checked_form, empty_form, form_names, names_of
from sesali.portal.jobs import first_look, wait_for
from sesali.portal.pictures import safe_picture
from sesali.portal.stops import new_reference, note, page, stop_page
from sesali.portal.visit import Visit, see_other
from sesali.portal.words import PARIS, country_words


async def countries(visit: Visit) -> Response:
    """S4: where is the patient insured?"""
    return await _countries(visit)


async def _countries(visit: Visit, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    portal = visit.portal
    await portal.countries.look(portal.settings.grace)
    choices = sorted((country_words(code) for code in portal.gateway.countries),
                     key=lambda one: normalize("NFD", one.name))
    return page(visit, "pays", "Choix du pays", status, errors=errors, choices=choices, step=1,
                is_open=portal.countries.is_open)


async def choose_country(visit: Visit) -> Response:
    """A new consultation; the form of this country is fetched if it is not known."""
    portal, session = visit.portal, visit.session
    code = visit.form.get("pays", "")
    if not code:
        return await _countries(visit, 422, (("pays-0", "Choisissez un pays pour continuer"),))
    if code not in portal.gateway.countries:
        raise refused("SES-040", detail="a country that is not connected")
    while len(session.consultations) >= portal.settings.consultations:
        session.end_consultation(next(iter(session.consultations)))
    consultation = Consultation(key=portal.new_secret()[:22], country=code, started=portal.clock())
    session.consultations[consultation.key] = consultation

    def done(mask: SearchMask) -> str:
        consultation.mask = mask
        portal.countries.mark(code, True)
        return consultation.path("identite")

    return await wait_for(visit, consultation, "mask", partial(portal.gateway.search_mask, code), done)


# -- identity -------------------------------------------------------------------------------------------


async def identity(visit: Visit) -> Response:
    """S5: the form that the country's mask asks for, with what was typed before."""
    consultation = visit.consultation
    mask = _mask(consultation)
    return _identity(visit, consultation, empty_form(mask, consultation.typed))


def _mask(consultation: Consultation) -> SearchMask:
    if consultation.mask is None:
        raise refused("SES-120", detail="no search mask in this consultation")
    return consultation.mask


def _identity(visit: Visit, consultation: Consultation, form: Form, status: int = 200) -> Response:
    mask = _mask(consultation)
    media = mask.patient.picture
    said = consultation.notice
    fresh = consultation.unlocked if said is not None and said.code == "SES-062" and not form.errors else ()
    focus = next((form_name for key, form_name in names_of(mask).items() if key in fresh), "")
    return page(visit, "identite", "Identité du patient", status, form=form, consultation=consultation,
                step=2, back="/pays", country=country_words(consultation.country), errors=form.errors,
                media=media, picture=safe_picture(media.content) if media else None,
                said=said, focus=focus, reference=consultation.reference)


async def look_for(visit: Visit) -> Response:
    """Check the form, then ask the country once; a second press of the button lands on the same result."""
    portal, consultation = visit.portal, visit.consultation
    mask, sent = _mask(consultation), visit.form.get("envoi", "")
    if sent and sent in consultation.sent:
        return _same_again(visit, consultation.sent[sent])
    consultation.typed = {name: visit.form[name][:200] for name in form_names(mask) if name in visit.form}
    consultation.notice = None
    form = checked_form(mask, consultation.typed, portal.clock().astimezone(PARIS).date())
    if form.errors:
        return _identity(visit, consultation, form, 422)
    if not portal.searches.allows(visit.session.login.admission.identifier, portal.clock()):
        raise refused("SES-121", detail="too many identifications")
    credentials, country = visit.session.credentials, consultation.country
    assert credentials is not None, "pages of this kind are reached with an activity only"
    traits = mask.traits(form.values)
    consultation.identified, consultation.confirmed = None, False

    def done(found: Identified) -> str:
        consultation.identified = found
        return consultation.path("verification")

    answer = await wait_for(visit, consultation, "identify",
                            lambda: portal.gateway.identify(credentials, country, traits), done)
    if sent and consultation.job is not None:
        consultation.sent = {sent: consultation.job.ticket}
    return answer


def _same_again(visit: Visit, ticket: str) -> Response:
    job = visit.session.jobs.get(ticket)
    return see_other(job.location or f"/attente/{ticket}" if job else visit.consultation.path("identite"))


async def picture(visit: Visit) -> Response:
    """The picture of the mask, decoded and written anew."""
    media = _mask(visit.consultation).patient.picture
    safe = safe_picture(media.content) if media else None
    if safe is None:
        raise refused("SES-120", detail="no picture that can be shown")
    return Response(safe.png, media_type="image/png")


# -- waiting --------------------------------------------------------------------------------------------


def _job(visit: Visit) -> Job:
    job = visit.session.jobs.get(str(visit.request.path_params["ticket"]))
    if job is None:
        raise refused("SES-120", detail="no such ticket in this session")
    return job


async def waiting(visit: Visit) -> Response:
    """A call that takes longer than a second: which country, since when, until when, how to stop."""
    job, portal = _job(visit), visit.portal
    if job.finished.is_set():
        return see_other(job.location)
    since = int((portal.clock() - job.started).total_seconds())
    country = country_words(job.consultation.country)
    heading = "Ouverture de la synthèse" if job.kind == "open" else f"Recherche en cours {country.au}"
    return page(visit, "attente", "Recherche en cours" if job.kind != "open" else "Ouverture de la synthèse",
                job=job, since=since, heading=heading, slow=since > portal.settings.usual)


async def state(visit: Visit) -> Response:
    """For the script of the waiting page; says nothing about the patient."""
    job = _job(visit)
    since = int((visit.portal.clock() - job.started).total_seconds())
    return JSONResponse({"suite": job.location, "depuis": since})


async def give_up(visit: Visit) -> Response:
    """Stop waiting; what still comes is thrown away (the call itself is in the audit trail)."""
    job = _job(visit)
    if not job.finished.is_set():
        job.stop(job.consultation.path("accord" if job.kind == "open" else "identite")
                 if job.kind != "mask" else "/pays")
    return see_other(job.location)


async def retry(visit: Visit) -> Response:
    """The same call once more."""
    consultation = visit.consultation
    if consultation.again is None or consultation.refusal is None:
        raise refused("SES-120", detail="nothing to try again")
    if consultation.refused_at == "identify" and not visit.portal.searches.allows(
            visit.session.login.admission.identifier, visit.portal.clock()):
        raise refused("SES-121", detail="too many identifications")
    return await first_look(visit, consultation.again())


async def stopped(visit: Visit) -> Response:
    """Where a refused call ends."""
    consultation = visit.consultation
    if consultation.refusal is None:
        return see_other(consultation.path("identite"))
    return stop_page(visit, consultation.refusal, consultation=consultation)


def abandon(visit: Visit, consultation: Consultation, code: str) -> None:
    """The professional or the patient ends it: nothing of the patient stays, the log has a line."""
    consultation.forget_patient()
    consultation.reference = new_reference(visit)
    refusal = StepRefused(notice(code), detail="ended on the page")
    note(refusal, consultation.reference, consultation.country)
    consultation.notice = refusal.notice
    consultation.refusal = refusal
