"""The panel behind a row: every value of an entry, so that nothing the reader understood stays off the page.

One generic walk over the frozen model: each field that says something becomes a labelled line; coded elements
become terms with their trace. What the row already shows is repeated here with its codes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from ehdsi.cda.datatypes import (
    Address,
    Coded,
    EventTiming,
    Identifier,
    Interval,
    Origin,
    Periodic,
    PersonName,
    Quantity,
    QuantityRange,
    Ratio,
    Telecom,
    Time,
    Timing,
    TimingSet,
)
from ehdsi.cda.model import Entry, ObservationGroup, Organization, Participation
from sesali.french.dates import full_words, moment, period
from sesali.french.people import address_words, name_words
from sesali.french.quantities import Units, result, result_range, strength
from sesali.french.remarks import in_french
from sesali.french.terms import Labeller
from sesali.french.timing import dose_words, frequency
from sesali.french.view import Detail
from sesali.french.words import STATUS, flavour, label

#: Fields that carry no clinical content, or are shown elsewhere.
_SKIPPED = {
    "identifiers",
    "text_reference",
    "origin",
    "template_ids",
    "xml",
    "class_code",
    "legacy_extension",
    "kind",
    "mood",
    "type_code",
}


#: Fields that hold a frequency, whatever its type.
_TIMINGS = ("Medication.timing", "Medication.other_timings")


#: Names of products and makers: no translation is missing.
_NAMES = ("Product.name", "Product.manufacturer", "Package.name", "Device.model_name")


def details_of(
    entry: Entry, labels: Labeller, units: Units, group: ObservationGroup | None = None
) -> tuple[Detail, ...]:
    """All values of an entry, in the order of the model, each with its French label.

    ``group`` is the one that an observation stands in: its own values come last.
    """
    panel = _Panel(labels, units)
    panel.add(entry)
    if group is not None:
        panel.add(dataclasses.replace(group, observations=()), "Ensemble › ")
    return tuple(panel.found)


class _Panel:
    """The walk: knows how to say each type of value; ``found`` grows."""

    def __init__(self, labels: Labeller, units: Units) -> None:
        self.labels, self.units = labels, units
        self.found: list[Detail] = []

    def add(self, node: Any, prefix: str = "") -> None:
        """Lines for one dataclass of the model; ``prefix`` says what it is part of."""
        for field, title, at in _fields(type(node)):
            value = getattr(node, field)
            # Zero says something; comparing a part of the model with others than its kind is slow.
            if not value and (value is None or value is False or value in ((), "")):
                continue
            self.value(value, prefix + title, at)

    def value(self, value: Any, title: str, at: str) -> None:
        """Lines for one value."""
        if isinstance(value, tuple):
            several = len(value) > 1
            for index, item in enumerate(value, 1):
                numbered = several and dataclasses.is_dataclass(item) and not isinstance(item, Coded)
                self.value(item, f"{title} {index}" if numbered else title, at)
        elif isinstance(value, Coded):
            self.coded(value, title, at)
        elif isinstance(value, str):
            self.found.append(self.text(value, title, at))
        elif at in _TIMINGS:
            self.timing(value, title)
        elif isinstance(value, bool):
            self.found.append(Detail(label=title, text="oui" if value else "non"))
        elif isinstance(value, int):
            self.found.append(Detail(label=title, text=str(value)))
        else:
            self.structured(value, title)

    def timing(self, value: Timing, title: str) -> None:
        """The sentence, then each event of it as a term with its code."""
        self.found.append(Detail(label=title, text=frequency(value).text + _start(value)))
        for event in _events(value):
            self.coded_line(event, f"{title}, moment", "EventTiming.event")

    def coded(self, value: Coded, title: str, at: str) -> None:
        """The term, then its qualifiers, the side by that name."""
        self.coded_line(value, title, at)
        for qualifier in value.qualifiers:
            side = qualifier.name.code == "272741003"
            kind = self.labels.term(qualifier.name)
            self.coded_line(qualifier.value, f"{title}, {'côté' if side else kind.text}", "Qualifier.value")
            self.found.append(Detail(label=f"{title}, qualificatif", term=kind))

    def coded_line(self, value: Coded, title: str, at: str) -> None:
        """One term with its codes."""
        self.found.append(Detail(label=title, term=self.labels.term(value, at=at)))

    def text(self, value: str, title: str, at: str) -> Detail:
        if at.endswith(".status"):
            return Detail(label=title, text=STATUS.get(value, value))
        if at.endswith(".null_flavor"):
            return Detail(label=title, text=flavour(value))
        if at == "UnreadEntry.reason":
            words, language = in_french(value)
            return Detail(label=title, text=words, lang=language)
        if at.endswith((".dose_number", ".lot_number", ".reference_ranges")):
            return Detail(label=title, text=value)
        if at in _NAMES:
            return Detail(label=title, text=value, lang=self.labels.language)
        return Detail(label=title, term=self.labels.free(value, mark=False))

    def structured(self, value: Any, title: str) -> None:
        """Lines for times, quantities, people and the nested parts of an entry."""
        if isinstance(value, Interval) and _says_nothing(value):
            return
        words = self.words(value)
        if words:
            self.found.append(Detail(label=title, text=words))
        elif isinstance(value, Participation):
            self.found.append(Detail(label=title, text=participation_words(value)))
            for name in ("function", "code"):
                coded = getattr(value, name)
                if coded is not None and (coded.code or coded.original_text or coded.translations):
                    self.coded(coded, f"{title}, rôle", f"Participation.{name}")
        elif dataclasses.is_dataclass(value) and not isinstance(value, Origin):
            self.add(value, f"{title} › ")

    def words(self, value: Any) -> str:
        """One sentence for a value that needs no lines of its own; empty for the others."""
        if isinstance(value, Time):
            return full_words(value)
        if isinstance(value, Interval):
            return _full_period(value)
        if isinstance(value, Quantity):
            return self._quantity(value)
        if isinstance(value, QuantityRange):
            if value.null_flavor is None and all(
                q is None or self.units.counts(q) for q in (value.value, value.low, value.high)
            ):
                return dose_words(value, self.units).text
            return result_range(value)
        if isinstance(value, Ratio):
            return strength(value, self.units) or flavour(value.null_flavor)
        if isinstance(value, Identifier):
            return value.extension or value.root or flavour(value.null_flavor)
        if isinstance(value, PersonName):
            return name_words(value)
        if isinstance(value, Address):
            return address_words(value)
        if isinstance(value, Telecom):
            return value.value or flavour(value.null_flavor)
        return organization_words(value) if isinstance(value, Organization) else ""

    def _quantity(self, value: Quantity) -> str:
        if value.value is not None and self.units.counts(value):
            return self.units.dose(value)[0]
        return result(value)


_FIELDS: dict[type, tuple[tuple[str, str, str], ...]] = {}


def _fields(kind: type) -> tuple[tuple[str, str, str], ...]:
    """Fields of a class of the model that a panel shows: name, French label, ``Class.field``."""
    found = _FIELDS.get(kind)
    if found is None:
        owner = kind.__name__
        names = [field.name for field in dataclasses.fields(kind) if field.name not in _SKIPPED]
        found = _FIELDS[kind] = tuple((name, label(owner, name), f"{owner}.{name}") for name in names)
    return found


def _full_period(interval: Interval) -> str:
    """A period with the hours of its bounds where they were given."""
    bounds = [("début", interval.low), ("fin", interval.high), ("le", interval.value)]
    exact = [(word, bound) for word, bound in bounds if bound is not None]
    if any((found := moment(bound)) is not None and found.hour >= 0 for _, bound in exact):
        return ", ".join(f"{word} {full_words(bound)}" for word, bound in exact)
    return period(interval)


def _says_nothing(interval: Interval) -> bool:
    parts = (
        interval.low,
        interval.high,
        interval.center,
        interval.value,
        interval.width,
        interval.null_flavor,
    )
    return all(part is None for part in parts)


def _events(timing: Timing) -> Iterator[Coded]:
    if isinstance(timing, EventTiming) and timing.event is not None:
        yield timing.event
    elif isinstance(timing, TimingSet):
        for part in timing.parts:
            yield from _events(part)


def _start(timing: Timing) -> str:
    """The phases of a frequency, in a set those of its parts: its sentence may name their beginning only."""
    if isinstance(timing, TimingSet):
        return "".join(_start(part) for part in timing.parts)
    phase = timing.phase if isinstance(timing, Periodic) else None
    return f" (repère : {_full_period(phase)})" if phase is not None else ""


def participation_words(person: Participation) -> str:
    """« Dr Kadri Tamm, hôpital Exemple, Tartu, Estonie » and the date, as far as given."""
    parts = [
        name_words(person.person) if person.person is not None else "",
        person.device or "",
        organization_words(person.organization) if person.organization is not None else "",
    ]
    own = [address_words(address) for address in person.addresses]
    own += [telecom.value or "" for telecom in person.telecoms]
    parts += [words for words in own if words not in parts[2]]
    when = person.time
    if when is not None:
        parts.append(full_words(when) if isinstance(when, Time) else period(when))
    return ", ".join(part for part in parts if part) or "non indiqué"


def organization_words(organization: Organization) -> str:
    """Names, places and telephone numbers of an organisation in one line."""
    parts = [*organization.names, *(address_words(address) for address in organization.addresses)]
    parts += [telecom.value or "" for telecom in organization.telecoms]
    return ", ".join(part for part in parts if part)
