"""The SMP: what it publishes about the candidate, and who signed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from cryptography import x509

from ehdsi import smp, xml
from ehdsi.errors import PeerError
from ehdsi.trust import Purpose, certificate_failures
from onboarding.bench import Bench
from onboarding.catalogue import bound, check
from onboarding.looking import observed, of_rules
from onboarding.model import Level, Observation, Skip

#: Service -> the word in the ids of its checks.
SERVICES = {"ITI-55": smp.XCPD, "ITI-38": smp.XCA_QUERY, "ITI-39": smp.XCA_RETRIEVE, "MASK": smp.SEARCH_MASK}
_CLAUSE = "OASIS BDX-SMP 1.0, 2.3"
Look = Callable[[Bench, smp.Service], Iterator[Observation]]


def _service(
    id: str, title: str, requirement: str | tuple[str, ...], *, level: Level = "must", mask: bool = True
) -> Callable[[Look], Look]:
    """A check of the entry of each service."""

    def enter(look: Look) -> Look:
        for name, service in SERVICES.items():
            if name != "MASK" or mask:
                check(
                    id=f"SMP-{id}-{name}",
                    title=f"{title} ({name})",
                    requirement=requirement,
                    chapter="smp",
                    level=level,
                    needs=("smp",),
                )(bound(look, service))
        return look

    return enter


def verified(bench: Bench, service: smp.Service) -> smp.VerifiedMetadata:
    """The entry as far as its signature covers it; raises ``PeerError``."""
    return bench.once(("verified", service.name), lambda: smp.verify(bench.metadata_root(service)))


def information(bench: Bench, service: smp.Service) -> smp.ServiceInformation:
    """The entry whoever signed it; ``Skip`` when it cannot be read, which other checks report."""
    try:
        return bench.published(service)
    except PeerError as error:
        raise Skip(f"the entry cannot be read: {error.what}") from None


@_service("SIGNED", "the entry carries a valid signature of the publisher", "A-SMP-03")
def signed(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """The outer signature verifies, over the whole document."""
    verified(bench, service)
    yield from ()


@_service("PUBLISHER", "the publisher is trusted", "A-SMP-03")
def publisher(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """The certificate of the outer signature chains to the anchors and is in date."""
    yield from _trusted(bench, _verified_or_skip(bench, service).publisher, "SignedServiceMetadata/Signature")


@_service("COUNTRY", "the entry carries a valid signature of the country", "A-SMP-04", level="should")
def country(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """The inner signature verifies; its certificate is trusted and of the country."""
    found = _verified_or_skip(bench, service)
    if found.country is None:
        yield Observation(
            what="the country's own signature is missing or wrong",
            expected="ds:Signature",
            where="ServiceInformation/Extension",
            got="none that verifies",
            clause="eHDSI SMP specification",
            hint="sign the metadata with the national seal before uploading them",
        )
        return
    yield from _trusted(bench, found.country, "ServiceInformation/Extension/Signature", bench.country.code)


def _verified_or_skip(bench: Bench, service: smp.Service) -> smp.VerifiedMetadata:
    try:
        return verified(bench, service)
    except PeerError as error:
        raise Skip(f"the signature of the entry does not hold: {error.what}") from None


def _trusted(
    bench: Bench, certificate: x509.Certificate, where: str, country: str | None = None
) -> Iterator[Observation]:
    for failure in certificate_failures(
        certificate, bench.anchors, now=bench.clock(), purpose=Purpose.SEAL, country=country
    ):
        yield Observation(
            what=failure.what,
            where=where,
            expected=failure.expected,
            got=failure.got,
            clause=failure.clause,
            hint=failure.hint,
        )


@_service("IDENTIFIERS", "participant, document and process are those of the profile", "A-SMP-05")
def identifiers(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """Schemes and values; letter case does not matter."""
    found = information(bench, service)
    wanted = (
        ("ParticipantIdentifier", found.participant, smp.participant(bench.country.code)),
        ("DocumentIdentifier", found.document, service.document_identifier),
    )
    for name, got, expected in wanted:
        if not got.same_as(expected):
            yield Observation(
                what="an identifier is another than the profile's",
                where=name,
                clause=_CLAUSE,
                expected=f"{expected.scheme}::{expected.value}",
                got=f"{got.scheme}::{got.value}"[:120],
            )
    process = service.process_identifier(bench.country.code)
    if not any(one.identifier.same_as(process) for one in found.processes):
        yield Observation(
            what="no process is the one of this service",
            where="Process/ProcessIdentifier",
            expected=f"{process.scheme}::{process.value}",
            clause=_CLAUSE,
            got=", ".join(one.identifier.value for one in found.processes)[:120] or "none",
        )


@_service("FORM", "the entry is complete and readable", ("A-SMP-05", "A-SMP-07"))
def form(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """What the reader noticed."""
    for finding in information(bench, service).findings:
        yield observed(finding)


def _endpoints(bench: Bench, service: smp.Service) -> tuple[smp.Endpoint, ...]:
    found = information(bench, service).endpoints(service)
    if not found:
        raise PeerError(
            "the entry names no endpoint with the transport profile of this service",
            where="ServiceEndpointList",
            expected=service.transport_profile,
            got="none",
            clause=_CLAUSE,
        )
    return found


@_service("ACTIVE", "an endpoint is active now", "A-SMP-06")
def active(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """Activation is past, expiration to come."""
    found, now = _endpoints(bench, service), bench.clock()
    if not any(one.is_active(now) for one in found):
        yield Observation(
            what="no endpoint is active now",
            where="ServiceActivationDate, ServiceExpirationDate",
            expected="activation before now, expiration after",
            clause=_CLAUSE,
            got=", ".join(f"{one.activation} to {one.expiration}" for one in found)[:120],
        )


@_service("ONE", "exactly one endpoint is active", "X-SMP-09", mask=False)
def one(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """Several would leave the choice open."""
    found = [one for one in _endpoints(bench, service) if one.is_active(bench.clock())]
    if len({(one.uri, one.certificate) for one in found}) > 1:
        yield Observation(
            what="several endpoints are active",
            where="ServiceEndpointList",
            expected="one",
            got=str(len(found)),
            hint="expire the old one when the new one becomes active",
        )


@_service("HTTPS", "the address is https", "A-SMP-06", mask=False)
def https(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """Scheme and host."""
    for endpoint in _endpoints(bench, service):
        parts = urlsplit(endpoint.uri)
        if parts.scheme != "https" or not parts.hostname:
            yield Observation(
                what="an address is not https",
                where="EndpointURI",
                expected="https://…",
                got=endpoint.uri[:80],
                clause="eHDSI Messaging Profile",
            )


@_service(
    "CERTIFICATE",
    "the endpoint certificate is readable, in date, trusted, of the country",
    ("A-SMP-07", "A-TLS-04"),
    mask=False,
)
def certificate(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """The TLS server certificate that clients pin."""
    for endpoint in _endpoints(bench, service):
        try:
            found = x509.load_der_x509_certificate(endpoint.certificate)
        except ValueError:
            yield Observation(
                what="the endpoint certificate cannot be read",
                where="Endpoint/Certificate",
                expected="base64 of DER",
                got=f"{len(endpoint.certificate)} bytes",
                clause=_CLAUSE,
            )
            continue
        for failure in certificate_failures(
            found, bench.anchors, now=bench.clock(), purpose=Purpose.TLS_SERVER, country=bench.country.code
        ):
            yield Observation(
                what=failure.what,
                where="Endpoint/Certificate",
                expected=failure.expected,
                got=failure.got,
                clause=failure.clause,
                hint=failure.hint,
            )


@_service("LEVELS", "no business-level signature is demanded", "A-SMP-05", level="should")
def levels(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """RequireBusinessLevelSignature is false in this network."""
    for endpoint in _endpoints(bench, service):
        if endpoint.require_business_level_signature:
            yield Observation(
                what="a business-level signature is demanded",
                expected="false",
                got="true",
                where="RequireBusinessLevelSignature",
                clause="eHDSI SMP specification",
            )


@_service("REPEAT", "a repeated query gives the same entry, in any encoding of its address", "X-SMP-08")
def repeat(bench: Bench, service: smp.Service) -> Iterator[Observation]:
    """Three repeats; percent-encoded in lower case too."""
    path = smp.service_metadata_path(smp.participant(bench.country.code), service.document_identifier)
    base, first = bench.target.smp.rstrip("/"), information(bench, service)
    for form in (path, path, path.replace("%3A", "%3a").replace("%23", "%23")):
        answer = bench.get(base + form, f"SMP {service.name}")
        again = _read(answer.body) if answer.status == 200 else None
        if again != first:
            yield Observation(
                what="a repeated query gives another entry",
                where=form[:120],
                clause=_CLAUSE,
                expected="the same metadata",
                got=f"HTTP {answer.status}" if again is None else "others",
            )
            return


def _read(body: bytes) -> smp.ServiceMetadata | None:
    try:
        return smp.verify(xml.parse(body)).metadata
    except PeerError:
        try:
            return smp.parse_service_metadata(xml.parse(body)[0])
        except PeerError:
            return None


@check(
    id="SMP-GROUP",
    title="the service group lists the four services",
    requirement="A-SMP-02",
    chapter="smp",
    needs=("smp",),
)
def group(bench: Bench) -> Iterator[Observation]:
    """Identification, query, retrieve, search mask."""
    path = smp.service_group_path(smp.participant(bench.country.code))
    answer = bench.get(bench.target.smp.rstrip("/") + path, "SMP service group")
    if answer.status != 200:
        yield Observation(
            what="the SMP does not know the participant",
            where=path,
            expected="HTTP 200",
            got=f"HTTP {answer.status}",
            clause="OASIS BDX-SMP 1.0, 2.2",
        )
        return
    found = smp.parse_service_group(xml.parse(answer.body))
    yield from of_rules(found.findings, "A-SMP-02")
    if not found.participant.same_as(smp.participant(bench.country.code)):
        yield Observation(
            what="the service group belongs to another participant",
            got=found.participant.value,
            where="ParticipantIdentifier",
            expected=smp.participant(bench.country.code).value,
        )
    listed = {smp.parse_path(urlsplit(one).path)[1] for one in found.references}
    for name, service in SERVICES.items():
        if not any(one is not None and one.same_as(service.document_identifier) for one in listed):
            yield Observation(
                what=f"the service group does not list {name}",
                expected=service.document,
                where="ServiceMetadataReferenceCollection",
                got=f"{len(listed)} others",
            )


@check(
    id="SMP-AGREES",
    title="the addresses are those of the dossier",
    requirement=("X-SMP-10", "P-04"),
    chapter="smp",
    needs=("smp",),
)
def agrees(bench: Bench) -> Iterator[Observation]:
    """What the SMP publishes is what world.json, or the pack's declaration, states."""
    said = {"ITI-55": bench.target.xcpd, "ITI-38": bench.target.xca, "ITI-39": bench.target.xca}
    for name, url in said.items():
        published = {
            one.uri.rstrip("/") for one in information(bench, SERVICES[name]).endpoints(SERVICES[name])
        }
        if url and url.rstrip("/") not in published:
            yield Observation(
                what=f"the SMP publishes another address for {name} than was declared",
                where="EndpointURI",
                expected=url,
                got=", ".join(sorted(published))[:160] or "none",
            )


@check(
    id="SMP-UNKNOWN",
    title="an unknown service has no entry",
    requirement="X-SMP-08",
    chapter="smp",
    level="should",
    needs=("smp",),
)
def unknown(bench: Bench) -> Iterator[Observation]:
    """HTTP 404, so that a directory can tell absence from trouble."""
    path = smp.service_group_path(smp.participant(bench.country.code))
    path += "/services/ehealth-resid-qns%3A%3Aurn%3Aehealth%3Anone%23%23none"
    answer = bench.get(bench.target.smp.rstrip("/") + path, "SMP unknown")
    if answer.status != 404:
        yield Observation(
            what="the SMP answers a query for a service that does not exist",
            where=path[:120],
            expected="HTTP 404",
            got=f"HTTP {answer.status}",
            clause="OASIS BDX-SMP 1.0, 3",
        )
