"""Is this page about the right patient? Asked of every page that names one, in every journey."""

from __future__ import annotations

import re

from clinician import NotOnPageError, Page
from clinician.text import plain
from load.plan import Patient

_MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre")

#: What the banner leaves of an identifier: its end.
_MASKED = re.compile("•+([^\\s•,]*)")


def differences(page: Page, patient: Patient) -> tuple[str, ...]:
    """What on this page does not fit the patient: names of traits, never their values.

    Looks at the banner of the patient where there is one, else at the whole page (verification).
    """
    try:
        shown = plain(page.region("Patient"))
    except NotOnPageError:
        shown = page.flat
    lowered = shown.lower()
    found = [trait for trait, values in (("family name", patient.family), ("given name", patient.given))
             if any(plain(value).lower() not in lowered for value in values)]
    if not _born(patient.birth_date, lowered):
        found.append("birth date")
    if not _numbered(patient, shown):
        found.append("identifier")
    return tuple(found)


def same_document(content: bytes, patient: Patient) -> bool:
    """Does a downloaded document hold one of the patient's numbers?"""
    text = content.decode("utf-8", "replace")
    return any(f'"{value}"' in text for value in patient.identifiers.values())


def _born(value: str, lowered: str) -> bool:
    """The date in French words, as far as it is known."""
    year, month, day = value[:4], value[4:6], value[6:8]
    words = year
    if month:
        words = f"{_MONTHS[int(month) - 1]} {year}"
    if day:
        words = f"{'1er' if int(day) == 1 else int(day)} {words}"
    return words in lowered


def _numbered(patient: Patient, shown: str) -> bool:
    """The whole identifier, or the end of it behind a mask."""
    if any(value in shown for value in patient.identifiers.values()):
        return True
    mask = _MASKED.search(shown)
    return mask is not None and bool(mask[1]) and any(
        value.endswith(mask[1]) for value in patient.identifiers.values())
