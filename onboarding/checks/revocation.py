"""Revocation: is the server's certificate on the list of its authority, and can that list be read?"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ehdsi.errors import TransportFailure
from onboarding.bench import Bench
from onboarding.catalogue import bound, check
from onboarding.checks.transport import PLACES, leaf
from onboarding.letters import Step
from onboarding.model import Observation, Omit

_CLAUSE = "RFC 5280, 5 and 6.3"


def revoked(bench: Bench, step: Step) -> Iterator[Observation]:
    """The list that the certificate names: it can be fetched, is its authority's, and does not hold it."""
    certificate = leaf(bench, step)
    addresses = _addresses(certificate)
    if not addresses:
        raise Omit(
            "the certificate names no revocation list; the partners compare its serial number, "
            f"{certificate.serial_number:x}, with what its issuer publishes"
        )
    where = f"TLS {step} server certificate, cRLDistributionPoints"
    try:
        published = _fetched(bench, addresses[0])
    except (TransportFailure, ValueError) as error:
        yield Observation(
            what="the revocation list that the certificate names cannot be read",
            where=where,
            expected="a list in DER",
            got=getattr(error, "kind", "") or str(error)[:60],
            clause=_CLAUSE,
            hint="let clients of other countries reach the address",
            severity="warning",
        )
        return
    if not _genuine(bench, published):
        yield Observation(
            what="the revocation list is not signed by a trusted authority, or has ended",
            where=where,
            expected="a list of the issuer that holds today",
            got=f"next update {published.next_update_utc}",
            clause=_CLAUSE,
            severity="warning",
        )
    if published.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
        yield Observation(
            what="the certificate is revoked",
            where=where,
            expected="a certificate that is not on the list",
            got=f"serial number {certificate.serial_number:x}",
            clause=_CLAUSE,
            hint="have a new certificate issued, publish it in the SMP, then serve it",
        )


def _addresses(certificate: x509.Certificate) -> tuple[str, ...]:
    """The web addresses of revocation lists in a certificate."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    names = [name for point in points for name in point.full_name or ()]
    return tuple(
        one.value
        for one in names
        if isinstance(one, x509.UniformResourceIdentifier) and one.value.startswith(("http://", "https://"))
    )


def _fetched(bench: Bench, url: str) -> x509.CertificateRevocationList:
    """The list at an address; ``ValueError`` when there is something else."""
    answer = bench.get(url, "revocation list")
    if answer.status != 200:
        raise ValueError(f"HTTP {answer.status}")
    if answer.body.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_crl(answer.body)
    return x509.load_der_x509_crl(answer.body)


def _genuine(bench: Bench, published: x509.CertificateRevocationList) -> bool:
    """True if an authority that is trusted here signed the list, and it has not ended."""
    ends = published.next_update_utc
    if ends is None or ends < bench.clock():
        return False
    return any(
        _signed_by(published, one) for one in bench.anchors.certificates if one.subject == published.issuer
    )


def _signed_by(published: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    key = authority.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return False
    try:
        return published.is_signature_valid(key)
    except InvalidSignature:
        return False


for _name, _step in PLACES.items():
    check(
        id=f"CERT-REVOKED-{_name}",
        title=f"the certificate is not revoked, and its list can be read ({_name})",
        requirement="X-TLS-07",
        chapter="certificates",
    )(bound(revoked, _step))
