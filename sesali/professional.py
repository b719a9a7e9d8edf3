"""The health professional as the gateway knows them after login, and the assertions that speak for them.

Source: eHDSI SAML Profiles (HCP identity assertion, TRC assertion).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from ehdsi import xml
from ehdsi.cda.datatypes import Identifier
from ehdsi.dsig import SigningKey
from ehdsi.saml import values as assertions
from ehdsi.saml import vocabulary
from ehdsi.saml.build import build_hcp_assertion, build_trc_assertion

FacilityType = Literal["Hospital", "Resident Physician", "Pharmacy", "Other"]
PurposeOfUse = Literal["TREATMENT", "EMERGENCY"]

#: Permissions of a professional who may look a patient up and read a summary.
SUMMARY_PERMISSIONS = vocabulary.IDENTIFICATION_PERMISSIONS + vocabulary.PATIENT_SUMMARY_PERMISSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Professional:
    """Who asks, in which activity.

    Attributes
    ----------
    identifier : national identifier (RPPS number with its type digit), the NameID of the assertions.
    name : as shown to the foreign country, for instance ``Dr Camille Exemple``.
    role_code : ISCO-08 role, one of ``ehdsi.saml.vocabulary.ROLES``.
    organization : name of the place of exercise, the point of care in the audit trail.
    organization_id : ``urn:hl7ii:<oid>:<extension>`` or ``urn:oid:<oid>``; empty when unknown.
    facility_type : one of the four words of the profile.
    locality : town of the place of exercise, never blank.
    permissions : HL7 RBAC codes.
    authn_context : SAML class of the login, a two-factor one.
    """

    identifier: str
    name: str
    role_code: str = "221"
    organization: str
    organization_id: str = ""
    facility_type: FacilityType = "Hospital"
    locality: str
    permissions: tuple[str, ...] = SUMMARY_PERMISSIONS
    authn_context: str = vocabulary.SMARTCARD_PKI


#: Who walks a journey on the command line, where nobody logs in. An invented person.
DEMONSTRATOR = Professional(identifier="899700000001", name="Dr Camille Exemple",
                            organization="Centre hospitalier de démonstration", locality="Rennes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A signed HCP assertion: what is sent, and what it says. Lives as long as the login or four hours."""

    professional: Professional
    assertion: assertions.HcpAssertion = field(repr=False)
    signed: bytes = field(repr=False)

    def valid(self, now: datetime) -> bool:
        """Can it still be sent?"""
        return self.assertion.not_before <= now < self.assertion.not_on_or_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """A confirmed treatment relationship with one patient: the pair of assertions of ITI-38 and ITI-39."""

    country: str
    patient_id: Identifier = field(repr=False)
    credentials: Credentials
    assertion: assertions.TrcAssertion = field(repr=False)
    signed: bytes = field(repr=False)

    @property
    def assertions(self) -> tuple[bytes, bytes]:
        """HCP then TRC, in the order of the profile."""
        return self.credentials.signed, self.signed

    def valid(self, now: datetime) -> bool:
        """Can both still be sent?"""
        return (self.credentials.valid(now)
                and self.assertion.not_before <= now < self.assertion.not_on_or_after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """What the gateway signs with: seal, home community OID (no ``urn:oid:``), ISO code of the country."""

    key: SigningKey
    home_community: str
    country: str = "FR"

    def credentials(self, professional: Professional, *, now: datetime, new_id: Callable[[], str],
                    purpose: PurposeOfUse = "TREATMENT") -> Credentials:
        """Sign an HCP assertion that begins now.

        Source: eHDSI SAML profile, HCP identity assertion.
        """
        values = assertions.new_hcp(
            assertion_id=f"_{new_id()}", now=now, country=self.country, name_id=professional.identifier,
            subject_id=professional.name, role_code=professional.role_code,
            facility_type=professional.facility_type, locality=professional.locality,
            permissions=professional.permissions, home_community_id=self.home_community,
            organization=professional.organization, organization_id=professional.organization_id or None,
            purpose_code=purpose, authn_context=professional.authn_context)
        signed = xml.serialise(build_hcp_assertion(values, self.key))
        return Credentials(professional=professional, assertion=values, signed=signed)

    def treatment(self, credentials: Credentials, country: str, patient_id: Identifier, *, now: datetime,
                  new_id: Callable[[], str]) -> Treatment:
        """Sign a TRC assertion for one patient of ``country``, bound to the HCP assertion, ending no later.

        Source: eHDSI SAML profile, TRC assertion.
        """
        purpose = credentials.assertion.purpose_of_use
        values = assertions.new_trc(credentials.assertion, assertion_id=f"_{new_id()}", now=now,
                                    country=self.country, patient_id=patient_id.as_cx(),
                                    purpose_code=purpose.code if purpose else "TREATMENT")
        values = replace(values, not_on_or_after=min(values.not_on_or_after,
                                                     credentials.assertion.not_on_or_after))
        signed = xml.serialise(build_trc_assertion(values, self.key))
        return Treatment(country=country, patient_id=patient_id, credentials=credentials, assertion=values,
                         signed=signed)
