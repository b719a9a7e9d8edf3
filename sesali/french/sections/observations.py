"""Results, vital signs, pregnancies, habits, functional status and any other coded observation."""

from __future__ import annotations

from collections.abc import Sequence

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Interval, Quantity
from ehdsi.cda.model import Entry, Observation, ObservationGroup
from sesali.french.context import Page, join, small, table
from sesali.french.dates import sort_key
from sesali.french.quantities import number, result
from sesali.french.view import Line, Piece, Row, Span, Table, Term
from sesali.french.words import BLOOD_GROUPS, INTERPRETATIONS

BLOOD_GROUP = "34530-6"
SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
PREGNANCY_STATUS = "82810-3"
DELIVERY = "93857-1"

#: Said below every blood group.
CONTROL = "Ne dispense pas du contrôle avant transfusion."

_SEPARATOR = Span(text=" · ")


def code_of(observation: Observation) -> str:
    """Code of an observation, empty where there is none."""
    return observation.code.code or "" if observation.code is not None else ""


def when_of(entry: Observation | ObservationGroup, group: ObservationGroup | None = None) -> Interval | None:
    """Its own date, else that of the group it stands in."""
    return entry.time if entry.time is not None else group.time if group is not None else None


def title_of(page: Page, observation: Observation | ObservationGroup, style: str = "strong") -> Line:
    """What was observed."""
    pieces: list[Piece] = []
    if observation.negated:
        pieces.append(Span(text="Absence de : ", style="negation"))
    if observation.code is not None and (observation.code.code or not observation.text):
        pieces += page.coded_line(observation.code, "Observation.code", style)
    elif observation.text:
        pieces.append(page.free(observation.text, style, observation))
    else:
        pieces.append(Span(text="examen non indiqué", style="absent"))
    return tuple(_short(piece) for piece in pieces)


def _short(piece: Piece) -> Piece:
    """Laboratory names keep the part before the bracket: « Glucose » of « Glucose [Masse/Volume] … »."""
    if isinstance(piece, Term) and " [" in piece.text and piece.source == "french":
        return Term(
            text=piece.text.split(" [", 1)[0],
            lang=piece.lang,
            original=piece.original,
            original_lang=piece.original_lang,
            marks=piece.marks,
            source=piece.source,
            style=piece.style,
            trace=piece.trace,
        )
    return piece


def values_of(page: Page, observation: Observation) -> list[Line]:
    """All values, blood groups in words, with the components' values beneath."""
    lines: list[Line] = []
    for value in observation.values:
        if isinstance(value, Coded) and value.code_system == oids.SNOMED_CT and value.code in BLOOD_GROUPS:
            term = page.term(value, "Observation.values")
            original = (Span(text=term.original, lang=term.original_lang, style="original"),)
            lines.append(
                (Span(text=BLOOD_GROUPS[value.code], style="strong"), *(original if term.original else ()))
            )
            lines.append((small(CONTROL),))
        else:
            lines.append(page.value(value))
    lines += [
        join([title_of(page, component, ""), *values_of(page, component)], Span(text=" : "))
        for component in observation.components
    ]
    return lines


def interpretation(page: Page, coded: Coded) -> Line:
    """« Élevé ↑ »; nothing is ever called normal unless it was sent as normal."""
    known = INTERPRETATIONS.get(coded.code or "")
    if known is None or coded.code_system != oids.OBSERVATION_INTERPRETATION:
        return (page.term(coded, "Observation.interpretations"),)
    return (Span(text=known),)


def _flatten(entries: Sequence[Entry]) -> list[tuple[Observation, ObservationGroup | None]]:
    found: list[tuple[Observation, ObservationGroup | None]] = []
    for entry in entries:
        if isinstance(entry, Observation):
            found.append((entry, None))
        elif isinstance(entry, ObservationGroup):
            found += [(observation, entry) for observation in entry.observations]
    return found


def _empty_groups(page: Page, entries: Sequence[Entry], columns: int) -> list[Row]:
    """A group without observations is still a statement."""
    return [
        page.row(e, ([title_of(page, e)], *([()] * (columns - 2)), [page.when(e.time)]))
        for e in entries
        if isinstance(e, ObservationGroup) and not e.observations
    ]


def _with_group(page: Page, observation: Observation, group: ObservationGroup | None) -> list[Line]:
    lines: list[Line] = [title_of(page, observation)]
    if observation.method is not None:
        lines.append((small("méthode : "), page.term(observation.method, "Observation.method", "small")))
    lines += [(small("site : "), *page.coded_line(site, "Observation.sites")) for site in observation.sites]
    if group is not None and group.code is not None and (group.code.code or group.code.original_text):
        lines.append((page.term(group.code, "ObservationGroup.code", "small"),))
    return lines + [(page.free(text, "small", observation),) for text in observation.comments]


