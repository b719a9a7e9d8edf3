"""What the terminology says about a code, as a page needs it: looked up once, remembered while it serves.

Only concepts that the terminology holds are remembered, so that neither a hostile document nor a long day
fills the memory. Nothing that a document says is kept here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from ehdsi.terminology import Terminology

_MARKS = re.compile("[\u0300-\u036f]+")
_GAPS = re.compile(r"[\W_]+")


def normal(text: str) -> str:
    """For comparing wordings: no accents, case, punctuation or double spaces."""
    folded = text.casefold()
    if not folded.isascii():
        folded = _MARKS.sub("", unicodedata.normalize("NFD", folded))
    return _GAPS.sub(" ", folded).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One code.

    Attributes
    ----------
    stored : the terminology holds the concept.
    status, replaced_by : of the concept, as in the terminology; current and empty for others.
    french : French words, who worded them, the words for comparing; None without any.
    english, folded : English words, and the same for comparing; None without any.
    system : name of the code system for a French reader, empty when unknown.
    """

    stored: bool = False
    status: str = "current"
    replaced_by: str = ""
    french: tuple[str, str, str] | None = None
    english: str | None = None
    folded: str | None = None
    system: str = ""


class Concepts:
    """The codes of one terminology, with French words in the languages asked for."""

    def __init__(self, terminology: Terminology, languages: tuple[str, ...]) -> None:
        self._terminology = terminology
        self._french = tuple(language for language in languages if language.startswith("fr"))
        self._known: dict[tuple[str | None, str | None], Known] = {}
        self._outside: dict[tuple[str | None, str | None, tuple[str, ...]], bool] = {}

    def of(self, system: str | None, code: str | None) -> Known:
        """What is known about a code; a ``Known`` that says nothing for one that is not stored."""
        found = self._known.get((system, code))
        if found is None:
            found = self._look_up(system, code)
            if found.stored:
                self._known[system, code] = found
        return found

    def outside(self, system: str | None, code: str | None, value_sets: tuple[str, ...]) -> bool:
        """Whether a stored concept is known to be in none of these value sets; false without any."""
        key = (system, code, value_sets)
        found = self._outside.get(key)
        if found is None:
            member = self._terminology.member
            found = bool(value_sets) and all(member(one, system, code) is False for one in value_sets)
            self._outside[key] = found
        return found

    def _look_up(self, system: str | None, code: str | None) -> Known:
        store = self._terminology
        concept, label = store.concept(system, code), store.system_label(system)
        if concept is None:
            return Known(system=label)
        french = next(filter(None, (store.designation(system, code, tag) for tag in self._french)), None)
        english = store.display(system, code, "en-GB")
        return Known(
            stored=True,
            status=concept.status,
            replaced_by=concept.replaced_by,
            french=(french.text, store.source_text(french.source), normal(french.text)) if french else None,
            english=english,
            folded=normal(english) if english else None,
            system=label,
        )


@lru_cache(maxsize=8)
def concepts_of(terminology: Terminology, languages: tuple[str, ...]) -> Concepts:
    """The same for every page of a terminology, which never changes once it is built."""
    return Concepts(terminology, languages)
