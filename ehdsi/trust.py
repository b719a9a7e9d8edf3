"""Is this certificate one that we trust, for this purpose, now, for this country?

The path goes from the leaf through intermediates to an anchor that was configured; an anchor may also be the
very certificate (pinning). Nothing is fetched, and no revocation list is read: the partners exchange
certificates through the SMP and withdraw them there.

Source: RFC 5280, section 6 (reduced to what the national key infrastructures use); eHDSI X.509 profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ehdsi.errors import LocalError, SignatureRefused

_E = TypeVar("_E", bound=x509.ExtensionType)

#: Longest path accepted, leaf and anchor included.
MAX_PATH = 5
_MIN_RSA_BITS = 2048


class Purpose(Enum):
    """What a certificate is used for."""

    SEAL = "signature of assertions and documents"
    TLS_CLIENT = "TLS client authentication"
    TLS_SERVER = "TLS server authentication"


class TrustFailure(Enum):
    """Why a certificate is refused."""

    UNTRUSTED = "untrusted"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    WEAK_KEY = "weak-key"
    KEY_USAGE = "key-usage"
    ISSUER_IS_NO_AUTHORITY = "issuer-is-no-authority"
    AUTHORITY_AS_LEAF = "authority-as-leaf"
    COUNTRY_MISSING = "country-missing"
    COUNTRY_DIFFERS = "country-differs"
    UNREADABLE = "unreadable"


@dataclass(eq=False)
class CertificateRefused(SignatureRefused):
    """A certificate that is not trusted here; ``failure`` says why in a word."""

    failure: TrustFailure = TrustFailure.UNTRUSTED


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustAnchors:
    """Certificates trusted as they stand: authorities, or pinned leaves."""

    certificates: frozenset[x509.Certificate]

    @classmethod
    def of(cls, certificates: Iterable[x509.Certificate]) -> TrustAnchors:
        """Anchors from loaded certificates."""
        return cls(certificates=frozenset(certificates))

    @classmethod
    def from_pem(cls, *bundles: bytes) -> TrustAnchors:
        """Anchors from PEM files, each of which may hold several certificates.

        Raises
        ------
        LocalError : a bundle without a readable certificate.
        """
        try:
            return cls.of(one for bundle in bundles for one in x509.load_pem_x509_certificates(bundle))
        except ValueError as error:
            raise LocalError(f"trust anchors cannot be loaded: {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedPath:
    """A path that holds: leaf first, anchor last (a pinned leaf stands alone); ``country`` is ISO 3166-1."""

    certificates: tuple[x509.Certificate, ...]
    country: str


def check_certificate(
    certificate: x509.Certificate, anchors: TrustAnchors, *, now: datetime, purpose: Purpose,
    country: str | None = None, intermediates: tuple[x509.Certificate, ...] = (),
) -> TrustedPath:
    """Accept a certificate, or say why not.

    Parameters
    ----------
    now : UTC. The ends of the validity belong to it.
    country : ISO code that the subject's ``C`` must equal; ``None``: any, but one must be there for a seal.
    intermediates : certificates that came along; they are checked like the rest of the path.

    Raises
    ------
    CertificateRefused : the first failure found; all of them: ``certificate_failures``.

    Source: RFC 5280 6.1; eHDSI X.509 profile.
    """
    lasting = _lasting_path(certificate, anchors, purpose, country, intermediates)
    if lasting is not None and lasting.begin <= now <= lasting.end:
        return lasting.path
    for failure in certificate_failures(certificate, anchors, now=now, purpose=purpose, country=country,
                                        intermediates=intermediates):
        raise failure
    path = _path(certificate, anchors, intermediates)
    assert path is not None
    return TrustedPath(certificates=path, country=country_of(certificate))


def certificate_failures(
    certificate: x509.Certificate, anchors: TrustAnchors | None, *, now: datetime, purpose: Purpose,
    country: str | None = None, intermediates: tuple[x509.Certificate, ...] = (),
) -> Iterator[CertificateRefused]:
    """Every reason to refuse a certificate, one by one. ``anchors=None`` leaves the path unchecked."""
    try:
        yield from _dates(certificate, now, "the certificate")
        if not _sound(certificate, purpose, country):
            yield from _lasting(certificate, purpose, country)
        if anchors is not None:
            yield from _chain(certificate, anchors, intermediates, now)
    except (ValueError, x509.DuplicateExtension) as error:
        yield _refused(TrustFailure.UNREADABLE, "the certificate cannot be read as a whole", "RFC 5280",
                       type(error).__name__, "RFC 5280 4.1")


@lru_cache(maxsize=512)
def country_of(certificate: x509.Certificate) -> str:
    """ISO code in the subject's ``C``, upper case; empty when there is none, or more than one."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COUNTRY_NAME)
    return str(found[0].value).upper() if len(found) == 1 else ""


