"""ITI-55 at a foreign NCP: who is this patient, and may the asker know?

The order of decisions: the assertions, the receiver, the traits, the patient, the patient's own wishes.
Nothing about a person leaves unless exactly one was found and nothing forbids it.

Source: IHE ITI-55; eHDSI XCPD profile 2.1.0.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from countries.matching import complete
from ehdsi import xcpd
from ehdsi.cda.datatypes import Identifier
from ehdsi.traits import Traits
from ehdsi.xcpd import (
    AcknowledgementDetail,
    AnswerStyle,
    DetectedIssue,
    DiscoveryAnswer,
    MatchedPatient,
    PatientQuery,
)
from ehdsi.xml import XmlElement
from simulators.faults_apply import of_kind
from simulators.http import Delivery
from simulators.ncp.context import Request
from simulators.ncp.verification import Refusal

if TYPE_CHECKING:
    from countries.model import Behaviour, Persona

#: Detected issue and text of the answers that a persona or a fault may prescribe.
_PRESCRIBED: dict[str, tuple[str, str, str]] = {
    "internal_error": ("InternalError", "ERROR_PI_GENERIC", "The service failed."),
    "responder_busy": ("ResponderBusy", "ERROR_PI_GENERIC", "The service is overloaded."),
    "no_consent": ("InsufficientRights", "4701", "The patient has not agreed to the exchange."),
    "insufficient_rights": ("InsufficientRights", "4703", "The patient or the law forbids the exchange."),
    "multiple_matches": (
        "AnswerNotAvailable",
        "ERROR_PI_MULTIPLE_MATCHES",
        "Several persons have these traits.",
    ),
    "more_traits": (
        "AdditionalDemographicsRequested",
        "ERROR_PI_GENERIC",
        "More traits of the patient are needed.",
    ),
    "authentication_required": (
        "PatientAuthenticationRequired",
        "ERROR_PI_GENERIC",
        "The patient has to authenticate.",
    ),
}


def answer(request: Request) -> XmlElement:
    """The payload of the answer.

    Raises
    ------
    MalformedMessage : the body does not hold a patient query.
    """
    query = xcpd.parse_request(request.envelope.body)
    found = _decide(request, query)
    request.outcome = request.outcome or (found.query_response_code or "")
    return xcpd.build_response(found, _style(request.quirks))


def _decide(request: Request, query: PatientQuery) -> DiscoveryAnswer:
    """The answer as a value; the first obstacle decides."""
    for refusal in request.verdict.refusals:
        request.concern(None)
        return _refused_assertion(request, query, refusal)
    obstacle = _wrong_receiver(request, query) or _poor_traits(request, query)
    if obstacle is not None:
        request.concern(None)
        return obstacle
    people = _people(request, query.traits)
    request.concern(people[0] if len(people) == 1 else None)
    return _about(request, query, people)


def _people(request: Request, traits: Traits) -> tuple[Persona, ...]:
    """Who has these traits; a defective NCP does not look at some of them."""
    lax = request.overlook
    asked = traits.identifiers
    if "domain" in lax:
        own = request.country.search_mask.patient.identifiers
        asked = tuple(replace(one, root=mine.domain) for one, mine in zip(asked, own, strict=False))
    if "birth-date" in lax:
        return tuple(one for one in request.country.personas if one in request.country.find(
            asked, replace(traits, birth_date=one.birth_time[:8])))
    if "other-identifiers" in lax and asked:
        first = request.site.patients.by_identifier(asked[0])
        return (first,) if first else ()
    if "name" in lax:
        traits = replace(traits, name=None)
    found = _alike(request, request.country.find(asked, traits))
    wild = "wildcard" in lax and any((one.extension or "").strip("%*?_") == "" for one in asked)
    by_name = "identifier" in lax and not asked and traits.name is not None
    if found or not (wild or by_name):
        return found
    family = tuple(part.casefold() for part in traits.name.family) if traits.name else ()
    everyone = request.country.personas
    named = [one for one in everyone if tuple(part.casefold() for part in one.name.family) == family]
    return everyone[:1] if wild else tuple(named[:1])


def _alike(request: Request, found: tuple[Persona, ...]) -> tuple[Persona, ...]:
    """Who was found; a defective NCP takes the first of several, or finds everybody who shares a number."""
    if "several" in request.overlook:
        return found[:1]
    if "own-number" in request.overlook:
        shared = {number for one in found for number in one.shared_identifiers}
        return tuple(one for one in request.country.personas
                     if one in found or shared & set(one.shared_identifiers))
    return found


def _about(request: Request, query: PatientQuery, people: tuple[Persona, ...]) -> DiscoveryAnswer:
    """The answer about the persons who have these traits: none, one or several."""
    prescribed = str(request.state.parameters.get("answer")) if request.state else ""
    if not people or prescribed == "no_match":
        return _not_found(request, query)
    if len(people) > 1:
        return _prescribed(request, query, "multiple_matches")
    behaviour = request.behaviour(people[0], "identification")
    if prescribed in _PRESCRIBED:
        return _prescribed(request, query, prescribed)
    if behaviour is not None:
        return _behaving(request, query, behaviour)
    request.outcome = "match"
    return xcpd.matched(query, _matched(request, people[0]), **_echo(request))


def _behaving(request: Request, query: PatientQuery, behaviour: Behaviour) -> DiscoveryAnswer:
    if behaviour.answer == "no_match":
        return _not_found(request, query)
    if behaviour.answer == "unreachable":
        request.delivery = Delivery(cut_at=0.0)
        return _prescribed(request, query, "internal_error")
    return _prescribed(request, query, behaviour.answer, behaviour.code)


def _matched(request: Request, persona: Persona) -> MatchedPatient:
    """The demographics that the country gives back; a fault may put another person's in their place."""
    shown = persona
    if any(fault.parameters.get("what") == "demographics" for fault in of_kind(request.faults, "swap")):
        shown = request.site.patients.other_than(persona) or persona
    profile = request.country.answer_profile
    wanted = profile.returned
    return MatchedPatient(
        identifiers=persona.identifiers,
        names=shown.names,
        gender=shown.gender if "gender" in wanted else None,
        birth_time=shown.birth_time if "birth_time" in wanted else None,
        deceased=True if profile.deceased and shown.deceased_time else None,
        deceased_time=shown.deceased_time if profile.deceased else None,
        addresses=shown.addresses if "address" in wanted else (),
        telecoms=shown.telecoms if "telecom" in wanted else (),
        guardians=shown.guardians if "guardians" in wanted else (),
        custodian=request.country.oids.home_community,
    )


