"""What a clinician under load does with one patient, page by page, and how that ended.

Four kinds: ``summary`` (reads it), ``typing-error`` (a number mistyped, then corrected), ``no-summary`` (a
patient whose country has nothing to give, or nothing that it may give) and ``drop-off`` (leaves halfway).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clinician import Action, Clinician, NotOnPageError, Page
from load.plan import Patient
from load.right_patient import differences, same_document

#: Method of ``Clinician`` -> name of the step in every report. What is not here takes no time at the portal.
STEPS = {
    "log_in": "login", "choose_activity": "activity", "choose_country": "country", "identify": "identify",
    "confirm_identity": "confirm", "open_summary": "summary", "original_xml": "original", "finish": "finish",
    "log_out": "logout",
}

#: ``shown``: the right summary was read. ``left``: gone before the end, as planned. ``rejected``: the country
#: named somebody else for the right number, and the clinician, who has the papers in hand, said so.
SHOWN, LEFT, REJECTED = "shown", "left", "rejected"


class WrongPatient(Exception):
    """A page is about somebody else; says on which page and what differs, never whose it is.

    Attributes
    ----------
    differs : names of the traits that differ.
    """

    def __init__(self, page: str, differs: tuple[str, ...]) -> None:
        super().__init__(f"{page}: {', '.join(differs)}")
        self.differs = differs


class Uncoded(Exception):
    """A journey ended on a page without a code: the portal did not know what to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a journey ended.

    Attributes
    ----------
    how : ``shown``, ``left``, ``rejected``, or the code of the page that stopped it (``SES-nnn``).
    expected : was that what this patient and this kind of journey should come to?
    differs : what did not fit the papers, for ``rejected``: names of traits.
    """

    how: str
    expected: bool
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one journey goes: pauses, whether the original is opened."""

    think: Callable[[], None]
    read: Callable[[], None]
    download: bool = False


def step_of(action: Action) -> str:
    """The name of the step, empty for what is none."""
    return STEPS.get(action.name, "")


def treat(doctor: Clinician, patient: Patient, kind: str, manner: Manner) -> Ended:
    """One journey from the list of countries to the end of the consultation.

    Raises
    ------
    WrongPatient : at the first page that is about somebody else.
    Uncoded : it ended where nothing explains why.
    ClinicianError : a page lacks what belongs on it.
    """
    choose_by_code(doctor, patient.country)
    if not doctor.page.has("Rechercher le patient"):
        return _stopped(doctor.page, patient, kind)
    manner.think()
    if kind == "typing-error":
        _mistype(doctor, patient)
        if not doctor.page.has("Rechercher le patient"):
            return _stopped(doctor.page, patient, kind)
        manner.think()
    doctor.identify(patient.papers)
    if not doctor.page.has("Confirmer l’identité"):
        return _stopped(doctor.page, patient, kind)
    differs = unlike(doctor.page, patient)
    if differs:
        doctor.reject_identity()
        return Ended(how=REJECTED, expected=False, differs=differs)
    manner.think()
    if kind == "drop-off":
        return Ended(how=LEFT, expected=True)
    doctor.confirm_identity(despite_death=doctor.page.has("Je poursuis malgré ce signalement."))
    _insist(doctor.page, patient)
    manner.think()
    doctor.open_summary()
    if doctor.page.heading != "Synthèse médicale":
        return _stopped(doctor.page, patient, kind)
    return _read(doctor, patient, manner)


def choose_by_code(doctor: Clinician, code: str) -> None:
    """Choose a country by its ISO code; the button carries its French name."""
    if not any(one.name == "pays" for one in doctor.page.fields):
        doctor.visit("/pays")
    for one in doctor.page.fields:
        if one.name == "pays" and one.value == code:
            doctor.choose_country(one.label)
            return
    if doctor.page.codes:  # for instance the end of the session: the page says so
        return
    raise NotOnPageError(f"{code} is not offered on « {doctor.page.heading} »")


def _mistype(doctor: Clinician, patient: Patient) -> None:
    doctor.identify(patient.mistyped)
    if doctor.page.has("Confirmer l’identité"):
        # One digit further on may be somebody else: whoever compares says no.
        doctor.reject_identity()
    if not doctor.page.codes and not doctor.page.errors and not doctor.page.has("Rechercher le patient"):
        raise Uncoded(f"after a wrong number: « {doctor.page.heading} » ({doctor.page.status})")


def _read(doctor: Clinician, patient: Patient, manner: Manner) -> Ended:
    _insist(doctor.page, patient)
    page = doctor.page
    if not page.sections and not page.has("Original XML"):
        raise Uncoded("a summary with nothing in it")
    if manner.download:
        file = doctor.original_xml()
        if file.status != 200:
            raise Uncoded(f"the original came with {file.status}")
        if not same_document(file.content, patient):
            raise WrongPatient("original", ("identifier",))
    manner.read()
    doctor.finish()
    return Ended(how=SHOWN, expected=True)


def unlike(page: Page, patient: Patient) -> tuple[str, ...]:
    """On the page that asks whether it is this person: what is not like the papers; nothing for this person.

    Another person under the number that was asked for is what a country can get wrong, and what this page is
    there to find. Another number is what only the portal can have mixed up.

    Raises
    ------
    WrongPatient : the number is another one.
    """
    found = differences(page, patient)
    if "identifier" in found:
        raise WrongPatient(page.heading, found)
    return found


def _insist(page: Page, patient: Patient) -> None:
    if page.status >= 400 and page.codes:
        return
    found = differences(page, patient)
    if found:
        raise WrongPatient(page.heading, found)


def _stopped(page: Page, patient: Patient, kind: str) -> Ended:
    """It ended early; with a code that is an answer, without one it is an error."""
    if not page.codes:
        raise Uncoded(f"« {page.heading} » ({page.status}) without a code")
    return Ended(how=page.codes[0], expected=kind == "no-summary" and patient.ends == "refused")
