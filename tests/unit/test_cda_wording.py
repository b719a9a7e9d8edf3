"""Words of generated narratives: labels in every language, dates, quantities and schedules as short texts."""

from __future__ import annotations

import pytest

from ehdsi.cda import wording
from ehdsi.cda.build import build_element
from ehdsi.cda.datatypes import (
    Coded,
    EventTiming,
    Interval,
    Periodic,
    Quantity,
    QuantityRange,
    Ratio,
    Time,
    Timing,
)
from ehdsi.cda.labels import labels_of, languages, section_title
from ehdsi.cda.narrative import narrate
from ehdsi.cda.sections import SECTIONS
from ehdsi.oids import NS_HL7
from tests import samples

EN = labels_of("en-GB")
WANTED = {"hr", "et", "fr", "de", "en", "mt", "pt", "cs", "es", "ca", "el", "it", "lv", "sl", "ga"}


def test_all_languages_are_complete() -> None:
    """A missing word would leave an empty heading on a foreign page; templates keep their places."""
    assert set(languages()) == WANTED
    for language in languages():
        labels = labels_of(language)
        assert all(labels[key].strip() for key in EN), language
        assert all(labels[key].count("{") == EN[key].count("{") for key in EN), language


def test_every_section_and_statement_of_absence_has_words() -> None:
    """Titles and sentences exist for the whole value set, in every language."""
    for language in languages():
        for loinc, kind in SECTIONS.items():
            assert section_title(loinc, language)
            for code in filter(None, (kind.no_information, kind.known_absence)):
                assert f"absence.{code}" in labels_of(language)


def test_unknown_language_falls_back_to_english() -> None:
    """A country without words of ours still gets a readable narrative."""
    assert labels_of("fi-FI") is labels_of("en") and labels_of(None) is labels_of("en")


@pytest.mark.parametrize(("value", "text"), [
    ("1886", "1886"), ("201705", "2017-05"), ("20170506", "2017-05-06"), ("201705061430", "2017-05-06 14:30"),
    ("20130503150530.283+0100", "2013-05-03 15:05:30"),
])
def test_dates_keep_their_precision(value: str, text: str) -> None:
    """A month is not the first of the month."""
    assert wording.time_text(Time(value=value), EN) == text


@pytest.mark.parametrize(("timing", "text"), [
    (Periodic(period=Quantity(value="8", unit="h"), institution_specified=True), "3 × / day"),
    (Periodic(period=Quantity(value="8", unit="h"), institution_specified=False), "every 8 h"),
    (Periodic(period=Quantity(value="0.5", unit="d"), institution_specified=True), "2 × / day"),
    (Periodic(period=Quantity(value="7", unit="h"), institution_specified=True), "every 7 h"),
    (Periodic(period=Quantity(value="2", unit="wk")), "every 2 week"),
    (Periodic(null_flavor="UNK"), "unknown"),
    (EventTiming(event=Coded(code="ACM")), "before a meal (breakfast)"),
    (EventTiming(event=Coded(code="CD")), "with a meal (lunch)"),
    (EventTiming(event=Coded(code="HS")), "at bedtime"),
    (EventTiming(event=Coded(code="WAKE", display_name="on waking")), "on waking"),
    (Time(null_flavor="NA"), "not applicable"),
])
def test_schedules_in_words(timing: Timing, text: str) -> None:
    """A wrong frequency in the narrative is a wrong dose for whoever reads it."""
    assert wording.timing_text(timing, EN) == text


@pytest.mark.parametrize(("values", "text"), [
    (QuantityRange(value=Quantity(value="2", unit="1")), "2"),
    (QuantityRange(low=Quantity(value="1", unit="mL"), high=Quantity(value="2", unit="mL")), "1 mL – 2 mL"),
    (QuantityRange(low=Quantity(value="1", unit="mL")), "≥ 1 mL"),
    (QuantityRange(high=Quantity(value="2", unit="{tablet}")), "≤ 2 tablet"),
    (QuantityRange(low=Quantity(value="1", unit="mL"), width=Quantity(value="2", unit="mL")), "1 mL + 2 mL"),
    (QuantityRange(null_flavor="NI"), "no information"),
])
def test_doses_in_words(values: QuantityRange, text: str) -> None:
    """Bounds of a dose must not be taken for the dose."""
    assert wording.range_text(values, EN) == text


def test_strength_names_its_volume() -> None:
    """100 units per millilitre are not 100 units."""
    units = Quantity(value="100", unit="[IU]")
    for value, unit, text in (("1", "mL", "100 [IU] / 1 mL"), ("1", "1", "100 [IU]"),
                              ("5", "1", "100 [IU] / 5")):
        strength = Ratio(numerator=units, denominator=Quantity(value=value, unit=unit))
        assert wording.ratio_text(strength, EN) == text


@pytest.mark.parametrize(("coded", "text"), [
    (Coded(code="J45", display_name="Asthma", translations=(Coded(display_name="Astma"),)), "Astma"),
    (Coded(code="J45", display_name="Asthma", original_text="sipnja"), "sipnja"),
    (Coded(code="J45"), "J45"),
    (Coded(null_flavor="OTH", translations=(Coded(code="1", display_name="uroci"),)), "uroci"),
    (Coded(null_flavor="MSK"), "withheld"),
    (None, ""),
])
def test_terms_are_those_of_the_country(coded: Coded | None, text: str) -> None:
    """The narrative shows what the physician wrote, else the national designation, never an empty cell."""
    assert wording.term(coded, EN) == text


@pytest.mark.parametrize("language", sorted(WANTED))
def test_headings_are_in_the_language_of_the_document(language: str) -> None:
    """Each column of each table has a heading, in the right language."""
    labels = labels_of(language)
    for section in samples.rich_summary().sections:
        node = narrate(section, f"{language}-XX", "s1").node
        headings = [child.plain_text() for table in node.children if not isinstance(table, str)
                    and table.tag == "table" for child in _all(table, "th")]
        assert all(heading in labels.values() for heading in headings)


def _all(node, tag):  # type: ignore[no-untyped-def]
    for child in node.children:
        if not isinstance(child, str):
            if child.tag == tag:
                yield child
            yield from _all(child, tag)


def test_empty_columns_are_left_out() -> None:
    """A table with a dozen empty columns is no narrative."""
    section = samples.section("11450-4", samples.problems()[1])
    table = narrate(section, "en", "s1").node.children[0]
    assert [heading.plain_text() for heading in _all(table, "th")] == ["Problem", "Since"]


def test_own_words_of_entry_and_reaction_can_be_found_alone() -> None:
    """What the physician wrote has its own link, so that it can be read back by itself."""
    root = build_element(samples.rich_summary())
    act = root.find(f".//{{{NS_HL7}}}act")
    assert act is not None
    target = act.find(f"{{{NS_HL7}}}text/{{{NS_HL7}}}reference").get("value")[1:]  # type: ignore[union-attr]
    assert root.xpath(f"string(//*[@ID='{target}'])") == "Ne davati penicilin."


def test_interval_shows_open_ends_and_widths() -> None:
    """Bounds are shown as they stand: open, wide, or unknown."""
    assert wording.interval_text(Interval(low=Time(value="2012"), high=Time(null_flavor="NA")),
                                 EN) == "2012 –"
    assert wording.interval_text(Interval(high=Time(value="2012")), EN) == "– 2012"
    width = Interval(low=Time(value="2012"), width=Quantity(value="14", unit="d"))
    assert wording.interval_text(width, EN) == "2012 – 14 day"
    assert wording.interval_text(Interval(null_flavor="UNK"), EN) == "unknown"
