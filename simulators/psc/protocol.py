"""The endpoints that programs call: token, user info, introspection, revocation, keys.

Source: OpenID Connect Core 1.0; RFC 6749, 7009, 7636, 7662, 8705; CIBA Core 1.0 section 11.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from simulators.http import HttpRequest, HttpResponse
from simulators.psc import ciba, issue
from simulators.psc.clients import PscClient
from simulators.psc.oauth import (
    NO_STORE,
    OAuthError,
    authenticate,
    base64url,
    bearer,
    form,
    json_response,
    thumbprint,
)
from simulators.psc.realm import Realm
from simulators.psc.state import Authorization, Grant, Session


def token(realm: Realm, request: HttpRequest) -> HttpResponse:
    """The token endpoint: grants ``authorization_code``, ``refresh_token`` and CIBA."""
    sent = form(request)
    client = authenticate(request, sent, realm.clients)
    for fault in realm.faults.take("token"):
        raise OAuthError(fault.parameters["error"], "fault", status=fault.parameters["status"])
    grants = {"authorization_code": _from_code, "refresh_token": _from_refresh_token,
              "urn:openid:params:grant-type:ciba": ciba.grant_of}  # fmt: skip
    asked = sent.get("grant_type", "")
    if asked not in grants:
        raise OAuthError("unsupported_grant_type", "grant_type is missing or unsupported")
    grant = grants[asked](realm, client, sent)
    if not client.secret:
        grant.thumbprint = base64url(thumbprint(request))
    return json_response(issue.token_response(realm, grant))


def userinfo(realm: Realm, request: HttpRequest) -> HttpResponse:
    """User info, as JSON, or signed for clients that are registered so."""
    now = realm.clock()
    grant = realm.store.access.get(bearer(request), now)
    faults = realm.faults.take("userinfo")
    status = next((one.parameters["status"] for one in faults if "status" in one.parameters), 0)
    unknown = grant is None or not realm.store.alive(grant, now) or not _holds(grant, request)
    if grant is None or unknown or status == 401:
        challenge = 'Bearer realm="esante-wallet", error="invalid_token"'
        return json_response({"error": "invalid_token", "error_description": "Token verification failed"},
                             status=401, headers=(("www-authenticate", challenge), *NO_STORE))  # fmt: skip
    if status:
        raise OAuthError("server_error", "fault", status=status)
    for fault in faults:
        if "body" in fault.parameters:
            body = str(fault.parameters["body"]).encode()
            return HttpResponse(headers=(("content-type", "text/html"),), body=body)
    claims, how = issue.forged(issue.userinfo(grant), faults)
    client = realm.clients.get(grant.client_id)
    if client is None or not client.signed_userinfo:
        return json_response(claims)
    signed = issue.sign(realm, {**claims, "iss": realm.issuer, "aud": grant.client_id}, how=how)
    return HttpResponse(headers=(("content-type", "application/jwt"), *NO_STORE), body=signed.encode())


def introspect(realm: Realm, request: HttpRequest) -> HttpResponse:
    """Introspection of an access or refresh token; ``SubjectNameID`` for access tokens only."""
    sent = form(request)
    authenticate(request, sent, realm.clients)
    now, wanted = realm.clock(), sent.get("token", "")
    for kind, tokens in (("Bearer", realm.store.access), ("Refresh", realm.store.refresh)):
        grant = tokens.get(wanted, now)
        until = tokens.until(wanted)
        if grant is not None and until is not None and realm.store.alive(grant, now):
            return json_response(_introspected(realm, grant, kind, int(until.timestamp())))
    return json_response({"active": False})


def revoke(realm: Realm, request: HttpRequest) -> HttpResponse:
    """Revocation; an unknown token is as good as a revoked one. A refresh token takes its grant with it."""
    sent = form(request)
    client = authenticate(request, sent, realm.clients)
    now, wanted = realm.clock(), sent.get("token", "")
    refreshing, reading = realm.store.refresh.get(wanted, now), realm.store.access.get(wanted, now)
    if refreshing is not None and refreshing.client_id == client.client_id:
        refreshing.revoked = True
    elif reading is not None and reading.client_id == client.client_id:
        realm.store.access.pop(wanted)
    return HttpResponse(headers=NO_STORE)


def certs(realm: Realm) -> HttpResponse:
    """The JWK set, with a key for encryption in it as the real one has, which nobody may verify with."""
    keys = [dict(key.as_dict(private=False)) for key in realm.keys.published]
    encryption = {**keys[0], "kid": f"{keys[0]['kid']}-enc", "use": "enc", "alg": "RSA-OAEP"}
    return json_response({"keys": [*keys, encryption]}, headers=(("cache-control", "no-cache"),))


def _from_code(realm: Realm, client: PscClient, sent: Mapping[str, str]) -> Grant:
    now = realm.clock()
    code = realm.store.codes.get(sent.get("code", ""), now)
    if code is None or code.grant.client_id != client.client_id:
        raise OAuthError("invalid_grant", "Code not valid")
    if code.used:
        code.grant.revoked = True
        raise OAuthError("invalid_grant", "Code not valid")
    code.used = True
    if sent.get("redirect_uri", "") != code.request.redirect_uri:
        raise OAuthError("invalid_grant", "Incorrect redirect_uri")
    _check_verifier(code.request, sent.get("code_verifier", ""))
    if not realm.store.alive(code.grant, now):
        raise OAuthError("invalid_grant", "Session not active")
    return code.grant


def _check_verifier(request: Authorization, verifier: str) -> None:
    if not request.code_challenge and not verifier:
        return
    plain = request.code_challenge_method == "plain"
    got = verifier if plain else base64url(hashlib.sha256(verifier.encode()).digest())
    long_enough = 43 <= len(verifier) <= 128
    if not long_enough or not hmac.compare_digest(got.encode(), request.code_challenge.encode()):
        raise OAuthError("invalid_grant", "PKCE verification failed")


def _from_refresh_token(realm: Realm, client: PscClient, sent: Mapping[str, str]) -> Grant:
    """A refresh token serves once; its second use ends the grant, for one of the two users is a thief."""
    now, wanted = realm.clock(), sent.get("refresh_token", "")
    grant = realm.store.refresh.get(wanted, now)
    if grant is None or grant.client_id != client.client_id or not realm.store.alive(grant, now):
        raise OAuthError("invalid_grant", "Token is not active")
    if wanted in grant.spent:
        grant.revoked = True
        raise OAuthError("invalid_grant", "Maximum allowed refresh token reuse exceeded")
    grant.spent.add(wanted)
    return grant


def _holds(grant: Grant, request: HttpRequest) -> bool:
    """A token bound to a certificate comes with that certificate."""
    return not grant.thumbprint or base64url(thumbprint(request)) == grant.thumbprint


def _introspected(realm: Realm, grant: Grant, kind: str, until: int) -> dict[str, Any]:
    session: Session = grant.session
    document = {
        "active": True,
        "exp": until,
        "iat": until - (realm.lifetimes.access if kind == "Bearer" else realm.lifetimes.refresh),
        "auth_time": int(session.started.timestamp()),
        "jti": session.sid,
        "iss": realm.issuer,
        "sub": issue.subject(session),
        "typ": kind,
        "azp": grant.client_id,
        "nonce": grant.nonce,
        "session_state": session.sid,
        "acr": grant.acr,
        "scope": grant.scope,
        "client_id": grant.client_id,
    }
    if kind == "Bearer":
        document |= {"SubjectNameID": session.identity.national_id, "username": session.identity.national_id}
    return document
