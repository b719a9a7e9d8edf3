"""Signatures across implementations: xmlsec1 and signxml verify ours, we verify theirs."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from functools import cache

import pytest
from lxml import etree
from signxml import SignatureConfiguration, XMLSigner, XMLVerifier
from signxml.exceptions import InvalidSignature

from ehdsi import xml
from ehdsi.dsig import SERVICE_METADATA, SigningKey, sign_enveloped, verify_enveloped
from ehdsi.errors import SignatureRefused
from ehdsi.oids import NS_DS, NS_SAML, NS_SMP
from ehdsi.saml import values
from ehdsi.saml.build import (
    build_hcp_assertion,
    build_next_of_kin_assertion,
    build_trc_assertion,
    build_unsigned,
)
from ehdsi.saml.values import HcpAssertion, TrcAssertion
from tests import security

pytestmark = pytest.mark.foreign
needs_xmlsec = pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed")

NEXT_OF_KIN = replace(
    values.new_next_of_kin(security.hcp(), assertion_id="_nok-1", now=security.NOW, country="FR"),
    first_name="Ana",
    family_name="Šimić",
)
ASSERTIONS = [security.hcp(), security.trc(), NEXT_OF_KIN]


@cache
def long_lived() -> SigningKey:
    """A seal for signxml, which looks at the clock of the machine."""
    certificate = security.leaf(
        begin=security.NOW - 4000 * security.DAY, end=security.NOW + 9000 * security.DAY
    )
    return SigningKey(private_key=security.private_key(), certificate=certificate)


def assertion(value, key) -> bytes:
    """A signed assertion of its kind as bytes."""
    if isinstance(value, HcpAssertion):
        return xml.serialise(build_hcp_assertion(value, key))
    if isinstance(value, TrcAssertion):
        return xml.serialise(build_trc_assertion(value, key))
    return xml.serialise(build_next_of_kin_assertion(value, key))


def metadata(parent: bool, key: SigningKey | None = None) -> bytes:
    """An SMP document, signed by the publisher; with ``parent`` by a country inside its Extension."""
    root = etree.Element(f"{{{NS_SMP}}}SignedServiceMetadata", nsmap={None: NS_SMP, "un": "urn:unused"})
    information = etree.SubElement(
        etree.SubElement(root, f"{{{NS_SMP}}}ServiceMetadata"), f"{{{NS_SMP}}}ServiceInformation"
    )
    extension = etree.SubElement(information, f"{{{NS_SMP}}}Extension")
    sign_enveloped(
        root,
        key or security.seal(),
        position=-1,
        parent=extension if parent else None,
        reference="document",
        canonicalization="inclusive",
        subject_name=True,
    )
    return xml.serialise(root)


def xmlsec(command: str, data: bytes, folder, *options: str) -> tuple[bool, bytes]:
    """Run xmlsec1 on a document; returns its verdict and its output."""
    (folder / "in.xml").write_bytes(data)
    (folder / "ca.pem").write_bytes(security.pem(security.ca()))
    moment = security.NOW.strftime("%Y-%m-%d %H:%M:%S")
    result = subprocess.run(
        [
            "xmlsec1",
            command,
            *options,
            "--enabled-key-data",
            "x509",
            "--trusted-pem",
            str(folder / "ca.pem"),
            "--verification-time",
            moment,
            "--id-attr:ID",
            f"{NS_SAML}:Assertion",
            str(folder / "in.xml"),
        ],
        capture_output=True,
        check=False,
        timeout=30,
    )
    return result.returncode == 0, result.stdout


@needs_xmlsec
@pytest.mark.parametrize("kind", ["RSA", "EC"])
@pytest.mark.parametrize("value", ASSERTIONS, ids=["hcp", "trc", "nok"])
def test_xmlsec_verifies_our_assertions(value, kind, tmp_path):
    """Every kind of assertion, with either kind of key, satisfies xmlsec1; a change does not."""
    data = assertion(value, security.seal("FR", kind))
    assert xmlsec("--verify", data, tmp_path)[0]
    assert not xmlsec("--verify", data.replace(b"8999", b"8998"), tmp_path)[0]


@needs_xmlsec
@pytest.mark.parametrize("inside", [False, True], ids=["publisher", "country"])
def test_xmlsec_verifies_our_service_metadata(inside, tmp_path):
    """SMP signatures, outer and inner, satisfy xmlsec1."""
    data = metadata(inside)
    assert xmlsec("--verify", data, tmp_path)[0]
    assert not xmlsec(
        "--verify", data.replace(b"un:unused", b"un:other").replace(b"urn:unused", b"urn:x"), tmp_path
    )[0]


@needs_xmlsec
@pytest.mark.parametrize("value", ASSERTIONS, ids=["hcp", "trc", "nok"])
def test_we_verify_what_xmlsec_signed(value, tmp_path):
    """xmlsec1 fills a template of ours; our verifier accepts it, and refuses it once changed."""
    key = security.seal()
    template = xml.parse(assertion(value, key))
    for name in ("DigestValue", "SignatureValue"):
        template.find(f".//{{{NS_DS}}}{name}").text = ""
    certificate = template.find(f".//{{{NS_DS}}}X509Certificate")
    certificate.getparent().remove(certificate)
    (tmp_path / "key.pem").write_bytes(security.key_pem(key.private_key))
    (tmp_path / "leaf.pem").write_bytes(security.pem(key.certificate))
    ok, data = xmlsec(
        "--sign",
        xml.serialise(template),
        tmp_path,
        "--privkey-pem",
        f"{tmp_path / 'key.pem'},{tmp_path / 'leaf.pem'}",
    )
    assert ok
    assert verify_enveloped(xml.parse(data)).certificate == key.certificate
    with pytest.raises(SignatureRefused):
        verify_enveloped(xml.parse(data.replace(b"8999", b"8998")))


@pytest.mark.parametrize("value", ASSERTIONS, ids=["hcp", "trc", "nok"])
def test_signxml_verifies_our_assertions(value):
    """signxml accepts ours under a strict configuration and returns the same content; a change it refuses."""
    key = long_lived()
    data = assertion(value, key)
    configuration = SignatureConfiguration(location="./", expect_references=1)
    seen = XMLVerifier().verify(
        xml.parse(data), x509_cert=key.certificate, id_attribute="ID", expect_config=configuration
    )
    assert seen.signed_xml.get("ID") == value.id
    assert seen.signed_data == verify_enveloped(xml.parse(data)).canonical
    with pytest.raises(InvalidSignature):
        XMLVerifier().verify(
            xml.parse(data.replace(b"8999", b"8998")),
            x509_cert=key.certificate,
            id_attribute="ID",
            expect_config=configuration,
        )


@pytest.mark.parametrize("value", ASSERTIONS, ids=["hcp", "trc", "nok"])
def test_we_verify_what_signxml_signed(value):
    """An assertion signed by signxml, its certificate in PEM line lengths, is verified by us."""
    key = security.seal()
    element = build_unsigned(value)
    placeholder = etree.Element(f"{{{NS_DS}}}Signature", Id="placeholder", nsmap={"ds": NS_DS})
    element.insert(1, placeholder)
    signed = XMLSigner(
        signature_algorithm="rsa-sha256",
        digest_algorithm="sha256",
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
    ).sign(element, key=key.private_key, cert=security.pem(key.certificate).decode(), reference_uri=value.id)
    assert verify_enveloped(xml.parse(xml.serialise(signed))).signed.get("ID") == value.id


def test_signxml_verifies_our_service_metadata():
    """An SMP document of ours satisfies signxml."""
    data = metadata(parent=False, key=long_lived())
    seen = XMLVerifier().verify(xml.parse(data), x509_cert=long_lived().certificate)
    assert seen.signed_data == verify_enveloped(xml.parse(data), policy=SERVICE_METADATA).canonical
