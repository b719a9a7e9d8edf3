"""ITI-38 at a foreign NCP: which documents are there for this patient?

Source: IHE ITI-38, ITI-18 (FindDocuments); eHDSI XCA profile.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from ehdsi import oids, xca_query
from ehdsi.cda.datatypes import Coded, Identifier
from ehdsi.errors import MalformedSoap
from ehdsi.registry import STATUS_FAILURE, STATUS_SUCCESS, RegistryError, Severity, status_of
from ehdsi.xca_query import Association, DocumentEntry, DocumentList, DocumentQuery
from ehdsi.xml import XmlElement
from simulators.faults import Fault
from simulators.ncp.context import Request
from simulators.ncp.documents import sha1_hex

if TYPE_CHECKING:
    from countries.documents import SummaryDocument
    from countries.model import Behaviour, Persona

#: Class codes of the profile; a code that is not here is unknown, one that is here may still not be offered.
_KNOWN_CLASSES = frozenset(
    {
        "60591-5",
        "57833-6",
        "60593-1",
        "DISCARD-60593-1",
        "56445-0",
        "34105-7",
        "11502-2",
        "18748-4",
        "x-clinical-image",
        "57016-8",
        "34133-9",
    }
)

_CONFIDENTIALITY = {
    code: Coded(code=code, code_system=oids.CONFIDENTIALITY, display_name=name)
    for code, name in (("N", "Normal"), ("R", "restricted"), ("V", "very restricted"))
}


def answer(request: Request) -> XmlElement:
    """The payload of the answer.

    Raises
    ------
    MalformedMessage : the body does not hold a document query.
    MalformedSoap : under a quirk only, where the answer is a SOAP Fault.
    """
    query = xca_query.parse_request(request.envelope.body)
    found = _decide(request, query)
    if "query-status-success" in request.quirks and found.status != STATUS_SUCCESS:
        found = DocumentList(
            status=STATUS_SUCCESS, entries=found.entries, associations=found.associations, errors=found.errors
        )
    request.outcome = request.outcome or (found.errors[0].code if found.errors else "Success")
    return xca_query.build_response(
        found, highest_severity="registry-no-highest-severity" not in request.quirks
    )


def _decide(request: Request, query: DocumentQuery) -> DocumentList:
    errors = [RegistryError(code=one.code, context=one.what) for one in request.verdict.refusals]
    goes_on = "query-continues-after-refusal" in request.quirks
    if errors and not goes_on:
        request.concern(None)
        return _failed(*errors)
    obstacle = _bad_query(request, query)
    if obstacle is not None:
        request.concern(None)
        return _failed(*errors, obstacle)
    asked = _patient_asked(request, query, errors)
    persona = request.site.patients.by_identifier(asked) if asked else None
    request.concern(persona)
    answer = request.state.parameters.get("answer") if request.state else None
    if request.state is not None and answer == "registry_error":
        return _failed(prescribed_error(request.state))
    if answer == "empty_list":
        return DocumentList(status=STATUS_SUCCESS)
    if asked is None or persona is None:
        return _nobody(request, errors)
    return _listed(request, persona, asked, errors)


def _listed(
    request: Request, persona: Persona, asked: Identifier, errors: list[RegistryError]
) -> DocumentList:
    """The patient's documents, or the reason why there are none."""
    behaviour = request.behaviour(persona, "query")
    if behaviour is not None and behaviour.answer in ("no_consent", "insufficient_rights"):
        errors.append(
            RegistryError(code=behaviour.code, context="The patient has not agreed to the exchange.")
        )
        if "consent-lists-anyway" not in request.quirks:
            return _failed(*errors)
    documents = request.documents(persona)
    if not documents or (behaviour is not None and behaviour.answer == "no_summary"):
        errors.append(
            RegistryError(
                code="1102",
                context="There is no patient summary for this patient.",
                severity=Severity.WARNING,
            )
        )
        return DocumentList(status=status_of(errors, has_results=False), errors=tuple(errors))
    if behaviour is not None and behaviour.answer == "no_pdf":
        documents = tuple(one for one in documents if one.level != 1)
        errors.append(_no_pdf(behaviour))
    entries = tuple(_entry(request, one, asked) for one in documents)
    return DocumentList(
        status=status_of(errors, has_results=True),
        entries=entries,
        errors=tuple(errors),
        associations=_links(request, entries),
    )


