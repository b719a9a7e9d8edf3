"""Reads medications and immunizations with their product, in both generations of the pharmacy extension."""

from __future__ import annotations

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Interval, Quantity, QuantityRange, Timing
from ehdsi.cda.model import Entry, Immunization, Ingredient, Medication, Package, Product, Reaction
from ehdsi.cda.reading.concerns import reaction
from ehdsi.cda.reading.context import Groups, Reading
from ehdsi.cda.reading.datatypes import (
    coded,
    coded_child,
    coded_children,
    first,
    interval,
    interval_child,
    quantity,
    quantity_child,
    quantity_range,
    ratio,
    timing,
    type_of,
)
from ehdsi.cda.reading.people import participations, text_child
from ehdsi.cda.reading.statements import (
    DOSE_NUMBER,
    EntryFields,
    absence,
    code_of,
    common,
    free_text,
    related,
    slot,
)
from ehdsi.xml import XmlElement

_INSTRUCTIONS = frozenset(("PINSTRUCT", "FINSTRUCT"))
_EPSOS = f"{{{oids.NS_EPSOS_MEDICATION}}}"


def medication(reading: Reading, element: XmlElement) -> list[Entry]:
    """A substance administration of the medication summary: a treatment, or a statement that there is
    none."""
    fields = common(reading, element)
    groups = reading.groups(element)
    code = coded_child(reading, groups, "code")
    period, timings = _times(reading, groups)
    reasons = _reasons(reading, groups)
    dated = any(time != Interval() for _, time in reasons)
    product = _consumed(reading, groups)
    if code is not None and product == Product():
        stated = absence(fields, code, period)
        if stated is not None:
            return [stated]
    return [
        Medication(
            **fields,
            code=code,
            product=product,
            period=period,
            timing=timings[0] if timings else None,
            other_timings=tuple(timings[1:]),
            dose=_range(reading, groups, "doseQuantity"),
            rate=_range(reading, groups, "rateQuantity"),
            route=coded_child(reading, groups, "routeCode"),
            max_dose=ratio(reading, groups["maxDoseQuantity"][0]) if "maxDoseQuantity" in groups else None,
            sites=coded_children(reading, groups, "approachSiteCode"),
            reasons=tuple([reason for reason, _ in reasons]),
            reason_times=tuple([time for _, time in reasons]) if dated else (),
            instructions=_instructions(reading, groups),
            mood=element.get("moodCode"),
        )
    ]


def _range(reading: Reading, groups: Groups, name: str) -> QuantityRange | None:
    found = groups.get(name)
    return quantity_range(reading, found[0]) if found else None


def _times(reading: Reading, groups: Groups) -> tuple[Interval | None, list[Timing]]:
    """The period of use, and the frequencies: the first time that is no frequency, and all the others."""
    period: Interval | None = None
    timings: list[Timing] = []
    for number, element in enumerate(groups.get("effectiveTime", ())):
        plain = not any(
            name in reading.groups(element) for name in ("period", "event", "comp", "phase", "offset")
        )
        kind = type_of(element)
        if number == 0 and plain and element.get("operator") is None and kind in (None, "IVL_TS", "TS"):
            period = interval(reading, element)
        else:
            timings.append(timing(reading, element))
    return period, timings


def _reasons(reading: Reading, groups: Groups) -> list[tuple[Coded, Interval]]:
    """Each reason with its time, an empty interval where it has none."""
    found: list[tuple[Coded, Interval]] = []
    for relation, kind, name, statement in related(reading, groups):
        if kind == "RSON" and name == "observation":
            code = slot(reading, relation, statement)
            if code is not None:
                time = interval_child(reading, reading.groups(statement))
                found.append((code, time or Interval()))
    return found


def _instructions(reading: Reading, groups: Groups) -> tuple[str, ...]:
    found = [
        free_text(reading, relation, statement)
        for relation, _, name, statement in related(reading, groups)
        if name == "act" and code_of(reading, statement) in _INSTRUCTIONS
    ]
    for precondition in groups.get("precondition", ()):
        criterion = first(reading.open(precondition), "criterion")
        if criterion is not None:
            found.append(text_child(reading, reading.open(criterion), "text"))
    return tuple([text for text in found if text])


