"""French of the portal: typography, countries in a sentence, hours, labels from ``wording.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from sesali.countries import french_name

PARIS = ZoneInfo("Europe/Paris")
NBSP, NARROW = "\u00a0", "\u202f"


@cache
def wording() -> dict[str, Any]:
    """The data file, read once."""
    text = resources.files("sesali.portal").joinpath("wording.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def typographic(text: str) -> str:
    """Apostrophes and spaces as a printer sets them: ``d’un « mot » : oui``, spaces that do not break."""
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    text = re.sub(r"« ?", "«" + NARROW, re.sub(r" ?»", NARROW + "»", text))
    return re.sub(r" ([:;!?])", NBSP + r"\1", text)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryWords:
    """A country in sentences: ``Croatie``, ``la Croatie``, ``de la Croatie``, ``en Croatie``, ``Hrvatska``.

    ``native`` is its name in its first language ``language`` (BCP 47), ``languages`` all official ones.
    """

    code: str
    name: str
    le: str
    du: str
    au: str
    native: str
    language: str
    languages: tuple[str, ...]


@cache
def country_words(code: str) -> CountryWords:
    """See ``CountryWords``; an unknown code is its own name."""
    from babel import Locale, UnknownLocaleError
    from babel.languages import get_official_languages

    name = french_name(code)
    languages = tuple(get_official_languages(code, de_facto=True)) or ("en",)
    # A country's own name is best in the language that is its alone, not in one that it shares with us.
    languages = tuple(sorted(languages, key=lambda one: one == "fr"))
    try:
        native = str(Locale(languages[0]).territories.get(code, name))
    except UnknownLocaleError:
        native = name
    le, du, au = wording()["articles"].get(code) or _with_article(name)
    return CountryWords(code=code, name=name, le=le, du=du, au=au, native=native, language=languages[0],
                        languages=languages)


def _with_article(name: str) -> tuple[str, str, str]:
    if re.match(r"[AEIOUYÉÈÊÎÔ]", name):
        return f"l’{name}", f"de l’{name}", f"en{NBSP}{name}"
    if name.endswith("e"):
        return f"la {name}", f"de la {name}", f"en{NBSP}{name}"
    return f"le {name}", f"du {name}", f"au{NBSP}{name}"


def hour(moment: datetime) -> str:
    """``14 h 06``, Paris time."""
    return f"{moment.astimezone(PARIS):%H}{NBSP}h{NBSP}{moment.astimezone(PARIS):%M}"


def day(moment: datetime) -> str:
    """``3 mars 2025``, Paris time."""
    from babel.dates import format_date

    return str(format_date(moment.astimezone(PARIS).date(), "d MMMM y", locale="fr"))


def language_choice(code: str) -> tuple[str, str]:
    """French name of a language and its own name: ``portugais``, ``português``."""
    from babel import Locale

    locale = Locale(code)
    return str(Locale("fr").languages.get(code, code)), str(locale.languages.get(code, code))
