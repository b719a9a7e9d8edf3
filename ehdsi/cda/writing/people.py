"""Writes people, devices and organisations as CDA participations: authors, performers, contacts, custodian.

Source: eHDSI header templates author, custodian, legal authenticator, participant, performer; CDA R2 element
order (organisations carry ``telecom`` before ``addr``, roles the other way round).
"""

from __future__ import annotations

from lxml.etree import SubElement

from ehdsi.cda.datatypes import Interval, PersonName, Time
from ehdsi.cda.model import Guardian, Organization, Participation
from ehdsi.cda.sections import CONTACT_TEMPLATE
from ehdsi.cda.writing.datatypes import (
    V3,
    add,
    write_coded,
    write_contacts,
    write_identifiers,
    write_interval,
    write_name,
    write_templates,
    write_time,
)
from ehdsi.xml import XmlElement


def write_organization(parent: XmlElement, name: str, organization: Organization, *,
                       required: bool = False) -> None:
    """An organisation; ``required`` states null flavours where identifier, telecom or address is missing."""
    element = SubElement(parent, V3 + name)
    write_identifiers(element, organization.identifiers, required=required)
    for text in organization.names:
        SubElement(element, V3 + "name").text = text
    write_contacts(element, organization.addresses, organization.telecoms, required=required,
                   telecom_first=True)


def write_custodian(root: XmlElement, custodian: Organization | None) -> None:
    """``custodian``, which CDA demands: name, telecom and address stand there at most once."""
    holder = SubElement(SubElement(root, V3 + "custodian"), V3 + "assignedCustodian")
    element = SubElement(holder, V3 + "representedCustodianOrganization")
    organization = custodian or Organization()
    write_identifiers(element, organization.identifiers, required=True)
    if organization.names:
        SubElement(element, V3 + "name").text = organization.names[0]
    write_contacts(element, organization.addresses, organization.telecoms, required=True, telecom_first=True,
                   single=True)


def write_author(parent: XmlElement, author: Participation, *, header: bool = True) -> None:
    """An author, person or device; in the header its contact data may not be missing without a reason."""
    element = SubElement(parent, V3 + "author")
    write_coded(element, "functionCode", author.function)
    _write_point(element, author.time)
    role = SubElement(element, V3 + "assignedAuthor")
    write_identifiers(role, author.identifiers, required=True)
    write_coded(role, "code", author.code)
    write_contacts(role, author.addresses, author.telecoms, required=header)
    if author.person is None and author.device:
        device = SubElement(role, V3 + "assignedAuthoringDevice")
        SubElement(device, V3 + "softwareName").text = author.device
    elif author.person is not None:
        _write_person(role, "assignedPerson", author.person)
    if author.organization is not None:
        write_organization(role, "representedOrganization", author.organization, required=header)


def _write_point(parent: XmlElement, time: Time | Interval | None) -> None:
    """``time`` as a point: of an interval its beginning, which is when the participation started."""
    point = (time.value or time.low) if isinstance(time, Interval) else time
    write_time(parent, "time", point, missing="UNK")


def _write_person(parent: XmlElement, name: str, person: PersonName | None) -> None:
    element = SubElement(parent, V3 + name)
    if person is None:
        element.set("nullFlavor", "NI")
    else:
        write_name(element, person)


def write_assigned_entity(parent: XmlElement, person: Participation, *, header: bool = False) -> None:
    """``assignedEntity`` of a performer or legal authenticator."""
    entity = SubElement(parent, V3 + "assignedEntity")
    write_identifiers(entity, person.identifiers, required=True)
    write_coded(entity, "code", person.code)
    write_contacts(entity, person.addresses, person.telecoms, required=header)
    if person.person is not None or header:
        _write_person(entity, "assignedPerson", person.person)
    if person.organization is not None:
        write_organization(entity, "representedOrganization", person.organization, required=header)


def write_legal_authenticator(root: XmlElement, person: Participation) -> None:
    """``legalAuthenticator``; a person without a name gets null flavour ``NI``, as where a region signs."""
    element = SubElement(root, V3 + "legalAuthenticator")
    _write_point(element, person.time)
    SubElement(element, V3 + "signatureCode", code="S")
    write_assigned_entity(element, person, header=True)


def write_performer(parent: XmlElement, performer: Participation, *, header: bool = False) -> None:
    """``performer``: of the service event (with a type and a function) or of an entry."""
    element = SubElement(parent, V3 + "performer")
    if header:
        element.set("typeCode", performer.type_code or "PRF")
        write_coded(element, "functionCode", performer.function)
    if performer.time is not None:
        time = performer.time if isinstance(performer.time, Interval) else Interval(value=performer.time)
        write_interval(element, "time", time)
    write_assigned_entity(element, performer, header=header)


def write_participant(root: XmlElement, contact: Participation) -> None:
    """A participant of the header: a contact (``ECON``, ``NOK``) or the preferred professional (``PCP``)."""
    element = add(root, "participant", {"typeCode": contact.type_code or "IND"})
    write_templates(element, (CONTACT_TEMPLATE,))
    write_coded(element, "functionCode", contact.function)
    if contact.time is not None:
        time = contact.time if isinstance(contact.time, Interval) else Interval(value=contact.time)
        write_interval(element, "time", time)
    role = add(element, "associatedEntity", {"classCode": contact.class_code or "ECON"})
    write_identifiers(role, contact.identifiers)
    write_coded(role, "code", contact.code)
    write_contacts(role, contact.addresses, contact.telecoms, required=True)
    if contact.person is not None:
        _write_person(role, "associatedPerson", contact.person)
    if contact.organization is not None:
        write_organization(role, "scopingOrganization", contact.organization, required=True)


def write_guardian(patient: XmlElement, guardian: Guardian) -> None:
    """A legal representative: a person or an organisation, one of which CDA demands."""
    element = add(patient, "guardian", {"classCode": "GUARD"})
    write_templates(element, (CONTACT_TEMPLATE,))
    write_coded(element, "code", guardian.code)
    write_contacts(element, guardian.addresses, guardian.telecoms, required=True)
    if guardian.organization is not None and guardian.person is None:
        write_organization(element, "guardianOrganization", guardian.organization)
    else:
        _write_person(element, "guardianPerson", guardian.person)
