"""Writes medications and vaccinations with their products in the current pharmacy extension.

Children in ``urn:hl7-org:pharm`` stand inside ``manufacturedMaterial`` in the order of the schema; quantities
and translations below them stay in ``urn:hl7-org:v3``. A product read from the old extension is written in
the current one.

Source: eHDSI patient summary L3, medication item, immunization and medicinal product templates; HL7 pharmacy
extension of CDA R2.
"""

from __future__ import annotations

from lxml.etree import SubElement

from ehdsi.cda.datatypes import Coded
from ehdsi.cda.model import Immunization, Ingredient, Medication, Package, Product
from ehdsi.cda.sections import ENTRY_TEMPLATES
from ehdsi.cda.writing.datatypes import (
    NO_LINKS,
    PHARM,
    V3,
    Links,
    add,
    write_coded,
    write_interval,
    write_quantity,
    write_range,
    write_ratio,
    write_templates,
    write_text,
    write_timing,
    write_value,
)
from ehdsi.cda.writing.entries import (
    open_entry,
    related_observation,
    write_comments,
    write_reaction,
    write_status,
)
from ehdsi.cda.writing.people import write_author, write_performer
from ehdsi.oids import IHE_ACT_CODE, IHE_ACT_CODE_AS_USED, LOINC, SNOMED_CT
from ehdsi.xml import XmlElement

_CONDITION = Coded(code="64572001", code_system=SNOMED_CT, display_name="Condition")
_INSTRUCTION = Coded(code="PINSTRUCT", code_system=IHE_ACT_CODE, display_name="Patient instruction")
_IMMUNIZATION = Coded(code="IMMUNIZ", code_system=IHE_ACT_CODE_AS_USED, display_name="Immunization")
_DOSE_NUMBER = Coded(code="30973-2", code_system=LOINC, display_name="Dose number")


def write_medication(parent: XmlElement, entry: Medication, links: Links) -> None:
    """A treatment: period of use, frequency, route, dose, product, reasons, instructions."""
    element = open_entry(parent, "substanceAdministration", entry, "medication", class_code="SBADM",
                         mood=entry.mood or "INT")
    write_coded(element, "code", entry.code, links)
    write_text(element, entry, entry.text, entry.text_reference, links)
    write_status(element, entry.status, "active")
    write_interval(element, "effectiveTime", entry.period, typed=True, missing="UNK")
    for timing in (entry.timing, *entry.other_timings):
        if timing is not None:
            write_timing(element, "effectiveTime", timing, "A")
    write_coded(element, "routeCode", entry.route, links)
    for site in entry.sites:
        write_coded(element, "approachSiteCode", site, links)
    write_range(element, "doseQuantity", entry.dose)
    write_range(element, "rateQuantity", entry.rate)
    write_ratio(element, "maxDoseQuantity", entry.max_dose)
    _write_consumable(element, entry.product, links, "medication.product", "medication.material")
    for author in entry.authors:
        write_author(element, author, header=False)
    times = entry.reason_times or (None,) * len(entry.reasons)
    for reason, time in zip(entry.reasons, times, strict=False):
        related_observation(element, "RSON", "medication.reason", _CONDITION, reason, links, time=time)
    for instruction in entry.instructions:
        _write_instruction(element, instruction)
    write_comments(element, entry)


def _write_instruction(element: XmlElement, instruction: str) -> None:
    holder = SubElement(element, V3 + "entryRelationship", typeCode="SUBJ", inversionInd="true")
    act = add(holder, "act", {"classCode": "ACT", "moodCode": "INT"})
    write_templates(act, ENTRY_TEMPLATES["medication.instructions"])
    write_coded(act, "code", _INSTRUCTION)
    SubElement(act, V3 + "text").text = instruction
    write_status(act, None)


def write_immunization(parent: XmlElement, entry: Immunization, links: Links) -> None:
    """A vaccination, given or not: ``negationInd`` is always stated, since readers ask for it."""
    element = open_entry(parent, "substanceAdministration", entry, "immunization", class_code="SBADM")
    element.set("negationInd", "true" if entry.negated else "false")
    write_coded(element, "code", _IMMUNIZATION)
    write_text(element, entry, entry.text, entry.text_reference, links)
    write_status(element, entry.status)
    write_interval(element, "effectiveTime", entry.time, typed=True, missing="UNK")
    write_coded(element, "routeCode", entry.route, links)
    write_range(element, "doseQuantity", entry.dose)
    _write_consumable(element, entry.vaccine, links, "immunization.product", None)
    for performer in entry.performers:
        write_performer(element, performer)
    for author in entry.authors:
        write_author(element, author, header=False)
    for target in entry.targets:
        _write_target(element, target, links)
    if entry.dose_number:
        _write_dose_number(element, entry.dose_number)
    for reaction in entry.reactions:
        write_reaction(element, reaction, links, "CAUS")
    write_comments(element, entry)


