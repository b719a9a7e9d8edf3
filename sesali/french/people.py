"""People, addresses, countries and languages, as a French reader reads them; names as received."""

from __future__ import annotations

from functools import cache

from babel import Locale

from ehdsi.cda.datatypes import Address, PersonName
from sesali.french.words import flavour


@cache
def _french() -> Locale:
    return Locale("fr")


def country_name(code: str | None) -> str:
    """French name of an ISO 3166-1 country; the code itself when unknown; empty for none."""
    if not code:
        return ""
    return str(_french().territories.get(code.strip().upper(), code))


def language_name(tag: str | None) -> str:
    """French name of a BCP 47 language, without its region: « estonien »; the tag itself when unknown."""
    if not tag:
        return ""
    return str(_french().languages.get(tag.replace("_", "-").split("-", 1)[0].lower(), tag))


def name_words(name: PersonName) -> str:
    """« Dr Kadri Tamm »: prefixes, given names, family names, suffixes, in that order, as received."""
    parts = [*name.prefix, *name.given, *name.family, *name.suffix]
    words = " ".join(part for part in parts if part) or (name.text or "")
    return words or (flavour(name.null_flavor) if name.null_flavor else "")


def address_words(address: Address) -> str:
    """One line, the country by its French name."""
    city = " ".join(part for part in (address.postal_code, address.city) if part)
    parts = [*address.street_lines, city, address.state or "", country_name(address.country)]
    return ", ".join(part for part in parts if part)