def country_by_text(certificate: x509.Certificate) -> str:
    """The two characters behind the first ``C=`` in the subject's text, as OpenNCP finds them.

    A ``DC=`` that stands earlier in the text is mistaken for the country: that is why this rule has a name of
    its own and is not used for decisions in strict mode.
    """
    text = str(certificate.subject.rfc4514_string())
    start = text.find("C=")
    return text[start + 2:start + 4].upper() if start >= 0 else ""


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 over the DER form, lower-case hex."""
    return str(certificate.fingerprint(hashes.SHA256()).hex())


# ------------------------------------------------------------------------------------ the single checks

def _lasting(certificate: x509.Certificate, purpose: Purpose, country: str | None
             ) -> Iterator[CertificateRefused]:
    """The reasons that do not depend on the time."""
    yield from _key(certificate)
    yield from _usage(certificate, purpose)
    yield from _country(certificate, purpose, country)


@dataclass(frozen=True, slots=True)
class _LastingPath:
    """A path that holds from ``begin`` to ``end``, when all of its certificates are valid."""

    path: TrustedPath
    begin: datetime
    end: datetime


@lru_cache(maxsize=512)
def _lasting_path(certificate: x509.Certificate, anchors: TrustAnchors, purpose: Purpose, country: str | None,
                  intermediates: tuple[x509.Certificate, ...]) -> _LastingPath | None:
    """The path, apart from the time; ``None`` where anything is wrong with it.

    Remembered, because the same few certificates come with every message; whoever asks compares the times.
    """
    try:
        path = _path(certificate, anchors, intermediates)
        if path is None or not _sound(certificate, purpose, country) \
                or not all(_may_issue(issuer, depth) for depth, issuer in enumerate(path[1:])):
            return None
        validities = [validity(one) for one in path]
    except (ValueError, x509.DuplicateExtension):
        return None
    return _LastingPath(path=TrustedPath(certificates=path, country=country_of(certificate)),
                        begin=max(begin for begin, _ in validities), end=min(end for _, end in validities))


@lru_cache(maxsize=512)
def _sound(certificate: x509.Certificate, purpose: Purpose, country: str | None) -> bool:
    """None of them holds; remembered, because the same few certificates come with every message."""
    return next(_lasting(certificate, purpose, country), None) is None


def _dates(certificate: x509.Certificate, now: datetime, whose: str) -> Iterator[CertificateRefused]:
    begin, end = validity(certificate)
    if now < begin:
        yield _refused(TrustFailure.NOT_YET_VALID, f"{whose} is not valid yet", f"valid at {now:%Y-%m-%d}",
                       f"valid from {begin:%Y-%m-%d}", "RFC 5280 4.1.2.5", "check the clock of the issuer")
    if now > end:
        yield _refused(TrustFailure.EXPIRED, f"{whose} has expired", f"valid at {now:%Y-%m-%d}",
                       f"valid until {end:%Y-%m-%d}", "RFC 5280 4.1.2.5",
                       "renew it and publish it in the SMP")


@lru_cache(maxsize=512)
def validity(certificate: x509.Certificate) -> tuple[datetime, datetime]:
    """First and last moment; read once, compared with the clock each time."""
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _key(certificate: x509.Certificate) -> Iterator[CertificateRefused]:
    key = certificate.public_key()
    weakest = _MIN_RSA_BITS if isinstance(key, rsa.RSAPublicKey) else 256
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)) or key.key_size < weakest:
        yield _refused(TrustFailure.WEAK_KEY, "the key is too weak", f"RSA of {_MIN_RSA_BITS} bits or P-256",
                       "another key", "eHDSI X.509 profile")


def _usage(certificate: x509.Certificate, purpose: Purpose) -> Iterator[CertificateRefused]:
    """An extension that is there must allow the purpose; one that is absent forbids nothing."""
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is not None and constraints.ca and certificate.issuer != certificate.subject:
        yield _refused(TrustFailure.AUTHORITY_AS_LEAF, "an authority's certificate is used as a leaf",
                       "an end entity", "basicConstraints CA", "RFC 5280 4.2.1.9")
    usage = _extension(certificate, x509.KeyUsage)
    seals = purpose is Purpose.SEAL
    if usage is not None and not (usage.digital_signature or (seals and usage.content_commitment)):
        yield _refused(TrustFailure.KEY_USAGE, f"keyUsage does not allow {purpose.value}", "digitalSignature",
                       "other usages", "RFC 5280 4.2.1.3")
    extended = _extension(certificate, x509.ExtendedKeyUsage)
    wanted = {Purpose.TLS_CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
              Purpose.TLS_SERVER: ExtendedKeyUsageOID.SERVER_AUTH}.get(purpose)
    if extended is not None and wanted is not None \
            and not {wanted, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(extended):
        yield _refused(TrustFailure.KEY_USAGE, f"extendedKeyUsage does not allow {purpose.value}",
                       "clientAuth" if purpose is Purpose.TLS_CLIENT else "serverAuth", "other usages",
                       "RFC 5280 4.2.1.12")


def _country(certificate: x509.Certificate, purpose: Purpose, wanted: str | None
             ) -> Iterator[CertificateRefused]:
    found = country_of(certificate)
    if not found and (purpose is Purpose.SEAL or wanted is not None):
        yield _refused(TrustFailure.COUNTRY_MISSING, "the subject names no country", "one C=<ISO code>",
                       "none, or several", "eHDSI X.509 profile, subject")
    elif wanted is not None and found != wanted.upper():
        yield _refused(TrustFailure.COUNTRY_DIFFERS, "the certificate belongs to another country",
                       wanted.upper(), found[:2], "eHDSI X.509 profile, subject")


def _chain(certificate: x509.Certificate, anchors: TrustAnchors, intermediates: tuple[x509.Certificate, ...],
           now: datetime) -> Iterator[CertificateRefused]:
    path = _path(certificate, anchors, intermediates)
    if path is None:
        yield _refused(TrustFailure.UNTRUSTED, "no path leads from the certificate to a trusted authority",
                       "an issuer that is trusted here", "an unknown issuer", "RFC 5280 6.1",
                       "send the issuing authority's certificate to the partner beforehand")
        return
    for depth, issuer in enumerate(path[1:]):
        yield from _dates(issuer, now, "an authority in the path")
        if not _may_issue(issuer, depth):
            yield _refused(TrustFailure.ISSUER_IS_NO_AUTHORITY,
                           "an issuer in the path may not issue certificates",
                           "basicConstraints CA and keyCertSign", "something less", "RFC 5280 6.1.4")


@lru_cache(maxsize=512)
def _may_issue(issuer: x509.Certificate, depth: int) -> bool:
    """An authority that may sign certificates, with ``depth`` others between it and the leaf."""
    constraints = _extension(issuer, x509.BasicConstraints)
    usage = _extension(issuer, x509.KeyUsage)
    too_deep = constraints is not None and constraints.path_length is not None \
        and constraints.path_length < depth
    return constraints is not None and constraints.ca and not too_deep and not (
        usage and not usage.key_cert_sign)


@lru_cache(maxsize=512)
def _path(leaf: x509.Certificate, anchors: TrustAnchors, intermediates: tuple[x509.Certificate, ...]
          ) -> tuple[x509.Certificate, ...] | None:
    """Leaf to anchor by issuer name and signature, anchors first; dates are looked at each time elsewhere."""
    path: tuple[x509.Certificate, ...] = (leaf,)
    # An authority that was renewed under the same name and key: the certificate that lasts longest counts.
    known = sorted(anchors.certificates, key=lambda one: one.not_valid_after_utc, reverse=True)
    while len(path) <= MAX_PATH:
        last = path[-1]
        if last in anchors.certificates:
            return path
        issuer = next((one for one in (*known, *intermediates)
                       if one not in path and _issued(one, last)), None)
        if issuer is None:
            return None
        path = (*path, issuer)
    return None


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if issuer.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _extension(certificate: x509.Certificate, kind: type[_E]) -> _E | None:
    try:
        value: _E = certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    return value


def _refused(failure: TrustFailure, what: str, expected: str, got: str, clause: str, hint: str = ""
             ) -> CertificateRefused:
    return CertificateRefused(what, where="certificate", expected=expected, got=got, clause=clause, hint=hint,
                              failure=failure)
