"""One HTTP exchange with a peer: capped in size and time, failures typed, every message shown to the hook."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import httpx

from ehdsi.errors import TransportFailure
from exchange.wire import OnMessage, WireMessage, ignore

#: Sent with every request; ``identity``: a compressed answer would get around the cap on its size.
_HEADERS = (("Accept", "*/*"), ("Accept-Encoding", "identity"), ("Connection", "keep-alive"),
            ("User-Agent", "ncpeh-testbed"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the gateway bears from a peer: seconds and bytes.

    ``idle`` is how long a connection without work is kept: a new one costs both sides a TLS handshake with
    two certificates, ten times what a request costs.
    ``connect`` and ``read`` bound each wait for the network, ``total`` the whole exchange (a peer that
    sends one byte a second is stopped by it); ``body`` bounds the answer; ``connections`` the pool of a peer.
    """

    connect: float = 5.0
    read: float = 20.0
    total: float = 30.0
    body: int = 16 * 1024 * 1024
    connections: int = 64
    idle: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: status, the content type with its parameters, the bytes."""

    status: int
    content_type: str
    body: bytes


class Courier:
    """Speaks HTTP with one peer over its own connection pool.

    It stands on httpx's transport, not on its client: redirects, cookies, proxies and authentication are
    nothing that a gateway may do by itself, and to look for them costs as much as the exchange.

    Parameters
    ----------
    country : ISO code, for messages and traces.
    verify : TLS context of this peer.
    limits : seconds and bytes.
    on_message : sees every request and answer.
    transport : replaces the network in tests (httpx's own seam).
    """

    def __init__(self, country: str, *, verify: ssl.SSLContext, limits: Limits | None = None,
                 on_message: OnMessage = ignore, transport: httpx.BaseTransport | None = None) -> None:
        self._country = country
        self._limits = limits or Limits()
        self._on_message = on_message
        self._transport = transport or httpx.HTTPTransport(
            verify=verify, trust_env=False,
            limits=httpx.Limits(max_connections=self._limits.connections, max_keepalive_connections=None,
                                keepalive_expiry=self._limits.idle))
        timeout = httpx.Timeout(self._limits.read, connect=self._limits.connect)
        self._extensions = {"timeout": timeout.as_dict()}

    def get(self, url: str, *, step: str, country: str = "") -> Answer:
        """GET ``url``; see ``post``. ``country`` is the one asked about, where the peer serves several."""
        return self._send(self._request("GET", url), step, country or self._country)

    def post(self, url: str, *, step: str, content: bytes, content_type: str) -> Answer:
        """POST ``content`` and read the whole answer, whatever its HTTP status.

        Raises
        ------
        TransportFailure : refused, reset, timeout, tls, dns, or http for a body over the cap.
        """
        return self._send(self._request("POST", url, content, ("Content-Type", content_type)), step,
                          self._country)

    def _request(self, method: str, url: str, content: bytes | None = None, *headers: tuple[str, str]
                 ) -> httpx.Request:
        return httpx.Request(method, _address(url), content=content, headers=[*_HEADERS, *headers],
                             extensions=self._extensions)

    def _send(self, request: httpx.Request, step: str, country: str) -> Answer:
        url = str(request.url)
        self._on_message(WireMessage(direction="request", step=step, country=country, url=url,
                                     headers=_fields(request.headers), body=request.content))
        try:
            response = self._transport.handle_request(request)
            try:
                body = self._read(response)
            finally:
                response.close()
        except httpx.TransportError as error:
            raise typed_failure(error, request.url.host, self._country) from None
        self._on_message(WireMessage(direction="response", step=step, country=country, url=url,
                                     status=response.status_code, headers=_fields(response.headers),
                                     body=body))
        return Answer(status=response.status_code, content_type=response.headers.get("Content-Type", ""),
                      body=body)

    def _read(self, response: httpx.Response) -> bytes:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise TransportFailure("http", f"{self._country} sent a compressed body that was not asked for",
                                   response.status_code)
        end = time.monotonic() + self._limits.total
        chunks: list[bytes] = []
        size = 0
        for chunk in cast(httpx.SyncByteStream, response.stream):
            size += len(chunk)
            if size > self._limits.body:
                raise TransportFailure("http", f"the answer of {self._country} is larger than "
                                               f"{self._limits.body} bytes", response.status_code)
            if time.monotonic() > end:
                raise TransportFailure("timeout", f"{self._country} had not finished its answer after "
                                                  f"{self._limits.total:g} s")
            chunks.append(chunk)
        return b"".join(chunks)

    def close(self) -> None:
        """Close the connections of this peer."""
        self._transport.close()


@lru_cache(maxsize=1024)
def _address(url: str) -> httpx.URL:
    """The URL taken apart; those of endpoints and of the SMP come again and again."""
    return httpx.URL(url)


def typed_failure(error: httpx.TransportError, host: str, country: str) -> TransportFailure:
    """The failure that fits an error of the HTTP library, with a sentence that says what to look at."""
    cause: BaseException | None = error
    seen: set[int] = set()  # a chain of causes may run in a circle
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, ssl.SSLError):
            return TransportFailure("tls", f"no TLS connection with {host} ({country}): {_tls_reason(cause)}")
        if isinstance(cause, ConnectionRefusedError):
            return TransportFailure("refused", f"nothing listens at {host} for {country}; is it running?")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return TransportFailure("timeout", f"{country} ({host}) did not answer in time")
    if isinstance(error, httpx.ConnectError):
        return TransportFailure(*_connect_reason(error, host, country))
    return TransportFailure("reset", f"{country} ({host}) broke off the connection")


def _connect_reason(error: httpx.ConnectError, host: str, country: str) -> tuple[str, str]:
    text = str(error).lower()
    if "name" in text or "getaddrinfo" in text or "address associated" in text:
        return "dns", f"the host {host} that the SMP names for {country} does not resolve"
    if "[ssl" in text:  # its cause is lost where somebody between raised it again from another one
        return "tls", f"no TLS connection with {host} ({country})"
    return "refused", f"no connection to {host} for {country}"


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return getattr(error, "verify_message", "") or str(error.args[-1] if error.args else error)
    return (error.reason or "handshake failed").replace("_", " ").lower()


def _fields(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    return tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in headers.raw)
