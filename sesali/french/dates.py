"""Dates in French words: months in letters, four-digit years, the precision received and never more.

Times are HL7 TS texts (``1975``, ``20250103``, ``20130503150530.283+0100``); a text that is no date is
shown as received. Ages are counted at ``now`` in the time zone of the reader.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ehdsi.cda.datatypes import Interval, Time
from sesali.french.quantities import duration
from sesali.french.words import MONTHS, NBSP, flavour

PARIS = ZoneInfo("Europe/Paris")

_TS = re.compile(r"(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.\d+)?([+-]\d{2}:?\d{2}|Z)?")


class Moment(NamedTuple):
    """A time as far as it was given; missing parts are 0. A page makes a hundred of these."""

    year: int
    month: int = 0
    day: int = 0
    hour: int = -1
    minute: int = 0
    zone: str = ""

    @property
    def earliest(self) -> date:
        """The first day it can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day it can mean."""
        if self.day:
            return self.earliest
        following = date(self.year + (self.month in (0, 12)), (self.month % 12) + 1 if self.month else 1, 1)
        return date.fromordinal(following.toordinal() - 1)


def moment(time: Time | None) -> Moment | None:
    """The parts of a time, or None where there is none or the text is no date."""
    match = _TS.fullmatch(time.value.strip()) if time is not None and time.value else None
    if match is None:
        return None
    year, month, day, hour, minute, _, zone = match.groups()
    found = Moment(int(year), int(month or 0), int(day or 0), int(hour or -1), int(minute or 0), zone or "")
    try:
        _ = found.latest if found.day else (found.earliest, found.latest)
    except ValueError:
        return None
    if found.hour > 24 or found.minute > 59:
        return None
    return found


def date_words(time: Time | None, *, absent: str = "date non indiquée") -> str:
    """« 12 avril 1958 », « mars 2019 », « 2019 », « date inconnue »; what is no date as received."""
    if time is None:
        return absent
    found = moment(time)
    if found is not None:
        return _with_hour(found)
    if time.value:
        return f"« {time.value} » (date illisible, telle que reçue)"
    if time.null_flavor == "UNK":
        return "date inconnue"
    return f"date : {flavour(time.null_flavor)}" if time.null_flavor else absent


def day_words(found: Moment) -> str:
    """A moment without its hour."""
    if not found.month:
        return str(found.year)
    month = MONTHS[found.month - 1]
    if not found.day:
        return f"{month}{NBSP}{found.year}"
    return f"{ordinal(found.day)}{NBSP}{month}{NBSP}{found.year}"


def day_of(time: Time | None) -> str:
    """The date of a time without its hour, for « affirmé le … »."""
    found = moment(time)
    return day_words(found) if found is not None else date_words(time)


def ordinal(day: int) -> str:
    """« 1er » for the first of a month, the number otherwise."""
    return "1er" if day == 1 else str(day)


def hour_words(hour: int, minute: int) -> str:
    """« 8 h », « 14 h 05 »."""
    return f"{hour}{NBSP}h{NBSP}{minute:02d}" if minute else f"{hour}{NBSP}h"


def _with_hour(found: Moment) -> str:
    """Midnight to the minute is how many systems fill up a day: it is not said."""
    if found.hour < 0 or (found.hour == 0 and found.minute == 0):
        return day_words(found)
    return f"{day_words(found)} à {hour_words(found.hour, found.minute)}"


def full_words(time: Time | None) -> str:
    """Date, hour and offset from UTC where given: for the document itself and the panels."""
    found = moment(time)
    if found is None or found.hour < 0:
        return date_words(time)
    zone = (
        f"UTC{found.zone}"
        if found.zone and found.zone != "Z"
        else "UTC"
        if found.zone
        else "fuseau non précisé"
    )
    return f"{day_words(found)} à {hour_words(found.hour, found.minute)} ({zone})"


def period(interval: Interval | None, *, absent: str = "date non indiquée") -> str:
    """« du 3 au 9 mars 2025 (7 jours, bornes incluses) », « depuis mars 2021 », « jusqu’en 2020 »."""
    if interval is None:
        return absent
    if interval.value is not None:
        return date_words(interval.value)
    words = _bounds(interval.low, interval.high)
    if interval.center is not None:
        words = (
            f"{words}, vers {date_words(interval.center)}" if words else f"vers {date_words(interval.center)}"
        )
    if interval.width is not None and interval.width.value:
        length = f"pendant {duration(interval.width)}"
        words = f"{words}, {length}" if words else length
    if words:
        return words
    if interval.null_flavor == "UNK":
        return "date inconnue"
    return f"date : {flavour(interval.null_flavor)}" if interval.null_flavor else absent


def _bounds(low: Time | None, high: Time | None) -> str:
    start, end = moment(low), moment(high)
    if start is not None and end is not None:
        return _from_to(start, end)
    parts = []
    if low is not None and low.value:
        parts.append(f"depuis {_since(start)}" if start else f"depuis {date_words(low)}")
    elif low is not None and low.null_flavor not in (None, "NA", "NINF"):
        parts.append("début inconnu" if low.null_flavor == "UNK" else f"début {flavour(low.null_flavor)}")
    if high is not None and high.value:
        parts.append(f"jusqu’{_until(end)}" if end else f"jusqu’à {date_words(high)}")
    elif high is not None and high.null_flavor not in (None, "NA", "PINF"):
        parts.append("fin inconnue" if high.null_flavor == "UNK" else f"fin {flavour(high.null_flavor)}")
    return ", ".join(parts)


def _since(found: Moment) -> str:
    return f"le {_with_hour(found)}" if found.day else day_words(found)


def _until(found: Moment) -> str:
    if found.day:
        return f"au {_with_hour(found)}"
    return (
        f"{'à ' if found.month else 'en '}{day_words(found)}" if not found.month else f"à {day_words(found)}"
    )


def _from_to(start: Moment, end: Moment) -> str:
    if start == end:
        return f"le {_with_hour(start)}" if start.day else day_words(start)
    if not (start.day and end.day):
        words = f"de {day_words(start)} à {day_words(end)}"
        return words if start.earliest <= end.latest else f"{words} (dates incohérentes)"
    days = (end.earliest - start.earliest).days + 1
    if days < 1:
        return f"du {_with_hour(start)} au {_with_hour(end)} (dates incohérentes)"
    first = ordinal(start.day)
    if start.hour > 0 or end.hour > 0:
        return f"du {_with_hour(start)} au {_with_hour(end)}"
    if start.year != end.year:
        first = day_words(start)
    elif start.month != end.month:
        first = f"{ordinal(start.day)}{NBSP}{MONTHS[start.month - 1]}"
    length = f" ({days}{NBSP}jour{'s' if days > 1 else ''}, bornes incluses)" if days <= 92 else ""
    return f"du {first} au {day_words(end)}{length}"


def is_past(interval: Interval | None, now: datetime) -> bool:
    """Whether a period certainly ended before today."""
    end = moment(interval.high) if interval is not None else None
    return end is not None and end.latest < now.astimezone(PARIS).date()


def starts_later(interval: Interval | None, now: datetime) -> bool:
    """Whether a period or a single moment certainly lies after today."""
    start = moment(interval.low or interval.value) if interval is not None else None
    return start is not None and start.earliest > now.astimezone(PARIS).date()


def undated(interval: Interval | None) -> bool:
    """Whether nothing is known of a period, neither bound nor value."""
    return interval is None or all(moment(t) is None for t in (interval.low, interval.high, interval.value))


def sort_key(interval: Interval | None) -> tuple[int, int, int]:
    """Newest first; partial dates after complete ones of the same period; undated last."""
    found = moment(interval.value or interval.low or interval.high) if interval is not None else None
    if found is None:
        return (1, 0, 0)
    return (-found.year, -(found.month or 0), -(found.day or 0))


# -- ages ------------------------------------------------------------------------------------------------


def age(birth: Time | None, now: datetime) -> str:
    """« 39 ans », « 9 ans 2 mois », « 14 mois », « 12 jours »; « 49 ou 50 ans » from a partial date."""
    return age_at(birth, now.astimezone(PARIS).date())


def age_at(birth: Time | None, today: date) -> str:
    """Age on a given day; empty where the birth date is unknown or lies after it."""
    found = moment(birth)
    if found is None or found.earliest > today:
        return ""
    if not found.day:
        youngest = max(0, _months(found.latest, today) // 12) if found.latest <= today else 0
        oldest = _months(found.earliest, today) // 12
        return f"{oldest}{NBSP}ans" if youngest == oldest else f"{youngest} ou {oldest}{NBSP}ans"
    days = (today - found.earliest).days
    months = _months(found.earliest, today)
    if days < 28:
        return f"{days}{NBSP}jour{'s' if days > 1 else ''}"
    if months < 24:
        return f"{months}{NBSP}mois"
    if months < 18 * 12 and months % 12:
        return f"{months // 12}{NBSP}ans {months % 12}{NBSP}mois"
    return f"{months // 12}{NBSP}ans"


def is_minor(birth: Time | None, now: datetime) -> bool:
    """Whether the person is certainly under eighteen today."""
    found = moment(birth)
    return found is not None and _months(found.earliest, now.astimezone(PARIS).date()) < 18 * 12


def _months(since: date, today: date) -> int:
    """Whole months between two days."""
    return (today.year - since.year) * 12 + today.month - since.month - (today.day < since.day)


def ago(time: Time | None, now: datetime) -> str:
    """« il y a 8 mois », « aujourd’hui »; empty for a partial or future date."""
    found = moment(time)
    if found is None or not found.day:
        return ""
    today = now.astimezone(PARIS).date()
    days = (today - found.earliest).days
    if days < 0:
        return ""
    if days == 0:
        return "aujourd’hui"
    if days == 1:
        return "hier"
    months = _months(found.earliest, today)
    if months < 1 or days < 31:
        return f"il y a {days}{NBSP}jours"
    if months < 24:
        return f"il y a {months}{NBSP}mois"
    return f"il y a {months // 12}{NBSP}ans"
