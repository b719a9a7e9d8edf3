"""TLS: versions, suites, and clients that must not get in; certificates as they are shown."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ehdsi.errors import EhdsiError
from ehdsi.trust import Purpose, TrustFailure, certificate_failures
from onboarding.bench import SERVICES, Bench
from onboarding.catalogue import bound, check
from onboarding.handshake import Handshake, context, of_version, ours, private_file, shake
from onboarding.keys import stranger
from onboarding.letters import Step
from onboarding.model import Level, Observation, Omit, Skip

#: Endpoints that are looked at: identification, and the one of query and retrieve.
PLACES: dict[str, Step] = {"XCPD": "ITI-55", "XCA": "ITI-38"}
_CLAUSE = "eHDSI Messaging Profile, transport security"
#: Remaining life that the partners ask for.
ENOUGH = timedelta(days=60)
Look = Callable[[Bench, Step], Iterator[Observation]]


def _place(
    id: str, title: str, requirement: str | tuple[str, ...], chapter: str = "tls", level: Level = "must"
) -> Callable[[Look], Look]:
    """A check at each of the two endpoints."""

    def enter(look: Look) -> Look:
        for name, step in PLACES.items():
            check(
                id=f"{id}-{name}",
                title=f"{title} ({name})",
                requirement=requirement,
                chapter=chapter,
                level=level,
            )(bound(look, step))
        return look

    return enter


def ordinary(bench: Bench, step: Step) -> Handshake:
    """The handshake that the gateway makes; ``Skip`` when it fails, which TLS-WORKS reports."""
    found = bench.once(("handshake", step), lambda: shake(bench, step, ours(bench)))
    if found.error:
        raise Skip(f"no TLS connection ({found.error})")
    return found


def leaf(bench: Bench, step: Step) -> x509.Certificate:
    """The certificate that the server shows."""
    shown = ordinary(bench, step).certificates
    try:
        return x509.load_der_x509_certificate(shown[0])
    except (IndexError, ValueError):
        raise Skip("the server shows no readable certificate") from None


@_place("TLS-WORKS", "the gateway's own handshake succeeds, with TLS 1.2 or 1.3", "A-TLS-01")
def works(bench: Bench, step: Step) -> Iterator[Observation]:
    """With our client certificate, and an answer afterwards."""
    found = bench.once(("handshake", step), lambda: shake(bench, step, ours(bench)))
    if found.error or not found.served:
        yield Observation(
            what="the gateway gets no TLS connection",
            where=f"TLS {step}",
            clause=_CLAUSE,
            expected="a handshake with our certificate",
            got=found.error or "closed without answer",
        )
    elif found.version not in ("TLSv1.2", "TLSv1.3"):
        yield Observation(
            what="an old version was negotiated",
            where=f"TLS {step}",
            expected="TLS 1.2 or 1.3",
            got=found.version,
            clause=_CLAUSE,
        )


def _old(version: ssl.TLSVersion, name: str) -> None:
    @_place(f"TLS-OLD-{name}", f"TLS 1.{name[-1]} is refused", "A-TLS-01")
    def old(bench: Bench, step: Step) -> Iterator[Observation]:
        """An offer of this version alone ends without a handshake."""
        ordinary(bench, step)
        found = shake(bench, step, of_version(ours(bench), version))
        if not found.error:
            yield Observation(
                what="an outdated version of TLS is spoken",
                where=f"TLS {step}",
                expected="a refused handshake",
                got=found.version,
                clause=_CLAUSE,
                hint="switch off everything below TLS 1.2",
            )


_old(ssl.TLSVersion.TLSv1, "10")
_old(ssl.TLSVersion.TLSv1_1, "11")


@_place("TLS-SUITE", "the negotiated suite is forward secret and authenticated", "X-TLS-06")
def suite(bench: Bench, step: Step) -> Iterator[Observation]:
    """TLS 1.3, or ECDHE/DHE with GCM, CCM or ChaCha20."""
    found = ordinary(bench, step)
    secret = found.version == "TLSv1.3" or found.suite.startswith(("ECDHE", "DHE"))
    authenticated = any(word in found.suite for word in ("GCM", "CCM", "CHACHA20", "POLY1305"))
    if not (secret and authenticated):
        yield Observation(
            what="a weak suite was negotiated",
            where=f"TLS {step}",
            clause=_CLAUSE,
            expected="ECDHE with GCM or ChaCha20",
            got=found.suite,
        )


@_place("TLS-WEAK", "weak suites are refused", "X-TLS-06", level="should")
def weak(bench: Bench, step: Step) -> Iterator[Observation]:
    """An offer of static RSA and CBC with SHA-1 alone ends without a handshake."""
    ordinary(bench, step)
    made = of_version(ours(bench), ssl.TLSVersion.TLSv1_2)
    try:
        made.set_ciphers(
            "AES128-SHA:AES256-SHA:AES128-SHA256:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"
        )
    except ssl.SSLError:
        raise Omit("the TLS library of this machine has no weak suites to offer") from None
    found = shake(bench, step, made)
    if not found.error and ("ECDHE" not in found.suite or found.suite.endswith("-SHA")):
        yield Observation(
            what="a weak suite is accepted when nothing better is offered",
            where=f"TLS {step}",
            expected="a refused handshake",
            got=found.suite,
            clause=_CLAUSE,
        )


@_place("TLS-NO-SNI", "the handshake needs no server name", "X-TLS-09", level="should")
def no_sni(bench: Bench, step: Step) -> Iterator[Observation]:
    """Without SNI the same certificate is shown."""
    found = shake(bench, step, ours(bench), name=False)
    if found.error or found.certificates[:1] != ordinary(bench, step).certificates[:1]:
        yield Observation(
            what="the handshake depends on the server name",
            where=f"TLS {step}",
            clause=_CLAUSE,
            expected="the same certificate",
            got=found.error or "another certificate",
        )


# -- clients that must not get in --------------------------------------------------------------------------


def _let_in(found: Handshake, step: Step, what: str) -> Iterator[Observation]:
    if not found.error and found.served:
        yield Observation(
            what=what,
            where=f"TLS {step}",
            expected="a refused handshake",
            clause=_CLAUSE,
            got=f"{found.version}, and an HTTP answer",
            hint="demand a client certificate and build its path to the trust store",
        )


@_place("TLS-NO-CLIENT", "nobody is served without a client certificate", "A-TLS-02")
def no_client(bench: Bench, step: Step) -> Iterator[Observation]:
    """No certificate, no HTTP answer."""
    yield from _let_in(shake(bench, step, context()), step, "a client without certificate is served")


def _stranger(id: str, title: str, issuer: str) -> None:
    @_place(id, title, "A-TLS-03")
    def unknown(bench: Bench, step: Step) -> Iterator[Observation]:
        """A certificate that no authority of the network issued."""
        pem = bench.once(
            ("tls stranger", issuer), lambda: stranger(bench.clock(), usage="tls", issuer=issuer)[1]
        )
        with private_file(pem) as path:
            made = context(client=path)
        yield from _let_in(shake(bench, step, made), step, "a client certificate of nobody's is accepted")


_stranger("TLS-SELF-SIGNED", "a self-signed client certificate is refused", "self")
_stranger("TLS-UNKNOWN-ISSUER", "a client certificate of an unknown issuer is refused", "unknown")


@_place("TLS-EXPIRED-CLIENT", "an expired client certificate is refused", "A-TLS-03")
def expired(bench: Bench, step: Step) -> Iterator[Observation]:
    """Of the right issuer, but ended yesterday."""
    files = bench.target.probes.get("tls_expired")
    if files is None:
        raise Omit("the test environment offers no key tls_expired")
    found = shake(bench, step, context(client=files[0], key=files[1]))
    yield from _let_in(found, step, "an expired client certificate is accepted")


# -- certificates ------------------------------------------------------------------------------------------


@_place(
    "CERT-PUBLISHED", "the server shows the certificate that the SMP publishes", "A-TLS-04", "certificates"
)
def as_published(bench: Bench, step: Step) -> Iterator[Observation]:
    """DER by DER."""
    entry = SERVICES[step].entry
    try:
        published = {one.certificate for one in bench.published(entry).endpoints(entry)}
    except EhdsiError:
        raise Skip("the SMP entry cannot be read") from None
    if ordinary(bench, step).certificates[0] not in published:
        yield Observation(
            what="the server shows another certificate than the SMP publishes",
            where=f"TLS {step}",
            expected="the published certificate",
            got="another one",
            clause=_CLAUSE,
            hint="publish first, then change the server",
        )


def _trust(id: str, title: str, *failures: TrustFailure) -> None:
    @_place(id, title, "A-TLS-04", "certificates")
    def judged(bench: Bench, step: Step) -> Iterator[Observation]:
        """These reasons to refuse the server's certificate."""
        for failure in certificate_failures(
            leaf(bench, step),
            bench.anchors,
            now=bench.clock(),
            purpose=Purpose.TLS_SERVER,
            country=bench.country.code,
        ):
            if failure.failure in failures:
                yield Observation(
                    what=failure.what,
                    where=f"TLS {step} server certificate",
                    got=failure.got,
                    expected=failure.expected,
                    clause=failure.clause,
                    hint=failure.hint,
                )


