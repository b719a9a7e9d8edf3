"""Doses and frequencies in words: the twenty-five worked cases, and what must hold for any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehdsi import oids
from ehdsi.cda.datatypes import (
    Coded,
    EventTiming,
    Interval,
    Periodic,
    Quantity,
    QuantityRange,
    Time,
    Timing,
    TimingSet,
)
from ehdsi.terminology import load
from sesali.french.quantities import Units
from sesali.french.timing import dose_words, frequency

UNITS = Units(load(Path(__file__).parents[2] / "fixtures" / "terminology"))


def dose(value: str, unit: str | None = None, text: str | None = None) -> QuantityRange:
    return QuantityRange(value=Quantity(value=value, unit=unit, original_text=text))


def every(value: str, unit: str, times: bool | None = None, phase: str | None = None) -> Periodic:
    start = Interval(low=Time(value=phase)) if phase else None
    return Periodic(period=Quantity(value=value, unit=unit), institution_specified=times, phase=start)


def event(code: str, offset: str | None = None) -> EventTiming:
    return EventTiming(
        event=Coded(code=code, code_system=oids.TIMING_EVENT),
        offset=Interval(low=Time(value=offset)) if offset else None,
    )


RARELY = "pas tous les jours"

CASES: list[tuple[QuantityRange | None, Timing | None, str, bool]] = [
    (dose("1", "{tablet}"), every("1", "d"), "1 comprimé, une fois par jour", False),
    (dose("1", "{tablet}"), every("8", "h", True), "1 comprimé, 3 fois par jour", False),
    (dose("1", "{tablet}"), every("8", "h", False), "1 comprimé, toutes les 8 heures", False),
    (dose("500", "mg"), every("12", "h", True), "500 mg, 2 fois par jour", False),
    (dose("0.5", "{tablet}"), every("1", "d"), "0,5 comprimé (un demi), une fois par jour", False),
    (
        QuantityRange(low=Quantity(value="1", unit="{tablet}"), high=Quantity(value="2", unit="{tablet}")),
        every("6", "h", False),
        "1 à 2 comprimés, toutes les 6 heures",
        False,
    ),
    (dose("10", "mg"), every("1", "wk"), "10 mg, une fois par semaine", True),
    (dose("70", "mg"), every("1", "wk", phase="20250106"), "70 mg, une fois par semaine, le lundi", True),
    (
        dose("1", "{patch}"),
        every("72", "h", False),
        "1 dispositif transdermique, toutes les 72 heures (3 jours)",
        True,
    ),
    (dose("25", "ug"), every("2", "d"), "25 microgrammes, un jour sur deux", True),
    (dose("1", "{ampoule}"), every("1", "mo"), "1 ampoule, une fois par mois", True),
    (dose("60", "mg"), every("6", "mo"), "60 mg, tous les 6 mois", True),
    (dose("20", "[IU]"), event("HS"), "20 unités internationales, au coucher", False),
    (dose("75", "ug"), event("ACM", "-30 min"), "75 microgrammes, 30 minutes avant le petit-déjeuner", False),
    (dose("1", "{sachet}"), event("PC"), "1 sachet, après chaque repas", False),
    (dose("1", "{capsule}"), event("ICD"), "1 gélule ou capsule, entre le déjeuner et le dîner", False),
    (
        dose("8", "[IU]"),
        TimingSet(parts=(event("ACM"), event("ACV"))),
        "8 unités internationales, avant le petit-déjeuner et avant le dîner",
        False,
    ),
    (
        dose("1", "{tablet}"),
        TimingSet(parts=(every("1", "d", phase="202501010800"), every("1", "d", phase="202501012000"))),
        "1 comprimé, chaque jour à 8 h et à 20 h",
        False,
    ),
    (
        dose("2", "{actuation}"),
        every("12", "h", True),
        "2 doses (pulvérisation, bouffée), 2 fois par jour",
        False,
    ),
    (dose("2.50", "mL"), every("8", "h", True), "2,5 mL, 3 fois par jour", False),
    (
        dose("100000", "[IU]"),
        Time(value="20250314"),
        "100 000 unités internationales, une seule fois, le 14 mars 2025",
        False,
    ),
    (dose("1", "{tablet}"), every("5", "h", True), "1 comprimé, toutes les 5 heures", False),
    (
        QuantityRange(null_flavor="UNK"),
        every("1", "d"),
        "inconnue d’après le document, une fois par jour",
        False,
    ),
    (dose("1", "{tablet}"), None, "1 comprimé, fréquence non indiquée", False),
    (
        dose("1", "{tablet}"),
        Time(null_flavor="UNK"),
        "1 comprimé, fréquence inconnue d’après le document",
        False,
    ),
    (dose("1", "1"), event("CM"), "1 unité de prise (forme non précisée), moment « CM »", False),
]


@pytest.mark.parametrize(("amount", "timing", "sentence", "rare"), CASES)
def test_a_dosage_reads_as_a_french_prescriber_would_say_it(
    amount: QuantityRange | None, timing: Timing | None, sentence: str, rare: bool
) -> None:
    """A dose or a frequency said wrongly is the worst this page can do: each worked case, word for word."""
    phrase = frequency(timing)
    words = f"{dose_words(amount, UNITS).text}, {phrase.text}".replace("\u00a0", " ").replace("\u202f", " ")
    assert words == sentence
    assert (RARELY in phrase.marks) is rare


@pytest.mark.parametrize(
    ("timing", "words"),
    [
        (every("56", "h", True), "3 fois par semaine"),
        (every("84", "h", True), "2 fois par semaine"),
        (every("84", "h", False), "toutes les 84 heures"),
        (every("24", "h", False), "toutes les 24 heures"),
        (every("2", "wk"), "toutes les 2 semaines"),
        (every("1", "a"), "une fois par an"),
        (Periodic(), "fréquence non indiquée"),
        (Periodic(null_flavor="NA"), "fréquence sans objet"),
        (
            TimingSet(parts=(every("1", "wk"), EventTiming(event=Coded(code="HS"), operator="A"))),
            "une fois par semaine, seulement au coucher",
        ),
    ],
)
def test_other_frequencies_keep_their_period(timing: Timing, words: str) -> None:
    """A period is never rounded to a number of times a day that the document did not state."""
    assert frequency(timing).text.replace("\u00a0", " ").replace(", seulement", ", seulement") in (
        words,
        words.replace(",", ""),
    )


def test_a_period_that_is_no_number_is_shown_as_received() -> None:
    """An unreadable period must stay visible and marked, not disappear behind a guess."""
    phrase = frequency(every("often", "d"))
    assert "often d" in phrase.text and phrase.marks == ("non traduit",)


def test_a_countable_in_another_language_is_recognised() -> None:
    """Countries name the unit of intake in their own language: it is the same tablet."""
    assert dose_words(dose("2", "1", "tableta"), UNITS).text == "2\u00a0comprimés"
    unknown = dose_words(dose("2", "1", "frobnitz"), UNITS)
    assert unknown.text == "2\u00a0frobnitz" and unknown.marks == ("non traduit",)
