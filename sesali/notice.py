"""The Patient Information Notice: what the patient is told before the summary is opened, in 24 languages.

The texts are data (``sesali/notices/<language>.toml``); this module only reads them and fills in who is
responsible. That a notice was *presented* and that the patient *agrees* are two facts, recorded elsewhere.

Source: Regulation (EU) 2016/679, Articles 13 and 14; Directive 2011/24/EU, Article 14.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ehdsi.errors import LocalError

#: The official languages of the Union, by ISO 639-1 code, in alphabetical order.
LANGUAGES = ("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr",
             "hu", "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv")

#: What every notice holds, in this order.
ITEMS = tuple(f"PIN-{number:02}" for number in range(1, 16))

#: Version of the wording; all languages carry the same one.
VERSION = "2026-11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """Who answers for the processing in France: controller, protection officer, supervisory authority."""

    controller: str
    dpo: str
    authority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeItem:
    """One item of the notice: its identifier (``PIN-01`` …), heading and text in the notice's language."""

    identifier: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice ready to show: ``language`` is an ISO 639-1 code, ``version`` the version of the wording."""

    language: str
    version: str
    title: str
    intro: str
    items: tuple[NoticeItem, ...]


def notice(language: str, responsible: Responsible) -> Notice:
    """The notice in one language.

    Raises
    ------
    LocalError : there is no notice in this language (portal message SES-092).
    """
    if language not in LANGUAGES:
        raise LocalError(f"no patient information notice in language {language!r}")
    text = _text(language)
    filled = {"controller": responsible.controller, "dpo": responsible.dpo,
              "authority": responsible.authority, "version": VERSION}
    items = tuple(NoticeItem(identifier=identifier, heading=heading, text=body.format(**filled))
                  for identifier, (heading, body) in text.items.items())
    return Notice(language=language, version=VERSION, title=text.title, intro=text.intro, items=items)


@dataclass(frozen=True, slots=True)
class _Text:
    title: str
    intro: str
    items: dict[str, tuple[str, str]]


@cache
def _text(language: str) -> _Text:
    data = tomllib.loads((files("sesali") / "notices" / f"{language}.toml").read_text("utf-8"))
    items = {identifier: (str(pair[0]), str(pair[1])) for identifier, pair in data["items"].items()}
    return _Text(data["title"], data["intro"], items)
