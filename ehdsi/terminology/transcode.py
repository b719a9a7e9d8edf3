"""Transcoding: the friendly form becomes the pivot (MVC codes, English, national concept kept).

This is the work of the country of affiliation. Per element: the country's map, else the concept itself, is
the target; its English designation becomes the display name; the element as it was goes into a new
``translation`` which takes an existing first translation inside it. A concept without safe target keeps no
code: it travels as ``nullFlavor="OTH"`` with the national concept in ``translation``. Value-set membership
is reported, not enforced.

Source: eHDSI transcoding and translation specification; error numbers of the transformation manager (TM)
and of the terminology access manager (TSAM), which share numbers with different meanings and are kept apart
here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ehdsi.cda.datatypes import Coded
from ehdsi.cda.model import PatientSummary
from ehdsi.terminology.bindings import UNBOUND, Binding
from ehdsi.terminology.code_map import WITHOUT_TARGET, CodeMap
from ehdsi.terminology.store import Terminology
from ehdsi.terminology.walk import rebuild

PIVOT_LANGUAGE = "en-GB"

#: Texts of the catalogue; (origin, code) because TM and TSAM share numbers.
MESSAGES: dict[tuple[str, str], str] = {
    ("TSAM", "4501"): "code system not found",
    ("TSAM", "4503"): "code system concept not found",
    ("TSAM", "4505"): "designation not found",
    ("TSAM", "4509"): "transcoding association invalid",
    ("TSAM", "2506"): "several designations, none preferred",
    ("TSAM", "2507"): "value set mismatch",
    ("TSAM", "2508"): "code system name mismatch",
    ("TSAM", "2509"): "concept not current",
    ("TM", "4511"): "required coded element not transcoded",
    ("TM", "4512"): "required coded element not translated",
    ("TM", "2502"): "element not transcoded, national concept sent as it is",
    ("TM", "2504"): "element not translated",
    ("TM", "2508"): "code or code system missing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformIssue:
    """One error or warning of a transformation.

    ``origin`` says which of the two enumerations ``code`` belongs to; ``element`` is ``Class.field`` of the
    model, ``where`` the path in the document. It names the code system but never the code: that is clinical.
    """

    code: str
    origin: Literal["TM", "TSAM"]
    severity: Literal["error", "warning"]
    element: str = ""
    where: str = ""
    code_system: str = ""

    @property
    def text(self) -> str:
        """The sentence of the catalogue, with the element and its code system."""
        parts = [MESSAGES[self.origin, self.code], self.element]
        return ", ".join(part for part in (*parts, self.code_system) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation:
    """A transformed summary and what was found on the way; any error means that it must not be sent."""

    summary: PatientSummary
    errors: tuple[TransformIssue, ...] = ()
    warnings: tuple[TransformIssue, ...] = ()

    @property
    def status(self) -> Literal["SUCCESS", "WARNING", "ERROR"]:
        """The worst of what was found."""
        if self.errors:
            return "ERROR"
        return "WARNING" if self.warnings else "SUCCESS"


class Issues:
    """Collects the issues of one element or one document."""

    def __init__(self) -> None:
        self.found: list[TransformIssue] = []

    def add(self, origin: Literal["TM", "TSAM"], code: str, coded: Coded, element: str) -> None:
        """Note an issue; numbers from 4500 are errors."""
        self.found.append(
            TransformIssue(
                code=code,
                origin=origin,
                severity="error" if code >= "4500" else "warning",
                element=element,
                where=coded.origin.path if coded.origin else "",
                code_system=coded.code_system or "",
            )
        )

    def transformation(self, summary: PatientSummary) -> Transformation:
        """The result, errors and warnings apart."""
        return Transformation(
            summary=summary,
            errors=tuple(issue for issue in self.found if issue.severity == "error"),
            warnings=tuple(issue for issue in self.found if issue.severity == "warning"),
        )


def transcode_summary(
    summary: PatientSummary, code_map: CodeMap, terminology: Terminology, *, check_names: bool = False
) -> Transformation:
    """Friendly form to pivot.

    Parameters
    ----------
    summary : with national codes, or already pivot codes, or a mixture.
    code_map : of the country that sends.
    terminology : with English designations.
    check_names : also warn about a missing or different ``codeSystemName`` (2508), as one implementation
        does.

    Returns
    -------
    A new summary; header, narrative, dates, quantities and structure are untouched.
    """
    issues = Issues()

    def visit(coded: Coded, binding: Binding, element: str) -> Coded:
        if element == "EventTiming.event":
            return coded  # its type allows no translation; its code is the pivot code
        return _transcode(coded, binding, element, code_map, terminology, issues, check_names)

    return issues.transformation(rebuild(summary, visit))


def transcode(
    coded: Coded,
    code_map: CodeMap,
    terminology: Terminology,
    *,
    binding: Binding = UNBOUND,
    element: str = "",
) -> tuple[Coded, tuple[TransformIssue, ...]]:
    """One coded element, friendly to pivot, and the issues met."""
    issues = Issues()
    result = _transcode(coded, binding, element, code_map, terminology, issues, False)
    return result, tuple(issues.found)


def _transcode(
    coded: Coded,
    binding: Binding,
    element: str,
    code_map: CodeMap,
    terminology: Terminology,
    issues: Issues,
    check_names: bool,
) -> Coded:
    if coded.null_flavor:
        return coded
    if not coded.code or not coded.code_system:
        if binding.listed and not coded.original_text:
            issues.add("TM", "2508", coded, element)
            if binding.usage == "R":
                issues.add("TM", "4511", coded, element)
        return coded
    mapping = code_map.lookup(coded.code_system, coded.code)
    if mapping is not None and (mapping.kind in WITHOUT_TARGET or mapping.kind == "narrower"):
        if mapping.kind == "narrower":
            issues.add("TSAM", "4509", coded, element)
        else:
            issues.add("TM", "2502", coded, element)
        if binding.usage == "R":
            issues.add("TM", "4511", coded, element)
        return without_target(coded)
    if check_names and coded.code_system_name != terminology.system_name(coded.code_system):
        issues.add("TSAM", "2508", coded, element)
    system = mapping.pivot_system if mapping else coded.code_system
    code = mapping.pivot_code if mapping else coded.code
    if mapping is None and not binding.listed and terminology.concept(system, code) is None:
        return coded
    return _to_target(coded, system, code, binding, element, terminology, issues)


def _to_target(
    coded: Coded,
    system: str,
    code: str,
    binding: Binding,
    element: str,
    terminology: Terminology,
    issues: Issues,
) -> Coded:
    """Point an element at a pivot concept, whose English designation becomes the display name."""
    if system not in terminology.code_systems:
        issues.add("TSAM", "4501", coded, element)
        if binding.usage == "R":
            issues.add("TM", "4511", coded, element)
        return without_target(coded)
    concept = terminology.concept(system, code)
    if concept is None:
        issues.add("TSAM", "4503", coded, element)
    elif concept.status != "current":
        issues.add("TSAM", "2509", coded, element)
    outside = [terminology.member(value_set, system, code) is False for value_set in binding.value_sets]
    if concept is not None and outside and all(outside):
        issues.add("TSAM", "2507", coded, element)
    if terminology.ambiguous(system, code, PIVOT_LANGUAGE):
        issues.add("TSAM", "2506", coded, element)
    wording = terminology.designation(system, code, PIVOT_LANGUAGE)
    if wording is None and concept is not None:
        issues.add("TSAM", "4505", coded, element)
    text = wording.text if wording else coded.display_name
    return renamed(coded, system, code, terminology.system_name(system) or None, text)


def renamed(coded: Coded, system: str, code: str, system_name: str | None, text: str | None) -> Coded:
    """The element with another code or wording, the former kept as a new ``translation`` where they differ.

    An existing first translation moves inside the new one; further ones stay before it.
    """
    same_code = (system, code) == (coded.code_system, coded.code)
    name = system_name or coded.code_system_name
    if same_code and text == coded.display_name:
        return coded if name == coded.code_system_name else replace(coded, code_system_name=name)
    former = Coded(
        code=coded.code,
        code_system=coded.code_system,
        code_system_name=coded.code_system_name,
        code_system_version=None if same_code else coded.code_system_version,
        display_name=coded.display_name,
        translations=coded.translations[:1],
    )
    return replace(
        coded,
        code=code,
        code_system=system,
        code_system_name=name,
        display_name=text,
        code_system_version=coded.code_system_version if same_code else None,
        translations=(*coded.translations[1:], former),
    )


def without_target(coded: Coded) -> Coded:
    """``nullFlavor="OTH"`` with the national concept as translation, for a concept without safe target."""
    former = Coded(
        code=coded.code,
        code_system=coded.code_system,
        code_system_name=coded.code_system_name,
        code_system_version=coded.code_system_version,
        display_name=coded.display_name or coded.original_text,
    )
    return replace(
        coded,
        code=None,
        code_system=None,
        code_system_name=None,
        code_system_version=None,
        display_name=None,
        null_flavor="OTH",
        translations=(*coded.translations, former),
    )
