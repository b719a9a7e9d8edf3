"""Problems, past illnesses, operations, devices: what, since when, in which state."""

from __future__ import annotations

from collections.abc import Sequence

from ehdsi import oids
from ehdsi.cda.model import Device, Entry, Problem, Procedure
from sesali.french.context import ABSENT, Page, small, table
from sesali.french.dates import date_words, sort_key
from sesali.french.sections.allergies import severity
from sesali.french.view import Line, Piece, Row, Span, Table
from sesali.french.words import CERTAINTY, NBSP, STATUS

_KNOWN_ABSENT = "410516002"
_SUSPECTED = "415684004"


def build(page: Page, entries: Sequence[Entry], *, past: bool) -> list[Table]:
    """One table of problems, refuted ones last; ``past`` names the date column a period."""
    current: list[Row] = []
    refuted: list[Row] = []
    problems = [entry for entry in entries if isinstance(entry, Problem)]
    if past:
        problems.sort(key=lambda problem: sort_key(problem.onset or problem.concern_time))
    for problem in problems:
        code = problem.assertion.code if problem.assertion is not None else None
        (refuted if code == "refuted" else current).append(_problem(page, problem))
    columns = ("Problème", "Période" if past else "Depuis", "Statut")
    caption = "Antécédents médicaux" if past else "Problèmes"
    built = table(caption, columns, [("", current), (f"Réfutés ({len(refuted)})", refuted)])
    return [built] if built else []


def is_absent(problem: Problem) -> bool:
    """Whether the statement says that the person does not have the problem."""
    status = problem.clinical_status.code if problem.clinical_status is not None else None
    return problem.negated or status == _KNOWN_ABSENT


def _problem(page: Page, problem: Problem) -> Row:
    pieces: list[Piece] = []
    if is_absent(problem):
        pieces.append(Span(text="Absence de : ", style="negation"))
    prefix = _certainty(problem)
    if prefix:
        pieces.append(Span(text=f"{prefix} ", style="certainty"))
    if problem.value is not None:
        pieces += page.coded_line(problem.value, "Problem.value", "strong")
        if problem.value.code:
            system = page.labels.terminology.system_label(problem.value.code_system)
            pieces.append(small(f" {system} {problem.value.code}".replace("  ", " ")))
        if problem.value.code_system == oids.ORPHANET:
            pieces.append(Span(text="maladie rare", style="tag"))
        if not problem.value.code and problem.text and problem.text not in {p.text for p in pieces}:
            pieces += [Span(text=" · "), page.free(problem.text, "", problem)]
    elif problem.text:
        pieces.append(page.free(problem.text, "strong", problem))
    else:
        pieces.append(Span(text="problème non indiqué", style="absent"))
    name = "".join(piece.text for piece in pieces if piece.style != "small")
    interval = problem.onset if problem.onset is not None else problem.concern_time
    return page.row(
        problem,
        ([tuple(pieces), *_comments(page, problem)], [page.when(interval)], _state(page, problem)),
        name=name,
        counted=not is_absent(problem),
        tone="negated" if is_absent(problem) else "",
    )


def _certainty(problem: Problem) -> str:
    code = problem.assertion.code if problem.assertion is not None else None
    status = problem.clinical_status.code if problem.clinical_status is not None else None
    return CERTAINTY.get(code or "", "") or (f"Suspecté{NBSP}:" if status == _SUSPECTED else "")


def _comments(page: Page, entry: Entry) -> list[Line]:
    return [(page.free(text, "small", entry),) for text in entry.comments]


def _state(page: Page, problem: Problem) -> list[Line]:
    lines: list[Line] = []
    if problem.clinical_status is not None:
        lines.append((page.term(problem.clinical_status, "Problem.clinical_status"),))
    if problem.severity is not None:
        lines.append((small("gravité : "), *severity(page, problem.severity, "Problem.severity")))
    if problem.outcome is not None:
        lines.append((small("évolution : "), page.term(problem.outcome, "Problem.outcome")))
    if problem.assertion is not None:
        lines.append((page.term(problem.assertion, "Problem.assertion", "small"),))
    if not lines and problem.status in ("suspended", "aborted"):
        lines.append((Span(text=STATUS[problem.status]),))
    return lines