_trust("CERT-DATES", "the certificate is in date", TrustFailure.EXPIRED, TrustFailure.NOT_YET_VALID)
_trust(
    "CERT-TRUSTED",
    "the certificate chains to a trusted authority",
    TrustFailure.UNTRUSTED,
    TrustFailure.ISSUER_IS_NO_AUTHORITY,
    TrustFailure.AUTHORITY_AS_LEAF,
    TrustFailure.UNREADABLE,
)
_trust(
    "CERT-COUNTRY",
    "the certificate is of the country",
    TrustFailure.COUNTRY_DIFFERS,
    TrustFailure.COUNTRY_MISSING,
)
_trust("CERT-USAGE", "the certificate may be used by a TLS server", TrustFailure.KEY_USAGE)


@_place("CERT-HOST", "the certificate covers the host of its address", "A-TLS-05", "certificates", "should")
def host(bench: Bench, step: Step) -> Iterator[Observation]:
    """By a subject alternative name."""
    wanted = urlsplit(bench.url(step)).hostname or ""
    try:
        names = leaf(bench, step).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        yield Observation(
            what="the certificate has no subject alternative names",
            got="none",
            where=f"TLS {step} server certificate",
            expected=wanted,
            clause="RFC 9110, 4.3.4",
        )
        return
    dns = [one.lower() for one in names.get_values_for_type(x509.DNSName)]
    covered = wanted.lower() in dns or any(
        one.startswith("*.") and wanted.lower().split(".", 1)[-1] == one[2:] for one in dns
    )
    if not covered and not _address_covered(wanted, names):
        yield Observation(
            what="the certificate does not cover the host of its address",
            where=f"TLS {step} server certificate",
            expected=wanted,
            got=", ".join(dns)[:100],
            clause="RFC 9110, 4.3.4",
        )


