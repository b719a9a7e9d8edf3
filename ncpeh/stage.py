"""The stage on which the features play: every country, Pro Santé Connect, audit repository, portal, clock.

Started once per process, made as new for every scenario. With ``portal`` it is another deployment's stage:
clinicians visit that one, and whatever needs the simulators behind it is not there.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clinician import Action, Clinician, HttpClinician, Papers
from ehdsi.errors import LocalError
from ncpeh.portal_world import PortalWorld
from ncpeh.stage_evidence import STEPS, Evidence
from simulators.clock import SettableClock

if TYPE_CHECKING:
    from countries import Country, Persona
    from exchange.wire import WireMessage
    from sesali.portal.app import Portal
    from simulators.audit_repository import StoredEvent
    from simulators.faults import FaultSet
    from simulators.ncp.simulator import ForeignNcp

#: Between two scenarios the clock moves on so far that nothing of the one before counts as recent.
BETWEEN = timedelta(seconds=90)

#: Seconds that the portal waits for a country, and that it waits in scenarios of slowness.
PATIENT, IMPATIENT = 30, 0.3

#: Makes a clinician: base URL, trust anchors, observer.
MakeClinician = Callable[..., Clinician]


class NotHereError(LocalError):
    """This stage is another deployment's: what is behind its portal is out of reach."""


