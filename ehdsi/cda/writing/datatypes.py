"""Writes HL7 v3 data types as CDA elements: the small change of the document builder.

Each function appends one element (or none, where the value is absent) to ``parent``. Element creation is
direct (``SubElement``), because a document has thousands of them.

Source: HL7 v3 data types as restricted by CDA R2 (datatypes-base).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml.etree import SubElement

from ehdsi.cda.datatypes import (
    Address,
    Coded,
    EventTiming,
    Identifier,
    Interval,
    Periodic,
    PersonName,
    Quantity,
    QuantityRange,
    Ratio,
    Telecom,
    Time,
    Timing,
    TimingSet,
    Value,
)
from ehdsi.oids import NS_HL7, NS_PHARM, NS_XSI, TIMING_EVENT
from ehdsi.xml import XmlElement

V3 = f"{{{NS_HL7}}}"
PHARM = f"{{{NS_PHARM}}}"
XSI_TYPE = f"{{{NS_XSI}}}type"


@dataclass(frozen=True, slots=True)
class Links:
    """What one entry points to in the narrative.

    ``targets`` maps ``id(value)`` of entries, reactions and codes of this entry to the ID of the element that
    shows them in a generated narrative; ``known`` holds every ID of the narratives that were given.
    """

    targets: Mapping[int, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()

    def target(self, value: object, reference: str | None) -> str | None:
        """The ID that shows ``value``: the generated one, else its own reference where it leads somewhere."""
        found = self.targets.get(id(value))
        if found is None and reference is not None and reference in self.known:
            return reference
        return found


#: For elements outside the body, which point nowhere.
NO_LINKS = Links()


def add(parent: XmlElement, name: str, attributes: Mapping[str, str | None]) -> XmlElement:
    """A child in the HL7 namespace with those attributes that have a value."""
    return SubElement(parent, V3 + name, {key: value for key, value in attributes.items() if value})


def write_text(parent: XmlElement, owner: object, text: str | None, reference: str | None,
               links: Links) -> None:
    """``text``: a reference into the narrative where the owner is shown there, else the text itself."""
    target = links.target(owner, reference)
    if target is not None:
        SubElement(SubElement(parent, V3 + "text"), V3 + "reference", value="#" + target)
    elif text:
        SubElement(parent, V3 + "text").text = text


def write_templates(parent: XmlElement, templates: Iterable[str]) -> None:
    """One ``templateId`` per OID."""
    for template in templates:
        SubElement(parent, V3 + "templateId", root=template)


def write_identifiers(parent: XmlElement, identifiers: Iterable[Identifier], *, required: bool = False,
                      name: str = "id") -> None:
    """``id`` elements; where one is required and none is known, one with null flavour ``NI``."""
    written = False
    for identifier in identifiers:
        add(parent, name, {"root": identifier.root, "extension": identifier.extension,
                           "assigningAuthorityName": identifier.authority,
                           "nullFlavor": identifier.null_flavor})
        written = True
    if required and not written:
        SubElement(parent, V3 + name, nullFlavor="NI")


def write_coded(parent: XmlElement, name: str, coded: Coded | None, links: Links = NO_LINKS, *,
                xsi_type: str | None = None, space: str = V3) -> None:
    """A coded value with original text, qualifiers and nested translations; nothing where it is absent."""
    if coded is None:
        return
    element = SubElement(parent, space + name)
    if xsi_type:
        element.set(XSI_TYPE, xsi_type)
    _set_code(element, coded)
    target = links.target(coded, coded.original_text_reference)
    if target is not None:
        original = SubElement(element, V3 + "originalText")
        SubElement(original, V3 + "reference", value="#" + target)
    elif coded.original_text:
        SubElement(element, V3 + "originalText").text = coded.original_text
    for qualifier in coded.qualifiers:
        holder = SubElement(element, V3 + "qualifier")
        write_coded(holder, "name", qualifier.name)
        write_coded(holder, "value", qualifier.value)
    for translation in coded.translations:
        write_coded(element, "translation", translation)


def _set_code(element: XmlElement, coded: Coded) -> None:
    if coded.code:
        element.set("code", coded.code)
    if coded.code_system:
        element.set("codeSystem", coded.code_system)
    if coded.code_system_name:
        element.set("codeSystemName", coded.code_system_name)
    if coded.code_system_version:
        element.set("codeSystemVersion", coded.code_system_version)
    if coded.display_name:
        element.set("displayName", coded.display_name)
    if coded.null_flavor:
        element.set("nullFlavor", coded.null_flavor)


def write_time(parent: XmlElement, name: str, time: Time | None, *, missing: str | None = None) -> None:
    """A point in time; where it is absent and ``missing`` is given, an element with that null flavour."""
    if time is not None:
        add(parent, name, {"value": time.value, "nullFlavor": time.null_flavor})
    elif missing:
        SubElement(parent, V3 + name, nullFlavor=missing)


def write_quantity(parent: XmlElement, name: str, quantity: Quantity | None, *, xsi_type: str | None = None,
                   space: str = V3) -> None:
    """A physical quantity; what is counted (``original_text``) becomes the ``translation`` of the profile."""
    if quantity is None:
        return
    element = SubElement(parent, space + name)
    if xsi_type:
        element.set(XSI_TYPE, xsi_type)
    for key, value in (("value", quantity.value), ("unit", quantity.unit), ("nullFlavor",
                                                                            quantity.null_flavor)):
        if value:
            element.set(key, value)
    for translation in quantity.translations:
        write_coded(element, "translation", translation)
    if quantity.original_text and not any(t.original_text for t in quantity.translations):
        holder = SubElement(element, V3 + "translation", nullFlavor="UNK")
        SubElement(holder, V3 + "originalText").text = quantity.original_text


def write_interval(parent: XmlElement, name: str, interval: Interval | None, *, typed: bool = False,
                   missing: str | None = None, operator: str | None = None) -> None:
    """An interval of time.

    ``typed`` states ``xsi:type``, which ``effectiveTime`` of medications and devices needs; ``missing`` is
    the null flavour of an interval that is absent; a width beside both bounds says nothing new and is left
    out.
    """
    if interval is None and missing is None:
        return
    element = SubElement(parent, V3 + name)
    if typed:
        element.set(XSI_TYPE, "IVL_TS")
    if operator:
        element.set("operator", operator)
    if interval is None:
        element.set("nullFlavor", str(missing))
        return
    point = interval.value or Time()
    for key, value in (("value", point.value), ("nullFlavor", interval.null_flavor or point.null_flavor)):
        if value:
            element.set(key, value)
    if interval.low is not None:
        write_time(element, "low", interval.low)
    elif interval.center is not None:
        write_time(element, "center", interval.center)
    if interval.low is None or interval.high is None:
        write_quantity(element, "width", interval.width)
    write_time(element, "high", interval.high)


def write_range(parent: XmlElement, name: str, values: QuantityRange | None, *,
                xsi_type: str | None = None) -> None:
    """An interval of quantities, in the direct form (``@value``) or with bounds, as the model holds it."""
    if values is None:
        return
    element = SubElement(parent, V3 + name)
    if xsi_type:
        element.set(XSI_TYPE, xsi_type)
    if values.null_flavor:
        element.set("nullFlavor", values.null_flavor)
    if values.value is not None:
        _write_direct(element, values.value)
        return
    write_quantity(element, "low", values.low)
    if values.low is None or values.high is None:
        write_quantity(element, "width", values.width)
    write_quantity(element, "high", values.high)


def _write_direct(element: XmlElement, quantity: Quantity) -> None:
    for key, value in (("value", quantity.value), ("unit", quantity.unit), ("nullFlavor",
                                                                            quantity.null_flavor)):
        if value:
            element.set(key, value)
    for translation in quantity.translations:
        write_coded(element, "translation", translation)
    if quantity.original_text and not quantity.translations:
        holder = SubElement(element, V3 + "translation", nullFlavor="UNK")
        SubElement(holder, V3 + "originalText").text = quantity.original_text


def write_ratio(parent: XmlElement, name: str, ratio: Ratio | None, *, xsi_type: str | None = None,
                space: str = V3, typed_parts: bool = False) -> None:
    """A ratio of quantities; ``typed_parts`` states the type of both parts (pharmacy extension)."""
    if ratio is None:
        return
    element = SubElement(parent, space + name)
    if xsi_type:
        element.set(XSI_TYPE, xsi_type)
    if ratio.null_flavor:
        element.set("nullFlavor", ratio.null_flavor)
    part_type = "PQ" if typed_parts else None
    missing = Quantity(null_flavor="UNK")
    write_quantity(element, "numerator", ratio.numerator or missing, xsi_type=part_type)
    write_quantity(element, "denominator", ratio.denominator or missing, xsi_type=part_type)


def write_timing(parent: XmlElement, name: str, timing: Timing, operator: str | None) -> None:
    """One part of a schedule: a frequency, a daily event, a set of these, an interval or a point.

    ``operator`` is what the part gets where it states none itself; the first part of a set has none.
    """
    if isinstance(timing, Interval):
        write_interval(parent, name, timing, typed=True, operator=operator)
        return
    own = None if isinstance(timing, Time) else timing.operator
    element = add(parent, name, {"operator": own or operator, "nullFlavor": timing.null_flavor})
    if isinstance(timing, Time):
        if timing.value:
            element.set("value", timing.value)
    elif isinstance(timing, Periodic):
        _fill_periodic(element, timing)
    elif isinstance(timing, EventTiming):
        _fill_event(element, timing)
    else:
        _fill_set(element, timing)


def _fill_periodic(element: XmlElement, timing: Periodic) -> None:
    element.set(XSI_TYPE, "PIVL_TS")
    if timing.institution_specified is not None:
        element.set("institutionSpecified", "true" if timing.institution_specified else "false")
    write_interval(element, "phase", timing.phase)
    write_quantity(element, "period", timing.period)


def _fill_event(element: XmlElement, timing: EventTiming) -> None:
    element.set(XSI_TYPE, "EIVL_TS")
    if timing.event is not None:
        event = timing.event if timing.event.code_system else None
        write_coded(element, "event", event or _timing_event(timing.event))
    if timing.offset is not None:
        _write_offset(element, timing.offset)


def _timing_event(event: Coded) -> Coded:
    return Coded(code=event.code, code_system=TIMING_EVENT, display_name=event.display_name,
                 null_flavor=event.null_flavor)


def _write_offset(element: XmlElement, offset: Interval) -> None:
    """The offset from an event, an interval of quantities; the model keeps its bounds as ``30 min``."""
    holder = add(element, "offset", {"nullFlavor": offset.null_flavor})
    for name, bound in (("low", offset.low), ("high", offset.high)):
        if bound is not None:
            value, _, unit = (bound.value or "").partition(" ")
            add(holder, name, {"value": value, "unit": unit, "nullFlavor": bound.null_flavor})
        if name == "low" and (offset.low is None or offset.high is None):
            write_quantity(holder, "width", offset.width)


def _fill_set(element: XmlElement, timing: TimingSet) -> None:
    element.set(XSI_TYPE, "SXPR_TS")
    for number, part in enumerate(timing.parts):
        write_timing(element, "comp", part, "A" if number else None)


def write_address(parent: XmlElement, address: Address) -> None:
    """A postal address; one without any part gets null flavour ``NI``."""
    parts = [("streetAddressLine", line) for line in address.street_lines]
    parts += [("city", address.city or ""), ("postalCode", address.postal_code or ""),
              ("state", address.state or ""), ("country", address.country or "")]
    filled = [(name, text) for name, text in parts if text]
    flavor = address.null_flavor or (None if filled else "NI")
    element = add(parent, "addr", {"use": address.use, "nullFlavor": flavor})
    for name, text in filled:
        SubElement(element, V3 + name).text = text


def write_telecom(parent: XmlElement, telecom: Telecom) -> None:
    """A telephone number or mail address."""
    add(parent, "telecom", {"value": telecom.value, "use": telecom.use, "nullFlavor": telecom.null_flavor})


def write_contacts(parent: XmlElement, addresses: tuple[Address, ...], telecoms: tuple[Telecom, ...], *,
                   required: bool = False, telecom_first: bool = False, single: bool = False) -> None:
    """Addresses and telecoms in the order that the parent wants.

    ``telecom_first`` inside organisations; ``single`` where only one of each may stand (custodian);
    ``required`` writes null flavour ``NI`` where nothing is known.
    """
    shown_addresses = addresses[:1] if single else addresses
    shown_telecoms = telecoms[:1] if single else telecoms
    if required:
        shown_addresses = shown_addresses or (Address(null_flavor="NI"),)
        shown_telecoms = shown_telecoms or (Telecom(null_flavor="NI"),)
    for kind in ("telecom", "addr") if telecom_first else ("addr", "telecom"):
        if kind == "addr":
            for address in shown_addresses:
                write_address(parent, address)
        else:
            for telecom in shown_telecoms:
                write_telecom(parent, telecom)


def write_name(parent: XmlElement, name: PersonName) -> None:
    """A person's name: prefix, given, family, suffix, as it is spoken."""
    element = add(parent, "name", {"use": name.use, "nullFlavor": name.null_flavor})
    element.text = name.text
    for tag, values in (("prefix", name.prefix), ("given", name.given), ("family", name.family),
                        ("suffix", name.suffix)):
        for value in values:
            SubElement(element, V3 + tag).text = value


