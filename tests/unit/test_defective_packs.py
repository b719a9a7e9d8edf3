"""Defective packs as data: each has one mistake in a place that exists, and can still be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import countries
from countries.loading import PACKS
from ehdsi.errors import LocalError
from onboarding.requirements import requirements
from simulators.defective_packs import DECLARATION, defective_packs
from simulators.faults import catalogue

WORLD = '{"countries": {"HR": {"xcpd": "https://ncp.invalid/XCPD", "xca": "https://ncp.invalid/XCA"}}}'


@pytest.mark.parametrize("name", sorted(defective_packs()))
def test_a_defective_pack_differs_in_one_file_and_can_be_read(name: str, tmp_path: Path) -> None:
    """The copy differs from the conformant pack in exactly the file that the entry names, and loads."""
    defect = defective_packs()[name]
    declaration = tmp_path / DECLARATION
    declaration.write_text(WORLD, encoding="utf-8")
    pack, declared = defect.written(tmp_path / "copies", declaration)
    original = PACKS / defect.country
    files = [one.relative_to(original) for one in original.rglob("*") if one.is_file()]
    changed = [str(one) for one in files if (original / one).read_bytes() != (pack / one).read_bytes()]
    assert changed == ([] if defect.file == DECLARATION else [defect.file])
    assert (declared.read_text(encoding="utf-8") != WORLD) == (defect.file == DECLARATION)
    assert countries.load(pack).code == defect.country


def test_entries_speak_the_words_of_the_catalogue() -> None:
    """Names are unique among all defects, requirements are known, descriptions are sentences."""
    known = {one.id for one in requirements()}
    assert not set(defective_packs()) & set(catalogue())
    for defect in defective_packs().values():
        assert set(defect.requirement) <= known and defect.description.endswith(".")


def test_a_mistake_that_hits_nothing_is_said() -> None:
    """A pack that changed under a mistake makes no silent proof."""
    defect = next(iter(defective_packs().values()))
    with pytest.raises(LocalError, match="nothing in HR"):
        defect.spoil("another text")
    with pytest.raises(LocalError, match="nothing in HR"):
        replace(defect, find="a", by="a").spoil("a")
