"""Names and code lists of the assertions: attribute names, roles, permissions, purposes, contexts.

Source: eHDSI SAML profile since wave 6 (IHE XUA revision 19); ISCO-08 as restricted by the profile; HL7 RBAC
permission catalogue. Current wordings: unverified against the wiki of the Commission; seen on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Literal

Kind = Literal["hcp", "trc", "nok"]

#: ``Issuer/@NameQualifier`` tells the kinds apart.
QUALIFIERS: Mapping[Kind, str] = MappingProxyType({
    "hcp": "urn:ehdsi:assertions:hcp", "trc": "urn:ehdsi:assertions:trc", "nok": "urn:ehdsi:assertions:nok",
})
AUDIENCE = "urn:ehdsi:assertions.audience:x-border"
SENDER_VOUCHES = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
NAME_FORMAT_URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
NAME_ID_UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
NAME_ID_EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"

# -- attribute names -----------------------------------------------------------------------------------
_XSPA = "urn:oasis:names:tc:xspa:1.0:"
HOME_COMMUNITY_ID = "urn:ihe:iti:xca:2010:homeCommunityId"
NPI = _XSPA + "subject:npi"
SUBJECT_ID = _XSPA + "subject:subject-id"
ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role"
ORGANIZATION = _XSPA + "subject:organization"
ORGANIZATION_ID = _XSPA + "subject:organization-id"
FACILITY_TYPE = "urn:ehdsi:names:subject:healthcare-facility-type"
PURPOSE_OF_USE = _XSPA + "subject:purposeofuse"
LOCALITY = _XSPA + "environment:locality"
PERMISSION = _XSPA + "subject:hl7:permission"
ON_BEHALF_OF = "urn:ehdsi:names:subject:on-behalf-of"
DISPENSATION_PIN = "urn:ehdsi:names:document:document-id:dispensationPinCode"
PRESCRIPTION_ID = "urn:ehdsi:names:document:document-id:prescriptionId"
NEXT_OF_KIN = "urn:ehdsi:names:subject:nextofkin:"

#: ``FriendlyName`` of each attribute, as portals write it; nobody compares it.
FRIENDLY_NAMES: Mapping[str, str] = MappingProxyType({
    HOME_COMMUNITY_ID: "HCI Identifier", NPI: "NPI Identifier", SUBJECT_ID: "XSPA Subject", ROLE: "XSPA Role",
    ORGANIZATION: "XSPA Organization", ORGANIZATION_ID: "XSPA Organization ID",
    FACILITY_TYPE: "eHealth DSI Healthcare Facility Type", PURPOSE_OF_USE: "XSPA Purpose Of Use",
    LOCALITY: "XSPA Locality", PERMISSION: "Hl7 Permissions", ON_BEHALF_OF: "OnBehalfOf",
    DISPENSATION_PIN: "Dispensation PIN Code", PRESCRIPTION_ID: "Prescription ID",
    NEXT_OF_KIN + "id": "NextOfKinId", NEXT_OF_KIN + "firstname": "NextOfKinFirstName",
    NEXT_OF_KIN + "familyname": "NextOfKinFamilyName", NEXT_OF_KIN + "gender": "NextOfKinGender",
    NEXT_OF_KIN + "birthdate": "NextOfKinBirthDate", NEXT_OF_KIN + "address:street": "NextOfKinAddressStreet",
    NEXT_OF_KIN + "address:city": "NextOfKinAddressCity",
    NEXT_OF_KIN + "address:postalcode": "NextOfKinAddressPostalCode",
    NEXT_OF_KIN + "address:country": "NextOfKinAddressCountry",
})

# -- authentication contexts ---------------------------------------------------------------------------
_CONTEXT = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
PREVIOUS_SESSION = _CONTEXT + "PreviousSession"
SMARTCARD_PKI = _CONTEXT + "SmartcardPKI"
MOBILE_TWO_FACTOR = _CONTEXT + "MobileTwoFactorContract"
PASSWORD = _CONTEXT + "Password"
#: Two-factor contexts that OpenNCP's enumeration holds.
TWO_FACTOR_CONTEXTS = frozenset(_CONTEXT + name for name in (
    "MobileTwoFactorUnregistered", "MobileTwoFactorContract", "X509", "SPKI", "SmartcardPKI", "SoftwarePKI",
    "TLSClient",
))
#: The profile's list has one more.
TWO_FACTOR_CONTEXTS_OF_THE_PROFILE = TWO_FACTOR_CONTEXTS | {_CONTEXT + "Smartcard"}

# -- code lists ----------------------------------------------------------------------------------------
#: Structural roles, ISCO-08: code -> display name.
ROLES: Mapping[str, str] = MappingProxyType({
    "221": "Medical Doctors",
    "2221": "Nursing professionals",
    "2222": "Midwifery professionals",
    "2261": "Dentists",
    "2262": "Pharmacists",
    "2264": "Physiotherapists",
    "2265": "Dieticians and nutritionists",
    "2266": "Audiologists and speech therapists",
    "2267": "Optometrists and ophthalmic opticians",
    "2269": "Health professionals not elsewhere classified",
    "3211": "Medical imaging and therapeutic equipment technicians",
    "3213": "Pharmaceutical technicians and assistants",
    "44": "Other Clerical Support Workers",
})
FACILITY_TYPES = ("Hospital", "Resident Physician", "Pharmacy", "Other")
PURPOSES = ("TREATMENT", "EMERGENCY")

#: HL7 RBAC permissions that a patient summary needs, besides PRD-006 for the identification.
PATIENT_SUMMARY_PERMISSIONS = ("PRD-003", "PRD-005", "PRD-010", "PRD-016")
IDENTIFICATION_PERMISSIONS = ("PRD-006",)


class Transaction(Enum):
    """What an assertion is presented for; the value is the transaction's number."""

    XCPD = "ITI-55"
    XCA_QUERY = "ITI-38"
    XCA_RETRIEVE = "ITI-39"

    @property
    def permissions(self) -> tuple[str, ...]:
        """Permissions of which each one is needed (for documents: those of the patient summary)."""
        return IDENTIFICATION_PERMISSIONS if self is Transaction.XCPD else PATIENT_SUMMARY_PERMISSIONS


# -- codes that go back on the wire --------------------------------------------------------------------
ERROR_HPI_GENERIC = "ERROR_HPI_GENERIC"
ERROR_HPI_INSUFFICIENT_INFORMATION = "ERROR_HPI_INSUFFICIENT_INFORMATION"
ERROR_HPI_AUTHENTICATION_NOT_RECEIVED = "ERROR_HPI_AUTHENTICATION_NOT_RECEIVED"
ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED = "ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED"
ASSERTION_INVALID = "1001"
TRC_DOES_NOT_FIT = "1002"
PATIENT_DIFFERS = "4206"
INSUFFICIENT_RIGHTS = "4703"
