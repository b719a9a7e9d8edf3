"""Every document of every persona against the foreign schema and the foreign value sets."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from io import BytesIO

import pytest
from lxml import etree
from pypdf import PdfReader

import countries
from countries import Persona
from countries.codes import LISTS
from countries.documents import SummaryDocument, documents_of
from countries.loading import PACKS
from ehdsi.cda.parse import parse
from ehdsi.oids import value_set
from ehdsi.search_mask import build_mask, parse_mask
from ehdsi.terminology import load
from ehdsi.terminology.code_map import WITHOUT_TARGET
from ehdsi.xml import parse as parse_xml
from ehdsi.xml import serialise
from tests.reference import reference

pytestmark = pytest.mark.reference

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)

#: Value sets that the foreign catalogue does not hold; codes of these are checked by our own store alone.
NOT_IN_CATALOGUE = {31, 34, 47, 48, 49, 50, 51}


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
    """Defends that what the packs give is valid CDA in both forms, and that our reader bends nothing."""
    for persona, document in documents(code, level=3):
        assert schema().validate(tree(document)), (persona.key, str(schema().error_log)[:500])
        assert parse(document.content).remarks == (), (persona.key, document.form)


@pytest.mark.parametrize("code", countries.codes())
def test_level_1_is_valid_and_names_the_patient(code: str) -> None:
    """Defends every level 1 document: valid CDA around a PDF that shows the name in its own letters."""
    for persona, document in documents(code, level=1):
        assert schema().validate(tree(document)), (persona.key, str(schema().error_log)[:500])
        attachment = parse(document.content).attachment
        assert attachment is not None and attachment.media_type == "application/pdf"
        page = PdfReader(BytesIO(attachment.data)).pages[0].extract_text()
        shown = "".join(page.split())
        for part in (*persona.name.family, *persona.name.given):
            assert "".join(part.split()) in shown, persona.key


def documents(code: str, level: int) -> Iterator[tuple[Persona, SummaryDocument]]:
    """All documents of one level of all personas of a country."""
    terminology = load(PACKS.parent / "terminology")
    country = countries.load(code)
    for persona in country.personas:
        for document in documents_of(country, persona, terminology, NOW):
            if document.level == level:
                yield persona, document


def tree(document: SummaryDocument) -> etree._Element:
    """The document as the schema validator wants it."""
    return etree.fromstring(document.content, etree.XMLParser(huge_tree=True))


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


@pytest.mark.parametrize("code", countries.codes())
def test_search_masks_are_valid(code: str) -> None:
    """Defends that each mask is valid under the foreign schema and is read back as it was meant."""
    mask = countries.load(code).search_mask
    foreign = etree.XMLSchema(etree.parse(str(reference("schemas", "smp", "ehdsi-ism-2023.xsd"))))
    element = build_mask(mask)
    assert foreign.validate(element), str(foreign.error_log)[:500]
    read = parse_mask(parse_xml(serialise(element)))
    assert read == mask
    assert not [finding for finding in read.findings if finding.severity == "error"]
