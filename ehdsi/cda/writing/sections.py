"""Writes the structured body: sections, their narratives, their entries and nested sections.

Source: eHDSI patient summary L3, section templates; CDA R2 ``Section``.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.etree import SubElement

from ehdsi.cda import sections
from ehdsi.cda.datatypes import NarrativeNode
from ehdsi.cda.labels import section_title
from ehdsi.cda.model import (
    AbsenceStatement,
    Allergy,
    Device,
    Entry,
    Immunization,
    Medication,
    Observation,
    ObservationGroup,
    PatientSummary,
    Problem,
    Procedure,
    Section,
)
from ehdsi.cda.narrative import narrate
from ehdsi.cda.sections import SECTIONS
from ehdsi.cda.writing.datatypes import V3, Links, write_coded, write_identifiers, write_templates
from ehdsi.cda.writing.entries import (
    write_absence,
    write_allergy,
    write_device,
    write_problem,
    write_procedure,
)
from ehdsi.cda.writing.medication import write_immunization, write_medication
from ehdsi.cda.writing.observations import write_group, write_observation
from ehdsi.xml import XmlElement


def write_body(component: XmlElement, summary: PatientSummary) -> None:
    """``structuredBody`` with every section of the summary, in its order."""
    body = SubElement(component, V3 + "structuredBody")
    known = frozenset(_identifiers(summary.sections))
    prefix = "s"
    while any(identifier.startswith(prefix) for identifier in known):
        prefix += "x"
    for number, section in enumerate(summary.sections, start=1):
        _write_section(body, section, summary.header.language, f"{prefix}{number}", known)


def _identifiers(found: tuple[Section, ...]) -> Iterator[str]:
    """Every ID of the narratives that were given."""
    for section in found:
        if section.narrative is not None:
            yield from _node_identifiers(section.narrative)
        yield from _identifiers(section.subsections)


def _node_identifiers(node: NarrativeNode) -> Iterator[str]:
    for name, value in node.attributes:
        if name == "ID":
            yield value
    for child in node.children:
        if not isinstance(child, str):
            yield from _node_identifiers(child)


def _write_section(parent: XmlElement, section: Section, language: str | None, prefix: str,
                   known: frozenset[str]) -> None:
    element = SubElement(SubElement(parent, V3 + "component"), V3 + "section")
    if section.null_flavor:
        element.set("nullFlavor", section.null_flavor)
    loinc = section.code.code if section.code is not None else None
    kind = SECTIONS.get(loinc or "")
    write_templates(element, section.template_ids or (kind.templates if kind is not None else ()))
    if section.identifier is not None:
        write_identifiers(element, (section.identifier,))
    write_coded(element, "code", section.code)
    title = section.title or section_title(loinc, section.language or language)
    if title:
        SubElement(element, V3 + "title").text = title
    links = _write_narrative(element, section, section.language or language, prefix, known)
    if section.language:
        SubElement(element, V3 + "languageCode", code=section.language)
    for entry, link in zip(section.entries, links, strict=True):
        _write_entry(element, entry, link, loinc)
    for number, subsection in enumerate(section.subsections, start=1):
        _write_section(element, subsection, section.language or language, f"{prefix}-{number}", known)


def _write_narrative(element: XmlElement, section: Section, language: str | None, prefix: str,
                     known: frozenset[str]) -> tuple[Links, ...]:
    """``text``: as given, else made from the entries; returns what each entry may point to."""
    if section.narrative is not None:
        given = section.narrative
        node = given if given.tag == "text" else NarrativeNode(tag="text", children=(given,))
        _write_node(element, node)
        return (Links(known=known),) * len(section.entries)
    narrated = narrate(section, language, prefix)
    _write_node(element, narrated.node)
    return tuple(Links(targets=targets, known=known) for targets in narrated.targets)


def _write_node(parent: XmlElement, node: NarrativeNode) -> None:
    element = SubElement(parent, V3 + node.tag, dict(node.attributes))
    last: XmlElement | None = None
    for child in node.children:
        if not isinstance(child, str):
            _write_node(element, child)
            last = element[-1]
        elif last is None:
            element.text = (element.text or "") + child
        else:
            last.tail = (last.tail or "") + child


def _write_entry(element: XmlElement, entry: Entry, links: Links, loinc: str | None) -> None:
    """One entry in its own shape; an entry that could not be read has only its narrative."""
    if isinstance(entry, _WRITTEN):
        parent = SubElement(element, V3 + "entry")
        if isinstance(entry, AbsenceStatement):
            write_absence(parent, entry, links, loinc)
        elif isinstance(entry, Problem):
            write_problem(parent, entry, links, past=loinc == sections.PAST_ILLNESS)
        elif isinstance(entry, Observation):
            write_observation(parent, entry, links, loinc)
        elif isinstance(entry, ObservationGroup):
            write_group(parent, entry, links, loinc)
        else:
            _write_plain(parent, entry, links)


def _write_plain(parent: XmlElement, entry: Entry, links: Links) -> None:
    """The kinds that look the same in every section."""
    if isinstance(entry, Medication):
        write_medication(parent, entry, links)
    elif isinstance(entry, Allergy):
        write_allergy(parent, entry, links)
    elif isinstance(entry, Procedure):
        write_procedure(parent, entry, links)
    elif isinstance(entry, Device):
        write_device(parent, entry, links)
    elif isinstance(entry, Immunization):
        write_immunization(parent, entry, links)


_WRITTEN = (AbsenceStatement, Problem, Observation, ObservationGroup, Medication, Allergy, Procedure, Device,
            Immunization)
