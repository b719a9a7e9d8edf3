"""Synthetic patients: derived from the identifier alone, sound, in the codes and letters of the country."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

import countries
from countries import identifiers as rules
from countries.errors import LocalError
from countries.model import Country
from countries.synthetic import REFERENCE_DAY, identifiers, patient
from countries.synthetic.generate import chart_of
from countries.synthetic.national import LOCAL
from countries.synthetic.person import MARKS
from countries.synthetic.record import Chart
from ehdsi.cda import sections
from ehdsi.cda.datatypes import Identifier
from ehdsi.cda.model import AbsenceStatement, Medication

ROOT = Path(__file__).parents[2]
CODES = countries.codes()
every_country = pytest.mark.parametrize("code", CODES)


def charts(country: Country, count: int, burden: float = 1.0, seed: int = 0) -> list[Chart]:
    """Histories of the first so many patients."""
    made = []
    for identifier in islice(identifiers(country, seed), count):
        persona = patient(country, identifier)
        assert persona is not None
        birth = date.fromisoformat(persona.birth_time)
        sex = "M" if persona.gender == "M" else "F"
        made.append(
            chart_of(country.code, identifier.extension or "", birth, sex, REFERENCE_DAY, burden=burden)
        )
    return made


@every_country
def test_known_by_identifier_and_traits(code: str) -> None:
    """A synthetic identifier finds its patient, by the same door as a named one, once the mask is filled."""
    country = countries.load(code)
    identifier = next(identifiers(country))
    persona = country.synthetic(identifier)
    assert persona is not None
    assert persona.primary_identifier == identifier
    assert persona.behaviour.answer == "ok"
    assert persona.birth_time.isdigit() and len(persona.birth_time) == 8


@every_country
def test_identifiers_hold_their_rule(code: str) -> None:
    """Every identifier passes pattern and check digit, differs from the others, and names no persona."""
    country = countries.load(code)
    found = list(islice(identifiers(country, 5), 100))
    assert len({one.extension for one in found}) == 100
    named = {one for persona in country.personas for one in persona.identifiers}
    check = next(rule.check for rule in country.identifier_rules if rule.domain == found[0].root)
    for one in found:
        assert rules.rule(check).valid(one.extension or "")
        assert one not in named


@every_country
def test_others_are_nobody(code: str) -> None:
    """A wrong check digit, another domain or text around the number leads to nobody."""
    country = countries.load(code)
    good = next(identifiers(country))
    text = good.extension or ""
    for bad in (text + "0", " " + text, "", text[:-1], "x" * 500):
        assert country.synthetic(Identifier(root=good.root, extension=bad)) is None
    assert country.synthetic(Identifier(root="2.999.1", extension=text)) is None


@every_country
def test_letters_of_the_country(code: str) -> None:
    """Names are written in the letters of the pack's alphabet and nothing else."""
    country = countries.load(code)
    letters = set(country.locale.alphabet.casefold() + MARKS)
    for identifier in islice(identifiers(country, 3), 40):
        persona = country.synthetic(identifier)
        assert persona is not None
        words = (*persona.name.family, *persona.name.given)
        assert all(words) and set("".join(words).casefold()) <= letters


def test_birth_date_and_sex_of_the_identifier_win() -> None:
    """What an Estonian personal code and a Luxembourg number say of birth and sex is what the patient has."""
    for identifier in islice(identifiers(countries.load("EE")), 30):
        text = identifier.extension or ""
        persona = countries.load("EE").synthetic(identifier)
        assert persona is not None
        assert persona.birth_time[2:] == text[1:7]
        assert persona.birth_time[:2] == {"3": "19", "4": "19", "5": "20", "6": "20"}[text[0]]
        assert persona.gender == ("M" if int(text[0]) % 2 else "F")
    for identifier in islice(identifiers(countries.load("LU")), 10):
        persona = countries.load("LU").synthetic(identifier)
        assert persona is not None and (identifier.extension or "").startswith(persona.birth_time)


def test_a_birth_date_that_cannot_be_is_nobody() -> None:
    """An identifier born after the reference day, or on 30 February, belongs to nobody."""
    luxembourg = countries.load("LU")
    domain = next(identifiers(luxembourg)).root
    for stem in ("20260101991", "19800230991"):
        value = rules.rule("lu_matricule").complete(stem)
        assert luxembourg.synthetic(Identifier(root=domain, extension=value)) is None


