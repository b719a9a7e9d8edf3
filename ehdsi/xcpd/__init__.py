"""ITI-55, Cross Gateway Patient Discovery: the payload of the SOAP body, both ways.

``build_request`` / ``parse_request`` for ``PRPA_IN201305UV02``, ``build_response`` / ``parse_response`` for
``PRPA_IN201306UV02``; ``matched``, ``not_found`` and ``refused`` make the answers of an NCP-A. The envelope
is ``ehdsi.soap``'s. Left out: deferred responses and the batch mode, which eHDSI does not use.

Source: IHE ITI TF-2 3.55; HL7 v3 PRPA_IN201305UV02 and PRPA_IN201306UV02; eHDSI XCPD profile 2.1.0.
"""

from __future__ import annotations

from ehdsi.traits import Traits
from ehdsi.xcpd.answers import matched, not_found, refused
from ehdsi.xcpd.model import (
    ISSUE_CODES,
    MORE_TRAITS_CODES,
    OPENNCP_LIKE,
    STRICT,
    AcknowledgementDetail,
    AnswerStyle,
    DetectedIssue,
    DiscoveryAnswer,
    MatchedPatient,
    Outcome,
    PatientQuery,
    hl7_time,
    issue,
)
from ehdsi.xcpd.read_request import parse_request
from ehdsi.xcpd.read_response import deviations_from, parse_response
from ehdsi.xcpd.write_request import build_request
from ehdsi.xcpd.write_response import build_response

__all__ = [
    "ISSUE_CODES",
    "MORE_TRAITS_CODES",
    "OPENNCP_LIKE",
    "STRICT",
    "AcknowledgementDetail",
    "AnswerStyle",
    "DetectedIssue",
    "DiscoveryAnswer",
    "MatchedPatient",
    "Outcome",
    "PatientQuery",
    "Traits",
    "build_request",
    "build_response",
    "deviations_from",
    "hl7_time",
    "issue",
    "matched",
    "not_found",
    "parse_request",
    "parse_response",
    "refused",
]
