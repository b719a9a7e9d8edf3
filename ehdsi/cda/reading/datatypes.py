"""Reads HL7 v3 data types: codes, quantities, times, intervals, frequencies, observation values.

Each function takes the ``Reading`` and one element, takes the element and what it understands below it, and
gives a frozen value. The shape of an element wins over a missing or wrong ``xsi:type``. Source: HL7 CDA R2
data types.
"""

from __future__ import annotations

from collections.abc import Sequence

from ehdsi.cda.datatypes import (
    Coded,
    EventTiming,
    Identifier,
    Interval,
    Periodic,
    Qualifier,
    Quantity,
    QuantityRange,
    Ratio,
    Time,
    Timing,
    TimingSet,
    Value,
)
from ehdsi.cda.reading.context import XSI_TYPE, Groups, Reading
from ehdsi.xml import XmlElement

_NOTHING: Groups = {}
_BOUNDS = frozenset(("low", "high", "center", "width"))
_TRUE = frozenset(("true", "1"))
_CODED_TYPES = frozenset(("CD", "CE", "CV", "CO", "CS", "CR", "EDQM", "PQR"))


def first(groups: Groups, name: str) -> XmlElement | None:
    """The first child with this name, or None."""
    found = groups.get(name)
    return found[0] if found else None


def is_true(text: str | None) -> bool:
    """An XML boolean; anything unknown is false."""
    return text is not None and text.strip() in _TRUE


def type_of(element: XmlElement) -> str | None:
    """Local part of ``xsi:type`` whatever its prefix, or None."""
    value = element.get(XSI_TYPE)
    return value.rpartition(":")[2].strip() if value else None


def text_of(reading: Reading, element: XmlElement) -> tuple[str | None, str | None]:
    """Text and referenced fragment of an ED or ST element: what stands inline, else what it points to."""
    reading.taken.add(element)
    reference = None
    text = None
    if len(element):
        pointer = first(reading.groups(element), "reference")
        if pointer is not None:
            text, reference = reading.referenced_text(pointer)
            if len(element) == 1 and not (element.text or pointer.text or pointer.tail or len(pointer)):
                return text, reference  # the usual form: nothing stands inline
        for child in element:
            if child is not pointer:
                reading.take_all(child)
        inline = reading.visible_text(element)
    else:
        inline = " ".join((element.text or "").split())
    return (inline or text), reference


def identifier(element: XmlElement) -> Identifier:
    """An II element."""
    return Identifier(
        root=element.get("root"),
        extension=element.get("extension"),
        null_flavor=element.get("nullFlavor"),
        authority=element.get("assigningAuthorityName"),
    )


def identifiers(reading: Reading, groups: Groups) -> tuple[Identifier, ...]:
    """All ``id`` children."""
    found = groups.get("id")
    if not found:
        return ()
    reading.taken.update(found)
    return tuple([identifier(element) for element in found])


def coded(reading: Reading, element: XmlElement) -> Coded:
    """A CD, CE, CV or CS element with its original text, translations (nested) and qualifiers."""
    reading.taken.add(element)
    get = element.get
    text = reference = None
    translations: tuple[Coded, ...] = ()
    qualifiers: tuple[Qualifier, ...] = ()
    if len(element):
        groups = reading.groups(element)
        original = first(groups, "originalText")
        if original is not None:
            text, reference = text_of(reading, original)
        if "translation" in groups:
            translations = tuple([coded(reading, child) for child in groups["translation"]])
        if "qualifier" in groups:
            qualifiers = tuple([_qualifier(reading, child) for child in groups["qualifier"]])
    return Coded(
        code=get("code"),
        code_system=get("codeSystem"),
        code_system_name=get("codeSystemName"),
        code_system_version=get("codeSystemVersion"),
        display_name=get("displayName"),
        null_flavor=get("nullFlavor"),
        original_text=text,
        original_text_reference=reference,
        translations=translations,
        qualifiers=qualifiers,
        xsi_type=type_of(element),
        origin=reading.origin(element),
    )


def _qualifier(reading: Reading, element: XmlElement) -> Qualifier:
    groups = reading.open(element)
    name, value = first(groups, "name"), first(groups, "value")
    return Qualifier(
        name=coded(reading, name) if name is not None else Coded(null_flavor="NI"),
        value=coded(reading, value) if value is not None else Coded(null_flavor="NI"),
    )


def coded_child(reading: Reading, groups: Groups, name: str) -> Coded | None:
    """The first child of this name as a code, or None."""
    found = groups.get(name)
    return coded(reading, found[0]) if found else None


