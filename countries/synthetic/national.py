"""Step 13: codes and words of the country. What the pack's code table holds comes first.

Problems that the pack does not name take the national code of ``national-codes.tsv`` where its mapping is one
to one, else the eHDSI code itself; medicines follow the way in which the pack's own medicines are numbered.
How many are coded more broadly, have no eHDSI code or no code at all stands in ``countries.tsv``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from countries.codes import CodeRow, System
from countries.model import Country
from countries.synthetic.habits import Habits, habits_of
from countries.synthetic.streams import Stream
from countries.synthetic.tables import MedicationRow, model
from ehdsi import oids
from ehdsi.cda.datatypes import Coded
from ehdsi.terminology import CodeMap
from ehdsi.terminology.code_map import Kind, Mapping
from ehdsi.terminology.tables import read_table

_TERMINOLOGY = Path(__file__).parents[2] / "fixtures" / "terminology"
#: Which column of ``national-codes.tsv`` holds the codes of a problem system, by the name packs give it.
COLUMNS = {
    "MKB-10": "icd10_mvc",
    "RHK-10": "icd10_mvc",
    "ICD9-CM Hospitais": "icd9cm_pt_no_dot",
    "MKN-10": "mkn10_no_dot",
    "CIE-10-ES": "cie10es",
}
#: What codes without an eHDSI equivalent begin with; no national system has such codes.
LOCAL = "LOC-"
#: How a statement is coded: as exactly as the country can, by the category above it, in a local code that
#: leads nowhere, or in words alone.
Coding = Literal["exact", "category", "unmapped", "free"]
#: Endings of invented trade names, by document language; never a real brand is meant.
ENDINGS = {"hr": "an", "et": "um", "fr": "yl", "de": "in", "en": "ex", "pt": "ol", "cs": "ix", "es": "al"}


@cache
def _current() -> frozenset[tuple[str, str]]:
    """System and code of every concept of the terminology that is in use."""
    return frozenset(
        (row["code_system"], row["code"])
        for file in sorted(_TERMINOLOGY.glob("*.concepts.tsv"))
        for _, row in read_table(file)
        if row["status"] != "retired"
    )


@cache
def _words() -> dict[tuple[str, str], dict[str, str]]:
    """Wordings other than French and English, by system and code."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for file in sorted(_TERMINOLOGY.glob("*.concepts.tsv")):
        for _, row in read_table(file):
            words = {key: text for key, text in row.items() if text and (len(key) == 2)}
            if words:
                found.setdefault((row["code_system"], row["code"]), {}).update(words)
    return found


