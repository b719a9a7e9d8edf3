"""What the login must be told: where Pro Santé Connect is, who we are there, how long we wait."""

from __future__ import annotations

from dataclasses import dataclass, field

from ehdsi.errors import LocalError

#: Discovery of the real service lies here and not at the standard place.
DISCOVERY_PATH = "/.well-known/wallet-openid-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class PscSettings:
    """A registration at Pro Santé Connect.

    Attributes
    ----------
    issuer : URL of the realm, without a slash at the end.
    client_id, client_secret : without a secret the client authenticates by its TLS certificate.
    redirect_uri : exact registered https URI of the callback.
    post_logout_redirect_uri : registered URI after logout, may be empty.
    scope, acr_values : as Pro Santé Connect wants them.
    timeout : seconds for each call.
    leeway : seconds of difference between clocks that are forgiven.
    metadata_age : seconds for which discovery and keys are believed.
    """

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    redirect_uri: str
    post_logout_redirect_uri: str = ""
    scope: str = "openid scope_all"
    acr_values: str = "eidas1"
    timeout: float = 5.0
    leeway: int = 10
    metadata_age: float = 3600.0

    def __post_init__(self) -> None:
        for name in ("issuer", "redirect_uri"):
            if not getattr(self, name).startswith("https://"):
                raise LocalError(f"Pro Santé Connect: {name} must be an https URL")

    @property
    def discovery_url(self) -> str:
        """Where the metadata of the provider is."""
        return self.issuer + DISCOVERY_PATH
