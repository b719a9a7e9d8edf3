"""Reads observations, organizers, procedures and devices."""

from __future__ import annotations

from ehdsi.cda.datatypes import Coded, Identifier, Quantity, QuantityRange
from ehdsi.cda.model import Device, Entry, Observation, ObservationGroup, Procedure
from ehdsi.cda.reading.context import Groups, Reading
from ehdsi.cda.reading.datatypes import (
    coded_child,
    coded_children,
    first,
    identifiers,
    interval_child,
    value,
    values,
)
from ehdsi.cda.reading.header import template_ids
from ehdsi.cda.reading.people import participations, text_child
from ehdsi.cda.reading.statements import (
    COMMENT,
    EntryFields,
    absence,
    code_of,
    common,
    free_text,
    is_event,
    related,
    slot,
)
from ehdsi.xml import XmlElement

#: Relationships whose observation is a part of the one above it; any other kind says something else.
_PART_OF = frozenset(("COMP", "SPRT", "SUBJ", ""))


def observation(reading: Reading, element: XmlElement) -> list[Entry]:
    """An observation as an entry: a finding, or the statement that there is none."""
    fields = common(reading, element)
    found = _observation(reading, element, fields)
    values_said = [v for v in found.values if isinstance(v, Coded)]
    for candidate in (*values_said[:1], found.code):
        stated = absence(fields, candidate, found.time) if candidate is not None else None
        if stated is not None and not found.components:
            return [stated]
    return [found]


def _observation(reading: Reading, element: XmlElement, fields: EntryFields) -> Observation:
    groups = reading.groups(element)
    components: list[Observation] = []
    for relation, kind, name, statement in related(reading, groups):
        if name == "observation" and kind in _PART_OF and is_event(statement):
            reading.take(relation)
            components.append(_observation(reading, statement, common(reading, statement)))
    return Observation(
        **fields,
        code=coded_child(reading, groups, "code"),
        values=values(reading, groups.get("value", ())),
        time=interval_child(reading, groups),
        interpretations=coded_children(reading, groups, "interpretationCode"),
        method=coded_child(reading, groups, "methodCode"),
        sites=coded_children(reading, groups, "targetSiteCode"),
        reference_ranges=_ranges(reading, groups),
        performers=participations(reading, groups, "performer", "PRF"),
        components=tuple(components),
        template_ids=template_ids(groups),
    )


def _ranges(reading: Reading, groups: Groups) -> tuple[str, ...]:
    """Reference ranges in words: ``Normal: 3.5 mmol/L – 5.1 mmol/L`` or the text of the document."""
    found: list[str] = []
    for reference in groups.get("referenceRange", ()):
        inner = first(reading.open(reference), "observationRange")
        if inner is None:
            continue
        inside = reading.open(inner)
        parts = [text_child(reading, inside, "text") or ""]
        limits = first(inside, "value")
        if limits is not None:
            parts.append(_limits(reading, limits))
        label = coded_child(reading, inside, "interpretationCode")
        text = " ".join(part for part in parts if part)
        name = (label.display_name or label.code) if label is not None else None
        found.extend([f"{name}: {text}" if name and text else text or name or ""])
    return tuple([text for text in found if text])


def _limits(reading: Reading, element: XmlElement) -> str:
    limits = value(reading, element)
    if isinstance(limits, QuantityRange):
        if limits.value is not None:
            return _amount(limits.value)
        low, high = _amount(limits.low), _amount(limits.high)
        return f"{low} – {high}" if low and high else (f"≥ {low}" if low else f"≤ {high}" if high else "")
    if isinstance(limits, Quantity):
        return _amount(limits)
    if isinstance(limits, Coded):
        return limits.display_name or limits.original_text or limits.code or limits.null_flavor or ""
    if isinstance(limits, str | int):
        return str(limits)
    reading.taken.discard(element)
    return ""


def _amount(quantity: Quantity | None) -> str:
    if quantity is None or quantity.value is None:
        return ""
    return quantity.value if quantity.unit in (None, "1") else f"{quantity.value} {quantity.unit}"


def organizer(reading: Reading, element: XmlElement) -> list[Entry]:
    """A group of observations, followed by the groups nested in it."""
    fields = common(reading, element)
    groups = reading.groups(element)
    found: list[Observation] = []
    nested: list[Entry] = []
    for component in groups.get("component", ()):
        inside = reading.open(component)
        found.extend(
            [
                _observation(reading, child, common(reading, child))
                for child in inside.get("observation", ())
                if is_event(child)
            ]
        )
        for act in inside.get("act", ()):
            if code_of(reading, act) == COMMENT:
                fields["comments"] += tuple(text for text in (free_text(reading, component, act),) if text)
        for child in inside.get("organizer", ()):
            nested.extend(organizer(reading, child))
    group = ObservationGroup(
        **fields,
        code=coded_child(reading, groups, "code"),
        time=interval_child(reading, groups),
        observations=tuple(found),
        performers=participations(reading, groups, "performer", "PRF"),
        template_ids=template_ids(groups),
    )
    return [group, *nested]


def procedure(reading: Reading, element: XmlElement) -> list[Entry]:
    """A procedure that was done; a planned one is not read here."""
    fields = common(reading, element)
    groups = reading.groups(element)
    code = coded_child(reading, groups, "code")
    time = interval_child(reading, groups)
    stated = absence(fields, code, time) if code is not None else None
    if stated is not None:
        return [stated]
    reasons = [
        slot(reading, relation, statement)
        for relation, kind, name, statement in related(reading, groups)
        if kind == "RSON" and name == "observation"
    ]
    return [
        Procedure(
            **fields,
            code=code,
            time=time,
            sites=coded_children(reading, groups, "targetSiteCode"),
            method=coded_child(reading, groups, "methodCode"),
            reasons=tuple([reason for reason in reasons if reason is not None]),
            performers=participations(reading, groups, "performer", "PRF"),
        )
    ]


def device(reading: Reading, supply: XmlElement) -> list[Entry]:
    """A device that the patient has: the first device of the supply; a second one is left for the account."""
    fields = common(reading, supply)
    groups = reading.groups(supply)
    time = interval_child(reading, groups)
    code: Coded | None = None
    numbers: tuple[Identifier, ...] = ()
    model: str | None = None
    for participant in groups.get("participant", ())[:1]:
        role = first(reading.open(participant), "participantRole")
        if role is None:
            continue
        inside = reading.open(role)
        numbers = identifiers(reading, inside)
        playing = first(inside, "playingDevice")
        if playing is not None:
            held = reading.open(playing)
            code = coded_child(reading, held, "code")
            words = [text_child(reading, held, name) for name in ("manufacturerModelName", "softwareName")]
            model = ", ".join(word for word in words if word) or None
    stated = absence(fields, code, time) if code is not None else None
    if stated is not None:
        return [stated]
    return [Device(**fields, code=code, device_identifiers=numbers, time=time, model_name=model)]


def procedure_like(reading: Reading, element: XmlElement) -> list[Entry]:
    """An act in the procedures section: read as a procedure, with a remark."""
    reading.remark("repaired", "an act among the procedures is read as a procedure", element)
    return procedure(reading, element)
