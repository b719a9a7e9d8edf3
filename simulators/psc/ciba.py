"""Decoupled login: the client starts it, the person decides elsewhere (telephone, card), the client polls.

Source: OpenID Connect CIBA Core 1.0; ``channel`` is an extension of Pro Santé Connect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from simulators.http import HttpRequest, HttpResponse
from simulators.psc.clients import PscClient
from simulators.psc.oauth import OAuthError, authenticate, form, json_response
from simulators.psc.realm import Realm
from simulators.psc.state import Ciba, Grant, Session

#: How the person authenticates, and the ``authMode`` that user info then says.
CHANNELS = {"CARD": "card", "MOBILE": "mobile"}

#: Seconds that a client must wait longer after each poll that came too early.
SLOWER = 5


def start(realm: Realm, request: HttpRequest) -> HttpResponse:
    """The endpoint ``ext/ciba/auth``."""
    sent = form(request)
    client = authenticate(request, sent, realm.clients)
    if "openid" not in sent.get("scope", "").split():
        raise OAuthError("invalid_scope", "scope must contain openid")
    if sent.get("channel") not in CHANNELS:
        raise OAuthError("invalid_request", "channel must be CARD or MOBILE")
    if not re.fullmatch(r"[0-9]{2}", sent.get("binding_message", "")):
        raise OAuthError("invalid_binding_message", "binding_message must be two digits")
    identity = realm.identity(sent.get("login_hint", ""))
    if identity is None or identity.key == sent.get("login_hint"):
        raise OAuthError("unknown_user_id", "no such user")
    now, limits = realm.clock(), realm.lifetimes
    login = Ciba(
        auth_req_id=realm.new_id(), client_id=client.client_id, identity=identity, scope=sent["scope"],
        acr=_acr(sent.get("acr_values", "")), channel=sent["channel"], started=now,
        binding_message=sent["binding_message"], interval=limits.ciba_interval,
    )  # fmt: skip
    # Kept on after its end, so that a late poll hears that it expired.
    realm.store.ciba.put(login.auth_req_id, login, now, limits.ciba * 10)
    return json_response(
        {"auth_req_id": login.auth_req_id, "expires_in": limits.ciba, "interval": login.interval}
    )


def grant_of(realm: Realm, client: PscClient, sent: Mapping[str, str]) -> Grant:
    """What a poll gets once the person has agreed; serves once."""
    now = realm.clock()
    login = realm.store.ciba.get(sent.get("auth_req_id", ""), now)
    if login is None or login.client_id != client.client_id:
        raise OAuthError("invalid_grant", "Invalid Auth Req ID")
    polled, login.polled = login.polled, now
    if polled is not None and (now - polled).total_seconds() < login.interval:
        login.interval += SLOWER
        raise OAuthError("slow_down", "too early to access")
    if login.status == "pending" and not is_pending(realm, login):
        raise OAuthError("expired_token", "authentication timed out")
    if login.status == "pending":
        raise OAuthError("authorization_pending", "The authorization request is still pending")
    realm.store.ciba.pop(login.auth_req_id)
    if login.status == "denied":
        raise OAuthError("access_denied", "The end-user denied the request")
    session = Session(sid=realm.new_id(), identity=login.identity, started=now, mode=CHANNELS[login.channel],
                      clients={client.client_id})  # fmt: skip
    realm.store.sessions.put(session.sid, session, now, realm.lifetimes.session)
    return Grant(client_id=client.client_id, session=session, scope=login.scope, nonce="", acr=login.acr)


def pending(realm: Realm) -> tuple[Ciba, ...]:
    """Those that wait for a decision, oldest first."""
    return tuple(one for one in realm.store.ciba.values(realm.clock()) if is_pending(realm, one))


def is_pending(realm: Realm, login: Ciba) -> bool:
    """Can the person still decide?"""
    age = (realm.clock() - login.started).total_seconds()
    return login.status == "pending" and age < realm.lifetimes.ciba


def decide(realm: Realm, auth_req_id: str, *, approve: bool) -> bool:
    """What the person answers; False when nobody asked, or too long ago."""
    login = realm.store.ciba.get(auth_req_id, realm.clock())
    if login is None or not is_pending(realm, login):
        return False
    login.status = "approved" if approve else "denied"
    return True


def _acr(wanted: str) -> str:
    return "eidas1" if "eidas1" in wanted.split() else "0"
