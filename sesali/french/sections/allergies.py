"""Allergies: substance first, reaction and severity second, risk, status; no date in the row."""

from __future__ import annotations

from collections.abc import Sequence

from ehdsi.cda.datatypes import Coded
from ehdsi.cda.model import Allergy, Entry, Reaction
from sesali.french.context import ABSENT, Page, small, table
from sesali.french.view import Line, Piece, Row, Span, Table
from sesali.french.words import CERTAINTY, CRITICALITY, SEVERITY, STATUS

COLUMNS = ("Substance", "Réaction et gravité", "Risque", "Statut et certitude")

#: Severity codes, worst first, to order rows and the alert strip.
WORST = ("442452003", "24484000", "371924009", "6736007", "371923003", "255604002")

_ENDED = ("inactive", "resolved", "73425007", "413322009")


def build(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """One table: current allergies first, then refuted or resolved ones, labelled and never struck
    through.
    """
    allergies = [entry for entry in entries if isinstance(entry, Allergy)]
    current = [_row(page, allergy) for allergy in allergies if is_active(allergy)]
    others = [_row(page, allergy) for allergy in allergies if not is_active(allergy)]
    built = table(
        "Allergies et hypersensibilités",
        COLUMNS,
        [("", current), (f"Réfutées ou résolues ({len(others)})", others)],
        keep=(1,),
    )
    return [built] if built else []


def is_active(allergy: Allergy) -> bool:
    """Whether an allergy counts as current: not negated, refuted, inactive or resolved; no status counts."""
    status = allergy.clinical_status.code if allergy.clinical_status is not None else None
    certainty = allergy.certainty.code if allergy.certainty is not None else None
    return not allergy.negated and certainty != "refuted" and status not in _ENDED


def substances(page: Page, allergy: Allergy, style: str = "") -> list[Line]:
    """What the person is allergic to: coded agents, else the name, else the diagnosis, else the text."""
    lines: list[Line] = [
        page.coded_line(agent, "Allergy.agents", style)
        for agent in allergy.agents
        if agent.code or agent.original_text or agent.translations or agent.display_name
    ]
    if allergy.agent_name and allergy.agent_name not in {p.text for line in lines for p in line}:
        lines.append((page.free(allergy.agent_name, style, allergy),))
    if allergy.value is not None and not allergy.value.null_flavor:
        lines.append(page.coded_line(allergy.value, "Allergy.value", "" if lines else style))
    if not lines and allergy.text:
        lines.append((page.free(allergy.text, style, allergy),))
    if not lines and allergy.agents:
        lines.append((page.term(allergy.agents[0], "Allergy.agents"),))
    return lines or [(Span(text="substance non indiquée", style="absent"),)]


def _row(page: Page, allergy: Allergy) -> Row:
    lines = substances(page, allergy, "strong")
    prefix = _prefix(allergy)
    if prefix:
        lines[0] = (Span(text=prefix, style="negation"), *lines[0])
    if allergy.type is not None and (allergy.type.code or allergy.type.original_text):
        lines.append((page.term(allergy.type, "Allergy.type", "small"),))
    high = allergy.criticality is not None and allergy.criticality.code == "high"
    tone = "negated" if not is_active(allergy) else "high" if high else ""
    name = "".join(piece.text for piece in lines[0])
    return page.row(
        allergy,
        (lines, _reactions(page, allergy), _risk(page, allergy), _status(page, allergy)),
        tone=tone,
        name=name,
        counted=not allergy.negated,
    )


def _prefix(allergy: Allergy) -> str:
    certainty = allergy.certainty.code if allergy.certainty is not None else None
    words = CERTAINTY.get(certainty or "", "")
    return ("Absence de : " if allergy.negated else "") + (f"{words} " if words else "")


def _reactions(page: Page, allergy: Allergy) -> list[Line]:
    lines = [reaction_line(page, reaction) for reaction in allergy.reactions]
    if allergy.severity is not None:
        lines.append(
            (small("gravité de l’allergie : "), *severity(page, allergy.severity, "Allergy.severity"))
        )
    return lines


def reaction_line(page: Page, reaction: Reaction) -> Line:
    """One reaction with its severity: « choc anaphylactique, grave »; severity missing is said small."""
    pieces: list[Piece] = []
    if reaction.manifestation is not None:
        pieces += page.coded_line(reaction.manifestation, "Reaction.manifestation")
    elif reaction.text:
        pieces.append(page.free(reaction.text))
    else:
        pieces.append(Span(text="réaction non indiquée", style="absent"))
    if reaction.severity is not None:
        return (*pieces, Span(text=", "), *severity(page, reaction.severity, "Reaction.severity"))
    return (*pieces, Span(text=" gravité non indiquée", style="absent small"))


def severity(page: Page, coded: Coded, at: str) -> Line:
    """Severity with its shape and word; an unknown code by its label."""
    known = SEVERITY.get(coded.code or "")
    if known is None or coded.null_flavor:
        return (page.term(coded, at),)
    return (Span(text=known[0], icon=known[1], style="severity"), *_original(page, coded, at))


def _risk(page: Page, allergy: Allergy) -> list[Line]:
    if allergy.criticality is None:
        return [(ABSENT,)]
    known = CRITICALITY.get(allergy.criticality.code or "")
    if known is None:
        return [(page.term(allergy.criticality, "Allergy.criticality"),)]
    return [
        (
            Span(text=known[0], icon=known[1], style="severity"),
            *_original(page, allergy.criticality, "Allergy.criticality"),
        )
    ]


def _original(page: Page, coded: Coded, at: str) -> Line:
    """The original words of a value that we word ourselves, beneath it like any other original."""
    term = page.term(coded, at)
    if not term.original:
        return ()
    return (Span(text=term.original, lang=term.original_lang, style="original"),)


def _status(page: Page, allergy: Allergy) -> list[Line]:
    lines: list[Line] = []
    if allergy.clinical_status is not None:
        lines.append((page.term(allergy.clinical_status, "Allergy.clinical_status"),))
    if allergy.certainty is not None:
        lines.append((page.term(allergy.certainty, "Allergy.certainty"),))
    if not lines and allergy.status and allergy.status not in ("active", "completed"):
        lines.append((Span(text=STATUS.get(allergy.status, allergy.status)),))
    return lines
