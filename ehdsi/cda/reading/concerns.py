"""Reads allergies and problems: a concern act with the observation inside it, or the observation alone."""

from __future__ import annotations

from collections.abc import Iterator

from ehdsi.cda.datatypes import Coded, Interval
from ehdsi.cda.model import Allergy, Entry, Participation, Problem, Reaction
from ehdsi.cda.reading.context import Groups, Reading
from ehdsi.cda.reading.datatypes import coded, coded_child, first, interval_child, is_true, text_of
from ehdsi.cda.reading.people import participation, text_child
from ehdsi.cda.reading.statements import (
    CERTAINTY,
    CRITICALITY,
    OUTCOME,
    STATUS,
    EntryFields,
    absence,
    code_of,
    common,
    is_event,
    is_severity,
    merged,
    related,
    settle,
    slot,
)
from ehdsi.xml import XmlElement

#: LOINC code of the act that names a professional related to a problem.
_RELATED_PROFESSIONAL = "85847-2"

#: What documents write in place of an agent where there is none: null flavours as text, dashes.
_NO_WORDS = frozenset(("UNK", "NA", "NI", "OTH", "-", "--", "N/A"))


def concern(reading: Reading, act: XmlElement, *, allergy: bool) -> list[Entry]:
    """One entry per observation in a concern act; an act without one gives nothing and stays untaken."""
    groups = reading.groups(act)
    found = [
        (relation, statement)
        for relation, kind, name, statement in related(reading, groups)
        if name == "observation" and kind in ("SUBJ", "COMP", "") and is_event(statement)
    ]
    if not found or not is_event(act):
        return []
    reading.take(act)
    outer = common(reading, act)
    code = first(groups, "code")
    if code is not None and code.get("code") in ("CONC", None):
        coded(reading, code)
    time = interval_child(reading, groups)
    entries: list[Entry] = []
    for relation, statement in found:
        reading.take(relation)
        entries.append(_subject(reading, statement, outer, time, allergy))
    return entries


def lone_observation(reading: Reading, observation: XmlElement, *, allergy: bool) -> list[Entry]:
    """An allergy or problem observation without a concern act around it."""
    reading.remark(
        "repaired", "an observation without a concern act around it is read as if it had one", observation
    )
    return [_subject(reading, observation, None, None, allergy)]


def _subject(
    reading: Reading, observation: XmlElement, outer: EntryFields | None, time: Interval | None, allergy: bool
) -> Entry:
    inner = common(reading, observation)
    fields = merged(outer, inner) if outer is not None else inner
    groups = reading.groups(observation)
    onset = interval_child(reading, groups)
    kind = coded_child(reading, groups, "code")
    value = _coded_value(reading, groups)
    stated = absence(fields, value, onset or time) if value is not None else None
    if stated is not None:
        _settle_agents(reading, groups)
        return stated
    if allergy or _names_agent(reading, groups):
        return _allergy(reading, groups, fields, Concern(kind, value, onset, time))
    return _problem(reading, groups, fields, Concern(kind, value, onset, time))


def _names_agent(reading: Reading, groups: Groups) -> bool:
    """Whether an observation says what it is an allergy to, in whatever section it stands."""
    return any(
        participant.get("typeCode") == "CSM"
        and any("playingEntity" in reading.groups(role) for role in participant)
        for participant in groups.get("participant", ())
    )


class Concern:
    """What allergies and problems have in common beyond the fields of an entry."""

    __slots__ = ("kind", "onset", "time", "value")

    def __init__(
        self, kind: Coded | None, value: Coded | None, onset: Interval | None, time: Interval | None
    ) -> None:
        self.kind, self.value, self.onset, self.time = kind, value, onset, time


def _coded_value(reading: Reading, groups: Groups) -> Coded | None:
    """The value as a code; free text in its place becomes original text, a number is left for the account."""
    found = first(groups, "value")
    if found is None or found.get("value") is not None:
        return None
    if len(found) or not (found.text or "").strip():
        return coded(reading, found)
    return Coded(original_text=text_of(reading, found)[0], origin=reading.origin(found))


def _allergy(reading: Reading, groups: Groups, fields: EntryFields, shared: Concern) -> Allergy:
    slots: dict[str, Coded | None] = {}
    reactions: list[Reaction] = []
    for relation, kind, name, statement in related(reading, groups):
        if name != "observation" or statement in reading.taken:
            continue
        if kind == "MFST":
            reactions.extend(_reaction(reading, relation, statement))
        else:
            _fill(reading, slots, _ALLERGY_SLOTS, relation, statement)
    agents, agent_name = _agents(reading, groups)
    return Allergy(
        **fields,
        type=shared.kind,
        agents=agents,
        agent_name=agent_name,
        value=shared.value,
        onset=shared.onset,
        concern_time=shared.time,
        reactions=tuple(reactions),
        severity=slots.get("severity"),
        criticality=slots.get(CRITICALITY),
        certainty=slots.get(CERTAINTY),
        clinical_status=slots.get(STATUS),
    )


