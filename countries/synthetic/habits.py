"""How a country records: the shares and units of its row of ``countries.tsv``, read once.

Shares are design choices of the model, not statistics. A country without a row records like ``DEFAULT_ROW``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from countries.synthetic.tables import Row, model, number
from ehdsi.cda import sections

if TYPE_CHECKING:
    from countries.synthetic.national import Coding

#: Country whose row serves those that have none.
DEFAULT_ROW = "CY"
#: Optional sections in the order of the shares of ``countries.tsv``.
OPTIONAL = (
    sections.PAST_ILLNESS,
    sections.IMMUNIZATIONS,
    sections.SOCIAL_HISTORY,
    sections.PREGNANCIES,
    sections.VITAL_SIGNS,
    sections.RESULTS,
    sections.PLAN_OF_CARE,
    sections.FUNCTIONAL_STATUS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What is particular to the records of a country.

    Attributes
    ----------
    problems, drugs : (how coded, share) of diagnoses and of classes of medicines.
    broad_maps : share of national diagnosis codes whose map leads to the category above.
    delivered : optional section (LOINC) to the share of patients with content who get it.
    kept : optional section to the share of entries that the record kept, at most 1.
    repeats : share of continuing medicines listed again for each prescription, and most prescriptions.
    remarks : share of allergies and medicines with a remark in words.
    emdn : share of devices coded in EMDN where both systems name them.
    molar_glucose, ifcc_hba1c : units of results.
    """

    problems: tuple[tuple[Coding, float], ...]
    drugs: tuple[tuple[Coding, float], ...]
    broad_maps: float
    delivered: dict[str, float]
    kept: dict[str, float]
    repeats: tuple[float, int]
    remarks: float
    emdn: float
    molar_glucose: bool
    ifcc_hba1c: bool


@cache
def habits_of(code: str) -> Habits:
    """The habits of a country."""
    table = model().countries
    row = table.get(code) or table[DEFAULT_ROW]
    exact, broader, unmapped, free = _shares(row, "problem_map_exact_broader_unmapped_free")
    mapped, without = _shares(row, "drug_map_exact_unmapped")
    in_records = row["broader_in"] == "records"
    kept = _shares(row, "entry_mult_med_prob_imm_res")
    repeated, _, most = row["repeats"].partition("/")
    shares = _shares(row, "section_p_past_imm_soc_preg_vit_res_plan_func_adv")
    return Habits(
        problems=(
            ("exact", exact if in_records else exact + broader),
            ("category", broader if in_records else 0.0),
            ("unmapped", unmapped),
            ("free", free),
        ),
        drugs=(("exact", mapped), ("unmapped", without)),
        broad_maps=0.0 if in_records else broader / (exact + broader),
        delivered=dict(zip(OPTIONAL, shares, strict=False)),
        kept={sections.IMMUNIZATIONS: min(1.0, kept[2]), sections.RESULTS: min(1.0, kept[3])},
        repeats=(number(repeated), int(most or "1")),
        remarks=number(row["free_text_rate"]),
        emdn=_shares(row, "device_emdn_snomed")[0],
        molar_glucose=row["glucose_unit"] == "mmol/L",
        ifcc_hba1c=row["hba1c_unit"] == "mmol/mol",
    )


def _shares(row: Row, column: str) -> tuple[float, ...]:
    return tuple(float(part) for part in row[column].split("/"))
