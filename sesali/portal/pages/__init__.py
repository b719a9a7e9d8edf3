"""Every page of the portal: address, method, what it needs, who makes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from starlette.responses import Response

from sesali.portal.pages import consent, entry, reading, search
from sesali.portal.visit import Visit


class Needs(Enum):
    """What must be there before a page is made: nothing, a login, a login with an activity."""

    NOTHING = auto()
    LOGIN = auto()
    ACTIVITY = auto()


@dataclass(frozen=True, slots=True)
class Page:
    """One row of the table; a page that is not ``active`` does not count as activity of the user."""

    method: str
    path: str
    handle: Callable[[Visit], Awaitable[Response]]
    needs: Needs = Needs.ACTIVITY
    active: bool = True


ROUTES = (
    Page("GET", "/", entry.home, Needs.NOTHING),
    Page("GET", "/informations", entry.information, Needs.NOTHING),
    Page("GET", "/notice/{language}", consent.public_notice, Needs.NOTHING),
    Page("GET", "/connexion", entry.begin, Needs.NOTHING),
    Page("GET", "/auth/callback", entry.callback, Needs.NOTHING),
    Page("POST", "/auth/backchannel-logout", entry.backchannel, Needs.NOTHING, active=False),
    Page("GET", "/fin", entry.ended, Needs.NOTHING),
    Page("POST", "/deconnexion", entry.log_out, Needs.LOGIN),
    Page("POST", "/session/prolonger", entry.extend, Needs.LOGIN),
    Page("GET", "/acces", entry.terms, Needs.LOGIN),
    Page("POST", "/acces", entry.accept_terms, Needs.LOGIN),
    Page("GET", "/activite", entry.activities, Needs.LOGIN),
    Page("POST", "/activite", entry.choose_activity, Needs.LOGIN),
    Page("GET", "/pays", search.countries),
    Page("POST", "/pays", search.choose_country),
    Page("GET", "/attente/{ticket}", search.waiting, active=False),
    Page("GET", "/attente/{ticket}/etat", search.state, active=False),
    Page("POST", "/attente/{ticket}/arret", search.give_up),
    Page("GET", "/patient/{key}/identite", search.identity),
    Page("POST", "/patient/{key}/identite", search.look_for),
    Page("GET", "/patient/{key}/image", search.picture),
    Page("GET", "/patient/{key}/arret", search.stopped),
    Page("POST", "/patient/{key}/reessayer", search.retry),
    Page("GET", "/patient/{key}/verification", consent.verification),
    Page("POST", "/patient/{key}/verification", consent.confirm),
    Page("POST", "/patient/{key}/rejet", consent.reject),
    Page("GET", "/patient/{key}/notice", consent.patient_notice),
    Page("GET", "/patient/{key}/accord", consent.agreement),
    Page("POST", "/patient/{key}/accord", consent.agree),
    Page("GET", "/patient/{key}/choix", reading.choice),
    Page("POST", "/patient/{key}/choix", reading.choose),
    Page("GET", "/patient/{key}/synthese", reading.summary),
    Page("GET", "/patient/{key}/original.pdf", reading.original_pdf),
    Page("GET", "/patient/{key}/original.xml", reading.original_xml),
    Page("GET", "/patient/{key}/francais.xml", reading.french_xml),
    Page("POST", "/patient/{key}/terminer", reading.finish),
    Page("GET", "/terminee", reading.finished),
)
