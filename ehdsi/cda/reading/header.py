"""Reads the header of a summary; what it has no place for is remarked by element name, without its
content."""

from __future__ import annotations

from typing import Literal

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Identifier, Interval
from ehdsi.cda.model import Guardian, Header, Organization, Participation, Patient, RelatedDocument
from ehdsi.cda.reading.context import Groups, Reading
from ehdsi.cda.reading.datatypes import (
    coded,
    coded_child,
    first,
    identifier,
    identifiers,
    interval_child,
    is_true,
    time_child,
)
from ehdsi.cda.reading.people import (
    addresses,
    names,
    organization,
    participation,
    participations,
    read_person,
    telecoms,
    text_child,
)
from ehdsi.xml import XmlElement

#: Header participations of CDA without a field of their own, and the type code that the schema fixes for
#: each.
_OTHERS = (
    ("dataEnterer", "ENT"),
    ("informant", "INF"),
    ("informationRecipient", "PRCP"),
    ("authenticator", "AUTHEN"),
)

_SDTC = f"{{{oids.NS_SDTC}}}"


def header(reading: Reading, level: Literal[1, 3]) -> Header:
    """Everything above the body."""
    root = reading.root
    groups = reading.open(root)
    service, performers = _documentation(reading, groups)
    authenticator = first(groups, "legalAuthenticator")
    result = Header(
        level=level,
        template_ids=template_ids(groups),
        identifier=_document_id(reading, groups),
        code=coded_child(reading, groups, "code") or Coded(null_flavor="NI"),
        title=text_child(reading, groups, "title"),
        effective_time=time_child(reading, groups, "effectiveTime"),
        confidentiality=coded_child(reading, groups, "confidentialityCode"),
        language=language(reading, groups),
        set_id=_set_id(reading, groups),
        version_number=_version(reading, groups),
        patient=_patient(reading, groups),
        authors=participations(reading, groups, "author", "AUT"),
        custodian=_custodian(reading, groups),
        legal_authenticator=(
            participation(reading, authenticator, "LA") if authenticator is not None else None
        ),
        participants=_participants(reading, groups),
        service_event=service,
        performers=performers,
        related_documents=_related(reading, groups),
    )
    _account(reading, groups)
    return result


def template_ids(groups: Groups) -> tuple[str, ...]:
    """Template roots as a set in document order: several real documents repeat them."""
    return tuple(dict.fromkeys(root for t in groups.get("templateId", ()) if (root := t.get("root"))))


def language(reading: Reading, groups: Groups) -> str | None:
    """``languageCode/@code``."""
    found = first(groups, "languageCode")
    if found is None:
        return None
    reading.take(found)
    return found.get("code")


def _document_id(reading: Reading, groups: Groups) -> Identifier:
    found = first(groups, "id")
    if found is None:
        reading.remark("repaired", "the document has no id", reading.root)
        return Identifier(null_flavor="NI")
    return identifier(found)


def _set_id(reading: Reading, groups: Groups) -> Identifier | None:
    found = first(groups, "setId")
    if found is None:
        return None
    reading.take(found)
    return identifier(found)


def _version(reading: Reading, groups: Groups) -> int | None:
    found = first(groups, "versionNumber")
    text = (found.get("value") or "").strip() if found is not None else ""
    if found is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    reading.take(found)
    return int(text)


def _participants(reading: Reading, groups: Groups) -> tuple[Participation, ...]:
    found = list(participations(reading, groups, "participant", "IND"))
    for name, type_code in _OTHERS:
        found.extend(participations(reading, groups, name, type_code))
    for target in groups.get("recordTarget", ())[:1]:
        provider = first(reading.groups(target), "patientRole")
        scoper = first(reading.groups(provider), "providerOrganization") if provider is not None else None
        if scoper is not None:
            found.append(
                Participation(
                    class_code="PROV",
                    organization=organization(reading, scoper),
                    origin=reading.origin(scoper),
                )
            )
    return tuple(found)