def _address_covered(wanted: str, names: x509.SubjectAlternativeName) -> bool:
    try:
        return ipaddress.ip_address(wanted) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        return False


@_place("CERT-KEY", "the key is strong", "X-TLS-06", "certificates")
def key(bench: Bench, step: Step) -> Iterator[Observation]:
    """RSA of 2048 bits, or an elliptic curve of 256."""
    found = leaf(bench, step).public_key()
    size = found.key_size if isinstance(found, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else 0
    if size < (2048 if isinstance(found, rsa.RSAPublicKey) else 256):
        yield Observation(
            what="the key is weak",
            where=f"TLS {step} server certificate",
            got=f"{size} bits",
            expected="RSA 2048 or P-256",
            clause=_CLAUSE,
        )


@_place("CERT-HASH", "the certificate is signed with SHA-256 or better", "X-TLS-06", "certificates")
def signature(bench: Bench, step: Step) -> Iterator[Observation]:
    """Not MD5, not SHA-1."""
    found = leaf(bench, step).signature_hash_algorithm
    if found is not None and found.name in ("md5", "sha1"):
        yield Observation(
            what="the certificate is signed with an outdated hash",
            expected="SHA-256",
            where=f"TLS {step} server certificate",
            got=found.name,
            clause=_CLAUSE,
        )


@_place("CERT-CHAIN", "the chain is complete up to the authority", "X-TLS-06", "certificates", "should")
def chain(bench: Bench, step: Step) -> Iterator[Observation]:
    """What is shown, together with the anchors, makes a path."""
    shown = [x509.load_der_x509_certificate(one) for one in ordinary(bench, step).certificates]
    failures = certificate_failures(
        shown[0], bench.anchors, now=bench.clock(), purpose=Purpose.TLS_SERVER, intermediates=tuple(shown[1:])
    )
    if any(one.failure is TrustFailure.UNTRUSTED for one in failures):
        yield Observation(
            what="the certificates shown do not reach a trusted authority",
            got=f"{len(shown)} shown",
            where=f"TLS {step}",
            expected="leaf and intermediates",
            clause=_CLAUSE,
        )


@_place("CERT-LIFE", "the certificate has 60 days left", "X-TLS-08", "certificates", "should")
def life(bench: Bench, step: Step) -> Iterator[Observation]:
    """Time enough to publish the next one."""
    left = leaf(bench, step).not_valid_after_utc - bench.clock()
    if left < ENOUGH:
        yield Observation(
            what="the certificate ends soon",
            where=f"TLS {step} server certificate",
            expected="60 days",
            got=f"{left.days} days",
            clause=_CLAUSE,
        )


@_place(
    "CERT-NAMES", "the subject names country, organisation and system", "A-TLS-04", "certificates", "should"
)
def names(bench: Bench, step: Step) -> Iterator[Observation]:
    """C, O and CN."""
    subject = leaf(bench, step).subject
    for oid, name in (
        (NameOID.COUNTRY_NAME, "C"),
        (NameOID.ORGANIZATION_NAME, "O"),
        (NameOID.COMMON_NAME, "CN"),
    ):
        if not subject.get_attributes_for_oid(oid):
            yield Observation(
                what=f"the subject has no {name}",
                where=f"TLS {step} server certificate",
                expected=f"{name}=…",
                got="none",
                clause="eHDSI X.509 Certificates Profile",
            )


@_place("CERT-EKU", "the certificate says serverAuth", "X-TLS-06", "certificates", "should")
def extended(bench: Bench, step: Step) -> Iterator[Observation]:
    """Extended key usage."""
    try:
        usages = leaf(bench, step).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        usages = x509.ExtendedKeyUsage([])
    if ExtendedKeyUsageOID.SERVER_AUTH not in usages:
        yield Observation(
            what="the certificate is not marked for TLS servers",
            expected="serverAuth",
            where=f"TLS {step} server certificate",
            got="not there",
            clause=_CLAUSE,
        )
