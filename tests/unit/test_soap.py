"""SOAP 1.2 envelopes and faults: what we write is read back, what the profile forbids is refused."""

from __future__ import annotations

import pytest
from lxml import etree

from ehdsi import soap, xml
from ehdsi.errors import MalformedSoap, MalformedXml
from ehdsi.media_type import http_action, parse_media_type, soap_content_type
from ehdsi.oids import NS_SAML, NS_SOAP11, NS_SOAP12, NS_WSA, NS_WSSE, WSA_ANONYMOUS
from ehdsi.saml.build import build_hcp_assertion
from ehdsi.soap import EnvelopeRules, Fault, build_envelope, build_fault, parse_envelope, parse_fault
from tests import security

ACTION = "urn:ihe:iti:2007:CrossGatewayQuery"
NAMESPACES = {"e": NS_SOAP12, "a": NS_WSA, "w": NS_WSSE}


def payload():
    """A payload with a default namespace of its own."""
    return xml.parse(b'<q xmlns="urn:q"><r/></q>')


def request(**changes) -> bytes:
    """A complete request."""
    values = {"action": ACTION, "message_id": "urn:uuid:1", "to": "https://ncp.example.org/x",
              "reply_to": WSA_ANONYMOUS,
              "assertions": (b'<s:Assertion xmlns:s="%s" ID="_1"/>' % NS_SAML.encode(),)}
    return build_envelope(payload(), **values | changes)


def test_a_request_is_read_back():
    """Every header and the payload come back as they were given."""
    envelope = parse_envelope(request(relates_to="urn:uuid:0"))
    assert (envelope.action, envelope.message_id, envelope.relates_to, envelope.to, envelope.reply_to) == (
        ACTION, "urn:uuid:1", "urn:uuid:0", "https://ncp.example.org/x", WSA_ANONYMOUS)
    assert [one.get("ID") for one in envelope.assertions] == ["_1"]
    assert [one.tag for one in envelope.body.iter()] == ["{urn:q}q", "{urn:q}r"]
    assert envelope.remarks == ()


def test_headers_stand_in_the_order_of_the_profile():
    """To, Action, MessageID, ReplyTo, Security; To and Action must be understood."""
    header = xml.parse(request())[0]
    assert [etree.QName(block).localname for block in header] == ["To", "Action", "MessageID", "ReplyTo",
                                                                  "Security"]
    assert [block.get(f"{{{NS_SOAP12}}}mustUnderstand") for block in header] == ["1", "1", None, None, None]


def test_assertion_bytes_go_in_untouched():
    """A signed assertion stands in the message byte for byte, wherever it came from."""
    octets = xml.serialise(build_hcp_assertion(security.hcp(), security.seal()))
    assert octets in request(assertions=[octets])
    element = xml.parse(octets)
    assert octets in request(assertions=[element])
    assert element.getparent() is None


def test_a_slot_in_the_content_is_not_filled():
    """Content that looks like our placeholder stays where it is."""
    body = b'<q xmlns="urn:q">&lt;!--slot--></q>'
    data = build_envelope(body, action="urn:a", to="urn:&lt;!--slot-->", assertions=[b"<a><!--slot--></a>"])
    assert body in data
    assert data.count(b"<a><!--slot--></a>") == 1


def test_no_security_header_is_written_unless_asked():
    """None leaves the header out, an empty sequence writes it empty."""
    assert parse_envelope(request(assertions=None)).security is None
    envelope = parse_envelope(request(assertions=()))
    assert envelope.security is not None
    assert envelope.assertions == ()


def mutated(xpath: str, action) -> bytes:
    """A request with one node changed."""
    root = xml.parse(request())
    action(root.xpath(xpath, namespaces=NAMESPACES)[0])
    return xml.serialise(root)


def doubled(node):
    """Put a copy of the node behind it."""
    node.addnext(xml.parse(xml.serialise(node)))


