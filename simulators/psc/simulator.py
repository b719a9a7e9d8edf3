"""The simulated Pro Santé Connect as one object."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from simulators.clock import Clock, real_clock, seeded_ids
from simulators.http import Delivery, HttpRequest, HttpResponse, application
from simulators.psc import ciba, pages, protocol, wallet
from simulators.psc.clients import PscClient
from simulators.psc.discovery import DISCOVERY, discovery
from simulators.psc.faults import PscFaults
from simulators.psc.identities import Identity, load_identities
from simulators.psc.logout import BackgroundSender, Send, end_session
from simulators.psc.oauth import OAuthError, json_response, redirect
from simulators.psc.realm import PROTOCOL, Realm, SigningKeys
from simulators.psc.state import Lifetimes, Session, Store
from simulators.server import Application
from simulators.tally import Tally

SiteName = Literal["issuer", "wallet", "mtls"]

_STATIC = "/auth/static/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PscSite:
    """A listener to open.

    Attributes
    ----------
    name : of the keyword of ``locate``.
    client_certificate : must the listener ask for a client certificate?
    """

    name: SiteName
    application: Application
    client_certificate: bool = False


class PscSimulator:
    """An OpenID Connect provider. Thread-safe.

    Parameters
    ----------
    clients : who is registered; more by ``register``.
    identities : who can log in; those of ``fixtures/professionals`` by default.
    clock, seed : time and identifiers; signing keys are random in any case.
    lifetimes : of everything.
    send : POSTs a logout token (URI, form body) without waiting; ``None``: over httpx, see ``trust``.
    timer : seconds of a clock that only runs forward, for the durations of answers.

    Attributes
    ----------
    tally : counts of what it was asked since the start, for metrics.
    """

    def __init__(
        self,
        *,
        clients: Sequence[PscClient] = (),
        identities: Sequence[Identity] | None = None,
        clock: Clock = real_clock,
        seed: int = 0,
        lifetimes: Lifetimes | None = None,
        send: Send | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.tally = Tally("PSC")
        self._timer = timer
        new_id = seeded_ids(seed, "psc")
        self._realm = Realm(
            clock=clock,
            new_id=new_id,
            keys=SigningKeys(new_id),
            identities=load_identities() if identities is None else tuple(identities),
            lifetimes=lifetimes or Lifetimes(),
            clients={client.client_id: client for client in clients},
        )
        self._sender = BackgroundSender()
        self._send = send or self._sender
        self._lock = threading.RLock()
        self._routes = self._all_routes()

    @property
    def app(self) -> Application:
        """ASGI application for any of the sites."""
        return application(self.handle)

    @property
    def issuer(self) -> str:
        """The ``iss`` of every token: URL of the realm."""
        return self._realm.issuer

    @property
    def identities(self) -> tuple[Identity, ...]:
        """Who can log in."""
        return self._realm.identities

    @property
    def faults(self) -> PscFaults:
        """What goes wrong at the moment."""
        return self._realm.faults

    def locate(self, *, issuer: str, wallet: str, mtls: str = "") -> None:
        """Tell it its own base URLs (``https://host:port``), known once ports are bound."""
        self._realm.issuer_site, self._realm.wallet_site, self._realm.mtls_site = issuer, wallet, mtls

    def trust(self, ca_file: str) -> None:
        """Trust anchors (PEM file) for POSTing logout tokens."""
        self._sender.trust(ca_file)

    def close(self) -> None:
        """Give back the connections over which logout tokens went."""
        self._sender.close()

    def register(self, client: PscClient) -> None:
        """Add a client, or replace the one with the same id."""
        with self._lock:
            self._realm.clients[client.client_id] = client

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        begin = self._timer()
        response = self._handled(request)
        self.tally.count(self._kind(request.path), str(response.status),
                         self._timer() - begin + response.delivery.delay,
                         received=len(request.body), sent=len(response.body))
        return response

    def _handled(self, request: HttpRequest) -> HttpResponse:
        """Answer one request, late or not at all where a fault says so."""
        delay = 0.0
        for fault in self.faults.take("http"):
            delay = max(delay, float(fault.parameters.get("seconds", 0.0)))
            if "status" in fault.parameters:
                return json_response({"error": "service_unavailable"}, status=fault.parameters["status"])
        with self._lock:
            response = self._answer(request)
        return replace(response, delivery=Delivery(delay=delay)) if delay else response

    def log_out_everywhere(self, national_id: str = "") -> int:
        """End the sessions of one person (of everybody by default) with back-channel logout; how many."""
        with self._lock:
            sessions = self._realm.store.sessions.values(self._realm.clock())
            ended = [one for one in sessions if national_id in ("", one.identity.national_id)]
            for session in ended:
                self._end(session)
            return len(ended)

    def decide(self, national_id: str, *, approve: bool = True) -> bool:
        """Let a person accept (or refuse) the oldest decoupled login that waits for them; was there one?"""
        with self._lock:
            waiting = (one for one in ciba.pending(self._realm) if one.identity.national_id == national_id)
            login = next(waiting, None)
            return login is not None and ciba.decide(self._realm, login.auth_req_id, approve=approve)

    def rotate_keys(self) -> None:
        """Sign with a new key from now on; the one before stays published until the next rotation."""
        with self._lock:
            self._realm.keys.rotate()

    def reset(self) -> None:
        """Back to the beginning for the next test: no sessions, no faults. Clients and keys stay."""
        with self._lock:
            self._realm.store = Store()
            self.faults.clear()

    # -- inside ----------------------------------------------------------------------------------------

    def _all_routes(self) -> dict[str, tuple[str, Callable[[HttpRequest], HttpResponse]]]:
        """Path to allowed methods and what answers."""
        realm = self._realm
        public = (("access-control-allow-origin", "*"), ("cache-control", "no-cache"))
        return {
            DISCOVERY: ("GET", lambda _: json_response(discovery(realm), headers=public)),
            PROTOCOL + "/certs": ("GET", lambda _: protocol.certs(realm)),
            PROTOCOL + "/auth": ("GET", lambda request: redirect(
                realm.wallet_site + "/auth" + (f"?{request.query}" if request.query else ""), {})),
            PROTOCOL + "/token": ("POST", lambda request: protocol.token(realm, request)),
            PROTOCOL + "/userinfo": ("GET POST", lambda request: protocol.userinfo(realm, request)),
            PROTOCOL + "/token/introspect": ("POST", lambda request: protocol.introspect(realm, request)),
            PROTOCOL + "/revoke": ("POST", lambda request: protocol.revoke(realm, request)),
            PROTOCOL + "/ext/ciba/auth": ("POST", lambda request: ciba.start(realm, request)),
            PROTOCOL + "/logout": ("GET POST", lambda request: wallet.logout(realm, request, self._end)),
            "/auth": ("GET POST", lambda request: wallet.authorize(realm, request)),
            "/auth/identites": ("POST", lambda request: wallet.choose(realm, request)),
            "/auth/telephone": ("GET POST", lambda request: wallet.telephone(realm, request)),
        }  # fmt: skip

    def _kind(self, path: str) -> str:
        """The address as metrics name it: the end of one of ours, or ``other``."""
        if path.startswith(_STATIC):
            return "static"
        return path.rpartition("/")[2] if path in self._routes else "other"

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_STATIC) and request.method == "GET":
            found = pages.static(request.path.removeprefix(_STATIC))
            if found is not None:
                return found
        methods, answer = self._routes.get(request.path, ("", None))
        if answer is None:
            return pages.error_page("Cette adresse n’existe pas.", status=404)
        if request.method not in methods.split():
            allowed = (("allow", methods.replace(" ", ", ")),)
            return json_response({"error": "invalid_request"}, status=405, headers=allowed)
        try:
            return answer(request)
        except OAuthError as error:
            return error.response()

    def _end(self, session: Session) -> None:
        end_session(self._realm, session, self._send)


def psc_sites(psc: PscSimulator) -> tuple[PscSite, ...]:
    """The listeners to open for it; then tell it where they are with ``locate``."""
    return (
        PscSite(name="issuer", application=psc.app),
        PscSite(name="wallet", application=psc.app),
        PscSite(name="mtls", application=psc.app, client_certificate=True),
    )
