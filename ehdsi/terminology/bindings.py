"""Which value sets each coded element of a patient summary is bound to, and how strictly.

Keys are (class, field) of ``ehdsi.cda.model``. ``usage`` repeats the coded-element list of the profile:
``R`` must be transcoded and translated, ``RNFA`` required but may be null, ``O`` optional; ``-`` stands for
elements that are on no list: they travel as sent unless the country's map has them, and never raise an issue.

Source: eHDSI coded-element list for the patient summary (level 3), MVC 8.1.0 numbers of value sets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ehdsi import oids
from ehdsi.cda.datatypes import Coded
from ehdsi.oids import value_set

Usage = Literal["R", "RNFA", "O", "-"]


@dataclass(frozen=True, slots=True)
class Binding:
    """Value sets of an element, any of which its code may be in, and how strictly it is bound."""

    value_sets: tuple[str, ...] = ()
    usage: Usage = "-"

    @property
    def listed(self) -> bool:
        """Whether the coded-element list of the profile names the element."""
        return self.usage != "-"


def _bound(usage: Usage, *numbers: int) -> Binding:
    return Binding(tuple(value_set(number) for number in numbers), usage)


#: What an element without a row is bound to.
UNBOUND = Binding()

BINDINGS: dict[tuple[str, str], Binding] = {
    ("Header", "code"): _bound("R", 32),
    ("Header", "confidentiality"): _bound("RNFA", 31),
    ("Patient", "gender"): _bound("RNFA", 34),
    ("Guardian", "code"): _bound("-", 38),
    ("Participation", "code"): _bound("O", 38, 1),
    ("Participation", "function"): _bound("O", 1, 76),
    ("Section", "code"): _bound("O", 26),
    ("AbsenceStatement", "code"): _bound("O", 47, 48, 49, 50, 51),
    ("Allergy", "type"): _bound("RNFA", 18),
    ("Allergy", "agents"): _bound("RNFA", 19, 24, 61),
    ("Allergy", "value"): _bound("O", 47, 5, 63),
    ("Allergy", "severity"): _bound("O", 13),
    ("Allergy", "criticality"): _bound("O", 57),
    ("Allergy", "certainty"): _bound("O", 58),
    ("Allergy", "clinical_status"): _bound("O", 59),
    ("Reaction", "code"): _bound("RNFA", 23, 18),
    ("Reaction", "manifestation"): _bound("RNFA", 11, 5),
    ("Reaction", "severity"): _bound("O", 13),
    ("Ingredient", "code"): _bound("RNFA", 61, 24),
    ("Package", "code"): UNBOUND,
    ("Package", "form"): _bound("O", 3, 2),
    ("Product", "code"): UNBOUND,
    ("Product", "form"): _bound("O", 2),
    ("Product", "classes"): _bound("RNFA", 24),
    ("Medication", "code"): _bound("O", 49),
    ("Medication", "route"): _bound("O", 12),
    ("Medication", "sites"): _bound("-", 65),
    ("Medication", "reasons"): _bound("-", 5, 63),
    ("EventTiming", "event"): _bound("O", 41),
    ("Problem", "type"): _bound("O", 23),
    ("Problem", "value"): _bound("RNFA", 5, 63, 50),
    ("Problem", "clinical_status"): _bound("O", 15),
    ("Problem", "outcome"): _bound("O", 30),
    ("Problem", "assertion"): _bound("-", 64),
    ("Problem", "severity"): _bound("O", 13),
    ("Procedure", "code"): _bound("O", 10, 51),
    ("Procedure", "sites"): _bound("-", 65),
    ("Procedure", "reasons"): _bound("-", 5, 63),
    ("Qualifier", "value"): _bound("-", 68),
    ("Device", "code"): _bound("O", 8, 48),
    ("Immunization", "vaccine"): _bound("O", 28),
    ("Immunization", "route"): _bound("O", 12),
    ("Immunization", "targets"): _bound("-", 5),
    ("Observation", "interpretations"): _bound("-", 73),
    ("Observation", "sites"): _bound("-", 65),
}

#: Code of an observation, by the section it stands in.
OBSERVATION_CODES: dict[str, Binding] = {
    "29762-2": _bound("O", 14),
    "10162-6": _bound("O", 9, 62),
    "8716-3": _bound("O", 21),
}

#: Coded value of an observation, by the observation's own code.
OBSERVATION_VALUES: dict[tuple[str, str], Binding] = {
    (oids.LOINC, "34530-6"): _bound("O", 20),
    (oids.LOINC, "82810-3"): _bound("O", 60),
}

#: Observation codes that LOINC gives and no value set holds: never transcoded.
_FIXED_CODES = ("82810-3", "93857-1", "34530-6")


def binding_of(
    owner: str, name: str, *, section: str = "", vaccine: bool = False, observation: Coded | None = None
) -> Binding:
    """The binding of a coded element.

    Parameters
    ----------
    owner, name : class and field that hold it.
    section : LOINC code of the section it stands in.
    vaccine : the product it belongs to is a vaccine.
    observation : code of the observation whose value it is.
    """
    if vaccine and (owner, name) == ("Product", "code"):
        return BINDINGS["Immunization", "vaccine"]
    if owner == "Observation" and name == "code":
        if observation is not None and observation.code in _FIXED_CODES:
            return UNBOUND
        return OBSERVATION_CODES.get(section, UNBOUND)
    if owner == "Observation" and name == "values" and observation is not None:
        key = (observation.code_system or "", observation.code or "")
        return OBSERVATION_VALUES.get(key, UNBOUND)
    return BINDINGS.get((owner, name), UNBOUND)
