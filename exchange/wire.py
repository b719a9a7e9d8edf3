"""One message as it was on the wire, and the hook that sees every one of them.

The hook serves ``ncpeh journey --trace``, the onboarding recorder and tests. It is called in the thread of
the exchange, before a received message is judged, so that a refused answer can be looked at too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Direction = Literal["request", "response"]

#: Header fields as sent or received, in order; names as they were on the wire.
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireMessage:
    """A request or a response.

    Attributes
    ----------
    direction : ``request`` leaves the gateway, ``response`` comes in.
    step : what it belongs to: ``SMP ITI-55``, ``SMP ISM``, ``ITI-55``, ``ITI-38``, ``ITI-39``.
    country : ISO 3166-1 alpha-2 of the country asked, upper case.
    url : where the request went.
    status : HTTP status of a response, 0 for a request.
    headers : HTTP header fields.
    body : the exact bytes.
    """

    direction: Direction
    step: str
    country: str
    url: str
    status: int = 0
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str:
        """Value of the first header field of this name (any case), empty when absent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


#: Sees every message of an exchange. Must not raise and must not keep the caller waiting.
OnMessage = Callable[[WireMessage], None]


def ignore(message: WireMessage) -> None:
    """The hook that does nothing, for callers who do not trace."""
