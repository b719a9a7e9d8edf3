"""Writes ``PRPA_IN201306UV02``, as the specification wants it or with the named deviations of an
``AnswerStyle``."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache

from ehdsi import oids
from ehdsi.cda.datatypes import Identifier
from ehdsi.cda.model import Guardian
from ehdsi.xcpd.elements import (
    add,
    add_address,
    add_device,
    add_identifier,
    add_name,
    add_query_by_parameter,
    add_telecom,
    add_text,
    add_transmission,
    root_element,
)
from ehdsi.xcpd.model import (
    STRICT,
    AcknowledgementDetail,
    AnswerStyle,
    DetectedIssue,
    DiscoveryAnswer,
    MatchedPatient,
)
from ehdsi.xml import XmlElement

#: Reason codes that survive in an answer with ``AnswerStyle.lost_reason``.
_KEPT_REASONS = frozenset({"DemographicsQueryNotAllowed", "InsufficientRights", "AnswerNotAvailable"})


def build_response(answer: DiscoveryAnswer, style: AnswerStyle = STRICT) -> XmlElement:
    """The payload of an ITI-55 response.

    Parameters
    ----------
    answer : see ``matched``, ``not_found`` and ``refused``; ``echoed`` None leaves ``queryByParameter`` out.
    style : deviations to imitate.

    Source: IHE ITI-55 3.55.4.2; eHDSI XCPD profile 2.1.0.
    """
    message = root_element("PRPA_IN201306UV02")
    add_transmission(message, message_id=answer.message_id, creation_time=answer.creation_time,
                     interaction="PRPA_IN201306UV02", accept_ack="NE")
    add_device(message, "receiver", answer.receiver)
    add_device(message, "sender", answer.sender, with_agent=not style.sender_without_agent)
    _add_acknowledgement(message, answer, style)
    act = add(message, "controlActProcess", classCode="CACT", moodCode="EVN")
    add(act, "code", code="PRPA_TE201306UV02", codeSystem=oids.HL7_INTERACTIONS)
    for patient in answer.patients:
        act.append(deepcopy(_subject(patient, answer.sender)))
    for issue in answer.issues:
        _add_issue(act, issue, style)
    _add_query_ack(act, answer, style)
    if answer.echoed is not None:
        add_query_by_parameter(act, answer.query_id, answer.echoed, full=False)
    return message


def _add_acknowledgement(message: XmlElement, answer: DiscoveryAnswer, style: AnswerStyle) -> None:
    acknowledgement = add(message, "acknowledgement")
    add(acknowledgement, "typeCode", code=answer.acknowledgement)
    add_identifier(add(acknowledgement, "targetMessage"), "id", answer.target_message_id)
    not_found = answer.query_response_code == "NF"
    for detail in answer.details:
        location = "NF" if not_found and style.nf_in_location else detail.location
        _add_detail(acknowledgement, detail, location)


def _add_detail(acknowledgement: XmlElement, detail: AcknowledgementDetail, location: str | None) -> None:
    element = add(acknowledgement, "acknowledgementDetail", typeCode=detail.type_code)
    if detail.code is not None:
        add(element, "code", code=detail.code)
    if detail.text is not None:
        add_text(element, "text", detail.text)
    if location is not None:
        add_text(element, "location", location)


def _add_query_ack(act: XmlElement, answer: DiscoveryAnswer, style: AnswerStyle) -> None:
    response_code = answer.query_response_code
    if (response_code == "OK" and style.status_ae_on_match) or (
            response_code == "NF" and style.status_ae_on_no_match):
        response_code = "AE"
    status = response_code if style.code_in_status else answer.query_status_code
    query_ack = add(act, "queryAck")
    add_identifier(query_ack, "queryId", answer.query_id)
    if status is not None:
        add(query_ack, "statusCode", code=status)
    add(query_ack, "queryResponseCode", code=response_code)


def _add_issue(act: XmlElement, issue: DetectedIssue, style: AnswerStyle) -> None:
    """One reason; its code stands under ``mitigatedBy`` or ``triggerFor``, never both."""
    reason = add(act, "reasonOf", typeCode="RSON")
    event = add(reason, "detectedIssueEvent", classCode="ALRT", moodCode="EVN")
    add(event, "code", code="ActAdministrativeDetectedIssueCode", codeSystem=oids.ACT_CODE)
    if issue.text is not None:
        add_text(event, "text", issue.text)
    if issue.code is None or (style.lost_reason and issue.code not in _KEPT_REASONS):
        return
    if issue.branch == "triggerFor":
        branch = add(event, "triggerFor", typeCode="TRIG")
        act_required = add(branch, "actOrderRequired", classCode="ACT", moodCode="RQO")
        add(act_required, "code", code=issue.code, codeSystem=issue.code_system)
    else:
        branch = add(event, "mitigatedBy", typeCode="MITGT")
        management = add(branch, "detectedIssueManagement", classCode="ACT", moodCode="EVN")
        add(management, "code", code=issue.code, codeSystem=issue.code_system)


@lru_cache(maxsize=64)
def _subject(patient: MatchedPatient, own_oid: str) -> XmlElement:
    """A patient as an element to copy: the same ones are asked for again and again."""
    act = add(root_element("PRPA_IN201306UV02"), "controlActProcess")
    _add_subject(act, patient, own_oid)
    return act[0]


def _add_subject(act: XmlElement, patient: MatchedPatient, own_oid: str) -> None:
    subject = add(act, "subject", typeCode="SUBJ")
    event = add(subject, "registrationEvent", classCode="REG", moodCode="EVN")
    add_identifier(event, "id", Identifier(null_flavor="NA"))
    add(event, "statusCode", code="active")
    role = add(add(event, "subject1", typeCode="SBJ"), "patient", classCode="PAT")
    for identifier in patient.identifiers:
        add_identifier(role, "id", identifier)
    add(role, "statusCode", code="active")
    _add_person(role, patient)
    if patient.match_degree is not None:
        observation = add(add(role, "subjectOf1"), "queryMatchObservation", classCode="OBS", moodCode="EVN")
        add(observation, "code", code="IHE_PDQ", codeSystem=oids.QUERY_MATCH_CODES)
        value = add(observation, "value", value=str(patient.match_degree))
        value.set(f"{{{oids.NS_XSI}}}type", "INT")
    custodian = add(add(event, "custodian", typeCode="CST"), "assignedEntity", classCode="ASSIGNED")
    add(custodian, "id", root=patient.custodian or own_oid)
    add(custodian, "code", code="NotHealthDataLocator", codeSystem=oids.XCPD_LOCATOR_CODES)


def _add_person(role: XmlElement, patient: MatchedPatient) -> None:
    person = add(role, "patientPerson", classCode="PSN", determinerCode="INSTANCE")
    for name in patient.names:
        add_name(person, "name", name)
    for telecom in patient.telecoms:
        add_telecom(person, "telecom", telecom)
    if patient.gender is not None:
        add(person, "administrativeGenderCode", code=patient.gender, codeSystem=oids.ADMINISTRATIVE_GENDER)
    if patient.birth_time is not None:
        add(person, "birthTime", value=patient.birth_time)
    if patient.deceased is not None:
        add(person, "deceasedInd", value="true" if patient.deceased else "false")
    if patient.deceased_time is not None:
        add(person, "deceasedTime", value=patient.deceased_time)
    for address in patient.addresses:
        add_address(person, "addr", address, street="streetAddressLine")
    for guardian in patient.guardians:
        if guardian.person is not None:
            _add_guardian(person, guardian)


def _add_guardian(person: XmlElement, guardian: Guardian) -> None:
    """A legal representative; without a code of the relation, ``GUARD`` says at least that."""
    relation = add(person, "personalRelationship", classCode="PRS")
    code = guardian.code
    known = code is not None and code.code
    add(relation, "code", code=code.code if code and known else "GUARD",
        codeSystem=code.code_system if code and known else oids.ROLE_CODE,
        displayName=code.display_name if code and known else None)
    for address in guardian.addresses:
        add_address(relation, "addr", address, street="streetAddressLine")
    for telecom in guardian.telecoms:
        add_telecom(relation, "telecom", telecom)
    holder = add(relation, "relationshipHolder1", classCode="PSN", determinerCode="INSTANCE")
    if guardian.person is not None:
        add_name(holder, "name", guardian.person)