@dataclass(slots=True)
class _Lines(logging.Handler):
    """Keeps what was logged."""

    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        logging.Handler.__init__(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self.lines.append(self.format(record))

    def __hash__(self) -> int:
        return id(self)


class Stage(Evidence):
    """See the module.

    Parameters
    ----------
    run_dir : for certificates and the outbox; made when absent.
    portal : base URL of another deployment; empty for one of our own.
    ca : PEM file with the anchors that sign the certificate of that portal; those of the machine when empty.
    make : what a clinician is: ``HttpClinician`` or ``BrowserClinician``.
    packs : folders of further packs, played beside those of the project.
    """

    #: Seconds that a slow country takes: longer than an impatient portal waits.
    SLOW = 0.8

    def __init__(self, run_dir: Path, *, portal: str = "", ca: str = "", make: MakeClinician = HttpClinician,
                 packs: tuple[Path, ...] = ()) -> None:
        import countries

        self.run_dir = run_dir
        self.clock = SettableClock(datetime.now(UTC).replace(microsecond=0))
        self.countries: dict[str, Country] = {
            one.code: one for one in (*countries.load_all(), *map(countries.load, packs))}
        #: Messages between gateway and countries since the scenario began.
        self.wire: list[WireMessage] = []
        self.actions: list[Action] = []
        #: Seconds that the portal would have waited for its beat since the scenario began.
        self.waited: list[float] = []
        self._make = make
        self._url, self._ca = portal, ca
        self._log = _Lines()
        self._people: list[Clinician] = []
        self._event = 0
        self._everything = None if portal else PortalWorld(
            list(self.countries.values()), run_dir=run_dir, clock=self.clock, on_message=self.wire.append,
            portal={"grace": 20.0, "limit": PATIENT, "beat": 0.0})

    # -- life ------------------------------------------------------------------------------------------

    def start(self) -> Stage:
        """Start everything; a stage of another deployment has nothing to start."""
        logging.getLogger().addHandler(self._log)
        logging.getLogger("sesali").setLevel(logging.INFO)
        if self._everything is not None:
            self._everything.start()
            self._settings, self._pause = self.portal.settings, self.portal.pause
        return self

    def stop(self) -> None:
        """Close everything."""
        self.send_home()
        logging.getLogger().removeHandler(self._log)
        if self._everything is not None:
            self._everything.stop()

    def begin(self) -> None:
        """As new for the next scenario."""
        self.send_home()
        if self._everything is not None:
            self._renew(self._everything)
        self.wire.clear()
        self.actions.clear()
        self._log.lines.clear()

    def _renew(self, everything: PortalWorld) -> None:
        """No faults, no sessions, nothing remembered, and it is a little later."""
        from sesali.portal.countries import CountryStates
        from sesali.portal.limits import RateLimit

        portal = self.portal
        calls = [job.future for session in portal.sessions for job in session.jobs.values()
                 if job.future is not None]
        for session in portal.sessions:
            portal.sessions.end(session)
        wait(calls, timeout=4 * self.SLOW)  # nobody waits for them any more, but they leave their events
        portal.countries.seen = self.clock() + timedelta(days=1)  # what it meant to do later, it does no more
        self._until(lambda: not portal.countries.looking)  # else it would remember the world before
        everything.world.reset()
        everything.psc.reset()
        portal.informed.clear()
        portal.settings, portal.pause = self._settings, self._pause
        self.waited.clear()
        portal.searches = RateLimit(self._settings.searches)
        portal.countries = CountryStates(everything.gateway, self.clock)
        self.forget_directory()
        self.clock.advance(BETWEEN)
        if everything.repository is not None and everything.repository.state == "stopped":
            everything.repository.restart()
        self._event = self._last_event()

    # -- people ----------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Base URL of the portal."""
        return self._url or self.everything.url

    def clinician(self, **options: Any) -> Clinician:
        """Another person with a browser of their own; goes home with the scenario."""
        ca = self._ca if self._everything is None else self._everything.ca
        person = self._make(self.url, ca=ca, observer=self.actions.append, **options)
        self._people.append(person)
        return person

    def send_home(self) -> None:
        """Close all browsers."""
        while self._people:
            self._people.pop().close()

    @property
    def people(self) -> tuple[Clinician, ...]:
        """Everybody who has a browser open."""
        return tuple(self._people)

    # -- countries and patients ------------------------------------------------------------------------

    def country(self, name: str) -> Country:
        """By French name or code."""
        for one in self.countries.values():
            if name in (one.names.fr, one.code):
                return one
        raise LocalError(f"no pack of {name!r}; there are {', '.join(self.countries)}")

    def patient(self, key: str) -> tuple[Country, Persona]:
        """A persona such as ``HR-1``, with the country that knows them."""
        for country in self.countries.values():
            for persona in country.personas:
                if persona.key == key:
                    return country, persona
        raise LocalError(f"no persona {key!r}")

    def papers(self, key: str, *, shared: bool = False) -> Papers:
        """What this patient shows; with ``shared`` the number that leads to somebody else as well."""
        _, persona = self.patient(key)
        name = {"familyName": " ".join(persona.name.family), "firstName": " ".join(persona.name.given)}
        held = {one.root or "": one.extension or "" for one in reversed(persona.identifiers)}
        if shared:
            held |= {one.root or "": one.extension or "" for one in persona.shared_identifiers}
        return Papers(identifiers=held, birth_date=persona.birth_time[:8], gender=persona.gender,
                      others=name)

    # -- behind the portal -----------------------------------------------------------------------------

    @property
    def everything(self) -> PortalWorld:
        """The simulators and our own portal.

        Raises
        ------
        NotHereError : the portal is another deployment's.
        """
        self.must_be_ours()
        assert self._everything is not None
        return self._everything

    @property
    def is_ours(self) -> bool:
        """Is the portal our own?"""
        return self._everything is not None

    def must_be_ours(self) -> None:
        """Raise ``NotHereError`` when the portal is another deployment's."""
        if not self.is_ours:
            raise NotHereError("this needs the simulators behind the portal")

    def pass_time(self, span: timedelta) -> None:
        """Let time go by for the portal and everything behind it.

        Raises
        ------
        NotHereError : another deployment has a clock of its own.
        """
        self.must_be_ours()
        self.clock.advance(span)

    @property
    def portal(self) -> Portal:
        """The portal itself."""
        return cast("Portal", self.everything.app.state.portal)

    def arrange(self, **settings: Any) -> None:
        """Other rules of the installation for this scenario: fields of ``PortalSettings``."""
        self.portal.settings = replace(self.portal.settings, **settings)

    def ncp(self, country: str) -> ForeignNcp:
        """The foreign NCP of a country."""
        return self.everything.world.ncp(self.country(country).code)

    def smp_faults(self, country: str) -> FaultSet:
        """What is wrong with a country's entries in the SMP."""
        return self.everything.world.smp.fault_set(self.country(country).code)

    def spoil(self, country: str, fault: str, **parameters: Any) -> None:
        """Let a fault of the catalogue act, at the NCP or in the SMP as the fault has it."""
        from simulators.faults import catalogue_entry

        in_smp = catalogue_entry(fault).steps == ("SMP",) or parameters.get("steps") == ("SMP",)
        (self.smp_faults(country) if in_smp else self.ncp(country).faults).add(fault, **parameters)

    def answer_with(self, country: str, step: str, code: str, **limits: Any) -> None:
        """Let a country refuse a step with this code; ``times`` says how often."""
        from simulators.faults import Fault

        name = self.step(step)
        parameters: dict[str, Any] = {"answer": code} if name == "ITI-55" else {
            "answer": "registry_error", "code": code, "text": "Refused."}
        self.ncp(country).faults.add(Fault(name=f"answers-{code}", family="state", steps=(cast("Any", name),),
                                           transform="state", parameters=parameters), **limits)

    def warn_in_list(self, country: str) -> None:
        """Let a country list its summaries beside a warning, as a partial success."""
        from simulators.faults import Fault

        markup = ("<RegistryErrorList xmlns='urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0'>"
                  "<RegistryError errorCode='4102' codeContext='One source did not answer.' "
                  "severity='urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning'/></RegistryErrorList>")
        self.ncp(country).faults.add(Fault(
            name="list-with-warning", family="xca-query", steps=("ITI-38",), transform="xpath-set",
            parameters={"path": "//r:RegistryObjectList", "markup": markup, "place": "before"}))

    def forget_directory(self) -> None:
        """The gateway asks the SMP anew, with nothing to fall back upon."""
        self.everything.gateway.forget_countries()

    def keep_beat(self) -> None:
        """Unknown and refused are told on a beat again; the portal says how long it waits and waits not."""
        self.arrange(beat=0.5)

        async def note(seconds: float) -> None:
            self.waited.append(seconds)

        self.portal.pause = note

    def make_impatient(self) -> None:
        """The portal soon stops waiting for a country."""
        self.arrange(limit=IMPATIENT)

    def asked(self, step: str, country: str = "") -> int:
        """How many requests of a step reached the countries (or one of them) in this scenario."""
        return sum(len(ncp.received.of(STEPS.get(step, step)))
                   for code, ncp in self.everything.world.ncps.items()
                   if not country or code == self.country(country).code)

    # -- what is left behind ---------------------------------------------------------------------------

    def events(self) -> tuple[StoredEvent, ...]:
        """What the audit repository got from us since the scenario began; waits until it has arrived."""
        repository = self.everything.repository
        trail = self.everything.gateway.trail
        assert repository is not None and trail is not None and trail.sender is not None
        trail.sender.flush(5.0)
        return tuple(one for one in repository.store.events(after=self._event)
                     if one.message is not None and one.sender == self._gateway_name)

    @cached_property
    def _gateway_name(self) -> str:
        """Common name under which the gateway sends."""
        from sesali.audit_setup import tls_common_name

        return tls_common_name(self.everything.gateway.config.tls)

    def _last_event(self) -> int:
        repository = self.everything.repository
        if repository is None:
            return 0
        trail = self.everything.gateway.trail
        if trail is not None and trail.sender is not None:
            trail.sender.flush(2.0)
        found = repository.store.events(last=1)
        return found[-1].number if found else 0

    def logged(self) -> str:
        """What was logged since the scenario began; ``NotHereError`` for another deployment's log."""
        self.must_be_ours()
        return "\n".join(self._log.lines)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """What the installation writes: everything but the addresses and keys that the simulators lay out."""
        addresses = self.everything.world_json
        for path in sorted(self.run_dir.glob("*")):
            if path.is_file() and path != addresses:
                yield path.name, path.read_bytes()

    @property
    def threads(self) -> int:
        """Threads that run."""
        return threading.active_count()
