"""A new pack: it can be played at once, explains itself, and the check names exactly what is left to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import countries
from countries.check import check
from countries.loading import PACKS
from countries.scaffold import scaffold
from ehdsi.errors import LocalError
from ehdsi.search_mask import COUNTRIES
from ehdsi.terminology import load
from ncpeh.cli import main

TODAY = date(2026, 3, 2)


def test_new_pack_can_be_played(tmp_path: Path) -> None:
    """Defends that a pack nobody has touched loads: five patients, names and language of the country."""
    scaffold("si", tmp_path, today=TODAY)
    slovenia = countries.load(tmp_path)
    assert (slovenia.code, slovenia.names.fr, slovenia.names.native) == ("SI", "Slovénie", "Slovenija")
    assert (slovenia.languages, slovenia.time_zone) == (("sl-SI",), "Europe/Ljubljana")
    assert [persona.key for persona in slovenia.personas] == [f"SI-{number}" for number in range(1, 6)]
    assert sum(persona.summary is not None for persona in slovenia.personas) == 4


def test_check_names_what_is_left(tmp_path: Path) -> None:
    """Defends that every line saying TO DO is a finding with its line, and nothing else is an error."""
    scaffold("SI", tmp_path, today=TODAY)
    lines = (tmp_path / "country.toml").read_text(encoding="utf-8").splitlines()
    left = {number for number, line in enumerate(lines, 1) if "TO DO" in line and not line.startswith("#")}
    found = check(tmp_path, today=TODAY, terminology=load(PACKS.parent / "terminology"))
    assert {one.line for one in found if one.severity == "error"} == left
    assert [one.rule for one in found if one.severity == "warning"] == ["P-02 OIDs"]


@pytest.mark.parametrize("code", sorted(COUNTRIES - {"EU"}))
def test_any_country_can_begin(code: str, tmp_path: Path) -> None:
    """Defends the prefilled values: no country of the mask's list lacks a name, a zone or a language."""
    scaffold(code, tmp_path, today=TODAY)
    assert not any(
        one.rule.startswith(("P-01", "P-17")) for one in check(tmp_path, today=TODAY, terminology=None)
    )


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Defends the work of others: a folder that holds something is left alone."""
    (tmp_path / "country.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(LocalError, match="not empty"):
        scaffold("SI", tmp_path, today=TODAY)
    assert (tmp_path / "country.toml").read_text(encoding="utf-8") == "mine"


def test_unknown_country() -> None:
    """Defends the message for a code of no country: it lists those that there are."""
    with pytest.raises(LocalError, match="GR, HR"):
        scaffold("EL", Path("nowhere"), today=TODAY)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Defends the two commands together: new says what comes next, check then finds what is left."""
    folder = str(tmp_path / "SI")
    assert main(["country", "new", "SI", "--out", folder]) == 0
    assert f"ncpeh country check {folder}" in capsys.readouterr().out
    assert main(["country", "check", folder]) == 1
    assert "operator: expected a value, got TO DO" in capsys.readouterr().out
