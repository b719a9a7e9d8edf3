"""Tokens of the simulated Pro Santé Connect, right ones and, on demand, forged ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey

from simulators.psc.faults import PscFault, fault_named
from simulators.psc.oauth import base64url
from simulators.psc.realm import FEDERATION, Realm
from simulators.psc.state import Grant, Session

_TIMES = ("exp", "iat", "auth_time")

#: Kinds of signature that a fault can ask for; ``tampered`` is a right one with changed bytes.
SIGNATURES = ("tampered", "unknown_kid", "none", "hs256")


def subject(session: Session) -> str:
    """``sub``: not to be parsed by anybody."""
    return FEDERATION + session.identity.national_id


def token_response(realm: Realm, grant: Grant) -> dict[str, Any]:
    """A fresh set of tokens: the body of a successful answer of the token endpoint."""
    for _ in realm.faults.take("keys"):
        realm.keys.rotate()
    now = realm.clock()
    access = _access_token(realm, grant, now)
    refresh = base64url(hashlib.sha256(realm.new_id().encode()).digest())
    realm.store.access.put(access, grant, now, realm.lifetimes.access)
    realm.store.refresh.put(refresh, grant, now, realm.lifetimes.refresh)
    return {
        "access_token": access,
        "expires_in": realm.lifetimes.access,
        "refresh_token": refresh,
        "refresh_expires_in": realm.lifetimes.refresh,
        "token_type": "Bearer",
        "id_token": _id_token(realm, grant, access, now),
        "not-before-policy": 0,
        "session_state": grant.session.sid,
        "scope": grant.scope,
    }


def userinfo(grant: Grant) -> dict[str, Any]:
    """The claims of user info."""
    return {"sub": subject(grant.session), **grant.session.identity.userinfo, "authMode": grant.session.mode}


def logout_token(realm: Realm, session: Session, client_id: str) -> str:
    """A logout token for one client.

    Source: OpenID Connect Back-Channel Logout 1.0 section 2.4.
    """
    now = int(realm.clock().timestamp())
    claims = {
        "iss": realm.issuer,
        "aud": client_id,
        "iat": now,
        "exp": now + 120,
        "jti": realm.new_id(),
        "sub": subject(session),
        "sid": session.sid,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    return sign(realm, claims, typ="logout+jwt")


def sign(
    realm: Realm, claims: Mapping[str, Any], *, how: str = "", secret: str = "", typ: str = "JWT"
) -> str:
    """A compact JWS by the current key, or flawed as ``how`` (one of ``SIGNATURES``) says."""
    key = realm.keys.current
    if how == "none":
        header = {"alg": "none", "typ": typ}
        return ".".join(base64url(json.dumps(part).encode()) for part in (header, claims)) + "."
    if how == "hs256":
        shared = OctKey.import_key((secret or "no-secret").ljust(32, "0"))
        return jwt.encode({"alg": "HS256", "typ": typ}, dict(claims), shared, algorithms=["HS256"])
    kid = "unknown" if how == "unknown_kid" else key.kid
    token = jwt.encode({"alg": "RS256", "kid": kid, "typ": typ}, dict(claims), key)
    return _tampered(token) if how == "tampered" else token


def forged(claims: dict[str, Any], faults: Iterable[PscFault]) -> tuple[dict[str, Any], str]:
    """Claims as faults change them, and the kind of signature that they ask for (empty: a right one)."""
    how = ""
    for fault in faults:
        change = fault.parameters
        claims = {**claims, **change.get("set", {})}
        claims = {name: value for name, value in claims.items() if name not in change.get("remove", ())}
        claims |= {name: claims[name] + change["shift"] for name in _TIMES if "shift" in change}
        how = change.get("sign", how)
    return claims, how


def _id_token(realm: Realm, grant: Grant, access: str, now: datetime) -> str:
    person = grant.session.identity.userinfo
    claims: dict[str, Any] = {
        **_common(realm, grant, now, realm.lifetimes.access),
        "aud": grant.client_id,
        "typ": "ID",
        "at_hash": base64url(hashlib.sha256(access.encode()).digest()[:16]),
        "acr": grant.acr,
        **{name: person[name] for name in
           ("SubjectNameID", "preferred_username", "given_name", "family_name", "UITVersion")},
        "authMode": grant.session.mode,
    }  # fmt: skip
    if grant.nonce:
        claims["nonce"] = grant.nonce
    chosen = tuple(fault_named(name) for name in grant.faults)
    claims, how = forged(claims, (*chosen, *realm.faults.take("id_token")))
    client = realm.clients.get(grant.client_id)
    return sign(realm, claims, how=how, secret=client.secret if client else "")


def _access_token(realm: Realm, grant: Grant, now: datetime) -> str:
    claims = {**_common(realm, grant, now, realm.lifetimes.access), "typ": "Bearer", "scope": grant.scope}
    if grant.thumbprint:
        claims["cnf"] = {"x5t#S256": grant.thumbprint}
    return sign(realm, claims)


def _common(realm: Realm, grant: Grant, now: datetime, lifetime: int) -> dict[str, Any]:
    moment = int(now.timestamp())
    return {
        "exp": moment + lifetime,
        "iat": moment,
        "auth_time": int(grant.session.started.timestamp()),
        "jti": realm.new_id(),
        "iss": realm.issuer,
        "sub": subject(grant.session),
        "azp": grant.client_id,
        "session_state": grant.session.sid,
        "sid": grant.session.sid,
    }


def _tampered(token: str) -> str:
    """The same token with other bytes in its signature."""
    body, _, signature = token.rpartition(".")
    return f"{body}.{signature[:-8][::-1]}{signature[-8:]}"
