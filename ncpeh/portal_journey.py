"""One whole journey of a clinician through a portal, as ``demo`` and ``journey`` tell about it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clinician import Clinician, HttpClinician, Page, Papers
from clinician.text import one_line
from ehdsi.errors import LocalError

if TYPE_CHECKING:
    from countries import Persona

#: Makes a clinician: base URL, trust anchors.
MakeClinician = Callable[..., Clinician]

#: Steps of a journey, in order.
STEPS = ("login", "country", "identify", "confirm", "summary", "original", "logout")

#: The test identity that travels.
PROFESSIONAL = "Dr Ada Exemple"

#: Who stands in for a minor.
REPRESENTATIVE = "Marie Exemple"


@dataclass(slots=True, kw_only=True)
class Walk:
    """How a journey went.

    Attributes
    ----------
    milliseconds : by step, waiting included; a step that was not reached is not there.
    ok : did it end with a summary and a logout?
    heading, codes : of the last page but the logout; codes are ``SES-nnn``.
    texts : what that page says, by code.
    sections, levels : of the summary that was shown; level 3 is the structured form, 1 the PDF.
    page, pdf, xml : the summary as HTML, the original as PDF and as document; empty where there is none.
    """

    country: str
    milliseconds: dict[str, float] = field(default_factory=dict)
    ok: bool = False
    heading: str = ""
    codes: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    sections: int = 0
    levels: list[int] = field(default_factory=list)
    page: str = field(default="", repr=False)
    pdf: bytes = field(default=b"", repr=False)
    xml: bytes = field(default=b"", repr=False)

    @property
    def last_step(self) -> str:
        """The step that was reached last."""
        return next(reversed(self.milliseconds), "")


def papers_of(persona: Persona) -> Papers:
    """What this patient shows: numbers by domain, birth date, sex."""
    shown = (*persona.identifiers, *persona.shared_identifiers)
    held = {one.root or "": one.extension or "" for one in shown}
    return Papers(identifiers=held, birth_date=persona.birth_time[:8], gender=persona.gender or "")


@contextmanager
def clinicians(browser: bool) -> Iterator[MakeClinician]:
    """Those who read pages as served, or with ``browser`` those in front of one Chromium.

    Raises
    ------
    LocalError : there is no Chromium, or no Playwright to drive it.
    """
    if not browser:
        yield HttpClinician
        return
    try:
        from clinician.browser import Chromium

        chromium = Chromium().__enter__()
    except ImportError:
        raise LocalError("a browser is driven by Playwright: pip install 'ncpeh-testbed[test]'") from None
    try:
        yield chromium.clinician
    finally:
        chromium.__exit__(None, None, None)


def walk_portal(doctor: Clinician, country: str, french_name: str, papers: Papers, *,
                professional: str = PROFESSIONAL) -> Walk:
    """Log in, look for the patient, confirm, read the summary and the original, log out.

    Parameters
    ----------
    doctor : in front of the portal, not logged in.
    country, french_name : ISO code for the record, and the name under which the portal offers it.
    professional : label of the test identity.

    Raises
    ------
    ClinicianError : a page lacks what the journey needs there.
    """
    walk = Walk(country=country)
    with _timed(walk, "login"):
        _log_in(doctor, professional)
    ways: tuple[tuple[str, str, Callable[[], object]], ...] = (
        ("country", french_name, lambda: doctor.choose_country(french_name)),
        ("identify", "Rechercher le patient", lambda: doctor.identify(papers)),
        ("confirm", "Confirmer l’identité", lambda: _confirm(doctor)),
        ("summary", "Ouvrir la synthèse", lambda: _read(doctor)))
    for step, offer, act in ways:
        if not doctor.page.offers(offer):
            return _noted(walk, doctor.page)
        with _timed(walk, step):
            act()
    _noted(walk, doctor.page)
    if not doctor.page.sections:
        return walk
    walk.page, walk.sections = doctor.page.content, len(doctor.page.sections)
    offers = doctor.page.offers
    walk.levels = [level for level, link in ((3, "Version française XML"), (1, "Ouvrir l’original"))
                   if offers(link)]
    with _timed(walk, "original"):
        walk.pdf = doctor.original_pdf().content if 1 in walk.levels else b""
        walk.xml = doctor.original_xml().content
    with _timed(walk, "logout"):
        doctor.finish()
        doctor.log_out()
    walk.ok = True
    return walk


def _log_in(doctor: Clinician, professional: str) -> None:
    doctor.log_in(professional)
    doctor.choose_activity()


def _confirm(doctor: Clinician) -> None:
    doctor.confirm_identity(despite_death=doctor.page.offers("Je poursuis malgré ce signalement"))


def _read(doctor: Clinician) -> None:
    minor = any(one.name == "representant" for one in doctor.page.fields)
    doctor.open_summary(representative=REPRESENTATIVE if minor else "")


@contextmanager
def _timed(walk: Walk, step: str) -> Iterator[None]:
    begin = time.perf_counter()
    try:
        yield
    finally:
        walk.milliseconds[step] = (time.perf_counter() - begin) * 1000


def _noted(walk: Walk, page: Page) -> Walk:
    """What the page says: beside its code, or in the box above it where the code stands in a reference."""
    walk.heading, walk.codes = page.heading, page.codes
    for code in page.codes:
        line = next(one for one in page.text.splitlines() if code in one)
        box = next(iter(page.alerts), "")
        walk.texts[code] = box.partition(" Référence")[0] if "Référence" in line and box else \
            one_line(line.replace(code, ""))
    return walk
