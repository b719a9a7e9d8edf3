"""One HTTP exchange: caps, typed failures, the trace hook. No sockets: httpx's own transport seam."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import httpx
import pytest

from ehdsi.errors import TransportFailure
from exchange.http import Courier, Limits, typed_failure
from exchange.wire import WireMessage

URL = "https://ncp.example/XCPD"


def courier(handler: httpx.BaseTransport, *, limits: Limits | None = None,
            seen: list[WireMessage] | None = None) -> Courier:
    """A courier whose network is ``handler``."""
    return Courier("HR", verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), transport=handler, limits=limits,
                   on_message=(seen if seen is not None else []).append)


def post(client: Courier) -> bytes:
    return client.post(URL, step="ITI-55", content=b"<q/>", content_type="application/soap+xml").body


def failing(error: Exception) -> httpx.MockTransport:
    def raise_it(request: httpx.Request) -> httpx.Response:
        raise error
    return httpx.MockTransport(raise_it)


def test_answer_and_trace() -> None:
    """An error status still brings its body, and the hook sees both messages byte for byte."""
    seen: list[WireMessage] = []
    client = courier(httpx.MockTransport(lambda _: httpx.Response(500, content=b"<fault/>")), seen=seen)
    answer = client.post(URL, step="ITI-55", content=b"<q/>", content_type="application/soap+xml")
    assert (answer.status, answer.body) == (500, b"<fault/>")
    assert [(m.direction, m.step, m.country, m.status, m.body) for m in seen] == [
        ("request", "ITI-55", "HR", 0, b"<q/>"), ("response", "ITI-55", "HR", 500, b"<fault/>")]
    assert seen[0].header("content-type") == "application/soap+xml"


@pytest.mark.parametrize(("cause", "kind"), [
    (ConnectionRefusedError(111, "Connection refused"), "refused"),
    (ssl.SSLCertVerificationError("certificate verify failed"), "tls"),
    (socket.gaierror(-2, "Name or service not known"), "dns"),
    (TimeoutError("timed out"), "refused"),
])
def test_connect_failures_are_typed(cause: Exception, kind: str) -> None:
    """Each way in which no connection comes about has its own kind, whatever the HTTP library calls it."""
    error = httpx.ConnectError(str(cause))
    error.__cause__ = cause
    with pytest.raises(TransportFailure) as failure:
        post(courier(failing(error)))
    assert failure.value.kind == kind
    assert "HR" in failure.value.what


@pytest.mark.parametrize(("error", "kind"), [
    (httpx.ConnectTimeout(""), "timeout"), (httpx.ReadTimeout(""), "timeout"),
    (httpx.PoolTimeout(""), "timeout"),
    (httpx.ReadError(""), "reset"), (httpx.WriteError(""), "reset"),
    (httpx.RemoteProtocolError("Server disconnected"), "reset"),
])
def test_broken_exchanges_are_typed(error: Exception, kind: str) -> None:
    """A silent peer is a time-out, one that breaks off a reset."""
    with pytest.raises(TransportFailure) as failure:
        post(courier(failing(error)))
    assert failure.value.kind == kind


def test_oversized_answer_is_refused() -> None:
    """A body over the cap is refused while it arrives, not after it is in memory."""
    sent: list[int] = []

    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            sent.append(1)
            yield b"x" * 1024

    client = courier(httpx.MockTransport(lambda _: httpx.Response(200, content=endless())),
                     limits=Limits(body=4096))
    with pytest.raises(TransportFailure) as failure:
        post(client)
    assert failure.value.kind == "http"
    assert len(sent) < 10


def test_dripping_answer_is_stopped() -> None:
    """A peer that sends a byte now and then is stopped by the limit on the whole exchange."""
    client = courier(httpx.MockTransport(lambda _: httpx.Response(200, content=iter([b"a", b"b"]))),
                     limits=Limits(total=-1))
    with pytest.raises(TransportFailure) as failure:
        post(client)
    assert failure.value.kind == "timeout"


def test_compressed_answer_is_refused() -> None:
    """A compressed body was not asked for and could be a bomb; it is not unpacked."""
    client = courier(httpx.MockTransport(
        lambda _: httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=iter([b"\x1f\x8b"]))))
    with pytest.raises(TransportFailure):
        post(client)


def test_circular_causes_end() -> None:
    """Errors that are each other's cause are still typed; the search does not run for ever."""
    error, other = httpx.ReadError("gone"), OSError("gone")
    error.__cause__, other.__cause__ = other, error
    assert typed_failure(error, "ncp.example", "HR").kind == "reset"