class NationalLayer:
    """The codes of one country as its documents use them."""

    def __init__(self, country: Country) -> None:
        self.country = country
        self._rows: dict[tuple[str, str, str], CodeRow] = {}
        for row in country.codes.rows:
            if row.pivot_system is not None and row.kind not in ("wrong", "narrower", "outdated_target"):
                self._rows.setdefault((row.list, row.pivot_system.oid, row.pivot_code), row)
        self.problem_system = self._problem_system()
        self.drug_row = next((row for row in country.codes.rows if row.list == "drug"), None)
        self.habits: Habits = habits_of(country.code)
        self.local_problems = self._local_problems()
        self.local_drugs = self._local_drugs()
        self.mappings: dict[tuple[str, str], Mapping] = {}
        self._problems: dict[str, tuple[str, System]] = {}
        self._map_problems()
        self._map_drugs()
        self._map_local()

    def coded(self, list_name: str, system: str, code: str, language: str, en: str = "") -> Coded:
        """A concept of an eHDSI code system as the country writes it."""
        row = self._rows.get((list_name, system, code))
        if row is not None and not (list_name == "drug" and row.kind != "designation"):
            return row.coded(language)
        if list_name == "drug":
            return self._drug(code, language, en, system)
        word = self.word(system, code, language, en)
        if list_name == "problem" and code in self._problems:
            national, of = self._problems[code]
            return _coded(national, of.oid, of.name, word)
        return _coded(code, system, _SYSTEM_NAMES.get(system), word)

    def problem(self, code: str, language: str, en: str, stream: Stream) -> Coded:
        """A diagnosis as a record of the country holds it; the stream decides how well it is coded."""
        drawn: Coding = stream.weighted(self.habits.problems)
        if drawn == "category" and (category := category_of(code)) is not None:
            return self.coded("problem", oids.ICD_10, category, language)
        if drawn == "unmapped" and self.local_problems is not None:
            return self._local(self.local_problems, code, self.word(oids.ICD_10, code, language, en))
        if drawn == "free":
            words = self.coded("problem", oids.ICD_10, code, language, en).display_name
            return Coded(null_flavor="OTH", translations=(Coded(display_name=words),))
        return self.coded("problem", oids.ICD_10, code, language, en)

    def drug(self, row: MedicationRow, language: str, stream: Stream) -> Coded:
        """The class of a medicine, or a local code that leads to none."""
        en = row.cells["atc_en"]
        if stream.weighted(self.habits.drugs) == "unmapped" and self.local_drugs is not None:
            return self._local(self.local_drugs, row.atc, self.word(oids.ATC, row.atc, language, en))
        return self.coded("drug", oids.ATC, row.atc, language, en)

    def class_of(self, group: Coded) -> str:
        """The ATC class that a class of medicines in the country's codes stands for."""
        found = code_map_of(self.country).lookup(group.code_system, group.code)
        return (found.pivot_code if found is not None else group.code) or ""

    def local_drug(self, atc: str, word: str) -> Coded:
        """The local code of a class of medicines; the class itself where the country has no such codes."""
        if self.local_drugs is None:
            return _coded(atc, oids.ATC, "ATC", word)
        return self._local(self.local_drugs, atc, word)

    def _local(self, system: System, code: str, word: str) -> Coded:
        return _coded(local_code(self.country.code, code), system.oid, system.name, word)

    def word(self, system: str, code: str, language: str, en: str = "") -> str:
        """The words for a concept in a document language, else in English."""
        words = _words().get((system, code), {})
        return words.get(language[:2]) or words.get("en") or en or code

    def product_number(self, row: MedicationRow) -> str:
        """The invented number of a product: eight digits that begin with 9."""
        return "9" + str(_digest(self.country.code, row.key) % 10**7).zfill(7)

    def trade_name(self, row: MedicationRow, language: str) -> str:
        """An invented name: beginning of the substance, ending of the country, and the strength."""
        letters = "".join(char for char in row.cells["ing1_name"] if char.isalpha())
        ending = ENDINGS.get(language[:2], "a")
        middle = "aeiou"[_digest(row.atc) % 5] + "bdlmrvz"[_digest(row.key) % 7]
        strength = f"{row.cells['str_num']} {row.cells['str_num_unit'].strip('[]')}"
        return f"{letters[:3].capitalize()}{middle}{ending} {strength}"

    # -- inside --------------------------------------------------------------------------------------------

    def _problem_system(self) -> System | None:
        for row in self.country.codes.rows:
            if row.list == "problem" and row.system.name in COLUMNS:
                return row.system
        return None

    def _local_problems(self) -> System | None:
        """Where diagnoses without an eHDSI code stand: the system of the pack's own, else of its problems."""
        for row in self.country.codes.rows:
            if row.list == "problem" and row.kind == "unmapped":
                return row.system
        return self.problem_system

    def _local_drugs(self) -> System | None:
        row = self.drug_row
        return row.system if row is not None and row.system.oid != oids.ATC else self.country.products

    def _map_local(self) -> None:
        """Local codes, known to the map as codes without a target."""
        problems = tuple(row.code for row in model().conditions.values())
        for system, codes in ((self.local_problems, problems), (self.local_drugs, _classes())):
            if system is None:
                continue
            for code in codes:
                local = local_code(self.country.code, code)
                self.mappings[system.oid, local] = Mapping(
                    national_system=system.oid, national_code=local, kind="unmapped"
                )

    def _map_problems(self) -> None:
        system = self.problem_system
        if system is None:
            return
        column = COLUMNS[system.name]
        for key, row in model().conditions.items():
            known = model().national_codes.get(key)
            national = known[column] if known else row.code if column == "icd10_mvc" else ""
            if column == "mkn10_no_dot" and not national:
                national = row.code.replace(".", "")
            if not national or self._taken(system, national, row.code):
                continue
            pivot, kind = row.code, _kind(national, row.code, column)
            category = category_of(row.code) if self._broad(row.code) else None
            if category is not None and self.country.codes.code_map.lookup(system.oid, national) is None:
                pivot, kind = category, "broader"
            self.mappings[system.oid, national] = Mapping(
                national_system=system.oid,
                national_code=national,
                national_display=row.en,
                pivot_system=oids.ICD_10,
                pivot_code=pivot,
                kind=kind,
            )
            self._problems.setdefault(row.code, (national, system))

    def _broad(self, code: str) -> bool:
        """True if the country's map, not its records, leads to the category above a diagnosis."""
        return _digest(self.country.code, "broad", code) % 1000 < 1000 * self.habits.broad_maps

    def _taken(self, system: System, national: str, pivot: str) -> bool:
        """True if the national code already stands for another concept."""
        known = self.country.codes.code_map.lookup(system.oid, national) or self.mappings.get(
            (system.oid, national)
        )
        return known is not None and known.pivot_code != pivot

    def _map_drugs(self) -> None:
        row = self.drug_row
        if row is None or row.system.oid == oids.ATC:
            return
        for atc in _classes():
            code = self._drug_code(atc)
            self.mappings[row.system.oid, code] = Mapping(
                national_system=row.system.oid,
                national_code=code,
                pivot_system=oids.ATC,
                pivot_code=atc,
                kind="same_code_other_system" if code == atc else "broader",
            )

    def _drug_code(self, atc: str) -> str:
        row = self.drug_row
        same = row is None or row.code == row.pivot_code
        return atc if same else f"{atc}{900 + _digest(self.country.code, atc) % 100}"

    def _drug(self, atc: str, language: str, en: str, system: str) -> Coded:
        row = self.drug_row
        word = self.word(system, atc, language, en)
        if row is None or row.system.oid == oids.ATC:
            return _coded(atc, oids.ATC, "ATC", word)
        return _coded(self._drug_code(atc), row.system.oid, row.system.name, word)


