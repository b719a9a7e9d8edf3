"""Verifying: what a signature covers, or why it is refused.

Source: XML Signature 1.1, section 3.2; SAML 2.0 core 5.4; OASIS BDX-SMP 1.0, section 2.4.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, TypeVar, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from ehdsi import xml
from ehdsi.dsig.methods import (
    C14N_EXCLUSIVE,
    CANONICALIZATIONS,
    DIGEST_METHODS,
    ENVELOPED,
    HASHES,
    SIGNATURE,
    SIGNATURE_METHODS,
    Canonicalization,
    canonical_bytes,
)
from ehdsi.errors import SignatureRefused
from ehdsi.oids import NS_DS, NS_EC, NS_WSU
from ehdsi.xml import XmlElement

_T = TypeVar("_T")
_ALL_IDS = etree.XPath("//@ID | //@Id | //@wsu:Id | //@xml:id", namespaces={"wsu": NS_WSU},
                       smart_strings=False)
_MIN_RSA_BITS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePolicy:
    """What a verifier accepts.

    Attributes
    ----------
    reference : ``id`` for ``URI="#<ID>"`` (assertions), ``document`` for ``URI=""`` (SMP).
    canonicalizations : allowed for the data and for ``SignedInfo``.
    allow_sha1 : accept SHA-1 in signature or digest. Only ever for reading archives of 2018.
    max_certificates : certificates allowed in ``KeyInfo``; the leaf is the one that issued no other.
    single_signature : refuse any other ``ds:Signature`` inside what is signed.
    """

    reference: Literal["id", "document"] = "id"
    canonicalizations: frozenset[Canonicalization] = frozenset({"exclusive"})
    allow_sha1: bool = False
    max_certificates: int = 1
    single_signature: bool = True

    def replace(self, **changes: object) -> SignaturePolicy:
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


#: SAML assertions: eHDSI SAML profile.
ASSERTION = SignaturePolicy()
#: SMP documents: BDX-SMP 1.0 section 2.4; the country's own signature may lie inside.
SERVICE_METADATA = SignaturePolicy(reference="document", single_signature=False,
                                   canonicalizations=frozenset({"inclusive", "exclusive"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """The result of a verification that succeeded.

    Attributes
    ----------
    certificate : the certificate whose key made the signature. Not yet trusted: ``ehdsi.trust`` decides.
    certificates : all that ``KeyInfo`` held, the leaf first.
    signed : the only tree that may be read: parsed from ``canonical``, without the signature.
    canonical : the bytes that were digested.
    algorithm : signature algorithm as a URI.
    """

    certificate: x509.Certificate
    certificates: tuple[x509.Certificate, ...]
    signed: XmlElement
    canonical: bytes
    algorithm: str


def verify_enveloped(
    element: XmlElement, *, policy: SignaturePolicy = ASSERTION, holder: str = "",
    certificate: x509.Certificate | None = None,
) -> VerifiedSignature:
    """Verify the enveloped signature of an element and return what it covers.

    Parameters
    ----------
    element : the assertion where the message has it, or the root of an SMP document. It is not altered.
    policy : what is accepted.
    holder : path (``find`` syntax, Clark names) below ``element`` of the element that directly holds the
        signature; empty: ``element`` itself.
    certificate : the one expected; then ``KeyInfo`` may be absent and must not name another.

    Returns
    -------
    VerifiedSignature : read its ``signed``, never ``element``.

    Raises
    ------
    SignatureRefused : unsigned, altered, wrapped, ambiguous, an algorithm that is not allowed, or more than
        one reference, certificate or signature.

    Source: XML Signature 1.1, section 3.2; SAML 2.0 core 5.4 (one reference, two transforms).
    """
    refuse_ambiguous_ids(element)
    # A private copy: the signature is cut out of it, and other readers of the message see nothing of that.
    copy = xml.parse(xml.serialise(element))
    signature = _only_signature(copy, holder, policy)
    parts = _parts_of(signature, policy)
    uri = parts.reference.get("URI")
    wanted = f"#{copy.get('ID')}" if policy.reference == "id" else ""
    if uri != wanted or (policy.reference == "id" and not copy.get("ID")):
        raise _refused("the signature does not refer to the element that carries it", where="Reference/@URI",
                       expected="'#' and its own ID" if policy.reference == "id" else "an empty URI",
                       got="another reference" if uri is not None else "no URI", clause="SAML 2.0 core 5.4.2")
    certificates = _certificates(signature, policy, certificate)
    signed_info = canonical_bytes(signature[0], parts.info_c14n, parts.info_prefixes)
    _check_value(certificates[0], parts, signed_info)
    canonical = _without(copy, signature, parts)
    got = hashlib.new(parts.digest_hash, canonical).digest()
    if not hmac.compare_digest(got, parts.digest):
        raise _refused("the content was changed after it was signed", where="Reference/DigestValue",
                       expected="the digest of the signed content", got="another digest",
                       clause="XML Signature 1.1, 3.2.1",
                       hint="do not re-indent or re-serialise a signed element with other namespaces")
    return VerifiedSignature(certificate=certificates[0], certificates=certificates, canonical=canonical,
                             signed=xml.parse(canonical), algorithm=parts.algorithm)


def refuse_ambiguous_ids(element: XmlElement) -> None:
    """Refuse a message in which two elements bear the same ID (``ID``, ``Id``, ``wsu:Id``, ``xml:id``).

    Raises
    ------
    SignatureRefused : the same value twice anywhere in the document of ``element``.
    """
    found = cast("list[str]", _ALL_IDS(element.getroottree()))
    if len(found) != len(set(found)):
        raise _refused("the same ID stands on two elements", expected="unique IDs", got="a repeated ID",
                       clause="SAML 2.0 core 1.3.4", hint="a reference by ID would be ambiguous")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What a ``ds:Signature`` says about itself, already held against the policy."""

    reference: XmlElement
    algorithm: str
    key_kind: str
    signature_hash: str
    value: bytes
    info_c14n: Canonicalization
    info_prefixes: tuple[str, ...]
    data_c14n: Canonicalization
    data_prefixes: tuple[str, ...]
    digest_hash: str
    digest: bytes


