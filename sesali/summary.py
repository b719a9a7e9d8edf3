"""The document itself: is it the one listed, of the patient asked for, and fit to be shown? Pure.

Nothing is parsed for display before size, hash and patient are right. The checks that stop a document stop it
alone: the other level is still shown, unless it is a document of another patient, which ends the journey.

Source: eHDSI XCA profile; IHE ITI TF-2 3.39, TF-3 4.2.3.2 (size, hash); eHDSI patient summary CDA R2.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ehdsi.cda import parse as cda
from ehdsi.cda.model import PatientSummary
from ehdsi.cda.sections import MANDATORY
from ehdsi.errors import PeerError
from ehdsi.findings import Finding, has_errors
from ehdsi.registry import Severity
from ehdsi.xca_query import DocumentEntry
from ehdsi.xca_retrieve import DocumentRequest, RetrieveAnswer, RetrieveRequest, deviations_from
from ehdsi.xcpd import MatchedPatient
from ehdsi.xml import XmlElement
from ehdsi.xml import parse as parse_xml
from sesali.documents import same
from sesali.outcomes import Notice, StepRefused, code_for_wire, notice, refused

#: Judges a document, as bytes and as parsed, by schema and rules; the findings decide about SES-102,
#: never about showing.
JudgeDocument = Callable[[bytes, XmlElement], tuple[Finding, ...]]


#: What makes a PDF act by itself. ``/OpenAction`` with an array only says where to look first (ISO 32000-1,
#: 12.3.2), which many writers put in; with anything else it is an action.
_ACTIVE_PDF = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|SubmitForm|ImportData|RichMedia)\b"
                         rb"|/OpenAction(?!\s*\[)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One level of a summary: what the list said, the bytes as received, what was read.

    ``findings`` are those of the transport of the document and of the rules.
    """

    entry: DocumentEntry = field(repr=False)
    content: bytes = field(repr=False)
    summary: PatientSummary = field(repr=False)
    findings: tuple[Finding, ...] = ()

    @property
    def pdf(self) -> bytes | None:
        """The PDF inside a level 1 document, None when there is none or when it would act by itself."""
        attachment = self.summary.attachment
        if attachment is None or not attachment.data.startswith(b"%PDF"):
            return None
        return None if _ACTIVE_PDF.search(attachment.data) else attachment.data


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSummary:
    """What the professional gets to see: level 3, level 1, or both, with the notices that belong beside
    them."""

    country: str
    structured: Document | None
    original: Document | None
    notices: tuple[Notice, ...] = ()
    #: Refusal of the level that is missing although it was listed, for the technical log.
    missing: StepRefused | None = None


def request_for(entry: DocumentEntry, home_community: str) -> RetrieveRequest:
    """The ITI-39 request for one entry, its identifiers exactly as listed."""
    return RetrieveRequest(documents=(DocumentRequest(
        home_community_id=entry.home_community_id or home_community,
        repository_unique_id=entry.repository_unique_id, document_unique_id=entry.unique_id),))


def accept(answer: RetrieveAnswer, request: RetrieveRequest, entry: DocumentEntry, patient: MatchedPatient, *,
           country_name: str, judge: JudgeDocument | None = None) -> Document:
    """The document of the answer, once it is known to be the right one.

    Raises
    ------
    StepRefused : the code that the country's error leads to; SES-085 when there is no document, another one,
        one of another size or hash, of another patient (security event), or none that can be read.
    """
    if not answer.documents:
        raise _refusal(answer, country_name)
    foreign = deviations_from(request, answer)
    if has_errors(foreign):
        raise refused("SES-085", detail=f"ITI-39: {foreign[0].message}")
    content = answer.documents[0].content
    _check_bytes(content, entry)
    try:
        root = parse_xml(content, large_text=True)
        alive = list(root.iter())  # reader and judge both visit every node; each proxy is made once
        summary = cda.parse_element(root)
    except PeerError as error:
        raise refused("SES-085", detail=f"ITI-39: {error}") from None
    _check_patient(summary, patient)
    findings = answer.findings + (judge(content, root) if judge else ())
    del alive
    return Document(entry=entry, content=content, summary=summary, findings=findings)