def _documentation(reading: Reading, groups: Groups) -> tuple[Interval | None, tuple[Participation, ...]]:
    for documentation in groups.get("documentationOf", ()):
        event = first(reading.open(documentation), "serviceEvent")
        if event is not None:
            inside = reading.open(event)
            return interval_child(reading, inside), participations(reading, inside, "performer", "PRF")
    return None, ()


def _related(reading: Reading, groups: Groups) -> tuple[RelatedDocument, ...]:
    found = []
    for element in groups.get("relatedDocument", ()):
        parent = first(reading.open(element), "parentDocument")
        inside = reading.open(parent) if parent is not None else {}
        found.append(
            RelatedDocument(type_code=element.get("typeCode") or "", identifiers=identifiers(reading, inside))
        )
    return tuple(found)


def _custodian(reading: Reading, groups: Groups) -> Organization | None:
    found = first(groups, "custodian")
    assigned = first(reading.open(found), "assignedCustodian") if found is not None else None
    represented = (
        first(reading.open(assigned), "representedCustodianOrganization") if assigned is not None else None
    )
    return organization(reading, represented) if represented is not None else None


def _patient(reading: Reading, groups: Groups) -> Patient:
    target = first(groups, "recordTarget")
    role = first(reading.open(target), "patientRole") if target is not None else None
    if target is None or role is None:
        reading.remark(
            "unread", "the document names no patient", target if target is not None else reading.root
        )
        return Patient()
    outer = reading.open(role)
    person = first(outer, "patient")
    inner = reading.open(person) if person is not None else {}
    deceased = first(inner, _SDTC + "deceasedInd")
    when = first(inner, _SDTC + "deceasedTime")
    if deceased is not None:
        reading.take(deceased)
    return Patient(
        identifiers=identifiers(reading, outer),
        names=names(reading, inner),
        gender=coded_child(reading, inner, "administrativeGenderCode"),
        birth_time=time_child(reading, inner, "birthTime"),
        deceased=is_true(deceased.get("value")) if deceased is not None else None,
        deceased_time=time_child(reading, inner, _SDTC + "deceasedTime") if when is not None else None,
        addresses=addresses(reading, outer),
        telecoms=telecoms(reading, outer),
        guardians=tuple([_guardian(reading, element) for element in inner.get("guardian", ())]),
        languages=_languages(reading, inner),
        origin=reading.origin(role),
    )


def _languages(reading: Reading, groups: Groups) -> tuple[str, ...]:
    found = []
    for communication in groups.get("languageCommunication", ()):
        inside = reading.open(communication)
        reading.take(
            *inside.get("modeCode", ()),
            *inside.get("proficiencyLevelCode", ()),
            *inside.get("preferenceInd", ()),
        )
        spoken = language(reading, inside)
        if spoken:
            found.append(spoken)
    return tuple(found)


def _guardian(reading: Reading, element: XmlElement) -> Guardian:
    groups = reading.open(element)
    code = first(groups, "code")
    body = first(groups, "guardianOrganization")
    return Guardian(
        code=coded(reading, code) if code is not None else None,
        person=read_person(reading, first(groups, "guardianPerson")),
        organization=organization(reading, body) if body is not None else None,
        addresses=addresses(reading, groups),
        telecoms=telecoms(reading, groups),
    )


def _account(reading: Reading, groups: Groups) -> None:
    """Remark what the header holds and the model has no place for."""
    for name, elements in groups.items():
        if name in ("component", "signatureCode"):
            continue
        for element in elements:
            reading.take(*reading.groups(element).get("signatureCode", ()))
            if element not in reading.taken and reading.bears_content(element):
                _unread(reading, element)
            elif element in reading.taken:
                for left in reading.untaken(element):
                    _unread(reading, left)


def _unread(reading: Reading, element: XmlElement) -> None:
    name = reading.name(element).rpartition("}")[2]
    if name not in ("templateId", "typeId", "realmCode", "id"):
        reading.remark("unread", f"{name} in the header of the document is not shown", element)