# ------------------------------------------------------------------------------------------------ product


def _consumed(reading: Reading, groups: Groups) -> Product:
    consumable = first(groups, "consumable")
    made = first(reading.open(consumable), "manufacturedProduct") if consumable is not None else None
    if made is None:
        return Product()
    inside = reading.open(made)
    material = first(inside, "manufacturedMaterial")
    if material is None:
        material = first(inside, "manufacturedLabeledDrug")
    maker = first(inside, "manufacturerOrganization")
    manufacturer = text_child(reading, reading.open(maker), "name") if maker is not None else None
    return (
        product(reading, material, manufacturer)
        if material is not None
        else Product(manufacturer=manufacturer)
    )


def product(reading: Reading, element: XmlElement, manufacturer: str | None = None) -> Product:
    """A material with its extension: form, packages, generic kind, ingredients, parts."""
    groups = reading.open(element)
    lot = text_child(reading, groups, "lotNumberText")
    return Product(
        code=coded_child(reading, groups, "code"),
        name=text_child(reading, groups, "name"),
        description=text_child(reading, groups, "desc"),
        form=coded_child(reading, groups, "formCode"),
        classes=_classes(reading, groups),
        ingredients=tuple([_ingredient(reading, child) for child in groups.get("ingredient", ())]),
        packages=tuple([_package(reading, child) for child in groups.get("asContent", ())]),
        parts=_parts(reading, groups),
        lot_number=lot,
        manufacturer=manufacturer,
        legacy_extension=any(str(child.tag).startswith(_EPSOS) for child in element),
    )


def _either(groups: Groups, *names: str) -> XmlElement | None:
    return next((groups[name][0] for name in names if name in groups), None)


def _classes(reading: Reading, groups: Groups) -> tuple[Coded, ...]:
    found: list[Coded] = []
    for kind in groups.get("asSpecializedKind", ()):
        generic = _either(reading.open(kind), "generalizedMaterialKind", "generalizedMedicineClass")
        if generic is None:
            continue
        inside = reading.open(generic)
        code = coded_child(reading, inside, "code")
        name = first(inside, "name")
        if name is not None:
            code = _named(reading, code, name)
        found.extend([code] if code is not None else [])
    return tuple(found)


def _named(reading: Reading, code: Coded | None, element: XmlElement) -> Coded | None:
    """A class with the name beside its code; a name that says more than the code does is left for the
    account."""
    text = reading.visible_text(element)
    if code is None or not (code.display_name or code.original_text):
        reading.take(element)
        base = code or Coded(origin=reading.origin(element))
        return Coded(
            code=base.code,
            code_system=base.code_system,
            code_system_name=base.code_system_name,
            code_system_version=base.code_system_version,
            null_flavor=base.null_flavor,
            original_text=text or None,
            original_text_reference=base.original_text_reference,
            translations=base.translations,
            xsi_type=base.xsi_type,
            origin=base.origin,
        )
    if text in (code.display_name, code.original_text):
        reading.take(element)
    return code


def _ingredient(reading: Reading, element: XmlElement) -> Ingredient:
    groups = reading.open(element)
    substance = _either(groups, "ingredientSubstance", "ingredient")
    inside = reading.open(substance) if substance is not None else {}
    strength = first(groups, "quantity")
    return Ingredient(
        code=coded_child(reading, inside, "code"),
        name=text_child(reading, inside, "name"),
        strength=ratio(reading, strength) if strength is not None else None,
        class_code=element.get("classCode") or "ACTI",
    )


def _package(reading: Reading, element: XmlElement) -> Package:
    groups = reading.open(element)
    container = _either(groups, "containerPackagedProduct", "containerPackagedMedicine")
    inside = reading.open(container) if container is not None else {}
    nested = first(inside, "asContent")
    return Package(
        code=coded_child(reading, inside, "code"),
        name=text_child(reading, inside, "name"),
        form=coded_child(reading, inside, "formCode"),
        quantity=_content(reading, first(groups, "quantity")),
        capacity=quantity_child(reading, inside, "capacityQuantity"),
        inner=_package(reading, nested) if nested is not None else None,
    )