def coded_children(reading: Reading, groups: Groups, name: str) -> tuple[Coded, ...]:
    """All children of this name as codes."""
    return tuple([coded(reading, child) for child in groups.get(name, ())])


def quantity(reading: Reading, element: XmlElement) -> Quantity:
    """A PQ, INT or REAL element; a translation that holds a converted number is left for the account."""
    reading.taken.add(element)
    text = None
    translations: list[Coded] = []
    if len(element):
        groups = reading.groups(element)
        original = first(groups, "originalText")
        if original is not None:
            text = text_of(reading, original)[0]
        terms = [child for child in groups.get("translation", ()) if not child.get("value")]
        translations = [coded(reading, child) for child in terms]
        text = text or next((t.original_text for t in translations if t.original_text), None)
    return Quantity(
        value=element.get("value"),
        unit=element.get("unit"),
        null_flavor=element.get("nullFlavor"),
        original_text=text,
        translations=tuple(translations),
        origin=reading.origin(element),
    )


def quantity_child(reading: Reading, groups: Groups, name: str) -> Quantity | None:
    """The first child of this name as a quantity, or None."""
    found = groups.get(name)
    return quantity(reading, found[0]) if found else None


def quantity_range(reading: Reading, element: XmlElement) -> QuantityRange:
    """An IVL_PQ element, or a plain PQ standing for one value."""
    groups = reading.open(element) if len(element) else _NOTHING
    reading.taken.add(element)
    direct = None
    if element.get("value") is not None or element.get("unit") is not None or "translation" in groups:
        direct = quantity(reading, element)
    elif "center" in groups:
        reading.remark("repaired", "the centre of a range of quantities is read as its value", element)
        direct = quantity(reading, groups["center"][0])
    return QuantityRange(
        low=quantity_child(reading, groups, "low"),
        high=quantity_child(reading, groups, "high"),
        width=quantity_child(reading, groups, "width"),
        value=direct,
        null_flavor=element.get("nullFlavor"),
        origin=reading.origin(element),
    )


def ratio(reading: Reading, element: XmlElement) -> Ratio:
    """An RTO element; a plain quantity in its place becomes the numerator."""
    groups = reading.open(element)
    numerator = quantity_child(reading, groups, "numerator")
    if numerator is None and element.get("value") is not None:
        numerator = quantity(reading, element)
    return Ratio(
        numerator=numerator,
        denominator=quantity_child(reading, groups, "denominator"),
        null_flavor=element.get("nullFlavor"),
    )


def time(reading: Reading, element: XmlElement) -> Time:
    """A TS element, exactly as written."""
    reading.taken.add(element)
    return Time(
        value=element.get("value"), null_flavor=element.get("nullFlavor"), origin=reading.origin(element)
    )


def time_child(reading: Reading, groups: Groups, name: str) -> Time | None:
    """The first child of this name as a time, or None."""
    found = groups.get(name)
    return time(reading, found[0]) if found else None


def interval(reading: Reading, element: XmlElement) -> Interval:
    """An IVL_TS element; a TS becomes an interval with a single ``value``."""
    groups = reading.open(element) if len(element) else _NOTHING
    reading.taken.add(element)
    value = None
    if element.get("value") is not None:
        value = Time(value=element.get("value"), origin=reading.origin(element))
    return Interval(
        low=time_child(reading, groups, "low"),
        high=time_child(reading, groups, "high"),
        center=time_child(reading, groups, "center"),
        width=quantity_child(reading, groups, "width"),
        value=value,
        null_flavor=element.get("nullFlavor"),
        origin=reading.origin(element),
    )


def interval_child(reading: Reading, groups: Groups, name: str = "effectiveTime") -> Interval | None:
    """The first child of this name as an interval of time, or None."""
    found = groups.get(name)
    return interval(reading, found[0]) if found else None


def timing(reading: Reading, element: XmlElement) -> Timing:
    """A frequency: PIVL_TS, EIVL_TS, SXPR_TS, IVL_TS or TS, by shape first and by ``xsi:type`` second."""
    groups = reading.groups(element) if len(element) else _NOTHING
    kind = type_of(element)
    operator = element.get("operator")
    if element.get("alignment"):
        reading.remark("unread", "the alignment of a periodic time is not shown", element)
    if "comp" in groups or kind == "SXPR_TS":
        parts = tuple([timing(reading, child) for child in groups.get("comp", ())])
        reading.taken.add(element)
        return TimingSet(
            parts=parts,
            operator=operator,
            null_flavor=element.get("nullFlavor"),
            origin=reading.origin(element),
        )
    if "event" in groups or kind == "EIVL_TS":
        return _event_timing(reading, element, groups, operator)
    if "period" in groups or "phase" in groups or kind == "PIVL_TS":
        return _periodic(reading, element, groups, operator)
    if operator not in (None, "A", "I"):
        reading.remark("unread", f"the set operator {operator} of a time is not shown", element)
    if _BOUNDS.intersection(groups) or kind == "IVL_TS":
        return interval(reading, element)
    return time(reading, element)


