"""How often, in words: periodic times, times bound to a meal or to sleep, sets of these, single moments.

« n fois par jour » only where the document says « institution specified » and a day holds a whole number of
periods; otherwise the interval itself is said. Nothing is rounded. Anything rarer than daily carries the mark
« pas tous les jours »: a weekly drug taken daily kills.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ehdsi.cda.datatypes import (
    EventTiming,
    Interval,
    Periodic,
    Quantity,
    QuantityRange,
    Timing,
    TimingSet,
)
from sesali.french.dates import date_words, hour_words, moment, period
from sesali.french.quantities import Units, duration, number
from sesali.french.words import EVENTS, NBSP, WEEKDAYS, flavour

NOT_DAILY = "pas tous les jours"
NOT_TRANSLATED = "non traduit"

_HOURS = {
    "s": Decimal(1) / 3600,
    "min": Decimal(1) / 60,
    "h": Decimal(1),
    "d": Decimal(24),
    "wk": Decimal(168),
    "mo": Decimal(730),
    "a": Decimal(8766),
}

#: Unit to (« toutes les », noun in the plural, « une fois par … »).
_EVERY = {
    "s": ("toutes les", "secondes", "par seconde"),
    "min": ("toutes les", "minutes", "par minute"),
    "h": ("toutes les", "heures", "par heure"),
    "d": ("tous les", "jours", "par jour"),
    "wk": ("toutes les", "semaines", "par semaine"),
    "mo": ("tous les", "mois", "par mois"),
    "a": ("tous les", "ans", "par an"),
}


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words, and the marks behind them."""

    text: str
    marks: tuple[str, ...] = ()


def dose_words(dose: QuantityRange | None, units: Units) -> Phrase:
    """A dose without its label: « 1 à 2 comprimés », « inconnue d’après le document », « non indiquée »."""
    if dose is None:
        return Phrase("non indiquée")
    if dose.value is not None:
        return _dose(dose.value, units)
    low, high = dose.low, dose.high
    if low is not None and high is not None and low.value is not None and high.value is not None:
        return _dose_range(low, high, units)
    for bound, word in ((low, "au moins"), (high, "au plus")):
        if bound is not None and bound.value is not None:
            found = _dose(bound, units)
            return Phrase(f"{word} {found.text}", found.marks)
    reason = dose.null_flavor or next((b.null_flavor for b in (low, high) if b is not None), None)
    return Phrase(_feminine(flavour(reason)) if reason else "non indiquée")


def _feminine(words: str) -> str:
    for masculine in ("inconnu", "renseigné", "demandé", "masqué"):
        if masculine in words.split(",")[0]:
            return words.replace(masculine, masculine + "e", 1)
    return words


def _dose(quantity: Quantity, units: Units) -> Phrase:
    if quantity.value is None:
        return Phrase(_feminine(units.dose(quantity)[0]))
    words, mark = units.dose(quantity)
    return Phrase(words, (mark,) if mark else ())


def _dose_range(low: Quantity, high: Quantity, units: Units) -> Phrase:
    assert low.value is not None
    top = _dose(high, units)
    same_unit = low.unit == high.unit or (units.counts(low) and units.counts(high))
    if same_unit and not units.countable(high) and units.countable(low):
        top = _dose(
            Quantity(
                value=high.value,
                unit=low.unit,
                original_text=low.original_text,
                translations=low.translations,
            ),
            units,
        )
    if same_unit and number(low.value, trim=True) == number(high.value or "", trim=True):
        return top
    first = number(low.value, trim=True) if same_unit else _dose(low, units).text
    return Phrase(f"{first} à {top.text}", top.marks)


def frequency(timing: Timing | None) -> Phrase:
    """The frequency of a treatment in words; « fréquence non indiquée » where there is none."""
    if timing is None:
        return Phrase("fréquence non indiquée")
    if isinstance(timing, Periodic):
        return _periodic(timing)
    if isinstance(timing, EventTiming):
        return _event(timing)
    if isinstance(timing, TimingSet):
        return _set(timing)
    if isinstance(timing, Interval):
        if timing.null_flavor and timing.low is None and timing.high is None and timing.value is None:
            return Phrase(_missing(timing.null_flavor))
        return Phrase(period(timing))
    if timing.value is None:
        return Phrase(_missing(timing.null_flavor))
    found = moment(timing)
    return Phrase(
        f"une seule fois, le {date_words(timing)}"
        if found and found.day
        else f"une seule fois, {date_words(timing)}"
    )


def _missing(null_flavor: str | None) -> str:
    return "fréquence " + _feminine(flavour(null_flavor)) if null_flavor else "fréquence non indiquée"


# -- periodic --------------------------------------------------------------------------------------------


