"""ITI-55: values to XML and back, every outcome, every named deviation, and what a reader remarks upon."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from lxml import etree

from ehdsi import oids, xcpd, xml
from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import MalformedMessage
from ehdsi.xcpd import Outcome
from ehdsi.xml import XmlElement
from tests.wire_samples import (
    ANSWER_ID,
    CHILD,
    CROATIA,
    FRANCE,
    PATIENT,
    QUERY,
    TRAITS,
    again,
    match,
    nobody,
    refusal,
)

H = f"{{{oids.NS_HL7}}}"
DETAIL = xcpd.AcknowledgementDetail(code="ERROR_PI_GENERIC", text="why", location="where")


def received(answer: xcpd.DiscoveryAnswer, style: xcpd.AnswerStyle = xcpd.STRICT) -> xcpd.DiscoveryAnswer:
    """What the other side reads of an answer."""
    return xcpd.parse_response(again(xcpd.build_response(answer, style)))


def edited(edit: Callable[[XmlElement], object],
           answer: xcpd.DiscoveryAnswer | None = None) -> xcpd.DiscoveryAnswer:
    """What is read of an answer after an edit of its tree."""
    root = again(xcpd.build_response(answer or match()))
    edit(root)
    return xcpd.parse_response(root)


def rules(answer: xcpd.DiscoveryAnswer) -> set[str]:
    """The rules that a reader found broken."""
    return {finding.rule for finding in answer.findings}


def one(root: XmlElement, name: str) -> XmlElement:
    """The first element of this local name."""
    return next(root.iter(H + name))


def remove(name: str) -> Callable[[XmlElement], object]:
    """An edit that takes the first element of this name away."""
    return lambda root: one(root, name).getparent().remove(one(root, name))  # type: ignore[union-attr]


def test_request_survives_the_wire() -> None:
    """All traits of a query come back as they were sent, without a remark."""
    query = xcpd.parse_request(again(xcpd.build_request(QUERY)))
    assert query == QUERY
    assert query.findings == ()


def test_request_carries_one_element_per_identifier_in_schema_order() -> None:
    """Several identifiers travel as several livingSubjectId, between birth time and name."""
    two = (*TRAITS.identifiers, Identifier(root="1.2.3", extension="X"))
    root = xcpd.build_request(replace(QUERY, traits=replace(TRAITS, identifiers=two)))
    names = [etree.QName(child).localname for child in one(root, "parameterList")]
    assert names[2:6] == ["livingSubjectBirthTime", "livingSubjectId", "livingSubjectId", "livingSubjectName"]


def test_repr_holds_no_traits() -> None:
    """A query or an answer that ends in a log line shows neither name nor identifier."""
    text = repr(QUERY) + repr(match())
    assert "Horvat" not in text
    assert "123456789" not in text


@pytest.mark.parametrize("deceased", [None, False, True])
def test_match_survives_the_wire(deceased: bool | None) -> None:
    """A match comes back with all that was known of the patient, alive or dead, without a remark."""
    time = "20250301" if deceased else None
    answer = match(replace(PATIENT, deceased=deceased, deceased_time=time))
    assert received(answer) == answer
    assert received(answer).findings == ()
    assert received(answer).outcome is Outcome.MATCH


def test_guardians_survive_the_wire() -> None:
    """Who may agree for a child is told with the relation and a telephone number, before any document."""
    assert received(match(CHILD)).patients[0].guardians == CHILD.guardians


def test_not_found_survives_the_wire() -> None:
    """Nobody found is AA, NF and ERROR_PI_NO_MATCH, with or without an issue, and no remark."""
    for answer in (nobody(), nobody(with_issue=True)):
        assert received(answer) == answer
        assert received(answer).findings == ()
        assert received(answer).outcome is Outcome.NO_MATCH


@pytest.mark.parametrize("code", sorted(xcpd.ISSUE_CODES))
def test_every_refusal_survives_the_wire(code: str) -> None:
    """Each reason of the profile keeps code, code system and branch, and asks for traits where it should."""
    answer = refusal(code, DETAIL)
    read = received(answer)
    assert read == answer
    assert read.findings == ()
    wants_more = code in xcpd.MORE_TRAITS_CODES
    assert read.outcome is (Outcome.MORE_TRAITS if wants_more else Outcome.REFUSED)


@pytest.mark.parametrize(("code", "branch"), [("InsufficientRights", "mitigatedBy"),
                                              ("AdditionalDemographicsRequested", "triggerFor")])
def test_reason_stands_in_one_branch_only(code: str, branch: str) -> None:
    """A reason is written under mitigatedBy or triggerFor as the profile says, never under both."""
    event = one(xcpd.build_response(refusal(code)), "detectedIssueEvent")
    assert [etree.QName(child).localname for child in event] == ["code", branch]


def test_several_matches() -> None:
    """Two subjects are reported as several people and remarked upon: nobody of them may be chosen
    silently."""
    other = replace(PATIENT, identifiers=(Identifier(root="1.2.3", extension="2"),))
    answer = received(match(PATIENT, other))
    assert answer.outcome is Outcome.SEVERAL
    assert "X-XCPD-13" in rules(answer)


def test_several_matches_told_by_code() -> None:
    """ERROR_PI_MULTIPLE_MATCHES without a subject means several people too."""
    detail = xcpd.AcknowledgementDetail(code="ERROR_PI_MULTIPLE_MATCHES")
    assert received(refusal("AnswerNotAvailable", detail)).outcome is Outcome.SEVERAL


# ------------------------------------------------------------------------------- the reference's ways


def test_match_with_ae_is_still_a_match() -> None:
    """The reference implementation says AE in a successful answer: the subject decides."""
    answer = received(match(), xcpd.OPENNCP_LIKE)
    assert (answer.outcome, answer.query_response_code, answer.query_status_code) == (Outcome.MATCH, "AE",
                                                                                      "AE")
    assert {finding.severity for finding in answer.findings} == {"warning"}


def test_no_match_with_ae_is_still_no_match() -> None:
    """The reference implementation says AE when nobody was found and puts NF into the location."""
    answer = received(nobody(with_issue=True), xcpd.OPENNCP_LIKE)
    assert (answer.outcome, answer.query_response_code) == (Outcome.NO_MATCH, "AE")
    assert answer.details[0].location == "NF"


@pytest.mark.parametrize("code", sorted(xcpd.ISSUE_CODES))
def test_lost_reason(code: str) -> None:
    """Only three codes survive the reference implementation; the loss of the others is remarked upon."""
    answer = received(refusal(code, DETAIL), xcpd.AnswerStyle(lost_reason=True))
    kept = code in {"DemographicsQueryNotAllowed", "InsufficientRights", "AnswerNotAvailable"}
    assert answer.issues[0].code == (code if kept else None)
    assert answer.details == (DETAIL,)
    assert ("A-XCPD-12" in rules(answer)) is not kept


def test_sender_without_agent() -> None:
    """A sender that names only its device is understood."""
    root = xcpd.build_response(match(), xcpd.AnswerStyle(sender_without_agent=True))
    assert one(root, "sender").find(f".//{H}asAgent") is None
    assert xcpd.parse_response(again(root)).sender == CROATIA


# ------------------------------------------------------------------------------ contradictions, remarks


def test_subject_with_not_found_is_contradictory() -> None:
    """A subject in an answer that says "nobody" must not be shown as a match."""
    answer = received(replace(match(), query_response_code="NF", details=nobody().details))
    assert answer.outcome is Outcome.CONTRADICTORY
    assert "A-XCPD-01" in rules(answer)


@pytest.mark.parametrize("acknowledgement", ["AE", "AR"])
def test_subject_with_error_acknowledgement_is_contradictory(acknowledgement: str) -> None:
    """A subject under an error acknowledgement must not be shown as a match."""
    assert received(replace(match(), acknowledgement=acknowledgement)).outcome is Outcome.CONTRADICTORY


@pytest.mark.parametrize(("edit", "rule"), [
    (remove("birthTime"), "A-XCPD-07"),
    (remove("administrativeGenderCode"), "A-XCPD-07"),
    (remove("patientPerson"), "A-XCPD-05"),
    (remove("queryMatchObservation"), "A-XCPD-06"),
    (remove("custodian"), "A-XCPD-06"),
    (remove("targetMessage"), "A-XCPD-03"),
    (remove("queryByParameter"), "A-XCPD-03"),
    (remove("family"), "A-XCPD-05"),
    (lambda root: one(root, "birthTime").set("value", "1982-05-08"), "A-XCPD-07"),
    (lambda root: one(root, "birthTime").set("value", "19670000"), "A-XCPD-07"),
    (lambda root: one(root, "administrativeGenderCode").set("code", "m"), "A-XCPD-07"),
    (lambda root: one(root, "interactionId").set("extension", "PRPA_IN201305UV02"), "A-XCPD-04"),
    (lambda root: one(one(root, "sender"), "id").set("root", "urn:oid:" + CROATIA), "A-XCPD-04"),
    (lambda root: one(one(root, "patient"), "id").set("root", "MBO"), "A-XCPD-05"),
    (lambda root: one(one(root, "patient"), "id").set("extension", "1^^^&1.2&ISO"), "X-XCPD-14"),
    (lambda root: one(one(root, "custodian"), "id").set("root", "1.2.3"), "A-XCPD-06"),
    (lambda root: one(root, "creationTime").set("value", "20260319"), "X-TIM-03"),
])
def test_deviation_is_remarked_upon(edit: Callable[[XmlElement], object], rule: str) -> None:
    """Each single defect of an answer is named by the rule it breaks, and the rest is still read."""
    answer = edited(edit)
    assert rule in rules(answer)
    assert answer.outcome is Outcome.MATCH


def test_findings_never_quote_traits() -> None:
    """A remark on a wrong birth date or identifier does not repeat it."""
    answer = edited(lambda root: [one(root, "birthTime").set("value", "1980-01-31"),
                                  one(one(root, "patient"), "id").set("root", "wrong")])
    assert answer.findings
    assert not any("1980" in str(finding) or "123456789" in str(finding) for finding in answer.findings)


def test_ok_without_subject() -> None:
    """OK without a subject is read as "nobody" and remarked upon."""
    answer = edited(remove("subject"))
    assert answer.outcome is Outcome.NO_MATCH
    assert "A-XCPD-08" in rules(answer)


def test_unknown_reason_code() -> None:
    """A reason that the profile does not know is kept, remarked upon, and counts as a refusal."""
    answer = received(replace(refusal("InternalError"), issues=(
        xcpd.DetectedIssue(code="Whim", code_system="1.2.3", branch="triggerFor"),)))
    assert answer.issues[0].code == "Whim"
    assert answer.outcome is Outcome.REFUSED
    assert "A-XCPD-12" in rules(answer)


def test_answer_belongs_to_the_query() -> None:
    """An answer to our own query shows no deviation from it."""
    assert xcpd.deviations_from(QUERY, received(match())) == ()


@pytest.mark.parametrize(("change", "rule"), [
    ({"target_message_id": ANSWER_ID}, "A-XCPD-03"),
    ({"query_id": ANSWER_ID}, "A-XCPD-03"),
    ({"echoed": replace(TRAITS, identifiers=(Identifier(root="1.2", extension="9"),))}, "A-XCPD-03"),
    ({"receiver": "1.2.3"}, "A-XCPD-04"),
    ({"sender": FRANCE}, "A-XCPD-04"),
    ({"patients": (replace(PATIENT, identifiers=(Identifier(root="1.2.3", extension="9"),)),)}, "X-XCPD-14"),
])
def test_answer_to_another_query(change: dict[str, object], rule: str) -> None:
    """An answer that belongs to another question, party or identifier domain is recognised."""
    findings = xcpd.deviations_from(QUERY, replace(match(), **change))  # type: ignore[arg-type]
    assert [finding.rule for finding in findings] == [rule]


# -------------------------------------------------------------------------------------- unreadable


@pytest.mark.parametrize("root", [b"<PRPA_IN201306UV02/>", b"<x xmlns='urn:hl7-org:v3'/>",
                                  b"<PRPA_IN201306UV02 xmlns='urn:hl7-org:v3'/>"])
def test_unreadable_answer(root: bytes) -> None:
    """Another message, the wrong namespace or an empty answer is refused with a clear error."""
    with pytest.raises(MalformedMessage) as caught:
        xcpd.parse_response(xml.parse(root))
    assert caught.value.expected
    assert caught.value.clause


def test_request_without_parameters() -> None:
    """A request without queryByParameter asks nothing and is refused with the code that goes on the wire."""
    root = again(xcpd.build_request(QUERY))
    remove("queryByParameter")(root)
    with pytest.raises(MalformedMessage) as caught:
        xcpd.parse_request(root)
    assert caught.value.code == "ERROR_PI_GENERIC"


def test_prefixed_answer_is_read() -> None:
    """Prefixes instead of a default namespace change nothing."""
    text = xml.serialise(xcpd.build_response(match()))
    prefixed = re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1h:", text).replace(b"xmlns=", b"xmlns:h=")
    assert b"<h:patient " in prefixed
    assert xcpd.parse_response(xml.parse(prefixed)) == match()
