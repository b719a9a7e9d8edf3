"""Service metadata: where a country's services are, with which certificate, and its search mask.

``names`` knows identifiers, URL paths and DNS names; ``build_*`` and ``sign_*`` write what a publisher
gives out; ``verify`` checks a SignedServiceMetadata and reads only what its signature covers.

Source: OASIS BDX-SMP 1.0 (namespace 2016/05); OASIS BDXL 1.0; eHDSI SMP/SML specification.
"""

from __future__ import annotations

from ehdsi.smp.model import (
    Endpoint,
    Process,
    Redirect,
    ServiceGroup,
    ServiceInformation,
    ServiceMetadata,
    VerifiedMetadata,
)
from ehdsi.smp.names import (
    DOCUMENT_SCHEME,
    PARTICIPANT_SCHEME,
    PROCESS_SCHEME,
    SEARCH_MASK,
    SERVICES,
    XCA_QUERY,
    XCA_RETRIEVE,
    XCPD,
    Service,
    SmpIdentifier,
    cname_name,
    country_of,
    naptr_name,
    parse_path,
    participant,
    service_group_path,
    service_metadata_path,
)
from ehdsi.smp.read import parse_service_group, parse_service_metadata, verify
from ehdsi.smp.write import build_service_group, build_service_metadata, sign_as_country, sign_as_publisher

__all__ = [
    "DOCUMENT_SCHEME",
    "PARTICIPANT_SCHEME",
    "PROCESS_SCHEME",
    "SEARCH_MASK",
    "SERVICES",
    "XCA_QUERY",
    "XCA_RETRIEVE",
    "XCPD",
    "Endpoint",
    "Process",
    "Redirect",
    "Service",
    "ServiceGroup",
    "ServiceInformation",
    "ServiceMetadata",
    "SmpIdentifier",
    "VerifiedMetadata",
    "build_service_group",
    "build_service_metadata",
    "cname_name",
    "country_of",
    "naptr_name",
    "parse_path",
    "parse_service_group",
    "parse_service_metadata",
    "participant",
    "service_group_path",
    "service_metadata_path",
    "sign_as_country",
    "sign_as_publisher",
    "verify",
]
