"""Signing: a key with its certificate, and the enveloped signature made with it.

Source: XML Signature 1.1, sections 4 and 6; SAML 2.0 core 5.4; OASIS BDX-SMP 1.0, section 2.4.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from ehdsi import xml
from ehdsi.dsig.methods import (
    C14N_EXCLUSIVE,
    C14N_INCLUSIVE,
    DIGEST_METHODS,
    ENVELOPED,
    HASHES,
    SIGNATURE,
    SIGNATURE_METHODS,
    Canonicalization,
    HashName,
    canonical_bytes,
)
from ehdsi.errors import LocalError
from ehdsi.oids import NS_DS, NS_EC
from ehdsi.xml import XmlElement

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key with its certificate, loaded once and used many times.

    Attributes
    ----------
    private_key : RSA (the wire's habit) or elliptic curve.
    certificate : the leaf that goes into ``KeyInfo``; its public key must belong to ``private_key`` (a test
        that wants a misfit replaces the certificate text in the message instead).
    """

    private_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    certificate_text: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.private_key.public_key() != self.certificate.public_key():
            raise LocalError("the private key does not belong to the certificate")
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        object.__setattr__(self, "certificate_text", base64.b64encode(der).decode("ascii"))

    @classmethod
    def from_pem(cls, private_key: bytes, certificate: bytes, *, password: bytes | None = None) -> SigningKey:
        """Load both from PEM text.

        The costly consistency check of RSA keys (some 40 ms) is left out: these are our own files, and a key
        that does not fit its certificate is refused anyway.

        Raises
        ------
        LocalError : not PEM, neither RSA nor elliptic curve, or the two do not belong together.
        """
        try:
            key = serialization.load_pem_private_key(private_key, password,
                                                     unsafe_skip_rsa_key_validation=True)
            leaf = x509.load_pem_x509_certificate(certificate)
        except (ValueError, TypeError) as error:
            raise LocalError(f"key or certificate cannot be loaded: {error}") from None
        if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            raise LocalError("only RSA and elliptic curve keys can sign here")
        return cls(private_key=key, certificate=leaf)

    def __repr__(self) -> str:
        return f"SigningKey({self.certificate.subject.rfc4514_string()!r})"


def sign_enveloped(
    element: XmlElement, key: SigningKey, *, position: int = 1, parent: XmlElement | None = None,
    reference: Literal["id", "document"] = "id", canonicalization: Canonicalization = "exclusive",
    inclusive_prefixes: Sequence[str] = ("xs",), hash_name: HashName = "sha256", subject_name: bool = False,
) -> XmlElement:
    """Sign an element in place and return its new ``ds:Signature``.

    Parameters
    ----------
    element : what is signed; for ``reference="id"`` it has an ``ID`` attribute, for ``document`` it is a
        root.
    position : index among the children of ``parent`` where the signature goes. In an assertion it stands
        right after ``Issuer``: 1. Negative: at the end.
    parent : where the signature goes, ``element`` itself by default (an SMP file of a country: its
        Extension).
    canonicalization : ``exclusive`` for assertions; ``inclusive`` for SMP, then no second transform is
        written.
    inclusive_prefixes : prefixes used inside values only (``xs`` in ``xsi:type``), written as a PrefixList
        where the element declares them.
    hash_name : hash of signature and digest. ``sha1`` exists to test refusals.
    subject_name : write ``X509SubjectName`` before the certificate, as SMP publishers do.

    Raises
    ------
    LocalError : no ``ID``, or an element that is not a root where a document is signed.

    Source: XML Signature 1.1, sections 4 and 6; SAML 2.0 core 5.4.
    """
    if reference == "document" and element.getparent() is not None:
        raise LocalError("only a whole document can be signed with an empty reference")
    if reference == "id" and not element.get("ID"):
        raise LocalError("an element without ID cannot be signed")
    uri = f"#{element.get('ID')}" if reference == "id" else ""
    prefixes = tuple(prefix for prefix in inclusive_prefixes if prefix in element.nsmap)
    # lxml honours a PrefixList only for prefixes that its parser has met: canonicalise what readers will see.
    seen = xml.parse(xml.serialise(element)) if prefixes else element
    digest = hashlib.new(hash_name, canonical_bytes(seen, canonicalization, prefixes)).digest()
    signature = _signature_element(key, uri, digest, canonicalization, prefixes, hash_name)
    host = element if parent is None else parent
    host.insert(position if position >= 0 else len(host), signature)
    signed_info = canonical_bytes(signature[0], canonicalization, ())
    signature[1].text = base64.b64encode(_raw_sign(key, signed_info, hash_name)).decode("ascii")
    data = etree.SubElement(etree.SubElement(signature, f"{{{NS_DS}}}KeyInfo"), f"{{{NS_DS}}}X509Data")
    if subject_name:
        etree.SubElement(data, f"{{{NS_DS}}}X509SubjectName").text = key.certificate.subject.rfc4514_string()
    etree.SubElement(data, f"{{{NS_DS}}}X509Certificate").text = key.certificate_text
    return signature