def _bad_query(request: Request, query: DocumentQuery) -> RegistryError | None:
    """What is wrong with the query itself, before anybody is looked up."""
    known = query.stored_query_id == xca_query.FIND_DOCUMENTS or "query-id-ignored" in request.quirks
    if not request.note("stored-query", known, "the stored query is not FindDocuments"):
        return RegistryError(code="XDSUnknownStoredQuery", context="Only FindDocuments is offered.")
    codes = {one.code for one in query.class_codes}
    if not request.note("class-code", bool(codes), "the query holds no class code"):
        _fault_instead(request, "The class code is missing.")
        return RegistryError(code="XDSStoredQueryMissingParam", context="The class code is missing.")
    if not request.note("class-known", bool(codes & _KNOWN_CLASSES), "the class code is unknown"):
        _fault_instead(request, "The class code is unknown.")
    if not request.note(
        "class-offered", oids.DOCUMENT_CODE_PATIENT_SUMMARY in codes, "the class is not offered"
    ):
        return RegistryError(
            code="ERROR_GENERIC_SERVICE_SIGNIFIER_UNKNOWN", context="Documents of this class are not offered."
        )
    if not request.note("patient-id", query.patient_id is not None, "the patient id cannot be read"):
        if "query-bad-patient-id-as-1102" in request.quirks:
            return RegistryError(code="1102", context="No document.", severity=Severity.WARNING)
        return RegistryError(code="XDSRegistryError", context="The patient id is missing or cannot be read.")
    return None


def _fault_instead(request: Request, reason: str) -> None:
    if "query-class-faults" in request.quirks:
        raise MalformedSoap(reason, code="Receiver")


def _patient_asked(request: Request, query: DocumentQuery, errors: list[RegistryError]) -> Identifier | None:
    """The patient of the query, who must be the one of the TRC assertion; ``None`` and an error if not."""
    confirmed = request.verdict.patient
    same = query.patient_id == confirmed
    if request.note("patient-of-trc", same, "the query names another patient than the TRC assertion"):
        return query.patient_id
    if "query-trc-patient-served" in request.quirks or confirmed is None:
        errors.append(
            RegistryError(
                code="1102", context="No document for the patient of the query.", severity=Severity.WARNING
            )
        )
        return confirmed
    errors.append(
        RegistryError(code="4206", context="The query and the TRC assertion name different patients.")
    )
    return None


def _nobody(request: Request, errors: list[RegistryError]) -> DocumentList:
    if not errors:
        errors.append(RegistryError(code="XDSUnknownPatientId", context="This patient id is not known here."))
    return _failed(*errors)


def _failed(*errors: RegistryError) -> DocumentList:
    warnings_only = all(error.severity is Severity.WARNING for error in errors)
    return DocumentList(status=STATUS_SUCCESS if warnings_only else STATUS_FAILURE, errors=errors)


def prescribed_error(fault: Fault) -> RegistryError:
    """The registry error that a ``state`` fault of the catalogue prescribes."""
    code = str(fault.parameters.get("code", "XDSRegistryError"))
    return RegistryError(code=code, context=str(fault.parameters.get("text", "")))


def _no_pdf(behaviour: Behaviour) -> RegistryError:
    return RegistryError(
        code=behaviour.code, context="The document is not available as PDF.", severity=Severity.WARNING
    )


def _entry(request: Request, document: SummaryDocument, patient: Identifier) -> DocumentEntry:
    """The metadata of one document; size and hash are known of stored documents only.

    Source: eHDSI XCA profile, document entry.
    """
    country = request.country
    stored = country.documents.stored and not document.on_demand
    title = "CDA L3 / Structured body" if document.level == 3 else "CDA L1 / PDF body"
    return DocumentEntry(
        entry_id=_entry_id(unique_id_text(document.unique_id)),
        confidentiality=_CONFIDENTIALITY.get(document.confidentiality, xca_query.NORMAL_CONFIDENTIALITY),
        unique_id=unique_id_text(document.unique_id),
        repository_unique_id=country.oids.document_root,
        home_community_id=country.oids.home_community,
        patient_id=patient,
        source_patient_id=patient,
        language=document.language,
        format_code=xca_query.FORMAT_LEVEL3 if document.level == 3 else xca_query.FORMAT_LEVEL1,
        facility_type=Coded(code=country.code, code_system=oids.ISO_3166_1, display_name=country.names.en),
        creation_time=f"{document.creation_time:%Y%m%d%H%M%S}",
        size=len(document.content) if stored else None,
        hash=sha1_hex(document.content) if stored else None,
        description=f"Patient Summary, {title}",
    )


@lru_cache(maxsize=256)
def _entry_id(unique_id: str) -> str:
    """The registry's own identifier of a document: the same in each answer."""
    return uuid5(NAMESPACE_URL, unique_id).urn


def _links(request: Request, entries: tuple[DocumentEntry, ...]) -> tuple[Association, ...]:
    """The association from the PDF to the coded document, where there are both."""
    by_level = {entry.level: entry for entry in entries}
    if set(by_level) != {1, 3}:
        return ()
    return (
        Association(
            association_id=f"urn:uuid:{request.site.new_id()}",
            association_type=xca_query.TRANSFORM,
            source=by_level[1].entry_id,
            target=by_level[3].entry_id,
        ),
    )


def unique_id_text(identifier: Identifier) -> str:
    """``root^extension`` of the CDA's id, or the root alone. Source: IHE ITI TF-3 4.2.3.2.26."""
    return f"{identifier.root}^{identifier.extension}" if identifier.extension else str(identifier.root)