# -- results ---------------------------------------------------------------------------------------------


def results(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """Blood group first, then results newest first, with unit, flag and reference range."""
    found = sorted(
        _flatten(entries), key=lambda pair: (code_of(pair[0]) != BLOOD_GROUP, sort_key(when_of(*pair)))
    )
    rows = [_result(page, observation, group) for observation, group in found]
    rows += _empty_groups(page, entries, 5)
    built = table(
        "Résultats d’examens",
        ("Examen", "Résultat et unité", "Écart", "Référence du laboratoire", "Date"),
        [("", rows)],
        keep=(1,),
    )
    return [built] if built else []


def _result(page: Page, observation: Observation, group: ObservationGroup | None) -> Row:
    ranges: list[Line] = [(Span(text=text),) for text in observation.reference_ranges]
    flags = [interpretation(page, coded) for coded in observation.interpretations]
    return page.row(
        observation,
        (
            _with_group(page, observation, group),
            values_of(page, observation),
            flags,
            ranges,
            [page.when(when_of(observation, group))],
        ),
        group=group,
    )


# -- vital signs -----------------------------------------------------------------------------------------


def vital_signs(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """One row per moment: blood pressure as a pair, other measures beside it."""
    rows: list[Row] = []
    dated = [entry for entry in entries if isinstance(entry, Observation | ObservationGroup)]
    for entry in sorted(dated, key=lambda entry: sort_key(entry.time)):
        observations = entry.observations if isinstance(entry, ObservationGroup) else (entry,)
        pressure = _pressure(page, observations)
        paired = len(pressure) == 1 and len({SYSTOLIC, DIASTOLIC} & {code_of(o) for o in observations}) == 2
        others = [
            _measure(page, observation, entry)
            for observation in observations
            if not (paired and code_of(observation) in (SYSTOLIC, DIASTOLIC))
        ]
        when = page.when(entry.time or (observations[0].time if observations else None))
        rows.append(page.row(entry, ([when], pressure, others), name="Mesures " + when[0].text))
    built = table("Signes vitaux", ("Date", "Pression artérielle", "Autres mesures"), [("", rows)])
    return [built] if built else []


def _pressure(page: Page, observations: Sequence[Observation]) -> list[Line]:
    """« 135/85 mmHg » with the two words for a screen reader; several readings stay several lines."""
    upper = [o for o in observations if code_of(o) == SYSTOLIC]
    lower = [o for o in observations if code_of(o) == DIASTOLIC]
    if len(upper) != 1 or len(lower) != 1:
        return []
    pair = [
        observation.values[0] if len(observation.values) == 1 else None for observation in (*upper, *lower)
    ]
    first, second = pair
    if not (isinstance(first, Quantity) and isinstance(second, Quantity)) or first.unit != second.unit:
        return []
    if first.value is None or second.value is None:
        return []
    return [
        (
            Span(text="systolique ", style="vh"),
            Span(text=number(first.value), style="number"),
            Span(text="/"),
            Span(text="diastolique ", style="vh"),
            Span(text=result(second), style="number"),
        )
    ]


def _measure(page: Page, observation: Observation, entry: Entry) -> Line:
    line = join([title_of(page, observation, ""), *values_of(page, observation)], Span(text=" : "))
    line += tuple(
        piece
        for coded in observation.interpretations
        for piece in (Span(text=", "), *interpretation(page, coded))
    )
    if (
        observation.time is not None
        and isinstance(entry, ObservationGroup)
        and _other_date(observation, entry)
    ):
        line = (
            *line,
            Span(text=" "),
            *page.when(observation.time),
            Span(text="date différente", style="tag"),
        )
    return line


def _other_date(observation: Observation, group: ObservationGroup) -> bool:
    return group.time is not None and sort_key(observation.time) != sort_key(group.time)


# -- habits, functional status, others -------------------------------------------------------------------


def simple(page: Page, entries: Sequence[Entry], caption: str, columns: tuple[str, str, str]) -> list[Table]:
    """What, value, date: habits, functional assessments and observations of unknown sections."""
    rows = []
    for observation, group in _flatten(entries):
        flags = [interpretation(page, coded) for coded in observation.interpretations]
        ranges: list[Line] = [(small(f"référence : {text}"),) for text in observation.reference_ranges]
        rows.append(
            page.row(
                observation,
                (
                    _with_group(page, observation, group),
                    values_of(page, observation) + flags + ranges,
                    [page.when(when_of(observation, group))],
                ),
                counted=not observation.negated,
                group=group,
            )
        )
    rows += _empty_groups(page, entries, 3)
    built = table(caption, columns, [("", rows)], keep=(1,))
    return [built] if built else []