def _signature_element(key: SigningKey, uri: str, digest: bytes, canonicalization: Canonicalization,
                       prefixes: tuple[str, ...], hash_name: HashName) -> XmlElement:
    """``ds:Signature`` with its SignedInfo and an empty SignatureValue."""
    kind = "EC" if isinstance(key.private_key, ec.EllipticCurvePrivateKey) else "RSA"
    c14n = C14N_EXCLUSIVE if canonicalization == "exclusive" else C14N_INCLUSIVE
    signature = etree.Element(SIGNATURE, nsmap={"ds": NS_DS})
    info = etree.SubElement(signature, f"{{{NS_DS}}}SignedInfo")
    etree.SubElement(info, f"{{{NS_DS}}}CanonicalizationMethod", Algorithm=c14n)
    etree.SubElement(info, f"{{{NS_DS}}}SignatureMethod",
                     Algorithm=_uri_of(SIGNATURE_METHODS, (kind, str(hash_name))))
    reference = etree.SubElement(info, f"{{{NS_DS}}}Reference", URI=uri)
    transforms = etree.SubElement(reference, f"{{{NS_DS}}}Transforms")
    etree.SubElement(transforms, f"{{{NS_DS}}}Transform", Algorithm=ENVELOPED)
    if canonicalization == "exclusive":
        transform = etree.SubElement(transforms, f"{{{NS_DS}}}Transform", Algorithm=C14N_EXCLUSIVE)
        if prefixes:
            etree.SubElement(transform, f"{{{NS_EC}}}InclusiveNamespaces", PrefixList=" ".join(prefixes),
                             nsmap={"ec": NS_EC})
    etree.SubElement(reference, f"{{{NS_DS}}}DigestMethod",
                     Algorithm=_uri_of(DIGEST_METHODS, str(hash_name)))
    etree.SubElement(reference, f"{{{NS_DS}}}DigestValue").text = base64.b64encode(digest).decode("ascii")
    etree.SubElement(signature, f"{{{NS_DS}}}SignatureValue")
    return signature


def _uri_of(table: dict[str, _T], wanted: _T) -> str:
    return next(uri for uri, value in table.items() if value == wanted)


def _raw_sign(key: SigningKey, data: bytes, hash_name: HashName) -> bytes:
    """RSA PKCS#1 v1.5, or ECDSA as the two numbers r and s of equal length (XML Signature 1.1, 6.4.3)."""
    algorithm = HASHES[hash_name]
    if isinstance(key.private_key, rsa.RSAPrivateKey):
        value: bytes = key.private_key.sign(data, padding.PKCS1v15(), algorithm)
        return value
    r, s = decode_dss_signature(key.private_key.sign(data, ec.ECDSA(algorithm)))
    size = (key.private_key.curve.key_size + 7) // 8
    return bytes(r.to_bytes(size, "big") + s.to_bytes(size, "big"))
