"""Ends sessions and tells the clients by back-channel logout.

Source: OpenID Connect Back-Channel Logout 1.0.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from urllib.parse import urlencode

import httpx

from simulators.psc import issue
from simulators.psc.realm import Realm
from simulators.psc.state import Session

#: POSTs a form to a URI; must not wait for the answer, for the client may be calling us at the moment.
Send = Callable[[str, bytes], None]

_FORM = {"content-type": "application/x-www-form-urlencoded"}


class BackgroundSender:
    """POSTs logout tokens from threads of its own; a client that does not answer hears it no second time.

    Connections are kept for the next logout.
    """

    def __init__(self) -> None:
        self._verify: ssl.SSLContext | bool = True
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def trust(self, ca_file: str) -> None:
        """Trust anchors (PEM) for the clients' servers."""
        self.close()
        self._verify = ssl.create_default_context(cafile=ca_file)

    def close(self) -> None:
        """Give the connections back; tokens that are on their way are lost."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    def __call__(self, uri: str, body: bytes) -> None:
        threading.Thread(target=self._post, args=(uri, body), name="psc-logout", daemon=True).start()

    def _post(self, uri: str, body: bytes) -> None:
        try:
            self._connections().post(uri, content=body, headers=_FORM)
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError):  # the last: closed meanwhile
            return

    def _connections(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(verify=self._verify, timeout=2.0, trust_env=False)
            return self._client


def end_session(realm: Realm, session: Session, send: Send) -> None:
    """The session is over for everybody: its tokens are worth nothing, its clients are told."""
    realm.store.sessions.pop(session.sid)
    for client_id in sorted(session.clients):
        client = realm.clients.get(client_id)
        if client is not None and client.backchannel_logout_uri:
            body = urlencode({"logout_token": issue.logout_token(realm, session, client_id)}).encode()
            send(client.backchannel_logout_uri, body)
