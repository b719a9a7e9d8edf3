"""Reads ``AdhocQueryResponse``: every entry that can be used, and remarks on what the metadata lack."""

from __future__ import annotations

import re
from dataclasses import replace

from ehdsi.cda.datatypes import Coded, Identifier
from ehdsi.findings import Remarks
from ehdsi.registry import (
    RIM,
    STATUS_FAILURE,
    STATUS_PARTIAL,
    STATUS_SUCCESS,
    Severity,
    Slot,
    highest_severity,
    read_cx,
    read_errors,
    read_slots,
    read_status,
    without_urn,
)
from ehdsi.xca_query.model import TRANSFORM, Association, DocumentEntry, DocumentList
from ehdsi.xca_query.read_request import require
from ehdsi.xca_query.schemes import (
    CLASSIFICATIONS,
    EVENT_CODES,
    PATIENT_ID,
    PATIENT_ID_NAME,
    UNIQUE_ID,
    UNIQUE_ID_NAME,
)
from ehdsi.xml import XmlElement

_READ_SLOTS = frozenset({"sourcePatientId", "size", "hash", "creationTime", "repositoryUniqueId",
                         "languageCode",
                         "serviceStartTime"})
_DTM = re.compile(r"[0-9]{4}([0-9]{2}){0,5}")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")


def parse_response(message: XmlElement) -> DocumentList:
    """The list that an NCP-B received, with findings on what is missing or contradictory.

    An entry is kept even when it lacks metadata; texts that are absent are empty (``unique_id``,
    ``repository_unique_id``) and the caller must not fetch such an entry.

    Raises
    ------
    MalformedMessage : not an ``AdhocQueryResponse``.

    Source: IHE ITI-38 3.38.4.1.3, TF-3 4.2.5.2; eHDSI XCA profile.
    """
    require(message, "AdhocQueryResponse")
    remarks = Remarks("IHE ITI TF-3 4.2.5.2")
    objects = message.find(RIM + "RegistryObjectList")
    if objects is None:
        remarks.warning("A-XCA-07", "the answer has no object list", message,
                        expected="an empty RegistryObjectList",
                        clause="ebXML RegRep 3.0, query.xsd")
    listed = [] if objects is None else list(objects)
    answer = DocumentList(
        status=read_status(message, remarks, "X-XCA-10"),
        entries=tuple(_entry(one, remarks) for one in listed if one.tag == RIM + "ExtrinsicObject"),
        associations=tuple(_association(one) for one in listed if one.tag == RIM + "Association"),
        errors=read_errors(message, remarks),
        object_refs=tuple(one.get("id", "") for one in listed if one.tag == RIM + "ObjectRef"),
    )
    _judge(answer, message, remarks)
    return replace(answer, findings=remarks.done())


def _association(element: XmlElement) -> Association:
    return Association(association_id=element.get("id", ""), association_type=element.get("associationType",
                                                                                          ""),
                       source=element.get("sourceObject", ""), target=element.get("targetObject", ""))


def _entry(element: XmlElement, remarks: Remarks) -> DocumentEntry:
    slots = _Slots(element, remarks)
    codes, events = _classifications(element, remarks)
    external = _external_identifiers(element, remarks)
    home, patient = element.get("home"), external.get(PATIENT_ID)
    version = element.find(RIM + "VersionInfo")
    entry = DocumentEntry(
        entry_id=element.get("id", ""), logical_id=element.get("lid"), object_type=element.get("objectType"),
        status=element.get("status"), mime_type=element.get("mimeType"),
        home_community_id=None if home is None else without_urn(home),
        unique_id=external.get(UNIQUE_ID, ""), patient_id=None if patient is None else read_cx(patient),
        source_patient_id=slots.identifier("sourcePatientId"), size=slots.number("size"),
        hash=slots.one("hash"),
        creation_time=slots.one("creationTime"), repository_unique_id=slots.one("repositoryUniqueId") or "",
        language=slots.one("languageCode"), service_start_time=slots.one("serviceStartTime"),
        title=_text(element, "Name"), description=_text(element, "Description"),
        version=None if version is None else version.get("versionName"),
        confidentiality=codes.get("confidentiality"), class_code=codes.get("class_code"),
        type_code=codes.get("type_code"), facility_type=codes.get("facility_type"),
        practice_setting=codes.get("practice_setting"), format_code=codes.get("format_code"),
        event_codes=events, other_slots=slots.others(),
    )
    _judge_entry(entry, element, remarks)
    if home is not None and not home.startswith("urn:oid:"):
        remarks.error("A-XCA-03", "home lacks the urn:oid: prefix", element, expected="urn:oid:<OID>",
                      got=home[:80])
    return entry


