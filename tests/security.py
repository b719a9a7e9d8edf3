"""Throw-away keys, certificates and good assertions for the tests of the security layer, made once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ehdsi.dsig import SigningKey
from ehdsi.saml import values, vocabulary
from ehdsi.saml.values import HcpAssertion, TrcAssertion
from ehdsi.trust import TrustAnchors

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PATIENT = "NAM-4711^^^&2.999.1.2&ISO"
PERMISSIONS = vocabulary.IDENTIFICATION_PERMISSIONS + vocabulary.PATIENT_SUMMARY_PERMISSIONS


def private_key(kind: str = "RSA", bits: int = 2048, number: int = 0):
    """A key that stays the same within a run for the same arguments."""
    return _private_key(kind, bits, number)


@cache
def _private_key(kind: str, bits: int, number: int):
    if kind == "EC":
        return ec.generate_private_key({256: ec.SECP256R1(), 384: ec.SECP384R1()}[bits])
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def name(common_name: str, country: str | None = "FR", *before: tuple[x509.ObjectIdentifier,
                                                                      str]) -> x509.Name:
    """A subject; ``before`` are attributes that its text form shows after the country."""
    parts = [x509.NameAttribute(oid, value) for oid, value in before]
    if country:
        parts.append(x509.NameAttribute(NameOID.COUNTRY_NAME, country))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def certificate(
    subject: x509.Name, public_key, issuer: x509.Name, issuer_key, *, begin=NOW - DAY, end=NOW + 30 * DAY,
    ca: bool | None = False, path_length: int | None = None,
    usage: tuple[str, ...] | None = ("digital_signature",), extended: tuple[x509.ObjectIdentifier, ...] = (),
) -> x509.Certificate:
    """A certificate of any kind; ``None`` leaves an extension out."""
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
               .serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("ncp.example.org")]), critical=False)
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    if usage is not None:
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                 "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
        builder = builder.add_extension(x509.KeyUsage(**{one: one in usage for one in names}), critical=True)
    if extended:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


CA_NAME = name("Throw-away authority", None)
TLS_BOTH = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH)


@cache
def ca() -> x509.Certificate:
    """The authority that the tests trust."""
    key = private_key("EC", 256, 99)
    return certificate(CA_NAME, key.public_key(), CA_NAME, key, ca=True, usage=("key_cert_sign", "crl_sign"))


def leaf(subject: x509.Name | None = None, key=None, **options) -> x509.Certificate:
    """A leaf of the trusted authority."""
    key = key or private_key()
    return certificate(subject or name("seal"), key.public_key(), CA_NAME, private_key("EC", 256, 99),
                       **options)


def seal(country: str = "FR", kind: str = "RSA") -> SigningKey:
    """A seal of a country, issued by the trusted authority."""
    return _seal(country, kind)


@cache
def _seal(country: str, kind: str) -> SigningKey:
    key = private_key(kind, 2048 if kind == "RSA" else 256)
    return SigningKey(private_key=key, certificate=leaf(name(f"seal {country}", country), key))


@cache
def stranger() -> SigningKey:
    """A self-signed key that nobody trusts."""
    key = private_key("RSA", 2048, 1)
    subject = name("stranger")
    return SigningKey(private_key=key, certificate=certificate(subject, key.public_key(), subject, key))


def anchors() -> TrustAnchors:
    """The trusted authority."""
    return TrustAnchors.of([ca()])


def hcp() -> HcpAssertion:
    """A good HCP assertion."""
    return values.new_hcp(
        assertion_id="_hcp-1", now=NOW, country="FR", name_id="899900000001", subject_id="Dr Camille Martin",
        role_code="221", facility_type="Hospital", locality="Lyon", permissions=PERMISSIONS,
        home_community_id="2.999.250", organization="Hôpital de la Gare",
        organization_id="urn:oid:2.999.250.7")


def trc() -> TrcAssertion:
    """A good TRC assertion, bound to ``hcp()``."""
    return values.new_trc(hcp(), assertion_id="_trc-1", now=NOW, country="FR", patient_id=PATIENT)


def pem(certificate_: x509.Certificate) -> bytes:
    """PEM text of a certificate."""
    return certificate_.public_bytes(serialization.Encoding.PEM)


def key_pem(key) -> bytes:
    """PEM text of a private key, unencrypted."""
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())
