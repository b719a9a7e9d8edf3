"""Reads names, addresses, telecoms, organisations and participations, in the header and in entries."""

from __future__ import annotations

from ehdsi.cda.datatypes import Address, Interval, PersonName, Telecom, Time
from ehdsi.cda.model import Organization, Participation
from ehdsi.cda.reading.context import Groups, Reading
from ehdsi.cda.reading.datatypes import coded_child, first, identifiers, interval, text_of, time
from ehdsi.xml import XmlElement

_ROLES = (
    "assignedAuthor",
    "assignedEntity",
    "associatedEntity",
    "relatedEntity",
    "intendedRecipient",
    "participantRole",
)
_PERSONS = ("assignedPerson", "associatedPerson", "relatedPerson", "informationRecipient", "guardianPerson")
_ORGANIZATIONS = (
    "representedOrganization",
    "scopingOrganization",
    "receivedOrganization",
    "guardianOrganization",
)
_DEVICES = ("assignedAuthoringDevice", "playingDevice")
# fmt: off
_STREET = frozenset((
    "streetAddressLine", "streetName", "houseNumber", "houseNumberNumeric", "additionalLocator", "unitID",
    "unitType", "deliveryAddressLine", "buildingNumberSuffix", "postBox", "precinct", "county", "careOf",
    "streetNameBase", "streetNameType", "direction", "censusTract", "deliveryInstallationArea",
    "deliveryInstallationType", "deliveryMode", "deliveryModeIdentifier", "deliveryInstallationQualifier",
))
# fmt: on


def _texts(reading: Reading, groups: Groups, name: str) -> tuple[str, ...]:
    found = groups.get(name)
    if not found:
        return ()
    return tuple([text for element in found if (text := text_of(reading, element)[0])])


def _joined(reading: Reading, groups: Groups, name: str) -> str | None:
    return " ".join(_texts(reading, groups, name)) or None


def text_child(reading: Reading, groups: Groups, name: str) -> str | None:
    """Text of the first child of this name, or None."""
    found = groups.get(name)
    return text_of(reading, found[0])[0] if found else None


def person_name(reading: Reading, element: XmlElement) -> PersonName:
    """A PN element; text outside its parts is kept as ``text``."""
    groups = reading.open(element)
    loose = [element.text or "", *[child.tail or "" for child in element]]
    reading.take(*groups.get("delimiter", ()), *groups.get("validTime", ()))
    return PersonName(
        family=_texts(reading, groups, "family"),
        given=_texts(reading, groups, "given"),
        prefix=_texts(reading, groups, "prefix"),
        suffix=_texts(reading, groups, "suffix"),
        text=" ".join(" ".join(loose).split()) or None,
        use=element.get("use"),
        null_flavor=element.get("nullFlavor"),
    )


def address(reading: Reading, element: XmlElement) -> Address:
    """An AD element; parts without a place of their own become street lines, in document order."""
    groups = reading.open(element)
    lines = [" ".join((element.text or "").split())]
    for child in element:
        if reading.name(child) in _STREET:
            lines.append(text_of(reading, child)[0] or "")
        lines.append(" ".join((child.tail or "").split()))
    return Address(
        street_lines=tuple(line for line in lines if line),
        city=_joined(reading, groups, "city"),
        postal_code=_joined(reading, groups, "postalCode"),
        state=_joined(reading, groups, "state"),
        country=_joined(reading, groups, "country"),
        use=element.get("use"),
        null_flavor=element.get("nullFlavor"),
    )


def addresses(reading: Reading, groups: Groups) -> tuple[Address, ...]:
    """All ``addr`` children that say something."""
    found = [address(reading, element) for element in groups.get("addr", ())]
    return tuple(
        [
            a
            for a in found
            if a.null_flavor or a.street_lines or a.city or a.postal_code or a.state or a.country
        ]
    )


