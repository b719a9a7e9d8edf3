"""What a scenario can look at behind the portal: requests, audit events, logs, disk, memory, traits."""

from __future__ import annotations

import gc
import re
from collections.abc import Set
from html import unescape
from typing import TYPE_CHECKING, Any

from clinician import Clinician, Page, Papers
from ehdsi.errors import LocalError

if TYPE_CHECKING:
    from countries import Country, Persona
    from exchange.wire import WireMessage
    from ncpeh.portal_world import PortalWorld
    from simulators.audit_repository import StoredEvent

#: The transactions with a country, by the words of the features.
STEPS = {"identification": "ITI-55", "list of summaries": "ITI-38", "summary": "ITI-39"}

#: Shortest trait that is looked for in logs and files; shorter ones are there by chance.
LONG_ENOUGH = 5


class Evidence:
    """The part of a ``Stage`` that only looks."""

    wire: list[WireMessage]
    countries: dict[str, Country]

    @property
    def everything(self) -> PortalWorld:
        """Simulators and portal."""
        raise NotImplementedError

    @property
    def is_ours(self) -> bool:
        """Is the portal our own, with the simulators behind it in reach?"""
        raise NotImplementedError

    def must_be_ours(self) -> None:
        """Raise ``NotHereError`` when the portal is another deployment's."""
        raise NotImplementedError

    def country(self, name: str) -> Country:
        """By French name or code."""
        raise NotImplementedError

    def patient(self, key: str) -> tuple[Country, Persona]:
        """A persona."""
        raise NotImplementedError

    def events(self) -> tuple[StoredEvent, ...]:
        """Audit events of this scenario."""
        raise NotImplementedError

    def logged(self) -> str:
        """What was logged since the scenario began."""
        raise NotImplementedError

    def exchanged(self, step: str = "", direction: str = "") -> list[WireMessage]:
        """Messages of this scenario between gateway and countries, of one step and direction where given.

        Raises
        ------
        NotHereError : the portal is another deployment's.
        """
        self.must_be_ours()
        return [one for one in self.wire if step in ("", one.step) and direction in ("", one.direction)]

    # -- traits ----------------------------------------------------------------------------------------

    def traits_of(self, key: str) -> tuple[str, ...]:
        """Family name and numbers of a patient, as far as they are long enough to mean something."""
        _, persona = self.patient(key)
        found = (*persona.name.family, *(one.extension or "" for one in persona.identifiers))
        return tuple(one for one in found if len(one) >= LONG_ENOUGH)

    def typed_of(self, key: str) -> set[str]:
        """Everything that this patient's papers could put into a form."""
        _, persona = self.patient(key)
        born = persona.birth_time
        return {one.extension or "" for one in (*persona.identifiers, *persona.shared_identifiers)} | {
            born[6:8], born[4:6], born[:4]}

    def stranger(self, doctor: Clinician) -> Papers:
        """Papers whose numbers fit every field of the form and belong to nobody."""
        country = self._country_of(doctor.page)
        held: dict[str, str] = {}
        for field in country.search_mask.patient.fields:
            if field.kind == "identifier":
                domain = field.key.removeprefix("id.")
                known = (one.extension or "" for persona in country.personas for one in persona.identifiers
                         if one.root == domain)
                held[domain] = _changed(next(known, ""))
        return Papers(identifiers=held, birth_date="19010203", gender="F")

    def _country_of(self, page: Page) -> Country:
        said = page.flat
        for country in self.countries.values():
            if f"Pays : {country.names.fr} " in said:
                return country
        raise LocalError(f"no country is named on « {page.heading} »")

    def numbers_typed(self) -> Set[str]:
        """Identifiers of all personas of the countries that were asked in this scenario."""
        asked = {message.country for message in self.exchanged("ITI-55")}
        return {one.extension or "" for code in asked for persona in self.countries[code].personas
                for one in persona.identifiers if len(one.extension or "") >= LONG_ENOUGH}

    def numbers_sent(self) -> Set[str]:
        """Identifiers that stand in the requests of this scenario."""
        sent = b"".join(one.body for one in self.exchanged("ITI-55", "request"))
        return {one for one in self.numbers_typed() if one.encode() in sent}

    # -- forms -----------------------------------------------------------------------------------------

    def wanted_by(self, doctor: Clinician) -> Set[str]:
        """Domains and traits that the mask of the country on the page asks for."""
        fields = self._country_of(doctor.page).search_mask.patient.fields
        return {one.key.removeprefix("id.") for one in fields}

    def asked_for(self, doctor: Clinician) -> Set[str]:
        """Domains and traits of the form on the page."""
        return {one.domain for one in doctor.identity_form if one.domain}

    def codes(self, doctor: Clinician) -> tuple[str, ...]:
        """Codes on the page and, at our own portal, those that the log tells of this scenario."""
        return (*doctor.page.codes, *re.findall(r"SES-\d{3}", self.logged() if self.is_ours else ""))

    def representative(self, page: Page) -> str:
        """Who stands in for the patient on this page: somebody for a minor, nobody else."""
        return "Marie Exemple" if any(one.name == "representant" for one in page.fields) else ""

    # -- login -----------------------------------------------------------------------------------------

    def end_logins(self) -> None:
        """Pro Santé Connect ends every session, and the portal has been told."""
        open_before = list(self.everything.app.state.portal.sessions)
        self.everything.psc.log_out_everywhere()
        self._until(lambda: not any(one in list(self.everything.app.state.portal.sessions)
                                    for one in open_before))

    @staticmethod
    def _until(come_true: Any, seconds: float = 5.0) -> None:
        """Wait for something that another thread is about to do."""
        import threading
        import time

        end, bell = time.monotonic() + seconds, threading.Event()
        while not come_true() and time.monotonic() < end:
            bell.wait(0.01)

    def last_callback(self, doctor: Clinician) -> str:
        """The address to which Pro Santé Connect sent this browser back."""
        found = [one for one in doctor.visited if "/auth/callback?" in one]
        if not found:
            raise LocalError(f"this browser was never sent back; it visited {len(doctor.visited)} addresses")
        return found[-1]

    # -- requests --------------------------------------------------------------------------------------

    def step(self, words: str) -> str:
        """``identification`` is ITI-55 …; a name of a transaction or ``document`` stands for itself."""
        return STEPS.get(words, words)

    def was_sent(self, content: bytes) -> bool:
        """Was this document in an answer of this scenario?"""
        return any(content in one.body for one in self.exchanged("ITI-39", "response"))

    def saw_name(self, key: str) -> Set[str]:
        """Countries whose messages hold the family name of a patient."""
        name = "".join(self.patient(key)[1].name.family[:1]).encode()
        return {one.country for one in self.exchanged() if name in one.body}

    def national_words(self) -> Set[str]:
        """What the documents of this scenario call their concepts in the language of their country."""
        bodies = [one.body.decode("utf-8", "replace") for one in self.exchanged("ITI-39", "response")]
        found = {unescape(word) for body in bodies
                 for word in re.findall(r'<translation\b[^>]*?\bdisplayName="([^"]+)"', body)}
        english = {unescape(word) for body in bodies
                   for word in re.findall(r'<(?!translation\b)\w[^>]*?\bdisplayName="([^"]+)"', body)}
        known = {word.lower() for word in english}
        return {word for word in found if word.lower() not in known}

    @staticmethod
    def languages_of(country: Country) -> Set[str]:
        """Languages that a country writes its documents in, two letters each."""
        return {one[:2] for one in country.languages}

    # -- audit -----------------------------------------------------------------------------------------

    def event_types(self) -> tuple[str, ...]:
        """Codes of the events of this scenario, in order."""
        return tuple(code for one in self.events() for code in one.types)

    def outcome_of(self, event: str) -> str:
        """Outcome of the last event of a type: ``0`` is success."""
        found = [one for one in self.events() if event in one.types and one.message]
        if not found or found[-1].message is None:
            raise LocalError(f"no event {event}; there are {', '.join(self.event_types())}")
        return str(found[-1].message.outcome.value if hasattr(found[-1].message.outcome, "value")
                   else found[-1].message.outcome)

    def events_waiting(self) -> int:
        """Events that have not left yet."""
        trail = self.everything.gateway.trail
        return trail.outbox.counts()[0] if trail is not None else 0

    def treatment_patients(self) -> tuple[str, ...]:
        """Patients of the treatment relationships confirmed in this scenario."""
        return tuple(", ".join(one.patients) for one in self.events() if "EHDSI-92" in one.types)

    # -- memory ----------------------------------------------------------------------------------------

    def traits_in_memory(self, key: str) -> list[str]:
        """What the portal's sessions still hold of a patient."""
        gc.collect()
        held = repr([(one.typed, one.identified, one.opened, one.shown, one.treatment)
                     for session in self.everything.app.state.portal.sessions
                     for one in session.consultations.values()])
        return [trait for trait in self.traits_of(key) if trait in held]


def _changed(number: str) -> str:
    """The same length and alphabet, another number."""
    turned = {str(digit): str((digit + 3) % 10) for digit in range(10)}
    return "".join(turned.get(sign, sign) for sign in number)
