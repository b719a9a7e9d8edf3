"""The fixed identifiers of XDS metadata: classification and identification schemes, slot names.

Source: IHE ITI TF-3 4.2.5.2 (DocumentEntry).
"""

from __future__ import annotations

#: Classification schemes by the field of ``DocumentEntry`` that they fill, in the order in which they are
#: written.
CLASSIFICATIONS: dict[str, str] = {
    "confidentiality": "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
    "class_code": "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
    "type_code": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
    "facility_type": "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "practice_setting": "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
    "format_code": "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
}
EVENT_CODES = "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"

PATIENT_ID = "urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427"
UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
PATIENT_ID_NAME = "XDSDocumentEntry.patientId"
UNIQUE_ID_NAME = "XDSDocumentEntry.uniqueId"

CLASSIFICATION_TYPE = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Classification"
EXTERNAL_IDENTIFIER_TYPE = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:ExternalIdentifier"
ASSOCIATION_TYPE = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Association"

SLOT_PATIENT_ID = "$XDSDocumentEntryPatientId"
SLOT_STATUS = "$XDSDocumentEntryStatus"
SLOT_CLASS_CODE = "$XDSDocumentEntryClassCode"
