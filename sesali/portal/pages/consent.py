"""From the person found to the right to read: verification, notice, agreement."""

from __future__ import annotations

from functools import partial
from typing import Literal
from unicodedata import normalize

from starlette.responses import Response

from ehdsi.errors import LocalError
from sesali import notice as notices
from sesali.identify import Identified
from sesali.outcomes import StepRefused, notice, refused
from sesali.portal.consultation import Agreement, Consultation, Presented
from sesali.portal.pages.reading import open_record
from sesali.portal.pages.search import abandon
from sesali.portal.patients import banner_of, found_view
from sesali.portal.stops import page
from sesali.portal.visit import Visit, see_other
from sesali.portal.words import country_words, day, language_choice

Error = tuple[str, str]


def _identified(consultation: Consultation) -> Identified:
    if consultation.identified is None:
        raise refused("SES-120", detail="nobody is identified in this consultation")
    return consultation.identified


# -- verification ---------------------------------------------------------------------------------------


async def verification(visit: Visit) -> Response:
    """S6: is this the person?"""
    return _verification(visit)


def _verification(visit: Visit, status: int = 200, errors: tuple[Error, ...] = ()) -> Response:
    consultation = visit.consultation
    found = found_view(_identified(consultation), visit.portal.clock(), visit.portal.terminology)
    job = consultation.job
    return page(visit, "verification", "Vérification de l’identité", status, errors=errors, step=3,
                consultation=consultation, found=found, country=country_words(consultation.country),
                answered=job.started if job else visit.portal.clock(), back=consultation.path("identite"))


async def confirm(visit: Visit) -> Response:
    """The professional has compared it with a document that carries a photograph."""
    consultation = visit.consultation
    found = found_view(_identified(consultation), visit.portal.clock())
    errors: list[Error] = []
    if found.deceased and not visit.form.get("malgre"):
        errors.append(("malgre", "Cochez la case pour poursuivre malgré le signalement de décès"))
    if not visit.form.get("vu"):
        errors.append(("vu", "Cochez la case si l’identité correspond"))
    if errors:
        return _verification(visit, 422, tuple(errors))
    consultation.confirmed = True
    return see_other(consultation.path("accord"))


async def reject(visit: Visit) -> Response:
    """It is somebody else: nothing is kept, the form is empty again."""
    consultation = visit.consultation
    _identified(consultation)
    abandon(visit, consultation, "SES-064")
    return see_other(consultation.path("identite"))


# -- notice ---------------------------------------------------------------------------------------------


async def public_notice(visit: Visit) -> Response:
    """The notice in one language, for anybody."""
    return _notice(visit, str(visit.request.path_params["language"]))


async def patient_notice(visit: Visit) -> Response:
    """The notice as it is shown to this patient; that it was opened is a fact of the consultation."""
    consultation = visit.consultation
    identified = _confirmed(consultation)
    language = visit.request.query_params.get("langue", "")
    response = _notice(visit, language)
    consultation.notice_opened = True
    await _record(visit, consultation, identified, "display")
    return response


def _notice(visit: Visit, language: str) -> Response:
    try:
        shown = notices.notice(language, visit.portal.settings.responsible)
    except LocalError:
        raise refused("SES-092", detail="no notice in this language") from None
    return page(visit, "notice", "Notice d’information du patient", shown=shown, alone=True,
                date=day(visit.portal.clock()))


# -- agreement ------------------------------------------------------------------------------------------


def _confirmed(consultation: Consultation) -> Identified:
    if not consultation.confirmed:
        raise refused("SES-120", detail="the identity was not confirmed")
    return _identified(consultation)


async def agreement(visit: Visit) -> Response:
    """S7: notice handed over, and does the patient agree?"""
    return _agreement(visit)


