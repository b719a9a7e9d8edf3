"""The alert strip: what must be seen in the first five seconds. It repeats coded facts and computes nothing.

Allergies always speak: known, none known, no information, unreadable, contradictory are five texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ehdsi.cda.model import (
    AbsenceStatement,
    Allergy,
    Device,
    Observation,
    PatientSummary,
    Section,
    UnreadEntry,
)
from sesali.french.context import Page
from sesali.french.dates import date_words, day_of
from sesali.french.narrative import has_text
from sesali.french.sections.allergies import WORST, is_active, reaction_line, substances
from sesali.french.sections.pregnancies import estimates, is_pregnant
from sesali.french.sections.problems import device_name, is_in_place, is_named
from sesali.french.states import no_information, none_known
from sesali.french.view import Alert, Line, Piece, Span

ALLERGIES = "48765-2"


def alerts(page: Page, summary: PatientSummary, anchors: dict[str, str]) -> tuple[Alert, ...]:
    """All alerts in fixed order; ``anchors`` holds the key of each section by LOINC code."""
    found = (
        _allergies(page, summary, anchors.get(ALLERGIES, "")),
        _pregnancy(page, summary, anchors),
        _implants(page, summary, anchors),
        _directives(summary, anchors),
        _masked(summary),
    )
    return tuple(alert for alert in found if alert is not None)


def sections_of(summary: PatientSummary, loinc: str) -> Iterator[Section]:
    """All sections with this code, nested ones too."""
    waiting = list(summary.sections)
    while waiting:
        section = waiting.pop(0)
        waiting = list(section.subsections) + waiting
        if section.code is not None and section.code.code == loinc:
            yield section


def all_entries(summary: PatientSummary, kind: type) -> list[object]:
    """All entries of one class, in document order, wherever they stand."""
    found: list[object] = []
    waiting = list(summary.sections)
    while waiting:
        section = waiting.pop(0)
        waiting = list(section.subsections) + waiting
        found += [entry for entry in section.entries if isinstance(entry, kind)]
    return found


def _allergies(page: Page, summary: PatientSummary, anchor: str) -> Alert:
    known = [a for a in all_entries(summary, Allergy) if isinstance(a, Allergy) and is_active(a)]
    sections = list(sections_of(summary, ALLERGIES))
    statements = [e for s in sections for e in s.entries if isinstance(e, AbsenceStatement)]
    unread = any(isinstance(e, UnreadEntry) for s in sections for e in s.entries)
    none = [s for s in statements if s.kind == "known_absence"]
    if known and none:
        items: tuple[Line, ...] = (
            (Span(text="informations contradictoires, voir la rubrique", style="strong"),),
        )
        items += tuple(_item(page, allergy) for allergy in sorted(known, key=lambda a: _rank(page, a)))
    elif known:
        items = tuple(_item(page, allergy) for allergy in sorted(known, key=lambda a: _rank(page, a)))
        if unread:
            items += ((Span(text="et des éléments illisibles, lire l’original", style="strong"),),)
    else:
        return _without_allergy(page, summary, statements, unread, anchor)
    return Alert(
        kind="allergies", icon="i-grave", label="Allergies", items=items, anchor=anchor, tone="danger"
    )


def _without_allergy(
    page: Page, summary: PatientSummary, statements: list[AbsenceStatement], unread: bool, anchor: str
) -> Alert:
    """No active allergy: five different reasons, five different sentences."""
    none = next((s for s in statements if s.kind == "known_absence"), None)
    if unread:
        words = "rubrique illisible, lire l’original."
        return _one(words, anchor, "i-grave", "danger")
    if none is not None:
        sentence, more = none_known(page, none)
        dated = day_of(summary.header.effective_time)
        return _one(
            f"{sentence.rstrip('.')} (affirmé le {dated}). {more}".strip(), anchor, "i-aucun", "plain"
        )
    sections = list(sections_of(summary, ALLERGIES))
    if any(isinstance(entry, Allergy) for section in sections for entry in section.entries):
        return _one("aucune active ; réfutées ou résolues, voir la rubrique.", anchor, "i-aucun", "plain")
    if any(no_information(s) is None and s.narrative is not None and has_text(s.narrative) for s in sections):
        return _one("aucune donnée codée, lire la rubrique.", anchor, "i-inconnu", "weak")
    return _one("aucune information transmise. Interroger le patient.", anchor, "i-inconnu", "weak")


def _one(words: str, anchor: str, icon: str, tone: Literal["danger", "plain", "weak"]) -> Alert:
    return Alert(
        kind="allergies", icon=icon, label="Allergies", anchor=anchor, tone=tone, items=((Span(text=words),),)
    )


def _rank(page: Page, allergy: Allergy) -> tuple[bool, int, str]:
    """High risk first, then the worst reaction, then the alphabet."""
    high = allergy.criticality is not None and allergy.criticality.code == "high"
    codes = {r.severity.code for r in allergy.reactions if r.severity is not None}
    codes |= {allergy.severity.code} if allergy.severity is not None else set()
    worst = next((index for index, code in enumerate(WORST) if code in codes), len(WORST))
    return (not high, worst, substances(page, allergy)[0][0].text.casefold())


def _item(page: Page, allergy: Allergy) -> Line:
    """« pénicilline G : choc anaphylactique, grave, risque élevé »."""
    pieces: list[Piece] = list(substances(page, allergy)[0])
    reactions = [r for r in allergy.reactions if r.manifestation is not None or r.text]
    for index, reaction in enumerate(reactions):
        line = reaction_line(page, reaction)
        pieces += [Span(text=" : " if index == 0 else " ; "), *(p for p in line if "absent" not in p.style)]
    if allergy.criticality is not None and allergy.criticality.code == "high":
        pieces.append(Span(text=", risque élevé", style="strong"))
    return tuple(pieces)


def _pregnancy(page: Page, summary: PatientSummary, anchors: dict[str, str]) -> Alert | None:
    current = [o for o in all_entries(summary, Observation) if isinstance(o, Observation) and is_pregnant(o)]
    if not current:
        return None
    every = [o for o in all_entries(summary, Observation) if isinstance(o, Observation)]
    dates = [line for o in every for line in estimates(page, o)]
    pieces: list[Piece] = [Span(text=f"en cours (observée le {_observed(current[0])})")]
    for line in dates[:1]:
        pieces += [Span(text=", accouchement estimé le "), *line]
    return Alert(
        kind="pregnancy",
        icon="i-grossesse",
        label="Grossesse",
        items=(tuple(pieces),),
        anchor=anchors.get("10162-6", ""),
    )


def _observed(observation: Observation) -> str:
    time = observation.time
    return date_words(time.value or time.low) if time is not None else "date non indiquée"


def _implants(page: Page, summary: PatientSummary, anchors: dict[str, str]) -> Alert | None:
    devices = [d for d in all_entries(summary, Device) if isinstance(d, Device) and is_in_place(d)]
    items = tuple(_implant(page, device) for device in devices if is_named(device))
    if not items:
        return None
    return Alert(
        kind="implants", icon="i-implant", label="Implants", items=items, anchor=anchors.get("46264-8", "")
    )


def _implant(page: Page, device: Device) -> Line:
    """« stimulateur cardiaque (2019) »."""
    line: Line = device_name(page, device)
    low = device.time.low or device.time.value if device.time is not None else None
    return (*line, Span(text=f" ({date_words(low)})")) if low is not None and low.value else line


def _directives(summary: PatientSummary, anchors: dict[str, str]) -> Alert | None:
    told = any(no_information(section) is None for section in sections_of(summary, "42348-3"))
    if not told:
        return None
    return Alert(
        kind="directives",
        icon="i-document",
        label="Directives anticipées",
        items=((Span(text="transmises, voir la rubrique"),),),
        anchor=anchors.get("42348-3", ""),
    )


def _masked(summary: PatientSummary) -> Alert | None:
    masked = any(
        section.null_flavor == "MSK" or any(entry.null_flavor == "MSK" for entry in section.entries)
        for section in summary.sections
    )
    restricted = summary.header.confidentiality is not None and summary.header.confidentiality.code in (
        "R",
        "V",
    )
    if not masked and not restricted:
        return None
    words = (
        "des informations existent mais ne sont pas communiquées"
        if masked
        else "document à confidentialité restreinte : des informations peuvent manquer"
    )
    return Alert(kind="masked", icon="i-masque", label="Données masquées", items=((Span(text=words),),))
