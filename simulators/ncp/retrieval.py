"""ITI-39 at a foreign NCP: give these documents.

Only documents of the patient in the TRC assertion leave; one of somebody else is as missing as one that
never was.

Source: IHE ITI-39, ITI-43; eHDSI XCA profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehdsi import xca_retrieve
from ehdsi.registry import STATUS_PARTIAL, RegistryError, Severity, status_of, with_urn
from ehdsi.xca_retrieve import BuiltAnswer, DocumentRequest, RetrieveAnswer, RetrievedDocument
from simulators.faults_apply import of_kind
from simulators.ncp.context import Request
from simulators.ncp.listing import prescribed_error, unique_id_text

if TYPE_CHECKING:
    from countries.documents import SummaryDocument
    from countries.model import Persona

#: Behaviours that withhold the documents at this step.
_WITHHELD = {
    "no_consent": "The patient has not agreed to the exchange.",
    "insufficient_rights": "The patient or the law forbids the exchange.",
    "missing_mapping_error": "A code could not be transcoded.",
    "missing_basic_sections": "A basic section is missing at the source.",
}


def answer(request: Request) -> BuiltAnswer:
    """The payload of the answer, with the documents beside it as MTOM parts.

    Raises
    ------
    MalformedMessage : the body does not hold a retrieve request.
    """
    asked = xca_retrieve.parse_request(request.envelope.body)
    found = _decide(request, asked.documents)
    if (
        "retrieve-partial-without-document" in request.quirks
        and found.errors
        and not found.documents
        and not _flagged(found)
    ):
        found = RetrieveAnswer(status=STATUS_PARTIAL, errors=found.errors)
    request.outcome = request.outcome or (found.errors[0].code if found.errors else "Success")
    inline = _prescribed(request) in ("inline_document", "inline_package")
    return xca_retrieve.build_response(
        found,
        None if inline or not found.documents else lambda: f"{request.site.new_id()}@ncp",
        highest_severity="registry-no-highest-severity" not in request.quirks,
    )


def _prescribed(request: Request) -> str:
    """The answer that a fault prescribes, empty without one."""
    return str(request.state.parameters.get("answer", "")) if request.state else ""


def _flagged(answer_so_far: RetrieveAnswer) -> bool:
    """Errors for which even the reference implementation says Failure: consent and transcoding."""
    return any(error.code.startswith(("45", "4701", "ERROR_PS_MISSING")) for error in answer_so_far.errors)


def _decide(request: Request, asked: tuple[DocumentRequest, ...]) -> RetrieveAnswer:
    if request.verdict.refusals:
        request.concern(None)
        return _failed(*(RegistryError(code=one.code, context=one.what) for one in request.verdict.refusals))
    patient = request.verdict.patient
    persona = request.site.patients.by_identifier(patient) if patient else None
    if "patient-of-trc" in request.overlook:
        persona = _owner(request, asked) or persona
    request.concern(persona)
    if request.state is not None and _prescribed(request) == "registry_error":
        return _failed(prescribed_error(request.state))
    if persona is None:
        return _failed(_missing(request))
    withheld = _withheld(request, persona)
    if withheld:
        return _failed(*withheld)
    return _delivered(request, persona, asked)


def _owner(request: Request, asked: tuple[DocumentRequest, ...]) -> Persona | None:
    """The patient whose document is asked for, whoever the TRC assertion names: a defective NCP's way."""
    wanted = {one.document_unique_id for one in asked}
    for persona in request.country.personas:
        if any(unique_id_text(one.unique_id) in wanted for one in request.documents(persona)):
            return persona
    return None


def _withheld(request: Request, persona: Persona) -> tuple[RegistryError, ...]:
    """The errors of a persona whose documents stay at home at this step; none for everybody else."""
    if persona.behaviour.answer not in _WITHHELD:
        return ()
    behaviour = request.behaviour(persona, "retrieve")
    if behaviour is None:
        return ()
    errors = [RegistryError(code=behaviour.code, context=_WITHHELD[behaviour.answer])]
    if behaviour.answer == "missing_mapping_error" and behaviour.code != "4505":
        errors.insert(0, RegistryError(code="4505", context="A required code was not transcoded."))
    return tuple(errors)


def _delivered(request: Request, persona: Persona, asked: tuple[DocumentRequest, ...]) -> RetrieveAnswer:
    """Each document that was asked for, or the reason why it does not come."""
    documents = {unique_id_text(one.unique_id): one for one in request.documents(persona)}
    if "retrieve-first-request-only" in request.quirks:
        asked = asked[:1]
    found: list[RetrievedDocument] = []
    errors: list[RegistryError] = []
    for one in asked:
        document = documents.get(one.document_unique_id)
        if document is None and "document-id" in request.overlook:
            document = next(iter(documents.values()), None)
        obstacle = _obstacle(request, persona, one, document)
        if obstacle is not None or document is None:
            errors.append(obstacle or _missing(request))
        else:
            found.append(_retrieved(one, _swapped(request, persona, document)))
            errors.extend(_warnings(persona))
    return RetrieveAnswer(
        status=status_of(errors, has_results=bool(found)), documents=tuple(found), errors=tuple(errors)
    )


def _obstacle(
    request: Request, persona: Persona, asked: DocumentRequest, document: SummaryDocument | None
) -> RegistryError | None:
    """Why this document does not come, ``None`` when it does."""
    if not _ours(request, asked):
        text = "The document belongs to another home community."
        return RegistryError(code="XDSUnknownCommunity", context=text)
    if document is None or asked.repository_unique_id != request.country.oids.document_root:
        return _missing(request)
    if document.level == 1 and persona.behaviour.answer == "no_pdf":
        behaviour = request.behaviour(persona, "retrieve")
        if behaviour is not None:
            return RegistryError(code=behaviour.code, context="The document is not available as PDF.")
    return None


def _ours(request: Request, asked: DocumentRequest) -> bool:
    """True if the home community is ours, or was left out, which is tolerated."""
    given = asked.home_community_id
    same = not given or with_urn(given) == with_urn(request.country.oids.home_community)
    return request.note("home-community", same, "the document is asked of another home community")


def _warnings(persona: Persona) -> tuple[RegistryError, ...]:
    if persona.behaviour.answer != "missing_mapping_warning":
        return ()
    text = "A code could not be transcoded and stays national."
    return (RegistryError(code=persona.behaviour.code, context=text, severity=Severity.WARNING),)


def _swapped(request: Request, persona: Persona, document: SummaryDocument) -> SummaryDocument:
    """The document, or under a swap fault one of another patient or of the other level in its place."""
    swapped = {fault.parameters.get("what") for fault in of_kind(request.faults, "swap")}
    if "level" in swapped:
        return next((one for one in request.documents(persona) if one.level != document.level), document)
    if "document" not in swapped:
        return document
    others = request.documents_of_another(persona)
    return next((one for one in others if one.level == document.level), document)


def _retrieved(asked: DocumentRequest, document: SummaryDocument) -> RetrievedDocument:
    return RetrievedDocument(
        home_community_id=asked.home_community_id,
        content=document.content,
        repository_unique_id=asked.repository_unique_id,
        document_unique_id=asked.document_unique_id,
    )


def _missing(request: Request) -> RegistryError:
    context = "The document is not available."
    if "retrieve-codes-in-context" in request.quirks:
        context = f"ERROR_GENERIC_DOCUMENT_MISSING : {context}"
    return RegistryError(code="XDSMissingDocument", context=context)


def _failed(*errors: RegistryError) -> RetrieveAnswer:
    return RetrieveAnswer(status=status_of(errors, has_results=False), errors=errors)
