"""Clinicians for Locust. Run by ``ncpeh load``; by hand, one process or many, with Locust's own options::

    export NCPEH_LOAD_PLAN=plan.json            # written by: ncpeh load --world … --prepare plan.json
    export NCPEH_LOAD_GENERATORS=2              # so many workers share the arrivals of an open model
    locust -f load/locustfile.py --headless
    locust -f load/locustfile.py --headless --master --expect-workers 2
    locust -f load/locustfile.py --worker       # on each core, of each machine

What Locust counts under which name: ``step`` (login, country, identify, confirm, summary …), ``journey`` (one
per kind: all its steps together, without the pauses), ``country`` (every journey, by country), ``ended``
(shown, left, SES-nnn), ``trouble`` (wrong patient, error, refused), which are the failures, and ``incident``:
what, country, step, how, the faults that acted on that country.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import count
from pathlib import Path
from random import Random

import gevent
from gevent.pool import Group
from locust import LoadTestShape, User, events, task

sys.path.insert(0, str(Path(__file__).parents[1]))

from clinician import Action, HttpClinician
from load import results
from load.fast import FastHttp
from load.incidents import Acting, incident
from load.journey import LEFT, REJECTED, SHOWN, Ended, Manner, Uncoded, WrongPatient, step_of, treat
from load.plan import Patient, read_plan

PLAN = read_plan()
PROFILE = PLAN.profile
ACTING = Acting(PLAN.console, lambda: FastHttp(PLAN.ca, timeout=10.0))
_NUMBERS = count()

#: Sources of arrivals in each generator of the open model, generators, and seconds for those who came last.
SOURCES, GENERATORS, PATIENCE = 2, int(os.environ.get("NCPEH_LOAD_GENERATORS", "1")), 20.0

#: Patients that a clinician remembers, for those who come again.
REMEMBERED = 20


class Stages(LoadTestShape):
    """The stages of the profile. In an open model the users are sources of arrivals, two for each process."""

    def tick(self) -> tuple[int, float] | None:
        """How many users now; None ends the run."""
        stage = PROFILE.stage_at(self.get_run_time())
        if stage is None:
            return None
        if PROFILE.model == "open":
            return SOURCES * GENERATORS, 100
        return stage.users, max(10.0, stage.users)


class Person:
    """A clinician at work: logs in, treats some patients, logs out, begins again."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.doctor: HttpClinician | None = None
        self.left = 0
        self.seen: list[Patient] = []
        self.spent = 0.0
        self.step = "login"

    def work(self) -> None:
        """One journey."""
        self.spent, self.step = 0.0, "login"
        kind = self.random.choices(list(PROFILE.mix), list(PROFILE.mix.values()))[0]
        patient = self._patient("refused" if kind == "no-summary" else "summary")
        try:
            self._log_in()
            assert self.doctor is not None
            self._end(kind, treat(self.doctor, patient, kind, self._manner()), patient)
        except WrongPatient as error:
            self._trouble("wrong patient", error)
            self._incident("wrong patient", patient, ", ".join(error.differs))
        except gevent.GreenletExit:
            raise
        except Exception as error:
            self._trouble("error", error)
            self._incident("error", patient, type(error).__name__)
        else:
            self.left -= 1
            if self.left <= 0:
                self.go()
            return
        self.forget()

    def go(self) -> None:
        """Log out."""
        if self.doctor is not None:
            try:
                self.doctor.visit("/pays")
                self.doctor.log_out()
            except gevent.GreenletExit:
                raise
            except Exception as error:
                self._trouble("error", error)
            self.forget()

    def forget(self) -> None:
        """Close the browser."""
        if self.doctor is not None:
            self.doctor.close()
        self.doctor = None

    def _log_in(self) -> None:
        if self.doctor is not None:
            return
        self.doctor = HttpClinician(self.random.choice(PLAN.portals), client=FastHttp(PLAN.ca),  # type: ignore[arg-type]
                                    observer=self._saw)
        self.left = PROFILE.per_login
        self.doctor.log_in(self.random.choice(PLAN.professionals))
        self.doctor.choose_activity()
        if not any(one.name == "pays" for one in self.doctor.page.fields):
            raise Uncoded(f"login ended at « {self.doctor.page.heading} » {' '.join(self.doctor.page.codes)}")

    def _patient(self, ends: str) -> Patient:
        again = [one for one in self.seen if one.ends == ends]
        if again and self.random.random() < PROFILE.repeat:
            return self.random.choice(again)
        patient = PLAN.patient(self.random, ends=ends)
        self.seen = [*self.seen, patient][-REMEMBERED:]
        return patient

    def _manner(self) -> Manner:
        return Manner(think=lambda: self._pause(*PROFILE.think), read=lambda: self._pause(*PROFILE.read),
                      download=self.random.random() < PROFILE.downloads)

    def _pause(self, least: float, most: float) -> None:
        if most:
            gevent.sleep(self.random.uniform(least, most))

    def _saw(self, action: Action) -> None:
        name = step_of(action)
        if name:
            self.step = name
            self.spent += action.milliseconds
            tell("step", name, action.milliseconds, None)

    def _end(self, kind: str, ended: Ended, patient: Patient) -> None:
        tell("ended", ended.how, self.spent, None)
        tell("country", patient.country, self.spent, None)
        if ended.how in (SHOWN, LEFT) or ended.expected:
            tell("journey", kind, self.spent, None)
        else:
            who = patient.key if patient.named else f"{patient.country}, synthetic"
            self._trouble("refused", Exception(f"{ended.how} ({who}, {kind})"))
            rejected = ended.how == REJECTED
            self._incident(REJECTED if rejected else "refused", patient,
                           ", ".join(ended.differs) if rejected else ended.how)

    def _trouble(self, what: str, error: Exception) -> None:
        tell("trouble", what, self.spent, error if what == "refused" else type(error)(str(error)[:200]))


    def _incident(self, what: str, patient: Patient, how: str) -> None:
        """Where it happened and which faults acted there, so that nobody has to guess afterwards."""
        faults = ACTING.on(patient.country)
        tell("incident", incident(what, patient.country, self.step, how, faults), self.spent, None)


