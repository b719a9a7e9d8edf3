"""The three assertions as frozen values, and the ways to start a new one.

A test that needs "the good assertion with one thing wrong" takes a good one and ``dataclasses.replace``.

Source: eHDSI SAML profile: HCP identity assertion, TRC assertion, next of kin assertion.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from ehdsi.oids import ISCO_08
from ehdsi.oids import PURPOSE_OF_USE as PURPOSE_OF_USE_SYSTEM
from ehdsi.saml import vocabulary as words
from ehdsi.saml.vocabulary import Kind

#: Longest validity that the profile allows.
HCP_VALIDITY = timedelta(hours=4)
TRC_VALIDITY = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredValue:
    """``<Role>`` or ``<PurposeOfUse>`` of HL7 v3 inside an attribute value.

    ``prefixed`` says whether the element bears a namespace prefix: OpenNCP fails on that, so we write none.
    """

    code: str
    code_system: str = ""
    code_system_name: str = ""
    display_name: str = ""
    prefixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What all three kinds have in common. Times are UTC.

    Attributes
    ----------
    id : NCName, ``_`` and a UUID.
    issuer : ``urn:idp:<CC>:countryB`` (HCP), ``urn:initgw:<CC>:countryB`` (TRC, next of kin).
    name_id, name_id_format, sp_provided_id : the professional.
    not_before, not_on_or_after : validity, the end excluded.
    audiences : ``AudienceRestriction/Audience``; empty: no restriction is written.
    confirmation_method : sender-vouches.
    authn_context : class reference; two factors for HCP, previous session for the others.
    """

    kind: ClassVar[Kind]

    id: str
    issue_instant: datetime
    issuer: str
    name_id: str
    name_id_format: str = words.NAME_ID_UNSPECIFIED
    sp_provided_id: str = ""
    not_before: datetime
    not_on_or_after: datetime
    audiences: tuple[str, ...] = (words.AUDIENCE,)
    confirmation_method: str = words.SENDER_VOUCHES
    authn_instant: datetime
    authn_context: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HcpAssertion(Assertion):
    """Who the professional is. An attribute that is ``None`` is not written; an empty one is written empty.

    Attributes
    ----------
    home_community_id : ``urn:oid:<OID of country B>``.
    npi : free text in practice.
    subject_id : display name of the professional.
    role : ISCO-08, see ``vocabulary.ROLES``.
    organization, organization_id : name, and ``urn:hl7ii:<oid>:<extension>`` or ``urn:oid:<oid>``.
    facility_type : one of ``vocabulary.FACILITY_TYPES``.
    purpose_of_use : TREATMENT or EMERGENCY.
    locality : place of care.
    permissions : HL7 RBAC codes such as ``PRD-006``; an unknown form is kept whole.
    on_behalf_of : role code of the professional represented.
    """

    kind: ClassVar[Kind] = "hcp"

    home_community_id: str | None = None
    npi: str | None = None
    subject_id: str | None
    role: StructuredValue | None
    organization: str | None = None
    organization_id: str | None = None
    facility_type: str | None
    purpose_of_use: StructuredValue | None
    locality: str | None
    permissions: tuple[str, ...]
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrcAssertion(Assertion):
    """That this professional treats this patient, bound to an HCP assertion.

    Attributes
    ----------
    hcp_assertion_ids : ``Advice/AssertionIDRef``; the first one counts.
    patient_id : HL7 v2 CX, ``<extension>^^^&<root>&ISO``.
    """

    kind: ClassVar[Kind] = "trc"

    hcp_assertion_ids: tuple[str, ...]
    patient_id: str | None
    purpose_of_use: StructuredValue | None
    dispensation_pin_code: str | None = None
    prescription_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextOfKinAssertion(Assertion):
    """Who speaks for the patient; each trait is present only when known. ``birth_date`` is ``dd-MM-yyyy``."""

    kind: ClassVar[Kind] = "nok"

    hcp_assertion_ids: tuple[str, ...]
    id_of_person: str | None = None
    first_name: str | None = None
    family_name: str | None = None
    gender: str | None = None
    birth_date: str | None = None
    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country: str | None = None


AnyAssertion = HcpAssertion | TrcAssertion | NextOfKinAssertion


def role(code: str) -> StructuredValue:
    """The structural role with this ISCO-08 code, e.g. ``role("221")``. ``KeyError`` for an unknown code."""
    return StructuredValue(code=code, code_system=ISCO_08, code_system_name="ISCO",
                           display_name=words.ROLES[code])


def purpose(code: str = "TREATMENT") -> StructuredValue:
    """A purpose of use, TREATMENT or EMERGENCY."""
    return StructuredValue(code=code, code_system=PURPOSE_OF_USE_SYSTEM, display_name=code.capitalize(),
                           code_system_name="eHDSI XSPA PurposeOfUse")


def new_hcp(
    *, assertion_id: str, now: datetime, country: str, name_id: str, subject_id: str, role_code: str,
    facility_type: str, locality: str, permissions: tuple[str, ...], home_community_id: str,
    organization: str | None = None, organization_id: str | None = None, purpose_code: str = "TREATMENT",
    authn_context: str = words.SMARTCARD_PKI, validity: timedelta = HCP_VALIDITY,
) -> HcpAssertion:
    """An HCP assertion that begins now.

    ``country`` is the ISO code of country B, ``home_community_id`` its OID without ``urn:oid:``.

    Source: eHDSI SAML profile, HCP identity assertion.
    """
    return HcpAssertion(
        id=assertion_id, issue_instant=now, issuer=f"urn:idp:{country}:countryB", name_id=name_id,
        not_before=now, not_on_or_after=now + validity, authn_instant=now, authn_context=authn_context,
        home_community_id=f"urn:oid:{home_community_id}", npi=name_id, subject_id=subject_id,
        role=role(role_code), organization=organization, organization_id=organization_id,
        facility_type=facility_type,
        purpose_of_use=purpose(purpose_code), locality=locality, permissions=permissions,
    )


def new_trc(hcp: HcpAssertion, *, assertion_id: str, now: datetime, country: str, patient_id: str,
            purpose_code: str = "TREATMENT", validity: timedelta = TRC_VALIDITY) -> TrcAssertion:
    """A TRC assertion that begins now, bound to an HCP assertion; ``patient_id`` in CX form.

    Source: eHDSI SAML profile, TRC assertion.
    """
    return TrcAssertion(
        id=assertion_id, issue_instant=now, issuer=f"urn:initgw:{country}:countryB", name_id=hcp.name_id,
        name_id_format=hcp.name_id_format, not_before=now, not_on_or_after=now + validity, authn_instant=now,
        authn_context=words.PREVIOUS_SESSION, hcp_assertion_ids=(hcp.id,), patient_id=patient_id,
        purpose_of_use=purpose(purpose_code),
    )


def new_next_of_kin(hcp: HcpAssertion, *, assertion_id: str, now: datetime, country: str,
                    validity: timedelta = TRC_VALIDITY) -> NextOfKinAssertion:
    """A next of kin assertion that begins now, without traits: add them with ``dataclasses.replace``.

    Source: eHDSI SAML profile, next of kin assertion.
    """
    return NextOfKinAssertion(
        id=assertion_id, issue_instant=now, issuer=f"urn:initgw:{country}:countryB", name_id=hcp.name_id,
        name_id_format=hcp.name_id_format, not_before=now, not_on_or_after=now + validity, authn_instant=now,
        authn_context=words.PREVIOUS_SESSION, hcp_assertion_ids=(hcp.id,),
    )