def _write_target(element: XmlElement, disease: Coded, links: Links) -> None:
    """A disease that the vaccine protects from."""
    role = SubElement(SubElement(element, V3 + "participant", typeCode="IND"), V3 + "participantRole",
                      classCode="AGNT")
    write_coded(role, "code", disease, links)
    SubElement(role, V3 + "playingEntity", classCode="ENT", nullFlavor="UNK")


def _write_dose_number(element: XmlElement, number: str) -> None:
    holder = SubElement(element, V3 + "entryRelationship", typeCode="SUBJ")
    observation = add(holder, "observation", {"classCode": "OBS", "moodCode": "EVN"})
    write_templates(observation, ENTRY_TEMPLATES["immunization.dose_number"])
    write_coded(observation, "code", _DOSE_NUMBER)
    write_status(observation, None)
    _write_count(observation, number)


def _write_count(observation: XmlElement, number: str) -> None:
    """A number as ``INT``; anything else (``2/3``, ``booster``) as text, since nothing may be lost."""
    write_value(observation, int(number) if number.isdecimal() else number, NO_LINKS)


# ---------------------------------------------------------------------------------------------- product


def _write_consumable(element: XmlElement, product: Product, links: Links, template: str,
                      material_template: str | None) -> None:
    consumable = SubElement(element, V3 + "consumable")
    manufactured = SubElement(consumable, V3 + "manufacturedProduct", classCode="MANU")
    write_templates(manufactured, ENTRY_TEMPLATES[template])
    material = SubElement(manufactured, V3 + "manufacturedMaterial", classCode="MMAT", determinerCode="KIND")
    if material_template:
        write_templates(material, ENTRY_TEMPLATES[material_template])
    _fill_product(material, product, links, V3)
    if product.manufacturer:
        organization = SubElement(manufactured, V3 + "manufacturerOrganization")
        SubElement(organization, V3 + "name").text = product.manufacturer


def _fill_product(element: XmlElement, product: Product, links: Links, space: str) -> None:
    """The content of a material (``space`` HL7) or of a part of a kit (``space`` pharm)."""
    write_coded(element, "code", product.code, links, space=space)
    if product.name:
        SubElement(element, space + "name").text = product.name
    if product.description:
        SubElement(element, PHARM + "desc").text = product.description
    write_coded(element, "formCode", product.form, links, space=PHARM)
    if product.lot_number and space == V3:
        SubElement(element, V3 + "lotNumberText").text = product.lot_number
    for package in product.packages:
        _write_package(element, package, links)
    for kind in product.classes:
        holder = SubElement(element, PHARM + "asSpecializedKind", classCode="GRIC")
        generic = SubElement(holder, PHARM + "generalizedMaterialKind", classCode="MMAT",
                             determinerCode="KIND")
        write_coded(generic, "code", kind, links, space=PHARM)
    for part in product.parts:
        holder = SubElement(element, PHARM + "part", classCode="PART")
        inner = SubElement(holder, PHARM + "partProduct", classCode="MMAT", determinerCode="KIND")
        _fill_product(inner, part, links, PHARM)
    for ingredient in product.ingredients:
        _write_ingredient(element, ingredient, links)


def _write_package(element: XmlElement, package: Package, links: Links) -> None:
    """``asContent``: how much of it is in which container, and the container around that."""
    holder = SubElement(element, PHARM + "asContent", classCode="CONT")
    write_quantity(holder, "quantity", package.quantity, xsi_type="PQ", space=PHARM)
    container = SubElement(holder, PHARM + "containerPackagedProduct", classCode="CONT",
                           determinerCode="KIND")
    write_coded(container, "code", package.code, links, space=PHARM)
    if package.name:
        SubElement(container, PHARM + "name").text = package.name
    write_coded(container, "formCode", package.form, links, space=PHARM)
    write_quantity(container, "capacityQuantity", package.capacity, space=PHARM)
    if package.inner is not None:
        _write_package(container, package.inner, links)


def _write_ingredient(element: XmlElement, ingredient: Ingredient, links: Links) -> None:
    """An active substance: code or name, which the profile demands, and its strength."""
    holder = SubElement(element, PHARM + "ingredient", classCode=ingredient.class_code)
    write_ratio(holder, "quantity", ingredient.strength, space=PHARM, typed_parts=True)
    substance = SubElement(holder, PHARM + "ingredientSubstance", classCode="MMAT", determinerCode="KIND")
    code = ingredient.code
    if code is None and not ingredient.name:
        code = Coded(null_flavor="UNK")
    write_coded(substance, "code", code, links, space=PHARM)
    if ingredient.name:
        SubElement(substance, PHARM + "name").text = ingredient.name
