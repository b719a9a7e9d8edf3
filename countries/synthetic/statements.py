"""Statements of a chart as entries of the patient summary model, in national codes."""

from __future__ import annotations

from datetime import date

from countries.entries import Numbering, at, period, sited
from countries.model import Country
from countries.synthetic.interventions import LEFT
from countries.synthetic.national import LOCAL, layer_of
from countries.synthetic.observations import GLUCOSE, GLUCOSE_FACTOR, GLUCOSE_MOLAR, HBA1C, limits
from countries.synthetic.record import (
    Chart,
    Condition,
    Function,
    Habit,
    Implant,
    Operation,
    Reactivity,
    Reading,
    Treatment,
    Vaccination,
)
from countries.synthetic.tables import MedicationRow, Row, model
from ehdsi import oids
from ehdsi.cda import sections
from ehdsi.cda.datatypes import (
    Coded,
    EventTiming,
    Interval,
    Periodic,
    Quantity,
    QuantityRange,
    Ratio,
    Time,
    Timing,
    TimingSet,
    Value,
)
from ehdsi.cda.model import (
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
    Reaction,
)

FINDING, DIAGNOSIS = "404684003", "282291009"
ACTIVE, CHRONIC, RESOLVED = "55561003", "90734009", "413322009"
PREGNANCY_STATUS, BLOOD_GROUP, PANEL = "82810-3", "34530-6", "46680005"
SEVERITIES = {1: "255604002", 2: "6736007", 3: "24484000", 4: "24484000"}
#: Estimated delivery date, from the last menstrual period.
DUE = "11778-8"
#: Haemoglobin A1c in mmol/mol: LOINC code, and slope and offset of the conversion from per cent.
HBA1C_IFCC, HBA1C_SLOPE, HBA1C_OFFSET = "59261-8", 10.929, 2.15
_HBA1C_NAME = "Hemoglobin A1c/Hemoglobin.total in Blood by IFCC protocol"


def plain(value: float) -> str:
    """A number without superfluous digits."""
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def since(start: date | None, end: date | None = None) -> Interval:
    """From a day, perhaps to another; an unknown beginning says so."""
    return period(f"{start:%Y%m%d}" if start else None, f"{end:%Y%m%d}" if end else None)


def on(day: date) -> Interval:
    """One day."""
    return at(f"{day:%Y%m%d}")


def _is_about(remark: Row, row: MedicationRow) -> bool:
    """True if a row of ``remarks.tsv`` speaks of this medicine."""
    return row.atc.startswith(remark["atc"]) if remark["atc"] else remark["form"] in row.form


