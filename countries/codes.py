"""The code table of a pack: every code its documents use, with the national words, and where it is mapped to.

``codes.tsv`` has a header row and ``#`` comments::

    list  code  display  system  pivot_system  pivot_code  kind  remark  source

``list`` says what the code is used for (:data:`LISTS`); ``system`` and ``pivot_system`` are short names, of
the pack's ``[systems]`` or of :data:`WELL_KNOWN`. Kind ``designation`` stands for a code of an eHDSI code
system that is used as it is, under its national name. More columns such as ``display:de-LU`` hold the words
of further document languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import cast

from countries.errors import PackError
from ehdsi import oids
from ehdsi.cda.datatypes import Coded
from ehdsi.terminology.code_map import KINDS, CodeMap, Kind
from ehdsi.terminology.code_map import Mapping as CodeMapping
from ehdsi.terminology.tables import read_table

#: What a code can be used for, with the numbers of the value sets that its pivot code has to belong to.
LISTS: Mapping[str, tuple[int, ...]] = {
    "problem": (5, 63),
    "drug": (24,),
    "allergen": (19, 24),
    "reaction": (11,),
    "procedure": (10,),
    "device": (8,),
    "vaccine": (28,),
    "route": (12,),
    "form": (2,),
    "package": (3,),
    "unit": (56,),
    "severity": (13,),
    "criticality": (57,),
    "allergy_certainty": (58,),
    "allergy_status": (59,),
    "allergy_type": (18,),
    "problem_type": (23,),
    "problem_status": (15,),
    "outcome": (30,),
    "certainty": (64,),
    "site": (65,),
    "laterality": (68,),
    "blood_group": (20,),
    "social": (14,),
    "pregnancy": (60,),
    "delivery_date": (9,),
    "pregnancy_outcome": (62,),
    "vital": (21,),
    "panel": (),
    "result": (),
    "function": (),
    "timing": (41,),
    "role": (1,),
    "relationship": (38,),
    "absence": (47, 48, 49, 50, 51),
    "interpretation": (),
    "document": (32,),
    "confidentiality": (31,),
    "gender": (34,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A code system: OID, the name that documents give it, its version where one is sent."""

    oid: str
    name: str
    version: str = ""


#: Code systems that need no declaration in a pack.
WELL_KNOWN: Mapping[str, System] = {
    "atc": System(oid=oids.ATC, name="ATC"),
    "icd10": System(oid=oids.ICD_10, name="ICD-10"),
    "snomed": System(oid=oids.SNOMED_CT, name="SNOMED CT"),
    "loinc": System(oid=oids.LOINC, name="LOINC"),
    "edqm": System(oid=oids.EDQM, name="EDQM"),
    "emdn": System(oid=oids.EMDN, name="EMDN"),
    "orphanet": System(oid=oids.ORPHANET, name="Orphanet"),
    "isco": System(oid=oids.ISCO_08, name="ISCO-08"),
    "icf": System(oid=oids.ICF, name="ICF"),
    "absent": System(oid=oids.ABSENT_UNKNOWN, name="IPS Absent and Unknown Data"),
    "role": System(oid=oids.ROLE_CODE, name="RoleCode"),
    "timing": System(oid=oids.TIMING_EVENT, name="TimingEvent"),
    "criticality": System(oid=oids.ALLERGY_CRITICALITY, name="AllergyIntoleranceCriticality"),
    "allergy_certainty": System(oid=oids.ALLERGY_CERTAINTY, name="AllergyIntoleranceVerificationStatus"),
    "allergy_status": System(oid=oids.ALLERGY_STATUS, name="AllergyIntoleranceClinicalStatus"),
    "certainty": System(oid=oids.CONDITION_CERTAINTY, name="ConditionVerificationStatus"),
    "gender": System(oid=oids.ADMINISTRATIVE_GENDER, name="AdministrativeGender"),
    "confidentiality": System(oid=oids.CONFIDENTIALITY, name="Confidentiality"),
    "interpretation": System(oid=oids.OBSERVATION_INTERPRETATION, name="ObservationInterpretation"),
}

