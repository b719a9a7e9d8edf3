"""Signature wrapping: a good signature is moved, hidden or doubled to have something else read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from ehdsi import soap, xml
from ehdsi.errors import PeerError
from ehdsi.oids import NS_DS, NS_SAML, NS_WSSE
from ehdsi.saml.build import build_hcp_assertion, build_unsigned
from ehdsi.saml.receive import choose, receive
from ehdsi.saml.vocabulary import Transaction
from tests import security

SAML, DS, WSSE = f"{{{NS_SAML}}}", f"{{{NS_DS}}}", f"{{{NS_WSSE}}}"
ATTACKER = "attacker"


def good():
    """The assertion that was really signed."""
    return xml.parse(xml.serialise(build_hcp_assertion(security.hcp(), security.seal())))


def forged(assertion_id: str):
    """What the attacker would like to be read."""
    return xml.parse(xml.serialise(build_unsigned(replace(security.hcp(), id=assertion_id,
                                                          name_id=ATTACKER))))


def message(*children) -> bytes:
    """A SOAP message whose security header has these children."""
    return soap.build_envelope(b"<q xmlns='urn:q'/>", action="urn:a", assertions=[xml.serialise(one)
                                                                                  for one in children])


def forged_first_with_good_inside_wrapper():
    """The signed one moves into a wrapper, the forged one stands first under another ID."""
    wrapper = etree.Element("{urn:w}Wrapper")
    wrapper.append(good())
    return message(forged("_evil"), wrapper)


def forged_with_signature_copied():
    """The forged one carries the signature of the signed one, which stands behind it."""
    evil, real = forged("_evil"), good()
    evil.insert(1, xml.parse(xml.serialise(real.find(f"{DS}Signature"))))
    wrapper = etree.Element("{urn:w}Wrapper")
    wrapper.append(real)
    return message(evil, wrapper)


def same_id_twice():
    """Forged and signed one have the same ID."""
    evil = forged("_hcp-1")
    evil.insert(1, xml.parse(xml.serialise(good().find(f"{DS}Signature"))))
    wrapper = etree.Element("{urn:w}Wrapper")
    wrapper.append(good())
    return message(evil, wrapper)


def same_id_twice_good_first():
    """The same, the other way round."""
    return message(good(), forged("_hcp-1"))


def original_hidden_in_object():
    """The signed one lies in a ds:Object of the signature of the forged one."""
    evil, real = forged("_evil"), good()
    signature = xml.parse(xml.serialise(real.find(f"{DS}Signature")))
    etree.SubElement(signature, f"{DS}Object").append(real)
    evil.insert(1, signature)
    return message(evil)


def original_hidden_in_advice():
    """The signed one lies in the Advice of the forged one, whose signature refers to it."""
    evil, real = forged("_evil"), good()
    signature = real.find(f"{DS}Signature")
    evil.insert(1, xml.parse(xml.serialise(signature)))
    advice = etree.Element(f"{SAML}Advice")
    advice.append(real)
    evil.insert(4, advice)
    return message(evil)


def original_hidden_in_attribute_value():
    """The signed one lies in an attribute value of the forged one."""
    evil, real = forged("_evil"), good()
    evil.insert(1, xml.parse(xml.serialise(real.find(f"{DS}Signature"))))
    evil.find(f".//{SAML}AttributeValue").append(real)
    return message(evil)


def original_in_key_info():
    """The signed one lies in KeyInfo."""
    evil, real = forged("_evil"), good()
    signature = xml.parse(xml.serialise(real.find(f"{DS}Signature")))
    signature.find(f"{DS}KeyInfo").append(real)
    evil.insert(1, signature)
    return message(evil)


def second_subject():
    """A second Subject is put before the signed one."""
    evil = good()
    evil.insert(2, forged("_evil").find(f"{SAML}Subject"))
    return message(evil)


def second_security_header():
    """A second security header carries the forged one."""
    root = xml.parse(message(good()))
    header = etree.Element(f"{WSSE}Security")
    header.append(forged("_evil"))
    root[0].insert(0, header)
    return xml.serialise(root)


def second_header():
    """A second SOAP header carries the forged one."""
    root = xml.parse(message(forged("_evil")))
    other = xml.parse(message(good()))
    root.insert(0, other[0])
    return xml.serialise(root)


def entity_in_the_document_type():
    """A document type declaration would define what the signed text means."""
    return b"<!DOCTYPE e [<!ENTITY n 'attacker'>]>" + message(good()).split(b"?>", 1)[1].lstrip()


ATTACKS = [forged_first_with_good_inside_wrapper, forged_with_signature_copied, same_id_twice,
           same_id_twice_good_first, original_hidden_in_object, original_hidden_in_advice,
           original_hidden_in_attribute_value, original_in_key_info, second_subject, second_security_header,
           second_header, entity_in_the_document_type]


def read(data: bytes) -> str:
    """Name identifier that a receiver would act upon."""
    envelope = soap.parse_envelope(data)
    presented = choose(envelope.assertions, transaction=Transaction.XCPD)
    assert presented.hcp is not None
    received = receive(presented.hcp, anchors=security.anchors(), now=security.NOW,
                       transaction=Transaction.XCPD)
    return received.values.name_id


def test_the_unattacked_message_is_read():
    """The same path reads the honest message, so the refusals below are refusals of the attack."""
    assert read(message(good())) == "899900000001"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_wrapping_is_refused(attack):
    """A wrapped, doubled or hidden assertion is refused as the peer's error, never read."""
    with pytest.raises(PeerError):
        read(attack())


@pytest.mark.parametrize("attack", ATTACKS[:9], ids=lambda attack: attack.__name__)
def test_wrapping_is_refused_by_the_signature_alone(attack):
    """Without the schema check too, no attack makes the verifier return the attacker's identity."""
    from ehdsi.saml.policy import OPENNCP_LIKE

    envelope = soap.parse_envelope(attack())
    for assertion in envelope.assertions:
        try:
            received = receive(assertion, anchors=security.anchors(), now=security.NOW,
                               transaction=Transaction.XCPD, policy=replace(OPENNCP_LIKE, structure=False))
        except PeerError:
            continue
        assert received.values.name_id != ATTACKER


def test_a_comment_inside_a_name_does_not_cut_it():
    """A comment put into the signed NameID leaves the signature valid and the whole name readable."""
    text = message(good()).replace(b"899900000001", b"8999<!-- x -->00000001")
    assert read(text) == "899900000001"
