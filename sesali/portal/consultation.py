"""One patient in one session: what was typed, who was found, what was agreed, what was opened.

A consultation is found by a random key that stands in the address of its pages, so that two tabs with two
patients never mix. It lives in memory; ``wipe`` leaves nothing of the patient.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from ehdsi.search_mask import SearchMask
from sesali.documents import Listing
from sesali.french.view import FrenchSummary
from sesali.identify import Identified
from sesali.outcomes import Notice, StepRefused
from sesali.professional import Credentials, PurposeOfUse, Treatment
from sesali.summary import OpenedSummary

JobKind = Literal["mask", "identify", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """The notice was handed over: language and version of the wording, when it was declared."""

    language: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the patient, or who stands in for them, said; a fact of its own beside ``Presented``.

    Attributes
    ----------
    given : agrees; or does not object, where the country only wants the patient informed.
    by : ``patient`` or ``representative``; ``nobody`` in an emergency.
    representative : their name as typed.
    purpose, reason : EMERGENCY with its reason, TREATMENT without.
    """

    given: bool
    by: Literal["patient", "representative", "nobody"]
    at: datetime
    representative: str = field(default="", repr=False)
    purpose: PurposeOfUse = "TREATMENT"
    reason: str = field(default="", repr=False)


@dataclass(slots=True, kw_only=True)
class Job:
    """A call to a country that is under way.

    ``finished`` is set when ``location`` says where the browser goes next; ``future`` is what the workers of
    the country hold.
    """

    ticket: str
    kind: JobKind
    consultation: Consultation
    started: datetime
    location: str = ""
    stopped: bool = False
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    future: Future[Any] | None = None
    task: asyncio.Task[None] | None = None

    def finish(self, location: str) -> None:
        """The outcome is in the consultation; the browser goes to ``location``."""
        self.location = location
        self.finished.set()

    def stop(self, location: str) -> None:
        """Nobody waits any more: what still comes is thrown away."""
        self.stopped = True
        if self.future is not None:
            self.future.cancel()
        self.finish(location)


@dataclass(slots=True, kw_only=True)
class Consultation:
    """See the module.

    ``unlocked`` are the labels of the traits that the country wanted in addition; ``shown`` holds rendered
    views of the summary by mode.
    """

    key: str
    country: str
    started: datetime
    mask: SearchMask | None = None
    typed: dict[str, str] = field(default_factory=dict, repr=False)
    chosen: dict[str, str] = field(default_factory=dict)
    unlocked: tuple[str, ...] = ()
    notice: Notice | None = None
    refusal: StepRefused | None = None
    refused_at: JobKind = "identify"
    reference: str = ""
    identified: Identified | None = field(default=None, repr=False)
    confirmed: bool = False
    notice_opened: bool = False
    presented: Presented | None = None
    agreement: Agreement | None = None
    credentials: Credentials | None = None
    treatment: Treatment | None = None
    listing: Listing | None = field(default=None, repr=False)
    opened: OpenedSummary | None = field(default=None, repr=False)
    view: FrenchSummary | None = field(default=None, repr=False)
    shown: dict[str, str] = field(default_factory=dict, repr=False)
    job: Job | None = None
    again: Callable[[], Job] | None = field(default=None, repr=False)
    sent: dict[str, str] = field(default_factory=dict)

    def path(self, page: str) -> str:
        """Address of one of its pages."""
        return f"/patient/{self.key}/{page}"

    def forget_patient(self) -> None:
        """Back to the empty form of the same country."""
        if self.job is not None and not self.job.finished.is_set():
            self.job.stop("/pays")
        self.typed, self.chosen, self.shown, self.sent = {}, {}, {}, {}
        self.identified = self.treatment = self.listing = self.opened = self.view = None
        self.presented = self.agreement = self.refusal = self.notice = self.job = self.again = None
        self.credentials = None
        self.confirmed = self.notice_opened = False

    def wipe(self) -> None:
        """End it; the key leads nowhere afterwards."""
        self.forget_patient()
        self.mask = None
