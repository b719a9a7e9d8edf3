"""Keys of the examination: our seal, and the wrong ones that a candidate must refuse.

What needs no authority is made here (self-signed, unknown issuer). What the real authority would have to
issue (an expired seal, the seal of another country) is taken from ``world.json``, ``pki.probes``, where the
test environment offers it: name -> {"cert": …, "key": …}.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ehdsi.dsig import SigningKey
from ehdsi.errors import LocalError

#: Names under which ``pki.probes`` may offer keys, and what each is.
PROBES = {
    "seal_expired": "seal of France, trusted issuer, ended yesterday",
    "seal_other_country": "seal of another country, trusted issuer",
    "seal_text_country": "seal of France whose subject text holds 'C=' earlier, as in DC=…",
    "seal_rsa4096": "seal of France, trusted issuer, an RSA key of 4096 bits",
    "tls_expired": "TLS client of France, trusted issuer, ended yesterday",
}


def load_seal(certificate: Path, key: Path) -> SigningKey:
    """Read a signing key from PEM files; raises ``LocalError`` when that fails."""
    try:
        return SigningKey.from_pem(key.read_bytes(), certificate.read_bytes())
    except OSError as error:
        raise LocalError(f"cannot read {error.filename}: {error.strerror}") from None


def stranger(
    now: datetime, *, country: str = "FR", issuer: str = "self", expired: bool = False, usage: str = "seal"
) -> tuple[SigningKey, bytes]:
    """A key that no authority knows, and both as PEM (certificate, then key).

    Parameters
    ----------
    issuer : ``self`` or ``unknown``, an authority made for the moment.
    usage : ``seal`` (RSA) or ``tls`` (EC, client authentication).
    """
    seal = usage == "seal"
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = (
        rsa.generate_private_key(65537, 2048) if seal else ec.generate_private_key(ec.SECP256R1())
    )
    authority = key if issuer == "self" else ec.generate_private_key(ec.SECP256R1())
    subject = _name(country, "examination")
    ends = now - timedelta(days=1) if expired else now + timedelta(days=30)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer == "self" else _name(country, "nobody"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
    )
    if not seal:
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(usages, critical=False)
    certificate = builder.sign(authority, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(private_key=key, certificate=certificate), pem


def _name(country: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Examination"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage() -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name == "digital_signature" for name in names})
