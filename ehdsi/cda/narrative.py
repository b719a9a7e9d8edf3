"""Makes the narrative of a section from its entries, in the document's language, linked with them.

A section becomes one table per kind of entry (columns that nothing fills are left out) and one paragraph per
statement that stands alone. Each row and each coded term has an ID; the builder points to them from
``text/reference`` and ``originalText/reference``. The same narrative is printed in the PDF of level 1.

Source: CDA R2 narrative block; eHDSI patient summary, sections (narrative stays in the language of country
A).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ehdsi.cda.datatypes import Coded, Identifier, Interval, NarrativeNode
from ehdsi.cda.labels import labels_of
from ehdsi.cda.model import (
    AbsenceStatement,
    Allergy,
    Device,
    Entry,
    Immunization,
    Ingredient,
    Medication,
    Observation,
    ObservationGroup,
    Package,
    Problem,
    Procedure,
    Product,
    Section,
    UnreadEntry,
)
from ehdsi.cda.wording import (
    Labels,
    interval_text,
    participation_text,
    quantity_text,
    range_text,
    ratio_text,
    term,
    time_text,
    timing_text,
    value_text,
)

#: What a cell holds: texts and elements, joined by line breaks.
Cell = tuple[NarrativeNode | str, ...]

#: Rows of a table: the ID of each and its cells.
Rows = list[tuple[str, tuple[Cell, ...]]]


@dataclass(frozen=True, slots=True)
class Narrated:
    """A generated narrative.

    ``targets`` has one mapping per entry of the section, in order: ``id(value)`` of the entry, its parts and
    its codes → the ID of the element that shows it.
    """

    node: NarrativeNode
    targets: tuple[Mapping[int, str], ...]


class _Row:
    """One entry on its way into the narrative: hands out IDs and remembers what they show."""

    __slots__ = ("identifier", "labels", "targets")

    def __init__(self, identifier: str, labels: Labels, targets: dict[int, str] | None = None) -> None:
        self.identifier = identifier
        self.labels = labels
        self.targets: dict[int, str] = {} if targets is None else targets

    def term(self, coded: Coded | None, prefix: str = "") -> Cell:
        """A coded term in an element of its own, so that the code can point to it."""
        text = term(coded, self.labels)
        if not text:
            return ()
        target = f"{self.identifier}-{len(self.targets) + 1}"
        self.targets[id(coded)] = target
        node = NarrativeNode(tag="content", attributes=(("ID", target),), children=(text,))
        return (prefix, node) if prefix else (node,)

    def shown(self, owner: object, text: str, target: str) -> NarrativeNode:
        """The own words of an entry or reaction, in an element that its ``text`` points to."""
        self.targets[id(owner)] = target
        return NarrativeNode(tag="content", attributes=(("ID", target),), children=(text,))

    def terms(self, values: Iterable[Coded]) -> Cell:
        """Several terms, each on its line."""
        return lines(*(self.term(coded) for coded in values))

    def site(self, coded: Coded) -> Cell:
        """A body site with its qualifiers (laterality)."""
        words = [term(qualifier.value, self.labels) for qualifier in coded.qualifiers]
        shown = ", ".join(word for word in words if word)
        return (*self.term(coded), f" ({shown})" if shown else "")


def lines(*cells: Cell | str) -> Cell:
    """Cells one below the other; empty ones leave no line."""
    joined: list[NarrativeNode | str] = []
    for cell in cells:
        parts = (cell,) if isinstance(cell, str) else cell
        if not any(parts):
            continue
        if joined:
            joined.append(_BREAK)
        joined.extend(part for part in parts if part)
    return tuple(joined)


_BREAK = NarrativeNode(tag="br")


def narrate(section: Section, language: str | None, prefix: str) -> Narrated:
    """The narrative of a section without its subsections.

    Parameters
    ----------
    section : its own narrative, if any, is not looked at.
    language : of the document, ``hr-HR``; headings in English where we have no words.
    prefix : of all IDs, unique in the document.
    """
    labels = labels_of(language)
    rows = [_Row(f"{prefix}e{number}", labels) for number in range(1, len(section.entries) + 1)]
    blocks: list[NarrativeNode] = []
    pending: list[tuple[Entry, _Row]] = []
    for entry, row in zip(section.entries, rows, strict=True):
        if pending and _KINDS.get(type(pending[0][0])) is not _KINDS.get(type(entry)):
            blocks.extend(_block(pending, labels))
            pending = []
        pending.append((entry, row))
    if pending:
        blocks.extend(_block(pending, labels))
    if not blocks and not section.subsections:
        blocks.append(_paragraph((labels["null.no_information"],), None))
    return Narrated(NarrativeNode(tag="text", children=tuple(blocks)), tuple(row.targets for row in rows))


def _block(pending: list[tuple[Entry, _Row]], labels: Labels) -> list[NarrativeNode]:
    """One table, or one paragraph per entry where the kind has no columns."""
    kind = _KINDS.get(type(pending[0][0]))
    if kind is None:
        return [_alone(entry, row, labels) for entry, row in pending]
    found: Rows = []
    for entry, row in pending:
        row.targets[id(entry)] = row.identifier
        found.extend(kind.rows(entry, row))
    used = [n for n in range(len(kind.columns)) if any(cells[n] for _, cells in found)]
    headings = [NarrativeNode(tag="th", children=(labels[kind.columns[n]],)) for n in used]
    body = [NarrativeNode(tag="tr", attributes=(("ID", identifier),), children=tuple(
        [NarrativeNode(tag="td", children=cells[n]) for n in used])) for identifier, cells in found]
    head = NarrativeNode(tag="thead", children=(NarrativeNode(tag="tr", children=tuple(headings)),))
    return [NarrativeNode(tag="table", children=(head, NarrativeNode(tag="tbody", children=tuple(body))))]


def _alone(entry: Entry, row: _Row, labels: Labels) -> NarrativeNode:
    """A statement about the whole section, or what is known of an entry that could not be read."""
    row.targets[id(entry)] = row.identifier
    if isinstance(entry, AbsenceStatement):
        sentence = labels.get(f"absence.{entry.code.code}")
        row.targets[id(entry.code)] = row.identifier
        return _paragraph(lines(sentence or term(entry.code, labels), entry.text or "", *entry.comments), row)
    terms = entry.terms if isinstance(entry, UnreadEntry) else ()
    return _paragraph(lines(entry.text or "", row.terms(terms), *entry.comments), row)


def _paragraph(cell: Cell, row: _Row | None) -> NarrativeNode:
    attributes = (("ID", row.identifier),) if row is not None else ()
    return NarrativeNode(tag="paragraph", attributes=attributes, children=cell)


# ------------------------------------------------------------------------------------- kinds of entries


def _note(entry: Entry, row: _Row) -> Cell:
    """The entry's own words, in an element of their own that its ``text`` points to, and its comments."""
    own: Cell = ()
    if entry.text:
        own = (row.shown(entry, entry.text, f"{row.identifier}-t"),)
    return lines(own, *entry.comments)


