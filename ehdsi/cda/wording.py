"""Values of a summary as short texts in a language: what a narrative cell shows.

Dates keep the precision they have and are written ``YYYY-MM-DD``, which reads the same in every country.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ehdsi.cda.datatypes import (
    Address,
    Coded,
    EventTiming,
    Interval,
    Periodic,
    PersonName,
    Quantity,
    QuantityRange,
    Ratio,
    Time,
    Timing,
    TimingSet,
    Value,
)
from ehdsi.cda.model import Participation

Labels = Mapping[str, str]

_NULL_LABELS = {"NI": "null.no_information", "NA": "null.not_applicable", "MSK": "null.masked"}
_TIME_UNITS = frozenset(("d", "wk", "mo", "a"))


def term(coded: Coded | None, labels: Labels) -> str:
    """What the people of the country call the concept: the original text, else the innermost designation.

    In the pivot and French forms the national designation is the innermost translation; a code without any
    designation is shown itself, a null flavour as words.
    """
    if coded is None:
        return ""
    if coded.original_text:
        return coded.original_text
    return _designation(coded) or coded.code or null_text(coded.null_flavor, labels)


def _designation(coded: Coded) -> str | None:
    for translation in coded.translations:
        found = _designation(translation) or translation.original_text
        if found:
            return found
    return coded.display_name


def null_text(flavor: str | None, labels: Labels) -> str:
    """Words for a null flavour; nothing where there is none."""
    return labels[_NULL_LABELS.get(flavor, "null.unknown")] if flavor else ""


def time_text(time: Time | None, labels: Labels) -> str:
    """``2017-05-06``, ``2017-05``, ``2017``, ``2017-05-06 14:30``: never more precise than the value."""
    if time is None:
        return ""
    if not time.value:
        return null_text(time.null_flavor, labels)
    digits = time.value.split("+")[0].split("-")[0].split(".")[0]
    date = "-".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part)
    clock = ":".join(part for part in (digits[8:10], digits[10:12], digits[12:14]) if part)
    return f"{date} {clock}".strip()


def interval_text(interval: Interval | None, labels: Labels) -> str:
    """A point, or its bounds: ``2017-05-06 – 2017-05-21``; an open end is left open."""
    if interval is None:
        return ""
    single = interval.value or interval.center
    if single is not None:
        return time_text(single, labels)
    if interval.low is None and interval.high is None:
        return quantity_text(interval.width, labels) or null_text(interval.null_flavor, labels)
    low = time_text(interval.low, labels)
    high = time_text(interval.high, labels) if interval.high is not None and interval.high.value else ""
    if not high and interval.width is not None:
        high = quantity_text(interval.width, labels)
    if not low and not high:
        return time_text(interval.high, labels)
    return f"{low} – {high}".strip()


def quantity_text(quantity: Quantity | None, labels: Labels) -> str:
    """``100 µg``-like: value and unit as written; a count names what is counted."""
    if quantity is None:
        return ""
    if quantity.value is None:
        return quantity.original_text or null_text(quantity.null_flavor, labels)
    return f"{quantity.value} {_unit(quantity, labels)}".strip()


def _unit(quantity: Quantity, labels: Labels) -> str:
    if quantity.original_text:
        return quantity.original_text
    for translation in quantity.translations:
        if translation.original_text or translation.display_name:
            return translation.original_text or translation.display_name or ""
    unit = quantity.unit or ""
    if unit in _TIME_UNITS:
        return labels[f"unit.{unit}"]
    return "" if unit == "1" else unit.replace("{", "").replace("}", "")


def range_text(values: QuantityRange | None, labels: Labels) -> str:
    """One quantity, or its bounds: ``1 – 2 tablet``."""
    if values is None:
        return ""
    if values.value is not None:
        return quantity_text(values.value, labels)
    low, high = quantity_text(values.low, labels), quantity_text(values.high, labels)
    if not low and not high:
        return quantity_text(values.width, labels) or null_text(values.null_flavor, labels)
    if low and high:
        return low if low == high else f"{low} – {high}"
    width = quantity_text(values.width, labels)
    if low:
        return f"{low} + {width}" if width else f"≥ {low}"
    return f"≤ {high}"


def ratio_text(ratio: Ratio | None, labels: Labels) -> str:
    """``5 mg``, ``100 [IU] / 1 mL``: the denominator is left out where it is one of the thing itself."""
    if ratio is None:
        return ""
    numerator = quantity_text(ratio.numerator, labels) or null_text(ratio.null_flavor, labels)
    denominator = ratio.denominator
    plain = denominator is None or (denominator.value in (None, "1") and denominator.unit in (None, "1")
                                    and not denominator.original_text and not denominator.translations)
    return numerator if plain else f"{numerator} / {quantity_text(denominator, labels)}"


def timing_text(timing: Timing | None, labels: Labels) -> str:
    """A frequency in words: ``every 8 h``, ``3 × / day``, ``after a meal (dinner)``."""
    if timing is None:
        return ""
    if isinstance(timing, Time):
        return time_text(timing, labels)
    if isinstance(timing, Interval):
        return interval_text(timing, labels)
    if isinstance(timing, TimingSet):
        return " + ".join(filter(None, (timing_text(part, labels) for part in timing.parts)))
    if isinstance(timing, EventTiming):
        return _event_text(timing, labels)
    return _periodic_text(timing, labels)


def _periodic_text(timing: Periodic, labels: Labels) -> str:
    period = timing.period
    if period is None or period.value is None:
        return interval_text(timing.phase, labels) or null_text(timing.null_flavor, labels)
    text = _times_per_unit(period, labels) if timing.institution_specified else ""
    text = text or labels["every"].format(quantity_text(period, labels))
    phase = interval_text(timing.phase, labels)
    return f"{text} ({phase})" if phase else text


def _times_per_unit(period: Quantity, labels: Labels) -> str:
    """An institution's schedule: 8 h means three times a day; empty where that is no whole number."""
    try:
        value = float(period.value or "")
    except ValueError:
        return ""
    hours = value if period.unit == "h" else 0.0
    per_day = 24 / hours if hours else (1 / value if value and period.unit == "d" else 0.0)
    whole = round(per_day)
    return f"{whole} × / {labels['unit.d']}" if whole and abs(per_day - whole) < 0.05 else ""


