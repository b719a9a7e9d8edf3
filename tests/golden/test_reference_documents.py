"""Real documents of other people: each is read completely, with its words, levels, traits and oddities."""

from __future__ import annotations

import pytest

from ehdsi.cda.datatypes import NarrativeNode
from ehdsi.cda.model import PatientSummary, Section, UnreadEntry
from ehdsi.cda.parse import parse, parse_element
from ehdsi.xml import parse as parse_xml
from tests.reference import FOLDER, reference

DOCUMENTS = sorted(path.name for path in (FOLDER / "documents").glob("*.xml")) if FOLDER.is_dir() else []

pytestmark = pytest.mark.reference


def summary(name: str) -> PatientSummary:
    return parse(reference("documents", name).read_bytes())


def sections_of(sections: tuple[Section, ...]) -> list[Section]:
    return [found for section in sections for found in (section, *sections_of(section.subsections))]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_read_without_unread_entries(name: str) -> None:
    """A statement that the reader does not understand would show as an unread entry."""
    found = [entry for section in sections_of(summary(name).sections) for entry in section.entries]
    unread = [entry for entry in found if isinstance(entry, UnreadEntry)]
    assert not unread, [(entry.reason, entry.origin) for entry in unread]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_entry_element_leaves_an_entry_or_a_remark(name: str) -> None:
    """No ``entry`` may vanish: each gives at least one value, or a remark about its emptiness."""
    root = parse_xml(reference("documents", name).read_bytes(), large_text=True)
    read = parse_element(root)
    places = {
        entry.origin.path
        for section in sections_of(read.sections)
        for entry in section.entries
        if entry.origin
    }
    elements = root.findall(".//{urn:hl7-org:v3}entry")
    entries_read = {
        place.partition("/entry")[0] + place[place.index("/entry") :].split("/")[1] for place in places
    }
    assert len(entries_read) == len(elements)


def _words(node: NarrativeNode) -> list[str]:
    found: list[str] = []
    for child in node.children:
        found.extend(child.split() if isinstance(child, str) else _words(child))
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_word_of_the_narrative_is_kept(name: str) -> None:
    """The narrative is what the author signed: all its words must be there, in order."""
    root = parse_xml(reference("documents", name).read_bytes(), large_text=True)
    read = sections_of(parse_element(root).sections)
    texts = root.findall(".//{urn:hl7-org:v3}section/{urn:hl7-org:v3}text")
    expected = [[word for chunk in text.itertext() for word in chunk.split()] for text in texts]
    assert [_words(section.narrative) for section in read if section.narrative is not None] == expected


def test_level_1_holds_the_pdf() -> None:
    """The original PDF of a level 1 document comes out as bytes, and the header is read as at level 3."""
    read = summary("0245791M-L1.xml")
    assert read.header.level == 1
    assert read.attachment is not None and read.attachment.data.startswith(b"%PDF-")
    assert read.attachment.media_type == "application/pdf"
    assert read.header.patient.identifiers


def test_both_generations_of_the_extension_give_the_same_product() -> None:
    """A medication of wave 3 (epSOS extension) must not come out emptier than one of wave 6."""
    for name, legacy in (("openncp-2-1234-W3.xml", True), ("PS_L3_W6.xml", False)):
        section = summary(name).section("10160-0")
        assert section is not None
        products = [entry.product for entry in section.entries if hasattr(entry, "product")]
        assert products and all(product.legacy_extension is legacy for product in products)
        assert all(ingredient.code and ingredient.strength for p in products for ingredient in p.ingredients)


def test_absence_statements_of_the_patient_without_conditions() -> None:
    """Known absence and no information are statements of their own, not medications, allergies or
    problems."""
    read = summary("openncp-2-5678-W6.xml")
    kinds = [type(entry).__name__ for section in read.sections for entry in section.entries]
    assert kinds == ["AbsenceStatement"] * 5


def test_a_repeated_id_and_a_dangling_reference_are_remarked() -> None:
    """The validator and the page must be able to say that words could not be linked."""
    kinds = {remark.kind for remark in summary("openncp-2-BAD-MAPPING.xml").remarks}
    assert {"repaired", "dangling"} <= kinds
