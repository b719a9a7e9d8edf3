"""Writes a :class:`~ehdsi.cda.model.PatientSummary` as a CDA R2 document of level 3 or level 1.

The codes of the model decide the form (friendly, pivot or French); nothing is transcoded here. Where a
section has no narrative, one is made from its entries in the document's language and linked with them. What
comes out is valid under the CDA schema with the pharmacy extension (``urn:hl7-org:pharm``) and the same bytes
every time.

Not written, because the profile has no place for it: that a patient has died (HL7 ``sdtc`` elements are
refused by the schema); remarks; entries that could not be read (their narrative is kept).

Source: eHDSI patient summary CDA R2, publication of 2025-02-21, templates of level 3 and level 1.
"""

from __future__ import annotations

import base64
from dataclasses import replace

from lxml import etree

from ehdsi.cda.datatypes import Identifier
from ehdsi.cda.model import Attachment, Header, PatientSummary, RelatedDocument
from ehdsi.cda.writing.datatypes import V3
from ehdsi.cda.writing.header import NSMAP_LEVEL1, NSMAP_LEVEL3, write_header
from ehdsi.cda.writing.sections import write_body
from ehdsi.errors import LocalError
from ehdsi.oids import TEMPLATE_L1, TEMPLATE_L3
from ehdsi.xml import XmlElement, serialise


def build(summary: PatientSummary) -> bytes:
    """The document of a summary: UTF-8 with an XML declaration, the same bytes for the same value.

    Raises
    ------
    LocalError : level 3 without sections, level 1 without attachment, or a value that CDA cannot carry (a
        negated device).
    """
    return serialise(build_element(summary), declaration=True)


def build_element(summary: PatientSummary) -> XmlElement:
    """The ``ClinicalDocument`` element of a summary; see :func:`build`."""
    level = summary.header.level
    if level == 3 and not summary.sections:
        raise LocalError("a level 3 document needs at least one section")
    if level == 1 and summary.attachment is None:
        raise LocalError("a level 1 document needs an attachment")
    root = etree.Element(V3 + "ClinicalDocument",
                         nsmap=NSMAP_LEVEL3 if level == 3 else NSMAP_LEVEL1)  # type: ignore[arg-type]
    write_header(root, summary.header)
    component = etree.SubElement(root, V3 + "component")
    if summary.attachment is not None and level == 1:
        _write_attachment(component, summary.attachment)
    else:
        write_body(component, summary)
    return root


def level1(summary_l3: PatientSummary, pdf: bytes, identifier: Identifier) -> PatientSummary:
    """The level 1 twin of a level 3 summary: the same header, a PDF as body, related to the level 3 document.

    Parameters
    ----------
    summary_l3 : the summary of level 3, whose identifier the twin names as its parent (``XFRM``).
    pdf : the bytes of the original document, kept as they are.
    identifier : the document identifier of the twin; it must differ from that of level 3.

    Raises
    ------
    LocalError : the two identifiers are the same.
    """
    header = summary_l3.header
    if (identifier.root, identifier.extension) == (header.identifier.root, header.identifier.extension):
        raise LocalError("level 1 and level 3 of a summary need different document identifiers")
    templates = tuple(t for t in header.template_ids if t != TEMPLATE_L3)
    return PatientSummary(
        header=replace(_related(header, header.identifier), level=1, identifier=identifier,
                       template_ids=(TEMPLATE_L1, *templates)),
        attachment=Attachment(media_type="application/pdf", data=pdf),
    )


def related_to(summary: PatientSummary, identifier: Identifier) -> PatientSummary:
    """The same summary, naming the document ``identifier`` (its twin of the other level) as its parent."""
    return replace(summary, header=_related(summary.header, identifier))


def _related(header: Header, identifier: Identifier) -> Header:
    others = tuple(related for related in header.related_documents if related.type_code != "XFRM")
    twin = RelatedDocument(type_code="XFRM", identifiers=(identifier,))
    return replace(header, related_documents=(*others, twin))


def _write_attachment(component: XmlElement, attachment: Attachment) -> None:
    body = etree.SubElement(component, V3 + "nonXMLBody", classCode="DOCBODY", moodCode="EVN")
    text = etree.SubElement(body, V3 + "text", mediaType=attachment.media_type or "application/pdf",
                            representation="B64")
    text.text = base64.b64encode(attachment.data).decode("ascii")
