"""Treatments: substance first and bold, strength, form and brand beneath; dose, frequency, route; period."""

from __future__ import annotations

from collections.abc import Sequence

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Interval, Timing
from ehdsi.cda.model import Entry, Ingredient, Medication, Package, Product
from sesali.french.context import SEPARATOR, Page, join, small, table, with_mark
from sesali.french.dates import is_past, undated
from sesali.french.quantities import duration, result, strength
from sesali.french.timing import dose_words, frequency
from sesali.french.view import Line, Piece, Row, Span, Table
from sesali.french.words import NBSP, STATUS

COLUMNS = ("Médicament", "Posologie", "Période", "Motif et consigne")


#: Dose forms that are units of intake by themselves.
_COUNTED_FORMS = ("comprimé", "gélule", "capsule", "suppositoire", "ovule", "implant")


def build(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """One table in three groups: current, ended, period unknown; never mixed."""
    current: list[Row] = []
    ended: list[Row] = []
    unknown: list[Row] = []
    for entry in entries:
        if isinstance(entry, Medication):
            group = ended if is_past(entry.period, page.now) else unknown if _undated(entry) else current
            group.append(_row(page, entry))
    built = table(
        "Traitements médicamenteux",
        COLUMNS,
        [
            (f"En cours ({len(current)})", current),
            (f"Période inconnue ({len(unknown)})", unknown),
            (f"Terminés ({len(ended)})", ended),
        ],
        keep=(1,),
    )
    return [built] if built else []


def _undated(medication: Medication) -> bool:
    period = medication.period
    return undated(period) and (period is None or period.width is None)


def _row(page: Page, medication: Medication) -> Row:
    product = _product(page, medication)
    if medication.negated:
        product[0] = (Span(text="NON administré : ", style="negation"), *product[0])
    name = "".join(piece.text for piece in product[0])
    return page.row(
        medication,
        (product, _dosage(page, medication), _period(page, medication), _why(page, medication)),
        name=name,
        counted=not medication.negated,
        tone="negated" if medication.negated else "",
    )


# -- product ---------------------------------------------------------------------------------------------


def _product(page: Page, medication: Medication) -> list[Line]:
    product = medication.product
    per = _unit_of_intake(page, medication)
    lines = [
        _ingredient(page, ingredient, per)
        for ingredient in product.ingredients
        if _names(ingredient.code) or ingredient.name
    ]
    lines = lines or [_class(page, coded) for coded in product.classes if _names(coded)]
    for part in product.parts:
        lines += [_ingredient(page, ingredient, "") for ingredient in part.ingredients]
        lines += _trade(page, part, medication)
    named = bool(lines)
    lines += _trade(page, product, medication, alone=not named)
    if not lines and medication.code is not None and not medication.code.null_flavor:
        lines.append((page.term(medication.code, "Medication.code", "drug"),))
    if not lines and medication.text:
        lines.append((page.free(medication.text, "drug", medication),))
    return lines or [(Span(text="médicament non indiqué", style="absent"),)]


def _names(coded: Coded | None) -> bool:
    """Whether a code says what something is, rather than only why it is not said."""
    return coded is not None and bool(
        coded.code or coded.original_text or coded.translations or coded.display_name
    )


def _ingredient(page: Page, ingredient: Ingredient, per: str) -> Line:
    """« bisoprolol 5 mg par comprimé »; a group of the ATC is a class, not a drug."""
    line: Line
    if ingredient.code is not None and (ingredient.code.code or not ingredient.name):
        line = _class(page, ingredient.code, "Ingredient.code")
    else:
        line = (page.free(ingredient.name or "", "drug"),)
    dose = strength(ingredient.strength, page.units, per)
    return (*line, Span(text=f" {dose}", style="dosage")) if dose else line


def _class(page: Page, coded: Coded, at: str = "Product.classes") -> Line:
    group = coded.code_system == oids.ATC and coded.code is not None and len(coded.code) < 7
    if group:
        return (small("classe : "), page.term(coded, at))
    return (page.term(coded, at, "drug"),)


def _trade(page: Page, product: Product, medication: Medication, *, alone: bool = False) -> list[Line]:
    """Brand, form and package; the brand stands alone where no substance is known."""
    pieces: list[Line] = []
    brand = product.name or (product.code.display_name if product.code is not None else None)
    if alone and not brand and product.code is not None and not product.code.null_flavor:
        pieces.append((page.term(product.code, "Product.code", "drug"),))
    if brand:
        pieces.append(
            (
                small(f"nom commercial à l’étranger{NBSP}: "),
                Span(text=brand, style="drug" if alone else "brand", lang=page.labels.language),
            )
        )
    if product.form is not None:
        pieces.append((page.term(product.form, "Product.form"),))
    if alone and product.description:
        pieces.append((page.free(product.description, "", medication),))
    lines = [join(pieces, Span(text=", "))] if pieces else []
    packs = [_package(page, package) for package in product.packages]
    return lines + [(small(f"conditionnement{NBSP}: "), *pack) for pack in packs if pack]


def _package(page: Page, package: Package) -> Line:
    pieces: list[Piece] = []
    if package.form is not None:
        pieces.append(page.term(package.form, "Package.form", "small"))
    elif package.name:
        pieces.append(page.free(package.name, "small"))
    for quantity in (package.quantity, package.capacity):
        if quantity is not None and quantity.value is not None:
            words = page.units.dose(quantity)[0] if page.units.counts(quantity) else result(quantity)
            if words not in {piece.text.lstrip(", ") for piece in pieces}:
                pieces.append(small((", " if pieces else "") + words))
    if package.inner is not None:
        inner = _package(page, package.inner)
        pieces += [small(" contenant "), *inner] if inner else []
    return tuple(pieces)


def _unit_of_intake(page: Page, medication: Medication) -> str:
    """« comprimé », where the dose or the form names what is counted; it reads the strength's bare 1."""
    dose = medication.dose
    quantity = (dose.value or dose.low or dose.high) if dose is not None else None
    known = page.units.presentation(page.units.countable(quantity)) if quantity is not None else None
    if known is not None:
        return known[0]
    form = medication.product.form
    first = page.term(form, "Product.form").text.split(" ", 1)[0] if form is not None else ""
    return first if first in _COUNTED_FORMS else ""


# -- dosage, period, reason ------------------------------------------------------------------------------


def _dosage(page: Page, medication: Medication) -> list[Line]:
    dose = dose_words(medication.dose, page.units)
    length = _length(medication)
    lines: list[Line] = []
    timings: tuple[Timing | None, ...] = (medication.timing, *medication.other_timings)
    for index, timing in enumerate(timings):
        phrase = frequency(timing)
        pieces: list[Piece] = []
        if index == 0:
            pieces += [
                Span(text="DOSE", style="dose-label"),
                Span(text=" "),
                with_mark(dose.text, dose.marks, "dose"),
                Span(text=", "),
            ]
        pieces.append(with_mark(phrase.text + (length if index == 0 else ""), phrase.marks))
        if index == 0 and medication.route is not None:
            pieces += [Span(text=", "), page.term(medication.route, "Medication.route")]
        lines.append(tuple(pieces))
    lines += [(small("site : "), *page.coded_line(site, "Medication.sites")) for site in medication.sites]
    if medication.rate is not None:
        lines.append((small("débit : "), Span(text=dose_words(medication.rate, page.units).text)))
    if medication.max_dose is not None:
        lines.append((small("dose maximale : "), Span(text=strength(medication.max_dose, page.units))))
    return lines


def _length(medication: Medication) -> str:
    """« , pendant 7 jours » where the period is only a width."""
    period = medication.period
    if period is None or period.width is None or not period.width.value or not undated(period):
        return ""
    return f", pendant {duration(period.width)}"


def _period(page: Page, medication: Medication) -> list[Line]:
    line = page.when(medication.period, absent="période non indiquée")
    status = medication.status or ""
    if (status and status not in ("active", "completed")) or (
        status == "active" and is_past(medication.period, page.now)
    ):
        return [line, (small(f"statut{NBSP}: {STATUS.get(status, status)}"),)]
    return [line]


def _when(page: Page, medication: Medication, number: int) -> Line:
    """The time of a reason behind it, where the document says one."""
    time = medication.reason_times[number] if number < len(medication.reason_times) else Interval()
    return (SEPARATOR, *page.when(time)) if time != Interval() else ()


def _why(page: Page, medication: Medication) -> list[Line]:
    lines = [
        (*page.coded_line(reason, "Medication.reasons"), *_when(page, medication, number))
        for number, reason in enumerate(medication.reasons)
    ]
    lines += [(page.free(text, "", medication),) for text in medication.instructions]
    lines += [(page.free(text, "small", medication),) for text in medication.comments]
    return lines
