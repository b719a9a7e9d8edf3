"""The sections of a patient summary as data: LOINC code, template ids, entry templates, absence codes.

Source: eHDSI patient summary L3 template, publication of 2025-02-21; CCD and IHE PCC templates that it names;
value set eHDSISection; IPS absent and unknown data.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from ehdsi.oids import CCD, EHDSI, IHE_PCC

#: Which shape the entries of a section take on the wire.
Shape = Literal[
    "medication", "allergy", "procedure", "problem", "device", "immunization", "social", "pregnancy", "vital",
    "result", "function", "narrative",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionKind:
    """One section of the summary.

    ``display`` is the English name of the value set, ``templates`` the current template ids in document
    order, ``no_information`` and ``known_absence`` the two codes of the absent-or-unknown set, empty where
    the section has none; ``mandatory`` sections stand in every summary.
    """

    loinc: str
    display: str
    shape: Shape
    templates: tuple[str, ...]
    mandatory: bool = False
    no_information: str = ""
    known_absence: str = ""


def _basic(loinc: str, display: str, shape: Shape, templates: tuple[str, ...],
           nothing: tuple[str, str]) -> SectionKind:
    """One of the five sections that no summary may lack."""
    return SectionKind(loinc=loinc, display=display, shape=shape, templates=templates, mandatory=True,
                       no_information=nothing[0], known_absence=nothing[1])


def _other(loinc: str, display: str, shape: Shape, *templates: str) -> SectionKind:
    """A section that may be left out."""
    return SectionKind(loinc=loinc, display=display, shape=shape, templates=templates)


MEDICATIONS = "10160-0"
ALLERGIES = "48765-2"
PROCEDURES = "47519-4"
PROBLEMS = "11450-4"
DEVICES = "46264-8"
PAST_ILLNESS = "11348-0"
IMMUNIZATIONS = "11369-6"
SOCIAL_HISTORY = "29762-2"
PREGNANCIES = "10162-6"
VITAL_SIGNS = "8716-3"
RESULTS = "30954-2"
FUNCTIONAL_STATUS = "47420-5"
PLAN_OF_CARE = "18776-5"
ADVANCE_DIRECTIVES = "42348-3"

#: Every section of the value set that a summary uses, by LOINC code, in the order in which we write them.
SECTIONS: MappingProxyType[str, SectionKind] = MappingProxyType({kind.loinc: kind for kind in (
    _basic(ALLERGIES, "Allergies and adverse reactions", "allergy", (f"{EHDSI}.2.12",),
           ("no-allergy-info", "no-known-allergies")),
    _basic(PROBLEMS, "Problem list", "problem", (f"{EHDSI}.2.9", f"{CCD}.11"),
           ("no-problem-info", "no-known-problems")),
    _basic(MEDICATIONS, "History of Medication use", "medication", (f"{EHDSI}.2.3", f"{CCD}.8"),
           ("no-medication-info", "no-known-medications")),
    _basic(DEVICES, "Medical device use", "device", (f"{EHDSI}.2.4", f"{CCD}.7"),
           ("no-device-info", "no-known-devices")),
    _basic(PROCEDURES, "History of Procedures", "procedure", (f"{EHDSI}.2.11",),
           ("no-procedure-info", "no-known-procedures")),
    _other(PAST_ILLNESS, "History of past illness", "problem", f"{EHDSI}.2.10"),
    _other(IMMUNIZATIONS, "Immunizations", "immunization", f"{EHDSI}.2.15", f"{CCD}.6"),
    _other(PREGNANCIES, "History of pregnancies", "pregnancy", f"{EHDSI}.2.7"),
    _other(SOCIAL_HISTORY, "Social history", "social", f"{EHDSI}.2.13", f"{CCD}.15"),
    _other(VITAL_SIGNS, "Vital signs", "vital", f"{EHDSI}.2.6"),
    _other(RESULTS, "Relevant diagnostic tests/laboratory data", "result", f"{EHDSI}.2.5"),
    _other(FUNCTIONAL_STATUS, "Functional status", "function", f"{EHDSI}.2.14"),
    # Unverified: the publication's own number for the health maintenance plan; CCD and IHE ids are in use.
    _other(PLAN_OF_CARE, "Health maintenance plan", "narrative", f"{CCD}.10", f"{IHE_PCC}.3.31"),
    _other(ADVANCE_DIRECTIVES, "Advance directives", "narrative", f"{EHDSI}.2.16"),
)})

#: LOINC codes of the five sections that no summary may lack.
MANDATORY: tuple[str, ...] = tuple(kind.loinc for kind in SECTIONS.values() if kind.mandatory)

#: Templates of the legal representative and of every header participant.
CONTACT_TEMPLATE = f"{IHE_PCC}.2.4"

#: Template ids of entries and of what hangs below them, in document order.
ENTRY_TEMPLATES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType({
    "medication": (f"{EHDSI}.3.4", f"{CCD}.24", f"{IHE_PCC}.4.7.1"),
    "medication.product": (f"{EHDSI}.3.31",),
    "medication.material": (f"{EHDSI}.3.32",),
    "medication.reason": (f"{EHDSI}.3.41", f"{IHE_PCC}.4.13"),
    "medication.instructions": (f"{EHDSI}.3.12", f"{IHE_PCC}.4.3", f"{CCD}.49"),
    "allergy": (f"{EHDSI}.3.16",),
    "allergy.observation": (f"{EHDSI}.3.17",),
    "allergy.reaction": (f"{EHDSI}.3.44",),
    "allergy.criticality": (f"{EHDSI}.3.33",),
    "allergy.status": (f"{EHDSI}.3.34",),
    "allergy.certainty": (f"{EHDSI}.3.35",),
    "severity": (f"{IHE_PCC}.4.1", f"{CCD}.55"),
    "problem": (f"{EHDSI}.3.15", f"{CCD}.27"),
    "problem.observation": (f"{EHDSI}.3.7",),
    "problem.assertion": (f"{EHDSI}.3.49",),
    "problem.status": (f"{EHDSI}.3.9", f"{IHE_PCC}.4.1.1", f"{CCD}.57", f"{CCD}.50"),
    "problem.outcome": (f"{EHDSI}.3.10",),
    "problem.professional": (f"{EHDSI}.3.48",),
    "procedure": (f"{EHDSI}.3.26",),
    "procedure.reason": (f"{IHE_PCC}.4.13",),
    "device": (f"{EHDSI}.3.5",),
    "immunization": (f"{EHDSI}.3.19", f"{IHE_PCC}.4.12", f"{CCD}.24"),
    "immunization.product": (f"{EHDSI}.3.18", f"{CCD}.53"),
    "immunization.dose_number": (f"{EHDSI}.3.28",),
    "social": (f"{EHDSI}.3.23", f"{EHDSI}.3.20", f"{IHE_PCC}.4.13", f"{IHE_PCC}.4.13.4", f"{CCD}.33"),
    "pregnancy.status": (f"{EHDSI}.3.45",),
    "pregnancy.delivery_date": (f"{EHDSI}.3.24", f"{EHDSI}.3.20", f"{IHE_PCC}.4.13", f"{IHE_PCC}.4.13.5"),
    "pregnancy.outcome": (f"{EHDSI}.3.46",),
    "pregnancy.outcome_date": (f"{EHDSI}.3.47",),
    "vital": (f"{EHDSI}.3.21", f"{IHE_PCC}.4.13.1", f"{CCD}.32", f"{CCD}.35"),
    "vital.observation": (f"{EHDSI}.3.22", f"{EHDSI}.3.20", f"{IHE_PCC}.4.13", f"{IHE_PCC}.4.13.2",
                          f"{CCD}.31"),
    "result": (f"{EHDSI}.3.42",),
    "result.observation": (f"{EHDSI}.3.43", f"{IHE_PCC}.4.13"),
    "result.blood_group": (f"{EHDSI}.3.25", f"{EHDSI}.3.20", f"{IHE_PCC}.4.13"),
    "function": (f"{EHDSI}.3.39",),
    "function.observation": (f"{EHDSI}.3.40", f"{IHE_PCC}.4.13"),
    "observation": (f"{IHE_PCC}.4.13",),
    "comment": (f"{CCD}.40", f"{IHE_PCC}.4.2"),
})
