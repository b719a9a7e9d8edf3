"""The lint of a pack: silent on ours, and it finds each mistake at its line."""

from __future__ import annotations

import shutil
from datetime import date
from functools import cache
from pathlib import Path

import pytest

import countries
from countries.check import check
from countries.loading import PACKS
from ehdsi.terminology import Terminology, load

TODAY = date(2026, 3, 2)


@cache
def terminology() -> Terminology:
    """The catalogue that comes with the project."""
    return load(PACKS.parent / "terminology")


@pytest.mark.parametrize("code", countries.codes())
def test_our_packs_are_clean(code: str) -> None:
    """Defends our packs: identifiers, OIDs, mappings into MVC value sets, a French word for every code."""
    assert check(PACKS / code, today=TODAY, terminology=terminology()) == ()


#: File, text, replacement; rule, severity, key of the one finding.
MISTAKES = [
    ("country.toml", 'code = "HR"', 'code = "CH"', "P-01", "error", "code"),
    ("country.toml", "Europe/Zagreb", "Europe/Zagrib", "P-01", "error", "time_zone"),
    (
        "country.toml",
        'document_root = "2.999.191.20"',
        'document_root = "3.999"',
        "P-02",
        "error",
        "oids.document_root",
    ),
    (
        "country.toml",
        'home_community = "2.16.17.710.840.1000.990.1"',
        'home_community = "2.16.724.4"',
        "P-02",
        "error",
        "oids.home_community",
    ),
    (
        "country.toml",
        'home_community = "2.16.17.710.840.1000.990.1"',
        'home_community = "1.3.182.2.3"',
        "P-02",
        "error",
        "oids.home_community",
    ),
    ("country.toml", '["CZ", "ES", "FR"', '["CZ", "ES", "IT"', "P-03", "error", "services.PS-A.partners"),
    (
        "country.toml",
        "CN=GRP:EHEALTH_NCP_PPT_HR_001",
        "CN=hr.example",
        "P-05",
        "error",
        "certificate_subject",
    ),
    ("country.toml", '"C=HR"', '"C=SI"', "P-05", "error", "certificate_subject"),
    (
        "country.toml",
        'mvc_version = "8.1.0"',
        'mvc_version = "latest"',
        "P-06",
        "error",
        "declaration.mvc_version",
    ),
    (
        "country.toml",
        "format = '\\d{9}'",
        "format = '\\d{9'",
        "P-07",
        "error",
        "search_mask.group.0.field.0.format",
    ),
    (
        "country.toml",
        "format = '\\d{9}'",
        "format = '[\\d|]{9}'",
        "P-07",
        "warning",
        "search_mask.group.0.field.0.format",
    ),
    ("personas/HR-1.toml", "999980013", "999980014", "P-08", "warning", "identifiers"),
    ("personas/HR-1.toml", "99999800014", "99999800015", "P-08", "error", "identifiers"),
    (
        "personas/HR-1.toml",
        '["Đurđević-Šćekić"]\ngiven = ["Željko"]',
        '["Đurđević", "Šćekić"]\ngiven = ["Željko"]',
        "P-09",
        "error",
        "person.family",
    ),
    ("personas/HR-3.toml", "19900101", "1990", "P-09", "error", "person.birth"),
    (
        "country.toml",
        'hr = "https://zdravlje.example/obavijest"',
        'xx = "https://zdravlje.example/obavijest"',
        "P-10",
        "error",
        "consent.notice",
    ),
    ("personas/HR-5.toml", 'answer = "no_consent"', 'answer = "ok"', "P-10", "error", "consent.model"),
    ("country.toml", 'code = "4701"', 'code = "no"', "P-10", "error", "consent.refusals.no_consent.code"),
    ("country.toml", "level1 = true", "level1 = false", "P-11", "error", "documents"),
    ("country.toml", "{patient}.L3", "{patient}.L1", "P-11", "error", "documents.l3_extension"),
    ("country.toml", '"8716-3", "30954-2"]', '"30954-2"]', "P-11", "error", "summary"),
    ("codes.tsv", "\tI10\texact", "\tX60\texact", "P-12", "error", "problem.I10"),
    ("personas/HR-2.toml", "999980028", "999980013", "P-13", "error", "identifiers"),
    ("country.toml", '["hr_HR"]', '["hr_XX"]', "P-17", "error", "locale.faker"),
    (
        "personas/HR-2.toml",
        'family = ["Ćosić"]\ngiven = ["Luka"]',
        'family = ["C\u0301osić"]\ngiven = ["Luka"]',
        "P-17",
        "error",
        "person.family",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "rule", "severity", "key"), MISTAKES)
def test_mistake_is_found(
    file: str, old: str, new: str, rule: str, severity: str, key: str, tmp_path: Path
) -> None:
    """Defends each rule of the lint: the mistake is named by number, severity, file, line and key."""
    shutil.copytree(PACKS / "HR", tmp_path / "HR")
    path = tmp_path / "HR" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = check(tmp_path / "HR", today=TODAY, terminology=terminology())
    named = [
        one for one in found if one.rule.startswith(rule) and one.key == key and one.severity == severity
    ]
    assert named, [str(one) for one in found]
    assert named[0].line > 0 and named[0].expected and named[0].got


def test_waiver_ends() -> None:
    """Defends the waivers: one that has ended is an error."""
    found = check(PACKS / "CZ", today=date(2029, 1, 1))
    assert [one.rule for one in found] == ["P-18 deviations"]


def test_unreadable_pack(tmp_path: Path) -> None:
    """Defends that a pack that cannot be read gives one finding instead of an exception."""
    (tmp_path / "country.toml").write_text("code = 1", encoding="utf-8")
    found = check(tmp_path, today=TODAY)
    assert len(found) == 1 and found[0].rule.startswith("P-00")
    assert "country.toml" in str(found[0])


def test_findings_name_no_identity() -> None:
    """Defends that a complaint about an identifier does not print it."""
    persona = countries.load("HR").persona("HR-1")
    for one in check(PACKS / "HR", today=TODAY):
        assert (persona.primary_identifier.extension or "") not in str(one)