class _Slots:
    """The slots of one entry; each of ours is expected once with one value."""

    def __init__(self, element: XmlElement, remarks: Remarks) -> None:
        self._element, self._remarks = element, remarks
        self._slots = read_slots(element)

    def one(self, name: str) -> str | None:
        values = [value for value in self._slots.get(name, ()) if value]
        if len(values) > 1:
            self._remarks.error("A-XCA-02", f"slot {name} has several values", self._element,
                                expected="one value",
                                got=str(len(values)))
        return values[0] if values else None

    def number(self, name: str) -> int | None:
        text = self.one(name)
        if text is None or not (text.isascii() and text.isdecimal() and len(text) <= 15) or int(text) == 0:
            if text is not None or name in self._slots:
                self._remarks.warning("A-XCA-02", f"slot {name} is not a positive whole number",
                                      self._element)
            return None
        return int(text)

    def identifier(self, name: str) -> Identifier | None:
        text = self.one(name)
        identifier = None if text is None else read_cx(text)
        if identifier is None:
            self._remarks.error("A-XCA-02", f"slot {name} is missing or not a CX identifier", self._element,
                                expected="<extension>^^^&<OID>&ISO")
        return identifier

    def others(self) -> tuple[Slot, ...]:
        return tuple(Slot(name=name, values=values) for name, values in self._slots.items()
                     if name not in _READ_SLOTS)


def _text(element: XmlElement, name: str) -> str | None:
    holder = element.find(RIM + name)
    string = None if holder is None else holder.find(RIM + "LocalizedString")
    return None if string is None else string.get("value")


def _classifications(element: XmlElement, remarks: Remarks) -> tuple[dict[str, Coded], tuple[Coded, ...]]:
    """Codes by field of ``DocumentEntry``, and event codes."""
    fields = {scheme: field for field, scheme in CLASSIFICATIONS.items()}
    codes: dict[str, Coded] = {}
    events: list[Coded] = []
    for classification in element.iterchildren(RIM + "Classification"):
        scheme = classification.get("classificationScheme", "")
        node = classification.get("nodeRepresentation")
        if scheme not in fields and scheme != EVENT_CODES:
            continue
        systems = read_slots(classification).get("codingScheme", ())
        if not node or not systems:
            remarks.error("A-XCA-02", "a classification has no code or no coding scheme", classification,
                          expected="@nodeRepresentation and Slot codingScheme",
                          clause="IHE ITI TF-3 4.2.3.1.2")
        code = Coded(code=node or None, code_system=systems[0] if systems else None,
                     display_name=_text(classification, "Name"))
        if scheme == EVENT_CODES:
            events.append(code)
        else:
            codes.setdefault(fields[scheme], code)
    return codes, tuple(events)


def _external_identifiers(element: XmlElement, remarks: Remarks) -> dict[str, str]:
    """Values by scheme; an identifier is recognised by its scheme, else by its name."""
    by_name = {PATIENT_ID_NAME: PATIENT_ID, UNIQUE_ID_NAME: UNIQUE_ID}
    values: dict[str, str] = {}
    for external in element.iterchildren(RIM + "ExternalIdentifier"):
        name, scheme = _text(external, "Name"), external.get("identificationScheme", "")
        if name not in by_name:
            remarks.error("A-XCA-02", "an external identifier has no known name", external,
                          expected=" or ".join(by_name), hint="some gateways look it up by name")
        scheme = scheme if scheme in by_name.values() else by_name.get(name or "", scheme)
        values.setdefault(scheme, external.get("value", ""))
    return values


