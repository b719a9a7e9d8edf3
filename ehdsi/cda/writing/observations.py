"""Writes observations and groups of them: vital signs, results, social history, pregnancy, functional status.

Source: eHDSI patient summary L3, templates of these sections; IHE PCC simple observation.
"""

from __future__ import annotations

from lxml.etree import SubElement

from ehdsi.cda import sections
from ehdsi.cda.datatypes import Coded
from ehdsi.cda.model import Observation, ObservationGroup
from ehdsi.cda.sections import ENTRY_TEMPLATES, SECTIONS
from ehdsi.cda.writing.datatypes import (
    V3,
    Links,
    add,
    write_coded,
    write_identifiers,
    write_interval,
    write_templates,
    write_text,
    write_value,
)
from ehdsi.cda.writing.entries import write_comments, write_status
from ehdsi.cda.writing.people import write_author, write_performer
from ehdsi.xml import XmlElement

#: LOINC codes that decide the template of an observation within its section.
_BLOOD_GROUP = ("34530-6", "882-1", "883-9")
_PREGNANCY_STATUS = "82810-3"
_OUTCOME_DATE = "93857-1"


def write_observation(parent: XmlElement, entry: Observation, links: Links, loinc: str | None, *,
                      nested: bool = False) -> None:
    """One observation, alone, inside an organizer, or ``nested`` below another observation."""
    element = add(parent, "observation", {
        "classCode": "OBS", "moodCode": "EVN", "nullFlavor": entry.null_flavor,
        "negationInd": "true" if entry.negated else None})
    write_templates(element, entry.template_ids or _templates(entry, loinc, nested))
    write_identifiers(element, entry.identifiers)
    write_coded(element, "code", entry.code or Coded(null_flavor="UNK"), links)
    write_text(element, entry, entry.text, entry.text_reference, links)
    write_status(element, entry.status)
    write_interval(element, "effectiveTime", entry.time)
    for value in entry.values:
        write_value(element, value, links)
    for interpretation in entry.interpretations:
        write_coded(element, "interpretationCode", interpretation, links)
    write_coded(element, "methodCode", entry.method, links)
    for site in entry.sites:
        write_coded(element, "targetSiteCode", site, links)
    for performer in entry.performers:
        write_performer(element, performer)
    for author in entry.authors:
        write_author(element, author, header=False)
    for component in entry.components:
        holder = SubElement(element, V3 + "entryRelationship", typeCode="COMP")
        write_observation(holder, component, links, loinc, nested=True)
    write_comments(element, entry)
    for text in entry.reference_ranges:
        holder = SubElement(SubElement(element, V3 + "referenceRange"), V3 + "observationRange")
        SubElement(holder, V3 + "text").text = text


def _templates(entry: Observation, loinc: str | None, nested: bool) -> tuple[str, ...]:
    """The current templates of an observation in this section."""
    code = entry.code.code if entry.code is not None else None
    if loinc == sections.PREGNANCIES:
        return ENTRY_TEMPLATES[_pregnancy_template(code, nested)]
    if loinc == sections.RESULTS and code in _BLOOD_GROUP:
        return ENTRY_TEMPLATES["result.blood_group"]
    shape = _shape(loinc) or "observation"
    key = shape if shape == "social" else f"{shape}.observation"
    return ENTRY_TEMPLATES.get(key, ENTRY_TEMPLATES["observation"])


def _shape(loinc: str | None) -> str | None:
    kind = SECTIONS.get(loinc or "")
    return kind.shape if kind is not None else None


def _pregnancy_template(code: str | None, nested: bool) -> str:
    if nested:
        return "pregnancy.delivery_date"
    if code == _PREGNANCY_STATUS:
        return "pregnancy.status"
    return "pregnancy.outcome_date" if code == _OUTCOME_DATE else "pregnancy.outcome"


def write_group(parent: XmlElement, entry: ObservationGroup, links: Links, loinc: str | None) -> None:
    """An organizer: a battery of results, else a cluster of readings taken together."""
    shape = _shape(loinc) or "result"
    class_code = "BATTERY" if shape == "result" else "CLUSTER"
    element = add(parent, "organizer", {"classCode": class_code, "moodCode": "EVN",
                                        "nullFlavor": entry.null_flavor})
    write_templates(element, entry.template_ids or ENTRY_TEMPLATES.get(shape, ()))
    write_identifiers(element, entry.identifiers)
    write_coded(element, "code", entry.code, links)
    write_status(element, entry.status)
    write_interval(element, "effectiveTime", entry.time)
    for performer in entry.performers:
        write_performer(element, performer)
    for author in entry.authors:
        write_author(element, author, header=False)
    for observation in entry.observations:
        write_observation(SubElement(element, V3 + "component"), observation, links, loinc)
    write_comments(element, entry, relation="component")
