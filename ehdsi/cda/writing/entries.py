"""Writes the entries of a section that describe what the patient has or had: allergies, problems, procedures,
devices, and the statements that there is nothing or that nothing is known.

Source: eHDSI patient summary L3, templates of allergy, problem, procedure and device entries; IPS absent and
unknown data.
"""

from __future__ import annotations

from lxml.etree import SubElement

from ehdsi.cda import sections
from ehdsi.cda.datatypes import Coded, Identifier, Interval
from ehdsi.cda.model import (
    AbsenceStatement,
    Allergy,
    Device,
    Entry,
    Participation,
    Problem,
    Procedure,
    Reaction,
)
from ehdsi.cda.sections import ENTRY_TEMPLATES
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
from ehdsi.cda.writing.people import write_author, write_performer
from ehdsi.errors import LocalError
from ehdsi.oids import ACT_CLASS, ACT_CODE, LOINC, SNOMED_CT
from ehdsi.xml import XmlElement

CONDITION = Coded(code="404684003", code_system=SNOMED_CT, display_name="Finding")
_SYMPTOM = Coded(code="418799008", code_system=SNOMED_CT, display_name="Symptom")
_PROPENSITY = Coded(code="609328004", code_system=SNOMED_CT, display_name="Allergic disposition")
_CONCERN = Coded(code="CONC", code_system=ACT_CLASS, display_name="Concern")
_SEVERITY = Coded(code="SEV", code_system=ACT_CODE, display_name="Severity")
_CRITICALITY = Coded(code="82606-5", code_system=LOINC, display_name="Allergy or intolerance criticality")
_CERTAINTY = Coded(code="66455-7", code_system=LOINC, display_name="Condition status")
_STATUS = Coded(code="33999-4", code_system=LOINC, display_name="Status")
_HEALTH_STATUS = Coded(code="11323-3", code_system=LOINC, display_name="Health status")
_PROFESSIONAL = Coded(code="85847-2", code_system=LOINC, display_name="Patient care team information")
_COMMENT = Coded(code="48767-8", code_system=LOINC, display_name="Annotation comment")


def open_entry(parent: XmlElement, tag: str, entry: Entry, template: str, *, class_code: str,
               mood: str = "EVN",
               negatable: bool = True, named: bool = True) -> XmlElement:
    """The element of an entry with attributes, templates and (``named``) identifiers."""
    if entry.negated and not negatable:
        raise LocalError(f"a {tag} cannot be negated in CDA")
    element = add(parent, tag, {"classCode": class_code, "moodCode": mood, "nullFlavor": entry.null_flavor,
                                "negationInd": "true" if entry.negated else None})
    write_templates(element, ENTRY_TEMPLATES[template])
    if named:
        write_identifiers(element, entry.identifiers)
    return element


def write_status(parent: XmlElement, status: str | None, default: str = "completed") -> None:
    """``statusCode``."""
    SubElement(parent, V3 + "statusCode", code=status or default)


def write_comments(parent: XmlElement, entry: Entry, relation: str = "entryRelationship") -> None:
    """Free comments on an entry, each as an annotation act."""
    for comment in entry.comments:
        holder = SubElement(parent, V3 + relation)
        if relation == "entryRelationship":
            holder.set("typeCode", "SUBJ")
            holder.set("inversionInd", "true")
        act = add(holder, "act", {"classCode": "ACT", "moodCode": "EVN"})
        write_templates(act, ENTRY_TEMPLATES["comment"])
        write_coded(act, "code", _COMMENT)
        SubElement(act, V3 + "text").text = comment
        write_status(act, None)


def related_observation(parent: XmlElement, type_code: str, template: str, code: Coded, value: Coded | None,
                        links: Links, *, inversion: bool | None = None, time: Interval | None = None
                        ) -> XmlElement | None:
    """A nested observation that carries one coded value: severity, criticality, status, outcome …"""
    if value is None:
        return None
    holder = SubElement(parent, V3 + "entryRelationship", typeCode=type_code)
    if inversion is not None:
        holder.set("inversionInd", "true" if inversion else "false")
    observation = add(holder, "observation", {"classCode": "OBS", "moodCode": "EVN"})
    write_templates(observation, ENTRY_TEMPLATES[template])
    write_coded(observation, "code", code)
    write_status(observation, None)
    if time != Interval():
        write_interval(observation, "effectiveTime", time)
    write_value(observation, value, links)
    return observation


