"""Assertions held against the rules: pure functions from values, clock and policy to the broken rules.

The order of the results is the order in which OpenNCP looks, so that the first one is what a peer is told.

Source: eHDSI SAML profile; SAML 2.0 core 2.5.1; HL7 RBAC permission catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from ehdsi.cda.datatypes import Identifier
from ehdsi.cx import parse_cx
from ehdsi.errors import MalformedMessage
from ehdsi.saml import vocabulary as words
from ehdsi.saml.policy import STRICT, AssertionPolicy
from ehdsi.saml.rules import BrokenRule, broken
from ehdsi.saml.values import AnyAssertion, HcpAssertion, NextOfKinAssertion, StructuredValue, TrcAssertion
from ehdsi.saml.vocabulary import Transaction

_FACILITIES = frozenset(name.lower() for name in words.FACILITY_TYPES)
_ISSUERS = {
    "hcp": re.compile(r"urn:idp:([A-Z]{2}):countryB"),
    "trc": re.compile(r"urn:initgw:([A-Z]{2}):countryB"),
    "nok": re.compile(r"urn:initgw:([A-Z]{2}):countryB"),
}


def check_hcp(hcp: HcpAssertion, *, transaction: Transaction, now: datetime, policy: AssertionPolicy = STRICT,
              country: str = "") -> tuple[BrokenRule, ...]:
    """Rules that an HCP assertion breaks, empty when it is good.

    Parameters
    ----------
    transaction : decides the permissions, and whether role code and name must fit.
    now : the receiver's clock, UTC.
    country : of the signing certificate; empty: the issuer's country is not compared.

    Source: eHDSI SAML profile, HCP identity assertion.
    """
    return tuple(_hcp(hcp, transaction, now, policy, country))


def check_trc(trc: TrcAssertion, *, now: datetime, policy: AssertionPolicy = STRICT, country: str = ""
              ) -> tuple[BrokenRule, ...]:
    """Rules that a TRC assertion breaks, taken for itself.

    Source: eHDSI SAML profile, TRC assertion.
    """
    return tuple(_trc(trc, now, policy, country))


def check_next_of_kin(next_of_kin: NextOfKinAssertion, *, now: datetime, policy: AssertionPolicy = STRICT,
                      country: str = "") -> tuple[BrokenRule, ...]:
    """Rules that a next of kin assertion breaks, taken for itself; none where the policy leaves it alone.

    Source: eHDSI SAML profile, next of kin assertion.
    """
    if not policy.next_of_kin:
        return ()
    return (*_common(next_of_kin, now, policy, country), *_previous_session(next_of_kin))


def check_binding(hcp: HcpAssertion, other: TrcAssertion | NextOfKinAssertion, *, hcp_country: str = "",
                  other_country: str = "", policy: AssertionPolicy = STRICT) -> tuple[BrokenRule, ...]:
    """Rules that two assertions break together: reference, professional, country of the signatures.

    Source: eHDSI SAML profile, Advice of the TRC assertion.
    """
    return tuple(_binding(hcp, other, hcp_country, other_country, policy))


def check_patient(trc: TrcAssertion, patient: Identifier) -> tuple[BrokenRule, ...]:
    """Is the treatment relationship confirmed for this very patient? Root and extension must be equal.

    Source: eHDSI XCA profile, patient identifier of ITI-38; code 4206.
    """
    confirmed = _patient_of(trc)
    if confirmed is not None and (confirmed.root, confirmed.extension) == (patient.root, patient.extension):
        return ()
    return (broken("patient-differs", kind="trc", got="another patient"),)


# ------------------------------------------------------------------------------------------- the rules

def _hcp(hcp: HcpAssertion, transaction: Transaction, now: datetime, policy: AssertionPolicy, country: str
         ) -> Iterator[BrokenRule]:
    yield from _common(hcp, now, policy, country)
    if hcp.authn_context not in policy.two_factor_contexts:
        yield broken("authn-context", got=hcp.authn_context.rpartition(":")[2][:60])
    if not hcp.subject_id:
        yield broken("subject-id", got="nothing")
    yield from _role_code(hcp.role, policy)
    if (hcp.facility_type or "").lower() not in _FACILITIES:
        yield broken("facility-type", got=(hcp.facility_type or "nothing")[:60])
    if not hcp.locality:
        yield broken("locality", got="nothing")
    if policy.home_community_id and not (hcp.home_community_id or "").startswith("urn:oid:"):
        yield broken("home-community", got="nothing, or another form")
    yield from _purpose(hcp.purpose_of_use, hcp, policy)
    missing = [code for code in transaction.permissions if code not in hcp.permissions]
    if missing:
        yield broken("permissions", got=f"without {', '.join(missing)}")
    if transaction is Transaction.XCPD or policy.role_name_for_documents:
        yield from _role_name(hcp.role)


def _trc(trc: TrcAssertion, now: datetime, policy: AssertionPolicy, country: str) -> Iterator[BrokenRule]:
    yield from _common(trc, now, policy, country)
    yield from _previous_session(trc)
    if trc.purpose_of_use is not None or policy.trc_purpose_required:
        yield from _purpose(trc.purpose_of_use, trc, policy)
    if _patient_of(trc) is None:
        yield broken("patient-id", kind="trc", got="nothing, or another form")


def _common(values: AnyAssertion, now: datetime, policy: AssertionPolicy, country: str
            ) -> Iterator[BrokenRule]:
    """Rules for all kinds, and of validity."""
    kind, longest = values.kind, policy.trc_max_validity
    if kind == "hcp":
        longest = policy.hcp_max_validity
    issuer = _ISSUERS[kind].fullmatch(values.issuer)
    if policy.issuer and issuer is None:
        yield broken("issuer", kind=kind, got="another text")
    if policy.issuer_country and issuer is not None and country not in ("", issuer[1]):
        yield broken("issuer-country", kind=kind, got=f"{issuer[1]} signed by {country}")
    if not values.name_id:
        yield broken("name-id", kind=kind, got="nothing")
    if values.not_before > now + policy.clock_skew:
        yield broken("not-yet-valid", kind=kind, got=_seconds(values.not_before, now) + " ahead")
    if values.not_on_or_after <= now - policy.clock_skew:
        yield broken("expired", kind=kind, got=_seconds(now, values.not_on_or_after) + " ago")
    span = values.not_on_or_after - values.not_before
    if span > longest or span.total_seconds() <= 0:
        yield broken("validity-span", kind=kind, got=f"{span.total_seconds():.0f} s")
    if policy.audience and words.AUDIENCE not in values.audiences:
        yield broken("audience", kind=kind, got="another one" if values.audiences else "none")
    demanded = kind != "hcp" or policy.hcp_confirmation_method
    if demanded and values.confirmation_method != words.SENDER_VOUCHES:
        yield broken("confirmation-method", kind=kind, got=values.confirmation_method.rpartition(":")[2][:60])


def _previous_session(values: TrcAssertion | NextOfKinAssertion) -> Iterator[BrokenRule]:
    if values.authn_context != words.PREVIOUS_SESSION:
        yield broken("authn-context", kind=values.kind, got=values.authn_context.rpartition(":")[2][:60])
    if not values.hcp_assertion_ids:
        yield broken("advice", kind=values.kind, got="no reference")


def _role_code(role: StructuredValue | None, policy: AssertionPolicy) -> Iterator[BrokenRule]:
    code = words.ERROR_HPI_INSUFFICIENT_INFORMATION if policy.role_error_kept else ""
    if role is None or (role.prefixed and not policy.prefixed_values):
        yield broken("role", got="no <Role> element", code=code)
    elif role.code not in words.ROLES:
        yield broken("role", got=f"code {role.code[:20]}", code=code)


def _role_name(role: StructuredValue | None) -> Iterator[BrokenRule]:
    known = words.ROLES.get(role.code) if role is not None else None
    if role is not None and known is not None and role.display_name.strip().lower() != known.lower():
        yield broken("role-name", got="another display name")


def _purpose(purpose: StructuredValue | None, values: AnyAssertion, policy: AssertionPolicy
             ) -> Iterator[BrokenRule]:
    """Absent from a TRC assertion it is a missing field (1001), otherwise a question of rights (4703)."""
    if purpose is None or (purpose.prefixed and not policy.prefixed_values):
        code = words.ASSERTION_INVALID if values.kind != "hcp" else ""
        yield broken("purpose", kind=values.kind, got="nothing", code=code)
    elif purpose.code not in words.PURPOSES:
        yield broken("purpose", kind=values.kind, got=purpose.code[:30])


def _binding(hcp: HcpAssertion, other: TrcAssertion | NextOfKinAssertion, hcp_country: str,
             other_country: str, policy: AssertionPolicy) -> Iterator[BrokenRule]:
    code, kind = policy.binding_code, other.kind
    if other.hcp_assertion_ids[:1] != (hcp.id,):
        yield broken("advice", kind=kind, got="another ID, or none", code=code)
    same_person = (other.name_id, other.name_id_format) == (hcp.name_id, hcp.name_id_format)
    if policy.name_id_equality and not same_person:
        yield broken("professional-differs", kind=kind, got="another NameID", code=code)
    if policy.same_country and hcp_country != other_country:
        yield broken("country-differs", kind=kind, got=f"{hcp_country} and {other_country}", code=code)


def _patient_of(trc: TrcAssertion) -> Identifier | None:
    try:
        return parse_cx(trc.patient_id or "")
    except MalformedMessage:
        return None


def _seconds(later: datetime, earlier: datetime) -> str:
    return f"{(later - earlier).total_seconds():.0f} s"