def _only_signature(root: XmlElement, holder: str, policy: SignaturePolicy) -> XmlElement:
    host = root if not holder else root.find(holder)
    own = [] if host is None else [child for child in host if child.tag == SIGNATURE]
    if len(own) != 1:
        raise _refused("the element is not signed" if not own else "the element bears several signatures",
                       where=etree.QName(root).localname, expected="one ds:Signature as a direct child",
                       got=str(len(own)), clause="SAML 2.0 core 5.4")
    if policy.single_signature and sum(1 for _ in root.iter(SIGNATURE)) != 1:
        raise _refused("another signature hides inside the signed element", expected="one ds:Signature",
                       got="several", clause="SAML 2.0 core 5.4")
    return own[0]


def _parts_of(signature: XmlElement, policy: SignaturePolicy) -> _Parts:
    """Take a signature apart; anything that this profile does not know is a refusal."""
    names = [etree.QName(child).localname for child in signature]
    if names not in (["SignedInfo", "SignatureValue"], ["SignedInfo", "SignatureValue", "KeyInfo"]):
        raise _refused("the signature has an unexpected build", where="Signature",
                       expected="SignedInfo, SignatureValue, KeyInfo", got=", ".join(names)[:120],
                       clause="XML Signature 1.1, 4", hint="no ds:Object, no manifest")
    c14n, method, reference = _children(
        signature[0], "CanonicalizationMethod", "SignatureMethod", "Reference")
    transforms, digest_method, digest_value = _children(
        reference, "Transforms", "DigestMethod", "DigestValue")
    algorithm = method.get("Algorithm", "")
    kind, signature_hash = _allowed(SIGNATURE_METHODS, method, "SignatureMethod")
    digest_hash = _allowed(DIGEST_METHODS, digest_method, "DigestMethod")
    if "sha1" in (signature_hash, digest_hash) and not policy.allow_sha1:
        raise _refused("SHA-1 is not accepted", where="SignedInfo", expected="SHA-256", got="SHA-1",
                       clause="eHDSI SAML profile, signatures", hint="sign with rsa-sha256")
    data_c14n, data_prefixes = _transforms(transforms, policy)
    info_c14n = _c14n_of(c14n, policy)
    return _Parts(reference=reference, algorithm=algorithm, key_kind=kind, signature_hash=signature_hash,
                  value=_base64(signature[1]), info_c14n=info_c14n, info_prefixes=_prefixes(c14n),
                  data_c14n=data_c14n, data_prefixes=data_prefixes, digest_hash=digest_hash,
                  digest=_base64(digest_value))


