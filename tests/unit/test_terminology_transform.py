"""Transcoding to the pivot and translation from it: codes, nesting, issues, and what must not change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ehdsi import oids
from ehdsi.cda.datatypes import Coded
from ehdsi.cda.model import Allergy, PatientSummary, Problem, Section
from ehdsi.terminology import (
    Binding,
    CodeMap,
    Kind,
    Mapping,
    binding_of,
    load,
    transcode,
    transcode_summary,
    translate,
    translate_summary,
)
from tests.samples import rich_summary

STORE = load(Path(__file__).parents[2] / "fixtures" / "terminology")
NATIONAL = "2.999.7"
ASTHMA = Coded(
    code="493",
    code_system=NATIONAL,
    code_system_name="National",
    display_name="Asma",
    code_system_version="3",
)


def mapped(kind: Kind = "exact", code: str = "J45") -> CodeMap:
    target = {} if kind == "unmapped" else {"pivot_system": oids.ICD_10, "pivot_code": code}
    return CodeMap([Mapping(national_system=NATIONAL, national_code="493", kind=kind, **target)])


def with_problem(value: Coded) -> PatientSummary:
    section = Section(code=Coded(code="11450-4", code_system=oids.LOINC), entries=(Problem(value=value),))
    return replace(rich_summary(), sections=(section,))


LISTED = Binding((oids.value_set(5),), "RNFA")


def test_a_national_code_becomes_the_pivot_and_stays_reachable() -> None:
    """The national concept is the evidence for what the other country shows."""
    coded, issues = transcode(ASTHMA, mapped(), STORE, binding=LISTED)
    assert (coded.code, coded.code_system, coded.display_name) == ("J45", oids.ICD_10, "Asthma")
    assert coded.code_system_version is None and coded.code_system_name == "ICD-10" and issues == ()
    (national,) = coded.translations
    assert (national.code, national.display_name, national.code_system_version) == ("493", "Asma", "3")


def test_translation_nests_the_english_over_the_national() -> None:
    """French holds English holds national: the order in which gateways add them."""
    pivot, _ = transcode(ASTHMA, mapped(), STORE, binding=LISTED)
    french, issues = translate(pivot, STORE)
    assert (french.code, french.display_name) == ("J45", "Asthme") and issues == ()
    (english,) = french.translations
    assert english.display_name == "Asthma" and english.translations[0].display_name == "Asma"


def test_an_existing_first_translation_moves_inside_and_others_stay() -> None:
    """No translation that came with the document may be lost."""
    first, second = Coded(code="a", display_name="first"), Coded(code="b", display_name="second")
    coded, _ = transcode(replace(ASTHMA, translations=(first, second)), mapped(), STORE)
    assert coded.translations[0] == second and coded.translations[1].translations == (first,)


def test_an_unmapped_concept_travels_as_other_with_its_national_words() -> None:
    """Without a safe target there is no code, but the words must arrive."""
    coded, issues = transcode(ASTHMA, mapped("unmapped"), STORE, binding=LISTED)
    assert (coded.code, coded.null_flavor, coded.translations[0].display_name) == (None, "OTH", "Asma")
    assert [(i.origin, i.code, i.severity) for i in issues] == [("TM", "2502", "warning")]


def test_a_narrower_target_is_refused() -> None:
    """A map may lose detail, never add some."""
    coded, issues = transcode(ASTHMA, mapped("narrower"), STORE, binding=LISTED)
    assert coded.null_flavor == "OTH" and [(i.origin, i.code) for i in issues] == [("TSAM", "4509")]


@pytest.mark.parametrize(
    ("coded", "code"),
    [
        (ASTHMA, "4501"),
        (Coded(code="Z99.99", code_system=oids.ICD_10), "4503"),
        (Coded(display_name="x"), "2508"),
        (Coded(code="I84", code_system=oids.ICD_10), "2509"),
    ],
)
def test_each_failure_of_a_listed_element_has_its_number(coded: Coded, code: str) -> None:
    """The other side reads the numbers: each cause has its own."""
    _, issues = transcode(coded, CodeMap(), STORE, binding=LISTED)
    assert [issue.code for issue in issues] == [code]
    assert not issues[0].code_system or issues[0].code_system in issues[0].text
    assert "Z99" not in issues[0].text and "Asma" not in issues[0].text


def test_a_code_outside_its_complete_value_set_is_a_warning() -> None:
    """Severity 'active' would be understood by nobody, but is no reason to withhold the document."""
    binding = binding_of("Allergy", "severity")
    _, issues = transcode(
        Coded(code="55561003", code_system=oids.SNOMED_CT), CodeMap(), STORE, binding=binding
    )
    assert [(i.code, i.severity) for i in issues] == [("2507", "warning")]


def test_elements_on_no_list_stay_as_sent() -> None:
    """National product numbers and body sites are nobody's to change."""
    coded, issues = transcode(ASTHMA, CodeMap(), STORE, binding=binding_of("Product", "code"))
    assert coded is ASTHMA and issues == ()
    null = Coded(null_flavor="UNK")
    assert transcode(null, CodeMap(), STORE, binding=LISTED) == (null, ())


def test_a_required_element_that_fails_is_an_error_of_its_own() -> None:
    """The document code is the one element without which there is no document."""
    summary = rich_summary()
    wrong = replace(
        summary, header=replace(summary.header, code=Coded(code="60591-5", code_system="2.999.1"))
    )
    assert {i.code for i in transcode_summary(wrong, CodeMap(), STORE).errors} >= {"4501", "4511"}


def test_a_whole_summary_changes_only_its_codes() -> None:
    """Dates, quantities, narrative and structure must come out as they went in."""
    summary = rich_summary()
    result = transcode_summary(summary, CodeMap(), STORE)
    assert [s.narrative for s in result.summary.sections] == [s.narrative for s in summary.sections]
    for before, after in zip(summary.sections, result.summary.sections, strict=True):
        assert [type(e) for e in before.entries] == [type(e) for e in after.entries]
        assert [e.identifiers for e in before.entries] == [e.identifiers for e in after.entries]


def test_nothing_to_change_returns_the_same_object() -> None:
    """A second pass over a pivot must be free, and must not nest again."""
    once = transcode_summary(rich_summary(), CodeMap(), STORE).summary
    assert transcode_summary(once, CodeMap(), STORE).summary is once
    french = translate_summary(once, STORE).summary
    assert translate_summary(french, STORE).summary is french


def test_translation_reaches_every_kind_of_element() -> None:
    """A field that the walk forgets would stay English on the page."""
    french = translate_summary(rich_summary(), STORE).summary
    section = french.section("48765-2")
    assert section is not None
    allergy = next(entry for entry in section.entries if isinstance(entry, Allergy) and entry.reactions)
    shown = [
        allergy.agents[0],
        allergy.reactions[0].manifestation,
        allergy.criticality,
        allergy.clinical_status,
    ]
    for coded in shown:
        assert coded is not None and coded.display_name == STORE.display(coded.code_system, coded.code, "fr")


def test_a_missing_designation_is_a_warning_and_keeps_the_english() -> None:
    """A country's unknown code must not cost the clinician the summary."""
    value = Coded(code="Z76.80", code_system=oids.ICD_10, display_name="Something else")
    result = translate_summary(with_problem(value), STORE)
    assert result.errors == () and [i.code for i in result.warnings] == ["2504"]
    problem = result.summary.sections[0].entries[0]
    assert isinstance(problem, Problem) and problem.value == value
