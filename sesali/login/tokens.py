"""Judge what Pro Santé Connect signed: ID token, signed user info, logout token. Pure.

A refusal is a ``StepRefused`` whose ``detail`` names the rule, never a claim's value: tokens hold names.

Source: OpenID Connect Core 1.0 sections 3.1.3.6 to 3.1.3.8 and 5.3.2; Back-Channel Logout 1.0 section 2.6;
RFC 8725 (JWT best current practices).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError

from sesali.login.metadata import Keys
from sesali.login.values import Claims, LogoutNotice
from sesali.outcomes import StepRefused, refused

#: Signature algorithms that are believed; all hash with SHA-256. Nothing symmetric, never ``none``.
ALGORITHMS = ("RS256", "PS256", "ES256")

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

#: Seconds after which a logout token is too old to be believed.
LOGOUT_AGE = 300


class UnknownKeyError(Exception):
    """The token names a key that is not among those known; the keys may have been rotated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What every token must agree with; ``leeway`` in seconds."""

    issuer: str
    client_id: str
    now: datetime
    leeway: int = 10


def read_signed(token: str, keys: Keys) -> Claims:
    """The claims of a compact JWS, if one of ``keys`` signed it.

    Raises
    ------
    UnknownKeyError : its ``kid`` is not among ``keys``.
    StepRefused : SES-012, not a JWS of an accepted algorithm, or a wrong signature.
    """
    try:
        header = jws.extract_compact(token.encode("ascii")).headers()
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise _refused("not a signed token") from None
    if header.get("alg") not in ALGORITHMS:
        raise _refused("algorithm is not accepted")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise _refused("no key is named")
    if kid not in keys:
        raise UnknownKeyError(kid)
    try:
        claims = jwt.decode(token, keys[kid], algorithms=list(ALGORITHMS)).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise _refused("signature is wrong") from None
    if not isinstance(claims, dict):
        raise _refused("no claims")
    return claims


def check_id_token(claims: Claims, expected: Expected, *, nonce: str, access_token: str, acr: str,
                   renewed: bool = False) -> None:
    """Every rule for the ID token of a login, or of a refresh (``renewed``: the nonce may be left out).

    Raises
    ------
    StepRefused : SES-012 for any rule but the last; SES-013, authentication context missing or not ``acr``.
    """
    _check_origin(claims, expected)
    _check_times(claims, expected)
    if not _text(claims, "sub"):
        raise _refused("sub is missing")
    if claims.get("typ", "ID") != "ID":
        raise _refused("not an ID token")
    if not (renewed and "nonce" not in claims) and not _same(claims.get("nonce"), nonce):
        raise _refused("nonce differs")
    if "at_hash" in claims and not _same(claims["at_hash"], half_hash(access_token)):
        raise _refused("at_hash does not fit the access token")
    if claims.get("acr") != acr:
        raise refused("SES-013", detail="ID token: acr is missing or another one")


def check_userinfo(claims: object, subject: str) -> Claims:
    """User info, plain or out of a verified token, must speak of the subject of the ID token.

    Raises
    ------
    StepRefused : SES-012.
    """
    if not isinstance(claims, dict):
        raise _refused("user info is not an object")
    if not _same(claims.get("sub"), subject):
        raise _refused("user info is of another subject")
    return claims


def check_signed_userinfo(claims: Claims, expected: Expected) -> None:
    """``iss`` and ``aud`` of a signed user info, which must be ours where they are present.

    Raises
    ------
    StepRefused : SES-012.
    """
    if claims.get("iss", expected.issuer) != expected.issuer:
        raise _refused("signed user info: wrong issuer")
    if "aud" in claims and expected.client_id not in _audience(claims):
        raise _refused("signed user info: for somebody else")


def check_logout_token(claims: Claims, expected: Expected) -> LogoutNotice:
    """Every rule for a logout token; the caller remembers ``token_id`` so that it is accepted once.

    Raises
    ------
    StepRefused : SES-012.
    """
    _check_origin(claims, expected)
    issued = _moment(claims, "iat")
    age = (expected.now - issued).total_seconds()
    if not -expected.leeway <= age <= LOGOUT_AGE + expected.leeway:
        raise _refused("logout token: issued too long ago, or in the future")
    if "exp" in claims and (expected.now - _moment(claims, "exp")).total_seconds() >= expected.leeway:
        raise _refused("logout token: expired")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise _refused("logout token: no logout event")
    if "nonce" in claims:
        raise _refused("logout token: has a nonce, so it may be an ID token")
    token_id, subject, session = (_text(claims, name) for name in ("jti", "sub", "sid"))
    if not token_id or not (subject or session):
        raise _refused("logout token: names neither itself nor whom it is about")
    return LogoutNotice(token_id=token_id, subject=subject, session_id=session)


def half_hash(access_token: str) -> str:
    """``at_hash`` for the algorithms that we accept: the left half of SHA-256, base64url."""
    digest = hashlib.sha256(access_token.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode("ascii")


def authenticated_at(claims: Claims, now: datetime) -> datetime:
    """``auth_time`` of an ID token, ``now`` where it is absent or odd."""
    try:
        return _moment(claims, "auth_time")
    except StepRefused:
        return now


def parse_json(content: bytes) -> object:
    """JSON of an answer.

    Raises
    ------
    StepRefused : SES-012, it is none.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise _refused("an answer is not JSON") from None


def _check_origin(claims: Claims, expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise _refused("wrong issuer")
    audience = _audience(claims)
    if expected.client_id not in audience:
        raise _refused("for somebody else (aud)")
    azp = claims.get("azp")
    if (azp is not None or len(audience) > 1) and azp != expected.client_id:
        raise _refused("for somebody else (azp)")


def _check_times(claims: Claims, expected: Expected) -> None:
    if (expected.now - _moment(claims, "exp")).total_seconds() >= expected.leeway:
        raise _refused("expired")
    if (_moment(claims, "iat") - expected.now).total_seconds() > expected.leeway:
        raise _refused("issued in the future")
    if "nbf" in claims and (_moment(claims, "nbf") - expected.now).total_seconds() > expected.leeway:
        raise _refused("not valid yet")


def _audience(claims: Claims) -> tuple[Any, ...]:
    audience = claims.get("aud")
    return tuple(audience) if isinstance(audience, list) else (audience,)


def _moment(claims: Claims, name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(f"{name} is missing or not a number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise _refused(f"{name} is not a moment") from None


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _same(got: object, expected: str) -> bool:
    return isinstance(got, str) and hmac.compare_digest(got.encode("utf-8", "replace"),
                                                        expected.encode("utf-8", "replace"))


def _refused(rule: str) -> StepRefused:
    return refused("SES-012", detail=f"Pro Santé Connect: {rule}")