def _children(parent: XmlElement, *names: str) -> Iterator[XmlElement]:
    """The children of a ds: element, which must be exactly these, in this order."""
    found = [child.tag for child in parent]
    if found != [f"{{{NS_DS}}}{name}" for name in names]:
        where = etree.QName(parent).localname
        several = len(found) > len(names)
        raise _refused(f"{where} has an unexpected build", where=where, expected=", ".join(names),
                       got="more than that" if several else "something else", clause="XML Signature 1.1, 4.4",
                       hint="exactly one Reference, with its Transforms" if where == "SignedInfo" else "")
    return iter(parent)


def _transforms(transforms: XmlElement, policy: SignaturePolicy) -> tuple[Canonicalization, tuple[str, ...]]:
    """Enveloped, then at most one canonicalisation; none means inclusive (XML Signature 1.1, 4.4.3.2)."""
    steps = [child for child in transforms if child.tag == f"{{{NS_DS}}}Transform"]
    wrong = len(steps) != len(transforms) or len(steps) not in (1, 2) \
        or steps[0].get("Algorithm") != ENVELOPED or len(steps[0])
    if wrong or (len(steps) == 1 and policy.reference == "id"):
        raise _refused("the transforms are not those of an enveloped signature", where="Reference/Transforms",
                       expected="enveloped-signature, then exclusive canonicalisation", got="something else",
                       clause="SAML 2.0 core 5.4.4")
    if len(steps) == 1:
        return "inclusive", ()
    return _c14n_of(steps[1], policy), _prefixes(steps[1])


def _c14n_of(element: XmlElement, policy: SignaturePolicy) -> Canonicalization:
    name = CANONICALIZATIONS.get(element.get("Algorithm", ""))
    if name is None or name not in policy.canonicalizations:
        raise _refused("the canonicalisation is not accepted", where=etree.QName(element).localname,
                       expected=C14N_EXCLUSIVE, got=element.get("Algorithm", "none")[:120],
                       clause="SAML 2.0 core 5.4.3")
    return name


def _prefixes(element: XmlElement) -> tuple[str, ...]:
    """PrefixList of an exclusive canonicalisation.

    libxml2's binding cannot honour ``#default``: a signature that depends on it fails as a wrong digest.
    """
    if len(element) == 0:
        return ()
    if len(element) > 1 or element[0].tag != f"{{{NS_EC}}}InclusiveNamespaces" \
            or element.get("Algorithm") != C14N_EXCLUSIVE:
        raise _refused("unexpected content in a canonicalisation", where=etree.QName(element).localname,
                       expected="ec:InclusiveNamespaces or nothing", got="something else",
                       clause="Exclusive XML Canonicalization 1.0, 4")
    return tuple(element[0].get("PrefixList", "").split())


def _allowed(table: dict[str, _T], element: XmlElement, what: str) -> _T:
    value = table.get(element.get("Algorithm", ""))
    if value is None or len(element):
        raise _refused("the algorithm is not accepted", where=what, expected="SHA-256 with RSA or ECDSA",
                       got=element.get("Algorithm", "none")[:120], clause="eHDSI SAML profile, signatures")
    return value


def _base64(element: XmlElement) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise _refused("not base64", where=etree.QName(element).localname, expected="base64",
                       got="other text", clause="XML Signature 1.1, 4.3") from None