def _event_timing(reading: Reading, element: XmlElement, groups: Groups, operator: str | None) -> EventTiming:
    reading.taken.add(element)
    offset = first(groups, "offset")
    return EventTiming(
        event=coded_child(reading, groups, "event"),
        operator=operator,
        offset=_offset(reading, offset) if offset is not None else None,
        null_flavor=element.get("nullFlavor"),
        origin=reading.origin(element),
    )


def _offset(reading: Reading, element: XmlElement) -> Interval:
    """An IVL_PQ offset from an event; low and high are kept as they stand, ``value unit`` in one text."""
    groups = reading.open(element)

    def bound(name: str) -> Time | None:
        found = groups.get(name)
        if not found:
            return None
        amount = quantity(reading, found[0])
        shown = " ".join(part for part in (amount.value, amount.unit) if part)
        return Time(value=shown or None, null_flavor=amount.null_flavor, origin=amount.origin)

    width = quantity_child(reading, groups, "width")
    if width is None and element.get("value") is not None:
        width = quantity(reading, element)
    return Interval(
        low=bound("low"),
        high=bound("high"),
        width=width,
        null_flavor=element.get("nullFlavor"),
        origin=reading.origin(element),
    )


def _periodic(reading: Reading, element: XmlElement, groups: Groups, operator: str | None) -> Periodic:
    reading.taken.add(element)
    institution = element.get("institutionSpecified")
    phase = first(groups, "phase")
    return Periodic(
        period=quantity_child(reading, groups, "period"),
        phase=interval(reading, phase) if phase is not None else None,
        institution_specified=None if institution is None else is_true(institution),
        operator=operator,
        null_flavor=element.get("nullFlavor"),
        origin=reading.origin(element),
    )


def value(reading: Reading, element: XmlElement) -> Value | None:
    """The value of an observation by ``xsi:type`` and, where that is missing or does not fit, by its
    shape."""
    kind = type_of(element)
    if kind is None:
        reading.remark("repaired", "a value without xsi:type is read by its shape", element)
    if kind in _CODED_TYPES and not (element.get("value") and not element.get("code")):
        return coded(reading, element)
    if kind in ("PQ", "REAL", "MO"):
        return quantity(reading, element)
    if kind == "IVL_PQ":
        return quantity_range(reading, element)
    if kind in ("RTO", "RTO_PQ_PQ", "RTO_QTY_QTY"):
        return ratio(reading, element)
    if kind == "TS":
        return time(reading, element)
    if kind == "IVL_TS":
        return interval(reading, element)
    if kind == "BL" and element.get("value") in ("true", "false"):
        reading.taken.add(element)
        return element.get("value") == "true"
    if kind == "INT":
        return _integer(reading, element)
    if kind in ("ST", "ED"):
        return text_of(reading, element)[0] or _nothing(element)
    return _value_by_shape(reading, element)


def _nothing(element: XmlElement) -> Value | None:
    flavour = element.get("nullFlavor")
    return Coded(null_flavor=flavour) if flavour else None


def _integer(reading: Reading, element: XmlElement) -> Value:
    text = (element.get("value") or "").strip()
    if not text.isascii() or not text.lstrip("+-").isdigit() or len(text) > 18:
        return quantity(reading, element)
    reading.taken.add(element)
    return int(text)


def _value_by_shape(reading: Reading, element: XmlElement) -> Value | None:
    groups = reading.groups(element) if len(element) else _NOTHING
    if "numerator" in groups:
        return ratio(reading, element)
    if _BOUNDS.intersection(groups):
        dated = all(child.get("unit") is None for name in ("low", "high") for child in groups.get(name, ()))
        return interval(reading, element) if dated else quantity_range(reading, element)
    if (
        element.get("code")
        or element.get("displayName")
        or "translation" in groups
        or "originalText" in groups
    ):
        return coded(reading, element)
    text = (element.get("value") or "").strip()
    if text and element.get("unit") is None and text[:8].isdigit() and len(text) >= 8:
        return time(reading, element)
    if text or element.get("unit"):
        return quantity(reading, element)
    return text_of(reading, element)[0] or _nothing(element)


def values(reading: Reading, found: Sequence[XmlElement]) -> tuple[Value, ...]:
    """All values that say something, a null flavour included."""
    return tuple([v for v in (value(reading, element) for element in found) if v is not None])
