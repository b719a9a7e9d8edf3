"""The health professional as the gateway knows them after login, and what goes into the HCP assertion.

Source: eHDSI SAML Profiles (attributes of the HCP identity assertion); structural roles of value set
2.16.840.1.113883.2.9.6.2.7 (ISCO).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FacilityType = Literal["Hospital", "Resident Physician", "Pharmacy", "Other"]
PurposeOfUse = Literal["TREATMENT", "EMERGENCY"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Professional:
    """Who asks, in which activity.

    Attributes
    ----------
    identifier : national identifier (RPPS number with its type digit), the NameID of the assertion.
    name : as shown to the foreign country, for instance ``Dr Camille Martin``.
    role_code, role_name : ISCO role and its exact display name (some countries compare both).
    organization : name of the place of exercise, the point of care in the audit trail.
    organization_id : ``urn:hl7ii:<oid>:<extension>`` or ``urn:oid:<oid>``; empty when unknown.
    facility_type : one of the four words of the profile.
    locality : town of the place of exercise, never blank.
    authn_context : SAML class of the login, a two-factor one.
    """

    identifier: str
    name: str
    role_code: str = "221"
    role_name: str = "Medical Doctors"
    organization: str
    organization_id: str = ""
    facility_type: FacilityType = "Hospital"
    locality: str
    authn_context: str = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI"


#: Who walks a journey on the command line, where nobody logs in. An invented person.
DEMONSTRATOR = Professional(identifier="899700000001", name="Dr Camille Exemple",
                            organization="Centre hospitalier de démonstration", locality="Rennes")