def _negation(entry: Entry, labels: Labels) -> str:
    return f"{labels['negated']}: " if entry.negated else ""


def _allergy(entry: Allergy, row: _Row) -> tuple[Cell, ...]:
    labels = row.labels
    reactions: list[Cell] = []
    severities: list[Cell] = [row.term(entry.severity)]
    for number, reaction in enumerate(entry.reactions, start=1):
        when = interval_text(reaction.time, labels)
        target = f"{row.identifier}-r{number}"
        own: Cell = (row.shown(reaction, reaction.text, target),) if reaction.text else ()
        reactions.append(lines((*row.term(reaction.manifestation), f" ({when})" if when else ""), own))
        severities.append(row.term(reaction.severity))
    agents = lines(row.terms(entry.agents), entry.agent_name or "", row.term(entry.value))
    return ((_negation(entry, labels), *row.term(entry.type)) if entry.type or entry.negated else (), agents,
            lines(*reactions), lines(*severities), row.term(entry.criticality), row.term(entry.certainty),
            row.term(entry.clinical_status), lines(_since(entry.onset or entry.concern_time, labels)),
            _note(entry, row))


def _since(interval: Interval | None, labels: Labels) -> str:
    """An onset: an interval that is still open is its beginning."""
    if interval is not None and interval.low is not None and interval.high is None and interval.width is None:
        return time_text(interval.low, labels)
    return interval_text(interval, labels)