def _agreement(visit: Visit, status: int = 200, errors: tuple[Error, ...] = ()) -> Response:
    consultation, portal = visit.consultation, visit.portal
    identified = _confirmed(consultation)
    country = country_words(consultation.country)
    languages = _languages(country.languages)
    found = found_view(identified, portal.clock())
    return page(visit, "accord", "Notice et accord", status, errors=errors, consultation=consultation, step=4,
                country=country, languages=languages, banner=banner_of(identified, portal.clock()),
                picked=visit.form.get("langue") or languages[0][0], form=visit.form, minor=found.is_minor,
                information_only=consultation.country in portal.settings.information_only,
                emergency=consultation.country in portal.settings.emergency,
                back=consultation.path("verification"))


def _languages(first: tuple[str, ...]) -> tuple[tuple[str, str, str], ...]:
    """Code, French name, own name of every notice: those of the country, then by French name."""
    all_of_them = [(code, *language_choice(code)) for code in notices.LANGUAGES]
    all_of_them.sort(key=lambda one: (first.index(one[0]) if one[0] in first else len(first),
                                      normalize("NFD", one[1])))
    return tuple(all_of_them)


async def agree(visit: Visit) -> Response:
    """Take down both facts, tell the audit trail, and open the record when the patient agrees."""
    portal, consultation, form = visit.portal, visit.consultation, visit.form
    identified = _confirmed(consultation)
    sent = form.get("envoi", "")
    if sent and sent in consultation.sent:
        job = visit.session.jobs.get(consultation.sent[sent])
        return see_other(job.location or f"/attente/{job.ticket}" if job else consultation.path("accord"))
    errors, said = read_agreement(visit, consultation)
    if errors or said is None:
        return _agreement(visit, 422, errors)
    consultation.presented = Presented(language=form["langue"], version=notices.VERSION, at=portal.clock()) \
        if said.by != "nobody" else None
    consultation.agreement = said
    await _record(visit, consultation, identified, "ack" if said.given else "deny")
    if not said.given:
        abandon(visit, consultation, "SES-091")
        return see_other(consultation.path("arret"))
    answer = await open_record(visit, consultation)
    if sent and consultation.job is not None:
        consultation.sent = {sent: consultation.job.ticket}
    return answer


def read_agreement(visit: Visit, consultation: Consultation) -> tuple[tuple[Error, ...], Agreement | None]:
    """What was ticked: errors to correct, or what the patient said."""
    settings, form, now = visit.portal.settings, visit.form, visit.portal.clock()
    if form.get("motif") == "urgence":
        reason = " ".join(form.get("raison", "").split())[:500]
        if consultation.country not in settings.emergency or len(reason) < 20:
            return (("raison", notice("SES-093").text),), None
        return (), Agreement(given=True, by="nobody", at=now, purpose="EMERGENCY", reason=reason)
    errors: list[Error] = []
    if form.get("langue") not in notices.LANGUAGES:
        errors.append(("langue", notice("SES-092").text))
    said = form.get("accord", "")
    if not form.get("remise") and said != "non":
        errors.append(("remise", notice("SES-090").text))
    if said not in ("oui", "non"):
        errors.append(("accord-oui", "Indiquez la réponse du patient"))
    by: Literal["patient", "representative"] = "patient"
    if form.get("par") == "representant":
        by = "representative"
    name = " ".join(form.get("representant", "").split())[:200]
    if by == "representative" and not name and said == "oui":
        errors.append(("representant", "Saisissez le nom du représentant légal"))
    if errors:
        return tuple(errors), None
    return (), Agreement(given=said == "oui", by=by, representative=name, at=now)


async def _record(visit: Visit, consultation: Consultation, identified: Identified,
                  step: Literal["display", "ack", "deny"]) -> None:
    """The audit trail has it before anything else happens."""
    credentials, gateway = visit.session.credentials, visit.portal.gateway
    assert credentials is not None, "pages of this kind are reached with an activity only"
    try:
        await visit.portal.ask_country(consultation.country, partial(
            gateway.notice, step, credentials, identified))
    except LocalError:
        raise StepRefused(notice("SES-082"), detail="the audit trail cannot be written") from None