#: Fields of each class that a nested observation can fill.
_ALLERGY_SLOTS = ("severity", STATUS, CERTAINTY, CRITICALITY)
_PROBLEM_SLOTS = ("severity", STATUS, CERTAINTY, OUTCOME)


def _fill(
    reading: Reading,
    slots: dict[str, Coded | None],
    known: tuple[str, ...],
    relation: XmlElement,
    statement: XmlElement,
) -> None:
    """Fill the field that a nested observation stands for, once; anything else is left for the account."""
    code = "severity" if is_severity(reading, statement) else code_of(reading, statement)
    if code in known and slots.get(code) is None:
        slots[code] = slot(reading, relation, statement)


def _agents(reading: Reading, groups: Groups) -> tuple[tuple[Coded, ...], str | None]:
    agents: list[Coded] = []
    names: list[str] = []
    for consumed in groups.get("participant", ()):
        role = first(reading.open(consumed), "participantRole")
        if role is None:
            continue
        inside = reading.open(role)
        own = coded_child(reading, inside, "code")
        for playing in inside.get("playingEntity", ()):
            entity = reading.open(playing)
            code = coded_child(reading, entity, "code")
            name = text_child(reading, entity, "name")
            agents.extend([code] if code is not None else [])
            names.extend([name] if name else [])
        agents.extend([own] if own is not None and (own.code or own.original_text) else [])
    return tuple(agents), ", ".join(names) or None


def _settle_agents(reading: Reading, groups: Groups) -> None:
    """Take the agents beside an absence statement that name nothing; a real one stays for the account."""
    for participant in groups.get("participant", ()):
        codes = [node for node in participant.iter() if node.get("code") or node.get("displayName")]
        words = {
            word
            for node in participant.iter()
            if reading.name(node) in ("reference", "name", "originalText")
            for word in _words(reading, node).split()
        }
        if not codes and words <= _NO_WORDS:
            reading.take_all(participant)


def _words(reading: Reading, node: XmlElement) -> str:
    if reading.name(node) == "reference":
        return reading.referenced_text(node)[0] or ""
    return (node.text or "").strip()


def _reaction(reading: Reading, relation: XmlElement, observation: XmlElement) -> Iterator[Reaction]:
    if not is_event(observation) or is_true(observation.get("negationInd")):
        return
    reading.take(relation)
    groups = reading.open(observation)
    severity: dict[str, Coded | None] = {}
    for inner, _, name, statement in related(reading, groups):
        if name == "observation" and is_severity(reading, statement):
            _fill(reading, severity, ("severity",), inner, statement)
    text = first(groups, "text")
    settle(reading, groups)
    yield Reaction(
        code=coded_child(reading, groups, "code"),
        manifestation=_coded_value(reading, groups),
        severity=severity.get("severity"),
        time=interval_child(reading, groups),
        text=text_of(reading, text)[0] if text is not None else None,
    )


def reaction(reading: Reading, relation: XmlElement, observation: XmlElement) -> tuple[Reaction, ...]:
    """A reaction to an allergen or a vaccine; none, untaken, where the observation is negated or planned."""
    return tuple(_reaction(reading, relation, observation))


def _problem(reading: Reading, groups: Groups, fields: EntryFields, shared: Concern) -> Problem:
    slots: dict[str, Coded | None] = {}
    professionals: list[Participation] = []
    for relation, _, name, statement in related(reading, groups):
        if statement in reading.taken:
            continue
        if name == "observation":
            _fill(reading, slots, _PROBLEM_SLOTS, relation, statement)
        elif name == "act" and code_of(reading, statement) == _RELATED_PROFESSIONAL:
            professionals.extend(_professionals(reading, relation, statement))
    return Problem(
        **fields,
        type=shared.kind,
        value=shared.value,
        onset=shared.onset,
        concern_time=shared.time,
        clinical_status=slots.get(STATUS),
        outcome=slots.get(OUTCOME),
        assertion=slots.get(CERTAINTY),
        severity=slots.get("severity"),
        related_professionals=tuple(professionals),
        related_resources=_resources(reading, groups),
    )


def _professionals(reading: Reading, relation: XmlElement, act: XmlElement) -> list[Participation]:
    reading.take(relation)
    groups = reading.open(act)
    coded_child(reading, groups, "code")
    settle(reading, groups)
    found = groups.get("performer", []) + groups.get("participant", [])
    return [participation(reading, element, "PRF") for element in found]


def _resources(reading: Reading, groups: Groups) -> tuple[str, ...]:
    """Addresses of resources related to a problem, from ``reference/externalDocument``."""
    found: list[str] = []
    for reference in groups.get("reference", ()):
        document = first(reading.open(reference), "externalDocument")
        if document is None:
            continue
        inside = reading.open(document)
        coded_child(reading, inside, "code")
        text = text_child(reading, inside, "text")
        found.extend([text] if text else [])
    return tuple(found)
