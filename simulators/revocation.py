"""The revocation list of the throw-away authority, and the address in a certificate that leads to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

#: An address at which nothing listens: port 1 is nobody's.
NOWHERE = "http://127.0.0.1:1/authority.crl"


def distribution_point(url: str) -> x509.CRLDistributionPoints:
    """Where the list of revoked certificates is. Source: RFC 5280, 4.2.1.13."""
    place = x509.DistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)], relative_name=None, reasons=None, crl_issuer=None
    )
    return x509.CRLDistributionPoints([place])


def revocation_list(
    issuer: x509.Name,
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    serial_numbers: Iterable[int],
    *,
    now: datetime,
) -> bytes:
    """A list in DER that names these serial numbers, from yesterday for a month. Source: RFC 5280, 5."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(now - timedelta(days=1))
        .next_update(now + timedelta(days=30))
    )
    for number in serial_numbers:
        entry = x509.RevokedCertificateBuilder().serial_number(number).revocation_date(now)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