def _open_concern(parent: XmlElement, entry: Allergy | Problem, template: str, links: Links,
                  status: str) -> XmlElement:
    """The concern act around an allergy or a problem; its time is the onset, which readers take from here."""
    act = add(parent, "act", {"classCode": "ACT", "moodCode": "EVN", "nullFlavor": entry.null_flavor})
    write_templates(act, ENTRY_TEMPLATES[template])
    write_identifiers(act, entry.identifiers)
    write_coded(act, "code", _CONCERN)
    write_text(act, entry, entry.text, entry.text_reference, links)
    write_status(act, entry.status, status)
    interval = entry.concern_time or entry.onset
    if interval is None:
        SubElement(SubElement(act, V3 + "effectiveTime"), V3 + "low", nullFlavor="UNK")
    write_interval(act, "effectiveTime", interval)
    for author in entry.authors:
        write_author(act, author, header=False)
    return act


def _open_subject(act: XmlElement, entry: Entry, template: str) -> XmlElement:
    holder = SubElement(act, V3 + "entryRelationship", typeCode="SUBJ", inversionInd="false")
    observation = add(holder, "observation", {"classCode": "OBS", "moodCode": "EVN",
                                              "negationInd": "true" if entry.negated else None})
    write_templates(observation, ENTRY_TEMPLATES[template])
    return observation


def write_allergy(parent: XmlElement, entry: Allergy, links: Links) -> None:
    """An allergy or intolerance: concern act, observation, agents, reactions, qualifying observations."""
    act = _open_concern(parent, entry, "allergy", links, "active")
    observation = _open_subject(act, entry, "allergy.observation")
    write_coded(observation, "code", entry.type or Coded(null_flavor="UNK"), links)
    write_text(observation, entry, entry.text, entry.text_reference, links)
    write_status(observation, None)
    write_interval(observation, "effectiveTime", entry.onset)
    if entry.value is not None:
        write_value(observation, entry.value, links)
    _write_agents(observation, entry, links)
    for reaction in entry.reactions:
        write_reaction(observation, reaction, links, "MFST")
    related_observation(observation, "SUBJ", "severity", _SEVERITY, entry.severity, links, inversion=True)
    related_observation(observation, "SUBJ", "allergy.criticality", _CRITICALITY, entry.criticality, links)
    related_observation(observation, "SUBJ", "allergy.certainty", _CERTAINTY, entry.certainty, links)
    related_observation(observation, "REFR", "allergy.status", _STATUS, entry.clinical_status, links)
    write_comments(act, entry)


def _write_agents(observation: XmlElement, entry: Allergy, links: Links) -> None:
    """One participant per agent; the agent's name stands with the first."""
    agents: tuple[Coded | None, ...] = entry.agents
    if not agents and entry.agent_name:
        agents = (None,)
    for number, agent in enumerate(agents):
        participant = SubElement(observation, V3 + "participant", typeCode="CSM")
        role = SubElement(participant, V3 + "participantRole", classCode="MANU")
        entity = SubElement(role, V3 + "playingEntity", classCode="MMAT")
        write_coded(entity, "code", agent, links)
        if entry.agent_name and number == 0:
            SubElement(entity, V3 + "name").text = entry.agent_name


def write_reaction(parent: XmlElement, reaction: Reaction, links: Links, type_code: str) -> None:
    """A manifestation with its severity below an allergy (``MFST``) or a vaccination (``CAUS``)."""
    holder = SubElement(parent, V3 + "entryRelationship", typeCode=type_code)
    observation = add(holder, "observation", {"classCode": "OBS", "moodCode": "EVN"})
    write_templates(observation, ENTRY_TEMPLATES["allergy.reaction"])
    write_coded(observation, "code", reaction.code or _SYMPTOM)
    write_text(observation, reaction, reaction.text, None, links)
    write_status(observation, None)
    write_interval(observation, "effectiveTime", reaction.time)
    write_value(observation, reaction.manifestation or Coded(null_flavor="UNK"), links)
    related_observation(observation, "SUBJ", "severity", _SEVERITY, reaction.severity, links, inversion=True)