def removed(node):
    """Take the node out."""
    node.getparent().remove(node)


def text(value: str):
    """Give the node this text."""
    def apply(node):
        node.text = value
    return apply


def unknown_header(must_understand: str, role: str = ""):
    """Add a header that nobody knows."""
    def apply(header):
        block = etree.SubElement(header, "{urn:unknown}Header")
        block.set(f"{{{NS_SOAP12}}}mustUnderstand", must_understand)
        if role:
            block.set(f"{{{NS_SOAP12}}}role", role)
    return apply


REFUSALS = {
    "soap 1.1": (request().replace(NS_SOAP12.encode(), NS_SOAP11.encode()), "VersionMismatch", "SOAP 1.1"),
    "unknown version": (request().replace(NS_SOAP12.encode(), b"urn:soap:9"), "VersionMismatch",
                        "not a SOAP"),
    "no envelope": (b"<html/>", "Sender", "not a SOAP"),
    "two headers": (mutated("//e:Header", doubled), "Sender", "unexpected build"),
    "two bodies": (mutated("//e:Body", doubled), "Sender", "unexpected build"),
    "no body": (mutated("//e:Body", removed), "Sender", "unexpected build"),
    "empty body": (mutated("//e:Body/*", removed), "Sender", "must hold one message"),
    "two payloads": (mutated("//e:Body/*", doubled), "Sender", "must hold one message"),
    "two actions": (mutated("//a:Action", doubled), "Sender", "stands twice"),
    "two message ids": (mutated("//a:MessageID", doubled), "Sender", "stands twice"),
    "two security headers": (mutated("//w:Security", doubled), "Sender", "stands twice"),
    "empty action": (mutated("//a:Action", text(" ")), "Sender", "holds no address"),
    "spaces in an address": (mutated("//a:To", text("https://a b")), "Sender", "holds no address"),
    "endless address": (mutated("//a:To", text("https://" + "a" * 9000)), "Sender", "holds no address"),
    "no scheme": (mutated("//a:MessageID", text("1234")), "Sender", "not a URI"),
    "not understood": (mutated("//e:Header", unknown_header("1")), "MustUnderstand", "must be understood"),
    "not understood by next": (mutated("//e:Header", unknown_header("true", f"{NS_SOAP12}/role/next")),
                               "MustUnderstand", "must be understood"),
    "strange flag": (mutated("//e:Header", unknown_header("yes")), "Sender", "not a boolean"),
    "no action": (mutated("//a:Action", removed), "Sender", "names no action"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_broken_envelope_is_refused(case):
    """Each breach of SOAP or WS-Addressing is the peer's error, with the fault code that answers it."""
    data, code, reason = REFUSALS[case]
    with pytest.raises(MalformedSoap, match=reason) as caught:
        parse_envelope(data)
    assert caught.value.code == code
    assert soap.fault_of(caught.value).code == code


@pytest.mark.parametrize("header", [unknown_header("0"), unknown_header("1", "urn:another:role")])
def test_headers_for_others_pass(header):
    """A header that need not be understood, or that is meant for another role, does no harm."""
    assert parse_envelope(mutated("//e:Header", header)).action == ACTION


def test_a_client_may_let_unknown_headers_pass():
    """A reader of answers need not understand everything."""
    data = mutated("//e:Header", unknown_header("1"))
    assert parse_envelope(data, rules=EnvelopeRules(must_understand=False)).action == ACTION


def test_actions_of_http_and_of_the_message_must_agree():
    """One of them is enough; two different ones are refused; an action that is not offered too."""
    bare = mutated("//a:Action", removed)
    assert parse_envelope(bare, http_action=ACTION).action == ACTION
    assert parse_envelope(request(), http_action=ACTION).action == ACTION
    with pytest.raises(MalformedSoap, match="different actions"):
        parse_envelope(request(), http_action="urn:other")
    with pytest.raises(MalformedSoap, match="not offered"):
        parse_envelope(request(), rules=EnvelopeRules(actions=frozenset({"urn:other"})))


def test_misnamed_addressing_headers_are_let_pass_with_a_remark():
    """OpenNCP writes the headers of ITI-39 in the namespace of the anonymous address."""
    data = request(reply_to="").replace(f'"{NS_WSA}"'.encode(), f'"{WSA_ANONYMOUS}"'.encode())
    envelope = parse_envelope(data, http_action=ACTION)
    assert (envelope.message_id, len(envelope.remarks)) == ("urn:uuid:1", 1)
    with pytest.raises(MalformedSoap, match="must be understood"):
        parse_envelope(data, http_action=ACTION, rules=EnvelopeRules(misnamed_addressing=False))


def test_message_ids_without_urn_are_accepted():
    """Both urn:uuid: and uuid: occur on the wire."""
    assert parse_envelope(request(message_id="uuid:2")).message_id == "uuid:2"


def test_an_identifier_and_the_right_answer_can_be_demanded():
    """A strict reader wants a MessageID, and an answer that relates to its own request."""
    with pytest.raises(MalformedSoap, match="no identifier"):
        parse_envelope(request(message_id=""), rules=EnvelopeRules(require_message_id=True))
    answer = request(relates_to="urn:uuid:9")
    assert parse_envelope(answer, rules=EnvelopeRules(answers="urn:uuid:9")).relates_to == "urn:uuid:9"
    with pytest.raises(MalformedSoap, match="another request"):
        parse_envelope(answer, rules=EnvelopeRules(answers="urn:uuid:8"))


def test_bytes_that_are_no_xml_are_refused():
    """Broken XML and a document type declaration never reach the envelope."""
    for data in (b"", b"<a", b"<!DOCTYPE a><a/>"):
        with pytest.raises(MalformedXml):
            parse_envelope(data)


@pytest.mark.parametrize("code", ["VersionMismatch", "MustUnderstand", "Sender", "Receiver"])
def test_a_fault_is_read_back(code):
    """Code, reason, subcodes and detail of a fault survive, and the answer relates to the request."""
    detail = etree.Element("{urn:d}detail")
    fault = Fault(code=code, reason="no <such> thing", subcodes=("wsa:InvalidAddressingHeader",),
                  detail=detail)
    envelope = parse_envelope(build_fault(fault, relates_to="uuid:7", message_id="urn:uuid:8"))
    read = parse_fault(envelope.body)
    assert read is not None
    assert (read.code, read.reason, read.subcodes) == (code, "no <such> thing",
                                                       ("wsa:InvalidAddressingHeader",))
    assert read.detail is not None
    assert envelope.relates_to == "uuid:7"
    assert detail.getparent() is None


def test_what_is_no_fault_is_none():
    """A payload is told from a fault; a fault without code counts as the receiver's."""
    assert parse_fault(payload()) is None
    bare = parse_fault(xml.parse(b'<e:Fault xmlns:e="%s"/>' % NS_SOAP12.encode()))
    assert bare == Fault(code="Receiver", reason="")


def test_faults_have_their_http_status():
    """400 for the sender's mistakes, 500 for all others."""
    assert soap.http_status(Fault(code="Sender", reason="x")) == 400
    assert soap.http_status(Fault(code="VersionMismatch", reason="x")) == 500


def test_message_ids_are_urns():
    """The source of identifiers is an argument."""
    assert soap.new_message_id(lambda: "abc") == "urn:uuid:abc"


def test_content_types_are_written_and_read():
    """The action travels in the content type, the older SOAPAction header is read too."""
    written = soap_content_type(ACTION)
    assert written == f'application/soap+xml; charset=UTF-8; action="{ACTION}"'
    assert http_action(parse_media_type(written)) == ACTION
    assert http_action(parse_media_type("application/soap+xml"), f'"{ACTION}"') == ACTION
    assert soap_content_type("") == "application/soap+xml; charset=UTF-8"
