"""Signing and verifying: what holds, and each thing that must not."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from lxml import etree

from ehdsi import dsig, xml
from ehdsi.dsig import ASSERTION, SERVICE_METADATA, SigningKey, sign_enveloped, verify_enveloped
from ehdsi.errors import LocalError, SignatureRefused
from ehdsi.oids import NS_DS, NS_SMP
from ehdsi.saml.build import build_hcp_assertion, build_trc_assertion, build_unsigned, sign_assertion
from tests import security

DS = f"{{{NS_DS}}}"


def signed(kind: str = "RSA", **options):
    """A signed assertion as a receiver parses it."""
    assertion = build_unsigned(security.hcp())
    sign_enveloped(assertion, security.seal("FR", kind), **options)
    return xml.parse(xml.serialise(assertion))


def metadata(**options):
    """A signed SMP document as a receiver parses it."""
    root = etree.Element(f"{{{NS_SMP}}}SignedServiceMetadata", nsmap={None: NS_SMP, "un": "urn:unused"})
    body = etree.SubElement(root, f"{{{NS_SMP}}}ServiceMetadata")
    etree.SubElement(body, f"{{{NS_SMP}}}ServiceInformation").text = "é &<>"
    options = {"reference": "document", "canonicalization": "inclusive", "position": -1} | options
    sign_enveloped(root, security.seal(), **options)
    return xml.parse(xml.serialise(root))


@pytest.mark.parametrize("kind", ["RSA", "EC"])
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_a_signature_holds(kind, hash_name):
    """What we sign with either kind of key and any SHA-2 we verify, and the certificate comes back."""
    verified = verify_enveloped(signed(kind, hash_name=hash_name))
    assert verified.certificate == security.seal("FR", kind).certificate
    assert verified.algorithm.endswith(f"sa-{hash_name}")


def test_only_the_signed_part_comes_back():
    """The tree returned is a copy made of the digested bytes, without the signature."""
    assertion = signed()
    verified = verify_enveloped(assertion)
    assert verified.signed is not assertion
    assert verified.signed.find(f"{DS}Signature") is None
    assert verified.canonical == etree.tostring(verified.signed, method="c14n", exclusive=True,
                                                inclusive_ns_prefixes=["xs"])


def test_the_message_is_left_as_it_was():
    """Verifying alters nothing in the received tree, so it can be verified and stored again."""
    assertion = signed()
    before = xml.serialise(assertion)
    verify_enveloped(assertion)
    assert xml.serialise(assertion) == before


def test_the_place_in_the_envelope_does_not_matter():
    """Namespaces of a surrounding message do not reach the digest of an assertion."""
    message = etree.Element("{urn:m}m", nsmap={None: "urn:m", "xs": "urn:other", "q": "urn:q"})
    message.append(build_hcp_assertion(security.hcp(), security.seal()))
    parsed = xml.parse(xml.serialise(message))
    assert verify_enveloped(parsed[0]).signed.get("ID") == "_hcp-1"


def test_a_layout_with_newlines_holds():
    """Signers that put line ends between the children of SignedInfo and around the signature are verified."""
    text = xml.serialise(build_unsigned(security.hcp())).replace(b"</saml2:Issuer>", b"</saml2:Issuer>\n  \n")
    assertion = xml.parse(text)
    sign_enveloped(assertion, security.seal())
    signature = assertion[1]
    assert (assertion[0].tail, signature.tail) == ("\n  \n", None)
    assertion[0].tail, signature.tail = "\n ", " \n"
    assert verify_enveloped(xml.parse(xml.serialise(assertion))).signed[0].tail == "\n  \n"
    signature[1].text = base64.encodebytes(base64.b64decode(signature[1].text)).decode()
    assert verify_enveloped(xml.parse(xml.serialise(assertion))).signed.get("ID") == "_hcp-1"


def test_a_document_signature_holds_and_covers_the_inner_one():
    """SMP style: empty URI, one transform, inclusive canonicalisation."""
    root = metadata(subject_name=True)
    assert len(root.findall(f".//{DS}Transform")) == 1
    assert root.find(f".//{DS}X509SubjectName").text == "CN=seal FR,C=FR"
    assert verify_enveloped(root, policy=SERVICE_METADATA).signed.tag == root.tag


def test_a_signature_held_deeper_is_found_by_path():
    """The signature of a country lies in an Extension inside what it covers."""
    root = etree.Element(f"{{{NS_SMP}}}ServiceMetadata", nsmap={None: NS_SMP})
    extension = etree.SubElement(etree.SubElement(root, f"{{{NS_SMP}}}ServiceInformation"),
                                 f"{{{NS_SMP}}}Extension")
    sign_enveloped(root, security.seal(), parent=extension, position=0, reference="document",
                   canonicalization="inclusive")
    parsed = xml.parse(xml.serialise(root))
    holder = f"{{{NS_SMP}}}ServiceInformation/{{{NS_SMP}}}Extension"
    assert verify_enveloped(parsed, policy=SERVICE_METADATA, holder=holder).certificate
    with pytest.raises(SignatureRefused):
        verify_enveloped(parsed, policy=SERVICE_METADATA)


def edit(xpath: str, *, text: str | None = None, attribute: tuple[str, str] | None = None,
         remove: bool = False):
    """A mutation: the first node at the path is changed or removed."""
    def apply(root):
        node = root.xpath(xpath, namespaces={"ds": NS_DS, "s": "urn:oasis:names:tc:SAML:2.0:assertion"})[0]
        if text is not None:
            node.text = text
        if attribute is not None:
            node.set(*attribute)
        if remove:
            node.getparent().remove(node)
    return apply


def duplicate(xpath: str):
    """A mutation: the first node at the path stands twice."""
    def apply(root):
        node = root.xpath(xpath, namespaces={"ds": NS_DS})[0]
        node.addnext(xml.parse(xml.serialise(node)))
    return apply


def foreign_child(xpath: str, tag: str):
    """A mutation: a child that does not belong there."""
    def apply(root):
        etree.SubElement(root.xpath(xpath, namespaces={"ds": NS_DS})[0], tag)
    return apply


MUTATIONS = {
    "no signature": (edit("ds:Signature", remove=True), "not signed"),
    "content changed": (edit("s:Subject/s:NameID", text="1"), "changed after"),
    "attribute changed": (edit("s:Conditions", attribute=("NotOnOrAfter", "2036-01-01T00:00:00Z")),
                          "changed after"),
    "value altered": (edit("//ds:SignatureValue", text=base64.b64encode(b"x" * 256).decode()),
                      "value is wrong"),
    "value empty": (edit("//ds:SignatureValue", text=""), "value is wrong"),
    "value not base64": (edit("//ds:SignatureValue", text="§"), "not base64"),
    "digest altered": (edit("//ds:DigestValue", text=base64.b64encode(b"x" * 32).decode()), "value is wrong"),
    "other reference": (edit("//ds:Reference", attribute=("URI", "#_other")), "does not refer"),
    "whole document": (edit("//ds:Reference", attribute=("URI", "")), "does not refer"),
    "two references": (duplicate("//ds:Reference"), "unexpected build"),
    "two signatures": (duplicate("ds:Signature"), "several signatures"),
    "object inside": (foreign_child("ds:Signature", f"{DS}Object"), "unexpected build"),
    "object in reference": (foreign_child("//ds:Reference", f"{DS}Manifest"), "unexpected build"),
    "xpath transform": (edit("//ds:Transform[1]", attribute=("Algorithm",
                                                             "http://www.w3.org/TR/1999/REC-xpath-19991116")),
                        "transforms"),
    "no transform": (edit("//ds:Transform[1]", remove=True), "transforms"),
    "third transform": (duplicate("//ds:Transform[2]"), "transforms"),
    "foreign transform": (foreign_child("//ds:Transforms", "{urn:x}Transform"), "transforms"),
    "inclusive": (edit("//ds:CanonicalizationMethod", attribute=("Algorithm", dsig.C14N_INCLUSIVE)),
                  "canonicalisation"),
    "with comments": (edit("//ds:Transform[2]", attribute=("Algorithm",
                                                           dsig.C14N_EXCLUSIVE + "WithComments")),
                      "canonicalisation"),
    "hmac": (edit("//ds:SignatureMethod", attribute=("Algorithm", f"{NS_DS}hmac-sha1")), "algorithm"),
    "md5": (edit("//ds:DigestMethod", attribute=("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#md5")),
            "algorithm"),
    "kind of key": (edit("//ds:SignatureMethod", attribute=(
        "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256")), "does not fit"),
    "no key info": (edit("//ds:KeyInfo", remove=True), "number of certificates"),
    "no certificate": (edit("//ds:X509Certificate", remove=True), "number of certificates"),
    "two certificates": (duplicate("//ds:X509Certificate"), "number of certificates"),
    "certificate garbage": (edit("//ds:X509Certificate", text="AAAA"), "cannot be read"),
    "no id": (lambda root: root.attrib.pop("ID"), "does not refer"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_spoilt_signature_is_refused(mutation):
    """Each single change to a signed assertion is refused, with a reason that names it."""
    root = signed()
    spoil, reason = MUTATIONS[mutation]
    spoil(root)
    with pytest.raises(SignatureRefused, match=reason):
        verify_enveloped(xml.parse(xml.serialise(root)))


def test_the_certificate_of_another_key_does_not_verify():
    """A signature is held against the certificate that stands beside it."""
    root = signed()
    edit("//ds:X509Certificate", text=security.stranger().certificate_text)(root)
    with pytest.raises(SignatureRefused, match="value is wrong"):
        verify_enveloped(root)


def test_an_expected_certificate_is_insisted_upon():
    """A pinned certificate may be left out of the message, but no other may stand there."""
    root = signed()
    own, other = security.seal().certificate, security.stranger().certificate
    assert verify_enveloped(root, certificate=own).certificate == own
    with pytest.raises(SignatureRefused, match="another certificate"):
        verify_enveloped(root, certificate=other)
    edit("//ds:KeyInfo", remove=True)(root)
    assert verify_enveloped(root, certificate=own).certificate == own


def test_sha1_needs_permission():
    """SHA-1 is refused unless an archive is being read."""
    root = signed(hash_name="sha1")
    with pytest.raises(SignatureRefused, match="SHA-1"):
        verify_enveloped(root)
    assert verify_enveloped(root, policy=replace(ASSERTION, allow_sha1=True)).signed.get("ID") == "_hcp-1"


def test_several_certificates_need_permission():
    """With permission the leaf is found among the certificates, in any order."""
    root = signed()
    data = root.find(f".//{DS}X509Data")
    extra = etree.SubElement(data, f"{DS}X509Certificate")
    extra.text = base64.b64encode(security.ca().public_bytes(security.serialization.Encoding.DER)).decode()
    data.insert(0, extra)
    with pytest.raises(SignatureRefused, match="number of certificates"):
        verify_enveloped(root)
    verified = verify_enveloped(root, policy=replace(ASSERTION, max_certificates=3))
    assert verified.certificates == (security.seal().certificate, security.ca())


def test_a_short_key_is_refused():
    """RSA below 2048 bits does not count."""
    key = security.private_key("RSA", 1024)
    weak = SigningKey(private_key=key, certificate=security.leaf(key=key))
    with pytest.raises(SignatureRefused, match="too short"):
        verify_enveloped(sign_assertion(build_unsigned(security.hcp()), weak))


def test_a_prefix_list_is_honoured():
    """xs, used only inside xsi:type, is covered: to redefine it breaks the signature."""
    text = xml.serialise(build_trc_assertion(security.trc(), security.seal()))
    assert b'PrefixList="xs"' in text
    forged = text.replace(b'xmlns:xs="http://www.w3.org/2001/XMLSchema"', b'xmlns:xs="urn:other"')
    with pytest.raises(SignatureRefused, match="changed after"):
        verify_enveloped(xml.parse(forged))


def test_keys_load_from_pem():
    """A key and its certificate come from PEM files; a pair that does not fit is our own error."""
    key, certificate = security.seal().private_key, security.seal().certificate
    loaded = SigningKey.from_pem(security.key_pem(key), security.pem(certificate))
    assert loaded.certificate == certificate
    assert "PRIVATE" not in repr(loaded)
    with pytest.raises(LocalError, match="does not belong"):
        SigningKey.from_pem(security.key_pem(key), security.pem(security.stranger().certificate))
    with pytest.raises(LocalError, match="cannot be loaded"):
        SigningKey.from_pem(b"no key", security.pem(certificate))


def test_signing_needs_something_to_refer_to():
    """An element without ID, or a part of a document, is not signed by mistake."""
    with pytest.raises(LocalError, match="without ID"):
        sign_enveloped(etree.Element("a"), security.seal())
    with pytest.raises(LocalError, match="whole document"):
        sign_enveloped(etree.SubElement(etree.Element("a"), "b"), security.seal(), reference="document")