def write_problem(parent: XmlElement, entry: Problem, links: Links, *, past: bool) -> None:
    """A problem or past illness: concern act, observation, severity, assertion, status, outcome."""
    act = _open_concern(parent, entry, "problem", links, "completed" if past else "active")
    observation = _open_subject(act, entry, "problem.observation")
    write_coded(observation, "code", entry.type or CONDITION, links)
    write_text(observation, entry, entry.text, entry.text_reference, links)
    write_status(observation, None)
    write_interval(observation, "effectiveTime", entry.onset)
    write_value(observation, entry.value or Coded(null_flavor="UNK"), links)
    related_observation(observation, "SUBJ", "severity", _SEVERITY, entry.severity, links, inversion=True)
    related_observation(observation, "SUBJ", "problem.assertion", _CERTAINTY, entry.assertion, links,
                        inversion=True)
    related_observation(observation, "REFR", "problem.status", _STATUS, entry.clinical_status, links)
    related_observation(observation, "REFR", "problem.outcome", _HEALTH_STATUS, entry.outcome, links)
    for professional in entry.related_professionals:
        _write_professional(observation, professional)
    for number, resource in enumerate(entry.related_resources, start=1):
        _write_resource(observation, resource, number, entry.identifiers)
    write_comments(act, entry)


def _write_professional(observation: XmlElement, professional: Participation) -> None:
    holder = SubElement(observation, V3 + "entryRelationship", typeCode="REFR")
    act = add(holder, "act", {"classCode": "PCPR", "moodCode": "EVN"})
    write_templates(act, ENTRY_TEMPLATES["problem.professional"])
    write_coded(act, "code", _PROFESSIONAL)
    write_performer(act, professional)


def _write_resource(observation: XmlElement, resource: str, number: int, owners: tuple[Identifier,
                                                                                       ...]) -> None:
    """A related resource: an external document known by its address."""
    document = SubElement(SubElement(observation, V3 + "reference", typeCode="REFR"), V3 + "externalDocument")
    owner = owners[0] if owners else Identifier(null_flavor="NI")
    extension = f"{owner.extension or ''}-{number}" if owner.root else None
    write_identifiers(document, (Identifier(root=owner.root, extension=extension,
                                            null_flavor=owner.null_flavor),))
    SubElement(document, V3 + "code", code="url")
    SubElement(SubElement(document, V3 + "text"), V3 + "reference", value=resource)


def write_procedure(parent: XmlElement, entry: Procedure, links: Links) -> None:
    """An operation or other procedure."""
    element = open_entry(parent, "procedure", entry, "procedure", class_code="PROC")
    write_coded(element, "code", entry.code or Coded(null_flavor="UNK"), links)
    write_text(element, entry, entry.text, entry.text_reference, links)
    write_status(element, entry.status)
    write_interval(element, "effectiveTime", entry.time, missing="UNK")
    write_coded(element, "methodCode", entry.method, links)
    for site in entry.sites:
        write_coded(element, "targetSiteCode", site, links)
    for performer in entry.performers:
        write_performer(element, performer)
    for author in entry.authors:
        write_author(element, author, header=False)
    for reason in entry.reasons:
        related_observation(element, "RSON", "procedure.reason", CONDITION, reason, links)
    write_comments(element, entry)


def write_device(parent: XmlElement, entry: Device, links: Links) -> None:
    """An implant or external device; ``LocalError`` where it is negated, which a supply cannot be."""
    element = open_entry(parent, "supply", entry, "device", class_code="SPLY", negatable=False)
    write_text(element, entry, entry.text, entry.text_reference, links)
    if entry.status:
        write_status(element, entry.status)
    write_interval(element, "effectiveTime", entry.time, typed=True, missing="UNK")
    for author in entry.authors:
        write_author(element, author, header=False)
    participant = SubElement(element, V3 + "participant", typeCode="DEV")
    role = SubElement(participant, V3 + "participantRole", classCode="MANU")
    write_identifiers(role, entry.device_identifiers)
    device = SubElement(role, V3 + "playingDevice", classCode="DEV", determinerCode="INSTANCE")
    write_coded(device, "code", entry.code or Coded(null_flavor="UNK"), links)
    if entry.model_name:
        SubElement(device, V3 + "manufacturerModelName").text = entry.model_name
    write_comments(element, entry)