def _event_text(timing: EventTiming, labels: Labels) -> str:
    event = timing.event
    if event is None:
        return null_text(timing.null_flavor, labels)
    code = event.code or ""
    meal = labels.get(f"event.{code[-1:]}") if len(code) in (2, 3) and code[-1:] in "MDV" else None
    when = labels.get(f"event.{code}") or labels.get(f"event.{code[:2]}")
    if code in ("CM", "CD", "CV"):
        when = labels["event.IC"]
    text = f"{when} ({meal})" if when and meal else when or term(event, labels)
    offset = interval_text(timing.offset, labels) if timing.offset is not None and timing.offset.width else ""
    return f"{text}, {offset}" if offset else text


def value_text(value: Value, labels: Labels) -> str:
    """The value of an observation."""
    if isinstance(value, Coded):
        return term(value, labels)
    if isinstance(value, Quantity):
        return quantity_text(value, labels)
    if isinstance(value, QuantityRange):
        return range_text(value, labels)
    if isinstance(value, Ratio):
        return ratio_text(value, labels)
    if isinstance(value, Interval):
        return interval_text(value, labels)
    if isinstance(value, Time):
        return time_text(value, labels)
    if isinstance(value, bool):
        return labels["yes"] if value else labels["no"]
    return str(value)


def name_text(name: PersonName | None) -> str:
    """A person's name as it is spoken."""
    if name is None:
        return ""
    return " ".join((*name.prefix, *name.given, *name.family, *name.suffix)) or (name.text or "").strip()


def participation_text(person: Participation) -> str:
    """Who took part: person or device, then the organisation and its country."""
    organization = person.organization
    place = ""
    if organization is not None:
        countries = (address.country for address in organization.addresses if address.country)
        place = ", ".join(filter(None, (*organization.names, next(countries, None))))
    return ", ".join(filter(None, (name_text(person.person) or person.device or "", place)))


def address_text(addresses: Iterable[Address]) -> str:
    """The first address on one line."""
    for address in addresses:
        city = " ".join(filter(None, (address.postal_code, address.city)))
        parts = (*address.street_lines, city, address.state or "", address.country or "")
        return ", ".join(part for part in parts if part)
    return ""
