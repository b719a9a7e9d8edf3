"""A synthetic document before it is put together, and what may be added to it when an edge case needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal, TypeVar

from countries.model import Country, Persona
from countries.synthetic.interventions import allergy_of
from countries.synthetic.medications import start_of, suits
from countries.synthetic.record import Chart, Condition, Reading, Treatment, Vaccination
from countries.synthetic.statements import Writer
from countries.synthetic.streams import Stream
from countries.synthetic.tables import MedicationRow, model
from ehdsi.cda import sections
from ehdsi.cda.model import Allergy, Entry, Immunization, Medication, Observation, ObservationGroup, Problem

AbsenceKind = Literal["known_absence", "no_information"]
E = TypeVar("E", bound=Entry)
#: What stands in for what a patient does not have: keys of the tables, usable at any age.
ANY_PROBLEM, ANY_ALLERGY, ANY_VACCINE = "eczema", "peanut", "hexa"
#: Classes of medicines tried first where the patient takes none.
ANY_MEDICINES = ("N02BE01", "A11CC05", "R06AE07")


@dataclass(slots=True, kw_only=True)
class Draft:
    """Sections of a document in the making; an edge case changes it in place.

    Attributes
    ----------
    entries : by section, what it states.
    absent : basic sections that say why they are empty, where the case decides it.
    beside : basic sections with a statement of absence beside real entries.
    given : optional sections that the country delivers for this patient.
    only : sections to send and no others; empty for all.
    notices : sections that hold no more than a sentence saying that something is kept back.
    restricted : the document is marked as confidential.
    """

    country: Country
    persona: Persona
    chart: Chart
    writer: Writer
    entries: dict[str, list[Entry]]
    given: dict[str, None]
    absent: dict[str, AbsenceKind] = field(default_factory=dict)
    beside: dict[str, AbsenceKind] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    notices: dict[str, str] = field(default_factory=dict)
    restricted: bool = False
    stream: Stream = field(default_factory=lambda: Stream("draft"))

    # -- entries that are there, or are added ----------------------------------------------------------------

    def find(self, kind: type[E], section: str) -> Iterator[tuple[int, E]]:
        """Entries of one class in a section, with their places."""
        for place, entry in enumerate(self.entries[section]):
            if isinstance(entry, kind):
                yield place, entry

    def change(self, section: str, kind: type[E], change: Callable[[E], Entry]) -> None:
        """Replace the newest entry of a class in a section."""
        place, entry = next(self.find(kind, section))
        self.entries[section][place] = change(entry)

    def problem(self, key: str = ANY_PROBLEM, *, new: bool = False) -> Problem:
        """The newest problem; one of the tables where there is none, or where a new one is wanted."""
        have = () if new else tuple(self.find(Problem, sections.PROBLEMS))
        if not have:
            row = model().conditions[key]
            onset = max(self.chart.birth, self.chart.today - timedelta(days=400))
            made = self.writer.problem(Condition(row=row, onset=onset))
            self.entries[sections.PROBLEMS].insert(0, made)
        return next(entry for _, entry in self.find(Problem, sections.PROBLEMS))

    def allergy(self, key: str = ANY_ALLERGY, *, new: bool = False) -> Allergy:
        """The first allergy; one of the tables where there is none, or where a new one is wanted."""
        have = () if new else tuple(self.find(Allergy, sections.ALLERGIES))
        if not have:
            row = next(row for row in model().allergies if row["key"] == key)
            onset = max(self.chart.birth, self.chart.today - timedelta(days=300))
            made = self.writer.allergy(allergy_of(self.chart, row, onset))
            self.entries[sections.ALLERGIES].insert(0, made)
        return next(entry for _, entry in self.find(Allergy, sections.ALLERGIES))

    def medicine(self, *classes: str, fits: Callable[[MedicationRow], bool] | None = None) -> Medication:
        """The newest medicine; one of these ATC classes, or for which ``fits`` is true, where asked for."""
        have = tuple(self.find(Medication, sections.MEDICATIONS))
        if not have or classes or fits is not None:
            row = self._regimen(classes or ANY_MEDICINES, fits)
            start = max(start_of(self.chart, row), self.chart.today - timedelta(days=20))
            made = Treatment(row=row, condition=row.condition, start=start, dose=(1.0, 1.0))
            self.entries[sections.MEDICATIONS].insert(0, self.writer.medication(made))
        return next(entry for _, entry in self.find(Medication, sections.MEDICATIONS))

    def _regimen(
        self, classes: tuple[str, ...], fits: Callable[[MedicationRow], bool] | None
    ) -> MedicationRow:
        """The best regimen for this patient: of the class, then for the age; any of the kind at the worst."""
        every = [row for group in model().medications.values() for row in group]
        wanted = [row for row in every if (fits(row) if fits is not None else row.atc.startswith(classes))]
        suited = [row for row in wanted if suits(self.chart, row)]
        of_age = [row for row in wanted if row.ages[0] <= self.chart.age <= row.ages[1]]
        return (suited or of_age or wanted)[0]

    def vaccination(self, day: date | None = None, key: str = ANY_VACCINE) -> Immunization:
        """The newest vaccination, or a new one on a day; the country then delivers the section."""
        self.given[sections.IMMUNIZATIONS] = None
        have = () if day is not None else tuple(self.find(Immunization, sections.IMMUNIZATIONS))
        if not have:
            row, when = model().vaccines[key], day or self.chart.today
            made = self.writer.vaccination(Vaccination(row=row, day=when))
            self.entries[sections.IMMUNIZATIONS].insert(0, made)
        return next(entry for _, entry in self.find(Immunization, sections.IMMUNIZATIONS))

    def measured(self, section: str, readings: list[Reading]) -> None:
        """Put measurements of one moment in the place of what a section holds."""
        self.given[section] = None
        self.entries[section] = self.writer.measurements(section, readings)

    def observed(self, section: str, change: Callable[[Observation], Observation]) -> None:
        """Change every observation of a section."""
        for place, group in list(self.find(ObservationGroup, section)):
            changed = tuple(map(change, group.observations))
            self.entries[section][place] = replace(group, observations=changed)
