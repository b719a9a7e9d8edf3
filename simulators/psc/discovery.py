"""What the provider says about itself, with the oddities of the real one kept on purpose.

The document lies at an unusual place; the authorization endpoint is on another host than the issuer;
``acr_values_supported`` lists ``"0"`` twice and not the ``eidas1`` that everybody must send; grants,
response types and endpoints are advertised that no client of this service may use.
"""

from __future__ import annotations

from typing import Any

from simulators.psc.realm import PROTOCOL, REALM, Realm

DISCOVERY = REALM + "/.well-known/wallet-openid-configuration"

_AUTHENTICATION = ["private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth",
                   "client_secret_jwt"]  # fmt: skip
_RESPONSE_TYPES = ["code", "none", "id_token", "token", "id_token token", "code id_token", "code token",
                   "code id_token token"]  # fmt: skip
_ALGORITHMS = ["PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256", "HS384", "ES512",
               "PS256", "PS512", "RS512"]  # fmt: skip
_SCOPES = (
    "openid microprofile-jwt rpps referentiel web-origins basic identity acr offline_access eidas1 eidas2 "
    "profile roles email scope_all scope_1 scope_2 phone interop address"
)
_ENDPOINTS = {
    "token_endpoint": "/token",
    "introspection_endpoint": "/token/introspect",
    "userinfo_endpoint": "/userinfo",
    "end_session_endpoint": "/logout",
    "revocation_endpoint": "/revoke",
    "jwks_uri": "/certs",
    "device_authorization_endpoint": "/auth/device",
    "pushed_authorization_request_endpoint": "/ext/par/request",
    "backchannel_authentication_endpoint": "/ext/ciba/auth",
}
_BY_CERTIFICATE = ("token_endpoint", "introspection_endpoint", "userinfo_endpoint", "revocation_endpoint",
                   "backchannel_authentication_endpoint")  # fmt: skip


def discovery(realm: Realm) -> dict[str, Any]:
    """The discovery document."""
    base = realm.issuer_site + PROTOCOL
    document = {
        "issuer": realm.issuer,
        "authorization_endpoint": realm.wallet_site + "/auth",
        **{name: base + path for name, path in _ENDPOINTS.items()},
        **_abilities(),
    }
    if realm.mtls_site:
        document["mtls_endpoint_aliases"] = {
            name: realm.mtls_site + PROTOCOL + _ENDPOINTS[name] for name in _BY_CERTIFICATE
        }
    return document


def _abilities() -> dict[str, Any]:
    return {
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token", "password",
                                  "client_credentials", "urn:openid:params:grant-type:ciba",
                                  "urn:ietf:params:oauth:grant-type:device_code"],
        "acr_values_supported": ["0", "0"],
        "response_types_supported": _RESPONSE_TYPES,
        "response_modes_supported": ["query", "fragment", "form_post", "query.jwt", "fragment.jwt",
                                     "form_post.jwt", "jwt"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": _ALGORITHMS,
        "userinfo_signing_alg_values_supported": ["RS256", "none"],
        "token_endpoint_auth_methods_supported": _AUTHENTICATION,
        "introspection_endpoint_auth_methods_supported": _AUTHENTICATION,
        "revocation_endpoint_auth_methods_supported": _AUTHENTICATION,
        "scopes_supported": _SCOPES.split(),
        "claims_supported": ["aud", "sub", "iss", "auth_time", "name", "given_name", "family_name",
                             "preferred_username", "email", "acr"],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "code_challenge_methods_supported": ["plain", "S256"],
        "tls_client_certificate_bound_access_tokens": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": False,
    }  # fmt: skip
