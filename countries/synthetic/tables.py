"""The clinical model as typed rows: ``fixtures/clinical_model`` read once, when the first patient is made.

A cell ``-`` or nothing is empty. Numbers of all seven age bands stand in the order of ``age-bands.tsv``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from ehdsi.terminology.tables import read_table

#: Where the tables lie.
FOLDER = Path(__file__).parents[2] / "fixtures" / "clinical_model"

Row = dict[str, str]

#: Lower bounds of the seven age bands, in years.
BANDS = (0, 5, 15, 30, 45, 60, 75)


def band_of(age: float) -> int:
    """Index of the age band."""
    return max(index for index, lowest in enumerate(BANDS) if age >= lowest or index == 0)


def number(text: str, default: float = 0.0) -> float:
    """A number, or the default for an empty cell."""
    return float(text) if text else default


def span(text: str) -> tuple[float, float]:
    """``lo-hi`` as two numbers; either may be negative, one number stands for both."""
    cut = text.find("-", 1)
    return (float(text), float(text)) if cut < 0 else (float(text[:cut]), float(text[cut + 1 :]))


def weights(text: str) -> tuple[tuple[str, float], ...]:
    """``code:weight,code:weight`` in order."""
    pairs = (part.partition(":") for part in text.split(",") if part)
    return tuple((key, float(value)) for key, _, value in pairs)


def day_of(text: str) -> date:
    """``YYYY`` or ``YYYY-MM-DD``; the first day of a year."""
    return date.fromisoformat(text) if len(text) > 4 else date(int(text), 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConditionRow:
    """One condition; ``nature`` C chronic, R recurrent, P past, S sequel, A acute, G pregnancy."""

    key: str
    code: str
    en: str
    fr: str
    nature: str
    group: str
    sex_weight: dict[str, float]
    bands: tuple[float, ...]
    onset: tuple[float, float, float]
    course: str
    countries: dict[str, float]

    @property
    def congenital(self) -> bool:
        """True for what is there at birth."""
        return self.onset[1] == 0 and self.onset[2] <= 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relation:
    """One row of comorbidity: ``mult`` odds factor, ``implies`` probability, ``excl``."""

    source: str
    relation: str
    target: str
    value: float
    gap: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MedicationRow:
    """One regimen; ``cells`` holds what only the document needs."""

    key: str
    condition: str
    slot: str
    p_slot: float
    weight: float
    ages: tuple[float, float]
    sex: str
    atc: str
    form: str
    duration: str
    timing: str
    flags: frozenset[str]
    market_from: date
    cells: Row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """All tables; dictionaries keep the order of the files."""

    conditions: dict[str, ConditionRow]
    order: tuple[str, ...]
    relations: tuple[Relation, ...]
    medications: dict[str, tuple[MedicationRow, ...]]
    slots: dict[str, dict[str, tuple[MedicationRow, ...]]]
    guards: tuple[Row, ...]
    timings: dict[str, Row]
    allergies: tuple[Row, ...]
    procedures: tuple[Row, ...]
    devices: dict[str, Row]
    vaccines: dict[str, Row]
    schedules: dict[str, tuple[Row, ...]]
    observations: dict[str, Row]
    effects: dict[str, tuple[Row, ...]]
    growth: tuple[tuple[float, ...], ...]
    functions: tuple[Row, ...]
    plans: tuple[Row, ...]
    blood_groups: dict[str, Row]
    national_codes: dict[str, Row]
    phrases: dict[str, Row]
    social: dict[str, Row]
    countries: dict[str, Row]
    remarks: tuple[Row, ...]


def rows(name: str) -> tuple[Row, ...]:
    """All rows of one table."""
    return tuple(row for _, row in read_table(FOLDER / f"{name}.tsv"))


def _grouped(table: tuple[Row, ...], column: str) -> dict[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for row in table:
        found.setdefault(row[column], []).append(row)
    return {key: tuple(group) for key, group in found.items()}


def _keyed(table: tuple[Row, ...], column: str) -> dict[str, Row]:
    return {row[column]: row for row in table}


@cache
def model() -> Model:
    """The clinical model, read at the first call.

    Raises
    ------
    LocalError : a table cannot be read.
    """
    conditions = {row["key"]: _condition(row) for row in rows("conditions")}
    relations = tuple(_relation(row) for row in rows("comorbidity"))
    medications = [_medication(row) for row in rows("medications")]
    by_condition: dict[str, list[MedicationRow]] = {}
    for one in medications:
        by_condition.setdefault(one.condition, []).append(one)
    return Model(
        conditions=conditions,
        order=_order(conditions, relations),
        relations=relations,
        medications={key: tuple(group) for key, group in by_condition.items()},
        slots={key: _slots(group) for key, group in by_condition.items()},
        guards=rows("guards"),
        timings=_keyed(rows("timings"), "key"),
        allergies=rows("allergies"),
        procedures=rows("procedures"),
        devices=_keyed(rows("devices"), "key"),
        vaccines=_keyed(rows("vaccines"), "key"),
        schedules=_grouped(rows("vaccine-schedules"), "country"),
        observations=_keyed(rows("observations"), "loinc"),
        effects=_grouped(rows("observation-effects"), "condition"),
        growth=tuple(tuple(float(cell) for cell in row.values()) for row in rows("growth")),
        functions=rows("functional-status"),
        plans=rows("care-plan"),
        blood_groups=_keyed(rows("blood-groups"), "country"),
        national_codes=_keyed(rows("national-codes"), "condition"),
        phrases=_keyed(rows("narrative"), "key"),
        social=_keyed(rows("social-history"), "key"),
        countries=_keyed(rows("countries"), "country"),
        remarks=rows("remarks"),
    )


def _slots(group: list[MedicationRow]) -> dict[str, tuple[MedicationRow, ...]]:
    found: dict[str, list[MedicationRow]] = {}
    for one in group:
        found.setdefault(one.slot, []).append(one)
    return {slot: tuple(rows_) for slot, rows_ in found.items()}


def _condition(row: Row) -> ConditionRow:
    bands = ("p0_4", "p5_14", "p15_29", "p30_44", "p45_59", "p60_74", "p75")
    factors = (part.partition(":") for part in row["country_factors"].split(";") if part)
    return ConditionRow(
        key=row["key"],
        code=row["icd10"],
        en=row["en"],
        fr=row["fr"],
        nature=row["nature"],
        group=row["group"],
        sex_weight={"M": number(row["weight_m"]), "F": number(row["weight_f"])},
        bands=tuple(number(row[band]) / 100 for band in bands),
        onset=(number(row["onset_min"]), number(row["onset_mode"]), number(row["onset_max"])),
        course=row["course"],
        countries={code: float(value) for code, _, value in factors},
    )


def _relation(row: Row) -> Relation:
    return Relation(
        source=row["from_key"],
        relation=row["relation"],
        target=row["to_key"],
        value=number(row["value"]),
        gap=span(row["gap_years"]) if row["gap_years"] else (0, 0),
    )


def _medication(row: Row) -> MedicationRow:
    return MedicationRow(
        key=row["row_id"],
        condition=row["condition"],
        slot=row["slot"],
        p_slot=number(row["p_slot"]),
        weight=number(row["weight"], 1),
        ages=(number(row["age_min"]), number(row["age_max"], 130)),
        sex=row["sex"],
        atc=row["atc"],
        form=row["form_en"],
        duration=row["duration"],
        timing=row["timing"],
        flags=frozenset(row["flags"].split(",")) - {""},
        market_from=day_of(row["market_from"] or "1950"),
        cells=row,
    )


def _order(conditions: dict[str, ConditionRow], relations: tuple[Relation, ...]) -> tuple[str, ...]:
    """Topological order of the ``mult`` edges; a cycle is cut where the table comes to it first."""
    causes: dict[str, list[str]] = {key: [] for key in conditions}
    for one in relations:
        if one.relation == "mult":
            causes[one.target].append(one.source)
    done: dict[str, None] = {}

    def visit(key: str, open_: tuple[str, ...]) -> None:
        if key in done or key in open_:
            return
        for cause in causes[key]:
            visit(cause, (*open_, key))
        done[key] = None

    for key in conditions:
        visit(key, ())
    return tuple(done)