def _kind(national: str, pivot: str, column: str) -> Kind:
    return "format" if column == "mkn10_no_dot" and national != pivot and "." not in national else "exact"


def system_name(oid: str) -> str | None:
    """The name by which documents call a code system of eHDSI."""
    return _SYSTEM_NAMES.get(oid)


def category_of(code: str) -> str | None:
    """The category of three characters above an ICD-10 code; None where it is no eHDSI code of its own."""
    category = code.partition(".")[0]
    return category if category != code and (oids.ICD_10, category) in _current() else None


def local_code(country: str, code: str) -> str:
    """An invented code of a country for something that has no eHDSI code there."""
    return f"{LOCAL}{_digest(country, 'local', code) % 10**6:06d}"


_SYSTEM_NAMES = {
    oids.ICD_10: "ICD-10",
    oids.ATC: "ATC",
    oids.SNOMED_CT: "SNOMED CT",
    oids.LOINC: "LOINC",
    oids.EDQM: "EDQM",
    oids.EMDN: "EMDN",
    oids.ICF: "ICF",
    oids.ORPHANET: "Orphanet",
    oids.ABSENT_UNKNOWN: "IPS Absent and Unknown Data",
    oids.TIMING_EVENT: "TimingEvent",
    oids.OBSERVATION_INTERPRETATION: "ObservationInterpretation",
    oids.ALLERGY_CRITICALITY: "AllergyIntoleranceCriticality",
    oids.ROLE_CODE: "RoleCode",
    oids.ALLERGY_CERTAINTY: "AllergyIntoleranceVerificationStatus",
    oids.CONDITION_CERTAINTY: "ConditionVerificationStatus",
    oids.CONFIDENTIALITY: "Confidentiality",
    oids.ALLERGY_STATUS: "AllergyIntoleranceClinicalStatus",
    oids.ADMINISTRATIVE_GENDER: "AdministrativeGender",
}


def _coded(code: str, system: str, name: str | None, word: str) -> Coded:
    return Coded(code=code, code_system=system, code_system_name=name, display_name=word)


def _digest(*parts: str) -> int:
    return int.from_bytes(hashlib.sha256("|".join(parts).encode()).digest()[:8], "big")


@cache
def _classes() -> tuple[str, ...]:
    """Every ATC class of the model's medicines and ingredients, in order."""
    found: dict[str, None] = {}
    for rows in model().medications.values():
        for row in rows:
            more = (part.split("|")[1] for part in row.cells["more_ingredients"].split(";") if part)
            found.update(dict.fromkeys((row.atc, row.cells["ing1_atc"], *more)))
    return tuple(code for code in found if code and code != "-")


class LayeredMap(CodeMap):
    """The pack's map, and behind it that of its synthetic patients, put together when it is first needed."""

    def __init__(self, country: Country) -> None:
        super().__init__(country.codes.code_map.mappings)
        self._country = country
        # Only these and local codes can be in the layer; for others it need not be made.
        self._systems = {
            row.system.oid
            for row in country.codes.rows
            if row.list in ("problem", "drug") and row.system.oid not in _SYSTEM_NAMES
        }

    def lookup(self, system: str | None, code: str | None) -> Mapping | None:
        """As in :class:`CodeMap`; the pack's own rows win."""
        found = super().lookup(system, code)
        if found is not None or not system or not code:
            return found
        if system not in self._systems and not code.startswith(LOCAL):
            return None
        return layer_of(self._country).mappings.get((system, code))


@lru_cache(maxsize=64)
def layer_of(country: Country) -> NationalLayer:
    """The national layer of a country, made once."""
    return NationalLayer(country)


@lru_cache(maxsize=64)
def code_map_of(country: Country) -> CodeMap:
    """The code map that also knows the codes of synthetic patients."""
    return LayeredMap(country)


def mapped_codes(country: Country) -> Iterable[Mapping]:
    """Mappings that the layer adds to the pack's."""
    return layer_of(country).mappings.values()
