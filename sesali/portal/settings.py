"""What the portal is started with, beside the gateway and the login."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ehdsi.errors import LocalError
from sesali.notice import Responsible

#: Who answers for the processing, until an installation says otherwise.
SIMULATED = Responsible(controller="Agence du Numérique en Santé (simulation)", dpo="dpo@sesali.example",
                        authority="CNIL (Commission nationale de l’informatique et des libertés)")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalSettings:
    """Addresses, times and rules of one installation. Times are seconds.

    Attributes
    ----------
    base_url : ``https://host[:port]``; requests for any other host are refused.
    login_origins : origins of Pro Santé Connect to which a form may lead (logout).
    idle, warning, absolute : a session ends after ``idle`` without activity, the page warns after
        ``warning``, and it ends after ``absolute`` in any case.
    grace : how long a POST waits for a country before it shows the waiting page.
    usual, limit : what the waiting page calls usual, and when the portal stops waiting.
    beat : an identification that ends without a patient is told at a full multiple of so many seconds after
        it began, whether nobody was found or the country refuses; 0 tells it at once.
    searches : identifications per professional and minute.
    announced : ISO codes of countries that will come.
    information_only : countries whose patients are informed and not asked to agree.
    emergency : countries for which access without the patient's agreement is offered; none by default.
    responsible : who is named in the patient information notice.
    """

    base_url: str
    login_origins: tuple[str, ...] = ()
    idle: float = 15 * 60
    warning: float = 13 * 60
    absolute: float = 4 * 3600
    attempt: float = 10 * 60
    grace: float = 0.8
    usual: int = 5
    limit: int = 40
    beat: float = 0.5
    searches: int = 20
    consultations: int = 6
    announced: tuple[str, ...] = ("CY", "GR", "IE", "IT", "LV", "SI")
    information_only: frozenset[str] = frozenset()
    emergency: frozenset[str] = frozenset()
    responsible: Responsible = field(default=SIMULATED)
    version: str = "0.1.0"

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme != "https" or not parts.netloc or parts.path.strip("/"):
            raise LocalError("the portal needs an https base URL without a path, for its cookies go over TLS")

    @property
    def host(self) -> str:
        """``host[:port]`` as browsers put it into the Host field."""
        return urlsplit(self.base_url).netloc