# -- refusals ------------------------------------------------------------------------------------------------


def _wrong_receiver(request: Request, query: PatientQuery) -> DiscoveryAnswer | None:
    own = request.country.oids.home_community
    if request.note("receiver", query.receiver == own, "the query is addressed to another home community"):
        return None
    text = "The receiver is not this home community."
    return _refuse(request, query, "AnswerNotAvailable", "ERROR_PI_GENERIC", text)


def _poor_traits(request: Request, query: PatientQuery) -> DiscoveryAnswer | None:
    """Refusals that depend on the traits as such: no identifier at all, or fewer than the mask asks for."""
    if not request.note("identifier", bool(query.traits.identifiers), "the query holds no identifier"):
        text = "A query needs an identifier of the patient."
        return _refuse(request, query, "DemographicsQueryNotAllowed", "ERROR_PI_GENERIC", text)
    asked = {one.root or "" for one in query.traits.identifiers}
    known = {one.domain for one in request.country.search_mask.patient.identifiers}
    lacks_birth = "patient_birth_date_required" in request.country.switches and not query.traits.birth_date
    enough = (complete(request.country, asked) and not lacks_birth) or not asked & known
    if request.note("traits", enough, "the query holds fewer traits than the search mask asks for"):
        return None
    text = "The search mask asks for more traits."
    return _refuse(request, query, "AdditionalDemographicsRequested", "ERROR_PI_GENERIC", text)


def _refused_assertion(request: Request, query: PatientQuery, refusal: Refusal) -> DiscoveryAnswer:
    request.outcome = refusal.code
    crypto = refusal.check in ("signature", "trust")
    if crypto and "xcpd-signature-as-internal-error" in request.quirks:
        text = "The request could not be processed."
        return _refuse(request, query, "InternalError", "ERROR_PI_GENERIC", text)
    return _refuse(request, query, "InsufficientRights", refusal.code, refusal.what)


def _prescribed(request: Request, query: PatientQuery, name: str, code: str = "") -> DiscoveryAnswer:
    issue, usual, text = _PRESCRIBED.get(name, _PRESCRIBED["internal_error"])
    return _refuse(request, query, issue, code or usual, text)


def _refuse(
    request: Request, query: PatientQuery, reason: str | DetectedIssue, code: str, text: str
) -> DiscoveryAnswer:
    request.outcome = request.outcome or code
    detail = AcknowledgementDetail(code=code, text=text)
    return xcpd.refused(query, reason, detail=detail, **_echo(request))


def _not_found(request: Request, query: PatientQuery) -> DiscoveryAnswer:
    request.outcome = "NF"
    with_issue = "xcpd-no-match-as-issue" in request.quirks
    return xcpd.not_found(query, with_issue=with_issue, **_echo(request))


class _Echo(TypedDict):
    """What every answer is given beside its content."""

    own_oid: str
    message_id: Identifier
    now: datetime


def _echo(request: Request) -> _Echo:
    message_id = Identifier(root=request.site.new_id())
    return {"own_oid": request.country.oids.home_community, "message_id": message_id, "now": request.now}


def _style(quirks: frozenset[str]) -> AnswerStyle:
    return AnswerStyle(
        code_in_status="xcpd-code-in-status" in quirks,
        status_ae_on_match="xcpd-ae-on-match" in quirks,
        status_ae_on_no_match="xcpd-ae-on-no-match" in quirks,
        nf_in_location="xcpd-nf-in-location" in quirks,
        lost_reason="xcpd-reason-lost" in quirks,
        sender_without_agent="xcpd-sender-without-agent" in quirks,
    )
