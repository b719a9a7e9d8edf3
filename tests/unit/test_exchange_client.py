"""The client of foreign NCPs: reading replies, and when a query is sent again. No sockets."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import httpx
import pytest
from lxml import etree

from ehdsi import soap
from ehdsi.errors import MalformedSoap, PeerError, TransportFailure
from exchange import client as module
from exchange.client import FaultReceived, NcpClient, read_reply
from exchange.directory import Directory, Endpoint, Service
from exchange.http import Answer
from exchange.tls import ClientTls

ACTION = Service.ITI_55.response_action
PAYLOAD = etree.Element("{urn:x}answer")


def answer(body: bytes, *, status: int = 200, content_type: str = "application/soap+xml") -> Answer:
    return Answer(status=status, content_type=content_type, body=body)


def reply(**headers: str) -> bytes:
    return soap.build_envelope(PAYLOAD, **{"action": ACTION, **headers})  # type: ignore[arg-type]


def test_plain_reply_is_read() -> None:
    """A SOAP 1.2 answer gives its payload and its message identifier."""
    found = read_reply(answer(reply(message_id="urn:uuid:2", relates_to="urn:uuid:1")),
                       request_id="urn:uuid:1", action=ACTION)
    assert found.payload.tag == PAYLOAD.tag
    assert (found.request_id, found.message_id) == ("urn:uuid:1", "urn:uuid:2")


@pytest.mark.parametrize(("given", "error"), [
    (answer(reply(relates_to="urn:uuid:9")), MalformedSoap),
    (answer(reply(action="urn:other")), MalformedSoap),
    (answer(reply(), status=500), MalformedSoap),
    (answer(b"<html/>", content_type="text/html", status=502), TransportFailure),
    (answer(b"", content_type=""), TransportFailure),
    (answer(b"", content_type="multipart/related; boundary=x"), PeerError),
    (answer(b"<cut"), PeerError),
    (answer(soap.build_fault(soap.Fault(code="Receiver", reason="no")), status=500), FaultReceived),
])
def test_unusable_replies_are_typed(given: Answer, error: type[Exception]) -> None:
    """Each way in which an answer is unusable has its error; none is anything but ours."""
    with pytest.raises(error):
        read_reply(given, request_id="urn:uuid:1", action=ACTION)


class StubDirectory:
    """Knows an endpoint that is gone until it is refreshed."""

    def __init__(self) -> None:
        self.host = "old"

    def endpoint(self, country: str, service: Service) -> Endpoint:
        return Endpoint(url=f"https://{self.host}.example/", certificate_der=self.host.encode())

    def refresh(self, country: str) -> None:
        self.host = "new"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hosts that requests were sent to; no TLS files are needed."""
    monkeypatch.setattr(module, "client_context", lambda tls, pinned: False)
    return []


def client(asked: list[str], failure: type[httpx.TransportError]) -> NcpClient:
    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.host == "old.example":
            raise failure("gone")
        return httpx.Response(200, content=reply(), headers={"Content-Type": "application/soap+xml"})

    files = ClientTls(ca=Path(), certificate=Path(), key=Path())
    return NcpClient(cast(Directory, StubDirectory()), files, transport=httpx.MockTransport(handle))


def test_query_is_repeated_at_a_fresh_endpoint(asked: list[str]) -> None:
    """A country that has moved is found again by one look into the SMP."""
    found = client(asked, httpx.ConnectError)._ask_twice("HR", Service.ITI_55, PAYLOAD, (), "urn:uuid:1")
    assert found.payload.tag == PAYLOAD.tag
    assert asked == ["old.example", "new.example"]


def test_time_out_is_not_repeated(asked: list[str]) -> None:
    """A country that is working on the request is not given it a second time."""
    with pytest.raises(TransportFailure):
        client(asked, httpx.ReadTimeout)._ask_twice("HR", Service.ITI_55, PAYLOAD, (), "urn:uuid:1")
    assert asked == ["old.example"]


def test_retrieve_is_not_repeated(asked: list[str]) -> None:
    """A document is asked for once."""
    with pytest.raises(TransportFailure):
        client(asked, httpx.ConnectError)._ask("HR", Service.ITI_39, PAYLOAD, (), "urn:uuid:1")
    assert asked == ["old.example"]
