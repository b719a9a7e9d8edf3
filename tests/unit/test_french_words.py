"""Dates, ages, numbers, units, strengths and people in French words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ehdsi.cda.datatypes import Interval, PersonName, Quantity, QuantityRange, Ratio, Time
from ehdsi.terminology import load
from sesali.french.dates import age, ago, date_words, full_words, is_minor, is_past, period
from sesali.french.people import country_name, language_name, name_words
from sesali.french.quantities import Units, number, result, result_range, strength, unit_symbol

UNITS = Units(load(Path(__file__).parents[2] / "fixtures" / "terminology"))
NOW = datetime(2025, 11, 3, 13, 5, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("19580412", "12 avril 1958"),
        ("20190401", "1er avril 2019"),
        ("201903", "mars 2019"),
        ("2019", "2019"),
        ("20130503150530.283+0100", "3 mai 2013 à 15 h 05"),
        ("20250101000000+0100", "1er janvier 2025"),
        ("18860629", "29 juin 1886"),
        ("1982-05-08", "« 1982-05-08 » (date illisible, telle que reçue)"),
        ("20251340", "« 20251340 » (date illisible, telle que reçue)"),
    ],
)
def test_a_date_keeps_its_precision(value: str, words: str) -> None:
    """A partial date must never be completed, an impossible one never corrected."""
    assert plain(date_words(Time(value=value))) == words


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (None, "date non indiquée"),
        (Time(null_flavor="UNK"), "date inconnue"),
        (Time(null_flavor="NA"), "date : sans objet"),
        (Time(null_flavor="MSK"), "date : masqué"),
    ],
)
def test_a_missing_date_says_why(time: Time | None, words: str) -> None:
    """Unknown, masked and not given are different answers."""
    assert date_words(time) == words


def test_the_hour_of_the_document_names_its_offset() -> None:
    """A time without zone must not pass for local time."""
    assert plain(full_words(Time(value="20250303140500+0100"))) == "3 mars 2025 à 14 h 05 (UTC+0100)"
    assert plain(full_words(Time(value="20250303140500"))) == "3 mars 2025 à 14 h 05 (fuseau non précisé)"


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (Time(value="20250303"), Time(value="20250309"), "du 3 au 9 mars 2025 (7 jours, bornes incluses)"),
        (Time(value="202103"), None, "depuis mars 2021"),
        (Time(value="20210302"), None, "depuis le 2 mars 2021"),
        (None, Time(value="2020"), "jusqu’en 2020"),
        (Time(value="2021"), Time(null_flavor="UNK"), "depuis 2021, fin inconnue"),
        (Time(value="2021"), Time(null_flavor="NA"), "depuis 2021"),
        (
            Time(value="20250309"),
            Time(value="20250303"),
            "du 9 mars 2025 au 3 mars 2025 (dates incohérentes)",
        ),
        (Time(value="20250303"), Time(value="20250303"), "le 3 mars 2025"),
        (None, None, "date non indiquée"),
    ],
)
def test_a_period_says_both_ends(low: Time | None, high: Time | None, words: str) -> None:
    """Open, unknown and contradictory ends are told apart."""
    assert plain(period(Interval(low=low, high=high))) == words


@pytest.mark.parametrize(
    ("birth", "words"),
    [
        ("19860614", "39 ans"),
        ("20160903", "9 ans 2 mois"),
        ("20240901", "14 mois"),
        ("20251022", "12 jours"),
        ("1975", "49 ou 50 ans"),
        ("20300101", ""),
        (None, ""),
    ],
)
def test_an_age_is_as_exact_as_the_birth_date(birth: str | None, words: str) -> None:
    """A year of birth gives two possible ages, and both are said."""
    assert plain(age(Time(value=birth), NOW)) == words


def test_a_partial_birth_date_makes_a_minor_only_when_certain() -> None:
    """Rules for minors must not be applied to an adult, nor missed for a child."""
    assert is_minor(Time(value="20160903"), NOW)
    assert not is_minor(Time(value="19860614"), NOW)


def test_how_long_ago_is_said_only_of_whole_dates() -> None:
    """« il y a » from a partial date would invent precision."""
    assert plain(ago(Time(value="20250303"), NOW)) == "il y a 8 mois"
    assert ago(Time(value="2025"), NOW) == ""


def test_only_a_date_that_is_certainly_over_is_past() -> None:
    """A treatment that ends this year, day unknown, must not move to the ended ones."""
    assert is_past(Interval(high=Time(value="20251102")), NOW)
    assert not is_past(Interval(high=Time(value="2025")), NOW)
    assert not is_past(None, NOW)


@pytest.mark.parametrize(
    ("text", "trim", "words"),
    [
        ("0.50", True, "0,5"),
        ("15000", True, "15 000"),
        ("7.0", False, "7,0"),
        ("-3", False, "−3"),
        ("007", False, "7"),
        ("abc", False, "abc"),
        ("100000", True, "100 000"),
        ("0.10", False, "0,10"),
    ],
)
def test_a_number_is_written_safely(text: str, trim: bool, words: str) -> None:
    """No trailing zero in a dose, the precision received in a result, never a naked decimal."""
    assert plain(number(text, trim=trim)) == words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ("7.0", "mmol/L", "7,0 mmol/L"),
        ("135", "mm[Hg]", "135 mmHg"),
        ("112", "umol/L", "112 µmol/L"),
        ("250", "10*9/L", "250 ×10⁹/L"),
        ("37.2", "Cel", "37,2 °C"),
        ("5", "frobs", "5 frobs"),
        ("3", "1", "3"),
    ],
)
def test_a_result_keeps_value_and_unit(value: str, unit: str, words: str) -> None:
    """Results are never converted nor rounded."""
    assert plain(result(Quantity(value=value, unit=unit))) == words


def test_an_unknown_unit_is_known_as_unknown() -> None:
    """A unit that we cannot name must be marked, not passed off as understood."""
    assert unit_symbol("frobs") == ("frobs", False)
    assert unit_symbol("ug/mL") == ("µg/mL", True)


def test_an_open_range_is_said_in_words() -> None:
    """Signs such as < are misread: the comparison is a word."""
    assert (
        plain(result_range(QuantityRange(high=Quantity(value="5", unit="mg/L"))))
        == "inférieur ou égal à 5 mg/L"
    )


@pytest.mark.parametrize(
    ("above", "below", "per", "words"),
    [
        (("5", "mg"), ("1", "1"), "comprimé", "5 mg par comprimé"),
        (("5", "mg"), ("1", "1"), "", "5 mg par unité de prise"),
        (("100", "[IU]"), ("1", "mL"), "", "100 unités internationales par mL"),
        (("250", "mg"), ("5", "mL"), "", "250 mg dans 5 mL"),
        (("25", "ug"), ("1", "h"), "", "25 microgrammes par heure"),
        (("1000", "[IU]"), None, "", "1 000 unités internationales"),
    ],
)
def test_a_strength_has_no_slash_and_no_dangerous_symbol(
    above: tuple[str, str], below: tuple[str, str] | None, per: str, words: str
) -> None:
    """« 5 mg/1 » and « 25 µg/h » are read wrongly: both parts are words."""
    ratio = Ratio(
        numerator=Quantity(value=above[0], unit=above[1]),
        denominator=Quantity(value=below[0], unit=below[1]) if below else None,
    )
    assert plain(strength(ratio, UNITS, per)) == words


def test_countries_languages_and_names_read_in_french() -> None:
    """Codes of the header must never reach the page bare; names stay as received."""
    assert country_name("CZ") == "Tchéquie" and country_name("QX") == "QX" and country_name(None) == ""
    assert language_name("et-EE") == "estonien" and language_name("mt") == "maltais"
    name = PersonName(prefix=("MUDr.",), given=("Bořivoj", "Řehoř"), family=("Přibyl",), suffix=("CSc.",))
    assert name_words(name) == "MUDr. Bořivoj Řehoř Přibyl CSc."


def test_remarks_of_the_reader_are_said_in_french() -> None:
    """A clinician must understand what was left out; an unknown remark stays English and says so."""
    from sesali.french.remarks import in_french

    assert in_french("encounter was not understood in this section") == (
        "élément « encounter » non compris dans cette rubrique",
        "",
    )
    assert in_french("something new")[1] == "en"
