"""Before and after the patient: home, login, activity, session, logout."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from sesali.login import Activity
from sesali.outcomes import StepRefused, notice, refused
from sesali.portal.browsers import refusal_of
from sesali.portal.sessions import Session
from sesali.portal.stops import page
from sesali.portal.visit import (
    ATTEMPT_COOKIE,
    SESSION_COOKIE,
    Visit,
    drop_cookie,
    see_other,
    set_cookie,
)
from sesali.portal.words import country_words


async def home(visit: Visit) -> Response:
    """S0: what this is, which countries, where to log in."""
    portal = visit.portal
    portal.countries.look_soon()
    connected = sorted((country_words(code) for code in portal.gateway.countries), key=_by_name)
    known = {one.code for one in connected}
    return page(visit, "accueil", "Accueil",
                refusal=refusal_of(visit.request.headers),
                open=[one for one in connected if portal.countries.is_open(one.code)],
                suspended=[one for one in connected if not portal.countries.is_open(one.code)],
                announced=[country_words(code) for code in portal.settings.announced if code not in known],
                seen=portal.countries.seen)


async def information(visit: Visit) -> Response:
    """Help, accessibility, legal information: one page."""
    return page(visit, "informations", "Aide et informations")


async def begin(visit: Visit) -> Response:
    """Send the browser to Pro Santé Connect."""
    device = refusal_of(visit.request.headers)
    if device is not None:
        raise StepRefused(device)
    attempt = await visit.portal.ask_login(visit.portal.login.begin)
    response = see_other(attempt.url)
    set_cookie(response, ATTEMPT_COOKIE, visit.portal.sessions.remember_attempt(attempt))
    return response


async def callback(visit: Visit) -> Response:
    """S1: the browser is back; a session begins under a new identifier, whatever cookie came along."""
    portal = visit.portal
    attempt = portal.sessions.take_attempt(visit.request.cookies.get(ATTEMPT_COOKIE, ""))
    query = dict(visit.request.query_params)
    if visit.session_or_none is not None:
        portal.sessions.end(visit.session_or_none)
        visit.session_or_none = None
    login = await portal.ask_login(partial(portal.login.finish, attempt, query))
    if login.admission.refusal is not None:
        await portal.ask_login(partial(portal.login.revoke, login))
        raise StepRefused(login.admission.refusal, detail="not admitted")
    session = portal.sessions.open(login)
    response = see_other("/acces" if login.admission.identifier not in portal.informed else "/activite")
    set_cookie(response, SESSION_COOKIE, session.identifier)
    drop_cookie(response, ATTEMPT_COOKIE)
    return response


async def backchannel(visit: Visit) -> Response:
    """Pro Santé Connect says that a login has ended."""
    token = visit.form.get("logout_token", "")
    try:
        ended = await visit.portal.ask_login(partial(visit.portal.login.backchannel_logout, token))
    except StepRefused:
        return Response(status_code=400)
    visit.portal.sessions.end_by(ended)
    return Response(status_code=200)


async def terms(visit: Visit) -> Response:
    """S3: accesses are recorded; shown once per professional."""
    return page(visit, "acces", "Vos accès sont enregistrés")


async def accept_terms(visit: Visit) -> Response:
    """The professional has read it."""
    if not visit.form.get("lu"):
        return page(visit, "acces", "Vos accès sont enregistrés", 422,
                    errors=(("lu", "Cochez la case quand vous avez lu cette information"),))
    visit.portal.informed.add(visit.session.login.admission.identifier)
    return see_other("/activite")


async def activities(visit: Visit) -> Response:
    """S2: under which activity; passed over when there is only one."""
    session = visit.session
    admission = session.login.admission
    if admission.identifier not in visit.portal.informed:
        return see_other("/acces")
    if len(admission.activities) == 1 and session.activity is None:
        await _take(visit, session, admission.activities[0])
        return see_other("/pays")
    return page(visit, "activite", "Choix de l’activité", admission=admission)


async def choose_activity(visit: Visit) -> Response:
    """One of the admitted activities; a forged key is none of them."""
    session = visit.session
    admission = session.login.admission
    key = visit.form.get("activite", "")
    activity = admission.activity(key)
    if not key:
        return page(visit, "activite", "Choix de l’activité", 422, admission=admission,
                    errors=(("activite-0", notice("SES-030").text),))
    if activity is None or admission.identifier not in visit.portal.informed:
        raise refused("SES-120", detail="an activity that this person does not have", security=True)
    session.wipe()
    await _take(visit, session, activity)
    return see_other("/pays")


async def _take(visit: Visit, session: Session, activity: Activity) -> None:
    """Sign the HCP assertion for this activity."""
    professional = session.login.admission.professional(activity)
    session.credentials = await visit.portal.ask_login(
        partial(visit.portal.gateway.log_in, professional))
    session.activity = activity


async def extend(visit: Visit) -> Response:
    """The user is still there: the idle time has begun again; script asks in JSON, a form is sent back."""
    if visit.form.get("script"):
        return Response(status_code=204)
    return see_other(_safe_return(visit.form.get("retour", "")))


def _safe_return(path: str) -> str:
    """A page of ours; anything that could lead elsewhere is the list of countries."""
    ours = path.startswith("/") and not path.startswith("//") and path.isascii() and path.isprintable()
    return path if ours and not {"\\", ":", " "} & set(path) else "/pays"


async def log_out(visit: Visit) -> Response:
    """S10: wipe, tell Pro Santé Connect, send the browser there to end that session as well."""
    session, portal = visit.session, visit.portal
    portal.sessions.end(session)
    await portal.ask_login(partial(portal.login.revoke, session.login))
    target = await portal.ask_login(partial(portal.login.logout_url, session.login))
    response = see_other(target or "/fin")
    drop_cookie(response, SESSION_COOKIE)
    response.headers["clear-site-data"] = '"cache"'
    return response


async def ended(visit: Visit) -> Response:
    """The page after logout."""
    return page(visit, "fin", "Vous êtes déconnecté")


def _by_name(country: object) -> str:
    import unicodedata

    return unicodedata.normalize("NFD", str(getattr(country, "name", "")))
