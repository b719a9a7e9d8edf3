"""The front door of an NCP: what is no proper SOAP 1.2 request gets a coded refusal; the server lives on."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest

from ehdsi import mtom, oids
from ehdsi.media_type import soap_content_type
from simulators.world import World
from tests.component.golden_requests import Gateway, Letter, Reply
from tests.component.negative_parts import letter, matched

ACTION = oids.ACTION_XCPD


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with World(["HR"]) as world:
        gateway = Gateway(world, "HR")
        yield gateway
        gateway.close()


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Letter], Letter]:
    return lambda good: replace(good, content=change(good.octets()))


def _type(content_type: str) -> Callable[[Letter], Letter]:
    return lambda good: replace(good, content_type=content_type)


def _twice(element: bytes) -> Callable[[Letter], Letter]:
    """The header block that begins with this tag stands twice."""

    def change(message: bytes) -> bytes:
        start = message.index(b"<" + element)
        end = message.index(b"</" + element + b">", start) + len(element) + 3
        return message[:end] + message[start:end] + message[end:]

    return _bytes(change)


def _soap11(message: bytes) -> bytes:
    return message.replace(oids.NS_SOAP12.encode(), oids.NS_SOAP11.encode())


UNKNOWN = b'<x:Odd xmlns:x="urn:x" env:mustUnderstand="1"/></env:Header>'

REFUSALS: list[tuple[str, Callable[[Letter], Letter], int, str]] = [
    ("empty", _bytes(lambda octets: b""), 400, "Sender"),
    ("not-xml", _bytes(lambda octets: b"hello"), 400, "Sender"),
    ("truncated", _bytes(lambda octets: octets[:-200]), 400, "Sender"),
    ("binary", _bytes(lambda octets: bytes(range(256)) * 8), 400, "Sender"),
    ("not-an-envelope", _bytes(lambda octets: b"<a/>"), 400, "Sender"),
    ("two-bodies", _bytes(lambda octets: octets.replace(b"</env:Body>", b"<a/></env:Body>")), 400, "Sender"),
    ("soap-1.1-envelope", _bytes(_soap11), 500, "VersionMismatch"),
    ("soap-1.1-type", _type("text/xml; charset=utf-8"), 415, "VersionMismatch"),
    ("json", _type("application/json"), 415, "Sender"),
    ("unreadable-type", _type("soap"), 415, "Sender"),
    ("multipart-without-parts", _type('multipart/related; boundary="b"; type="text/xml"'), 400, "Sender"),
    (
        "unknown-action",
        lambda good: replace(good, action="urn:x", content_type=soap_content_type("urn:x")),
        400,
        "Sender",
    ),
    (
        "other-service",
        lambda good: replace(good, action=oids.ACTION_XCA_QUERY, content_type=soap_content_type("")),
        400,
        "Sender",
    ),
    ("no-action", lambda good: replace(good, action="", content_type="application/soap+xml"), 400, "Sender"),
    (
        "two-actions",
        lambda good: replace(good, content_type=soap_content_type(oids.ACTION_XCA_QUERY)),
        400,
        "Sender",
    ),
    ("action-twice", _twice(b"wsa:Action"), 400, "Sender"),
    ("message-id-twice", _twice(b"wsa:MessageID"), 400, "Sender"),
    ("security-twice", _twice(b"wsse:Security"), 400, "Sender"),
    (
        "unknown-must-understand",
        _bytes(lambda octets: octets.replace(b"</env:Header>", UNKNOWN)),
        500,
        "MustUnderstand",
    ),
    (
        "deep",
        _bytes(lambda octets: octets.replace(b"<env:Body>", b"<env:Body>" + b"<a>" * 5000)),
        400,
        "Sender",
    ),
]


@pytest.mark.parametrize(
    ("change", "status", "code"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_malformed_request_gets_a_coded_fault(
    gateway: Gateway, change: Callable[[Letter], Letter], status: int, code: str
) -> None:
    """A request that is no proper message is refused in the protocol, without a word about our insides."""
    reply = gateway.send(change(letter(gateway, "ITI-55")))
    assert reply.fault is not None
    assert (reply.status, reply.fault.code) == (status, code)
    assert b"Traceback" not in reply.content and b"lxml" not in reply.content
    matched(gateway.send(letter(gateway, "ITI-55")))


def test_wrong_body_under_a_right_action_is_a_fault(gateway: Gateway) -> None:
    """A document query under the action of patient discovery is not taken for either."""
    query = letter(gateway, "ITI-38")
    reply = gateway.send(replace(letter(gateway, "ITI-55"), body=query.body))
    assert reply.fault is not None and reply.fault.code == "Sender"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/openncp-ws-server/services/XCPD_Service", 405), ("POST", "/nowhere", 404), ("POST", "/", 404)],
)
def test_off_the_service_paths_there_is_a_bare_status(
    gateway: Gateway, method: str, path: str, status: int
) -> None:
    """A crawler learns nothing but a status."""
    base = gateway.world.endpoints["HR"].xcpd.split("/openncp")[0]
    assert gateway.client.request(method, base + path).status_code == status


@pytest.mark.parametrize(
    "change",
    [
        lambda good: replace(good, content_type=soap_content_type("")),
        lambda good: replace(good, action=""),
        lambda good: replace(
            good, action="", content_type="application/soap+xml", headers={"SOAPAction": ACTION}
        ),
        lambda good: good,
    ],
    ids=["only-wsa", "only-http", "only-soapaction", "both"],
)
def test_action_is_accepted_wherever_it_stands(gateway: Gateway, change: Callable[[Letter], Letter]) -> None:
    """Real clients name the action in HTTP, in WS-Addressing, or in both (A-SOAP-04)."""
    matched(gateway.send(change(letter(gateway, "ITI-55"))))


def test_answer_relates_to_the_request(gateway: Gateway) -> None:
    """The answer names our message, its own action and SOAP 1.2 (A-SOAP-02, A-SOAP-03)."""
    request = letter(gateway, "ITI-55")
    reply = gateway.send(request)
    assert reply.envelope is not None
    assert reply.envelope.relates_to == request.message_id
    assert reply.envelope.action == oids.ACTION_XCPD_RESPONSE
    assert reply.headers["content-type"].startswith("application/soap+xml")


def test_retrieve_request_may_come_as_mtom(gateway: Gateway) -> None:
    """OpenNCP sends the ITI-39 request itself as a multipart message with one part."""
    plain = letter(gateway, "ITI-39")
    content_type, body = mtom.join(plain.octets(), {}, boundary="b0", action=plain.action)
    reply = gateway.send(replace(plain, content=body, content_type=content_type))
    assert len(reply.retrieved().documents) == 1
    assert reply.headers["content-type"].startswith("multipart/related")


def test_finnish_form_of_role_is_accepted(gateway: Gateway) -> None:
    """The HL7 namespace may be declared once, on the assertion (A-SAML-03)."""
    from ehdsi.saml import build

    unsigned = build.build_unsigned(gateway.hcp(), hl7_default_on_root=True)
    signed = build.sign_assertion(unsigned, gateway.seal)
    matched(gateway.send(replace(letter(gateway, "ITI-55"), assertions=[signed])))


def test_client_without_certificate_is_refused_by_tls(gateway: Gateway) -> None:
    """Nobody reaches the service without a certificate of a trusted issuer (A-TLS-02, A-TLS-03)."""
    pki = gateway.pki
    stranger = pki.flawed("tls_client", "FR", "unknown_issuer")
    for context in (pki.client_context(), pki.client_context(stranger)):
        with httpx.Client(verify=context, trust_env=False) as client, pytest.raises(httpx.TransportError):
            gateway.send(letter(gateway, "ITI-55"), client=client)


def test_old_tls_is_refused(gateway: Gateway) -> None:
    """TLS below 1.2 is not spoken (A-TLS-01)."""
    context = gateway.pki.server_context(gateway.pki.tls_server("HR"))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_connection_and_assertion_of_different_countries_are_refused(gateway: Gateway) -> None:
    """A partner cannot send assertions of another country over its own connection."""
    portuguese = gateway.pki.client_context(gateway.pki.tls_client("PT"))
    with httpx.Client(verify=portuguese, trust_env=False) as client:
        reply = gateway.send(letter(gateway, "ITI-55"), client=client)
    assert reply.discovery().details[0].code == "4703"
    last = gateway.world.ncp("HR").received.last
    assert [check.name for check in last.failed] == ["message:peer-country"]


def test_received_exchanges_are_kept_for_inspection(gateway: Gateway) -> None:
    """A test can see bytes, checks, outcome and patient of what an NCP received."""
    request = letter(gateway, "ITI-38")
    reply: Reply = gateway.send(request)
    last = gateway.world.ncp("HR").received.last
    assert (last.step, last.outcome, last.persona, last.failed) == ("ITI-38", "Success", "HR-1", ())
    assert last.request.body == request.octets()
    assert last.response.body == reply.content
    assert {"hcp:signature", "trc:signature", "binding:rules", "patient-of-trc"} <= {
        one.name for one in last.checks
    }
