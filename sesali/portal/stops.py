"""Pages on which a journey stops: what happened, what it does not mean, at least one way on, a reference."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from sesali.outcomes import StepRefused
from sesali.portal.visit import SESSION_COOKIE, Visit, drop_cookie, html
from sesali.portal.words import country_words, typographic, wording

if TYPE_CHECKING:
    from sesali.portal.consultation import Consultation

log = logging.getLogger("sesali.portal")

#: HTTP status by code; 403 for what is not here.
_STATUS = {
    "SES-014": 503, "SES-040": 404, "SES-041": 503, "SES-060": 200, "SES-073": 200, "SES-080": 503,
    "SES-081": 504, "SES-082": 502, "SES-083": 502, "SES-085": 502, "SES-091": 200, "SES-092": 404,
    "SES-121": 429}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way on: a link, or with ``post`` a button that sends a form."""

    label: str
    target: str
    post: bool = False
    wait: int = 0


def frame(visit: Visit, title: str, **values: Any) -> dict[str, Any]:
    """What every page needs: title, session line, tokens. ``values`` are those of the page itself."""
    session, portal = visit.session_or_none, visit.portal
    known: dict[str, Any] = {
        "title": title, "step": "", "back": "", "session": session, "settings": portal.settings, "errors": (),
        "now": portal.clock(), "csrf": session.csrf if session else "", "consultation": None, "banner": None,
        "send": portal.new_secret()[:22], "until": portal.sessions.until(session) if session else None,
        "steady": False, "view": None, "alone": False}
    return known | values


def page(visit: Visit, template: str, title: str, status: int = 200, **values: Any) -> Response:
    """Render a page in the common frame."""
    return html(visit.portal.pages.render(template, frame(visit, title, **values)), status)


def stop_page(visit: Visit, refusal: StepRefused, *, consultation: Consultation | None = None,
              status: int = 0) -> Response:
    """The page of a refusal; also tells the technical log, without a trait of the patient.

    Parameters
    ----------
    consultation : the patient it happened with; decides the ways on and the country in the heading.
    status : HTTP status; by the code when 0.
    """
    reference = consultation.reference if consultation and consultation.reference else new_reference(visit)
    if consultation is None:
        note(refusal, reference)
    code = refusal.code
    country = country_words(consultation.country) if consultation else None
    heading = str(wording()["headings"].get(code, "Consultation interrompue"))
    if status in (404, 405):
        heading = "Page introuvable"
    heading = heading.format(du=country.du if country else "", le=country.le if country else "")
    response = page(
        visit, "arret", heading, status or _STATUS.get(code, 403), code=code,
        heading=typographic(heading[:1].upper() + heading[1:]), text=typographic(refusal.notice.text),
        more=typographic(str(wording()["more"].get(code, ""))), ways=_ways(visit, refusal, consultation),
        reference=reference)
    if code == "SES-110":
        drop_cookie(response, SESSION_COOKIE)
    return response


def new_reference(visit: Visit) -> str:
    """Eight characters by which the assistance finds the line in the technical log."""
    return "".join(one for one in visit.portal.new_secret().upper() if one.isalnum())[:8]


def note(refusal: StepRefused, reference: str, country: str = "") -> None:
    """One line in the technical log."""
    level = logging.WARNING if refusal.notice.security or refusal.notice.incident else logging.INFO
    log.log(level, "%s %s%s %s%s", reference, refusal.code, f" {country}" if country else "",
            refusal.detail or "-", " (security)" if refusal.notice.security else "")


def unexpected_page(visit: Visit, error: BaseException) -> Response:
    """Our own failure: a page that says nothing about it; the log gets the place, never a value."""
    reference = new_reference(visit)
    places = traceback.extract_tb(error.__traceback__)[-3:]
    log.error("%s unexpected %s at %s", reference, type(error).__name__,
              " < ".join(f"{place.name}:{place.lineno}" for place in reversed(places)))
    return page(visit, "arret", "Erreur interne", 500, code="", heading="Erreur interne",
                text="Une erreur interne a interrompu la consultation. Le dossier du patient est intact.",
                more="Ne retardez pas les soins.", ways=_general_ways(visit), reference=reference)


def _general_ways(visit: Visit) -> tuple[Way, ...]:
    if visit.session_or_none is None:
        return Way(label="Recommencer", target="/connexion"), Way(label="Retour à l’accueil", target="/")
    return Way(label="Choisir un pays", target="/pays"), Way(label="Se déconnecter", target="/deconnexion",
                                                            post=True)


def _ways(visit: Visit, refusal: StepRefused, consultation: Consultation | None) -> tuple[Way, ...]:
    if refusal.code in ("SES-001", "SES-002"):
        return (Way(label="Retour à l’accueil", target="/"),)
    if consultation is None or visit.session_or_none is None:
        return _general_ways(visit)
    other = Way(label="Choisir un autre pays", target="/pays")
    end = Way(label="Terminer", target=consultation.path("terminer"), post=True)
    if refusal.notice.way_on == "retry" and consultation.again is not None:
        return Way(label="Réessayer", target=consultation.path("reessayer"), post=True, wait=10), other, end
    if refusal.notice.way_on == "restart":
        return Way(label="Reprendre la recherche", target=consultation.path("identite")), other, end
    return other, end