def _content(reading: Reading, element: XmlElement | None) -> Quantity | None:
    """How much is in a package; a ratio in its place counts by its numerator where the denominator adds
    nothing."""
    if element is None:
        return None
    groups = reading.groups(element)
    numerator, denominator = first(groups, "numerator"), first(groups, "denominator")
    if numerator is None:
        return quantity(reading, element)
    reading.take(element)
    if denominator is None or _adds_nothing(numerator, denominator):
        reading.take(*([denominator] if denominator is not None else []))
        reading.remark(
            "repaired", "a ratio in place of the quantity in a package is read as its numerator", element
        )
    return quantity(reading, numerator)


def _adds_nothing(numerator: XmlElement, denominator: XmlElement) -> bool:
    one = denominator.get("value") in (None, "1") and denominator.get("unit") in (None, "1")
    same = (denominator.get("value"), denominator.get("unit")) == (
        numerator.get("value"),
        numerator.get("unit"),
    )
    return one or same


def _parts(reading: Reading, groups: Groups) -> tuple[Product, ...]:
    found: list[Product] = []
    for part in groups.get("part", ()):
        inside = reading.open(part)
        held = _either(inside, "partProduct", "partMaterial")
        if held is not None:
            found.append(product(reading, held))
    return tuple(found)


# ------------------------------------------------------------------------------------------- immunization


def immunization(reading: Reading, element: XmlElement) -> list[Entry]:
    """A substance administration of the immunization section; negated where the vaccine was not given."""
    fields = common(reading, element)
    groups = reading.groups(element)
    code = first(groups, "code")
    if code is not None and code.get("code") in (None, "IMMUNIZ"):
        coded(reading, code)
    elif code is not None:
        found = coded(reading, code)
        stated = absence(fields, found, interval_child(reading, groups))
        if stated is not None:
            return [stated]
        reading.taken.discard(code)
    return [_vaccination(reading, groups, fields)]


def _vaccination(reading: Reading, groups: Groups, fields: EntryFields) -> Immunization:
    number: str | None = None
    reactions: list[Reaction] = []
    for relation, kind, name, statement in related(reading, groups):
        if name != "observation" or statement in reading.taken:
            continue
        if code_of(reading, statement) == DOSE_NUMBER and number is None:
            number = _dose_number(reading, relation, statement)
        elif kind in ("CAUS", "MFST"):
            reactions.extend(reaction(reading, relation, statement))
    return Immunization(
        **fields,
        vaccine=_consumed(reading, groups),
        time=interval_child(reading, groups),
        dose_number=number,
        dose=_range(reading, groups, "doseQuantity"),
        route=coded_child(reading, groups, "routeCode"),
        targets=_targets(reading, groups),
        performers=participations(reading, groups, "performer", "PRF"),
        reactions=tuple(reactions),
    )


def _dose_number(reading: Reading, relation: XmlElement, observation: XmlElement) -> str | None:
    groups = reading.groups(observation)
    found = first(groups, "value")
    text = (found.get("value") or reading.visible_text(found)) if found is not None else ""
    if found is None or not text:
        return None
    reading.take(relation, observation, found)
    coded_child(reading, groups, "code")
    state = first(groups, "statusCode")
    if state is not None and state.get("code") == "completed":
        reading.take(state)
    return text


def _targets(reading: Reading, groups: Groups) -> tuple[Coded, ...]:
    found: list[Coded] = []
    for participant in groups.get("participant", ()):
        role = first(reading.open(participant), "participantRole")
        if role is None:
            continue
        inside = reading.open(role)
        code = coded_child(reading, inside, "code")
        found.extend([code] if code is not None else [])
        for playing in inside.get("playingEntity", ()):
            entity = coded_child(reading, reading.open(playing), "code")
            found.extend([entity] if entity is not None else [])
    return tuple(found)
