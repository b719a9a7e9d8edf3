"""Decides what an entry is, by section and shape, and keeps account of what was not understood in it."""

from __future__ import annotations

from collections.abc import Callable

from ehdsi import oids
from ehdsi.cda.model import Entry
from ehdsi.cda.reading.concerns import concern, lone_observation
from ehdsi.cda.reading.context import Reading
from ehdsi.cda.reading.medications import immunization, medication
from ehdsi.cda.reading.observations import device, observation, organizer, procedure, procedure_like
from ehdsi.cda.reading.statements import STATEMENTS, code_of, is_event, unread
from ehdsi.xml import XmlElement

ALLERGIES, PROBLEMS, PAST_ILLNESS, IMMUNIZATIONS = "48765-2", "11450-4", "11348-0", "11369-6"
PROCEDURES, DEVICES, MEDICATIONS = "47519-4", "46264-8", "10160-0"

_E, _I = oids.EHDSI, oids.IHE_PCC
_ALLERGY_TEMPLATES = frozenset((f"{_E}.3.16", f"{_E}.3.17", f"{_I}.4.5.3", f"{_I}.4.6"))
_PROBLEM_TEMPLATES = frozenset((f"{_E}.3.15", f"{_E}.3.7", f"{_I}.4.5.2", f"{_I}.4.5"))
_IMMUNIZATION_TEMPLATES = frozenset((f"{_E}.3.19", f"{_I}.4.12"))

Reader = Callable[[Reading, XmlElement], list[Entry]]


def entries(reading: Reading, entry: XmlElement, section: str) -> list[Entry]:
    """All that one ``entry`` says, as a list: usually one value, more where parts of it were not understood.

    ``section`` is the LOINC code of the section around it, empty where it has none.
    """
    groups = reading.open(entry)
    found: list[Entry] = []
    for name, statements in groups.items():
        for statement in statements:
            if name in STATEMENTS:
                found.extend(_statement(reading, name, statement, section))
    if not any(name in STATEMENTS for name in groups) and entry.get("nullFlavor"):
        reading.remark(
            "repaired", f"an entry holds nothing but the null flavour {entry.get('nullFlavor')}", entry
        )
    found.extend(
        [
            unread(reading, left, f"{_local(reading, left)} was not understood at this place")
            for left in reading.untaken(entry)
        ]
    )
    return found


def _local(reading: Reading, element: XmlElement) -> str:
    return reading.name(element).rpartition("}")[2]


def _statement(reading: Reading, name: str, statement: XmlElement, section: str) -> list[Entry]:
    if name != "substanceAdministration" and not is_event(statement):
        mood = statement.get("moodCode")
        return [unread(reading, statement, f"a statement of mood {mood} is not a fact about the patient")]
    reader = _reader(reading, name, statement, section)
    found = reader(reading, statement) if reader is not None else []
    if found or not reading.bears_content(statement):
        return found
    return [unread(reading, statement, f"{name} was not understood in this section")]


def _reader(reading: Reading, name: str, statement: XmlElement, section: str) -> Reader | None:
    if name == "substanceAdministration":
        return immunization if _is_immunization(reading, statement, section) else medication
    if name == "procedure":
        return procedure
    if name == "organizer":
        return organizer
    if name == "supply":
        return device if section == DEVICES or "participant" in reading.groups(statement) else None
    if name == "observation":
        return _observation_reader(reading, statement, section)
    if name == "act":
        return _act_reader(reading, statement, section)
    return None


def _templates(reading: Reading, statement: XmlElement) -> frozenset[str | None]:
    return frozenset(t.get("root") for t in reading.groups(statement).get("templateId", ()))


def _is_immunization(reading: Reading, statement: XmlElement, section: str) -> bool:
    if section in (IMMUNIZATIONS, MEDICATIONS):
        return section == IMMUNIZATIONS
    return code_of(reading, statement) == "IMMUNIZ" or bool(
        _templates(reading, statement) & _IMMUNIZATION_TEMPLATES
    )


def _kind(reading: Reading, statement: XmlElement, section: str) -> str:
    """``allergy``, ``problem`` or nothing: the section decides, templates where the section does not."""
    if section == ALLERGIES:
        return "allergy"
    if section in (PROBLEMS, PAST_ILLNESS):
        return "problem"
    templates = _templates(reading, statement)
    if templates & _ALLERGY_TEMPLATES:
        return "allergy"
    return "problem" if templates & _PROBLEM_TEMPLATES else ""


def _allergy_concern(reading: Reading, act: XmlElement) -> list[Entry]:
    return concern(reading, act, allergy=True)


def _problem_concern(reading: Reading, act: XmlElement) -> list[Entry]:
    return concern(reading, act, allergy=False)


def _lone_allergy(reading: Reading, statement: XmlElement) -> list[Entry]:
    return lone_observation(reading, statement, allergy=True)


def _lone_problem(reading: Reading, statement: XmlElement) -> list[Entry]:
    return lone_observation(reading, statement, allergy=False)


def _act_reader(reading: Reading, act: XmlElement, section: str) -> Reader | None:
    kind = _kind(reading, act, section)
    if kind:
        return _allergy_concern if kind == "allergy" else _problem_concern
    return procedure_like if section == PROCEDURES else None


def _observation_reader(reading: Reading, statement: XmlElement, section: str) -> Reader:
    kind = _kind(reading, statement, section)
    if not kind:
        return observation
    return _lone_allergy if kind == "allergy" else _lone_problem
