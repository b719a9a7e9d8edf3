"""Reads what both messages of ITI-55 have around their content, and the echoed or asked parameters."""

from __future__ import annotations

import re

from lxml import etree

from ehdsi import oids
from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import MalformedMessage
from ehdsi.findings import Remarks, line_of
from ehdsi.traits import Traits
from ehdsi.xcpd.datatypes import (
    all_text,
    attribute,
    read_address,
    read_identifier,
    read_name,
    read_telecom,
)
from ehdsi.xcpd.elements import H
from ehdsi.xml import XmlElement, path_of

#: HL7 TS with at least seconds and a zone, as creationTime should be.
_FULL_TIME = re.compile(r"[0-9]{14}(\.[0-9]+)?[+-][0-9]{4}")

_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")

#: Parameters that are read into ``Traits``; others are remarked upon.
_READ = frozenset(H + name for name in (
    "id", "livingSubjectAdministrativeGender", "livingSubjectBirthPlaceName", "livingSubjectBirthTime",
    "livingSubjectId", "livingSubjectName", "mothersMaidenName", "patientAddress", "patientTelecom"))


def is_oid(text: str | None) -> bool:
    """Is this a dotted OID of at least two arcs?"""
    return text is not None and _OID.fullmatch(text) is not None


def require_interaction(message: XmlElement, interaction: str) -> None:
    """Refuse an element that is not the interaction.

    Raises
    ------
    MalformedMessage : another local name, or not in the HL7 v3 namespace.
    """
    if message.tag != H + interaction:
        name = etree.QName(message)
        raise MalformedMessage(
            "the SOAP body does not hold the message of this transaction", where=path_of(message),
            expected=f"{interaction} in {oids.NS_HL7}",
            got=f"{name.localname[:60]} in {name.namespace or 'no namespace'}",
            clause="IHE ITI-55 3.55.4", hint="check the action and the namespace of the payload",
            line=line_of(message))


def read_wrapper(message: XmlElement, interaction: str, remarks: Remarks) -> tuple[Identifier, str | None]:
    """Message id and creation time; remarks on the fixed parts of the transmission wrapper."""
    if message.get("ITSVersion") != "XML_1.0":
        remarks.error("A-XCPD-02", "ITSVersion is missing or wrong", message, expected="XML_1.0")
    identifier = read_identifier(message.find(H + "id"))
    if identifier.root is None:
        remarks.error("A-XCPD-02", "the message has no id", message, expected="id/@root")
    created = attribute(message, "creationTime", "value")
    if created is None or _FULL_TIME.fullmatch(created) is None:
        remarks.warning("X-TIM-03", "creationTime is missing or has no seconds or no zone", message,
                        expected="yyyyMMddHHmmss.SSS+0000", got=created or "nothing")
    declared = attribute(message, "interactionId", "extension")
    if declared != interaction:
        remarks.error("A-XCPD-04", "interactionId names another interaction", message, expected=interaction,
                      got=declared or "nothing")
    return identifier, created


def read_party(message: XmlElement, name: str, remarks: Remarks) -> str:
    """The home community OID of ``receiver`` or ``sender``, bare; empty when the message has none.

    ``device/id`` is what the profile compares; a missing one is replaced by the represented organisation's.
    """
    party = message.find(H + name)
    oid = attribute(party, "device/id", "root")
    if oid is None:
        oid = attribute(party, "device/asAgent/representedOrganization/id", "root")
    if oid is None:
        remarks.error("A-XCPD-04", f"{name} has no device id", message, expected=f"{name}/device/id/@root")
        return ""
    if oid.startswith("urn:oid:"):
        remarks.error("A-XCPD-04", f"the {name} id carries the urn:oid: prefix", message,
                      expected="a bare OID", got=oid[:80])
        oid = oid.removeprefix("urn:oid:")
    if not is_oid(oid):
        remarks.error("A-XCPD-04", f"the {name} id is not an OID", message, expected="an OID", got=oid[:80])
    return oid


def read_traits(query: XmlElement, remarks: Remarks) -> Traits:
    """The traits below ``queryByParameter/parameterList``; empty traits when there is no list."""
    parameters = query.find(H + "parameterList")
    if parameters is None:
        remarks.error("A-XCPD-02", "queryByParameter has no parameterList", query, expected="parameterList")
        return Traits()
    values: dict[str, list[XmlElement]] = {}
    for item in parameters.iterchildren("*"):
        name = str(item.tag).removeprefix(H)
        values.setdefault(name, []).extend(item.iterchildren(H + "value"))
        if item.tag not in _READ:
            remarks.warning("A-XCPD-02", "a parameter is not one that eHDSI uses and is not read", item)
    return _traits(values)


def _traits(values: dict[str, list[XmlElement]]) -> Traits:
    def first(name: str) -> XmlElement | None:
        return next(iter(values.get(name, ())), None)

    gender, birth = first("livingSubjectAdministrativeGender"), first("livingSubjectBirthTime")
    name, maiden = first("livingSubjectName"), first("mothersMaidenName")
    address, place = first("patientAddress"), first("livingSubjectBirthPlaceName")
    return Traits(
        identifiers=tuple(read_identifier(value) for value in values.get("livingSubjectId", ())),
        name=None if name is None else read_name(name),
        birth_date=None if birth is None else birth.get("value") or attribute(birth, "low", "value"),
        gender=None if gender is None else gender.get("code"),
        address=None if address is None else read_address(address),
        telecoms=tuple(read_telecom(value) for value in values.get("patientTelecom", ())),
        mothers_maiden_name=None if maiden is None else read_name(maiden),
        birth_place_name=None if place is None else all_text(place) or None,
    )
