"""Writes a search mask. Source: eHDSI International Search Mask, schema of 2023."""

from __future__ import annotations

import base64
from typing import Any

from lxml import etree

from ehdsi import oids
from ehdsi.search_mask.mask import SearchMask
from ehdsi.search_mask.model import LABEL, DocumentSearch, MaskField, PersonSearch, Picture
from ehdsi.xml import XmlElement

ISM = f"{{{oids.NS_ISM}}}"

#: The mask as default namespace; lxml's type stubs do not know the key ``None``.
_DEFAULT: Any = {None: oids.NS_ISM}


def build_mask(mask: SearchMask) -> XmlElement:
    """``searchFields``: what stands in the Extension of the endpoint that publishes the mask."""
    root = etree.Element(ISM + "searchFields", nsmap=_DEFAULT)
    country = etree.SubElement(root, ISM + "country", code=mask.country, label=LABEL + "addressCountry")
    _set(country, friendlyName=mask.friendly_name)
    _add_person(country, "patientSearch", mask.patient)
    for document in mask.documents:
        _add_document(country, document)
    if mask.next_of_kin is not None:
        _add_person(country, "nextOfKinSearch", mask.next_of_kin)
    return root


def _set(element: XmlElement, **attributes: str | None) -> None:
    for name, value in attributes.items():
        if value is not None:
            element.set(name, value)


def _add_person(parent: XmlElement, name: str, search: PersonSearch) -> None:
    element = etree.SubElement(parent, ISM + name, friendlyName=search.friendly_name, scope=search.scope)
    for block in search.blocks:
        holder = etree.SubElement(element, ISM + "identifier", type="CHOICE" if block.choice else "NORMAL")
        for group in block.groups:
            place = etree.SubElement(holder, ISM + "ids", display=group.display) if block.choice else holder
            for one in group.fields:
                _add_field(place, "id", one)
    for one in search.texts:
        _add_field(element, "textField", one)
    for single, name_of in ((search.birth_date, "birthDate"), (search.gender, "gender"),
                            (search.access_code, "accessCode")):
        if single is not None:
            _add_field(element, name_of, single)
    _add_picture(element, search.picture)


def _add_document(parent: XmlElement, search: DocumentSearch) -> None:
    element = etree.SubElement(parent, ISM + "documentSearch")
    _set(element, friendlyName=search.friendly_name, scope=search.scope)
    if search.prescription_id is not None:
        _add_field(element, "prescriptionId", search.prescription_id)
    if search.dispensation_pin is not None:
        _add_field(element, "dispensationPINCode", search.dispensation_pin)
    _add_picture(element, search.picture)


def _add_field(parent: XmlElement, name: str, field: MaskField) -> None:
    element = etree.SubElement(parent, ISM + name)
    _set(element, domain=field.domain, label=LABEL + field.label, format=field.format,
         contextualDescription=field.description, originalContextualDescription=field.original_description,
         mandatory="true" if field.mandatory else "false")


def _add_picture(parent: XmlElement, picture: Picture | None) -> None:
    if picture is None:
        return
    element = etree.SubElement(parent, ISM + "media", label=LABEL + "media")
    _set(element, mediaName=picture.name, fileExtension=picture.file_extension,
         description=picture.description)
    etree.SubElement(element, ISM + "mediaContent").text = base64.b64encode(picture.content).decode("ascii")
