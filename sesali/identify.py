"""Identification: from typed traits to one patient, or to the reason why there is none. Pure.

Source: eHDSI XCPD profile; IHE ITI TF-2 3.55.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from ehdsi import xcpd
from ehdsi.cda.datatypes import Address, Identifier
from ehdsi.errors import LocalError
from ehdsi.xcpd import DiscoveryAnswer, MatchedPatient, Outcome, PatientQuery, Traits
from sesali.outcomes import StepRefused, code_for_wire, refused, trait_labels, trait_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """One patient was found: who, in which country, and the identifier that all that follows uses."""

    country: str
    patient: MatchedPatient = field(repr=False)

    @property
    def patient_id(self) -> Identifier:
        """The identifier for the TRC assertion, ITI-38 and the comparison with the document."""
        return self.patient.identifiers[0]


def query_for(traits: Traits, *, country: str, sender: str, receiver: str, now: datetime,
              new_id: Callable[[], str]) -> PatientQuery:
    """The ITI-55 request for these traits.

    Parameters
    ----------
    traits : what was typed; the country asked is put into the address when there is none, as gateways do.
    country : ISO code of the country asked.
    sender, receiver : home community OIDs, without ``urn:oid:``.

    Raises
    ------
    LocalError : no identifier at all; country A would refuse it and learn the traits for nothing.
    """
    if not traits.identifiers:
        raise LocalError("a patient is looked for by at least one identifier")
    if traits.address is None:
        traits = replace(traits, address=Address(country=country))
    return PatientQuery(
        message_id=Identifier(root=new_id()), creation_time=xcpd.hl7_time(now),
        query_id=Identifier(root=new_id()), sender=sender, receiver=receiver, traits=traits)


def judge(answer: DiscoveryAnswer, query: PatientQuery, *, country: str, country_name: str) -> Identified:
    """Decide what the answer means; presence of a ``subject`` counts, not the response code alone.

    Raises
    ------
    StepRefused : SES-060 nobody, SES-061 several, SES-062 more traits wanted, SES-063, 070, 071, 072
        refusals, SES-082 unusable, SES-083 an answer to another question or from another country.
    """
    _check_echo(answer, query)
    outcome = answer.outcome
    if outcome is Outcome.MATCH:
        patient = answer.patients[0]
        if not patient.identifiers or not patient.identifiers[0].extension:
            raise refused("SES-082", detail="the matched patient has no identifier")
        return Identified(country=country, patient=patient)
    if outcome is Outcome.SEVERAL:
        raise refused("SES-061", detail=f"{len(answer.patients)} patients in the answer",
                      wire_code="ERROR_PI_MULTIPLE_MATCHES")
    if outcome is Outcome.CONTRADICTORY:
        raise refused("SES-082", detail="the answer holds a patient and says that there is none")
    raise _refusal(answer, country_name)


def _check_echo(answer: DiscoveryAnswer, query: PatientQuery) -> None:
    if answer.sender and answer.sender != query.receiver:
        raise refused("SES-083", detail="the answer comes from another home community than the one asked")
    if answer.receiver and answer.receiver != query.sender:
        raise refused("SES-083", detail="the answer is addressed to another home community")
    target = answer.target_message_id
    if target.root and (target.root, target.extension) != (query.message_id.root, query.message_id.extension):
        raise refused("SES-083", detail="the answer belongs to another request")


def _refusal(answer: DiscoveryAnswer, country_name: str) -> StepRefused:
    """No patient: the most precise of all reasons given decides."""
    reasons = tuple(issue.code or "" for issue in answer.issues)
    details = tuple(detail.code or "" for detail in answer.details)
    if not any(reasons) and not any(details):
        code, wire_code = ("SES-060" if answer.outcome is Outcome.NO_MATCH else "SES-082"), ""
    else:
        code, wire_code = code_for_wire(reasons + details, "identify")
    return refused(code, detail=f"ITI-55: {', '.join(filter(None, reasons + details)) or 'no reason given'}",
                   wire_code=wire_code, pays=country_name, liste=trait_names(reasons),
                   asks=trait_labels(reasons) if code == "SES-062" else ())
