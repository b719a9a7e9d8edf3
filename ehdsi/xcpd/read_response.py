"""Reads ``PRPA_IN201306UV02``: tolerant in what it reads, complete in what it remarks upon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from ehdsi.cda.datatypes import Coded, Identifier
from ehdsi.cda.model import Guardian
from ehdsi.errors import MalformedMessage
from ehdsi.findings import Finding, Remarks, line_of
from ehdsi.traits import Traits
from ehdsi.xcpd.datatypes import (
    attribute,
    read_address,
    read_boolean,
    read_identifier,
    read_name,
    read_telecom,
    text_of,
)
from ehdsi.xcpd.elements import H
from ehdsi.xcpd.model import (
    ISSUE_CODES,
    AcknowledgementDetail,
    Branch,
    DetectedIssue,
    DiscoveryAnswer,
    MatchedPatient,
    Outcome,
    PatientQuery,
)
from ehdsi.xcpd.wrapper import is_oid, read_party, read_traits, read_wrapper, require_interaction
from ehdsi.xml import XmlElement, path_of

_DATE = re.compile(r"[0-9]{8}([0-9]{2,6}(\.[0-9]+)?([+-][0-9]{2,4})?)?")
_GENDERS = frozenset({"M", "F", "UN"})
_DETAIL_TYPES: dict[str | None, Literal["E", "W", "I"]] = {"E": "E", "W": "W", "I": "I"}
_BRANCHES: tuple[tuple[Branch, str], ...] = (("mitigatedBy", "mitigatedBy/detectedIssueManagement/code"),
                                             ("triggerFor", "triggerFor/actOrderRequired/code"))


def parse_response(message: XmlElement) -> DiscoveryAnswer:
    """The answer that an NCP-B received.

    Parameters
    ----------
    message : the child of the SOAP body.

    Returns
    -------
    The answer with ``findings``: deviations from the profile that do not stop the reading. Whether somebody
    was found is ``answer.outcome``.

    Raises
    ------
    MalformedMessage : another interaction, or neither acknowledgement nor ``controlActProcess``.

    Source: IHE ITI-55 3.55.4.2; eHDSI XCPD profile 2.1.0.
    """
    require_interaction(message, "PRPA_IN201306UV02")
    remarks = Remarks("IHE ITI-55 3.55.4.2")
    message_id, created = read_wrapper(message, "PRPA_IN201306UV02", remarks)
    acknowledgement, act = message.find(H + "acknowledgement"), message.find(H + "controlActProcess")
    if acknowledgement is None and act is None:
        raise MalformedMessage("the answer holds neither an acknowledgement nor a result",
                               where=path_of(message),
                               expected="acknowledgement and controlActProcess", clause="IHE ITI-55 3.55.4.2",
                               line=line_of(message))
    query_ack = None if act is None else act.find(H + "queryAck")
    if query_ack is None:
        remarks.error("A-XCPD-02", "the answer has no queryAck", message,
                      expected="controlActProcess/queryAck")
    answer = DiscoveryAnswer(
        message_id=message_id, creation_time=created,
        receiver=read_party(message, "receiver", remarks), sender=read_party(message, "sender", remarks),
        target_message_id=_target(acknowledgement, remarks, message),
        query_id=Identifier() if query_ack is None else read_identifier(query_ack.find(H + "queryId")),
        acknowledgement=attribute(acknowledgement, "typeCode") or "",
        query_response_code=attribute(query_ack, "queryResponseCode"),
        query_status_code=attribute(query_ack, "statusCode"),
        patients=_patients(act, remarks), issues=_issues(act, remarks), details=_details(acknowledgement),
        echoed=_echoed(act, remarks, message),
    )
    _judge(answer, message, remarks)
    return replace(answer, findings=remarks.done())


def _target(acknowledgement: XmlElement | None, remarks: Remarks, message: XmlElement) -> Identifier:
    target = None if acknowledgement is None else acknowledgement.find(f"{H}targetMessage/{H}id")
    if target is None:
        remarks.error("A-XCPD-03", "the answer does not say which request it answers", message,
                      expected="acknowledgement/targetMessage/id")
    return read_identifier(target)


def _echoed(act: XmlElement | None, remarks: Remarks, message: XmlElement) -> Traits | None:
    query = None if act is None else act.find(H + "queryByParameter")
    if query is None:
        remarks.error("A-XCPD-03", "the answer does not echo queryByParameter", message,
                      expected="controlActProcess/queryByParameter")
        return None
    return read_traits(query, remarks)


def _details(acknowledgement: XmlElement | None) -> tuple[AcknowledgementDetail, ...]:
    if acknowledgement is None:
        return ()
    return tuple(
        AcknowledgementDetail(code=attribute(detail, "code"), text=text_of(detail, "text"),
                              location=text_of(detail, "location"),
                              type_code=_DETAIL_TYPES.get(detail.get("typeCode")))
        for detail in acknowledgement.iterchildren(H + "acknowledgementDetail"))


def _issues(act: XmlElement | None, remarks: Remarks) -> tuple[DetectedIssue, ...]:
    if act is None:
        return ()
    events = act.iterfind(f"{H}reasonOf/{H}detectedIssueEvent")
    return tuple(issue for event in events for issue in _issues_of(event, remarks))


def _issues_of(event: XmlElement, remarks: Remarks) -> list[DetectedIssue]:
    """All reasons of one event; one without code when the event has neither branch."""
    text, issues = text_of(event, "text"), []
    for branch, path in _BRANCHES:
        for code in event.iterfind("/".join(H + step for step in path.split("/"))):
            issue = DetectedIssue(code=code.get("code"), code_system=code.get("codeSystem"), branch=branch,
                                  text=text)
            _judge_issue(issue, code, remarks)
            issues.append(issue)
    if not issues:
        remarks.warning("A-XCPD-12", "the detected issue names no reason", event,
                        expected="mitigatedBy or triggerFor with a code",
                        hint="the acknowledgementDetail is read instead")
        issues.append(DetectedIssue(code=None, text=text))
    return issues


def _judge_issue(issue: DetectedIssue, element: XmlElement, remarks: Remarks) -> None:
    known = ISSUE_CODES.get(issue.code or "")
    if known is None:
        remarks.error("A-XCPD-12", "the reason code is not one of the profile", element,
                      got=(issue.code or "nothing")[:60])
    elif (issue.code_system, issue.branch) != known:
        remarks.warning("A-XCPD-12", "the reason code stands in the wrong code system or branch", element,
                        expected=f"{known[0]} under {known[1]}",
                        got=f"{issue.code_system} under {issue.branch}")


def _patients(act: XmlElement | None, remarks: Remarks) -> tuple[MatchedPatient, ...]:
    """One value per ``subject``; a subject without a patient is remarked upon and is no match."""
    patients = []
    for subject in () if act is None else act.iterchildren(H + "subject"):
        event = subject.find(H + "registrationEvent")
        role = None if event is None else event.find(f"{H}subject1/{H}patient")
        if event is None or role is None:
            remarks.error("A-XCPD-02", "a subject holds no patient", subject,
                          expected="registrationEvent/subject1/patient")
        else:
            patients.append(_patient(event, role, remarks))
    return tuple(patients)


def _patient(event: XmlElement, role: XmlElement, remarks: Remarks) -> MatchedPatient:
    person = role.find(H + "patientPerson")
    if person is None:
        remarks.error("A-XCPD-05", "the patient has no patientPerson", role, expected="patientPerson")
        person = role
    degree = attribute(role, "subjectOf1/queryMatchObservation/value", "value")
    patient = MatchedPatient(
        identifiers=tuple(read_identifier(one) for one in role.iterchildren(H + "id")),
        names=tuple(read_name(name) for name in person.iterchildren(H + "name")),
        gender=attribute(person, "administrativeGenderCode"), birth_time=attribute(person, "birthTime",
                                                                                   "value"),
        deceased=read_boolean(person.find(H + "deceasedInd")),
        deceased_time=attribute(person, "deceasedTime", "value"),
        addresses=tuple(read_address(address) for address in person.iterchildren(H + "addr")),
        telecoms=tuple(read_telecom(telecom) for telecom in person.iterchildren(H + "telecom")),
        guardians=tuple(_guardians(person)),
        match_degree=int(degree) if degree and degree.isdecimal() and len(degree) <= 3 else None,
        custodian=attribute(event, "custodian/assignedEntity/id", "root"),
    )
    _judge_identity(patient, role, remarks)
    _judge_registration(patient, event, remarks)
    return patient


def _guardians(person: XmlElement) -> Iterator[Guardian]:
    """Legal representatives; a relation without a named person says nothing to compare with."""
    for relation in person.iterchildren(H + "personalRelationship"):
        name = relation.find(f"{H}relationshipHolder1/{H}name")
        if name is None or relation.get("negationInd") == "true":
            continue
        code = relation.find(H + "code")
        yield Guardian(
            code=None if code is None else Coded(
                code=code.get("code"), code_system=code.get("codeSystem"), null_flavor=code.get("nullFlavor"),
                display_name=code.get("displayName")),
            person=read_name(name),
            addresses=tuple(read_address(address) for address in relation.iterchildren(H + "addr")),
            telecoms=tuple(read_telecom(telecom) for telecom in relation.iterchildren(H + "telecom")))


def _judge_identity(patient: MatchedPatient, role: XmlElement, remarks: Remarks) -> None:
    """A-XCPD-05 and A-XCPD-07: identifier, name, gender, birth time, country."""
    first = patient.identifiers[0] if patient.identifiers else Identifier()
    if not first.extension or not is_oid(first.root):
        remarks.error("A-XCPD-05", "the first patient id lacks an extension or an OID as root", role,
                      expected="patient/id with root and extension",
                      hint="this identifier is used in the TRC assertion and in ITI-38")
    elif "^^^&" in first.extension:
        remarks.error("X-XCPD-14", "the patient id extension holds a whole CX text", role,
                      expected="the bare identifier")
    if not any(name.family and name.given for name in patient.names):
        remarks.error("A-XCPD-05", "the patient has no name with family and given parts", role,
                      expected="patientPerson/name/family and given")
    if patient.gender not in _GENDERS:
        remarks.error("A-XCPD-07", "the gender is missing or not a code of the profile", role,
                      expected="M, F or UN", got="another code" if patient.gender else "nothing")
    if patient.birth_time is None or not _DATE.fullmatch(patient.birth_time):
        remarks.error("A-XCPD-07", "the birth time is missing or has no day", role,
                      expected="yyyyMMdd at least")
    elif patient.birth_time[4:8] == "0000":
        remarks.warning("A-XCPD-07", "an unknown day of birth is written as zeros", role,
                        expected="the year alone")
    if not any(address.country for address in patient.addresses):
        remarks.warning("A-XCPD-05", "no address of the patient names a country", role,
                        expected="addr/country")


def _judge_registration(patient: MatchedPatient, event: XmlElement, remarks: Remarks) -> None:
    """A-XCPD-06: match degree and custodian."""
    if patient.match_degree is None or patient.match_degree > 100:
        remarks.error("A-XCPD-06", "the match degree is missing or not a whole number up to 100", event,
                      expected="queryMatchObservation/value of type INT")
    elif patient.match_degree < 100:
        remarks.warning("A-XCPD-06", "the match is less than certain", event, expected="100",
                        got=str(patient.match_degree))
    code = attribute(event, "custodian/assignedEntity/code")
    if patient.custodian is None or code != "NotHealthDataLocator":
        remarks.error("A-XCPD-06", "the custodian is missing or has the wrong code", event,
                      expected="custodian id and code NotHealthDataLocator", got=(code or "nothing")[:60])


def _judge(answer: DiscoveryAnswer, message: XmlElement, remarks: Remarks) -> None:
    """What only the whole answer shows: acknowledgement, response code and subjects must agree."""
    response_code = answer.query_response_code
    if answer.acknowledgement not in ("AA", "AE", "AR"):
        remarks.error("A-XCPD-02", "the acknowledgement has no known type code", message,
                      expected="AA, AE or AR", got=answer.acknowledgement[:20] or "nothing")
    if answer.outcome is Outcome.CONTRADICTORY:
        remarks.error("A-XCPD-01", "the answer holds a subject and says that there is none", message,
                      expected="a subject, or a reason for its absence", hint="nothing of it may be shown")
    elif answer.patients and response_code != "OK":
        remarks.warning("A-XCPD-01", "a match is reported with another code than OK", message, expected="OK",
                        got=response_code or "nothing", hint="a match is decided by the subject")
    if len(answer.patients) > 1:
        remarks.error("X-XCPD-13", "the answer holds several subjects", message, expected="exactly one",
                      got=str(len(answer.patients)))
    if not answer.patients and response_code == "OK" and not answer.issues:
        remarks.error("A-XCPD-08", "the answer says OK and holds no subject", message, expected="NF")
    for patient in answer.patients:
        if patient.custodian is not None and patient.custodian != answer.sender:
            remarks.error("A-XCPD-06", "the custodian is another community than the sender", message)
    if answer.query_status_code not in (None, "deliveredResponse", "aborted"):
        remarks.warning("A-XCPD-02", "queryAck/statusCode is not a status of a query", message,
                        expected="deliveredResponse", got=(answer.query_status_code or "")[:40])


def deviations_from(query: PatientQuery, answer: DiscoveryAnswer) -> tuple[Finding, ...]:
    """Does the answer belong to this query? Errors when echoes, parties or the identifier domain differ.

    A caller that gets ``A-XCPD-03`` here must drop the answer: it answers somebody else's question.
    """
    remarks = Remarks("IHE ITI-55 3.55.4.2.2")
    target, asked = answer.target_message_id, query.message_id
    if (target.root, target.extension) != (asked.root, asked.extension):
        remarks.error("A-XCPD-03", "targetMessage is not the id of our request",
                      "acknowledgement/targetMessage/id",
                      expected=str(asked.root), got=str(target.root)[:80])
    if (answer.query_id.root, answer.query_id.extension) != (query.query_id.root, query.query_id.extension):
        remarks.error("A-XCPD-03", "queryAck does not repeat our queryId",
                      "controlActProcess/queryAck/queryId",
                      expected=str(query.query_id.root), got=str(answer.query_id.root)[:80])
    if answer.receiver != query.sender:
        remarks.error("A-XCPD-04", "the answer is addressed to somebody else", "receiver/device/id",
                      expected=query.sender, got=answer.receiver[:80])
    if answer.sender != query.receiver:
        remarks.error("A-XCPD-04", "the answer comes from another community than asked", "sender/device/id",
                      expected=query.receiver, got=answer.sender[:80])
    if answer.echoed is not None and set(answer.echoed.identifiers) != set(query.traits.identifiers):
        remarks.error("A-XCPD-03", "the echoed parameters are not those of our query",
                      "controlActProcess/queryByParameter")
    domains = {one.root for one in query.traits.identifiers}
    for patient in answer.patients:
        if domains and patient.identifiers and patient.identifiers[0].root not in domains:
            remarks.error("X-XCPD-14", "the first patient id is of a domain that was not asked", "patient/id",
                          expected=" or ".join(sorted(str(domain) for domain in domains)),
                          got=str(patient.identifiers[0].root)[:80])
    return remarks.done()
