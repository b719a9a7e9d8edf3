"""What the provider remembers: interactions, sessions, codes, tokens, decoupled logins. Pure, no I/O.

Every lifetime is judged by the moment that the caller gives. Values that are over are swept away, so that a
long load test does not fill the memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Literal, TypeVar

from simulators.psc.identities import Identity

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """Seconds. Tokens as in the published mock of the real service, sessions of the four-hour class."""

    interaction: int = 300
    code: int = 60
    access: int = 120
    refresh: int = 350
    session: int = 14400
    ciba: int = 120
    ciba_interval: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """A checked authorization request; names as in the protocol, absent parameters are empty."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str = ""
    nonce: str = ""
    acr: str = "0"
    code_challenge: str = ""
    code_challenge_method: str = ""
    fragment: bool = False


@dataclass(slots=True, kw_only=True)
class Session:
    """One person in one browser. ``clients`` are those that got a code."""

    sid: str
    identity: Identity
    started: datetime
    mode: str
    clients: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Grant:
    """What a client was given: the right to tokens for a session, until one of both ends.

    ``faults`` are names of forgeries chosen on the page; ``thumbprint`` binds tokens to a TLS certificate;
    ``spent`` are refresh tokens that were used.
    """

    client_id: str
    session: Session
    scope: str
    nonce: str
    acr: str
    faults: tuple[str, ...] = ()
    thumbprint: str = ""
    revoked: bool = False
    spent: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Code:
    """An authorization code; a second use revokes what the first one gave."""

    request: Authorization
    grant: Grant
    used: bool = False


CibaStatus = Literal["pending", "approved", "denied"]


@dataclass(slots=True, kw_only=True)
class Ciba:
    """A decoupled login: the person decides on the telephone or with the card, the client polls."""

    auth_req_id: str
    client_id: str
    identity: Identity
    scope: str
    acr: str
    channel: str
    binding_message: str
    started: datetime
    interval: int
    status: CibaStatus = "pending"
    polled: datetime | None = None


class Expiring(Generic[_T]):
    """Values by key, each until its moment."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[datetime, _T]] = {}
        self._swept = 0

    def put(self, key: str, value: _T, now: datetime, seconds: int) -> None:
        """Keep a value for some seconds."""
        self._values[key] = (now + timedelta(seconds=seconds), value)
        self._swept += 1
        if self._swept > 500:
            self._swept = 0
            self._values = {name: one for name, one in self._values.items() if one[0] > now}

    def get(self, key: str, now: datetime) -> _T | None:
        """The value, ``None`` when there is none or its time is over."""
        found = self._values.get(key)
        return found[1] if found is not None and now < found[0] else None

    def until(self, key: str) -> datetime | None:
        """When it ends."""
        found = self._values.get(key)
        return found[0] if found else None

    def pop(self, key: str) -> None:
        """Forget it."""
        self._values.pop(key, None)

    def values(self, now: datetime) -> tuple[_T, ...]:
        """Every value whose time is not over, oldest first."""
        return tuple(value for until, value in self._values.values() if now < until)


class Store:
    """All that is remembered. ``browsers`` finds a session by the cookie, ``sessions`` by ``sid``."""

    def __init__(self) -> None:
        self.interactions: Expiring[Authorization] = Expiring()
        self.browsers: Expiring[Session] = Expiring()
        self.sessions: Expiring[Session] = Expiring()
        self.codes: Expiring[Code] = Expiring()
        self.access: Expiring[Grant] = Expiring()
        self.refresh: Expiring[Grant] = Expiring()
        self.ciba: Expiring[Ciba] = Expiring()

    def alive(self, grant: Grant, now: datetime) -> bool:
        """Are its tokens still worth something?"""
        return not grant.revoked and self.sessions.get(grant.session.sid, now) is grant.session