def _check_bytes(content: bytes, entry: DocumentEntry) -> None:
    if entry.size is not None and entry.size != len(content):
        raise refused("SES-085", detail=f"the list says {entry.size} bytes, {len(content)} came")
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if entry.hash and entry.hash.lower() != digest:
        raise refused("SES-085", detail="the document has another hash than the list says")


def _check_patient(summary: PatientSummary, patient: MatchedPatient) -> None:
    """The document must name the patient asked for, and must not contradict the birth date of ITI-55."""
    inside = summary.header.patient
    asked = patient.identifiers[0]
    if not any(same(identifier, asked) for identifier in inside.identifiers):
        raise refused("SES-085", detail="the document belongs to another patient", security=True)
    born = inside.birth_time.value if inside.birth_time is not None else None
    if not _compatible(born, patient.birth_time):
        raise refused("SES-085", detail="the document names another birth date than the identification",
                      security=True)


def _compatible(one: str | None, other: str | None) -> bool:
    """Two dates, each as precise as it is known: equal as far as both go."""
    if not one or not other:
        return True
    length = min(len(one), len(other), 8)
    return one[:length] == other[:length]


def _refusal(answer: RetrieveAnswer, country_name: str) -> StepRefused:
    codes = tuple(error.code for error in answer.errors if error.severity is Severity.ERROR)
    if not codes:
        return refused("SES-085", detail="ITI-39: neither a document nor an error")
    code, wire_code = code_for_wire(codes, "retrieve")
    return refused(code, detail=f"ITI-39: {', '.join(codes)}", wire_code=wire_code, pays=country_name)


Level = Literal[1, 3]


def combine(country: str, results: dict[Level, Document | StepRefused]) -> OpenedSummary:
    """Put the levels together that arrived.

    Parameters
    ----------
    results : for each level that was listed, the document or why it is not there.

    Raises
    ------
    StepRefused : no level arrived, the country refuses, or one belonged to another patient; level 3 first.
    """
    failures = [result for level in (3, 1) if isinstance(result := results.get(level), StepRefused)]
    documents = {level: result for level, result in results.items() if isinstance(result, Document)}
    for failure in failures:
        # A refusal by right or by lack of consent holds for the patient, not for one level of the document.
        if failure.notice.security or failure.notice.way_on == "end" or not documents:
            raise failure
    structured, original = documents.get(3), documents.get(1)
    if structured is not None and original is not None:
        _check_twins(structured, original)
    return OpenedSummary(country=country, structured=structured, original=original,
                         notices=_notices(structured, original), missing=failures[0] if failures else None)


def _check_twins(structured: Document, original: Document) -> None:
    """Both levels must be about one patient; each was checked against ITI-55, birth dates here with each
    other."""
    born = [document.summary.header.patient.birth_time for document in (structured, original)]
    values = [time.value if time is not None else None for time in born]
    if not _compatible(values[0], values[1]):
        raise refused("SES-085", detail="level 1 and level 3 name different birth dates", security=True)


def _notices(structured: Document | None, original: Document | None) -> tuple[Notice, ...]:
    found: list[Notice] = []
    if structured is None:
        found.append(notice("SES-100", disponible="originale"))
    elif original is None or original.pdf is None:
        found.append(notice("SES-100", disponible="traduite"))
    if structured is not None and _incomplete(structured):
        found.append(notice("SES-102"))
    return tuple(found)


def _incomplete(document: Document) -> bool:
    """A basic section is missing, the document breaks its schema or a rule, or something in it was not taken
    over."""
    summary = document.summary
    missing = any(summary.section(code) is None for code in MANDATORY)
    bent = any(remark.kind in ("unread", "unsafe") for remark in summary.remarks)
    return missing or bent or has_errors(document.findings)
