"""Every OID, URN and namespace of the MyHealth@EU wire, named once.

A test greps for literal OIDs elsewhere in the packages. Sources: HL7 v3; IHE ITI TF-2/3; eHDSI XCPD, XCA and
SAML profiles; OASIS BDX-SMP 1.0; eHDSI Master Value set Catalogue (MVC) 8.1.0.
"""

from __future__ import annotations

# -- XML namespaces ------------------------------------------------------------------------------------
NS_SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
NS_SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
NS_WSA = "http://www.w3.org/2005/08/addressing"
NS_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
NS_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
NS_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
NS_DS = "http://www.w3.org/2000/09/xmldsig#"
NS_EC = "http://www.w3.org/2001/10/xml-exc-c14n#"
NS_HL7 = "urn:hl7-org:v3"
NS_PHARM = "urn:hl7-org:pharm"
NS_EPSOS_MEDICATION = "urn:epsos-org:ep:medication"
NS_SDTC = "urn:hl7-org:sdtc"
NS_XSI = "http://www.w3.org/2001/XMLSchema-instance"
NS_XS = "http://www.w3.org/2001/XMLSchema"
NS_XOP = "http://www.w3.org/2004/08/xop/include"
NS_QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
NS_RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
NS_RS = "urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"
NS_XDS = "urn:ihe:iti:xds-b:2007"
NS_SMP = "http://docs.oasis-open.org/bdxr/ns/SMP/2016/05"
NS_ISM = "http://ec.europa.eu/sante/ehncp/ism"

# -- actions -------------------------------------------------------------------------------------------
ACTION_XCPD = "urn:hl7-org:v3:PRPA_IN201305UV02:CrossGatewayPatientDiscovery"
ACTION_XCPD_RESPONSE = "urn:hl7-org:v3:PRPA_IN201306UV02:CrossGatewayPatientDiscovery"
ACTION_XCA_QUERY = "urn:ihe:iti:2007:CrossGatewayQuery"
ACTION_XCA_QUERY_RESPONSE = "urn:ihe:iti:2007:CrossGatewayQueryResponse"
ACTION_XCA_RETRIEVE = "urn:ihe:iti:2007:CrossGatewayRetrieve"
ACTION_XCA_RETRIEVE_RESPONSE = "urn:ihe:iti:2007:CrossGatewayRetrieveResponse"
ACTION_WSA_FAULT = "http://www.w3.org/2005/08/addressing/fault"
WSA_ANONYMOUS = "http://www.w3.org/2005/08/addressing/anonymous"

# -- eHDSI roots ---------------------------------------------------------------------------------------
EHDSI = "1.3.6.1.4.1.12559.11.10.1.3.1"
EHDSI_VALUE_SETS = EHDSI + ".42"
EHDSI_CODE_SYSTEMS = EHDSI + ".44"
IHE_PCC = "1.3.6.1.4.1.19376.1.5.3.1"
CCD = "2.16.840.1.113883.10.20.1"

# -- code systems --------------------------------------------------------------------------------------
LOINC = "2.16.840.1.113883.6.1"
SNOMED_CT = "2.16.840.1.113883.6.96"
ATC = "2.16.840.1.113883.6.73"
EDQM = "0.4.0.127.0.16.1.1.2.1"
EDQM_LEGACY = EHDSI_CODE_SYSTEMS + ".1"
ICD_10 = EHDSI_CODE_SYSTEMS + ".2"
ICF = "2.16.840.1.113883.6.254"
DISPLAY_LABELS = EHDSI_CODE_SYSTEMS + ".4"
ORPHANET = EHDSI_CODE_SYSTEMS + ".5"
EMDN = EHDSI_CODE_SYSTEMS + ".6"
UCUM = "2.16.840.1.113883.6.8"
ISCO_08 = "2.16.840.1.113883.2.9.6.2.7"
ISO_3166_1 = "1.0.3166.1"
SMS_SUBSTANCE = "2.16.840.1.113883.3.6905.2"
ABSENT_UNKNOWN = "2.16.840.1.113883.5.1150.1"
ACT_CODE = "2.16.840.1.113883.5.4"
IHE_ACT_CODE = "1.3.6.1.4.1.19376.1.5.3.2"
IHE_ACT_CODE_AS_USED = "1.3.5.1.4.1.19376.1.5.3.2"  # sic, in the documents of nearly all countries
ACT_CLASS = "2.16.840.1.113883.5.6"
CONFIDENTIALITY = "2.16.840.1.113883.5.25"
ADMINISTRATIVE_GENDER = "2.16.840.1.113883.5.1"
ROLE_CODE = "2.16.840.1.113883.5.111"
ROLE_CLASS = "2.16.840.1.113883.5.110"
PARTICIPATION_FUNCTION = "2.16.840.1.113883.5.88"
TIMING_EVENT = "2.16.840.1.113883.5.139"
OBSERVATION_INTERPRETATION = "2.16.840.1.113883.5.83"
NULL_FLAVOR = "2.16.840.1.113883.5.1008"
ALLERGY_CRITICALITY = "2.16.840.1.113883.4.642.4.130"
ALLERGY_CERTAINTY = "2.16.840.1.113883.4.642.4.1371"
ALLERGY_STATUS = "2.16.840.1.113883.4.642.4.1373"
CONDITION_CERTAINTY = "2.16.840.1.113883.4.642.4.1075"

# -- messages ------------------------------------------------------------------------------------------
HL7_INTERACTIONS = "2.16.840.1.113883.1.6"
CDA_TYPE_ID = "2.16.840.1.113883.1.3"
XCPD_MORE_TRAITS_CODES = "1.3.6.1.4.1.19376.1.2.27.1"
XCPD_LOCATOR_CODES = "1.3.6.1.4.1.19376.1.2.27.2"
XCPD_ANSWER_CODES = "1.3.6.1.4.1.19376.1.2.27.3"
EHDSI_XCPD_REASONS = "1.3.6.1.4.1.12559.11.10.1.3.2.2.1"
QUERY_MATCH_CODES = "2.16.840.1.113883.1.11.19914"
AUDIT_POINT_OF_CARE = "1.3.6.1.4.1.12559.11.10.1.3.2.2.2"
PURPOSE_OF_USE = "3bc18518-d305-46c2-a8d6-94bd59856e9e"
PURPOSE_OF_USE_NHIN = "2.16.840.1.113883.3.18.7.1"
HOME_COMMUNITY_FR = "2.16.17.710.790.1000.990.1"
# French registers, as Pro Santé Connect names them (RPPS and directory of structures of the ANS)
FR_ACTIVITY_SECTORS = "1.2.250.1.71.4.2.4"
FR_AUTHENTICATION_LEVELS = "1.2.250.1.213.1.5.1.1.1"
FR_LOCAL_PROFESSIONALS = "1.2.250.1.213.1.3.1.1"
FR_SIMPLIFIED_ROLES = "1.2.250.1.213.1.1.5.5"
FR_STRUCTURES = "1.2.250.1.71.4.2.2"

DOCUMENT_CODE_PATIENT_SUMMARY = "60591-5"
TEMPLATE_L3 = EHDSI + ".1.3"
TEMPLATE_L1 = EHDSI + ".1.7"


def value_set(number: int) -> str:
    """OID of the eHDSI value set with this number, e.g. ``value_set(24)`` is ActiveIngredient."""
    return f"{EHDSI_VALUE_SETS}.{number}"
