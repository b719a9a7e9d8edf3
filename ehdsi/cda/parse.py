"""Reads any real patient-summary CDA into the typed model: tolerant, and nothing is lost without a word.

The reader dispatches on section codes and the shape of entries, not on template identifiers alone, so
documents of all waves are read by one code. What it had to bend, could not read or refused to take over is in
``remarks`` and in ``UnreadEntry`` values; it never guesses.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Literal

from ehdsi import oids
from ehdsi.cda.model import Attachment, Entry, PatientSummary, Section
from ehdsi.cda.reading.context import Reading, line_of
from ehdsi.cda.reading.datatypes import coded_child, first, identifier, text_of
from ehdsi.cda.reading.entries import entries
from ehdsi.cda.reading.header import header, language, template_ids
from ehdsi.cda.reading.narrative import narrative
from ehdsi.cda.reading.people import text_child
from ehdsi.errors import MalformedMessage
from ehdsi.xml import XmlElement
from ehdsi.xml import parse as parse_xml

_SPECIFICATION = "eHDSI patient summary CDA R2, document level template"
_ROOT = f"{{{oids.NS_HL7}}}ClinicalDocument"

#: Other documents of MyHealth@EU by LOINC code: read by nobody here, so refused by name.
_OTHER_DOCUMENTS = {
    "57833-6": "an ePrescription",
    "60593-1": "an eDispensation",
    "56445-0": "a medication related overview",
    "34133-9": "an encounter report",
    "57016-8": "a privacy policy acknowledgement",
}

#: What makes a PDF act by itself. ``/OpenAction`` with an array only says where to look first (ISO 32000-1,
#: 12.3.2), which many writers put in; with anything else it is an action.
_ACTIVE_PDF = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFile|SubmitForm|ImportData|RichMedia)\b|/OpenAction(?!\s*\[)"
)


def parse(data: bytes) -> PatientSummary:
    """Read a patient summary of level 1 or 3 from its bytes.

    Raises
    ------
    MalformedXml : not XML, or refused by the hardened parser.
    MalformedMessage : XML, but not a CDA document, or a CDA document of another type.

    Source: eHDSI patient summary CDA R2, 2025-02-21 publication, and what NCPs of waves 3 to 8 really send.
    """
    return parse_element(parse_xml(data, large_text=True))


def parse_element(root: XmlElement) -> PatientSummary:
    """Read a patient summary from its parsed root element; raises ``MalformedMessage`` as ``parse`` does."""
    reading = Reading(root)
    _refuse_other_documents(reading)
    bodies = reading.groups(root).get("component", [])
    structured = _body(reading, bodies, "structuredBody")
    unstructured = _body(reading, bodies, "nonXMLBody")
    level: Literal[1, 3] = 3 if structured is not None else 1
    head = header(reading, level)
    sections: tuple[Section, ...] = ()
    attachment = None
    if structured is not None:
        sections = _sections(reading, structured)
        reading.take(*reading.groups(structured).get("confidentialityCode", ()))
        reading.take(*reading.groups(structured).get("languageCode", ()))
        _account(reading, structured, "the body")
    if unstructured is not None:
        attachment = _attachment(reading, unstructured)
    reading.take(*(body for body in (structured, unstructured) if body is not None))
    for component in bodies:
        _account(reading, component, "the document")
    if structured is None and unstructured is None:
        reading.remark("unread", "the document has no body", root)
    return PatientSummary(
        header=head, sections=sections, attachment=attachment, remarks=tuple(reading.remarks)
    )


def _refuse_other_documents(reading: Reading) -> None:
    root = reading.root
    if root.tag != _ROOT:
        raise MalformedMessage(
            "this is not a CDA document",
            where=reading.path(root),
            line=line_of(root),
            expected=f"ClinicalDocument in namespace {oids.NS_HL7}",
            got=f"{reading.name(root)[:100]}",
            clause=_SPECIFICATION,
            hint="check which document was retrieved",
        )
    found = first(reading.groups(root), "code")
    code = (found.get("code") or "") if found is not None else ""
    templates = template_ids(reading.groups(root))
    if code == oids.DOCUMENT_CODE_PATIENT_SUMMARY:
        return
    is_summary = oids.TEMPLATE_L3 in templates or oids.TEMPLATE_L1 in templates
    if code in _OTHER_DOCUMENTS or not is_summary:
        raise MalformedMessage(
            "this is not a patient summary",
            where="/ClinicalDocument/code/@code",
            line=line_of(found),
            expected=oids.DOCUMENT_CODE_PATIENT_SUMMARY,
            got=f"{code[:40]} ({_OTHER_DOCUMENTS[code]})"
            if code in _OTHER_DOCUMENTS
            else code[:40] or "no code",
            clause=_SPECIFICATION,
            hint="ask for documents of class 60591-5 only",
        )
    reading.remark("repaired", "the document code is not that of a patient summary; its template is", found)


def _body(reading: Reading, components: list[XmlElement], name: str) -> XmlElement | None:
    for component in components:
        found = first(reading.groups(component), name)
        if found is not None:
            return found
    return None


# ---------------------------------------------------------------------------------------------- sections


def _sections(reading: Reading, parent: XmlElement) -> tuple[Section, ...]:
    found: list[Section] = []
    for component in reading.open(parent).get("component", ()):
        found.extend([_section(reading, element) for element in reading.open(component).get("section", ())])
        _account(reading, component, "a part")
    return tuple(found)


def _section(reading: Reading, element: XmlElement) -> Section:
    groups = reading.open(element)
    code = coded_child(reading, groups, "code")
    own = first(groups, "id")
    text = first(groups, "text")
    found: list[Entry] = []
    key = (code.code or "") if code is not None else ""
    for entry in groups.get("entry", ()):
        found.extend(entries(reading, entry, key))
    section = Section(
        code=code,
        title=text_child(reading, groups, "title"),
        template_ids=template_ids(groups),
        identifier=identifier(own) if own is not None else None,
        language=language(reading, groups),
        null_flavor=element.get("nullFlavor"),
        narrative=narrative(reading, text) if text is not None else None,
        entries=tuple(found),
        subsections=_sections(reading, element),
        origin=reading.origin(element),
    )
    _account(reading, element, "a section")
    return section


def _account(reading: Reading, element: XmlElement, what: str) -> None:
    """Remark what stands beside the parts that were read: authors, subjects, misplaced elements."""
    for child in element:
        name = reading.name(child)
        if child not in reading.taken and name not in ("templateId", "id") and reading.bears_content(child):
            reading.remark("unread", f"{name.rpartition('}')[2]} of {what} is not shown", child)


# -------------------------------------------------------------------------------------------- attachment


def _attachment(reading: Reading, body: XmlElement) -> Attachment:
    text = first(reading.open(body), "text")
    if text is None:
        reading.remark("unread", "the level 1 document has no content", body)
        return Attachment(media_type=None, data=b"", origin=reading.origin(body))
    media_type = text.get("mediaType")
    data = _decoded(reading, text)
    if data and media_type == "application/pdf":
        _judge_pdf(reading, text, data)
    elif data:
        reading.remark("unread", "the content of the level 1 document is not a PDF", text)
    elif not (text.text or "").strip():
        reading.remark("unread", "the level 1 document has no content", text)
    return Attachment(media_type=media_type, data=data, origin=reading.origin(text))


def _decoded(reading: Reading, text: XmlElement) -> bytes:
    if len(text):
        reading.remark("unread", "the content of the level 1 document lies outside it or is markup", text)
        return (text_of(reading, text)[0] or "").encode()
    content = text.text or ""
    if text.get("representation") != "B64":
        if text.get("mediaType") != "application/pdf":
            return content.encode()
        reading.remark("repaired", "representation B64 is missing; the content is decoded as base64", text)
    if text.get("compression"):
        reading.remark("unread", "the content of the level 1 document is compressed", text)
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        reading.remark("unread", "the content of the level 1 document is not base64", text)
        return b""


def _judge_pdf(reading: Reading, text: XmlElement, data: bytes) -> None:
    if b"%PDF-" not in data[:1024]:
        reading.remark("unread", "the content of the level 1 document says it is a PDF, but it is none", text)
    elif _ACTIVE_PDF.search(data):
        reading.remark("unsafe", "the PDF holds actions that run by themselves", text)
