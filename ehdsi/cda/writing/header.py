"""Writes the header of a patient summary: everything above ``component``.

Source: eHDSI patient summary header (CDA R2 sequence of ``ClinicalDocument``; templates of the document,
record target, service event and related document).
"""

from __future__ import annotations

from lxml.etree import SubElement

from ehdsi.cda.labels import labels_of
from ehdsi.cda.model import Header, Patient, RelatedDocument
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
from ehdsi.cda.writing.people import (
    write_author,
    write_custodian,
    write_guardian,
    write_legal_authenticator,
    write_participant,
    write_performer,
)
from ehdsi.oids import CDA_TYPE_ID, NS_HL7, NS_PHARM, NS_XSI, TEMPLATE_L1, TEMPLATE_L3
from ehdsi.xml import XmlElement

NSMAP_LEVEL1: dict[str | None, str] = {None: NS_HL7, "xsi": NS_XSI}
NSMAP_LEVEL3: dict[str | None, str] = {None: NS_HL7, "pharm": NS_PHARM, "xsi": NS_XSI}


def write_header(root: XmlElement, header: Header) -> None:
    """All children of ``ClinicalDocument`` up to, and without, ``component``."""
    _write_document(root, header)
    _write_record_target(root, header.patient)
    for author in header.authors:
        write_author(root, author)
    write_custodian(root, header.custodian)
    if header.legal_authenticator is not None:
        write_legal_authenticator(root, header.legal_authenticator)
    for participant in header.participants:
        write_participant(root, participant)
    _write_service_event(root, header)
    for related in header.related_documents:
        _write_related(root, related)


def _write_document(root: XmlElement, header: Header) -> None:
    """Identity of the document: type, templates, id, code, title, times, language, set."""
    SubElement(root, V3 + "typeId", root=CDA_TYPE_ID, extension="POCD_HD000040")
    write_templates(root, header.template_ids or (TEMPLATE_L3 if header.level == 3 else TEMPLATE_L1,))
    write_identifiers(root, (header.identifier,))
    write_coded(root, "code", header.code)
    SubElement(root, V3 + "title").text = header.title or labels_of(header.language)["title"]
    write_time(root, "effectiveTime", header.effective_time, missing="UNK")
    if header.confidentiality is None:
        SubElement(root, V3 + "confidentialityCode", nullFlavor="NI")
    write_coded(root, "confidentialityCode", header.confidentiality)
    if header.language:
        SubElement(root, V3 + "languageCode", code=header.language)
    if header.set_id is not None:
        write_identifiers(root, (header.set_id,), name="setId")
    if header.version_number is not None:
        SubElement(root, V3 + "versionNumber", value=str(header.version_number))


def _write_record_target(root: XmlElement, patient: Patient) -> None:
    role = SubElement(SubElement(root, V3 + "recordTarget"), V3 + "patientRole")
    write_identifiers(role, patient.identifiers, required=True)
    write_contacts(role, patient.addresses, patient.telecoms, required=True)
    element = SubElement(role, V3 + "patient")
    for name in patient.names:
        write_name(element, name)
    if patient.gender is None:
        SubElement(element, V3 + "administrativeGenderCode", nullFlavor="UNK")
    write_coded(element, "administrativeGenderCode", patient.gender)
    write_time(element, "birthTime", patient.birth_time, missing="UNK")
    for guardian in patient.guardians:
        write_guardian(element, guardian)
    for language in patient.languages:
        holder = SubElement(element, V3 + "languageCommunication")
        SubElement(holder, V3 + "languageCode", code=language)


def _write_service_event(root: XmlElement, header: Header) -> None:
    """What the summary documents: the care up to its last update."""
    holder = SubElement(root, V3 + "documentationOf")
    event = add(holder, "serviceEvent", {"classCode": "PCPR", "moodCode": "EVN"})
    if header.service_event is None:
        SubElement(SubElement(event, V3 + "effectiveTime"), V3 + "high", nullFlavor="UNK")
    write_interval(event, "effectiveTime", header.service_event)
    for performer in header.performers:
        write_performer(event, performer, header=True)


def _write_related(root: XmlElement, related: RelatedDocument) -> None:
    element = add(root, "relatedDocument", {"typeCode": related.type_code})
    write_identifiers(SubElement(element, V3 + "parentDocument"), related.identifiers, required=True)
