"""HL7 v3 elements that both messages of ITI-55 share, written by plain functions."""

from __future__ import annotations

from typing import Any

from lxml import etree

from ehdsi import oids
from ehdsi.cda.datatypes import Address, Identifier, PersonName, Telecom
from ehdsi.traits import Traits
from ehdsi.xml import XmlElement

#: Clark prefix of HL7 v3; ``H + "id"`` is an element name.
H = f"{{{oids.NS_HL7}}}"

#: HL7 v3 as default namespace; lxml's type stubs do not know the key ``None``.
_DEFAULT: Any = {None: oids.NS_HL7}


def root_element(interaction: str) -> XmlElement:
    """The interaction element itself, HL7 v3 as default namespace."""
    return etree.Element(H + interaction, {"ITSVersion": "XML_1.0"}, nsmap=_DEFAULT)


def add(parent: XmlElement, name: str, **attributes: str | None) -> XmlElement:
    """A child with those attributes that are not ``None``."""
    child = etree.SubElement(parent, H + name)
    for key, value in attributes.items():
        if value is not None:
            child.set(key, value)
    return child


def add_text(parent: XmlElement, name: str, text: str) -> XmlElement:
    """A child that holds only text."""
    child = etree.SubElement(parent, H + name)
    child.text = text
    return child


def add_identifier(parent: XmlElement, name: str, identifier: Identifier) -> XmlElement:
    """An instance identifier (II)."""
    return add(parent, name, nullFlavor=identifier.null_flavor, root=identifier.root,
               extension=identifier.extension, assigningAuthorityName=identifier.authority)


def add_name(parent: XmlElement, name: str, value: PersonName) -> None:
    """A person name (PN), family before given, as eHDSI gateways write it."""
    element = add(parent, name, nullFlavor=value.null_flavor, use=value.use)
    element.text = value.text
    for part in ("prefix", "family", "given", "suffix"):
        for text in getattr(value, part):
            add_text(element, part, text)


def add_address(parent: XmlElement, name: str, value: Address, *, street: str) -> None:
    """A postal address (AD); ``street`` names the line element: ``streetName`` in requests, else
    ``streetAddressLine``."""
    element = add(parent, name, nullFlavor=value.null_flavor, use=value.use)
    for line in value.street_lines:
        add_text(element, street, line)
    for part, text in (("city", value.city), ("state", value.state), ("country", value.country),
                       ("postalCode", value.postal_code)):
        if text is not None:
            add_text(element, part, text)


def add_telecom(parent: XmlElement, name: str, value: Telecom) -> None:
    """A telephone number or mail address (TEL)."""
    add(parent, name, nullFlavor=value.null_flavor, value=value.value, use=value.use)


def add_transmission(message: XmlElement, *, message_id: Identifier, creation_time: str | None,
                     interaction: str, accept_ack: str) -> None:
    """The transmission wrapper from ``id`` to ``acceptAckCode``."""
    add_identifier(message, "id", message_id)
    add(message, "creationTime", value=creation_time)
    add(message, "versionCode", code="V3PR1")
    add(message, "interactionId", root=oids.HL7_INTERACTIONS, extension=interaction)
    add(message, "processingCode", code="P")
    add(message, "processingModeCode", code="T")
    add(message, "acceptAckCode", code=accept_ack)


def add_device(message: XmlElement, name: str, oid: str, *, with_agent: bool = True) -> None:
    """``receiver`` or ``sender``: the device and the organisation it acts for carry the same bare OID."""
    party = add(message, name, typeCode="RCV" if name == "receiver" else "SND")
    device = add(party, "device", classCode="DEV", determinerCode="INSTANCE")
    add(device, "id", root=oid)
    if with_agent:
        agent = add(device, "asAgent", classCode="AGNT")
        organization = add(agent, "representedOrganization", classCode="ORG", determinerCode="INSTANCE")
        add(organization, "id", root=oid)


def add_query_by_parameter(parent: XmlElement, query_id: Identifier, traits: Traits, *,
                           full: bool) -> None:
    """``queryByParameter``; ``full`` as a request has it, otherwise the echo of an answer."""
    query = add(parent, "queryByParameter")
    add_identifier(query, "queryId", query_id)
    add(query, "statusCode", code="new")
    if full:
        add(query, "responseModalityCode", code="R")
        add(query, "responsePriorityCode", code="I")
        add(query, "matchCriterionList")
    _add_parameters(add(query, "parameterList"), traits)


def _add_parameters(parameters: XmlElement, traits: Traits) -> None:
    """One element per trait in schema order; each closes with its ``semanticsText``."""
    if traits.gender is not None:
        item = add(parameters, "livingSubjectAdministrativeGender")
        add(item, "value", code=traits.gender, codeSystem=oids.ADMINISTRATIVE_GENDER)
        add_text(item, "semanticsText", "LivingSubject.administrativeGender")
    if traits.birth_place_name is not None:
        item = add(parameters, "livingSubjectBirthPlaceName")
        add_text(item, "value", traits.birth_place_name)
        add_text(item, "semanticsText", "LivingSubject.BirthPlace.Place.Name")
    if traits.birth_date is not None:
        item = add(parameters, "livingSubjectBirthTime")
        add(item, "value", value=traits.birth_date)
        add_text(item, "semanticsText", "LivingSubject.birthTime")
    for identifier in traits.identifiers:
        item = add(parameters, "livingSubjectId")
        add_identifier(item, "value", identifier)
        add_text(item, "semanticsText", "LivingSubject.id")
    _add_names_and_contacts(parameters, traits)


def _add_names_and_contacts(parameters: XmlElement, traits: Traits) -> None:
    if traits.name is not None:
        item = add(parameters, "livingSubjectName")
        add_name(item, "value", traits.name)
        add_text(item, "semanticsText", "LivingSubject.name")
    if traits.mothers_maiden_name is not None:
        item = add(parameters, "mothersMaidenName")
        add_name(item, "value", traits.mothers_maiden_name)
        add_text(item, "semanticsText", "Person.MothersMaidenName")
    if traits.address is not None:
        item = add(parameters, "patientAddress")
        add_address(item, "value", traits.address, street="streetName")
        add_text(item, "semanticsText", "Patient.addr")
    if traits.telecoms:
        item = add(parameters, "patientTelecom")
        for telecom in traits.telecoms:
            add_telecom(item, "value", telecom)
        add_text(item, "semanticsText", "Patient.telecom")