def _judge_entry(entry: DocumentEntry, element: XmlElement, remarks: Remarks) -> None:
    """A-XCA-02 to A-XCA-04 on one entry."""
    required = {"home": ("A-XCA-03", entry.home_community_id), "repositoryUniqueId": ("A-XCA-03",
                                                                                      entry.repository_unique_id),
                "uniqueId": ("A-XCA-02", entry.unique_id), "mimeType": ("A-XCA-02", entry.mime_type),
                "patientId": ("A-XCA-06", entry.patient_id), "classCode": ("A-XCA-04", entry.class_code),
                "typeCode": ("A-XCA-04", entry.type_code), "formatCode": ("A-XCA-04", entry.format_code),
                "confidentialityCode": ("A-XCA-04", entry.confidentiality),
                "healthcareFacilityTypeCode": ("A-XCA-02", entry.facility_type),
                "practiceSettingCode": ("A-XCA-02", entry.practice_setting),
                "languageCode": ("A-XCA-02", entry.language), "creationTime": ("A-XCA-02",
                                                                               entry.creation_time)}
    for name, (rule, value) in required.items():
        if not value:
            remarks.error(rule, f"the entry lacks {name} or it cannot be read", element, expected=name)
    if entry.creation_time is not None and _DTM.fullmatch(entry.creation_time) is None:
        remarks.error("A-XCA-02", "creationTime is not a DTM", element, expected="yyyyMMddHHmmss",
                      got=entry.creation_time[:40])
    if entry.hash is not None and _SHA1.fullmatch(entry.hash) is None:
        remarks.error("A-RET-04", "hash is not a hexadecimal SHA-1", element,
                      expected="40 hexadecimal digits")
    if entry.format_code is not None and entry.level is None:
        remarks.error("A-XCA-04", "the format code is not one of a patient summary", element,
                      got=(entry.format_code.code or "nothing")[:80])
    if not entry.title:
        remarks.warning("A-XCA-02", "the entry has no title", element, expected="Name/LocalizedString")


def _judge(answer: DocumentList, message: XmlElement, remarks: Remarks) -> None:
    """Status, errors, entries and links must agree with one another."""
    worst = highest_severity(answer.errors)
    if answer.status == STATUS_SUCCESS and worst is Severity.ERROR:
        remarks.error("X-XCA-10", "the status is Success although an error is reported", message,
                      expected="Failure or PartialSuccess", hint="the error counts, not the status")
    if answer.status == STATUS_FAILURE and answer.entries:
        remarks.error("X-XCA-10", "the status is Failure although documents are listed", message)
    if answer.status in (STATUS_FAILURE, STATUS_PARTIAL) and not answer.errors:
        remarks.error("X-XCA-10", "the status is not Success and no error says why", message,
                      expected="RegistryError")
    if answer.object_refs:
        remarks.error("A-XCA-01", "the list holds references instead of entries", message,
                      expected="ExtrinsicObject (LeafClass)", got="ObjectRef")
    ids = [entry.unique_id for entry in answer.entries]
    if len(set(ids)) != len(ids):
        remarks.error("A-XCA-03", "two entries have the same unique id", message,
                      expected="distinct unique ids")
    _judge_links(answer, message, remarks)


def _judge_links(answer: DocumentList, message: XmlElement, remarks: Remarks) -> None:
    """A-XCA-05: exactly one transform from each level 1 entry to its level 3 entry, where both levels
    exist."""
    levels = {entry.entry_id: entry.level for entry in answer.entries}
    links = [link for link in answer.associations if link.association_type == TRANSFORM]
    for link in links:
        ends = (levels.get(link.source, 0), levels.get(link.target, 0))
        if 0 in ends:
            remarks.error("A-XCA-05", "a transform association points to an entry that is not listed",
                          message)
        elif ends == (3, 1):
            remarks.error("A-XCA-05", "a transform association runs from level 3 to level 1", message,
                          expected="source level 1, target level 3")
    linked = {end for link in links for end in (link.source, link.target)}
    if {1, 3} <= set(levels.values()) and not any(levels.get(end) == 1 for end in linked):
        remarks.error("A-XCA-05", "both levels are listed and no association links them", message,
                      expected=TRANSFORM)
