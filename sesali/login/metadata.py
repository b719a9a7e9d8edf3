"""What Pro Santé Connect says about itself: discovery and keys, read with suspicion.

Source: OpenID Connect Discovery 1.0; RFC 8414; RFC 8705 section 5 (aliases for mutual TLS); RFC 7517.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from sesali.outcomes import refused

#: Keys by ``kid``, those for signatures only.
Keys = Mapping[str, RSAKey | ECKey]

#: Characters of a modulus of 2048 bits in base64url.
_LENGTH_OF_2048_BITS = 342

_NEEDED = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
_KNOWN = (*_NEEDED, "end_session_endpoint", "revocation_endpoint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Endpoints of the provider.

    Attributes
    ----------
    endpoints : by their names in the discovery document; the optional ones may be absent.
    mtls : aliases of endpoints for clients that authenticate by certificate.
    sends_iss : the callback carries ``iss`` (RFC 9207).
    """

    endpoints: Mapping[str, str]
    mtls: Mapping[str, str] = field(default_factory=dict)
    sends_iss: bool = False

    def endpoint(self, name: str, *, mutual: bool = False) -> str:
        """URL of an endpoint, empty when there is none; ``mutual`` prefers its alias for mutual TLS."""
        plain = self.endpoints.get(name, "")
        return self.mtls.get(name, plain) if mutual else plain


def read_metadata(document: object, *, issuer: str) -> Metadata:
    """Judge a discovery document.

    Endpoints are taken from it and never derived from the issuer: the authorization endpoint of the real
    service lies on another host.

    Raises
    ------
    StepRefused : SES-014, it is of another issuer, or an endpoint is missing or not https.
    """
    if not isinstance(document, dict):
        raise refused("SES-014", detail="discovery: not a JSON object")
    if document.get("issuer") != issuer:
        raise refused("SES-014", detail="discovery: issuer differs from the configured one", security=True)
    endpoints = _urls(document, _KNOWN)
    missing = [name for name in _NEEDED if name not in endpoints]
    if missing:
        raise refused("SES-014", detail=f"discovery: no https URL for {', '.join(missing)}")
    aliases = document.get("mtls_endpoint_aliases")
    return Metadata(
        endpoints=endpoints, mtls=_urls(aliases, _KNOWN) if isinstance(aliases, dict) else {},
        sends_iss=document.get("authorization_response_iss_parameter_supported") is True)


def read_keys(document: object) -> Keys:
    """Signature keys of a JWK set by ``kid``; entries of other kinds or that cannot be read are left out.

    Raises
    ------
    StepRefused : SES-014, it is not a JWK set.
    """
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise refused("SES-014", detail="keys: not a JWK set")
    found: dict[str, RSAKey | ECKey] = {}
    for entry in entries:
        key = _key(entry)
        if key is not None:
            found[entry["kid"]] = key
    return found


def _key(entry: Any) -> RSAKey | ECKey | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
        return None
    if entry.get("use", "sig") != "sig" or entry.get("kty") not in ("RSA", "EC"):
        return None
    if entry["kty"] == "RSA" and len(str(entry.get("n", ""))) < _LENGTH_OF_2048_BITS:
        return None
    try:
        key = JWKRegistry.import_key(entry)
        return key if isinstance(key, RSAKey | ECKey) else None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _urls(source: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: url for name in names
            if isinstance(url := source.get(name), str) and url.startswith("https://")}


