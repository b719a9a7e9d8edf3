"""What the steps of an NCP share while they answer one request."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast

from ehdsi.cda.datatypes import Identifier
from simulators.clock import NewId
from simulators.faults import Fault, FaultSet, Step
from simulators.faults_apply import of_kind
from simulators.http import Delivery, HttpRequest
from simulators.ncp.documents import Maker, travelling
from simulators.ncp.received import Check
from simulators.ncp.verification import Verdict

if TYPE_CHECKING:
    from countries.documents import SummaryDocument
    from countries.model import Behaviour, Country, Persona
    from ehdsi.soap import Envelope

#: The steps of a journey as the packs name them, in order.
CountryStep = Literal["identification", "query", "retrieve"]
_ORDER: tuple[CountryStep, ...] = ("identification", "query", "retrieve")

#: Synthetic patients remembered by identifier; whoever is asked about later is made again.
MAX_PATIENTS = 256


#: How long the documents of a patient stay as they are: as long as an HCP assertion lives at most.
KEPT_FOR = timedelta(hours=4)


class PatientIndex:
    """Finds a country's patients by one identifier, synthetic ones included."""

    def __init__(self, country: Country) -> None:
        self._country = country
        self._named = {one: persona for persona in country.personas for one in persona.identifiers}
        self._made: dict[Identifier, Persona | None] = {}
        self._lock = threading.Lock()

    def by_identifier(self, identifier: Identifier) -> Persona | None:
        """The patient who bears exactly this identifier, ``None`` when nobody does."""
        key = Identifier(root=identifier.root, extension=identifier.extension)
        if key in self._named:
            return self._named[key]
        with self._lock:
            if key not in self._made:
                self._made[key] = self._country.synthetic(key)
                while len(self._made) > MAX_PATIENTS:
                    del self._made[next(iter(self._made))]
            return self._made[key]

    def other_than(self, persona: Persona) -> Persona | None:
        """Another patient with a summary, always the same one; ``None`` when there is no other."""
        return next(
            (one for one in self._country.personas if one.key != persona.key and one.summary is not None),
            None,
        )


class CallCounter:
    """How often each patient was asked for at each step: some behave differently the first time."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def count(self, persona: str, step: str) -> int:
        """Count this call and return its number, from 1."""
        with self._lock:
            self._calls[persona, step] += 1
            return self._calls[persona, step]

    def clear(self) -> None:
        """Start over."""
        with self._lock:
            self._calls.clear()


class DocumentTimes:
    """When each patient's documents were put together: an id once listed gives the same bytes for a while.

    Documents on demand carry the hour of their making. Made anew with each request, they would change under
    their id when the clock strikes between a list and its retrieval.
    """

    def __init__(self) -> None:
        self._made: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def of(self, persona: str, now: datetime) -> datetime:
        """The time that the documents of this patient carry when they are asked for now."""
        with self._lock:
            made = self._made.get(persona)
            if made is not None and timedelta(0) <= now - made < KEPT_FOR:
                return made
            self._made.pop(persona, None)
            while len(self._made) >= MAX_PATIENTS:
                del self._made[next(iter(self._made))]
            self._made[persona] = now
            return now

    def clear(self) -> None:
        """Start over."""
        with self._lock:
            self._made.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What an NCP is, whatever the request: its country, its patients, its memory."""

    country: Country
    patients: PatientIndex
    make_documents: Maker
    calls: CallCounter
    times: DocumentTimes
    faults: FaultSet
    new_id: NewId


@dataclass(slots=True, kw_only=True)
class Request:
    """One request on its way through an NCP; the outcome and the checks are written down as it goes."""

    site: Site
    step: str
    envelope: Envelope
    quirks: frozenset[str]
    now: datetime
    verdict: Verdict
    http: HttpRequest
    overlook: frozenset[str] = frozenset()
    checks: list[Check] = field(default_factory=list)
    outcome: str = ""
    persona: str = ""
    patient: Identifier | None = None
    faults: tuple[Fault, ...] = ()
    delivery: Delivery | None = None

    @property
    def country(self) -> Country:
        return self.site.country

    def note(self, name: str, passed: bool, what: str = "", *, overlooked: bool = False) -> bool:
        """Write down a check; returns whether it passed or was overlooked."""
        overlooked = (overlooked or name in self.overlook) and not passed
        self.checks.append(Check(name=name, passed=passed, what=what, overlooked=overlooked))
        return passed or overlooked

    def concern(self, persona: Persona | None) -> None:
        """Say whom the request is about; from here on the faults for this patient act."""
        self.persona = persona.key if persona else ""
        self.patient = persona.primary_identifier if persona else None
        self.faults = self.site.faults.take(
            cast(Step, self.step),
            self.persona or None,
            behaviour=persona.behaviour.answer if persona else None,
            request=self.http,
        )

    @property
    def state(self) -> Fault | None:
        """The fault that decides instead of the NCP, if one acts."""
        return next(iter(of_kind(self.faults, "state")), None)

    def documents(self, persona: Persona) -> tuple[SummaryDocument, ...]:
        """The patient's documents as they travel, faults inside documents applied.

        A fault that acts a limited number of times is counted by retrievals only.
        """
        made = self.site.make_documents(self.country, persona, self.site.times.of(persona.key, self.now))
        faults = self.site.faults.take(
            "document",
            persona.key,
            spend=self.step == "ITI-39",
            behaviour=persona.behaviour.answer,
            request=self.http,
        )
        others = self.documents_of_another(persona) if of_kind(faults, "swap") else ()
        return travelling(made, faults, others)

    def documents_of_another(self, persona: Persona) -> tuple[SummaryDocument, ...]:
        """The documents of somebody else, for the fault that mixes up patients."""
        other = self.site.patients.other_than(persona)
        if other is None:
            return ()
        made = self.site.make_documents(self.country, other, self.site.times.of(other.key, self.now))
        return travelling(made)

    def behaviour(self, persona: Persona, step: CountryStep) -> Behaviour | None:
        """The persona's behaviour if it shows at this step and call, else ``None``.

        Who may not be asked about at one step may not at any later one, whatever the caller skipped. A
        defective NCP forgets what its country has promised.
        """
        behaviour = persona.behaviour
        if behaviour.answer == "ok" or behaviour.step is None:
            return None
        if self.state is not None and self.state.parameters.get("answer") == "as_usual":
            return None
        lasting = behaviour.answer in ("no_consent", "insufficient_rights")
        if behaviour.step != step and not (lasting and _ORDER.index(behaviour.step) < _ORDER.index(step)):
            return None
        if not behaviour.first_calls:
            return behaviour
        return behaviour if self.site.calls.count(persona.key, step) <= behaviour.first_calls else None


def names_of(faults: Iterable[Fault]) -> tuple[str, ...]:
    """The names of faults, in order."""
    return tuple(fault.name for fault in faults)
