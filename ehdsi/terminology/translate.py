"""Translation: the pivot (MVC codes, English) becomes French. This is the work of the country of treatment.

Codes and code systems never change. An element whose designation differs from its display name gets the
French one, and keeps the English in a ``translation`` which takes the national one inside it. A missing
designation is a warning, never a reason to withhold: the element stays as it was.

Source: eHDSI transcoding and translation specification.
"""

from __future__ import annotations

from ehdsi.cda.datatypes import Coded
from ehdsi.cda.model import PatientSummary
from ehdsi.terminology.bindings import UNBOUND, Binding
from ehdsi.terminology.store import Designation, Terminology
from ehdsi.terminology.transcode import Issues, Transformation, TransformIssue, renamed
from ehdsi.terminology.walk import rebuild

#: Target languages of the French gateway, in order.
FRENCH: tuple[str, ...] = ("fr-FR", "fr")


def translate_summary(
    summary: PatientSummary, terminology: Terminology, languages: tuple[str, ...] = FRENCH
) -> Transformation:
    """Pivot to a target language.

    Parameters
    ----------
    summary : the pivot as received; unlisted elements are translated too where a designation exists.
    terminology : with designations in the target languages.
    languages : BCP 47 tags, the first that has a designation wins.

    Returns
    -------
    A new summary; ``errors`` is always empty, untranslated elements of the profile's list are ``warnings``.
    """
    issues = Issues()

    def visit(coded: Coded, binding: Binding, element: str) -> Coded:
        if element == "EventTiming.event":
            return coded  # its type allows no translation; the page names it by code
        return _translate(coded, binding, element, terminology, languages, issues)

    return issues.transformation(rebuild(summary, visit))


def translate(
    coded: Coded,
    terminology: Terminology,
    languages: tuple[str, ...] = FRENCH,
    *,
    binding: Binding = UNBOUND,
    element: str = "",
) -> tuple[Coded, tuple[TransformIssue, ...]]:
    """One coded element, pivot to a target language, and the issues met."""
    issues = Issues()
    return _translate(coded, binding, element, terminology, languages, issues), tuple(issues.found)


def _translate(
    coded: Coded,
    binding: Binding,
    element: str,
    terminology: Terminology,
    languages: tuple[str, ...],
    issues: Issues,
) -> Coded:
    if coded.null_flavor or not coded.code or not coded.code_system:
        return coded
    wording = first_designation(terminology, coded.code_system, coded.code, languages)
    if wording is None:
        if binding.listed:
            issues.add("TM", "2504", coded, element)
        return coded
    if terminology.ambiguous(coded.code_system, coded.code, wording.language):
        issues.add("TSAM", "2506", coded, element)
    return renamed(coded, coded.code_system, coded.code, None, wording.text)


def first_designation(
    terminology: Terminology, system: str | None, code: str | None, languages: tuple[str, ...]
) -> Designation | None:
    """The designation in the first of several languages that has one."""
    for language in languages:
        wording = terminology.designation(system, code, language)
        if wording is not None:
            return wording
    return None
