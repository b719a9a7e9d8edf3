"""Reads any real patient-summary CDA into the typed model: tolerant, and nothing is lost without a word."""

from __future__ import annotations

from ehdsi.cda.model import PatientSummary
from ehdsi.xml import XmlElement, parse as parse_xml


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
    raise NotImplementedError
