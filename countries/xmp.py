"""The XMP metadata of a level 1 PDF: the part that PDF/A demands, with no clock in it.

All times in it are those of the document, so that the same summary gives the same bytes.

Source: ISO 16684-1 (XMP); ISO 19005-2, 6.6 (PDF/A identification).
"""

from __future__ import annotations

from datetime import datetime

from lxml import etree

_X = "adobe:ns:meta/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_PDFAID = "http://www.aiim.org/pdfa/ns/id/"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def xmp_metadata(*, title: str, creator: str, moment: datetime, part: int = 2, conformance: str = "B") -> str:
    """``x:xmpmeta`` as text, without the packet around it.

    Parameters
    ----------
    moment : creation, modification and metadata date, one for all.
    part, conformance : the PDF/A part (2) and level (``B``) that the file claims.
    """
    meta = etree.Element(f"{{{_X}}}xmpmeta", nsmap={"x": _X})
    names = {"rdf": _RDF, "dc": _DC, "xmp": _XMP, "pdfaid": _PDFAID}
    rdf = etree.SubElement(meta, f"{{{_RDF}}}RDF", nsmap=names)
    about = etree.SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
    written = moment.isoformat(timespec="seconds")
    for name in ("CreateDate", "ModifyDate", "MetadataDate"):
        about.set(f"{{{_XMP}}}{name}", written)
    about.set(f"{{{_XMP}}}CreatorTool", creator)
    etree.SubElement(about, f"{{{_PDFAID}}}part").text = str(part)
    etree.SubElement(about, f"{{{_PDFAID}}}conformance").text = conformance
    alternatives = etree.SubElement(etree.SubElement(about, f"{{{_DC}}}title"), f"{{{_RDF}}}Alt")
    etree.SubElement(alternatives, f"{{{_RDF}}}li", {_XML_LANG: "x-default"}).text = title
    return etree.tostring(meta, encoding="unicode")