# -- operations ------------------------------------------------------------------------------------------


def procedures(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """Operations, newest first, with site and side in full."""
    found = sorted((e for e in entries if isinstance(e, Procedure)), key=lambda e: sort_key(e.time))
    built = table(
        "Actes et interventions",
        ("Acte", "Site et côté", "Date"),
        [("", [_procedure(page, procedure) for procedure in found])],
    )
    return [built] if built else []


def _procedure(page: Page, procedure: Procedure) -> Row:
    pieces: list[Piece] = []
    if procedure.negated:
        pieces.append(Span(text="NON réalisé : ", style="negation"))
    if procedure.code is not None and (procedure.code.code or not procedure.text):
        pieces += page.coded_line(procedure.code, "Procedure.code", "strong")
    else:
        pieces.append(page.free(procedure.text, "strong", procedure) if procedure.text else ABSENT)
    lines: list[Line] = [tuple(pieces)]
    if procedure.method is not None:
        lines.append((small("méthode : "), page.term(procedure.method)))
    lines += [
        (small("motif : "), *page.coded_line(reason, "Procedure.reasons")) for reason in procedure.reasons
    ]
    sites = [page.coded_line(site, "Procedure.sites") for site in procedure.sites]
    if procedure.status in ("aborted", "cancelled", "active", "new", "held"):
        lines.append((Span(text=STATUS.get(procedure.status, procedure.status), style="tag"),))
    return page.row(
        procedure,
        (lines + _comments(page, procedure), sites, [page.when(procedure.time)]),
        name="".join(piece.text for piece in lines[0]),
        counted=not procedure.negated,
        tone="negated" if procedure.negated else "",
    )


# -- devices ---------------------------------------------------------------------------------------------


def devices(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """Implants and devices in place first, then those taken out."""
    found = [entry for entry in entries if isinstance(entry, Device)]
    inside = [_device(page, device) for device in found if not _removed(device)]
    removed = [_device(page, device) for device in found if _removed(device)]
    built = table(
        "Dispositifs médicaux et implants",
        ("Dispositif", "Posé le", "Retiré le", "Identifiant (UDI)"),
        [("", inside), (f"Retirés ({len(removed)})", removed)],
    )
    return [built] if built else []


def _removed(device: Device) -> bool:
    return device.time is not None and device.time.high is not None and bool(device.time.high.value)


def is_in_place(device: Device) -> bool:
    """Whether a device is still there, as far as the document says."""
    return not device.negated and not _removed(device)


def _device(page: Page, device: Device) -> Row:
    name = device_name(page, device, "strong")
    if device.negated:
        name = (Span(text="Absence de : ", style="negation"), *name)
    lines: list[Line] = [name]
    if device.model_name:
        lines.append((small(device.model_name),))
    time = device.time
    if time is not None and time.low is None and time.high is None:
        placed = page.when(time)
    else:
        placed = (Span(text=date_words(time.low if time is not None else None)),)
    taken = (Span(text=date_words(time.high)),) if time is not None and _removed(device) else (ABSENT,)
    udi: list[Line] = [
        (Span(text=i.extension or i.root or "", style="code"),)
        for i in device.device_identifiers
        if i.extension or i.root
    ]
    return page.row(
        device,
        (lines + _comments(page, device), [placed], [taken], udi),
        name="".join(piece.text for piece in lines[0]),
        counted=not device.negated and is_named(device),
    )


def is_named(device: Device) -> bool:
    """Whether the entry names a device at all, rather than saying that nothing is known."""
    code = device.code
    coded = code is not None and bool(code.code or code.original_text or code.translations)
    return device.null_flavor is None and (coded or bool(device.text))


def device_name(page: Page, device: Device, style: str = "") -> Line:
    """The coded device, else its text."""
    code = device.code
    if code is not None and (code.code or code.original_text or code.translations or not device.text):
        return page.coded_line(code, "Device.code", style)
    return (page.free(device.text, style, device) if device.text else ABSENT,)
