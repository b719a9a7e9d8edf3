"""The country packs, seven of today and two newcomers: what they hold; a country is data alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import countries
from countries import Country
from countries.loading import PACKS, read_country
from ehdsi.cda import sections
from ehdsi.cda.model import AbsenceStatement, Allergy, Problem
from ehdsi.errors import LocalError
from ehdsi.oids import ORPHANET

SEVEN = ("CZ", "EE", "ES", "HR", "LU", "MT", "PT")

#: Built by data alone, after the programs.
NEWCOMERS = ("CY", "GR")

ALL = tuple(sorted(SEVEN + NEWCOMERS))

#: What every persona is answered with: answer, step, code.
ANSWERS = {
    "CY-4": ("no_consent", "identification", "4701"),
    "CY-5": ("missing_mapping_warning", "retrieve", "WARNING_PS_MISSING_EXPECTED_MAPPING"),
    "EE-4": ("insufficient_rights", "retrieve", "4703"),
    "ES-4": ("no_summary", "query", "1102"),
    "GR-4": ("no_consent", "query", "4701"),
    "HR-5": ("no_consent", "query", "4701"),
    "LU-5": ("no_consent", "identification", "4701"),
    "MT-2": ("no_consent", "query", "4701"),
    "MT-5": ("missing_mapping_warning", "retrieve", "WARNING_PS_MISSING_EXPECTED_MAPPING"),
    "MT-5B": ("missing_mapping_error", "retrieve", "ERROR_PS_MISSING_EXPECTED_MAPPING"),
    "PT-4": ("no_consent", "query", "4701"),
    "PT-5": ("no_pdf", "retrieve", "ERROR_PS_PDF_FORMAT_NOT_PROVIDED"),
}


def everyone() -> list[tuple[Country, countries.Persona]]:
    """All personas with their countries."""
    return [(country, persona) for country in countries.load_all() for persona in country.personas]


def test_all_countries() -> None:
    """Defends the list of packs and that each carries its own code."""
    assert countries.codes() == ALL
    assert tuple(country.code for country in countries.load_all()) == ALL


@pytest.mark.parametrize("code", ALL)
def test_five_named_patients(code: str) -> None:
    """Defends the keys of the named patients: five per country, others beside them."""
    keys = {persona.key for persona in countries.load(code).personas}
    assert {f"{code}-{number}" for number in range(1, 6)} <= keys


def test_behaviours() -> None:
    """Defends who is refused, at which step, by which code; all others are answered."""
    for _, persona in everyone():
        expected = ANSWERS.get(persona.key, ("ok", None, ""))
        behaviour = persona.behaviour
        assert (behaviour.answer, behaviour.step, behaviour.code) == expected, persona.key
    assert countries.load("PT").persona("PT-5").behaviour.first_calls == 1


def test_only_one_patient_has_no_summary() -> None:
    """Defends that refused patients have a document at home, too; only ES-4 has none."""
    assert [persona.key for _, persona in everyone() if persona.summary is None] == ["ES-4"]


def test_every_summary_has_the_basic_sections() -> None:
    """Defends that each basic section says something: statements or a coded absence."""
    for _, persona in everyone():
        if persona.summary is not None:
            for loinc in sections.MANDATORY:
                section = persona.summary.section(loinc)
                assert section is not None and section.entries, (persona.key, loinc)


def test_absences() -> None:
    """Defends known absence (HR-3) against no information (EE-5), and their mixture (MT-3, LU-2)."""

    def kinds(code: str, key: str) -> list[str]:
        summary = countries.load(code).persona(key).summary
        assert summary is not None
        return [
            entry.kind
            for section in summary.sections
            for entry in section.entries
            if isinstance(entry, AbsenceStatement)
        ]

    assert kinds("HR", "HR-3") == ["known_absence"] * 5
    assert kinds("EE", "EE-5") == ["no_information"] * 5
    assert kinds("MT", "MT-3") == ["known_absence"] * 2
    assert set(kinds("LU", "LU-2")) == {"known_absence", "no_information"}


def test_people_as_described() -> None:
    """Defends the particular persons: minors, the deceased, names, birth dates."""
    hr, lu, pt, cz = (countries.load(code) for code in ("HR", "LU", "PT", "CZ"))
    assert hr.persona("HR-4").deceased_time == "20240217"
    assert [len(lu.persona(key).guardians) for key in ("LU-3", "LU-4")] == [0, 2]
    assert lu.persona("LU-2").birth_time == "1975"
    assert lu.persona("LU-3").name.family == ("O",)
    assert len(" ".join((*pt.persona("PT-1").name.given, *pt.persona("PT-1").name.family))) > 90
    assert (cz.persona("CZ-1").name.prefix, cz.persona("CZ-1").name.suffix) == (("MUDr.",), ("CSc.",))
    assert countries.load("ES").persona("ES-1").name.family == ("Fernández-Quiñones", "Muñoz")


def test_clinical_particulars() -> None:
    """Defends the free-text allergen, the vaccination list, the rare diseases, the author device."""
    ee = countries.load("EE").persona("EE-2").summary
    assert ee is not None and ee.header.authors[0].device == "Tervise infosüsteem"
    allergy = next(
        entry for section in ee.sections for entry in section.entries if isinstance(entry, Allergy)
    )
    assert allergy.agents[0].original_text == "kanamuna" and allergy.agents[0].code is None
    pt = countries.load("PT").persona("PT-2").summary
    assert pt is not None
    vaccinations = pt.section(sections.IMMUNIZATIONS)
    assert vaccinations is not None and len(vaccinations.entries) == 17
    for code, key in (("CZ", "CZ-3"), ("ES", "ES-1")):
        summary = countries.load(code).persona(key).summary
        assert summary is not None
        systems = [
            entry.value.code_system
            for section in summary.sections
            for entry in section.entries
            if isinstance(entry, Problem) and entry.value is not None
        ]
        assert ORPHANET in systems


def test_document_languages() -> None:
    """Defends the regional and neighbouring languages of documents and of their titles."""
    spoken = {persona.key: persona.language for _, persona in everyone()}
    assert (spoken["LU-2"], spoken["ES-2"], spoken["ES-1"]) == ("de-LU", "ca-ES", "es-ES")
    assert countries.load("ES").title(sections.IMMUNIZATIONS, "ca-ES") == "Vacunacions"


def test_hidden_data() -> None:
    """Defends ES-3: the document is restricted and says that something is hidden, not what."""
    summary = countries.load("ES").persona("ES-3").summary
    assert summary is not None and summary.header.confidentiality is not None
    assert summary.header.confidentiality.code == "R"
    problems = summary.section(sections.PROBLEMS)
    assert problems is not None and "ocultado" in problems.entries[0].comments[0]
    assert "F20" not in repr(summary)


def test_cards() -> None:
    """Defends the pictures of the two masks that show one."""
    pictured = {country.code for country in countries.load_all() if country.search_mask.patient.picture}
    assert pictured == {"PT", "CZ"}
    picture = countries.load("PT").search_mask.patient.picture
    assert picture is not None and picture.content.startswith(b"\x89PNG")


def test_a_new_country_is_data(tmp_path: Path) -> None:
    """Defends that a pack copied under another code loads without touching any Python."""
    folder = tmp_path / "SI"
    shutil.copytree(PACKS / "HR", folder)
    file = folder / "country.toml"
    text = file.read_text(encoding="utf-8").replace('code = "HR"', 'code = "SI"').replace('"C=HR"', '"C=SI"')
    file.write_text(text, encoding="utf-8")
    slovenia = countries.load(folder)
    assert slovenia.code == slovenia.search_mask.country == "SI"
    summary = slovenia.persona("HR-1").summary
    assert summary is not None and summary.header.patient.addresses[0].country == "SI"


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    """Defends that a pack has no hidden state: identifiers of entries do not move."""
    first, second = read_country(PACKS / "LU"), read_country(PACKS / "LU")
    assert [p.summary for p in first.personas] == [p.summary for p in second.personas]


def test_unknown_country_and_patient() -> None:
    """Defends the messages for a wrong code or key: both list what exists."""
    with pytest.raises(countries.UnknownCountry, match="HR"):
        countries.load("XX")
    with pytest.raises(LocalError, match="HR-1"):
        countries.load("HR").persona("HR-99")


def test_no_synthetic_patient_without_generator() -> None:
    """Defends the hook: without a generator nobody answers to the synthetic range."""
    hr = countries.load("HR")
    assert hr.synthetic(hr.persona("HR-1").primary_identifier) is None
