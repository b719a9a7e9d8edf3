"""Headings and short sentences of generated narratives and printed summaries, per language, as data.

``narrative_labels.tsv`` holds one row per text and one column per language. A language that is not there gets
English, which every gateway displays.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

#: Language used where the document's own has no column.
FALLBACK = "en"


def labels_of(language: str | None) -> Mapping[str, str]:
    """All texts in a language (``hr``, ``hr-HR``), by key; English for a language that is not in the data."""
    tables = _tables()
    return tables.get((language or FALLBACK).split("-")[0].lower(), tables[FALLBACK])


def languages() -> tuple[str, ...]:
    """The languages (two letters) that have texts of their own."""
    return tuple(_tables())


def section_title(loinc: str | None, language: str | None) -> str | None:
    """The usual title of a section in a language; None for a section outside the value set."""
    return labels_of(language).get(f"section.{loinc}")


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    text = files("ehdsi.cda").joinpath("narrative_labels.tsv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return MappingProxyType({
        language: MappingProxyType({row[0]: row[column] for row in rows})
        for column, language in enumerate(header) if column
    })
