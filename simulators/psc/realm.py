"""What the parts of the provider share: registrations, memory, keys, faults, time, and where it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from joserfc.jwk import RSAKey

from ehdsi.errors import LocalError
from simulators.clock import Clock, NewId
from simulators.psc.clients import PscClient
from simulators.psc.faults import PscFaults
from simulators.psc.identities import Identity
from simulators.psc.state import Lifetimes, Store

#: Path of the realm, the same on all hosts.
REALM = "/auth/realms/esante-wallet"
PROTOCOL = REALM + "/protocol/openid-connect"

#: First part of every ``sub``, the user federation of the real service; this one is invented.
FEDERATION = "f:5e5a1100-0000-4000-8000-000000000001:"


class SigningKeys:
    """RS256 keys, made when the first is needed: the current one and, after a rotation, the one before."""

    def __init__(self, new_id: NewId) -> None:
        self._new_id = new_id
        self._keys: list[RSAKey] = []

    @property
    def current(self) -> RSAKey:
        """The key that signs."""
        if not self._keys:
            self.rotate()
        return self._keys[0]

    @property
    def published(self) -> tuple[RSAKey, ...]:
        """Those in the JWK set."""
        return (self.current, *self._keys[1:])

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        key = RSAKey.generate_key(2048, {"kid": self._new_id(), "use": "sig", "alg": "RS256"})
        self._keys = [key, *self._keys[:1]]


@dataclass(slots=True, kw_only=True)
class Realm:
    """Everything; base URLs are empty until ``PscSimulator.locate``."""

    clock: Clock
    new_id: NewId
    identities: tuple[Identity, ...]
    keys: SigningKeys
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    clients: dict[str, PscClient] = field(default_factory=dict)
    faults: PscFaults = field(default_factory=PscFaults)
    store: Store = field(default_factory=Store)
    issuer_site: str = ""
    wallet_site: str = ""
    mtls_site: str = ""

    @property
    def issuer(self) -> str:
        """``iss`` of every token."""
        if not self.issuer_site:
            raise LocalError("Pro Santé Connect does not know its URLs; call locate() once ports are bound")
        return self.issuer_site + REALM

    def identity(self, key: str) -> Identity | None:
        """By key, national identifier, or RPPS number."""
        for one in self.identities:
            if key and key in (one.key, one.national_id, one.national_id.removeprefix("8")):
                return one
        return None