def write_value(parent: XmlElement, value: Value, links: Links, *, name: str = "value") -> None:
    """The value of an observation with its ``xsi:type``."""
    if isinstance(value, Coded):
        write_coded(parent, name, value, links, xsi_type=_coded_type(value))
    elif isinstance(value, Quantity):
        write_quantity(parent, name, value, xsi_type="PQ")
    elif isinstance(value, QuantityRange):
        write_range(parent, name, value, xsi_type="IVL_PQ")
    elif isinstance(value, Ratio):
        write_ratio(parent, name, value, xsi_type="RTO_PQ_PQ")
    elif isinstance(value, Interval):
        write_interval(parent, name, value, typed=True)
    else:
        _write_plain(parent, name, value)


def _coded_type(value: Coded) -> str:
    """The stated type where it can hold the value, else the most general one."""
    if value.qualifiers:
        return "CD"
    if value.translations:
        return value.xsi_type if value.xsi_type in ("CD", "CE") else "CD"
    return value.xsi_type if value.xsi_type in ("CD", "CE", "CV", "CO") else "CD"


def _write_plain(parent: XmlElement, name: str, value: Time | str | int | bool) -> None:
    element = SubElement(parent, V3 + name)
    if isinstance(value, Time):
        element.set(XSI_TYPE, "TS")
        for key, text in (("value", value.value), ("nullFlavor", value.null_flavor)):
            if text:
                element.set(key, text)
    elif isinstance(value, bool):
        element.set(XSI_TYPE, "BL")
        element.set("value", "true" if value else "false")
    elif isinstance(value, int):
        element.set(XSI_TYPE, "INT")
        element.set("value", str(value))
    else:
        element.set(XSI_TYPE, "ST")
        element.text = value