def telecoms(reading: Reading, groups: Groups) -> tuple[Telecom, ...]:
    """All ``telecom`` children that say something."""
    found = groups.get("telecom", ())
    reading.take(*found)
    return tuple(
        [
            Telecom(
                value=element.get("value"),
                use=element.get("use") or None,
                null_flavor=element.get("nullFlavor"),
            )
            for element in found
            if element.get("value") or element.get("nullFlavor")
        ]
    )


def names(reading: Reading, groups: Groups) -> tuple[PersonName, ...]:
    """All ``name`` children that say something."""
    found = [person_name(reading, element) for element in groups.get("name", ())]
    return tuple([n for n in found if n.family or n.given or n.text or n.prefix or n.suffix or n.null_flavor])


def organization(reading: Reading, element: XmlElement) -> Organization:
    """An organisation: identifiers, names, telecoms, addresses."""
    groups = reading.open(element)
    return Organization(
        identifiers=identifiers(reading, groups),
        names=_texts(reading, groups, "name"),
        telecoms=telecoms(reading, groups),
        addresses=addresses(reading, groups),
    )


def _one_of(groups: Groups, wanted: tuple[str, ...]) -> XmlElement | None:
    for name in wanted:
        if name in groups:
            return groups[name][0]
    return None


def read_person(reading: Reading, element: XmlElement | None) -> PersonName | None:
    """The name of a person element, or its null flavour as a name; None where it says nothing."""
    if element is None:
        return None
    groups = reading.open(element)
    found = first(groups, "name")
    name = person_name(reading, found) if found is not None else None
    if name is None or not (name.family or name.given or name.text or name.null_flavor):
        flavour = element.get("nullFlavor")
        return PersonName(null_flavor=flavour) if flavour else None
    return name


def _device(reading: Reading, element: XmlElement | None) -> str | None:
    if element is None:
        return None
    groups = reading.open(element)
    software = text_child(reading, groups, "softwareName")
    model = text_child(reading, groups, "manufacturerModelName")
    return ", ".join(part for part in (software, model) if part) or element.get("nullFlavor")


def _when(reading: Reading, groups: Groups) -> Time | Interval | None:
    found = first(groups, "time")
    if found is None:
        return None
    return interval(reading, found) if len(found) else time(reading, found)


def participation(reading: Reading, element: XmlElement, type_code: str | None = None) -> Participation:
    """A participation of any kind; a role nested in a role (seen in the wild) is read as one.

    ``type_code`` is what the schema fixes where the attribute is absent.
    """
    outer = reading.open(element)
    role = _one_of(outer, _ROLES)
    own = reading.open(role) if role is not None else outer
    nested = _one_of(own, _ROLES) if role is not None else None
    inner = reading.open(nested) if nested is not None else own
    person = _one_of(own, _PERSONS) if nested is None else _one_of(inner, _PERSONS)
    scoper = next(
        (o for o in (_one_of(g, _ORGANIZATIONS) for g in (inner, own, outer)) if o is not None), None
    )
    if role is not None and scoper is not None and scoper.getparent() is element:
        reading.remark("repaired", "an organisation outside its role is read as if inside", scoper)
    return Participation(
        type_code=element.get("typeCode") or type_code,
        class_code=role.get("classCode") if role is not None else None,
        function=coded_child(reading, outer, "functionCode"),
        code=coded_child(reading, own, "code"),
        time=_when(reading, outer),
        identifiers=identifiers(reading, own) or identifiers(reading, inner),
        person=read_person(reading, person),
        device=_device(reading, _one_of(own, _DEVICES)),
        organization=organization(reading, scoper) if scoper is not None else None,
        addresses=addresses(reading, own),
        telecoms=telecoms(reading, own),
        origin=reading.origin(element),
    )


def participations(
    reading: Reading, groups: Groups, name: str, type_code: str | None = None
) -> tuple[Participation, ...]:
    """All children of this name as participations."""
    return tuple([participation(reading, element, type_code) for element in groups.get(name, ())])
