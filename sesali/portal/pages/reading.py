"""From agreement to reading: list, retrieval, the French page, downloads, the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

from starlette.responses import Response

from ehdsi.cda.build import build
from ehdsi.cda.datatypes import Time
from ehdsi.errors import LocalError
from ehdsi.terminology import translate_summary
from ehdsi.xca_query import DocumentPair
from sesali.documents import Listing, written_at
from sesali.french import FrenchSummary, Mode, french_view
from sesali.french.dates import date_words
from sesali.french.people import language_name
from sesali.outcomes import Notice, StepRefused, notice, refused
from sesali.portal.consultation import Consultation
from sesali.portal.jobs import wait_for
from sesali.portal.patients import with_death
from sesali.portal.rendering import safe_markup
from sesali.portal.stops import log, new_reference, page
from sesali.portal.visit import Visit, see_other
from sesali.portal.words import typographic
from sesali.professional import Treatment
from sesali.summary import Document, OpenedSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """What a call brought: the list alone when somebody has to choose, else the summary as well."""

    treatment: Treatment
    listing: Listing
    opened: OpenedSummary | None = None
    view: FrenchSummary | None = None


async def open_record(visit: Visit, consultation: Consultation) -> Response:
    """TRC assertion, list, the summary when there is only one; what else is open in this session ends."""
    session, portal = visit.session, visit.portal
    identified, said = consultation.identified, consultation.agreement
    if identified is None or said is None or not said.given or session.credentials is None:
        raise refused("SES-120", detail="no agreement in this consultation", security=True)
    session.end_others(consultation.key)
    credentials = session.credentials
    gateway = portal.gateway

    def work() -> _Opened:
        used = credentials if said.purpose == "TREATMENT" else gateway.log_in(
            credentials.professional, purpose=said.purpose)
        treatment = gateway.confirm(used, identified)
        listing = gateway.documents(treatment)
        first = _Opened(treatment=treatment, listing=listing)
        if len(listing.summaries) > 1:
            return first
        return _fetched(visit, consultation, first, listing.summaries[0])

    return await wait_for(visit, consultation, "open", work, partial(_take, consultation))


def _fetched(visit: Visit, consultation: Consultation, so_far: _Opened, pair: DocumentPair) -> _Opened:
    """Runs in a worker: retrieve, check, make the French view."""
    portal, identified = visit.portal, consultation.identified
    if identified is None:
        raise refused("SES-120", detail="the consultation has ended")
    opened = portal.gateway.summary(so_far.treatment, identified, pair)
    document = opened.structured or opened.original
    assert document is not None, "an opened summary has at least one level"
    if opened.structured is not None:
        portal.gateway.translated(so_far.treatment, opened.structured)
    view = french_view(document.summary, portal.terminology, portal.clock())
    return replace(so_far, opened=opened, view=replace(view, banner=with_death(view.banner, identified)))


def _take(consultation: Consultation, found: _Opened) -> str:
    consultation.treatment, consultation.listing = found.treatment, found.listing
    consultation.opened, consultation.view, consultation.shown = found.opened, found.view, {}
    return consultation.path("synthese" if found.opened is not None else "choix")


# -- several summaries ----------------------------------------------------------------------------------


def _gate(visit: Visit) -> tuple[Consultation, Treatment, Listing]:
    """No page of the record without a treatment relationship that still holds.

    Raises
    ------
    StepRefused : SES-120, there is none; SES-110, it has ended.
    """
    consultation = visit.consultation
    if consultation.treatment is None or consultation.listing is None:
        raise refused("SES-120", detail="no treatment relationship in this consultation")
    if not consultation.treatment.valid(visit.portal.clock()):
        visit.session.end_consultation(consultation.key)
        raise refused("SES-120", detail="the treatment relationship has ended")
    return consultation, consultation.treatment, consultation.listing


async def choice(visit: Visit) -> Response:
    """S8: which of several summaries?"""
    return _choice(visit)


def _choice(visit: Visit, status: int = 200, errors: tuple[tuple[str, str], ...] = ()) -> Response:
    consultation, _, listing = _gate(visit)
    return page(visit, "choix", "Choix de la synthèse", status, errors=errors, consultation=consultation,
                step=5, choices=tuple(map(_described, listing.summaries)), back=consultation.path("accord"),
                notices=_texts(listing.notices))


def _described(pair: DocumentPair) -> str:
    """« 3 mars 2025, portugais, structurée et PDF »."""
    entry = pair.level3 or pair.level1
    assert entry is not None, "a pair has at least one level"
    forms = "structurée et PDF" if pair.level3 and pair.level1 else "structurée" if pair.level3 else "PDF"
    written = date_words(Time(value=written_at(pair)[:8] or None), absent="date non transmise")
    return ", ".join(part for part in (written, language_name(entry.language), forms) if part)


async def choose(visit: Visit) -> Response:
    """Open the one that was picked; a number that was not offered is refused."""
    consultation, treatment, listing = _gate(visit)
    picked = visit.form.get("synthese", "")
    if not picked:
        return _choice(visit, 422, (("synthese-0", "Choisissez la synthèse à ouvrir"),))
    if picked not in map(str, range(len(listing.summaries))):
        raise refused("SES-120", detail="a summary that was not offered", security=True)
    so_far = _Opened(treatment=treatment, listing=listing)
    pair = listing.summaries[int(picked)]
    return await wait_for(visit, consultation, "open", lambda: _fetched(visit, consultation, so_far, pair),
                          partial(_take, consultation))


# -- the summary ----------------------------------------------------------------------------------------


def _opened(visit: Visit) -> tuple[Consultation, OpenedSummary, FrenchSummary]:
    consultation, _, _ = _gate(visit)
    if consultation.opened is None or consultation.view is None:
        raise refused("SES-120", detail="no summary in this consultation")
    return consultation, consultation.opened, consultation.view


async def summary(visit: Visit) -> Response:
    """S9: the summary in French, with the original beside it."""
    consultation, opened, view = _opened(visit)
    session = visit.session
    wanted = visit.request.query_params.get("vue", "")
    session.mode = next((mode for mode in get_args(Mode) if mode == wanted), session.mode)
    if session.mode not in consultation.shown:
        consultation.shown[session.mode] = visit.portal.pages.render(
            "corps", {"view": view, "mode": session.mode})
    listing = consultation.listing
    several = listing is not None and len(listing.summaries) > 1
    return page(visit, "synthese", "Synthèse médicale", consultation=consultation, step=5, view=view,
                banner=view.banner, body=safe_markup(consultation.shown[session.mode]), mode=session.mode,
                notices=_texts((*(listing.notices if listing else ()), *opened.notices)), several=several,
                pdf=opened.original.pdf if opened.original else None, opened=opened, steady=True,
                language=view.language_name)


def _texts(notices: tuple[Notice, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((one.code, typographic(one.text)) for one in notices)


# -- downloads ------------------------------------------------------------------------------------------


async def original_pdf(visit: Visit) -> Response:
    """The original as the country laid it out; shown by the browser, or saved with ``?enregistrer=1``."""
    consultation, opened, _ = _opened(visit)
    original = opened.original
    pdf = original.pdf if original is not None else None
    if original is None or pdf is None:
        raise refused("SES-120", detail="no PDF in this consultation")
    await _exported(visit, consultation, original)
    how = "attachment" if visit.request.query_params.get("enregistrer") else "inline"
    return _file(visit, consultation, pdf, "application/pdf", "pdf", how)


async def original_xml(visit: Visit) -> Response:
    """The structured document byte for byte as received."""
    consultation, opened, _ = _opened(visit)
    document = opened.structured or opened.original
    assert document is not None, "an opened summary has at least one level"
    await _exported(visit, consultation, document)
    return _file(visit, consultation, document.content, "application/xml", "original.xml", "attachment")


async def french_xml(visit: Visit) -> Response:
    """The structured document with French designations."""
    consultation, opened, _ = _opened(visit)
    document = opened.structured
    if document is None:
        raise refused("SES-120", detail="no structured document in this consultation")
    portal = visit.portal
    make: Callable[[], bytes] = lambda: build(  # noqa: E731 - runs in a worker
        translate_summary(document.summary, portal.terminology).summary)
    content = await portal.ask_country(consultation.country, make)
    await _exported(visit, consultation, document, translated=True)
    return _file(visit, consultation, content, "application/xml", "francais.xml", "attachment")


async def _exported(visit: Visit, consultation: Consultation, document: Document, *, translated: bool = False
                    ) -> None:
    """A copy is about to leave the portal: the audit trail has it first, or there is none."""
    treatment = consultation.treatment
    assert treatment is not None, "files are reached through the gate only"
    gateway = visit.portal.gateway
    try:
        await visit.portal.ask_country(consultation.country, partial(
            gateway.exported, treatment, document, translated=translated))
    except LocalError:
        raise StepRefused(notice("SES-082"), detail="the audit trail cannot be written") from None


def _file(visit: Visit, consultation: Consultation, content: bytes, media_type: str, ending: str, how: str
          ) -> Response:
    """A file whose name tells the country and the day, nothing about the patient."""
    name = f"synthese-{consultation.country}-{visit.portal.clock():%Y%m%d}"
    log.info("%s %s handed out, %s", new_reference(visit), ending, consultation.country)
    name = f"{name}.pdf" if ending == "pdf" else f"{name}-{ending}"
    return Response(content, media_type=media_type, headers={
        "content-disposition": f'{how}; filename="{name}"',
        # The viewers of browsers bring style and frames of their own.
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; "
                                   "frame-ancestors 'none'"})


async def finish(visit: Visit) -> Response:
    """The end of a consultation: nothing of the patient stays."""
    visit.session.end_consultation(visit.consultation.key)
    return see_other("/terminee")


async def finished(visit: Visit) -> Response:
    """The page after it."""
    return page(visit, "terminee", "Consultation terminée")
