"""Who is registered at the simulated Pro Santé Connect."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class PscClient:
    """One relying party.

    Attributes
    ----------
    client_id : as given at registration.
    name : shown on the page of identities.
    secret : for ``client_secret_basic`` and ``client_secret_post``; empty: none.
    certificate : SHA-256 of the DER of its TLS certificate, lower-case hexadecimal, for
        ``tls_client_auth``; empty: none.
    redirect_uris, post_logout_redirect_uris : compared exactly.
    backchannel_logout_uri : where logout tokens are POSTed; empty: nowhere.
    signed_userinfo : user info comes as a signed JWT instead of JSON.
    """

    client_id: str
    name: str = "Synthèse européenne"
    secret: str = field(default="", repr=False)
    certificate: str = ""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    signed_userinfo: bool = False
