"""The values that a service metadata publisher gives out. Source: OASIS BDX-SMP 1.0, section 2."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from ehdsi.findings import Finding
from ehdsi.smp.names import Service, SmpIdentifier, country_of
from ehdsi.xml import XmlElement


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceGroup:
    """Which services a participant publishes: absolute addresses of their metadata."""

    participant: SmpIdentifier
    references: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where and how a service is reached.

    Attributes
    ----------
    uri : ``https://…``; empty for the search mask, which has no address.
    certificate : DER of the server's TLS certificate; empty for the search mask. Text that could not be
        decoded gives empty bytes and a finding.
    activation, expiration : aware UTC times, ``None`` when absent.
    extensions : the one foreign element of each Extension; the search mask is such an element.
    """

    transport_profile: str
    uri: str
    certificate: bytes = field(default=b"", repr=False)
    activation: datetime | None = None
    expiration: datetime | None = None
    require_business_level_signature: bool | None = False
    minimum_authentication_level: str | None = "urn:epSOS:loa:1"
    description: str = ""
    contact_url: str = ""
    information_url: str | None = None
    extensions: tuple[XmlElement, ...] = field(default=(), compare=False, repr=False)

    def is_active(self, now: datetime) -> bool:
        """Is ``now`` (aware) within the dates? Activation counts in, expiration out."""
        started = self.activation is None or self.activation <= now
        return started and (self.expiration is None or now < self.expiration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process and the endpoints that serve it, in document order."""

    identifier: SmpIdentifier
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInformation:
    """What is published about one service of one participant."""

    participant: SmpIdentifier
    document: SmpIdentifier
    processes: tuple[Process, ...]
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    def endpoints(self, service: Service) -> tuple[Endpoint, ...]:
        """The endpoints of a service: its process, its transport profile; several mean that the choice is
        unclear."""
        wanted = service.process_identifier(country_of(self.participant) or "")
        return tuple(endpoint for process in self.processes if process.identifier.same_as(wanted)
                     for endpoint in process.endpoints
                     if endpoint.transport_profile == service.transport_profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """The metadata are kept by another publisher, whose signing certificate has this subject unique id."""

    href: str
    certificate_uid: str
    findings: tuple[Finding, ...] = field(default=(), compare=False)


ServiceMetadata = ServiceInformation | Redirect


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedMetadata:
    """What a verified SignedServiceMetadata says, read only from what the publisher's signature covers.

    Attributes
    ----------
    metadata : the content.
    publisher : certificate whose key made the outer signature; whether it is trusted is ``ehdsi.trust``'s
        question.
    country : certificate whose key made the country's own signature; ``None`` when there is none or it is
        wrong.
    findings : about the content and about the inner signature.
    """

    metadata: ServiceMetadata
    publisher: x509.Certificate
    country: x509.Certificate | None
    findings: tuple[Finding, ...] = field(default=(), compare=False)
