"""Login over real sockets: three TLS sites, a browser, the relying party, logout tokens that travel."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sesali.login import LoggedIn, LoginClient, PscSettings, open_http
from sesali.outcomes import StepRefused
from simulators.http import HttpRequest, HttpResponse, application
from simulators.pki import Pki
from simulators.psc import PscClient, PscSimulator, locate_psc, psc_listeners
from simulators.server import Listener, ServerThread

CALLBACK = "https://portal.test/auth/callback"
CLIENT = PscClient(client_id="testbed-portal", secret="secret", redirect_uris=(CALLBACK,))


class Site:
    """A running provider, a listener for logout tokens, and files with keys."""

    def __init__(self, folder: Path) -> None:
        self.pki = Pki(now=datetime.now(UTC), subjects={}, hosts=("localhost", "127.0.0.1"))
        self.files = self.pki.write(folder)
        self.psc = PscSimulator(clients=[CLIENT])
        self.psc.trust(str(self.files["ca"]))
        self.heard: list[str] = []
        self.arrived = threading.Event()
        self.thread = ServerThread()
        listeners = psc_listeners(self.psc, self.pki)
        context = self.pki.server_context(self.pki.service("portal"), client_certificate=False)
        portal = Listener(application=application(self._logout), context=context)
        self.thread.start([*listeners.values(), portal])
        locate_psc(self.psc, listeners)
        self.registration = replace(CLIENT, backchannel_logout_uri=f"{portal.url}/auth/backchannel")
        self.psc.register(self.registration)
        self.https = open_http(self.files["ca"])
        self.browser = open_http(self.files["ca"])
        self.login = self.client(CLIENT.secret, self.https)

    def client(self, secret: str, http: httpx.Client) -> LoginClient:
        settings = PscSettings(
            issuer=self.psc.issuer,
            client_id=CLIENT.client_id,
            client_secret=secret,
            redirect_uri=CALLBACK,
            timeout=2.0,
        )
        return LoginClient(
            settings, http=http, clock=lambda: datetime.now(UTC), new_secret=secrets.token_urlsafe
        )

    def log_in(self, login: LoginClient, identity: str) -> LoggedIn:
        """The whole way of a browser."""
        self.browser.cookies.clear()
        attempt = login.begin()
        page = self.browser.get(attempt.url)
        interaction = re.search(r'name="interaction" value="([^"]+)"', page.text)
        assert interaction
        action = httpx.URL(attempt.url).join("/auth/identites")
        back = self.browser.post(action, data={"interaction": interaction[1], "identite": identity})
        assert back.headers["location"].startswith(CALLBACK)
        return login.finish(attempt, dict(parse_qsl(urlsplit(back.headers["location"]).query)))

    def _logout(self, request: HttpRequest) -> HttpResponse:
        self.heard.append(dict(parse_qsl(request.body.decode()))["logout_token"])
        self.arrived.set()
        return HttpResponse(status=200)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = Site(tmp_path_factory.mktemp("psc"))
    yield found
    found.https.close()
    found.browser.close()
    found.psc.close()
    found.thread.stop()


def test_a_browser_logs_in_over_tls(site: Site) -> None:
    """Pages, cookies and tokens over three ports, trust in our authority only."""
    login = site.log_in(site.login, "pia-infirmiere")
    assert [one.role_code for one in login.admission.activities] == ["2221"]
    assert site.login.refresh(login).tokens.access_token != login.tokens.access_token


def test_the_pages_bring_their_style_and_script(site: Site) -> None:
    """Files with the right types, from the site itself."""
    wallet = site.login.begin().url
    for name, kind in (("psc.css", "text/css"), ("filtre.js", "text/javascript")):
        answer = site.browser.get(httpx.URL(wallet).copy_with(path=f"/auth/static/{name}", query=None))
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind)


def test_a_certificate_serves_instead_of_a_secret(site: Site) -> None:
    """Mutual TLS at the third site: the gateway's certificate is known, nobody else's is."""
    thumb = hashlib.sha256(site.pki.gateway_tls.der).hexdigest()
    site.psc.register(replace(site.registration, secret="", certificate=thumb))
    known = open_http(
        site.files["ca"], certificate=site.files["gateway_tls.cert"], key=site.files["gateway_tls.key"]
    )
    try:
        assert site.log_in(site.client("", known), "bo-deux-activites").admission.activities
        with pytest.raises(StepRefused, match="SES-014"):
            site.log_in(site.client("", site.https), "bo-deux-activites")
    finally:
        known.close()
        site.psc.register(site.registration)


def test_a_provider_with_an_unknown_certificate_is_not_talked_to(site: Site, tmp_path: Path) -> None:
    """Trust ends where our authority ends."""
    other = Pki(now=datetime.now(UTC), subjects={}, hosts=("127.0.0.1",)).write(tmp_path)
    with open_http(other["ca"]) as http, pytest.raises(StepRefused, match="SES-014"):
        site.client("secret", http).begin()


def test_a_logout_from_elsewhere_arrives_within_a_second(site: Site) -> None:
    """The provider POSTs the logout token by itself, and the relying party believes it."""
    login = site.log_in(site.login, "ada-generaliste")
    site.arrived.clear()
    site.heard.clear()
    assert site.psc.log_out_everywhere(login.admission.identifier) == 1
    assert site.arrived.wait(1.0)
    assert site.login.backchannel_logout(site.heard[0]).ends(login)


def test_a_slow_provider_is_given_up(site: Site) -> None:
    """The timeout of the settings holds over sockets too."""
    site.psc.faults.add("psc_slow", seconds=5.0)
    settings = replace(site.login.settings, timeout=0.2)
    try:
        with open_http(site.files["ca"]) as http, pytest.raises(StepRefused, match="SES-014"):
            LoginClient(
                settings, http=http, clock=lambda: datetime.now(UTC), new_secret=secrets.token_urlsafe
            ).begin()
    finally:
        site.psc.faults.clear()
