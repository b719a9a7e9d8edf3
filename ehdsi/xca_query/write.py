"""Writes ``AdhocQueryRequest`` and ``AdhocQueryResponse``."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from ehdsi import oids
from ehdsi.cda.datatypes import Coded
from ehdsi.registry import RIM, STATUS_SUCCESS, add_error_list, add_slot, with_urn
from ehdsi.xca_query.model import Association, DocumentEntry, DocumentList, DocumentQuery
from ehdsi.xca_query.quoting import quote, quote_list, write_code
from ehdsi.xca_query.schemes import (
    ASSOCIATION_TYPE,
    CLASSIFICATION_TYPE,
    CLASSIFICATIONS,
    EVENT_CODES,
    EXTERNAL_IDENTIFIER_TYPE,
    PATIENT_ID,
    PATIENT_ID_NAME,
    SLOT_CLASS_CODE,
    SLOT_PATIENT_ID,
    SLOT_STATUS,
    UNIQUE_ID,
    UNIQUE_ID_NAME,
)
from ehdsi.xml import XmlElement

QUERY = f"{{{oids.NS_QUERY}}}"

_NSMAP = {"query": oids.NS_QUERY, "rim": oids.NS_RIM, "rs": oids.NS_RS}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def build_request(query: DocumentQuery) -> XmlElement:
    """The payload of an ITI-38 request.

    Source: IHE ITI-38 3.38.4.1, ITI-18 3.18.4.1.2.3.7.1 (FindDocuments); class codes as one list of literals.
    """
    request = etree.Element(QUERY + "AdhocQueryRequest", nsmap=_NSMAP)
    etree.SubElement(request, QUERY + "ResponseOption", returnType=query.return_type,
                     returnComposedObjects="true" if query.return_composed else "false")
    adhoc = etree.SubElement(request, RIM + "AdhocQuery", id=query.stored_query_id)
    if query.home_community_id is not None:
        adhoc.set("home", with_urn(query.home_community_id))
    if query.patient_id is not None:
        add_slot(adhoc, SLOT_PATIENT_ID, quote(query.patient_id.as_cx()))
    if query.statuses:
        add_slot(adhoc, SLOT_STATUS, quote_list(query.statuses))
    if query.class_codes:
        add_slot(adhoc, SLOT_CLASS_CODE, quote_list(tuple(write_code(code) for code in query.class_codes)))
    for slot in query.extra_slots:
        add_slot(adhoc, slot.name, *slot.values)
    return request


def build_response(answer: DocumentList, *, highest_severity: bool = True) -> XmlElement:
    """The payload of an ITI-38 response; the object list is written even when it is empty.

    ``highest_severity`` false leaves ``@highestSeverity`` out, as the reference implementation does.

    Source: IHE ITI-38 3.38.4.1.3, TF-3 4.2.5.2.
    """
    response = etree.Element(QUERY + "AdhocQueryResponse", nsmap=_NSMAP,
                             status=answer.status or STATUS_SUCCESS)
    add_error_list(response, answer.errors, highest=highest_severity)
    objects = etree.SubElement(response, RIM + "RegistryObjectList")
    for entry in answer.entries:
        objects.append(deepcopy(_written(entry)))
    for association in answer.associations:
        _add_association(objects, association)
    for reference in answer.object_refs:
        etree.SubElement(objects, RIM + "ObjectRef", id=reference)
    return response


@lru_cache(maxsize=64)
def _written(entry: DocumentEntry) -> XmlElement:
    """An entry as an element to copy: the same patients are asked for again and again."""
    objects = etree.Element(RIM + "RegistryObjectList", nsmap=_NSMAP)
    _add_entry(objects, entry)
    return objects[0]


def _add_entry(objects: XmlElement, entry: DocumentEntry) -> None:
    element = etree.SubElement(objects, RIM + "ExtrinsicObject", id=entry.entry_id,
                               lid=entry.logical_id or entry.entry_id)
    home = None if entry.home_community_id is None else with_urn(entry.home_community_id)
    for name, value in (("objectType", entry.object_type), ("status", entry.status), ("home", home),
                        ("mimeType", entry.mime_type)):
        if value is not None:
            element.set(name, value)
    _add_slots(element, entry)
    _add_text(element, "Name", entry.title)
    _add_text(element, "Description", entry.description)
    if entry.version is not None:
        etree.SubElement(element, RIM + "VersionInfo", versionName=entry.version)
    for field, scheme in CLASSIFICATIONS.items():
        _add_classification(element, entry, field, scheme, getattr(entry, field))
    for index, code in enumerate(entry.event_codes):
        _add_classification(element, entry, f"event-{index}", EVENT_CODES, code)
    if entry.patient_id is not None:
        _add_external(element, entry, PATIENT_ID, PATIENT_ID_NAME, entry.patient_id.as_cx())
    _add_external(element, entry, UNIQUE_ID, UNIQUE_ID_NAME, entry.unique_id)


def _add_slots(element: XmlElement, entry: DocumentEntry) -> None:
    source = entry.source_patient_id or entry.patient_id
    for name, value in (
        ("sourcePatientId", None if source is None else source.as_cx()),
        ("size", None if entry.size is None else str(entry.size)),
        ("hash", entry.hash),
        ("creationTime", entry.creation_time),
        ("repositoryUniqueId", entry.repository_unique_id),
        ("languageCode", entry.language),
        ("serviceStartTime", entry.service_start_time),
    ):
        if value is not None:
            add_slot(element, name, value)
    for slot in entry.other_slots:
        add_slot(element, slot.name, *slot.values)


def _add_text(parent: XmlElement, name: str, text: str | None) -> None:
    """``Name`` or ``Description`` with one English string."""
    if text is not None:
        string = etree.SubElement(etree.SubElement(parent, RIM + name), RIM + "LocalizedString", value=text)
        string.set(_XML_LANG, "en-GB")


def _add_classification(element: XmlElement, entry: DocumentEntry, field: str, scheme: str,
                        code: Coded | None) -> None:
    if code is None:
        return
    classification = etree.SubElement(
        element, RIM + "Classification", id=_part_id(entry, field),
        objectType=CLASSIFICATION_TYPE, classificationScheme=scheme, classifiedObject=entry.entry_id,
        nodeRepresentation=code.code or "")
    if code.code_system is not None:
        add_slot(classification, "codingScheme", code.code_system)
    _add_text(classification, "Name", code.display_name)


def _add_external(element: XmlElement, entry: DocumentEntry, scheme: str, name: str, value: str) -> None:
    external = etree.SubElement(
        element, RIM + "ExternalIdentifier", id=_part_id(entry, name),
        objectType=EXTERNAL_IDENTIFIER_TYPE, registryObject=entry.entry_id, identificationScheme=scheme,
        value=value)
    _add_text(external, "Name", name)


def _part_id(entry: DocumentEntry, part: str) -> str:
    """A UUID URN of a part of an entry, derived so that the same entry is always written the same."""
    return uuid5(NAMESPACE_URL, f"{entry.entry_id}#{part}").urn


def _add_association(objects: XmlElement, association: Association) -> None:
    etree.SubElement(
        objects, RIM + "Association", id=association.association_id, objectType=ASSOCIATION_TYPE,
        associationType=association.association_type, sourceObject=association.source,
        targetObject=association.target)
