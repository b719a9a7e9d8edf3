"""The values of ITI-55: a query by traits and its answer. Frozen, both directions, no XML.

Source: IHE ITI TF-2 3.55; eHDSI XCPD profile 2.1.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Literal

from ehdsi import oids
from ehdsi.cda.datatypes import Address, Identifier, PersonName, Telecom
from ehdsi.cda.model import Guardian
from ehdsi.findings import Finding
from ehdsi.traits import Traits


def hl7_time(now: datetime) -> str:
    """A point in time as XCPD messages carry it: UTC, milliseconds, ``20260319101500.123+0000``."""
    utc = now.astimezone(UTC)
    return f"{utc:%Y%m%d%H%M%S}.{utc.microsecond // 1000:03d}+0000"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientQuery:
    """``PRPA_IN201305UV02``: who is this patient?

    Attributes
    ----------
    message_id : ``root`` a UUID, ``extension`` optional; echoed in ``targetMessage``.
    creation_time : HL7 TS, see ``hl7_time``; ``None`` when the message had none.
    query_id : echoed in ``queryAck``; unique per query.
    sender, receiver : home community OIDs of country B and of country A, bare (no ``urn:oid:``).
    traits : what is searched for.
    findings : deviations seen while reading; empty on a value that was not read.
    """

    message_id: Identifier
    creation_time: str | None
    query_id: Identifier
    sender: str
    receiver: str
    traits: Traits
    findings: tuple[Finding, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedPatient:
    """One ``subject`` of the answer. Traits stay out of ``repr``.

    ``identifiers[0]`` is the one that TRC assertion and ITI-38 use. ``birth_time`` and ``deceased_time``
    are HL7 TS as written. ``guardians`` are ``personalRelationship`` of kind ``PRS``: persons only.
    ``match_degree`` is 0 to 100. ``custodian`` is the home community OID that answers for the patient.
    """

    identifiers: tuple[Identifier, ...] = field(default=(), repr=False)
    names: tuple[PersonName, ...] = field(default=(), repr=False)
    gender: str | None = field(default=None, repr=False)
    birth_time: str | None = field(default=None, repr=False)
    deceased: bool | None = None
    deceased_time: str | None = field(default=None, repr=False)
    addresses: tuple[Address, ...] = field(default=(), repr=False)
    telecoms: tuple[Telecom, ...] = field(default=(), repr=False)
    guardians: tuple[Guardian, ...] = field(default=(), repr=False)
    match_degree: int | None = 100
    custodian: str | None = None


#: Where the code of a detected issue stands: a management of the issue, or something more that is required.
Branch = Literal["mitigatedBy", "triggerFor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedIssue:
    """``reasonOf/detectedIssueEvent``: why there is no match.

    ``code`` is ``None`` where the peer lost it (event without branch, seen on the reference implementation).
    ``text`` is the event's own text, where given.
    """

    code: str | None
    code_system: str | None = None
    branch: Branch | None = None
    text: str | None = None


def issue(code: str) -> DetectedIssue:
    """The detected issue with this code, its code system and branch taken from ``ISSUE_CODES``.

    Raises
    ------
    KeyError : the code is not one of the profile.
    """
    code_system, branch = ISSUE_CODES[code]
    return DetectedIssue(code=code, code_system=code_system, branch=branch)


#: Reason codes of the profile: code -> (code system, branch). Source: IHE ITI-55 3.55.4.2.2.5-7, eHDSI
#: XCPD 2.1.
#: Unverified: the branch of PrivacyViolation and PolicyViolation.
ISSUE_CODES: dict[str, tuple[str, Branch]] = {
    "AnswerNotAvailable": (oids.XCPD_ANSWER_CODES, "mitigatedBy"),
    "ResponderBusy": (oids.XCPD_ANSWER_CODES, "mitigatedBy"),
    "InternalError": (oids.XCPD_ANSWER_CODES, "mitigatedBy"),
    "InsufficientRights": (oids.EHDSI_XCPD_REASONS, "mitigatedBy"),
    "PrivacyViolation": (oids.EHDSI_XCPD_REASONS, "mitigatedBy"),
    "PolicyViolation": (oids.EHDSI_XCPD_REASONS, "mitigatedBy"),
    "AdditionalDemographicsRequested": (oids.EHDSI_XCPD_REASONS, "triggerFor"),
    "DemographicsQueryNotAllowed": (oids.EHDSI_XCPD_REASONS, "triggerFor"),
    "EHICDataRequested": (oids.EHDSI_XCPD_REASONS, "triggerFor"),
    "PatientAuthenticationRequired": (oids.EHDSI_XCPD_REASONS, "triggerFor"),
    "LivingSubjectAdministrativeGenderRequested": (oids.XCPD_MORE_TRAITS_CODES, "triggerFor"),
    "PatientAddressRequested": (oids.XCPD_MORE_TRAITS_CODES, "triggerFor"),
    "PatientTelecomRequested": (oids.XCPD_MORE_TRAITS_CODES, "triggerFor"),
    "LivingSubjectBirthPlaceNameRequested": (oids.XCPD_MORE_TRAITS_CODES, "triggerFor"),
    "LivingSubjectBirthPlaceAddressRequested": (oids.XCPD_MORE_TRAITS_CODES, "triggerFor"),
    "MothersMaidenNameRequested": (oids.XCPD_MORE_TRAITS_CODES, "triggerFor"),
}

#: Codes that ask for more traits (IHE case 3): the search may be repeated with them.
MORE_TRAITS_CODES = frozenset(
    code for code in ISSUE_CODES if code.endswith("Requested") or code == "PatientAuthenticationRequired"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementDetail:
    """``acknowledgement/acknowledgementDetail``: error code of the catalogue, free text, location (free
    text too)."""

    code: str | None = None
    text: str | None = None
    location: str | None = None
    type_code: Literal["E", "W", "I"] | None = "E"


class Outcome(Enum):
    """What an answer says, decided by the presence of a ``subject`` first (never by ``queryResponseCode``
    alone)."""

    MATCH = "match"
    SEVERAL = "several"
    NO_MATCH = "no match"
    MORE_TRAITS = "more traits"
    REFUSED = "refused"
    #: A subject together with "not found" or with an error: nothing of it may be shown.
    CONTRADICTORY = "contradictory"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryAnswer:
    """``PRPA_IN201306UV02``: the answer to a ``PatientQuery``.

    Attributes
    ----------
    sender, receiver : home community OIDs of country A and of country B.
    target_message_id, query_id : echoes of the request.
    acknowledgement : ``AA`` (accepted), ``AE`` (error) or ``AR`` (rejected).
    query_response_code : ``OK``, ``NF``, ``AE`` or ``QE``; ``query_status_code`` normally
        ``deliveredResponse``.
    patients : the matches; eHDSI wants exactly one.
    issues, details : reasons for the lack of a match.
    echoed : traits of the echoed ``queryByParameter``, ``None`` when it was not echoed.
    """

    message_id: Identifier
    creation_time: str | None
    sender: str
    receiver: str
    target_message_id: Identifier
    query_id: Identifier
    acknowledgement: str = "AA"
    query_response_code: str | None = "OK"
    query_status_code: str | None = "deliveredResponse"
    patients: tuple[MatchedPatient, ...] = ()
    issues: tuple[DetectedIssue, ...] = ()
    details: tuple[AcknowledgementDetail, ...] = ()
    echoed: Traits | None = None
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    @property
    def outcome(self) -> Outcome:
        """What the answer says; see ``Outcome``."""
        codes = {detail.code or "" for detail in self.details}
        reasons = {one.code or "" for one in self.issues}
        if self.patients:
            # A successful answer may carry AE as queryResponseCode (reference implementation), but no "not
            # found".
            says_no = self.query_response_code == "NF" or any(_is_error(code) for code in codes)
            if says_no or self.acknowledgement in ("AE", "AR"):
                return Outcome.CONTRADICTORY
            return Outcome.MATCH if len(self.patients) == 1 else Outcome.SEVERAL
        if "ERROR_PI_MULTIPLE_MATCHES" in codes:
            return Outcome.SEVERAL
        if reasons & MORE_TRAITS_CODES:
            return Outcome.MORE_TRAITS
        if "ERROR_PI_NO_MATCH" in codes or self.query_response_code == "NF":
            return Outcome.NO_MATCH
        if self.acknowledgement == "AA" and not reasons and not codes:
            return Outcome.NO_MATCH
        return Outcome.REFUSED


def _is_error(code: str) -> bool:
    """Codes of the numeric series below 2000 and from 4000 on are errors; 2xxx are warnings."""
    return code.startswith("ERROR_") or (code.isdigit() and not code.startswith("2"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStyle:
    """Named deviations of the writer, all off by default; each is known from the reference implementation.

    Attributes
    ----------
    code_in_status : ``queryAck/statusCode`` repeats the response code instead of ``deliveredResponse``.
    status_ae_on_match : a successful answer has ``queryResponseCode`` AE (type code still AA).
    status_ae_on_no_match : "not found" has ``queryResponseCode`` AE (type code still AA).
    nf_in_location : "not found" has its NF in ``acknowledgementDetail/location``.
    lost_reason : the detected issue has neither branch nor code, but for the three codes that survive
        (``DemographicsQueryNotAllowed``, ``InsufficientRights``, ``AnswerNotAvailable``).
    sender_without_agent : ``sender/device`` has no ``asAgent``.
    """

    code_in_status: bool = False
    status_ae_on_match: bool = False
    status_ae_on_no_match: bool = False
    nf_in_location: bool = False
    lost_reason: bool = False
    sender_without_agent: bool = False


#: As the specification wants it.
STRICT = AnswerStyle()

#: As the reference implementation (7.1) does it.
OPENNCP_LIKE = AnswerStyle(code_in_status=True, status_ae_on_match=True, status_ae_on_no_match=True,
                           nf_in_location=True, lost_reason=True, sender_without_agent=True)
