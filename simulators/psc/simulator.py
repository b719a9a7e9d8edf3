"""The simulated Pro Santé Connect as one object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from simulators.clock import Clock, real_clock
from simulators.http import HttpRequest, HttpResponse, application
from simulators.psc.clients import PscClient
from simulators.psc.identities import Identity
from simulators.server import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class PscSite:
    """A listener to open: its name in ``locate``, its application, whether it asks for a client certificate."""

    name: Literal["issuer", "wallet", "mtls"]
    application: Application
    client_certificate: bool = False


class PscSimulator:
    """An OpenID Connect provider.

    Parameters
    ----------
    clients : who is registered; more by ``register``.
    identities : who can log in; those of ``fixtures/professionals`` by default.
    clock, seed : time and identifiers; signing keys are random in any case.
    send : POSTs a logout token (URI, form body) in the background; ``None``: over httpx, see ``trust``.
    """

    def __init__(self, *, clients: Sequence[PscClient] = (), identities: Sequence[Identity] | None = None,
                 clock: Clock = real_clock, seed: int = 0,
                 send: Callable[[str, bytes], None] | None = None) -> None:
        self.clock = clock

    @property
    def app(self) -> Application:
        """ASGI application for any of the sites."""
        return application(self.handle)

    @property
    def issuer(self) -> str:
        """The ``iss`` of every token: URL of the realm."""
        raise NotImplementedError

    def locate(self, *, issuer: str, wallet: str, mtls: str = "") -> None:
        """Tell it its own base URLs (``https://host:port``), known once ports are bound."""

    def trust(self, ca_file: str) -> None:
        """Trust anchors (PEM) for POSTing logout tokens."""

    def register(self, client: PscClient) -> None:
        """Add a client, or replace the one with the same id."""

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        raise NotImplementedError

    def log_out_everywhere(self, national_id: str = "") -> int:
        """End the sessions of one person (of everybody by default) with back-channel logout; how many."""
        raise NotImplementedError

    def reset(self) -> None:
        """No sessions, no faults, a new key."""


def psc_sites(psc: PscSimulator) -> tuple[PscSite, ...]:
    """The listeners to open for it; then tell it where they are with ``locate``."""
    return (PscSite(name="issuer", application=psc.app), PscSite(name="wallet", application=psc.app),
            PscSite(name="mtls", application=psc.app, client_certificate=True))
