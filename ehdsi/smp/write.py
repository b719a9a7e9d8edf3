"""Writes and signs what a service metadata publisher gives out."""

from __future__ import annotations

import base64
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from ehdsi import oids
from ehdsi.dsig import SigningKey, sign_enveloped
from ehdsi.errors import LocalError
from ehdsi.smp.model import Endpoint, Redirect, ServiceGroup, ServiceMetadata
from ehdsi.smp.names import SmpIdentifier
from ehdsi.xml import XmlElement

SMP = f"{{{oids.NS_SMP}}}"

#: SMP as default namespace; lxml's type stubs do not know the key ``None``.
_DEFAULT: Any = {None: oids.NS_SMP}


def build_service_group(group: ServiceGroup) -> XmlElement:
    """``ServiceGroup``, unsigned. Source: OASIS BDX-SMP 1.0, 2.2.1."""
    root = etree.Element(SMP + "ServiceGroup", nsmap=_DEFAULT)
    _add_identifier(root, "ParticipantIdentifier", group.participant)
    references = etree.SubElement(root, SMP + "ServiceMetadataReferenceCollection")
    for href in group.references:
        etree.SubElement(references, SMP + "ServiceMetadataReference", href=href)
    return root


def build_service_metadata(metadata: ServiceMetadata) -> XmlElement:
    """``ServiceMetadata``, unsigned: the file that a country hands to its publisher.

    Foreign elements of extensions are copied. Source: OASIS BDX-SMP 1.0, 2.3.
    """
    root = etree.Element(SMP + "ServiceMetadata", nsmap=_DEFAULT)
    if isinstance(metadata, Redirect):
        redirect = etree.SubElement(root, SMP + "Redirect", href=metadata.href)
        _add_text(redirect, "CertificateUID", metadata.certificate_uid)
        return root
    information = etree.SubElement(root, SMP + "ServiceInformation")
    _add_identifier(information, "ParticipantIdentifier", metadata.participant)
    _add_identifier(information, "DocumentIdentifier", metadata.document)
    processes = etree.SubElement(information, SMP + "ProcessList")
    for process in metadata.processes:
        element = etree.SubElement(processes, SMP + "Process")
        _add_identifier(element, "ProcessIdentifier", process.identifier)
        endpoints = etree.SubElement(element, SMP + "ServiceEndpointList")
        for endpoint in process.endpoints:
            _add_endpoint(endpoints, endpoint)
    return root


def sign_as_country(metadata: XmlElement, key: SigningKey) -> XmlElement:
    """Put the country's own signature into ``ServiceInformation/Extension``; returns the same element.

    Parameters
    ----------
    metadata : a ``ServiceMetadata`` root with ``ServiceInformation`` (a redirect is not signed by the
        country).
    key : the country's seal.

    Raises
    ------
    LocalError : no ``ServiceInformation``, or not a root.

    Source: eHDSI SMP specification; signature with an empty reference, inclusive canonicalisation.
    """
    information = metadata.find(SMP + "ServiceInformation")
    if information is None:
        raise LocalError("only ServiceMetadata with ServiceInformation are signed by a country")
    extension = etree.SubElement(information, SMP + "Extension")
    sign_enveloped(metadata, key, position=0, parent=extension, reference="document",
                   canonicalization="inclusive")
    return metadata


def sign_as_publisher(metadata: XmlElement, key: SigningKey) -> XmlElement:
    """``SignedServiceMetadata`` around a ``ServiceMetadata``, signed by the publisher.

    ``metadata`` is moved into the new root. Source: OASIS BDX-SMP 1.0, 2.4.
    """
    root = etree.Element(SMP + "SignedServiceMetadata", nsmap=_DEFAULT)
    root.append(metadata)
    sign_enveloped(root, key, position=-1, reference="document", canonicalization="inclusive",
                   subject_name=True)
    return root


def _add_identifier(parent: XmlElement, name: str, identifier: SmpIdentifier) -> None:
    etree.SubElement(parent, SMP + name, scheme=identifier.scheme).text = identifier.value


def _add_text(parent: XmlElement, name: str, text: str) -> None:
    etree.SubElement(parent, SMP + name).text = text


def _add_endpoint(parent: XmlElement, endpoint: Endpoint) -> None:
    element = etree.SubElement(parent, SMP + "Endpoint", transportProfile=endpoint.transport_profile)
    _add_text(element, "EndpointURI", endpoint.uri)
    if endpoint.require_business_level_signature is not None:
        _add_text(element, "RequireBusinessLevelSignature",
                  "true" if endpoint.require_business_level_signature else "false")
    if endpoint.minimum_authentication_level is not None:
        _add_text(element, "MinimumAuthenticationLevel", endpoint.minimum_authentication_level)
    if endpoint.activation is not None:
        _add_text(element, "ServiceActivationDate", _date_time(endpoint.activation))
    if endpoint.expiration is not None:
        _add_text(element, "ServiceExpirationDate", _date_time(endpoint.expiration))
    _add_text(element, "Certificate", base64.b64encode(endpoint.certificate).decode("ascii"))
    _add_text(element, "ServiceDescription", endpoint.description)
    _add_text(element, "TechnicalContactUrl", endpoint.contact_url)
    if endpoint.information_url is not None:
        _add_text(element, "TechnicalInformationUrl", endpoint.information_url)
    for foreign in endpoint.extensions:
        # A copy: appending would take the caller's element out of its own tree.
        etree.SubElement(element, SMP + "Extension").append(deepcopy(foreign))


def _date_time(moment: datetime) -> str:
    """xs:dateTime in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
