"""Our schema of the patient summary beside the official one: same verdict, or a difference with a known
reason."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator

import pytest
from lxml import etree

from ehdsi.cda.build import build
from ehdsi.rules.schema import first_break, is_valid, validate
from ehdsi.xml import XmlElement
from ehdsi.xml import parse as parse_xml
from tests.reference import reference
from tests.samples import absence_summary, pdf_summary, rich_summary

from .test_reference_documents import DOCUMENTS

#: Where ours is open on purpose: values of structural attributes, judged by nobody who reads a summary.
OPEN_ATTRIBUTES = (
    "classCode",
    "moodCode",
    "typeCode",
    "determinerCode",
    "contextControlCode",
    "ID",
    "operator",
)
ATTRIBUTES = ("code", "codeSystem", "value", "unit", "nullFlavor", "root", "displayName", "extra")
VALUES = ("", "a b", "x", "1.2.3", "20200101", "2020-01-01", "UNC", "UNK", "9.9", "1.02.3")


@pytest.fixture(scope="module")
def official() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(reference("schemas", "cda-2022", "CDA_Pharma.xsd")))


@pytest.mark.reference
@pytest.mark.parametrize("name", DOCUMENTS)
def test_same_verdict_on_real_documents(name: str, official: etree.XMLSchema) -> None:
    """A document that the official schema accepts must not be refused by ours, nor the reverse."""
    root = parse_xml(reference("documents", name).read_bytes(), large_text=True)
    assert is_valid(root, "cda") == official.validate(root)


def _mutated(source: XmlElement, rng: random.Random) -> XmlElement | None:
    """A copy with one element dropped, doubled, moved before its sibling, renamed, filled or given an
    attribute."""
    root = copy.deepcopy(source)
    element = rng.choice([node for node in root.iter() if node.getparent() is not None])
    parent = element.getparent()
    match rng.choice(("drop", "double", "swap", "set", "unset", "fill", "rename")):
        case "drop":
            parent.remove(element)
        case "double":
            parent.insert(parent.index(element), copy.deepcopy(element))
        case "swap":
            parent.insert(max(parent.index(element) - 1, 0), element)
        case "set":
            element.set(rng.choice(ATTRIBUTES), rng.choice(VALUES))
        case "unset":
            names = [name for name in element.attrib if name not in OPEN_ATTRIBUTES]
            if not names:
                return None
            del element.attrib[rng.choice(names)]
        case "fill":
            element.text = "zzz"
        case "rename":
            element.tag = "{urn:hl7-org:v3}" + rng.choice(
                ("code", "value", "text", "id", "low", "observation")
            )
    return root


def _mutants(number: int) -> Iterator[XmlElement]:
    rng = random.Random(20250304)
    sources = [parse_xml(build(made)) for made in (rich_summary(), absence_summary(), pdf_summary())]
    for _ in range(number):
        mutant = _mutated(rng.choice(sources), rng)
        if mutant is not None:
            yield mutant


@pytest.mark.reference
def test_same_verdict_on_broken_documents(official: etree.XMLSchema) -> None:
    """Of some hundred documents broken in one place, ours and the official schema refuse the same ones."""
    verdicts = [(is_valid(mutant, "cda"), official.validate(mutant)) for mutant in _mutants(400)]
    assert sum(not official_verdict for _, official_verdict in verdicts) > 150
    differing = sum(ours != theirs for ours, theirs in verdicts)
    assert differing <= 2, f"{differing} of {len(verdicts)} verdicts differ"


@pytest.mark.parametrize("made", [rich_summary, absence_summary, pdf_summary])
def test_what_we_build_is_valid_under_our_schema(made: object) -> None:
    """Our builder and our schema are written from the same specification and must agree."""
    assert validate(parse_xml(build(made())), "cda") == ()


def test_a_break_is_explained_with_place_and_without_values() -> None:
    """The person who has to mend the document needs the element; the patient's data must not be in the
    text."""
    root = parse_xml(build(absence_summary()))
    birth = next(root.iter("{urn:hl7-org:v3}birthTime"))
    birth.set("value", "1961-02-03")
    findings = validate(root, "cda")
    assert any("birthTime" in finding.xpath for finding in findings)
    assert not any("1961-02-03" in finding.message + finding.got for finding in findings)
    broken = first_break(root, "cda")
    assert broken is not None and "1961-02-03" not in broken.message
