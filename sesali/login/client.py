"""The relying party: calls Pro Santé Connect over httpx and judges every answer with ``tokens``.

Blocking, like the gateway; a web application calls it in a worker thread. Thread-safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import httpx

from sesali.login.settings import PscSettings
from sesali.login.values import LoggedIn, LoginAttempt, LogoutNotice


class LoginClient:
    """One registration at Pro Santé Connect.

    Parameters
    ----------
    settings : the registration.
    http : client with the right trust anchors (and certificate, for mutual TLS); it is not closed here.
    clock : gives the present moment, UTC.
    new_secret : gives an unguessable text of at least 128 bits, e.g. ``secrets.token_urlsafe``.
    """

    def __init__(self, settings: PscSettings, *, http: httpx.Client, clock: Callable[[], datetime],
                 new_secret: Callable[[], str]) -> None:
        self.settings = settings
        self._http = http
        self._clock = clock
        self._new_secret = new_secret

    def begin(self, *, prompt: str = "") -> LoginAttempt:
        """Where to send the browser. ``prompt="login"`` forces a new authentication.

        Raises
        ------
        StepRefused : SES-014, Pro Santé Connect cannot be reached.
        """
        raise NotImplementedError

    def finish(self, attempt: LoginAttempt | None, query: Mapping[str, str]) -> LoggedIn:
        """What the browser brought back to the callback (its query parameters).

        Raises
        ------
        StepRefused : SES-010 interrupted, SES-011 no such attempt or code, SES-012 identity not proven,
            SES-013 authentication too weak, SES-014 Pro Santé Connect does not answer.
        """
        raise NotImplementedError

    def refresh(self, login: LoggedIn) -> LoggedIn:
        """New tokens for a login whose user is active; the admission stays.

        Raises
        ------
        StepRefused : SES-110, the login has ended at Pro Santé Connect: keep nothing of the patient;
            SES-014, it cannot be reached.
        """
        raise NotImplementedError

    def logout_url(self, login: LoggedIn, *, state: str = "") -> str:
        """Where to send the browser to end the session at Pro Santé Connect as well; never raises."""
        raise NotImplementedError

    def revoke(self, login: LoggedIn) -> None:
        """Tell Pro Santé Connect that the refresh token is no longer wanted; failures are ignored."""
        raise NotImplementedError

    def backchannel_logout(self, logout_token: str) -> LogoutNotice:
        """Judge a logout token that Pro Santé Connect POSTed to us; each is accepted once.

        Raises
        ------
        StepRefused : SES-012, it is not genuine; answer 400.
        """
        raise NotImplementedError
