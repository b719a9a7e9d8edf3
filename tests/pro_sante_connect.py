"""A relying party, a browser and the simulated Pro Santé Connect in one process, without sockets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from sesali.login import LoggedIn, LoginAttempt, LoginClient, PscSettings
from simulators.clock import SettableClock, seeded_ids
from simulators.http import HttpRequest, HttpResponse
from simulators.psc import PscClient, PscSimulator

ISSUER_SITE = "https://psc.test:1001"
WALLET = "https://wallet.test:1002"
MTLS = "https://mtls.test:1003"
CALLBACK = "https://portal.test/auth/callback"
AFTER = "https://portal.test/fin"
BACKCHANNEL = "https://portal.test/auth/backchannel"
START = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)

PORTAL = PscClient(
    client_id="testbed-portal",
    secret="s3cr&t:é",
    redirect_uris=(CALLBACK,),
    post_logout_redirect_uris=(AFTER,),
    backchannel_logout_uri=BACKCHANNEL,
)


class Bench:
    """Everything wired together; ``sent`` are the logout tokens that the provider POSTed."""

    def __init__(self, *, client: PscClient = PORTAL, certificate: bytes | None = None) -> None:
        self.clock = SettableClock(START)
        self.sent: list[tuple[str, str]] = []
        self.psc = PscSimulator(clients=[client], clock=self.clock, seed=7, send=self._logout)
        self.psc.locate(issuer=ISSUER_SITE, wallet=WALLET, mtls=MTLS)
        self.certificate = certificate
        self.calls: list[str] = []
        self.cookie = ""
        self.http = httpx.Client(transport=httpx.MockTransport(self._serve))
        self.login = LoginClient(
            PscSettings(
                issuer=self.psc.issuer,
                client_id=client.client_id,
                client_secret=client.secret,
                redirect_uri=CALLBACK,
                post_logout_redirect_uri=AFTER,
            ),
            http=self.http,
            clock=self.clock,
            new_secret=seeded_ids(9, "portal"),
        )

    def visit(self, url: str, form: Mapping[str, str] | None = None) -> HttpResponse:
        """One request of the browser, with its cookie."""
        parts = urlsplit(url)
        headers = [("cookie", self.cookie)] if self.cookie else []
        if form is not None:
            headers.append(("content-type", "application/x-www-form-urlencoded"))
        response = self.psc.handle(
            HttpRequest(
                method="GET" if form is None else "POST",
                path=parts.path,
                query=parts.query,
                headers=tuple(headers),
                body=urlencode(form or {}).encode(),
            )
        )
        given = response.header("set-cookie")
        self.cookie = given.partition(";")[0] if given else self.cookie
        return response

    def choose(
        self, attempt: LoginAttempt, identity: str = "ada-generaliste", action: str = ""
    ) -> dict[str, str]:
        """Log in on the page of identities; what the browser then carries to the callback."""
        page = self.visit(attempt.url)
        if page.status == 303:
            return query_of(page)
        found = re.search(r'name="interaction" value="([^"]+)"', page.body.decode())
        assert found, page
        form = {"interaction": found[1], "identite": identity} | ({"action": action} if action else {})
        return query_of(self.visit(f"{WALLET}/auth/identites", form))

    def log_in(self, identity: str = "ada-generaliste", action: str = "") -> LoggedIn:
        """The whole login."""
        attempt = self.login.begin()
        return self.login.finish(attempt, self.choose(attempt, identity, action))

    def call(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> tuple[int, Any]:
        """A call of a program to an endpoint under the protocol's path: status and JSON."""
        url = f"{self.psc.issuer}/protocol/openid-connect{path}"
        method = "GET" if form is None else "POST"
        answer = self.http.request(method, url, data=dict(form) if form else None, headers=headers)
        return answer.status_code, answer.json() if answer.content else None

    def _serve(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        mutual = request.url.host == urlsplit(MTLS).hostname
        response = self.psc.handle(
            HttpRequest(
                method=request.method,
                path=request.url.path,
                query=request.url.query.decode(),
                headers=tuple((name.lower(), value) for name, value in request.headers.items()),
                body=request.read(),
                peer_certificate=self.certificate if mutual else None,
            )
        )
        if response.delivery.delay > request.extensions["timeout"]["read"]:
            raise httpx.ReadTimeout("too slow", request=request)
        return httpx.Response(response.status, headers=list(response.headers), content=response.body)

    def _logout(self, uri: str, body: bytes) -> None:
        self.sent.append((uri, dict(parse_qsl(body.decode()))["logout_token"]))


def query_of(response: HttpResponse) -> dict[str, str]:
    """Parameters of a redirect."""
    assert response.status == 303, response
    return dict(parse_qsl(urlsplit(response.header("location")).query))
