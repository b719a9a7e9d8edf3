"""Who a synthetic patient is: birth date and sex, from the identifier where it says so; name and address."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from countries.model import Country, SyntheticRange
from countries.synthetic.record import YEAR
from countries.synthetic.streams import Stream
from countries.synthetic.tables import Row, number, rows
from ehdsi.cda.datatypes import Address, PersonName

if TYPE_CHECKING:
    from faker import Generator

#: How often a name is drawn anew when it has a letter that the country does not write.
ATTEMPTS = 40
#: Parts of an address, and those that belong together.
PLACE, TOWN = ("street", "city", "postcode"), ("city", "postcode")
#: Marks between the words of a name that any alphabet may have.
MARKS = " -'.’"
_FIELD = re.compile(r"\{(\w+)(?::([^}]*))?\}")
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What the identifier and the first draws say."""

    birth: date
    sex: Literal["M", "F"]


def origin_of(range_: SyntheticRange, value: str, stream: Stream, today: date) -> Origin | None:
    """Birth and sex of the bearer of an identifier; None when it states a day that cannot be a birth date.

    A template field ``birth`` holds the date in the format it names; ``century`` is the first digit of the
    Baltic codes, odd for men, which says the century too.
    """
    age, within, sex = stream.unit(), stream.unit(), stream.unit()
    stated = _stated(range_.template, value)
    century = stated.get("century", "")
    birth = today - timedelta(days=round(_age(age, within) * YEAR))
    if "birth" in stated:
        found = _birth(stated["birth"], _format(range_.template), century, today)
        if found is None or found > today or (today - found).days > 115 * YEAR:
            return None
        birth = found
    older = (today - birth).days > 70 * YEAR
    chosen: Literal["M", "F"] = "M" if sex < (0.44 if older else 0.49) else "F"
    if century:
        chosen = "M" if int(century) % 2 else "F"
    return Origin(birth=birth, sex=chosen)


def _age(at: float, within: float) -> float:
    """By ``age-bands.tsv``; in the last band 75 is six times as likely as 95."""
    bands = _bands()
    for low, high, share in bands:
        at -= share
        if at < 0 or (low, high, share) == bands[-1]:
            if low >= 75:
                within = 1 - (1 - within * (1 - 1 / 36)) ** 0.5
            return low + within * (high + 1 - low) * 0.999
    return 40.0


@cache
def _bands() -> tuple[tuple[float, float, float], ...]:
    return tuple((number(row["lo"]), number(row["hi"]), number(row["share"])) for row in rows("age-bands"))


def share_of_ages(low: float, high: float) -> float:
    """Share of patients from one age to under another, ages within a band all alike."""
    return sum(
        share * max(0.0, min(high, last + 1) - max(low, first)) / (last + 1 - first)
        for first, last, share in _bands()
    )


def _format(template: str) -> str:
    return next((fmt for name, fmt in _FIELD.findall(template) if name == "birth"), "")


@cache
def _reader(template: str) -> re.Pattern[str]:
    """The template as a pattern with a group for each field; what follows it is the check characters."""
    parts, at = [], 0
    for field in _FIELD.finditer(template):
        parts.append(re.escape(template[at : field.start()]))
        name, fmt = field[1], field[2] or ""
        width = len(date(2000, 1, 1).strftime(fmt)) if name == "birth" else None
        parts.append(f"(?P<{name}>" + (rf"\d{{{width}}})" if width else "." if name == "century" else ".+?)"))
        if name == "century":
            parts.append(")")
        at = field.end()
    return re.compile("".join(parts) + re.escape(template[at:]) + ".*")


def _stated(template: str, value: str) -> dict[str, str]:
    found = _reader(template).fullmatch(value)
    return found.groupdict() if found else {}


def _birth(text: str, fmt: str, century: str, today: date) -> date | None:
    try:
        day = datetime.strptime(text, fmt).date()
        if century:
            return day.replace(year=1800 + 100 * ((int(century) - 1) // 2) + day.year % 100)
        if "%Y" not in fmt:
            recent = day.replace(year=2000 + day.year % 100)
            return recent if recent <= today else day.replace(year=1900 + day.year % 100)
    except ValueError:
        return None
    return day


# -- name and address ----------------------------------------------------------------------------------------


@cache
def _by_hand() -> dict[str, Row]:
    return {row["country"]: row for row in rows("names")}


@cache
def _faker(locale: str) -> Generator:
    # The library takes a tenth of a second to import, which a world without synthetic patients never needs.
    from faker import Faker

    made: Generator = Faker(locale).factories[0]
    return made


def name_of(country: Country, sex: str, stream: Stream, family: tuple[str, ...] = ()) -> PersonName:
    """A name in the letters of the country; ``family`` keeps the family name of a relative."""
    families = family or tuple(
        _part(country, "family", sex, stream)
        for _ in range(2 if "{family2}" in country.locale.name_template else 1)
    )
    given: tuple[str, ...] = (_part(country, "given", sex, stream),)
    if stream.chance(0.2):
        second = _part(country, "given", sex, stream)
        given = (*given, second) if second not in given else given
    if "joined_given_names" in country.switches:
        return PersonName(family=(" ".join(families),), given=(" ".join(given),))
    return PersonName(family=families, given=given)


def _part(country: Country, what: str, sex: str, stream: Stream) -> str:
    letters = set(country.locale.alphabet.casefold() + MARKS)
    name = ""
    for _ in range(ATTEMPTS):
        name = _drawn(country, what, sex, stream)
        if name and set(name.casefold()) <= letters:
            return name
    return "".join(char for char in name if char.casefold() in letters) or country.names.native


def _drawn(country: Country, what: str, sex: str, stream: Stream, place: float | None = None) -> str:
    """One part, from the lists by hand or from the library; ``place`` says which of a list of towns."""
    column = {"given": "male" if sex == "M" else "female"}.get(what, what)
    listed = _by_hand().get(country.code, {}).get(column, "")
    if listed or not country.locale.faker:
        names = listed.split(",")
        return names[int(place * len(names))] if what in TOWN and place is not None else stream.choose(names)
    with _LOCK:
        fake = _faker(country.locale.faker[int(stream.unit() * len(country.locale.faker))])
        # Drawing from the stream itself costs a third of seeding the library's generator for each part.
        fake.random = stream.source
        made: Any = _FAKERS[what](fake, sex)
    return str(made).split(",")[0].strip()


_FAKERS: dict[str, Any] = {
    "given": lambda fake, sex: fake.first_name_male() if sex == "M" else fake.first_name_female(),
    "family": lambda fake, sex: fake.last_name_male() if sex == "M" else fake.last_name_female(),
    "street": lambda fake, sex: fake.street_name(),
    "city": lambda fake, sex: fake.city(),
    "postcode": lambda fake, sex: fake.postcode(),
}


def address_of(country: Country, stream: Stream) -> Address:
    """An invented address as the country writes it; of lists, the town and its own postal code."""
    place = stream.unit()
    street, city, postcode = (_drawn(country, what, "", stream, place) for what in PLACE)
    values = {
        "street": street,
        "number": str(stream.whole(1, 90)),
        "flat": str(stream.whole(1, 40)),
        "city": city,
        "postal_code": "",
    }
    line = country.locale.address_template[0]
    line = _FIELD.sub(lambda field: values.get(field[1], ""), line)
    known = postcode and "postal_code_unknown" not in country.switches
    return Address(
        street_lines=(line,), city=city, postal_code=postcode if known else None, country=country.code
    )
