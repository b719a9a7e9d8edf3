"""The directory of countries: looks services up in the SMP, verifies what comes, remembers it for a while.

What an SMP says decides where identity traits are sent, so nothing of it is used before the publisher's
signature, the country's own signature, both signers, the dates and the certificate of the endpoint are right.

Source: OASIS BDX-SMP 1.0; eHDSI SMP/SML specification; eHDSI X.509 Certificates Profile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Literal

import httpx
from cryptography import x509

from ehdsi import oids, smp, xml
from ehdsi.errors import MalformedMessage, PeerError, SignatureRefused, TransportFailure
from ehdsi.search_mask import SearchMask, parse_mask
from ehdsi.trust import Purpose, TrustAnchors, check_certificate
from ehdsi.xml import XmlElement
from exchange.http import Courier, Limits
from exchange.tls import ClientTls, client_context
from exchange.wire import OnMessage, ignore

#: The three transactions of a patient summary.
Transaction = Literal["ITI-55", "ITI-38", "ITI-39"]


class Service(Enum):
    """A service of a foreign NCP: step name, entry in the SMP, actions of request and answer."""

    ITI_55 = ("ITI-55", smp.XCPD, oids.ACTION_XCPD, oids.ACTION_XCPD_RESPONSE)
    ITI_38 = ("ITI-38", smp.XCA_QUERY, oids.ACTION_XCA_QUERY, oids.ACTION_XCA_QUERY_RESPONSE)
    ITI_39 = ("ITI-39", smp.XCA_RETRIEVE, oids.ACTION_XCA_RETRIEVE, oids.ACTION_XCA_RETRIEVE_RESPONSE)

    def __init__(self, step: Transaction, entry: smp.Service, action: str, response_action: str) -> None:
        self.step: Transaction = step
        self.entry = entry
        self.action = action
        self.response_action = response_action


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a service is: HTTPS address, and the DER of the only server certificate that it may show."""

    url: str
    certificate_der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A verified entry, when it was fetched, and whether somebody found it wrong since."""

    metadata: smp.ServiceInformation
    fetched: datetime
    doubted: bool = False


class Directory:
    """Looks countries up; safe for use by many threads.

    Parameters
    ----------
    url : base URL of the SMP, ``https://…``.
    tls : our certificate and the anchors for the connection to the SMP.
    anchors : whom to trust as signer and as issuer of endpoint certificates.
    signers : certificates that may sign for the SMP; None: any seal that chains to the anchors.
    clock : the time, UTC.
    max_age : seconds after which an entry is fetched again. When the SMP is away, an older one is still used
        as long as its own dates hold.
    country_signature : refuse an entry without the country's own signature.
    """

    def __init__(self, url: str, *, tls: ClientTls, anchors: TrustAnchors, clock: Callable[[], datetime],
                 signers: TrustAnchors | None = None, max_age: float = 600.0, country_signature: bool = True,
                 limits: Limits | None = None, on_message: OnMessage = ignore,
                 transport: httpx.BaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self._anchors = anchors
        self._signers = signers
        self._clock = clock
        self._max_age = timedelta(seconds=max_age)
        self._country_signature = country_signature
        self._courier = Courier("SMP", verify=client_context(tls), limits=limits, on_message=on_message,
                                transport=transport)
        self._lock = threading.Lock()
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._known: dict[tuple[str, str], _Known] = {}

    def endpoint(self, country: str, service: Service) -> Endpoint:
        """The one endpoint of this service that is active now.

        Raises
        ------
        TransportFailure : the SMP cannot be reached and nothing usable is remembered.
        PeerError : the entry is missing, wrong, not signed as it must be, or not active.
        """
        return active_endpoint(self._metadata(country, service.entry, service.step), service.entry, country,
                               now=self._clock(), anchors=self._anchors)

    def known_endpoint(self, country: str, service: Service) -> Endpoint | None:
        """The endpoint that is remembered, None when there is none; never asks the SMP."""
        with self._lock:
            known = self._known.get((country, service.entry.name))
        if known is None:
            return None
        try:
            return active_endpoint(known.metadata, service.entry, country, now=self._clock(),
                                   anchors=self._anchors)
        except PeerError:
            return None

    def search_mask(self, country: str) -> SearchMask:
        """What this country asks to find a patient. Raises as ``endpoint`` does."""
        metadata = self._metadata(country, smp.SEARCH_MASK, "mask")
        return mask_of(metadata, country, now=self._clock())

    def refresh(self, country: str) -> None:
        """Somebody failed with what we know about this country: ask the SMP at the next need."""
        with self._lock:
            for key, known in self._known.items():
                if key[0] == country:
                    self._known[key] = _Known(metadata=known.metadata, fetched=known.fetched, doubted=True)

    def forget(self) -> None:
        """Ask the SMP anew about everybody; until it has answered there is nothing to fall back upon."""
        with self._lock:
            self._known.clear()

    def _metadata(self, country: str, service: smp.Service, step: str) -> smp.ServiceInformation:
        key = (country, service.name)
        with self._lock:
            one_at_a_time = self._locks.setdefault(key, threading.Lock())
        with one_at_a_time:
            known = self._known.get(key)
            if known is not None and not known.doubted and self._clock() - known.fetched < self._max_age:
                return known.metadata
            try:
                metadata = self._fetch(country, service, step)
            except TransportFailure:
                if known is None:
                    raise
                return known.metadata
            with self._lock:
                self._known[key] = _Known(metadata=metadata, fetched=self._clock())
            return metadata

    def _fetch(self, country: str, service: smp.Service, step: str) -> smp.ServiceInformation:
        path = smp.service_metadata_path(smp.participant(country), service.document_identifier)
        found = self._read(self._url + path, country, service, step)
        if isinstance(found, smp.Redirect):
            if not found.href.startswith("https://"):
                raise MalformedMessage("the SMP redirects to an address without TLS", where="Redirect/@href",
                                       expected="https://…", got=found.href[:80],
                                       clause="OASIS BDX-SMP 1.0, 2.3")
            found = self._read(found.href, country, service, step)
        if isinstance(found, smp.Redirect):
            raise MalformedMessage("the SMP redirects twice", where="Redirect",
                                   expected="one redirect at most", got="another one",
                                   clause="OASIS BDX-SMP 1.0, 2.3.1")
        return found

    def _read(self, url: str, country: str, service: smp.Service, step: str) -> smp.ServiceMetadata:
        answer = self._courier.get(url, step=f"SMP {step}", country=country)
        if answer.status == 404:
            raise MalformedMessage(f"the SMP has no entry for the {service.name} of {country}", where=url,
                                   expected="SignedServiceMetadata", got="HTTP 404",
                                   hint="is the country published in this SMP?")
        if answer.status != 200:
            raise TransportFailure("http", f"the SMP answered with HTTP {answer.status}", answer.status)
        verified = smp.verify(xml.parse(answer.body))
        check_entry(verified, country, service, now=self._clock(), anchors=self._anchors,
                    signers=self._signers, country_signature=self._country_signature)
        return verified.metadata

    def close(self) -> None:
        """Close the connections to the SMP."""
        self._courier.close()


def check_entry(verified: smp.VerifiedMetadata, country: str, service: smp.Service, *, now: datetime,
                anchors: TrustAnchors, signers: TrustAnchors | None, country_signature: bool) -> None:
    """Is this the entry that was asked for, signed by those who may?

    Raises
    ------
    SignatureRefused : a signer that is not trusted, of another country, or no country signature.
    MalformedMessage : metadata of another participant or service.
    """
    check_certificate(verified.publisher, signers or anchors, now=now, purpose=Purpose.SEAL)
    metadata = verified.metadata
    if isinstance(metadata, smp.Redirect):
        return
    if not metadata.participant.same_as(smp.participant(country)):
        raise MalformedMessage("the SMP gave the entry of another participant", where="ParticipantIdentifier",
                               expected=smp.participant(country).value, got=metadata.participant.value[:80],
                               clause="OASIS BDX-SMP 1.0, 2.3")
    if not metadata.document.same_as(service.document_identifier):
        raise MalformedMessage("the SMP gave the entry of another service", where="DocumentIdentifier",
                               expected=service.document, got=metadata.document.value[:120],
                               clause="OASIS BDX-SMP 1.0, 2.3")
    if verified.country is not None:
        check_certificate(verified.country, anchors, now=now, purpose=Purpose.SEAL, country=country)
    elif country_signature:
        raise SignatureRefused("the entry does not carry a valid signature of the country itself",
                               where="ServiceInformation/Extension", expected="ds:Signature of the country",
                               got="none, or a wrong one", clause="eHDSI SMP specification",
                               hint="sign the metadata with the national seal before uploading them")


def active_endpoint(metadata: smp.ServiceInformation, service: smp.Service, country: str, *, now: datetime,
                    anchors: TrustAnchors) -> Endpoint:
    """The endpoint of a verified entry that may be called now.

    Raises
    ------
    PeerError : none, none active, several that differ, no https address, or a certificate that is not
        trusted, out of date or of another country.
    """
    active = [one for one in metadata.endpoints(service) if one.is_active(now)]
    if not active:
        raise MalformedMessage(f"the SMP names no active endpoint for the {service.name} of {country}",
                               where="ServiceEndpointList", expected="one endpoint within its dates",
                               got=f"{len(metadata.endpoints(service))} outside their dates",
                               clause="OASIS BDX-SMP 1.0, 2.3.4")
    if len({(one.uri, one.certificate) for one in active}) > 1:
        raise MalformedMessage(f"the SMP names several endpoints for the {service.name} of {country}",
                               where="ServiceEndpointList", expected="one", got=str(len(active)),
                               hint="expire the old endpoint when the new one becomes active")
    endpoint = active[0]
    if not endpoint.uri.startswith("https://"):
        raise MalformedMessage("the endpoint is not an https address", where="EndpointURI", expected="https://…",
                               got=endpoint.uri[:80], clause="eHDSI Messaging Profile")
    check_certificate(_certificate(endpoint.certificate), anchors, now=now, purpose=Purpose.TLS_SERVER,
                      country=country)
    return Endpoint(url=endpoint.uri, certificate_der=endpoint.certificate)


@lru_cache(maxsize=256)
def _certificate(der: bytes) -> x509.Certificate:
    """The same object for the same bytes, which remembers what it has parsed of itself."""
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise MalformedMessage("the endpoint has no readable certificate", where="Endpoint/Certificate",
                               expected="base64 of a DER certificate", got="something else",
                               clause="OASIS BDX-SMP 1.0, 2.3.4") from None


@lru_cache(maxsize=64)
def _mask_in(element: XmlElement) -> SearchMask:
    """The mask of an element that is remembered anyway, read once: each form of a country asks for it."""
    return parse_mask(element)


def mask_of(metadata: smp.ServiceInformation, country: str, *, now: datetime) -> SearchMask:
    """The search mask inside a verified entry.

    Raises
    ------
    PeerError : no mask, an old one, one that cannot be read, or that of another country.
    """
    elements = [element for endpoint in metadata.endpoints(smp.SEARCH_MASK) if endpoint.is_active(now)
                for element in endpoint.extensions]
    if not elements:
        raise MalformedMessage(f"the SMP holds no search mask for {country}", where="Endpoint/Extension",
                               expected="searchFields", got="nothing",
                               clause="eHDSI International Search Mask")
    mask = _mask_in(elements[-1])
    if mask.country.upper() != country:
        raise PeerError("the search mask belongs to another country", where="country/@code", expected=country,
                        got=mask.country[:2], clause="eHDSI International Search Mask")
    return mask
