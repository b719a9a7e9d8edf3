"""Every document of every persona against the foreign schema and the foreign value sets."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from functools import cache

import pytest
from lxml import etree

import countries
from countries.codes import LISTS
from countries.documents import documents_of
from countries.loading import PACKS
from ehdsi.cda.parse import parse
from ehdsi.oids import value_set
from ehdsi.terminology import load
from ehdsi.terminology.code_map import WITHOUT_TARGET
from tests.reference import reference

pytestmark = pytest.mark.reference

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)

#: Value sets that the foreign catalogue does not hold; codes of these are checked by our own store alone.
NOT_IN_CATALOGUE = {31, 34, 47, 48, 49, 50, 51}

#: One patient per country whose PDF is built, too; building all of them would take seconds.
PRINTED = {"CZ-2", "EE-5", "ES-2", "HR-3", "LU-3", "MT-3", "PT-1"}


@cache
def schema() -> etree.XMLSchema:
    """The CDA schema with the pharmacy extension."""
    return etree.XMLSchema(etree.parse(str(reference("schemas", "cda-2022", "CDA_Pharma.xsd"))))


@cache
def catalogue() -> dict[str, set[str]]:
    """Codes by value set, from the foreign master catalogue."""
    members: dict[str, set[str]] = {}
    with reference("mvc-8.1.0.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            members.setdefault(row["oid"], set()).add(row["code"])
    return members


@pytest.mark.parametrize("code", countries.codes())
def test_documents_are_valid_and_readable(code: str) -> None:
    """Defends that what the packs give is valid CDA in every form, and that our reader bends nothing in it."""
    terminology = load(PACKS.parent / "terminology")
    country = countries.load(code)
    for persona in country.personas:
        for document in documents_of(country, persona, terminology, NOW):
            if document.level == 1 and persona.key not in PRINTED:
                continue
            root = etree.fromstring(document.content, etree.XMLParser(huge_tree=True))
            assert schema().validate(root), (persona.key, document.form, str(schema().error_log)[:500])
            bent = [remark.kind for remark in parse(document.content).remarks]
            assert not bent, (persona.key, document.level, bent)


@pytest.mark.parametrize("code", countries.codes())
def test_pivot_codes_are_in_the_master_catalogue(code: str) -> None:
    """Defends the mappings: every target is in one of its value sets of the foreign catalogue."""
    for row in countries.load(code).codes.rows:
        sets = [number for number in LISTS[row.list] if number not in NOT_IN_CATALOGUE]
        if sets and row.kind not in WITHOUT_TARGET:
            assert any(row.pivot_code in catalogue()[value_set(number)] for number in sets), (
                row.list,
                row.code,
            )
