"""Clinical statements of a persona: one TOML table each, turned into an entry of the patient summary model.

Codes are written alone; their system and words come from the pack's ``codes.tsv``. Dates are CDA times
(``2019``, ``201903``, ``20190312``). Quantities are texts, so that no digit is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from countries.codes import CodeTable, System
from countries.entries import Numbering, absence, at, period, sited
from countries.source import Table
from ehdsi.cda.datatypes import (
    Coded,
    EventTiming,
    Identifier,
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
    Participation,
    Problem,
    Procedure,
    Product,
    Reaction,
)


class Statements:
    """Reads the statements of one persona: knows the code table, the language, whom identifiers belong to."""

    def __init__(
        self,
        codes: CodeTable,
        language: str,
        root: str,
        patient: str,
        professionals: dict[str, Participation],
        products: System | None,
    ) -> None:
        self.products = products
        self.codes, self.language, self.root = codes, language, root
        self.professionals = professionals
        self.identifier = Numbering(root, patient).identifier

    # -- small parts -----------------------------------------------------------------------------------

    def code(self, table: Table, key: str, list_name: str, default: str | None = None) -> Coded:
        """The code under ``key``, from one list of the code table; complains at the line of the key."""
        code = table.text_of(key, default)
        row = self.codes.row(list_name, code)
        if row is None:
            table.fail(key, f"a code of list {list_name!r} in codes.tsv", repr(code))
        return row.coded(self.language)

    def optional(self, table: Table, key: str, list_name: str) -> Coded | None:
        """As :meth:`code`; None where the key is not written."""
        return self.code(table, key, list_name) if table.has(key) else None

    def site(self, table: Table) -> tuple[Coded, ...]:
        """``site`` with its ``laterality``."""
        site = self.optional(table, "site", "site")
        return sited(site, self.optional(table, "laterality", "laterality") if site else None)

    def performer(self, table: Table) -> tuple[Participation, ...]:
        """``by``: the key of a professional of the pack."""
        if not table.has("by"):
            return ()
        name = table.choice("by", tuple(self.professionals))
        return (replace(self.professionals[name], type_code="PRF", time=None),)

    # -- statements ------------------------------------------------------------------------------------

    def allergy(self, table: Table) -> Allergy:
        """``[[allergy]]``: ``agent`` (list allergen), or ``agent_text`` with ``diagnosis``; reactions."""
        agents = (self.code(table, "agent", "allergen"),) if table.has("agent") else ()
        free_text = table.text_of("agent_text", "")
        if not agents and free_text:
            agents = (Coded(null_flavor="UNK", original_text=free_text),)
        if not agents:
            table.fail("agent", "a code, or agent_text", "neither")
        entry = Allergy(
            identifiers=self.identifier(),
            status="completed",
            type=self.code(table, "type", "allergy_type"),
            agents=agents,
            agent_name=free_text or None,
            value=self.optional(table, "diagnosis", "problem"),
            onset=interval(table),
            concern_time=interval(table),
            reactions=tuple(self._reaction(reaction) for reaction in table.tables("reaction")),
            criticality=self.optional(table, "criticality", "criticality"),
            certainty=self.optional(table, "certainty", "allergy_certainty"),
            clinical_status=self.code(table, "status", "allergy_status", "active"),
        )
        table.done()
        return entry

    def _reaction(self, table: Table) -> Reaction:
        reaction = Reaction(
            code=self.code(table, "type", "problem_type", "404684003"),
            manifestation=self.code(table, "code", "reaction"),
            severity=self.optional(table, "severity", "severity"),
            time=optional_interval(table),
        )
        table.done()
        return reaction

    def problem(self, table: Table) -> Problem:
        """``[[problem]]`` and ``[[past_illness]]``: a diagnosis; past ones carry their end and outcome."""
        entry = Problem(
            identifiers=self.identifier(),
            status="completed" if table.has("end") else "active",
            type=self.code(table, "type", "problem_type", "282291009"),
            value=self.code(table, "code", "problem"),
            onset=interval(table),
            concern_time=interval(table),
            clinical_status=self.optional(table, "status", "problem_status"),
            outcome=self.optional(table, "outcome", "outcome"),
            assertion=self.optional(table, "certainty", "certainty"),
            severity=self.optional(table, "severity", "severity"),
            related_resources=table.texts("resources", ()),
        )
        table.done()
        return entry

    def procedure(self, table: Table) -> Procedure:
        """``[[procedure]]``: what was done, on which day, where on the body."""
        day = table.text_of("date")
        entry = Procedure(
            identifiers=self.identifier(),
            status="completed",
            code=self.code(table, "code", "procedure"),
            time=at(day),
            sites=self.site(table),
            performers=self.performer(table),
        )
        table.done()
        return entry

    def device(self, table: Table) -> Device:
        """``[[device]]``: an implant; ``udi`` its number, ``start`` and ``end`` implantation and removal."""
        udi = table.text_of("udi", "")
        entry = Device(
            identifiers=self.identifier(),
            code=self.code(table, "code", "device"),
            time=interval(table),
            device_identifiers=(Identifier(root=self.root + ".1.1", extension=udi),) if udi else (),
        )
        table.done()
        return entry

    def medication(self, table: Table) -> Medication:
        """``[[medication]]``: a treatment: product, ``dose``, ``timing``, ``route``, ``reason``."""
        instructions = table.text_of("instructions", "")
        entry = Medication(
            identifiers=self.identifier(),
            status="completed" if table.has("end") else "active",
            product=self._product(table),
            period=interval(table),
            timing=self._timing(table.table("timing")),
            dose=_dose(table.table("dose", required=False)),
            route=self.optional(table, "route", "route"),
            reasons=(self.code(table, "reason", "problem"),) if table.has("reason") else (),
            instructions=(instructions,) if instructions else (),
            mood="INT",
        )
        table.done()
        return entry

    def _product(self, table: Table) -> Product:
        """``product`` is the national number, ``atc`` the class, ``ingredient`` what is in it."""
        return Product(
            code=self._product_code(table),
            name=table.text_of("name"),
            form=self.optional(table, "form", "form"),
            classes=(self.code(table, "atc", "drug"),),
            ingredients=tuple(self._ingredient(one) for one in table.tables("ingredient")),
            packages=self._package(table),
        )

    def _product_code(self, table: Table) -> Coded | None:
        """The national product number; it is never transcoded."""
        number = table.text_of("product", "")
        if not number:
            return None
        if self.products is None:
            table.fail("product", "header.product_system in country.toml", "none")
        return Coded(
            code=number,
            code_system=self.products.oid,
            code_system_name=self.products.name,
            display_name=table.text_of("name"),
        )

    def _ingredient(self, table: Table) -> Ingredient:
        code = self.code(table, "code", "drug")
        strength = None
        if table.has("amount"):
            strength = Ratio(
                numerator=quantity(table.text_of("amount")), denominator=quantity(table.text_of("per", "1"))
            )
        ingredient = Ingredient(
            code=code, name=table.text_of("name", code.display_name or ""), strength=strength
        )
        table.done()
        return ingredient

    def _package(self, table: Table) -> tuple[Package, ...]:
        if not table.has("package"):
            return ()
        package = table.table("package")
        made = Package(
            form=self.code(package, "form", "package"),
            name=package.text_of("name", "") or None,
            quantity=quantity(package.text_of("quantity")),
            capacity=quantity(package.text_of("capacity")) if package.has("capacity") else None,
        )
        package.done()
        return (made,)

    def _timing(self, table: Table) -> Timing | None:
        """``per``: n times per unit · ``every``: each n units · ``at``: daily events · several: a set."""
        parts: list[Timing] = []
        if table.has("per"):
            parts.append(
                Periodic(period=quantity(table.text_of("per")), institution_specified=True, operator="A")
            )
        if table.has("every"):
            parts.append(
                Periodic(period=quantity(table.text_of("every")), institution_specified=False, operator="A")
            )
        events = [self._event(table, name) for name in table.texts("at", ())]
        if table.flag("as_needed", False):
            table.done()
            return None
        parts.extend(events)
        table.done()
        if not parts:
            table.fail("", "per, every, at or as_needed", "none of them")
        return parts[0] if len(parts) == 1 else TimingSet(parts=tuple(parts), operator="A")

    def _event(self, table: Table, name: str) -> EventTiming:
        row = self.codes.row("timing", name)
        if row is None:
            table.fail("at", "codes of list 'timing' in codes.tsv", repr(name))
        return EventTiming(event=row.coded(self.language), operator="A")

    def immunization(self, table: Table) -> Immunization:
        """``[[immunization]]``: vaccine, day, dose number, lot."""
        code = self.code(table, "code", "vaccine")
        entry = Immunization(
            identifiers=self.identifier(),
            status="completed",
            vaccine=Product(
                code=code,
                name=table.text_of("name", "") or None,
                lot_number=table.text_of("lot", "") or None,
                manufacturer=table.text_of("manufacturer", "") or None,
            ),
            time=at(table.text_of("date")),
            dose_number=table.text_of("dose_number", "") or None,
            route=self.optional(table, "route", "route"),
            targets=(self.code(table, "target", "problem"),) if table.has("target") else (),
            performers=self.performer(table),
        )
        table.done()
        return entry

    def social(self, table: Table) -> Observation:
        """``[[social]]``: tobacco, alcohol and the like, as a quantity over a period or a text."""
        return self._observation(table, "social")

    def blood_group(self, table: Table) -> Observation:
        """``[[blood_group]]``: one code of value set BloodGroup."""
        entry = Observation(
            identifiers=self.identifier(),
            status="completed",
            code=self.code(table, "test", "result", "34530-6"),
            values=(self.code(table, "code", "blood_group"),),
            time=at(table.text_of("date")),
        )
        table.done()
        return entry

    def group(self, list_name: str) -> Callable[[Table], ObservationGroup]:
        """A reader of ``[[vital]]``, ``[[result]]`` or ``[[function]]``: observations of one moment."""

        def read(table: Table) -> ObservationGroup:
            day = at(table.text_of("date"))
            entry = ObservationGroup(
                identifiers=self.identifier(),
                status="completed",
                time=day,
                code=self.optional(table, "panel", "panel"),
                observations=tuple(self._observation(one, list_name, day) for one in table.tables("value")),
            )
            table.done()
            return entry

        return read

    def _observation(self, table: Table, list_name: str, day: Interval | None = None) -> Observation:
        entry = Observation(
            identifiers=self.identifier(),
            status="completed",
            code=self.code(table, "code", list_name),
            values=(self._value(table),),
            time=day if day is not None else interval(table),
            interpretations=(
                (self.code(table, "interpretation", "interpretation"),) if table.has("interpretation") else ()
            ),
            reference_ranges=table.texts("reference", ()),
        )
        table.done()
        return entry

    def _value(self, table: Table) -> Value:
        if table.has("quantity"):
            return quantity(table.text_of("quantity"))
        if table.has("severity"):
            return self.code(table, "severity", "severity")
        return table.text_of("text")

    def pregnancy(self, table: Table) -> Observation:
        """``[[pregnancy]]``: ``status`` with an expected ``delivery``, or ``outcome`` of an earlier one."""
        day = at(table.text_of("date"))
        if table.has("outcome"):
            entry = Observation(
                identifiers=self.identifier(),
                status="completed",
                time=day,
                code=self.code(table, "outcome", "pregnancy_outcome"),
                values=(table.whole("number", 1),),
            )
        else:
            entry = Observation(
                identifiers=self.identifier(),
                status="completed",
                time=day,
                code=self.code(table, "code", "result", "82810-3"),
                values=(self.code(table, "status", "pregnancy"),),
                components=self._delivery(table),
            )
        table.done()
        return entry

    def _delivery(self, table: Table) -> tuple[Observation, ...]:
        if not table.has("delivery"):
            return ()
        return (
            Observation(
                identifiers=self.identifier(),
                status="completed",
                code=self.code(table, "delivery_kind", "delivery_date", "11778-8"),
                values=(Time(value=table.text_of("delivery")),),
            ),
        )

    def absence(self, code: str, kind: Literal["known_absence", "no_information"]) -> AbsenceStatement:
        """The coded statement that a whole section is empty, and why."""
        coded = self.codes.coded("absence", code, self.language)
        return absence(self.identifier(), coded, kind == "known_absence")


def quantity(text: str) -> Quantity:
    """``"5 mg"``, ``"8 h"``, ``"1"``; a thing that is counted is written ``"1 {tableta}"``."""
    value, _, unit = text.partition(" ")
    if unit.startswith("{") and unit.endswith("}") and "/" not in unit:
        return Quantity(value=value, unit="1", original_text=unit[1:-1])
    return Quantity(value=value, unit=unit or "1")


def interval(table: Table) -> Interval:
    """``start`` and ``end`` of a table; an unknown start and an open end say so."""
    return period(table.text_of("start", ""), table.text_of("end", ""))


def optional_interval(table: Table) -> Interval | None:
    """As :func:`interval`; None where no start is written."""
    return interval(table) if table.has("start") else None


def _dose(table: Table) -> QuantityRange | None:
    """``{low = "1 {tableta}", high = "2 {tableta}"}`` or ``{value = "12 [IU]"}``."""
    if not table.names():
        return None
    if table.has("value"):
        dose = QuantityRange(value=quantity(table.text_of("value")))
    else:
        dose = QuantityRange(low=quantity(table.text_of("low")), high=quantity(table.text_of("high")))
    table.done()
    return dose


#: What reads each kind of statement; the key is the name of the TOML array.
Reader = Callable[[Table], Entry]
