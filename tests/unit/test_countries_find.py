"""Who answers to the traits of a search."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import countries
from countries.loading import PACKS, read_country
from countries.matching import fold
from ehdsi.cda.datatypes import Identifier, PersonName
from ehdsi.traits import Traits

CIP, CITE, SNS = "2.16.724.4.41", "2.16.724.4.42", "2.16.724.4.40"
DOCUMENT = "2.16.17.710.804.1000.990.1"
MBO = "2.16.840.1.113883.2.7.2.2"


def keys(code: str, *asked: tuple[str, str], traits: Traits | None = None) -> list[str]:
    """The keys of those who answer."""
    identifiers = tuple(Identifier(root=root, extension=value) for root, value in asked)
    return [persona.key for persona in countries.load(code).find(identifiers, traits)]


def test_everyone_is_found_by_their_own_identifiers() -> None:
    """Defends that each persona answers to what the mask asks for, alone."""
    for country in countries.load_all():
        dated = country.search_mask.patient.birth_date is not None
        for persona in country.personas:
            for block in country.search_mask.patient.blocks:
                for group in block.groups:
                    wanted = {field.domain for field in group.fields}
                    asked = [one for one in persona.identifiers if one.root in wanted]
                    if len(asked) == len(wanted):
                        traits = Traits(birth_date=persona.birth_time) if dated else None
                        assert country.find(asked, traits) == (persona,), persona.key


def test_a_country_that_asks_for_the_birth_date() -> None:
    """Defends the second trait of Cyprus: card number alone, or with a wrong date, finds nobody."""
    card = ("2.16.840.1.113883.3.9143.1.1", "9999001")
    assert keys("CY", card) == []
    assert keys("CY", card, traits=Traits(birth_date="19550816")) == []
    assert keys("CY", card, traits=Traits(birth_date="19550815")) == ["CY-1"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ([(SNS, "BBBBBBBBQX900001")], ["ES-1"]),
        ([(CIP, "FEMU9801123001"), (CITE, "999001")], ["ES-1"]),
        ([(CIP, "FEMU9801123001")], []),
        ([(CITE, "999001")], []),
        ([(CIP, "GIPE1010101"), (CITE, "999002")], ["ES-5", "ES-5B"]),
        ([(CIP, "GIPE1010101991"), (CITE, "999002")], ["ES-5"]),
        ([(CIP, "GIPE1010101991"), (CITE, "999001")], []),
        ([(SNS, "BBBBBBBBQX900001"), (CIP, "GIPE1010101991"), (CITE, "999002")], []),
        ([(SNS, " bbbbbbbbqx900001 ")], ["ES-1"]),
    ],
)
def test_spanish_branches(asked: list[tuple[str, str]], found: list[str]) -> None:
    """Defends both branches of a choice, whole groups, the twins, and identifiers that contradict."""
    assert keys("ES", *asked) == found


def test_twins_of_a_wrong_document_number() -> None:
    """Defends CZ-5: the wrong number leads to both sisters, their own numbers to one each."""
    assert keys("CZ", (DOCUMENT, "999000055")) == ["CZ-5", "CZ-5B"]
    assert keys("CZ", (DOCUMENT, "999000066")) == ["CZ-5"]
    assert keys("CZ", (DOCUMENT, "999000077")) == ["CZ-5B"]


@pytest.mark.parametrize(
    ("traits", "found"),
    [
        (Traits(birth_date="19580412"), ["HR-1"]),
        (Traits(birth_date="1958-04-12"), ["HR-1"]),
        (Traits(birth_date="19580413"), []),
        (Traits(gender="F"), []),
        (Traits(name=PersonName(family=("Durdevic Scekic",))), ["HR-1"]),
        (Traits(name=PersonName(family=("ĐURĐEVIĆ",), given=("željko",))), ["HR-1"]),
        (Traits(name=PersonName(family=("Ćosić",))), []),
    ],
)
def test_other_traits_have_to_agree(traits: Traits, found: list[str]) -> None:
    """Defends that a birth date, sex or name beside the number excludes another person."""
    assert keys("HR", (MBO, "999980013"), traits=traits) == found


def test_birth_year_alone() -> None:
    """Defends LU-2, of whom only the year is known: any day of that year agrees."""
    asked = ("1.3.182.4.4", "1975000099272")
    assert keys("LU", asked, traits=Traits(birth_date="19750630")) == ["LU-2"]
    assert keys("LU", asked, traits=Traits(birth_date="19760101")) == []


@pytest.mark.parametrize("value", ["999980099", "", "99998001", "999980013999980028", "' OR 1=1 --"])
def test_nobody(value: str) -> None:
    """Defends that an unknown or odd number leads to nobody."""
    assert keys("HR", (MBO, value)) == []


def test_unknown_domain() -> None:
    """Defends that a known number under a foreign root leads to nobody."""
    assert keys("HR", ("1.2.3", "999980013")) == []


def test_required_birth_date(tmp_path: Path) -> None:
    """Defends the switch of countries whose mask asks for a birth date beside the number."""
    shutil.copytree(PACKS / "HR", tmp_path / "HR")
    file = tmp_path / "HR" / "country.toml"
    text = file.read_text(encoding="utf-8").replace('["set_id"]', '["patient_birth_date_required"]')
    file.write_text(text, encoding="utf-8")
    country = read_country(tmp_path / "HR")
    number = Identifier(root=MBO, extension="999980013")
    assert country.find([number]) == ()
    assert [p.key for p in country.find([number], Traits(birth_date="19580412"))] == ["HR-1"]


def test_folding_is_for_comparison() -> None:
    """Defends the letters that do not decompose."""
    assert fold("Đurđević-Šćekić") == "durdevic scekic"
    assert fold("Ħal Qormi") == "hal qormi"