def _certificates(signature: XmlElement, policy: SignaturePolicy,
                  expected: x509.Certificate | None) -> tuple[x509.Certificate, ...]:
    """Certificates of KeyInfo, the leaf first. Other ways to name a key are not looked at."""
    path = f"{{{NS_DS}}}X509Data/{{{NS_DS}}}X509Certificate"
    texts = [] if len(signature) < 3 else signature[2].findall(path)
    if not texts and expected is not None:
        return (expected,)
    if not 1 <= len(texts) <= policy.max_certificates:
        raise _refused("the number of certificates in KeyInfo is not accepted", where="KeyInfo/X509Data",
                       expected="one certificate" if policy.max_certificates == 1
                       else f"1 to {policy.max_certificates} certificates", got=str(len(texts)),
                       clause="eHDSI SAML profile, KeyInfo", hint="send the signing certificate alone")
    found = [_certificate(_base64(text)) for text in texts]
    leaves = [one for one in found
              if not any(other is not one and other.issuer == one.subject for other in found)]
    if len(leaves) != 1:
        raise _refused("which certificate signed cannot be told", where="KeyInfo/X509Data",
                       expected="one chain", got=f"{len(leaves)} leaves", clause="XML Signature 1.1, 4.5.4")
    leaf = leaves[0]
    if expected is not None and leaf != expected:
        raise _refused("another certificate than the expected one signed", where="KeyInfo/X509Data",
                       expected="the expected certificate", got="another one",
                       clause="XML Signature 1.1, 4.5.4")
    return (leaf, *(one for one in found if one is not leaf))


@lru_cache(maxsize=256)
def _certificate(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise _refused("the certificate cannot be read", where="KeyInfo/X509Data/X509Certificate",
                       expected="a DER certificate in base64", got="something else",
                       clause="XML Signature 1.1, 4.5.4") from None


def _check_value(certificate: x509.Certificate, parts: _Parts, signed_info: bytes) -> None:
    """Hold SignatureValue against the key of the certificate."""
    try:
        public = certificate.public_key()
    except (ValueError, TypeError):
        public = None
    algorithm = HASHES[parts.signature_hash]
    try:
        if parts.key_kind == "RSA" and isinstance(public, rsa.RSAPublicKey):
            if public.key_size < _MIN_RSA_BITS:
                raise _refused("the key is too short", where="KeyInfo", got=f"RSA of {public.key_size} bits",
                               expected=f"RSA of {_MIN_RSA_BITS} bits or more",
                               clause="eHDSI X.509 profile")
            public.verify(parts.value, signed_info, padding.PKCS1v15(), algorithm)
        elif parts.key_kind == "EC" and isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(_der_of(parts.value, public), signed_info, ec.ECDSA(algorithm))
        else:
            raise _refused("the key does not fit the signature algorithm", where="SignatureMethod",
                           expected=f"a certificate with a key of kind {parts.key_kind}", got="another kind",
                           clause="XML Signature 1.1, 6.4")
    except InvalidSignature:
        raise _refused("the signature value is wrong", where="SignatureValue",
                       expected="a value made with the key of the certificate in KeyInfo",
                       got="another value", clause="XML Signature 1.1, 3.2.2",
                       hint="whitespace inside SignedInfo counts: do not re-indent after signing") from None


def _der_of(value: bytes, public: ec.EllipticCurvePublicKey) -> bytes:
    size = (public.curve.key_size + 7) // 8
    if len(value) != 2 * size:
        raise InvalidSignature
    r, s = int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big")
    return bytes(encode_dss_signature(r, s))


def _without(root: XmlElement, signature: XmlElement, parts: _Parts) -> bytes:
    """Canonical bytes of a private copy with the signature cut out; the text behind it stays."""
    host = signature.getparent()
    assert host is not None
    tail, before = signature.tail or "", signature.getprevious()
    if before is None:
        host.text = (host.text or "") + tail
    else:
        before.tail = (before.tail or "") + tail
    signature.tail = None
    host.remove(signature)
    return canonical_bytes(root, parts.data_c14n, parts.data_prefixes)


def _refused(what: str, *, where: str = "", expected: str = "", got: str = "", clause: str = "",
             hint: str = "") -> SignatureRefused:
    return SignatureRefused(what, where=where or "Signature", expected=expected, got=got, clause=clause,
                            hint=hint)