def test_unknown_range_is_said() -> None:
    """A pack without a synthetic range says so instead of giving nobody."""
    from dataclasses import replace

    country = replace(countries.load("HR"), identifier_rules=())
    with pytest.raises(LocalError, match="synthetic range"):
        next(identifiers(country))


@every_country
def test_five_basic_sections_and_only_those_of_the_country(code: str) -> None:
    """Every document has the five basic sections with content or absence, and none beyond the pack's."""
    country = countries.load(code)
    for identifier in islice(identifiers(country, 1), 25):
        persona = country.synthetic(identifier)
        assert persona is not None and persona.summary is not None
        found = [one.code.code for one in persona.summary.sections if one.code]
        assert set(sections.MANDATORY) <= set(found)
        assert set(found) <= {*sections.MANDATORY, *country.documents.sections}
        assert all(one.entries or one.narrative for one in persona.summary.sections)


def test_the_same_document_under_any_hash_seed() -> None:
    """Two processes with other hash seeds give the same patients, letter for letter."""
    program = (
        "import hashlib, countries; from itertools import islice\n"
        "from countries.synthetic import identifiers\n"
        "c = [countries.load(x) for x in ('HR', 'EE', 'MT')]\n"
        "text = repr([(c1.synthetic(i).names, c1.synthetic(i).summary) for c1 in c"
        " for i in islice(identifiers(c1), 8)])\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == hashlib.sha256().digest_size * 2


def test_loading_a_country_reads_no_clinical_table() -> None:
    """Loading all packs and finding a patient imports neither the clinical steps nor the printing."""
    program = (
        "import sys, countries; all_ = countries.load_all()\n"
        "late = ('countries.synthetic', 'countries.pdf', 'faker')\n"
        "assert not [m for m in sys.modules if m.startswith(late)]\n"
        "from countries.synthetic import identifiers\n"
        "c = countries.load('MT'); p = c.synthetic(next(identifiers(c)))\n"
        "assert 'countries.synthetic.generate' not in sys.modules\n"
        "p.summary; assert 'countries.pdf' not in sys.modules and 'faker' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_products_have_national_numbers_where_the_country_sends_them() -> None:
    """Czech medicines carry a SÚKL number, Croatian ones a list number that maps to the ATC class."""
    for code, numbered in (("CZ", True), ("HR", False)):
        country = countries.load(code)
        found = [
            entry
            for identifier in islice(identifiers(country), 30)
            for persona in [country.synthetic(identifier)]
            if persona and persona.summary
            for one in persona.summary.sections
            for entry in one.entries
            if isinstance(entry, Medication)
        ]
        assert found
        for entry in found:
            assert (entry.product.code is not None) is numbered
            national = entry.product.classes[0]
            target = country.code_map.lookup(national.code_system, national.code)
            local = (national.code or "").startswith(LOCAL)
            assert target is not None if code == "HR" or local else national.code_system_name == "ATC"


def test_absence_says_which_kind() -> None:
    """Among patients without allergies both kinds of absence occur, known absence more often."""
    country = countries.load("LU")
    kinds = [
        entry.kind
        for identifier in islice(identifiers(country), 120)
        for persona in [country.synthetic(identifier)]
        if persona and persona.summary
        for section in [persona.summary.section(sections.ALLERGIES)]
        if section
        for entry in section.entries
        if isinstance(entry, AbsenceStatement)
    ]
    assert 0 < kinds.count("no_information") < kinds.count("known_absence")


def test_burden_makes_patients_sicker() -> None:
    """Patients of a clinic have more medicines than travellers."""
    country = countries.load("CZ")
    few, many = (sum(len(one.treatments) for one in charts(country, 80, burden)) for burden in (1.0, 2.6))
    assert many > 1.2 * few


def test_listing_documents_makes_none_of_them() -> None:
    """Where a country stores its documents, those of synthetic patients are still made when they are read."""
    from datetime import UTC, datetime

    from countries.documents import documents_of
    from ehdsi.terminology import load

    country = countries.load("ES")
    assert country.documents.stored
    persona = country.synthetic(next(identifiers(country)))
    assert persona is not None
    made = documents_of(
        country, persona, load(ROOT / "fixtures" / "terminology"), datetime(2026, 5, 1, tzinfo=UTC)
    )
    assert {one.level for one in made} == {1, 3}
    assert all(one.on_demand and "content" not in vars(one) for one in made)
    assert not any(
        one.on_demand
        for one in documents_of(
            country,
            country.persona("ES-1"),
            load(ROOT / "fixtures" / "terminology"),
            datetime(2026, 5, 1, tzinfo=UTC),
        )
    )