def _periodic(timing: Periodic) -> Phrase:
    quantity = timing.period
    if quantity is None or quantity.value is None:
        if timing.phase is not None:
            return Phrase(f"période non indiquée, {period(timing.phase)}")
        return Phrase(
            _missing(timing.null_flavor or (quantity.null_flavor if quantity is not None else None))
        )
    unit = quantity.unit or ""
    length = _decimal(quantity.value)
    if unit not in _HOURS or length is None or length <= 0:
        return Phrase(
            f"période « {quantity.value} {unit} » (telle que reçue)".replace(" »", f"{NBSP}»"),
            (NOT_TRANSLATED,),
        )
    hours = length * _HOURS[unit]
    words = (_times(hours, unit) if timing.institution_specified else "") or _every(length, unit)
    words = _with_phase(words, timing.phase, length, unit)
    return Phrase(words, (NOT_DAILY,) if hours > 24 else ())


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _times(hours: Decimal, unit: str) -> str:
    """« 3 fois par jour » or « 2 fois par semaine » where the count is whole; empty otherwise."""
    for span, noun, fits in (
        (Decimal(24), "jour", hours <= 24),
        (Decimal(168), "semaine", 24 < hours <= 168 and unit in ("h", "d", "wk")),
    ):
        if fits and span % hours == 0:
            count = int(span / hours)
            return f"une fois par {noun}" if count == 1 else f"{count} fois par {noun}"
    return ""


def _every(length: Decimal, unit: str) -> str:
    """« toutes les 8 heures », « un jour sur deux », « une fois par semaine », « tous les 6 mois »."""
    every, plural, once = _EVERY[unit]
    if length == 1:
        return "toutes les heures" if unit == "h" else f"une fois {once}"
    if unit == "d" and length == 2:
        return "un jour sur deux"
    words = f"{every} {number(format(length, 'f'), trim=True)}{NBSP}{plural}"
    days = length / 24
    if unit == "h" and days > 1 and days == int(days):
        words += f" ({int(days)}{NBSP}jours)"
    return words


def _with_phase(words: str, phase: Interval | None, length: Decimal, unit: str) -> str:
    """Add the hour of the day, the day of the week, the first day or the length of an intake."""
    start = moment(phase.low or phase.value) if phase is not None else None
    daily = unit == "d" and length == 1
    if start is not None and start.hour >= 0 and (start.hour or start.minute or not start.day):
        words = f"{'chaque jour' if daily else words + ','} à {hour_words(start.hour, start.minute)}"
    elif start is not None and start.day and not daily:
        if unit == "wk" or (unit == "d" and length % 7 == 0):
            words += f", le {WEEKDAYS[start.earliest.weekday()]}"
        else:
            words += f", à partir du {date_words(phase.low or phase.value if phase else None)}"
    if phase is not None and phase.width is not None and phase.width.value:
        words += f", pendant {duration(phase.width)}"
    return words


# -- events and sets -------------------------------------------------------------------------------------


def _event(timing: EventTiming) -> Phrase:
    code = timing.event.code if timing.event is not None else None
    if code is None:
        reason = timing.null_flavor or (timing.event.null_flavor if timing.event is not None else None)
        return Phrase(_missing(reason))
    if code not in EVENTS:
        return Phrase(f"moment «{NBSP}{code}{NBSP}»", (NOT_TRANSLATED,))
    return Phrase(_with_offset(EVENTS[code], timing.offset))


def _with_offset(event: str, offset: Interval | None) -> str:
    """« 30 minutes avant le petit-déjeuner »: the event gives the direction, the sign is ignored."""
    if offset is None:
        return event
    texts = [bound.value for bound in (offset.low, offset.high) if bound is not None and bound.value]
    lengths = [_length(text) for text in texts]
    if offset.width is not None and offset.width.value and not lengths:
        lengths = [duration(offset.width)]
    if not lengths:
        return event
    before = " à ".join(dict.fromkeys(lengths))
    if event.startswith(("avant", "après")):
        return f"{before} {event}"
    return f"{event} (décalage : {before})"


def _length(text: str) -> str:
    """« 30 minutes » from ``-30 min``."""
    value, _, unit = text.strip().lstrip("+-").partition(" ")
    return duration(Quantity(value=value, unit=unit or None))


def _set(timing: TimingSet) -> Phrase:
    if not timing.parts:
        return Phrase(_missing(timing.null_flavor))
    phrases = [frequency(part) for part in timing.parts]
    words = phrases[0].text
    common = "chaque jour à "
    for part, phrase in zip(timing.parts[1:], phrases[1:], strict=True):
        text = phrase.text
        if words.startswith(common) and text.startswith(common):
            text = text.removeprefix("chaque jour ")
        operator = part.operator if isinstance(part, Periodic | EventTiming | TimingSet) else None
        words += {"E": " sauf ", "A": ", seulement "}.get(operator or "", " et ") + text
    return Phrase(words, tuple(dict.fromkeys(mark for phrase in phrases for mark in phrase.marks)))
