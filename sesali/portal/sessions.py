"""Sessions of the portal: in memory, under a random identifier, with an end that comes by itself.

Only the event loop touches them, so nothing here is locked. Before login there is no session at all, only
the attempt to log in under a cookie of its own; the session's identifier is made when the login is done, so
that nobody can have fixed it beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

from sesali.french import Mode
from sesali.login import Activity, LoggedIn, LoginAttempt, LogoutNotice
from sesali.portal.consultation import Consultation, Job
from sesali.portal.settings import PortalSettings
from sesali.professional import Credentials

#: Attempts to log in that are kept; the oldest ones go when more come.
MAX_ATTEMPTS = 10_000


@dataclass(slots=True, kw_only=True)
class Session:
    """One login in one browser."""

    identifier: str = field(repr=False)
    csrf: str = field(repr=False)
    started: datetime
    seen: datetime
    login: LoggedIn
    activity: Activity | None = None
    credentials: Credentials | None = None
    mode: Mode = "deux"
    refreshing: bool = False
    consultations: dict[str, Consultation] = field(default_factory=dict, repr=False)
    jobs: dict[str, Job] = field(default_factory=dict, repr=False)

    def consultation(self, key: str) -> Consultation | None:
        """The consultation with this key, of this session only."""
        return self.consultations.get(key)

    def end_consultation(self, key: str) -> None:
        """Wipe one; harmless for a key that is not there."""
        found = self.consultations.pop(key, None)
        if found is not None:
            self.jobs = {ticket: job for ticket, job in self.jobs.items() if job.consultation is not found}
            found.wipe()

    def end_others(self, kept: str) -> None:
        """A patient is about to be opened: whatever was open about another one goes."""
        for key in [key for key in self.consultations if key != kept]:
            self.end_consultation(key)

    def wipe(self) -> None:
        """Nothing of any patient stays."""
        for key in list(self.consultations):
            self.end_consultation(key)
        self.credentials = None


class SessionStore:
    """All sessions and all attempts to log in of one portal."""

    def __init__(self, settings: PortalSettings, *, clock: Callable[[], datetime],
                 new_secret: Callable[[], str]) -> None:
        self._settings = settings
        self._clock = clock
        self._new_secret = new_secret
        self._sessions: dict[str, Session] = {}
        self._attempts: dict[str, LoginAttempt] = {}
        self._swept = clock()

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def remember_attempt(self, attempt: LoginAttempt) -> str:
        """Keep an attempt; returns the cookie under which it is found."""
        while len(self._attempts) >= MAX_ATTEMPTS:
            self._attempts.pop(next(iter(self._attempts)))
        key = self._new_secret()
        self._attempts[key] = attempt
        return key

    def take_attempt(self, key: str) -> LoginAttempt | None:
        """The attempt of this cookie; it serves once."""
        attempt = self._attempts.pop(key, None)
        if attempt is None or self._age(attempt.started) > self._settings.attempt:
            return None
        return attempt

    def open(self, login: LoggedIn) -> Session:
        """A new session with a new identifier."""
        now = self._clock()
        session = Session(identifier=self._new_secret(), csrf=self._new_secret(), started=now, seen=now,
                          login=login)
        self._sessions[session.identifier] = session
        return session

    def find(self, identifier: str, *, active: bool = True) -> Session | None:
        """The session of this cookie unless it has ended; ``active`` starts its idle time again."""
        self._sweep()
        session = self._sessions.get(identifier)
        if session is None:
            return None
        if self._ended(session):
            self.end(session)
            return None
        if active:
            session.seen = self._clock()
        return session

    def end(self, session: Session) -> None:
        """Wipe and forget."""
        session.wipe()
        self._sessions.pop(session.identifier, None)

    def end_by(self, notice: LogoutNotice) -> int:
        """End every session that a back-channel logout names; how many."""
        ended = [session for session in self if notice.ends(session.login)]
        for session in ended:
            self.end(session)
        return len(ended)

    def until(self, session: Session) -> datetime:
        """When it ends if nothing happens."""
        return min(session.seen + timedelta(seconds=self._settings.idle),
                   session.started + timedelta(seconds=self._settings.absolute))

    def _ended(self, session: Session) -> bool:
        return self._clock() >= self.until(session)

    def _sweep(self) -> None:
        """Once a minute, end what has ended, so that an abandoned summary does not stay in memory."""
        if self._age(self._swept) < 60:
            return
        self._swept = self._clock()
        for session in self:
            if self._ended(session):
                self.end(session)

    def _age(self, moment: datetime) -> float:
        return (self._clock() - moment).total_seconds()


def same_text(one: str, other: str) -> bool:
    """Compare secrets in a time that tells nothing."""
    return compare_digest(one.encode(), other.encode())
