"""Identifiers, addresses and DNS names with which a country's services are looked up.

Source: OASIS BDX-SMP 1.0, section 3.4; OASIS BDXL 1.0, section 2; eHDSI SMP/SML specification.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ehdsi.errors import MalformedMessage

PARTICIPANT_SCHEME = "ehealth-participantid-qns"
DOCUMENT_SCHEME = "ehealth-resid-qns"
PROCESS_SCHEME = "ehealth-procid-qns"


@dataclass(frozen=True, slots=True)
class SmpIdentifier:
    """A value within a scheme: a participant, a document type or a process. Compared without regard to
    case."""

    scheme: str
    value: str

    def same_as(self, other: SmpIdentifier) -> bool:
        """Do both name the same thing? Scheme and value are compared case-insensitively (BDX-SMP 1.0,
        3.4)."""
        return (self.scheme.lower(), self.value.lower()) == (other.scheme.lower(), other.value.lower())

    def __str__(self) -> str:
        return f"{self.scheme}::{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of the network as the SMP knows it.

    ``process`` holds ``{country}`` where it differs by country (the search mask).
    """

    name: str
    document: str
    process: str
    transport_profile: str

    @property
    def document_identifier(self) -> SmpIdentifier:
        """Under which document identifier the service is published."""
        return SmpIdentifier(DOCUMENT_SCHEME, self.document)

    def process_identifier(self, country: str) -> SmpIdentifier:
        """The process identifier for a country (ISO 3166-1 alpha-2, any case)."""
        return SmpIdentifier(PROCESS_SCHEME, self.process.format(country=country.lower()))


XCPD = Service(
    name="XCPD",
    document="urn:ehealth:PatientIdentificationAndAuthentication::XCPD::CrossGatewayPatientDiscovery##ITI-55",
    process="urn:XCPD::CrossGatewayPatientDiscovery", transport_profile="urn:ihe:iti:2013:xcpd")
XCA_QUERY = Service(
    name="XCA query", document="urn:ehealth:RequestOfData::XCA::CrossGatewayQuery##ITI-38",
    process="urn:XCA::CrossGatewayQuery", transport_profile="urn:ihe:iti:2013:xca")
XCA_RETRIEVE = Service(
    name="XCA retrieve", document="urn:ehealth:RequestOfData::XCA::CrossGatewayRetrieve##ITI-39",
    process="urn:XCA::CrossGatewayRetrieve", transport_profile="urn:ihe:iti:2013:xca")
SEARCH_MASK = Service(
    name="search mask", document="urn:ehealth:ISM::InternationalSearchMask##ehealth-107",
    process="urn:ehealth:ncp:{country}:ism", transport_profile="urn:ehealth:transport:none")

#: What a country must publish for patient summaries.
SERVICES = (XCPD, XCA_QUERY, XCA_RETRIEVE, SEARCH_MASK)


def participant(country: str) -> SmpIdentifier:
    """The participant identifier of a country (ISO 3166-1 alpha-2, any case; Greece is ``GR``)."""
    return SmpIdentifier(PARTICIPANT_SCHEME, f"urn:ehealth:{country.lower()}:ncp-idp")


def country_of(identifier: SmpIdentifier) -> str | None:
    """The country code, upper case, of a participant identifier; ``None`` when it is not of our form."""
    parts = identifier.value.lower().split(":")
    if len(parts) == 4 and parts[:2] == ["urn", "ehealth"] and parts[3] == "ncp-idp":
        return parts[2].upper()
    return None


# -------------------------------------------------------------------------------------------- URL paths


def service_group_path(who: SmpIdentifier) -> str:
    """Path of a participant's ServiceGroup: lower case, percent-encoded, with a leading slash."""
    return "/" + quote(str(who).lower(), safe="")


def service_metadata_path(who: SmpIdentifier, document: SmpIdentifier) -> str:
    """Path of one SignedServiceMetadata: ``/<scheme>::<participant>/services/<scheme>::<document>``,
    encoded."""
    return f"{service_group_path(who)}/services/{quote(str(document).lower(), safe='')}"


def parse_path(path: str) -> tuple[SmpIdentifier, SmpIdentifier | None]:
    """Participant and, for a SignedServiceMetadata, document identifier of a request path, encoded or not.

    Raises
    ------
    MalformedMessage : not one of the two forms.
    """
    parts = path.strip("/").split("/")
    if len(parts) == 1:
        return _identifier(parts[0]), None
    if len(parts) == 3 and parts[1] == "services":
        return _identifier(parts[0]), _identifier(parts[2])
    raise MalformedMessage("the path is not one of a service metadata publisher",
                           clause="OASIS BDX-SMP 1.0, 3.1",
                           expected="/{participant} or /{participant}/services/{document}")


def _identifier(text: str) -> SmpIdentifier:
    scheme, separator, value = unquote(text).partition("::")
    if not separator or not scheme or not value:
        raise MalformedMessage("an identifier in the path has no scheme", expected="{scheme}::{value}",
                               clause="OASIS BDX-SMP 1.0, 3.4")
    return SmpIdentifier(scheme, value)


# -------------------------------------------------------------------------------------------- DNS names


def naptr_name(who: SmpIdentifier, zone: str) -> str:
    """DNS name of the NAPTR record: base 32 of SHA-256 of the lower-case value, scheme, zone.

    Source: OASIS BDXL 1.0, section 2.1. Unverified against the live zones: the order of the labels.
    """
    digest = hashlib.sha256(who.value.lower().encode()).digest()
    return f"{base64.b32encode(digest).decode('ascii').rstrip('=')}.{who.scheme}.{zone}"


def cname_name(who: SmpIdentifier, zone: str) -> str:
    """DNS name of the older CNAME record: ``b-`` and MD5 of the lower-case value, scheme, zone."""
    digest = hashlib.md5(who.value.lower().encode(), usedforsecurity=False).hexdigest()
    return f"b-{digest}.{who.scheme}.{zone}"