#: Kind of a row that maps nothing: an eHDSI code under its national name.
DESIGNATION = "designation"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRow:
    """One row of ``codes.tsv``; ``displays`` holds the words by document language, ``""`` the default."""

    list: str
    code: str
    system: System
    displays: Mapping[str, str]
    pivot_system: System | None
    pivot_code: str
    kind: str
    remark: str
    source: str
    line: int

    def coded(self, language: str = "") -> Coded:
        """The national code with its words in a document language, else in the country's own."""
        return Coded(
            code=self.code,
            code_system=self.system.oid,
            code_system_name=self.system.name,
            code_system_version=self.system.version or None,
            display_name=self.displays.get(language) or self.displays[""],
        )


@dataclass(frozen=True, eq=False)
class CodeTable:
    """All codes of a pack, by list and code."""

    rows: tuple[CodeRow, ...]
    file: Path
    _index: dict[tuple[str, str], CodeRow] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        index: dict[tuple[str, str], CodeRow] = {}
        for row in self.rows:
            if (row.list, row.code) in index:
                raise PackError(
                    str(self.file),
                    row.line,
                    f"{row.list}.{row.code}",
                    "one row per list and code",
                    f"another one in line {index[row.list, row.code].line}",
                )
            index[row.list, row.code] = row
        object.__setattr__(self, "_index", index)

    def row(self, list_name: str, code: str) -> CodeRow | None:
        """The row of a code, or None."""
        return self._index.get((list_name, code))

    def coded(self, list_name: str, code: str, language: str = "") -> Coded:
        """A code with its system and words; raises ``PackError`` when the table does not hold it."""
        row = self._index.get((list_name, code))
        if row is None:
            raise PackError(str(self.file), 0, f"{list_name}.{code}", "a row in codes.tsv", "none")
        return row.coded(language)

    @cached_property
    def code_map(self) -> CodeMap:
        """The mappings, without the rows that only give a name."""
        seen: dict[tuple[str, str], CodeMapping] = {}
        for row in self.rows:
            if row.kind != DESIGNATION:
                seen.setdefault((row.system.oid, row.code), _mapping(row))
        return CodeMap(seen.values())


def _mapping(row: CodeRow) -> CodeMapping:
    return CodeMapping(
        national_system=row.system.oid,
        national_code=row.code,
        national_display=row.displays[""],
        pivot_system=row.pivot_system.oid if row.pivot_system else "",
        pivot_code=row.pivot_code,
        kind=cast(Kind, row.kind),
        remark=row.remark,
        source=row.source,
    )


def read_codes(file: Path, national: Mapping[str, System]) -> CodeTable:
    """Read ``codes.tsv``.

    Raises
    ------
    PackError : an unknown list, system or kind, a row without words, the same code twice.
    LocalError : the file cannot be read, or a column is missing.
    """
    systems = {**WELL_KNOWN, **national}
    rows = []
    for line, cells in read_table(file, required=("list", "code", "display", "system", "kind")):
        rows.append(_row(file, line, cells, systems))
    return CodeTable(tuple(rows), file)


def _row(file: Path, line: int, cells: dict[str, str], systems: Mapping[str, System]) -> CodeRow:
    def fail(column: str, expected: str) -> PackError:
        return PackError(str(file), line, column, expected, repr(cells.get(column, "")))

    if cells["list"] not in LISTS:
        raise fail("list", "one of " + ", ".join(LISTS))
    if cells["system"] not in systems:
        raise fail("system", "a system of the pack or one of " + ", ".join(WELL_KNOWN))
    if cells["kind"] not in (*KINDS, DESIGNATION):
        raise fail("kind", "one of " + ", ".join((*KINDS, DESIGNATION)))
    if not cells["code"] or not cells["display"]:
        raise fail("code" if not cells["code"] else "display", "a text")
    system = systems[cells["system"]]
    pivot = systems.get(cells.get("pivot_system", ""))
    if cells["kind"] == DESIGNATION:
        pivot = system
    elif cells.get("pivot_system") and pivot is None:
        raise fail("pivot_system", "a system of the pack or one of " + ", ".join(WELL_KNOWN))
    displays = {"": cells["display"]}
    displays |= {
        name.removeprefix("display:"): text
        for name, text in cells.items()
        if name.startswith("display:") and text
    }
    return CodeRow(
        list=cells["list"],
        code=cells["code"],
        system=system,
        displays=displays,
        pivot_system=pivot,
        pivot_code=cells["code"] if cells["kind"] == DESIGNATION else cells.get("pivot_code", ""),
        kind=cells["kind"],
        remark=cells.get("remark", ""),
        source=cells.get("source", ""),
        line=line,
    )
