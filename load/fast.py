"""The part of httpx that ``HttpClinician`` uses, on geventhttpclient, Locust's fast client.

One instance is one browser: its connections, its cookies. Certificates are checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

import gevent.ssl
from geventhttpclient.useragent import UserAgent


@cache
def _context(ca: str) -> Any:
    return gevent.ssl.create_default_context(cafile=ca or None)


class _Agent(UserAgent):
    """Answers with any status are answers; nothing is tried twice behind our back."""

    def _verify_status(self, status_code: int, url: Any = None) -> None:
        """A page that refuses is a page."""


class FastAnswer:
    """One answer with the names of httpx."""

    def __init__(self, response: Any) -> None:
        self.status_code: int = response.status_code
        self.headers = {str(key).lower(): str(value) for key, value in response.headers.items()}
        self.url: str = str(response._request.url)
        self.content: bytes = bytes(response.content)
        self.history: tuple[FastAnswer, ...] = tuple(FastAnswer(one) for one in response.history)

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.content.decode("utf-8", "replace")


class _Cookies:
    def __init__(self) -> None:
        self.jar = CookieJar()


class FastHttp:
    """A browser's connections and cookies.

    Parameters
    ----------
    ca : trust anchors, PEM file.
    timeout : seconds for each wait on the network.
    """

    def __init__(self, ca: str, *, timeout: float = 60.0) -> None:
        self.headers: dict[str, str] = {}
        self.follow_redirects = True
        self.cookies = _Cookies()
        self._agent = _Agent(
            max_redirects=8, max_retries=0, cookiejar=self.cookies.jar, insecure=False,
            ssl_context_factory=lambda: _context(ca), connection_timeout=timeout, network_timeout=timeout,
            concurrency=4)

    def get(self, url: str, *, params: Mapping[str, str] | None = None,
            headers: Mapping[str, str] | None = None) -> FastAnswer:
        """GET, redirects followed."""
        target = f"{url}?{urlencode(params)}" if params else url
        return self._sent("GET", target, None, headers)

    def post(self, url: str, *, data: Mapping[str, str],
             headers: Mapping[str, str] | None = None) -> FastAnswer:
        """POST a form, redirects followed."""
        given = {**(headers or {}), "content-type": "application/x-www-form-urlencoded"}
        return self._sent("POST", url, urlencode(data).encode(), given)

    def _sent(self, method: str, url: str, payload: bytes | None,
              headers: Mapping[str, str] | None) -> FastAnswer:
        with self._agent.urlopen(url, method, headers={**self.headers, **(headers or {})}, payload=payload,
                                 max_retries=0) as response:
            return FastAnswer(response)

    def close(self) -> None:
        """Close the connections."""
        self._agent.close()