class Writer:
    """Turns the statements of one chart into entries; numbers them in the order in which they are asked."""

    def __init__(self, country: Country, chart: Chart, language: str) -> None:
        self.country, self.chart, self.language = country, chart, language
        self.layer = layer_of(country)
        self.habits = self.layer.habits
        self.identifier = Numbering(country.oids.document_root, chart.identifier).identifier

    def coded(self, list_name: str, system: str, code: str, en: str = "") -> Coded:
        """A concept in the country's codes and words."""
        return self.layer.coded(list_name, system, code, self.language, en)

    # -- the basic sections ----------------------------------------------------------------------------------

    def allergy(self, one: Reactivity) -> Allergy:
        """An allergy or intolerance with its reaction."""
        system = {"ATC": oids.ATC}.get(one.row["system"], oids.SNOMED_CT)
        reactions: tuple[Reaction, ...] = ()
        if one.reaction:
            severity = self.coded("severity", oids.SNOMED_CT, one.severity) if one.severity else None
            reactions = (
                Reaction(
                    code=self.coded("problem_type", oids.SNOMED_CT, FINDING),
                    manifestation=self.coded("reaction", oids.SNOMED_CT, one.reaction),
                    severity=severity,
                ),
            )
        return Allergy(
            identifiers=self.identifier(),
            status="completed",
            type=self.coded("allergy_type", oids.SNOMED_CT, one.type),
            agents=(self.coded("allergen", system, one.row["code"], one.row["en"]),),
            onset=since(one.onset),
            concern_time=since(one.onset),
            reactions=reactions,
            criticality=self.coded("criticality", oids.ALLERGY_CRITICALITY, one.criticality),
            certainty=self.coded("allergy_certainty", oids.ALLERGY_CERTAINTY, one.certainty),
            clinical_status=self.coded("allergy_status", oids.ALLERGY_STATUS, one.status),
            comments=self._remark("allergy_unknown" if not one.reaction else "self_reported", one.row["key"]),
        )

    def problem(self, one: Condition) -> Problem:
        """A problem, or a past illness with its end."""
        status = RESOLVED if one.end else CHRONIC if one.row.nature == "C" else ACTIVE
        return Problem(
            identifiers=self.identifier(),
            status="completed" if one.end else "active",
            type=self.coded("problem_type", oids.SNOMED_CT, DIAGNOSIS),
            value=self.problem_code(one),
            onset=since(one.onset, one.end),
            concern_time=since(one.onset, one.end),
            clinical_status=self.coded("problem_status", oids.SNOMED_CT, status),
        )

    def procedure(self, one: Operation) -> Procedure:
        """A procedure; its side stands with the site, where the model names one."""
        row = one.row
        site = side = None
        if row["site_code"]:
            site = self.coded("site", oids.SNOMED_CT, row["site_code"], row["site_en"])
        if one.side:
            words = "left" if one.side == LEFT else "right"
            side = self.coded("laterality", oids.SNOMED_CT, one.side, words)
        return Procedure(
            identifiers=self.identifier(),
            status="completed",
            time=on(one.day),
            sites=sited(site, side),
            code=self.coded("procedure", oids.SNOMED_CT, row["snomed"], row["en"]),
        )

    def device(self, one: Implant) -> Device:
        """A device in one of the two systems, as the country prefers."""
        row = one.row
        drawn = self.chart.stream("device " + row["key"]).unit()
        emdn = bool(row["emdn"]) and (not row["snomed"] or drawn < self.habits.emdn)
        code = (
            self.coded("device", oids.EMDN, row["emdn"], row["emdn_en"])
            if emdn
            else self.coded("device", oids.SNOMED_CT, row["snomed"], row["snomed_en"])
        )
        return Device(identifiers=self.identifier(), code=code, time=since(one.start, one.end))

    def medication(self, one: Treatment) -> Medication:
        """A treatment with product, dose, timing, route, reason."""
        row, today = one.row, self.chart.today
        cells = row.cells
        condition = self.chart.conditions.get(one.condition)
        reasons = (self.problem_code(condition),) if condition else ()
        return Medication(
            identifiers=self.identifier(),
            status="completed" if one.end is not None and one.end < today else "active",
            product=self._product(row),
            period=since(one.start, one.end),
            timing=self._timing(row.timing),
            dose=self._dose(one),
            route=self.coded("route", oids.EDQM, cells["route"], cells["route_en"]),
            reasons=reasons,
            instructions=self._instructions(row),
            mood="INT",
        )

    def problem_code(self, one: Condition) -> Coded:
        """A condition as the record holds it, the same wherever it is named."""
        stream = self.chart.stream("coding " + one.row.key)
        return self.layer.problem(one.row.code, self.language, one.row.en, stream)

    def _product(self, row: MedicationRow) -> Product:
        cells, products = row.cells, self.country.products
        name = self.layer.trade_name(row, self.language)
        code = None
        if products is not None:
            code = Coded(
                code=self.layer.product_number(row),
                code_system=products.oid,
                code_system_name=products.name,
                display_name=name,
            )
        counted = cells["pack_unit"] == "1"
        unit = self._unit(cells["pack_qu"]) if counted else None
        group = self.layer.drug(row, self.language, self.chart.stream("coding " + row.key))
        package = Package(
            form=self.coded("package", oids.EDQM, cells["pack_form"], cells["pack_form_en"]),
            quantity=Quantity(value=cells["pack_size"], unit=cells["pack_unit"], original_text=unit),
        )
        return Product(
            code=code,
            name=name,
            form=self.coded("form", oids.EDQM, cells["form"], cells["form_en"]),
            classes=(group,),
            ingredients=self._ingredients(row, in_words=(group.code or "").startswith(LOCAL)),
            packages=(package,) if cells["pack_form"] else (),
        )

    def _ingredients(self, row: MedicationRow, *, in_words: bool) -> tuple[Ingredient, ...]:
        """The substances, by name alone where the medicine has a local code."""
        cells = row.cells
        parts = [(cells["ing1_name"], cells["ing1_atc"], cells["str_num"], cells["str_num_unit"])]
        parts += [tuple(part.split("|")) for part in cells["more_ingredients"].split(";") if part]  # type: ignore[misc]
        made = []
        for name, atc, amount, unit in parts:
            strength = None
            if amount and amount != "-":
                strength = Ratio(
                    numerator=Quantity(value=amount, unit=unit),
                    denominator=Quantity(value=cells["str_den"], unit=cells["str_den_unit"]),
                )
            code = self.coded("drug", oids.ATC, atc, name) if atc not in ("", "-") and not in_words else None
            made.append(Ingredient(code=code, name=name, strength=strength))
        return tuple(made)

    def _unit(self, code: str) -> str | None:
        """The thing that is counted, in the country's words."""
        return self.layer.word(oids.EDQM, code, self.language) if code else None

    def _dose(self, one: Treatment) -> QuantityRange | None:
        if one.dose is None:
            return None
        unit = one.row.cells["dose_unit"]
        thing = self._unit(one.row.cells["dose_qu"]) if unit == "1" else None
        return QuantityRange(value=Quantity(value=plain(one.dose[0]), unit=unit, original_text=thing))

    def _timing(self, key: str) -> Timing | None:
        row = model().timings[key]
        if row["xsi_type"] == "PIVL_TS":
            return Periodic(
                period=Quantity(value=row["period"], unit=row["unit"]),
                operator="A",
                institution_specified=row["institution_specified"] == "true",
            )
        events = tuple(
            EventTiming(event=self.coded("timing", oids.TIMING_EVENT, event), operator="A")
            for event in row["events"].split("+")
            if event
        )
        if not events:
            return None
        return events[0] if len(events) == 1 else TimingSet(parts=events, operator="A")

    def _instructions(self, row: MedicationRow) -> tuple[str, ...]:
        timing = model().timings[row.timing]
        if row.timing.startswith("PRN_") or row.timing == "ONCE":
            return (timing["fr" if self.language.startswith("fr") else "en"],)
        if row.duration == "prn":
            return (self.phrase("if_needed"),)
        fits = next((one["phrase"] for one in model().remarks if _is_about(one, row)), "")
        return self._remark(fits, row.key) if fits else ()

    def _remark(self, phrase: str, key: str) -> tuple[str, ...]:
        """A remark in words, as often as the country's records have one."""
        there = self.chart.stream("remark " + key).chance(self.habits.remarks)
        return (self.phrase(phrase),) if there else ()

    def phrase(self, key: str) -> str:
        """A phrase of ``narrative.tsv`` in the language of the document, else in English."""
        row = model().phrases[key]
        return row.get(self.language[:2]) or row["en"]

    # -- the optional sections -------------------------------------------------------------------------------

    def vaccination(self, one: Vaccination) -> Immunization:
        """A dose of a vaccine."""
        row = one.row
        return Immunization(
            identifiers=self.identifier(),
            status="completed",
            vaccine=Product(code=self.coded("vaccine", oids.ATC, row["atc"], row["atc_en"])),
            time=on(one.day),
            dose_number=str(one.number) if one.number else None,
            route=self.coded("route", oids.EDQM, row["route"], row["route_en"]),
            dose=QuantityRange(value=Quantity(value=row["dose"], unit=row["dose_unit"])),
            targets=tuple(
                self.coded("problem", oids.ICD_10, code) for code in row["target_icd10"].split(",") if code
            ),
        )

    def pregnancies(self) -> list[Entry]:
        """Pregnancy of today with its expected delivery; earlier outcomes."""
        found: list[Entry] = []
        chart = self.chart
        if chart.pregnancy is not None:
            found.append(self.pregnant(chart.today, chart.pregnancy.due))
        found += [
            Observation(
                identifiers=self.identifier(),
                status="completed",
                time=on(one.day),
                code=self.coded("pregnancy_outcome", oids.SNOMED_CT, one.code),
                values=(1,),
            )
            for one in reversed(chart.outcomes)
        ]
        return found

    def pregnant(self, day: date, due: date) -> Observation:
        """The statement of a day that the patient is pregnant, with the expected delivery."""
        delivery = Observation(
            identifiers=self.identifier(),
            status="completed",
            code=self.coded("delivery_date", oids.LOINC, DUE),
            values=(Time(value=f"{due:%Y%m%d}"),),
        )
        return Observation(
            identifiers=self.identifier(),
            status="completed",
            time=on(day),
            components=(delivery,),
            code=self.coded("result", oids.LOINC, PREGNANCY_STATUS),
            values=(self.coded("pregnancy", oids.SNOMED_CT, "77386006"),),
        )

    def habit(self, one: Habit) -> Observation:
        """A statement of social history: a quantity over time, or a phrase."""
        unit = one.row["unit"] or ("{#}/d" if one.key == "tobacco" else "g/d")
        value: Value = (
            self.phrase(one.phrase) if one.phrase else Quantity(value=plain(one.value or 0), unit=unit)
        )
        return Observation(
            identifiers=self.identifier(),
            status="completed",
            time=since(one.start, one.end),
            code=self.coded("social", oids.SNOMED_CT, one.row["snomed"], one.row["en"]),
            values=(value,),
        )

    def vitals(self) -> list[Entry]:
        """The vital signs of one visit."""
        return self.measurements(sections.VITAL_SIGNS, self.chart.vitals)

    def results(self, kept: float = 1.0) -> list[Entry]:
        """The results of one sample, those that the record kept."""
        found = [
            one for one in self.chart.results if self.chart.stream("kept " + one.row["loinc"]).chance(kept)
        ]
        return self.measurements(sections.RESULTS, found)

    def measurements(self, section: str, readings: list[Reading]) -> list[Entry]:
        """Measurements of one moment as the section has them."""
        if section == sections.VITAL_SIGNS:
            return self._group("vital", readings, self.coded("panel", oids.SNOMED_CT, PANEL))
        return self._group("result", readings, None)

    def _group(self, list_name: str, readings: list[Reading], panel: Coded | None) -> list[Entry]:
        if not readings:
            return []
        made = tuple(self._reading(list_name, one) for one in readings)
        return [
            ObservationGroup(
                identifiers=self.identifier(),
                status="completed",
                code=panel,
                time=on(readings[0].day),
                observations=made,
            )
        ]

    def _reading(self, list_name: str, one: Reading) -> Observation:
        loinc, name, unit, values = self._in_national_unit(one)
        low, high = values[1:]
        reference = (
            f"{plain(low) if low is not None else ''} – {plain(high) if high is not None else ''} {unit}"
        )
        flag = (
            "L"
            if low is not None and values[0] is not None and values[0] < low
            else ("H" if high is not None and values[0] is not None and values[0] > high else "N")
        )
        ranged = low is not None or high is not None
        return Observation(
            identifiers=self.identifier(),
            status="completed",
            time=on(one.day),
            code=self.coded(list_name, oids.LOINC, loinc, name),
            values=(Quantity(value=plain(values[0] or 0), unit=unit),),
            interpretations=(self.coded("interpretation", oids.OBSERVATION_INTERPRETATION, flag),)
            if ranged
            else (),
            reference_ranges=(reference.strip(),) if ranged else (),
        )

    def _in_national_unit(self, one: Reading) -> tuple[str, str, str, tuple[float | None, ...]]:
        """LOINC code, name, unit, and value with its limits, as the country reports them."""
        row = one.row
        values = (one.value, *limits(self.chart, row))
        if row["loinc"] == GLUCOSE and self.habits.molar_glucose:
            other = model().observations[GLUCOSE_MOLAR]
            return (
                GLUCOSE_MOLAR,
                other["en"],
                other["unit"],
                tuple(None if value is None else round(value / GLUCOSE_FACTOR, 1) for value in values),
            )
        if row["loinc"] == HBA1C and self.habits.ifcc_hba1c:
            return (
                HBA1C_IFCC,
                _HBA1C_NAME,
                "mmol/mol",
                tuple(
                    None if value is None else round((value - HBA1C_OFFSET) * HBA1C_SLOPE) for value in values
                ),
            )
        return row["loinc"], row["en"], row["unit"], values

    def blood_group(self) -> list[Entry]:
        """The blood group, where the record knows it."""
        return [self.grouped(self.chart.blood_group, self.chart.today)] if self.chart.blood_group else []

    def grouped(self, code: str, day: date) -> Observation:
        """A blood group as found on a day."""
        return Observation(
            identifiers=self.identifier(),
            status="completed",
            code=self.coded("result", oids.LOINC, BLOOD_GROUP),
            values=(self.coded("blood_group", oids.SNOMED_CT, code),),
            time=on(day),
        )

    def function(self, one: Function) -> ObservationGroup:
        """A finding of functional status with how severe it is."""
        finding = Observation(
            identifiers=self.identifier(),
            status="completed",
            time=on(one.day),
            code=self.coded("function", oids.ICF, one.row["icf"], one.row["en"]),
            values=(self.coded("severity", oids.SNOMED_CT, SEVERITIES[one.severity]),),
        )
        return ObservationGroup(
            identifiers=self.identifier(), status="completed", time=on(one.day), observations=(finding,)
        )