def write_absence(parent: XmlElement, entry: AbsenceStatement, links: Links, loinc: str | None) -> None:
    """That there is nothing, or that nothing is known, in the shape that the section demands."""
    if loinc == sections.MEDICATIONS:
        _no_medication(parent, entry, links)
    elif loinc == sections.ALLERGIES:
        _no_concern(parent, entry, links, "allergy", _PROPENSITY)
    elif loinc == sections.PROCEDURES:
        _no_procedure(parent, entry, links)
    elif loinc == sections.DEVICES:
        _no_device(parent, entry, links)
    else:
        _no_concern(parent, entry, links, "problem", CONDITION)


def _no_medication(parent: XmlElement, entry: AbsenceStatement, links: Links) -> None:
    element = open_entry(parent, "substanceAdministration", entry, "medication", class_code="SBADM",
                         mood="INT")
    write_coded(element, "code", entry.code, links)
    write_text(element, entry, entry.text, entry.text_reference, links)
    write_status(element, entry.status)
    write_interval(element, "effectiveTime", entry.time, typed=True, missing="UNK")
    SubElement(element, V3 + "effectiveTime", nullFlavor="NA")
    consumable = SubElement(element, V3 + "consumable")
    product = SubElement(consumable, V3 + "manufacturedProduct", classCode="MANU")
    write_templates(product, ENTRY_TEMPLATES["medication.product"])
    SubElement(product, V3 + "manufacturedMaterial", nullFlavor="NA")
    write_comments(element, entry)


def _no_concern(parent: XmlElement, entry: AbsenceStatement, links: Links, template: str,
                code: Coded) -> None:
    act = add(parent, "act", {"classCode": "ACT", "moodCode": "EVN", "nullFlavor": entry.null_flavor})
    write_templates(act, ENTRY_TEMPLATES[template])
    write_identifiers(act, entry.identifiers)
    write_coded(act, "code", _CONCERN)
    write_text(act, entry, entry.text, entry.text_reference, links)
    write_status(act, entry.status, "active")
    _absent_low(act, entry)
    observation = _open_subject(act, entry, f"{template}.observation")
    write_coded(observation, "code", code)
    write_text(observation, entry, entry.text, entry.text_reference, links)
    write_status(observation, None)
    _absent_low(observation, entry)
    write_value(observation, entry.code, links)
    write_comments(act, entry)


def _absent_low(parent: XmlElement, entry: AbsenceStatement) -> None:
    if entry.time is not None:
        write_interval(parent, "effectiveTime", entry.time)
    else:
        SubElement(SubElement(parent, V3 + "effectiveTime"), V3 + "low", nullFlavor="NA")


def _no_procedure(parent: XmlElement, entry: AbsenceStatement, links: Links) -> None:
    element = open_entry(parent, "procedure", entry, "procedure", class_code="PROC")
    write_coded(element, "code", entry.code, links)
    write_text(element, entry, entry.text, entry.text_reference, links)
    write_status(element, entry.status)
    write_interval(element, "effectiveTime", entry.time, typed=True, missing="NA")
    write_comments(element, entry)


def _no_device(parent: XmlElement, entry: AbsenceStatement, links: Links) -> None:
    element = open_entry(parent, "supply", entry, "device", class_code="SPLY", negatable=False)
    write_text(element, entry, entry.text, entry.text_reference, links)
    write_interval(element, "effectiveTime", entry.time, typed=True, missing="NA")
    participant = SubElement(element, V3 + "participant", typeCode="DEV")
    role = SubElement(participant, V3 + "participantRole", classCode="MANU")
    device = SubElement(role, V3 + "playingDevice", classCode="DEV", determinerCode="INSTANCE")
    write_coded(device, "code", entry.code, links)
    write_comments(element, entry)
