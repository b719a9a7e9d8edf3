"""Vaccinations: disease first, product second; one that was not given says so in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ehdsi.cda.model import Entry, Immunization, Participation
from sesali.french.context import Page, small, table
from sesali.french.dates import sort_key
from sesali.french.people import country_name, name_words
from sesali.french.sections.allergies import reaction_line
from sesali.french.view import Line, Row, Span, Table
from sesali.french.words import NBSP, STATUS

COLUMNS = ("Maladie visée", "Vaccin", "Date", "Lot, centre, pays")

#: From this many rows on, they are sorted by disease.
_MANY = 12


def build(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """One table, newest first; long lists by disease."""
    found = sorted(
        (entry for entry in entries if isinstance(entry, Immunization)),
        key=lambda entry: sort_key(entry.time),
    )
    rows = [_row(page, immunization) for immunization in found]
    if len(rows) > _MANY:
        rows.sort(key=lambda row: row.cells[0][0][0].text.casefold())
    columns: tuple[str, ...] = COLUMNS
    if not any(immunization.targets for immunization in found):
        rows, columns = [replace(row, cells=row.cells[1:]) for row in rows], COLUMNS[1:]
    built = table("Vaccinations", columns, [("", rows)])
    return [built] if built else []


def _given(immunization: Immunization) -> bool:
    return not immunization.negated and immunization.status in (None, "completed", "active")


def _row(page: Page, immunization: Immunization) -> Row:
    given = _given(immunization)
    vaccine = _vaccine(page, immunization)
    if not given:
        vaccine[0] = (Span(text="NON réalisée : ", style="negation"), *vaccine[0])
    targets = [page.coded_line(target, "Immunization.targets") for target in immunization.targets]
    name = "".join(piece.text for piece in vaccine[0])
    return page.row(
        immunization,
        (targets, vaccine, [page.when(immunization.time)], _where(immunization)),
        name=name,
        counted=given,
        tone="" if given else "negated",
    )


def _vaccine(page: Page, immunization: Immunization) -> list[Line]:
    product = immunization.vaccine
    lines: list[Line] = []
    if product.code is not None and (product.code.code or not product.name):
        lines.append(page.coded_line(product.code, "Immunization.vaccine", "strong"))
    lines += [(page.term(coded, "Product.classes"),) for coded in product.classes]
    if product.name:
        lines.append((small(f"nom commercial{NBSP}: "), Span(text=product.name, lang=page.labels.language)))
    if not lines and immunization.text:
        lines.append((page.free(immunization.text, "strong", immunization),))
    if not lines:
        lines.append((Span(text="vaccin non indiqué", style="absent"),))
    if immunization.dose_number:
        lines.append((Span(text=f"dose{NBSP}{immunization.dose_number}"),))
    if immunization.status not in (None, "completed"):
        words = STATUS.get(immunization.status or "", immunization.status or "")
        lines.append((Span(text=words, style="tag"),))
    lines += [(small("réaction : "), *reaction_line(page, reaction)) for reaction in immunization.reactions]
    return lines + [(page.free(text, "small", immunization),) for text in immunization.comments]


def _where(immunization: Immunization) -> list[Line]:
    product = immunization.vaccine
    lines: list[Line] = []
    if product.lot_number:
        lines.append((small("lot "), Span(text=product.lot_number, style="code")))
    if product.manufacturer:
        lines.append((Span(text=product.manufacturer),))
    return lines + [(Span(text=words),) for words in map(_place, immunization.performers) if words]


def _place(performer: Participation) -> str:
    """Professional, centre, country by name."""
    parts = [name_words(performer.person)] if performer.person is not None else []
    places = list(performer.addresses)
    if performer.organization is not None:
        parts += performer.organization.names
        places += performer.organization.addresses
    countries = [country_name(place.country) for place in places if place.country]
    return ", ".join(dict.fromkeys(part for part in [*parts, *countries] if part))
