"""Check digits of national identifiers, both ways."""

from __future__ import annotations

import pytest

from countries.identifiers import RULES, normalise, rule
from ehdsi.errors import LocalError

HOLDS = {
    "hr_mbo": ("999980013", "999980028", "999980032", "999980047", "999980051"),
    "hr_oib": ("99999800014", "99999800022", "99999800039"),
    "ee_isikukood": ("48606149990", "51508319997", "34903099982", "47212019977", "50302289969"),
    "lu_matricule": ("1967030599119", "1975000099272", "1994072199307", "2014011299492", "1982092999599"),
    "pt_utente": ("999000017", "999000025", "999000033", "999000041", "999000050"),
    "cz_birth_number": ("6110289999", "8852299995", "1205179998", "7957069989", "315702999"),
    "es_dni": ("99999011W", "99999012A"),
    "gr_amka": ("01017199900",),
    "it_codice_fiscale": ("SPSGNN55S12H501E",),
    "si_emso": ("0803984509990", "1010950504993"),
    "lv_personas_kods": ("32900000100", "28027610015"),
    "ie_ihi": ("539007085000000159", "539007085000000234", "539007085000000319"),
}
CHECK_CHARACTERS = {"lu_matricule": 2, "ie_ihi": 2}
#: No check character (before 1954), and one that needs more than the stem.
NOT_GENERATED = ("315702999", "SPSGNN55S12H501E")
PAIRS = [(name, value) for name, values in HOLDS.items() for value in values]


@pytest.mark.parametrize(("name", "value"), PAIRS)
def test_known_values_hold(name: str, value: str) -> None:
    """Defends each rule against values that are known to be well formed."""
    assert rule(name).valid(value)


@pytest.mark.parametrize(("name", "value"), [pair for pair in PAIRS if pair[1] not in NOT_GENERATED])
def test_stem_is_completed(name: str, value: str) -> None:
    """Defends the generator: a stem gets exactly the check characters of the known value."""
    assert rule(name).complete(value[: -CHECK_CHARACTERS.get(name, 1)]) == value


@pytest.mark.parametrize(("name", "value"), [pair for pair in PAIRS if pair[1] != "315702999"])
def test_changed_digit_is_noticed(name: str, value: str) -> None:
    """Defends each rule against a mistyped last character."""
    last = value[-1]
    other = str((int(last) + 1) % 10) if last.isdigit() else ("B" if last != "B" else "C")
    assert not rule(name).valid(value[:-1] + other)


@pytest.mark.parametrize("name", sorted(set(RULES) - {"none"}))
@pytest.mark.parametrize("stem", ["", "abc", "1" * 40, "٣" * 9])
def test_nonsense_is_refused_quietly(name: str, stem: str) -> None:
    """Defends validators and generators against values of the wrong shape: they answer, they do not raise."""
    assert rule(name).valid(stem) is False
    assert rule(name).complete(stem) is None


def test_clean_ups() -> None:
    """Defends the clean-ups that packs name, applied in order."""
    assert normalise("80 06/14-1234a", ("no_spaces", "no_slashes", "no_hyphens", "upper")) == "8006141234A"


def test_unknown_rule() -> None:
    """Defends the message for a misspelt rule: it lists what exists."""
    with pytest.raises(LocalError, match="hr_mbo"):
        rule("hr_mob")
