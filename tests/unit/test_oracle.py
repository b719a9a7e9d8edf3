"""The transcoding oracle: every loss on the way from a national code to French words is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from countries import load_all
from ehdsi import oids
from ehdsi.terminology import CatalogueRow, CodeMap, CodeSystem, Mapping, Terminology
from ehdsi.terminology.oracle import LOSSES, count, fates
from ncpeh.cli import main
from ncpeh.oracle import fates_of_pack

NATIONAL = "2.999.1"


def store() -> Terminology:
    rows = [
        CatalogueRow(system=oids.ICD_10, code="J45", language="en-GB", text="Asthma"),
        CatalogueRow(system=oids.ICD_10, code="J45", language="fr-FR", text="Asthme"),
        CatalogueRow(system=oids.ICD_10, code="I10", language="en-GB", text="Hypertension"),
        CatalogueRow(
            system=oids.ICD_10, code="E10", language="fr-FR", text="Diabète", concept_status="retired"
        ),
    ]
    return Terminology([rows], code_systems=[CodeSystem(oid=oids.ICD_10, name="ICD-10")])


def mapping(code: str, target: str, display: str = "", kind: str = "exact") -> Mapping:
    return Mapping(
        national_system=NATIONAL,
        national_code=code,
        national_display=display,
        pivot_system=oids.ICD_10 if target else "",
        pivot_code=target,
        kind=kind,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("made", "losses"),
    [
        (mapping("a", "J45", "astma"), ()),
        (mapping("a", "J45", "ASTHME"), ("same_words",)),
        (mapping("a", "J45", "astma", "broader"), ("broader",)),
        (mapping("a", "J45", "astma", "wrong"), ("faulty",)),
        (mapping("a", "I10", "tlak"), ("no_french",)),
        (mapping("a", "E10", "dijabetes"), ("retired_target",)),
        (mapping("a", "Z00", "x"), ("unknown_target", "no_french")),
        (mapping("a", "", "x", "unmapped"), ("no_mapping",)),
    ],
)
def test_each_loss_is_named(made: Mapping, losses: tuple[str, ...]) -> None:
    """A loss that is not named is found by a clinician."""
    assert fates(CodeMap([made]), store())[0].losses == losses


def test_two_codes_with_one_target_are_named_with_each_other() -> None:
    """What was two things at home is one thing here, and nobody can tell them apart again."""
    found = fates(CodeMap([mapping("a", "J45", "x"), mapping("b", "J45", "y")]), store())
    assert [fate.losses for fate in found] == [("two_to_one",)] * 2
    assert [fate.others for fate in found] == [("b",), ("a",)]
    assert count(found) == {**dict.fromkeys(LOSSES, 0), "two_to_one": 2}


def test_no_pack_has_a_code_without_french_or_a_false_mapping() -> None:
    """The packs are the promise: unmapped concepts there are on purpose, anything else would be a fault."""
    for country in load_all():
        counts = count(fates_of_pack(country))
        bad = [counts[loss] for loss in ("faulty", "unknown_target", "retired_target", "no_french")]
        assert bad == [0, 0, 0, 0], country.code


def test_country_check_prints_the_losses_of_a_map(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An imported code map is judged like that of a pack."""
    file = tmp_path / "map.tsv"
    head = "national_system\tnational_code\tnational_display\tpivot_system\tpivot_code\tkind"
    file.write_text(f"{head}\n{NATIONAL}\tX1\tnešto\t-\t-\tunmapped\n", encoding="utf-8")
    assert main(["country", "check", str(file)]) == 1
    assert "X1 nešto > nothing > -: no mapping" in capsys.readouterr().out
