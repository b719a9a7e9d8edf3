"""Audit messages of the gateways (ATNA): values in, elements out, and back. The frame is ``ehdsi.syslog``.

Source: DICOM PS3.15 annex A.5 (attribute style ``csd-code``, ``originalText``); IHE ITI TF-2, 3.20; eHDSI
audit trail profile. The events, and the values of participants and objects, follow the profile as OpenNCP has
them. Codes of the patient information notice: unverified.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from types import MappingProxyType

from lxml import etree

from ehdsi.errors import LocalError, MalformedMessage
from ehdsi.oids import AUDIT_POINT_OF_CARE
from ehdsi.xml import XmlElement


class Outcome(Enum):
    """``EventOutcomeIndicator``."""

    SUCCESS = "0"
    PARTIAL = "4"
    TEMPORARY_FAILURE = "8"
    PERMANENT_FAILURE = "12"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCode:
    """A coded value: ``csd-code``, ``codeSystemName``, ``originalText``, ``displayName``."""

    code: str
    system: str
    text: str
    display: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """``ActiveParticipant``. ``address_type`` is 1 for a machine name, 2 for an IP address."""

    user_id: str
    role: AuditCode
    is_requestor: bool
    alternative_user_id: str = ""
    user_name: str = ""
    address: str = ""
    address_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditObject:
    """``ParticipantObjectIdentification``.

    Attributes
    ----------
    type_code, role_code, life_cycle : as digits, empty where not given.
    id_type : what ``object_id`` is.
    name, query : at most one of them; ``query`` is the bytes of a query message.
    details : pairs of type and bytes.
    """

    object_id: str
    id_type: AuditCode
    type_code: str = ""
    role_code: str = ""
    life_cycle: str = ""
    name: str = ""
    query: bytes = b""
    details: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditMessage:
    """One event. ``time`` is UTC; ``source_id`` an ISO 3166-2 subdivision such as ``FR-IDF``."""

    event: AuditCode
    event_types: tuple[AuditCode, ...]
    action: str
    time: datetime
    outcome: Outcome
    participants: tuple[Participant, ...]
    source_id: str
    enterprise_site_id: str = ""
    source_type: str = "4"
    objects: tuple[AuditObject, ...] = ()
    outcome_text: str = ""


# ------------------------------------------------------------------------------------------ the events

@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """An event of the profile.

    Attributes
    ----------
    key : eHDSI code, ``EHDSI-11``.
    event_a, event_b : EventID at the country of affiliation (A) and at the country of treatment (B).
    types : EventTypeCode.
    transaction : name of the transaction in the profile.
    action : C, R, U, D or E.
    """

    key: str
    event_a: AuditCode
    event_b: AuditCode
    types: tuple[AuditCode, ...]
    transaction: str
    action: str = "E"

    def event(self, side: str) -> AuditCode:
        """EventID for side ``"A"`` or ``"B"``."""
        return self.event_a if side == "A" else self.event_b


QUERY = AuditCode(code="110112", system="DCM", text="Query")
EXPORT = AuditCode(code="110106", system="DCM", text="Export")
IMPORT = AuditCode(code="110107", system="DCM", text="Import")
_IHE = "IHE Transactions"
_SECURITY = "eHealth DSI Security"
_TRANSLATION = "eHealth DSI Translation"

_ITI_55 = AuditCode(code="ITI-55", system=_IHE, text="XCPD::CrossGatewayPatientDiscovery")
_ITI_38 = AuditCode(code="ITI-38", system=_IHE, text="XCA::CrossGatewayQuery")
_ITI_39 = AuditCode(code="ITI-39", system=_IHE, text="XCA::CrossGatewayRetrieve")
_ITI_40 = AuditCode(code="ITI-40", system=_IHE, text="XUA::ProvideX-UserAssertion")
_ITI_41 = AuditCode(code="ITI-41", system=_IHE, text="XDR::ProvideandRegisterDocumentSet-b")
_SMP = AuditCode(code="SMP", system=_SECURITY, text="SMP")


def _define(key: str, transaction: str, *types: AuditCode, a: AuditCode = QUERY, b: AuditCode = QUERY,
            action: str = "E") -> EventDefinition:
    own = AuditCode(code=key, system=_IHE, text=transaction)
    return EventDefinition(key=key, event_a=a, event_b=b, types=types or (own,), transaction=transaction,
                           action=action)


def _smp_event(key: str, transaction: str) -> EventDefinition:
    event = AuditCode(code="SMP", system=key, text=transaction)
    own = AuditCode(code=key, system=_IHE, text=transaction)
    return _define(key, transaction, own, _SMP, a=event, b=event)


_FAILURE = AuditCode(code="EHDSI-CF", system=_SECURITY, text="CommunicationFailure")
_NOTICE = "ConsentService::PIN"

#: Events by their eHDSI code.
EVENTS: Mapping[str, EventDefinition] = MappingProxyType({definition.key: definition for definition in (
    _define("EHDSI-11", "IdentityService::FindIdentityByTraits", _ITI_55),
    _define("EHDSI-21", "PatientService::List", _ITI_38),
    _define("EHDSI-22", "PatientService::Retrieve", _ITI_39, a=EXPORT, b=IMPORT, action="R"),
    _define("EHDSI-31", "OrderService::List", _ITI_38),
    _define("EHDSI-32", "OrderService::Retrieve", _ITI_39, a=EXPORT, b=IMPORT, action="R"),
    _define("EHDSI-41", "DispensationService::Initialize", _ITI_41, a=IMPORT, b=EXPORT),
    _define("EHDSI-42", "DispensationService::Discard", _ITI_41, a=IMPORT, b=EXPORT),
    _define("EHDSI-61", "OrCDService::List", _ITI_38),
    _define("EHDSI-62", "OrCDService::Retrieve", _ITI_39, a=EXPORT, b=IMPORT, action="R"),
    _define("EHDSI-91", "identityProvider::HPAuthentication", _ITI_40),
    _define("EHDSI-92", "ncp::TrcAssertion"),
    _define("EHDSI-94", "ncpTransformationMgr::Translate"),
    _define("EHDSI-96", "ncp::NokAssertion"),
    _smp_event("EHDSI-193", "SMP::Query"),
    _smp_event("EHDSI-194", "SMP::Push"),
    _define("EHDSI-CF", "CommunicationFailure", _FAILURE, a=_FAILURE, b=_FAILURE),
    # Unverified: the code of the patient information notice; the transaction name is the profile's.
    _define("PIN-display", f"{_NOTICE}::Display"),
    _define("PIN-ack", f"{_NOTICE}::Acknowledge"),
    _define("PIN-deny", f"{_NOTICE}::Deny"),
    # Ours: the profile has no event for a copy that leaves the portal; DICOM's own event for that is Export.
    _define("DOC-export", "ConsultationService::Export", a=EXPORT, b=EXPORT, action="R"),
)})


def event_message(
    key: str, *, side: str, time: datetime, outcome: Outcome, participants: tuple[Participant, ...],
    source_id: str, objects: tuple[AuditObject, ...] = (), enterprise_site_id: str = "",
    outcome_text: str = "",
) -> AuditMessage:
    """The message of an event of the profile at side ``"A"`` or ``"B"``.

    Raises
    ------
    LocalError : an unknown event, or another side.

    Source: eHDSI audit trail profile.
    """
    definition = EVENTS.get(key)
    if definition is None or side not in ("A", "B"):
        raise LocalError(f"no audit event {key} at side {side}")
    return AuditMessage(
        event=definition.event(side), event_types=definition.types, action=definition.action, time=time,
        outcome=outcome, participants=participants, source_id=source_id, objects=objects,
        enterprise_site_id=enterprise_site_id, outcome_text=outcome_text)


# ------------------------------------------------------------------------------ participants and objects

def point_of_care(organization: str, *, is_requestor: bool = False) -> Participant:
    """Where the professional works (XSPA organisation, else locality); requestor on assertion events only."""
    return Participant(user_id=organization, is_requestor=is_requestor,
                       role=AuditCode(code="110152", system="DCM", text=AUDIT_POINT_OF_CARE))


def human_requester(name_id: str, issuer: str, display_name: str, *, sp_provided_id: str = "",
                    is_requestor: bool = False) -> Participant:
    """The professional: ``SPProvidedID``, else ``<NameID@Issuer>``."""
    return Participant(user_id=sp_provided_id or f"<{name_id}@{issuer}>", alternative_user_id=display_name,
                       is_requestor=is_requestor,
                       role=AuditCode(code="110153", system="DCM", text="Source Role ID"))


def service_consumer(common_name: str, address: str = "") -> Participant:
    """NCP-B, named by the CN of its TLS certificate."""
    return _service(common_name, address, "ServiceConsumer", is_requestor=True)


def service_provider(common_name: str, address: str = "") -> Participant:
    """NCP-A, named by the CN of its TLS certificate."""
    return _service(common_name, address, "ServiceProvider", is_requestor=False)


def _service(common_name: str, address: str, role: str, *, is_requestor: bool) -> Participant:
    is_ip = bool(address) and (":" in address or address.replace(".", "").isdigit())
    return Participant(user_id=common_name, is_requestor=is_requestor, address=address,
                       address_type=("2" if is_ip else "1") if address else "",
                       role=AuditCode(code=role, system="eHealth DSI", text=role))


def patient_object(patient_cx: str) -> AuditObject:
    """The patient, in CX form."""
    return AuditObject(object_id=patient_cx, type_code="1", role_code="1",
                       id_type=AuditCode(code="2", system="DCM", text="Patient Number"))


def query_object(transaction: str, message_id: str, query: bytes, home_community_id: str) -> AuditObject:
    """The query of ITI-55 (its queryByParameter) or ITI-38."""
    return AuditObject(object_id=message_id, type_code="2", role_code="24", query=query,
                       id_type=AuditCode(code=transaction, system=_IHE, text=_TRANSACTION_TEXTS[transaction]),
                       details=(("ihe:homeCommunityID", home_community_id.encode("ascii", "replace")),))


def retrieve_object(message_id: str) -> AuditObject:
    """The request of ITI-39."""
    return AuditObject(object_id=message_id, type_code="2", role_code="3", id_type=_ITI_39)


def document_object(unique_id: str) -> AuditObject:
    """A document by its unique id (on failure: the class code that was asked for)."""
    return AuditObject(object_id=unique_id, type_code="2", role_code="4",
                       id_type=AuditCode(code="12", system="DCM", text="URI"))


def error_object(code: str, text: str) -> AuditObject:
    """The error that ended the event: its code, and its text as detail. The text holds no personal data."""
    return AuditObject(object_id=code, type_code="2", role_code="3", details=(("errormsg", text.encode()),),
                       id_type=AuditCode(code="9", system=_SECURITY, text="error"))


def assertion_object(kind: str, assertion_id: str) -> AuditObject:
    """An assertion by its id; ``kind`` is ``hcp``, ``trc`` or ``nok``."""
    code = {"hcp": "IdA", "trc": "TrcA", "nok": "NokA"}[kind]
    return AuditObject(object_id=f"urn:uuid:{assertion_id}", type_code="2",
                       id_type=AuditCode(code=code, system=_SECURITY, text=f"{kind.upper()}-assertion"))


def next_of_kin_object(identifier: str) -> AuditObject:
    """The person who speaks for the patient."""
    return AuditObject(object_id=identifier, type_code="1", role_code="10",
                       id_type=AuditCode(code="7", system="DCM", text="Guarantor Number"))


def translation_object(direction: str, document_id: str) -> AuditObject:
    """A document before (``in``) or after (``out``) it was translated."""
    return AuditObject(object_id=document_id, type_code="4", life_cycle="5",
                       id_type=AuditCode(code=direction, system=_TRANSLATION,
                                         text=f"Translation {direction}"))


def smp_object(url: str) -> AuditObject:
    """The address of a service metadata record, as base64."""
    return AuditObject(object_id=base64.b64encode(url.encode()).decode("ascii"), type_code="2",
                       id_type=AuditCode(code="SMP", system=_SECURITY, text="SignedServiceMetadata"))


_TRANSACTION_TEXTS = {code.code: code.text for code in (_ITI_55, _ITI_38, _ITI_39)}


# ------------------------------------------------------------------------------------ writing, reading

def build_audit_message(message: AuditMessage) -> XmlElement:
    """Write an ``AuditMessage``.

    Source: DICOM PS3.15 A.5.1.
    """
    root = etree.Element("AuditMessage")
    event = etree.SubElement(
        root, "EventIdentification", EventActionCode=message.action, EventDateTime=_time(message.time),
        EventOutcomeIndicator=message.outcome.value)
    _code(event, "EventID", message.event)
    for event_type in message.event_types:
        _code(event, "EventTypeCode", event_type)
    if message.outcome_text:
        etree.SubElement(event, "EventOutcomeDescription").text = message.outcome_text
    for participant in message.participants:
        _participant(root, participant)
    source = etree.SubElement(root, "AuditSourceIdentification", AuditSourceID=message.source_id)
    if message.enterprise_site_id:
        source.set("AuditEnterpriseSiteID", message.enterprise_site_id)
    etree.SubElement(source, "AuditSourceTypeCode").set("csd-code", message.source_type)
    for entry in message.objects:
        _object(root, entry)
    return root


def parse_audit_message(root: XmlElement) -> AuditMessage:
    """Read an ``AuditMessage``; the older attribute ``code`` is read like ``csd-code``.

    Raises
    ------
    MalformedMessage : another root, a required part is missing, a value that cannot be read.
    """
    event, source = root.find("EventIdentification"), root.find("AuditSourceIdentification")
    if root.tag != "AuditMessage" or event is None or source is None:
        raise _malformed("not an audit message", "AuditMessage")
    try:
        time = datetime.fromisoformat(event.get("EventDateTime", "")).astimezone(UTC)
        outcome = Outcome(event.get("EventOutcomeIndicator", ""))
    except (ValueError, OverflowError):
        raise _malformed("time or outcome of the event cannot be read", "EventIdentification") from None
    source_type = source.find("AuditSourceTypeCode")
    return AuditMessage(
        event=_read_code(event.find("EventID"), "EventID"), time=time, outcome=outcome,
        event_types=tuple(_read_code(one, "EventTypeCode") for one in event.iterfind("EventTypeCode")),
        action=event.get("EventActionCode", ""), outcome_text=event.findtext("EventOutcomeDescription") or "",
        participants=tuple(_read_participant(one) for one in root.iterfind("ActiveParticipant")),
        source_id=source.get("AuditSourceID", ""), enterprise_site_id=source.get("AuditEnterpriseSiteID", ""),
        source_type="" if source_type is None else _attribute(source_type, "csd-code", "code"),
        objects=tuple(_read_object(one) for one in root.iterfind("ParticipantObjectIdentification")))


def _time(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _code(parent: XmlElement, name: str, code: AuditCode) -> None:
    element = etree.SubElement(parent, name)
    element.set("csd-code", code.code)
    element.set("codeSystemName", code.system)
    if code.display:
        element.set("displayName", code.display)
    element.set("originalText", code.text)


def _set(element: XmlElement, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if value:
            element.set(name, value)


def _participant(root: XmlElement, participant: Participant) -> None:
    element = etree.SubElement(root, "ActiveParticipant", UserID=participant.user_id,
                               UserIsRequestor="true" if participant.is_requestor else "false")
    _set(element, {"AlternativeUserID": participant.alternative_user_id, "UserName": participant.user_name,
                   "NetworkAccessPointID": participant.address,
                   "NetworkAccessPointTypeCode": participant.address_type})
    _code(element, "RoleIDCode", participant.role)


def _object(root: XmlElement, entry: AuditObject) -> None:
    element = etree.SubElement(root, "ParticipantObjectIdentification", ParticipantObjectID=entry.object_id)
    _set(element, {"ParticipantObjectTypeCode": entry.type_code,
                   "ParticipantObjectTypeCodeRole": entry.role_code,
                   "ParticipantObjectDataLifeCycle": entry.life_cycle})
    _code(element, "ParticipantObjectIDTypeCode", entry.id_type)
    if entry.query:
        etree.SubElement(element, "ParticipantObjectQuery").text = _base64(entry.query)
    elif entry.name:
        etree.SubElement(element, "ParticipantObjectName").text = entry.name
    for kind, value in entry.details:
        etree.SubElement(element, "ParticipantObjectDetail", type=kind, value=_base64(value))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _attribute(element: XmlElement, *names: str) -> str:
    return next((value for name in names if (value := element.get(name))), "")


def _read_code(element: XmlElement | None, name: str) -> AuditCode:
    code = "" if element is None else _attribute(element, "csd-code", "code")
    if element is None or not code:
        raise _malformed("a code is missing", name)
    return AuditCode(code=code, system=element.get("codeSystemName", ""),
                     text=element.get("originalText", ""), display=element.get("displayName", ""))


def _read_participant(element: XmlElement) -> Participant:
    return Participant(
        user_id=element.get("UserID", ""), is_requestor=element.get("UserIsRequestor") in ("true", "1"),
        role=_read_code(element.find("RoleIDCode"), "RoleIDCode"), user_name=element.get("UserName", ""),
        alternative_user_id=element.get("AlternativeUserID", ""),
        address=element.get("NetworkAccessPointID", ""),
        address_type=element.get("NetworkAccessPointTypeCode", ""))


def _read_object(element: XmlElement) -> AuditObject:
    return AuditObject(
        object_id=element.get("ParticipantObjectID", ""),
        id_type=_read_code(element.find("ParticipantObjectIDTypeCode"), "ParticipantObjectIDTypeCode"),
        type_code=element.get("ParticipantObjectTypeCode", ""),
        role_code=element.get("ParticipantObjectTypeCodeRole", ""),
        life_cycle=element.get("ParticipantObjectDataLifeCycle", ""),
        name=element.findtext("ParticipantObjectName") or "",
        query=_decoded(element.findtext("ParticipantObjectQuery") or "", "ParticipantObjectQuery"),
        details=tuple((detail.get("type", ""), _decoded(detail.get("value", ""), "ParticipantObjectDetail"))
                      for detail in element.iterfind("ParticipantObjectDetail")))


def _decoded(text: str, where: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _malformed("a value is not base64", where) from None


def _malformed(what: str, where: str) -> MalformedMessage:
    return MalformedMessage(what, where=where, expected="an audit message of DICOM PS3.15 A.5",
                            got="another form", clause="DICOM PS3.15 A.5.1")
