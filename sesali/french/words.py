"""The French words of the page, read once from ``wording.toml`` beside this module."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

#: No-break space, and the narrow one that groups thousands.
NBSP = "\u00a0"
THIN = "\u202f"

_WORDS: dict[str, Any] = tomllib.loads(
    files(__package__).joinpath("wording.toml").read_text(encoding="utf-8")
)

SECTIONS: dict[str, str] = _WORDS["sections"]
MANDATORY: dict[str, str] = _WORDS["mandatory"]
ABOUT: dict[str, str] = {**_WORDS["mandatory"], **_WORDS["about"]}
NONE_KNOWN: dict[str, list[str]] = _WORDS["none_known"]
STATES: dict[str, str] = _WORDS["states"]
FLAVOURS: dict[str, str] = _WORDS["flavours"]
EVENTS: dict[str, str] = _WORDS["events"]
WEEKDAYS: list[str] = _WORDS["weekdays"]["names"]
MONTHS: list[str] = _WORDS["months"]["names"]
STATUS: dict[str, str] = _WORDS["status"]
SEVERITY: dict[str, list[str]] = _WORDS["severity"]
CRITICALITY: dict[str, list[str]] = _WORDS["criticality"]
CERTAINTY: dict[str, str] = _WORDS["certainty"]
BLOOD_GROUPS: dict[str, str] = _WORDS["blood_groups"]
INTERPRETATIONS: dict[str, str] = _WORDS["interpretations"]
METHODS: dict[str, str] = _WORDS["methods"]
REMARKS: dict[str, str] = _WORDS["remarks"]
_LABELS: dict[str, str] = _WORDS["labels"]

#: What stands where the document says nothing.
NOT_GIVEN = "non indiqué"


def flavour(null_flavor: str | None) -> str:
    """Words for an absent value: « non indiqué » without a flavour, the flavour's own words otherwise."""
    if not null_flavor:
        return NOT_GIVEN
    return FLAVOURS.get(null_flavor, f"absent ({null_flavor})")


def label(owner: str, name: str) -> str:
    """Label of a field of the model in the panel behind a row."""
    return _LABELS.get(f"{owner}.{name}") or _LABELS.get(name) or name.replace("_", " ")