def _medication(entry: Medication, row: _Row) -> tuple[Cell, ...]:
    labels, product = row.labels, entry.product
    timings = [timing_text(timing, labels) for timing in (entry.timing, *entry.other_timings)]
    state = labels.get(f"status.{entry.status}") if entry.status not in (None, "active") else None
    return (_product_name(product, row, _negation(entry, labels)), row.terms(product.classes),
            _ingredients(product, row), row.term(product.form), (range_text(entry.dose, labels),),
            lines(*timings), lines(row.term(entry.route), *(row.site(site) for site in entry.sites)),
            lines(interval_text(entry.period, labels)), lines(state or ""), row.terms(entry.reasons),
            lines(*entry.instructions), (range_text(entry.rate, labels),),
            (ratio_text(entry.max_dose, labels),),
            _packages(product.packages, row), lines(product.manufacturer or ""),
            lines(product.lot_number or ""), _note(entry, row))


def _product_name(product: Product, row: _Row, prefix: str = "") -> Cell:
    shown = row.term(product.code) if product.code is not None and not product.name else ()
    first = f"{prefix}{product.name or ''}"
    others = [row.term(i.code) or (i.name or "",) for i in product.ingredients if not _active(i)]
    return lines((first, *shown), product.description or "", *others)


def _active(ingredient: Ingredient) -> bool:
    """Whether an ingredient has an effect of its own; excipients stand with the product, not among these."""
    return ingredient.class_code.startswith("ACTI")


def _ingredients(product: Product, row: _Row) -> Cell:
    shown: list[Cell] = []
    for ingredient in filter(_active, product.ingredients):
        strength = ratio_text(ingredient.strength, row.labels)
        name = row.term(ingredient.code) or (ingredient.name or "",)
        shown.append((*name, f" ({strength})" if strength else ""))
    for part in product.parts:
        inner = lines(_ingredients(part, row), row.terms(part.classes))
        form = row.term(part.form)
        shown.append(lines(part.name or "", inner, form))
    return lines(*shown)


def _packages(packages: Iterable[Package], row: _Row) -> Cell:
    shown: list[Cell] = []
    for package in packages:
        amounts = [quantity_text(amount, row.labels) for amount in (package.quantity, package.capacity)]
        amounts = [text for text in dict.fromkeys(amounts) if text]
        code = row.term(package.code) if not package.name else ()
        form = row.term(package.form)
        gap = " " if form and (package.name or code) else ""
        shown.append((package.name or "", *code, gap, *form, f" ({', '.join(amounts)})" if amounts else ""))
        if package.inner is not None:
            shown.append(_packages((package.inner,), row))
    return lines(*shown)


def _problem(entry: Problem, row: _Row) -> tuple[Cell, ...]:
    labels = row.labels
    onset = entry.onset or entry.concern_time or Interval()
    since = time_text(onset.low or onset.value, labels)
    until = time_text(onset.high, labels) if onset.high is not None and onset.high.value else ""
    professionals = [participation_text(person) for person in entry.related_professionals]
    return (row.term(entry.value, _negation(entry, labels)), row.term(entry.type), lines(since), lines(until),
            row.term(entry.clinical_status), row.term(entry.assertion), row.term(entry.severity),
            row.term(entry.outcome), lines(*professionals), lines(*entry.related_resources), _note(entry,
                                                                                                   row))


def _procedure(entry: Procedure, row: _Row) -> tuple[Cell, ...]:
    people = [participation_text(person) for person in entry.performers]
    return (row.term(entry.code, _negation(entry, row.labels)), lines(interval_text(entry.time, row.labels)),
            lines(*(row.site(site) for site in entry.sites)), row.term(entry.method),
            row.terms(entry.reasons),
            lines(*people), _note(entry, row))


def _device(entry: Device, row: _Row) -> tuple[Cell, ...]:
    labels = row.labels
    time = entry.time or Interval()
    return (lines(row.term(entry.code, _negation(entry, labels)), entry.model_name or ""),
            lines(*(_identifier(found) for found in entry.device_identifiers)),
            lines(time_text(time.low or time.value, labels)),
            lines(time_text(time.high, labels) if time.high is not None and time.high.value else ""),
            _note(entry, row))


def _identifier(identifier: Identifier) -> str:
    return identifier.extension or identifier.root or ""


