"""The answers that an NCP-A gives, one function per outcome; each fills in the echoes of the request."""

from __future__ import annotations

from datetime import datetime

from ehdsi.cda.datatypes import Identifier
from ehdsi.xcpd.model import (
    AcknowledgementDetail,
    DetectedIssue,
    DiscoveryAnswer,
    MatchedPatient,
    PatientQuery,
    hl7_time,
    issue,
)


def matched(query: PatientQuery, *patients: MatchedPatient, own_oid: str, message_id: Identifier,
            now: datetime) -> DiscoveryAnswer:
    """One match, or several (which eHDSI does not want but IHE allows).

    ``own_oid`` is the answering home community, ``message_id`` a fresh identifier of the answer.
    """
    return _answer(query, own_oid, message_id, now, patients=patients)


def not_found(query: PatientQuery, *, own_oid: str, message_id: Identifier, now: datetime,
              with_issue: bool = False) -> DiscoveryAnswer:
    """Nobody matches: AA, NF and ``ERROR_PI_NO_MATCH``; ``with_issue`` adds AnswerNotAvailable, as some
    NCPs do."""
    detail = AcknowledgementDetail(code="ERROR_PI_NO_MATCH", text="No patient found.")
    return _answer(query, own_oid, message_id, now, query_response_code="NF", details=(detail,),
                   issues=(issue("AnswerNotAvailable"),) if with_issue else ())


def refused(query: PatientQuery, reason: str | DetectedIssue, *, own_oid: str, message_id: Identifier,
            now: datetime, detail: AcknowledgementDetail | None = None) -> DiscoveryAnswer:
    """AE with a detected issue, e.g. ``"InsufficientRights"`` or ``"AdditionalDemographicsRequested"``.

    Raises
    ------
    KeyError : ``reason`` is a text that is not a code of the profile.
    """
    reason = issue(reason) if isinstance(reason, str) else reason
    return _answer(query, own_oid, message_id, now, acknowledgement="AE", query_response_code="AE",
                   issues=(reason,), details=(detail,) if detail else ())


def _answer(query: PatientQuery, own_oid: str, message_id: Identifier, now: datetime, *,
            acknowledgement: str = "AA", query_response_code: str = "OK",
            patients: tuple[MatchedPatient, ...] = (), issues: tuple[DetectedIssue, ...] = (),
            details: tuple[AcknowledgementDetail, ...] = ()) -> DiscoveryAnswer:
    return DiscoveryAnswer(
        message_id=message_id, creation_time=hl7_time(now), sender=own_oid, receiver=query.sender,
        target_message_id=query.message_id, query_id=query.query_id, acknowledgement=acknowledgement,
        query_response_code=query_response_code, patients=patients, issues=issues, details=details,
        echoed=query.traits,
    )