def tell(kind: str, name: str, milliseconds: float, error: Exception | None) -> None:
    """One more for Locust's statistics."""
    events.request.fire(request_type=kind, name=name, response_time=milliseconds, response_length=0,
                        exception=error, context={})


class Clinicians(User):
    """One user of the closed model, or one source of arrivals of the open one."""

    def on_start(self) -> None:
        """A seed of its own for everybody."""
        worker = getattr(self.environment.runner, "client_id", "")
        self.random = Random(f"{PLAN.seed}-{worker and worker.rpartition('_')[2]}-{next(_NUMBERS)}")
        self.person = Person(self.random)
        self.began = time.monotonic()
        self.arrivals = Group()

    def wait_time(self) -> float:
        """No pause between journeys; in the open model as long as the next arrival takes to come."""
        if PROFILE.model == "closed":
            return 0.0
        stage = PROFILE.stage_at(time.monotonic() - self.began)
        rate = (stage.arrivals if stage else 0.1) / (SOURCES * GENERATORS)
        return self.random.expovariate(rate)

    @task
    def treat_somebody(self) -> None:
        """One journey; in the open model one arrival, which nobody waits for."""
        if PROFILE.model == "closed":
            self.person.work()
        else:
            self.arrivals.spawn(_arrive, Random(self.random.random()))

    def on_stop(self) -> None:
        """Whoever came is treated to the end; nothing stays open."""
        self.arrivals.join(timeout=PATIENCE)
        self.person.forget()


def _arrive(random: Random) -> None:
    """Somebody comes, treats one patient and goes."""
    person = Person(random)
    try:
        person.work()
        person.go()
    finally:
        person.forget()


results.install(events, PROFILE)
