"""What the steps of the generator write down of one patient, before it becomes a document."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from countries.synthetic.streams import Stream
from countries.synthetic.tables import ConditionRow, MedicationRow, Row, band_of

YEAR = 365.25


def later(day: date, years: float) -> date:
    """``years`` after a day."""
    return day + timedelta(days=round(years * YEAR))


@dataclass(slots=True, kw_only=True)
class Condition:
    """A condition the patient has or had; ``end`` None means active today."""

    row: ConditionRow
    onset: date
    end: date | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """An earlier pregnancy: SNOMED code of its outcome and its day."""

    code: str
    day: date


@dataclass(slots=True, kw_only=True)
class Pregnancy:
    """A pregnancy today: last menstrual period, expected delivery, completed weeks."""

    lmp: date
    due: date

    def weeks(self, today: date) -> float:
        """Weeks since the last menstrual period."""
        return (today - self.lmp).days / 7


@dataclass(slots=True, kw_only=True)
class Operation:
    """A procedure done."""

    row: Row
    day: date
    side: str = ""


@dataclass(slots=True, kw_only=True)
class Implant:
    """A device; ``operation`` is the key of the procedure that brought it, if one did."""

    row: Row
    start: date
    end: date | None = None
    operation: str = ""


@dataclass(slots=True, kw_only=True)
class Reactivity:
    """An allergy or intolerance."""

    row: Row
    type: str
    onset: date
    reaction: str = ""
    severity: str = ""
    criticality: str = ""
    certainty: str = ""
    status: str = "active"


@dataclass(slots=True, kw_only=True)
class Treatment:
    """A medicine; ``dose`` None where the regimen states none."""

    row: MedicationRow
    condition: str
    start: date
    end: date | None = None
    dose: tuple[float, float] | None = None


@dataclass(slots=True, kw_only=True)
class Vaccination:
    """A dose of a vaccine; ``number`` 0 where doses are not counted."""

    row: Row
    day: date
    number: int = 0


@dataclass(slots=True, kw_only=True)
class Reading:
    """A measured value in the unit of its row."""

    row: Row
    value: float
    day: date


@dataclass(slots=True, kw_only=True)
class Habit:
    """A statement of social history: quantity with unit, or a phrase of ``narrative.tsv``."""

    key: str
    row: Row
    value: float | None = None
    phrase: str = ""
    start: date | None = None
    end: date | None = None


@dataclass(slots=True, kw_only=True)
class Function:
    """A finding of functional status with its severity 0 to 4."""

    row: Row
    severity: int
    day: date


@dataclass(slots=True, kw_only=True)
class Chart:
    """Everything about one patient. Lists keep the order in which the steps wrote them.

    ``age`` in years and ``band``, the index of the age band, are those of ``today``.
    """

    country: str
    identifier: str
    version: str
    today: date
    birth: date
    sex: Literal["M", "F"]
    burden: float = 1.0
    frailty: float = 1.0
    pregnancy: Pregnancy | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    conditions: dict[str, Condition] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    implants: list[Implant] = field(default_factory=list)
    allergies: list[Reactivity] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    vaccinations: list[Vaccination] = field(default_factory=list)
    vitals: list[Reading] = field(default_factory=list)
    results: list[Reading] = field(default_factory=list)
    blood_group: str = ""
    habits: list[Habit] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    plans: list[Row] = field(default_factory=list)
    age: float = field(init=False)
    band: int = field(init=False)

    def __post_init__(self) -> None:
        self.age = self.age_at(self.today)
        self.band = band_of(self.age)

    def stream(self, topic: str) -> Stream:
        """The random stream of a topic."""
        return Stream(self.version, self.country, self.identifier, topic)

    def age_at(self, day: date) -> float:
        """Age in years on a day."""
        return (day - self.birth).days / YEAR

    @property
    def livebirths(self) -> list[date]:
        """Days on which the patient gave birth."""
        return [one.day for one in self.outcomes if one.code == LIVEBIRTH]

    def active(self, *keys: str) -> bool:
        """True if one of these conditions is active."""
        return any(key in self.conditions and self.conditions[key].end is None for key in keys)

    def ever(self, *keys: str) -> bool:
        """True if one of these conditions is or was there."""
        return any(key in self.conditions for key in keys)

    def takes(self, flag: str) -> bool:
        """True if a medicine with this flag is taken now."""
        return any(flag in one.row.flags and one.end is None for one in self.treatments)

    def takes_atc(self, *prefixes: str) -> bool:
        """True if a medicine of one of these ATC classes is taken now."""
        return any(one.row.atc.startswith(prefixes) and one.end is None for one in self.treatments)


LIVEBIRTH = "281050002"
MISCARRIAGE = "17369002"