def _immunization(entry: Immunization, row: _Row) -> tuple[Cell, ...]:
    labels, vaccine = row.labels, entry.vaccine
    given = not entry.negated and entry.status in (None, "completed")
    people = [participation_text(person) for person in entry.performers]
    reactions = lines(*(row.term(reaction.manifestation) for reaction in entry.reactions))
    return (row.term(vaccine.code), lines(vaccine.name or "", _ingredients(vaccine, row)),
            lines(interval_text(entry.time, labels)), lines(entry.dose_number or ""),
            lines(range_text(entry.dose, labels)), row.term(entry.route), row.terms(entry.targets),
            lines(vaccine.lot_number or ""), lines(vaccine.manufacturer or ""), lines(*people), reactions,
            (labels["yes"] if given else labels["no"],), _note(entry, row))


def _observation(entry: Observation, row: _Row, group: Cell = ()) -> tuple[Cell, ...]:
    labels = row.labels
    values = lines(*(row.term(value) if isinstance(value, Coded) else value_text(value, labels)
                     for value in entry.values))
    if not entry.values and entry.null_flavor:
        values = (labels["null.unknown"],)
    people = [participation_text(person) for person in entry.performers]
    return (group, row.term(entry.code, _negation(entry, labels)), values,
            lines(interval_text(entry.time, labels)), row.terms(entry.interpretations),
            lines(*entry.reference_ranges), row.term(entry.method),
            lines(*(row.site(site) for site in entry.sites)),
            lines(*people), _note(entry, row))


def _observations(entry: Entry, row: _Row, group: Cell = ()) -> Rows:
    """An observation and its components, or a group, each observation on its row."""
    if isinstance(entry, ObservationGroup):
        return _group(entry, row)
    assert isinstance(entry, Observation)
    found = [(row.identifier, _observation(entry, row, group))]
    for number, component in enumerate(entry.components, start=1):
        found.extend(_nested(component, row, number, ()))
    return found


def _nested(observation: Observation, row: _Row, number: int, group: Cell) -> Rows:
    inner = _Row(f"{row.identifier}c{number}", row.labels, row.targets)
    row.targets[id(observation)] = inner.identifier
    return _observations(observation, inner, group)


def _group(entry: ObservationGroup, row: _Row) -> Rows:
    people = [participation_text(person) for person in (*entry.performers, *entry.authors)]
    about = lines(row.term(entry.code), *people, _note(entry, row))
    found: Rows = []
    for number, observation in enumerate(entry.observations, start=1):
        found.extend(_nested(observation, row, number, about if number == 1 else ()))
    if not found:
        when = lines(interval_text(entry.time, row.labels))
        found.append((row.identifier, (about, (), (), when, (), (), (), (), (), ())))
    return found


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of entry becomes rows: the label keys of its columns, and the cells of its rows."""

    columns: tuple[str, ...]
    rows: Callable[[Entry, _Row], Rows]


def _one(cells: Callable[..., tuple[Cell, ...]]) -> Callable[[Entry, _Row], Rows]:
    return lambda entry, row: [(row.identifier, tuple(_filled(cell) for cell in cells(entry, row)))]


def _filled(cell: Cell) -> Cell:
    return tuple(part for part in cell if part)


_OBSERVED = _Kind(("group", "observation", "value", "date", "interpretation", "reference", "method", "site",
                   "professional", "comment"), _observations)

_KINDS: dict[type[Entry], _Kind] = {
    Allergy: _Kind(("type", "agent", "reaction", "severity", "criticality", "certainty", "status", "since",
                    "comment"), _one(_allergy)),
    Medication: _Kind(("product", "class", "ingredients", "form", "dose", "frequency", "route", "period",
                       "status", "reason", "instructions", "rate", "max_dose", "package", "manufacturer",
                       "lot",
                       "comment"), _one(_medication)),
    Problem: _Kind(("problem", "type", "since", "until", "status", "certainty", "severity", "outcome",
                    "professional", "resource", "comment"), _one(_problem)),
    Procedure: _Kind(("procedure", "date", "site", "method", "reason", "professional", "comment"),
                     _one(_procedure)),
    Device: _Kind(("device", "identifier", "implanted", "removed", "comment"), _one(_device)),
    Immunization: _Kind(("vaccine", "product", "date", "dose_number", "dose", "route", "disease", "lot",
                         "manufacturer", "professional", "reaction", "given", "comment"),
                         _one(_immunization)),
    Observation: _OBSERVED,
    ObservationGroup: _OBSERVED,
}
