"""The values of ITI-38: a stored query and the list of document entries that answers it.

Source: IHE ITI TF-2 3.38 and 3.18, TF-3 4.2; eHDSI XCA profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Identifier
from ehdsi.findings import Finding
from ehdsi.registry import STATUS_SUCCESS, RegistryError, Slot

#: FindDocuments, the one stored query of eHDSI.
FIND_DOCUMENTS = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"

APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
STABLE_ENTRY = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
ON_DEMAND_ENTRY = "urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248"

#: Association type of a rendition: the level 1 entry is the transform (source) of the level 3 entry (target).
TRANSFORM = "urn:ihe:iti:2007:AssociationType:XFRM"

PATIENT_SUMMARY = Coded(code=oids.DOCUMENT_CODE_PATIENT_SUMMARY, code_system=oids.LOINC,
                        display_name="Patient Summary")
FORMAT_LEVEL3 = Coded(code="urn:epSOS:ps:ps:2010", code_system="eHDSI formatCodes",
                      display_name="epSOS coded Patient Summary")
FORMAT_LEVEL1 = Coded(code="urn:ihe:iti:xds-sd:pdf:2008", code_system="IHE PCC",
                      display_name="PDF/A coded document")
_LEVELS = {str(code.code).lower(): level for code, level in ((FORMAT_LEVEL1, 1), (FORMAT_LEVEL3, 3))}
NORMAL_CONFIDENTIALITY = Coded(code="N", code_system=oids.CONFIDENTIALITY, display_name="Normal")
PRACTICE_NOT_USED = Coded(code="Not Used", code_system="eHDSI Practice Setting Codes-Not Used",
                          display_name="Not Used")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentQuery:
    """``AdhocQueryRequest``: which documents of these classes exist for this patient?

    Attributes
    ----------
    patient_id : as returned by ITI-55; the same as in the TRC assertion. ``None`` when it could not be read.
    class_codes : LOINC codes; ``code_system`` is ``None`` where the peer left it out.
    statuses : availability statuses asked for, URNs.
    stored_query_id : ``FIND_DOCUMENTS``.
    home_community_id : bare OID of the community that is asked; eHDSI gateways do not send it.
    return_type, return_composed : response option; eHDSI wants ``LeafClass`` and true.
    extra_slots : parameters beyond these (filters of original clinical documents), unchanged.
    """

    patient_id: Identifier | None = field(repr=False)
    class_codes: tuple[Coded, ...] = (PATIENT_SUMMARY,)
    statuses: tuple[str, ...] = (APPROVED,)
    stored_query_id: str = FIND_DOCUMENTS
    home_community_id: str | None = None
    return_type: str = "LeafClass"
    return_composed: bool = True
    extra_slots: tuple[Slot, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEntry:
    """One ``ExtrinsicObject``: what is known of a document before it is fetched.

    Attributes
    ----------
    entry_id : ``urn:uuid:…``; not stable between answers. ``logical_id`` is the same unless given.
    home_community_id : bare OID of country A. ``None`` when absent.
    repository_unique_id, unique_id : exactly as listed; ITI-39 sends them back unchanged. ``unique_id`` is
        an OID or ``<oid>^<extension>``.
    patient_id : from the ExternalIdentifier; ``source_patient_id`` from the slot.
    language : e.g. ``pt-PT``. ``creation_time`` : DTM ``yyyyMMddHHmmss``.
    size : bytes; ``hash`` : SHA-1 as lower-case hexadecimal; both absent where the document is made on
        demand.
    facility_type : ISO 3166-1 code of country A.
    other_slots : slots beyond these, unchanged.
    """

    entry_id: str
    unique_id: str
    repository_unique_id: str
    home_community_id: str | None
    patient_id: Identifier | None = field(repr=False)
    format_code: Coded | None
    source_patient_id: Identifier | None = field(default=None, repr=False)
    class_code: Coded | None = PATIENT_SUMMARY
    type_code: Coded | None = PATIENT_SUMMARY
    confidentiality: Coded | None = NORMAL_CONFIDENTIALITY
    facility_type: Coded | None = None
    practice_setting: Coded | None = PRACTICE_NOT_USED
    event_codes: tuple[Coded, ...] = ()
    language: str | None = None
    creation_time: str | None = None
    service_start_time: str | None = None
    size: int | None = None
    hash: str | None = None
    title: str | None = "Patient Summary"
    description: str | None = None
    version: str | None = "1.1"
    mime_type: str | None = "text/xml"
    status: str | None = APPROVED
    object_type: str | None = STABLE_ENTRY
    logical_id: str | None = None
    other_slots: tuple[Slot, ...] = ()

    @property
    def level(self) -> int | None:
        """1 for a PDF in a CDA, 3 for a coded summary, by format code in any letter case; ``None``
        otherwise."""
        code = (self.format_code.code or "").lower() if self.format_code else ""
        return _LEVELS.get(code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """A link between two entries, by their ``entry_id``."""

    association_id: str
    association_type: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPair:
    """A summary in the levels in which it is offered; at least one of the two is there."""

    level3: DocumentEntry | None
    level1: DocumentEntry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentList:
    """``AdhocQueryResponse``: status, entries, links and errors.

    ``status`` is the URN as received, ``None`` when absent. ``object_refs`` are ids listed without their
    metadata, which LeafClass does not allow.
    """

    status: str | None = STATUS_SUCCESS
    entries: tuple[DocumentEntry, ...] = ()
    associations: tuple[Association, ...] = ()
    errors: tuple[RegistryError, ...] = ()
    object_refs: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), compare=False)

    def pairs(self) -> tuple[DocumentPair, ...]:
        """The summaries in list order: level 3 with its level 1 where a transform association links them.

        A link in the wrong direction counts as well; an entry without a link stands alone. Entries that are
        neither level stand alone as level 3.
        """
        links: dict[str, str] = {}
        for link in self.associations:
            if link.association_type == TRANSFORM:
                links.update({link.source: link.target, link.target: link.source})
        by_id = {entry.entry_id: entry for entry in self.entries}
        pairs, seen = [], set()
        for entry in self.entries:
            twin = by_id.get(links.get(entry.entry_id, ""))
            if entry.entry_id in seen:
                continue
            if twin is not None and {entry.level, twin.level} == {1, 3}:
                seen.add(twin.entry_id)
                level3, level1 = (entry, twin) if entry.level == 3 else (twin, entry)
                pairs.append(DocumentPair(level3=level3, level1=level1))
            elif entry.level == 1:
                pairs.append(DocumentPair(level3=None, level1=entry))
            else:
                pairs.append(DocumentPair(level3=entry, level1=None))
        return tuple(pairs)
