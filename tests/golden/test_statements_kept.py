"""Nothing is lost in reading: every clinical statement of the 17 documents is in the model, counted a second
way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ehdsi.cda.build import build
from ehdsi.cda.parse import parse_element
from ehdsi.xml import parse as parse_xml
from tests.reference import reference
from tests.samples import rich_summary
from tests.statements import missing, statements

from .test_reference_documents import DOCUMENTS


@pytest.mark.reference
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_statement_of_a_real_document_is_in_the_model(name: str) -> None:
    """The extraction shares no code with the reader; one missing code, date or dose fails."""
    root = parse_xml(reference("documents", name).read_bytes(), large_text=True)
    said = statements(root)
    assert len(said) > 10 or name.endswith("-L1.xml")
    assert missing(said, parse_element(root)) == []


def test_every_statement_of_our_richest_document_is_in_the_model() -> None:
    """What our own builder writes must be kept just as completely, every kind of entry included."""
    root = parse_xml(build(rich_summary()))
    said = statements(root)
    assert len(said) > 300
    assert missing(said, parse_element(root)) == []


def test_the_extraction_notices_what_is_missing() -> None:
    """A proof that cannot fail proves nothing: a lost code, a changed time and a lost entry are reported."""
    root = parse_xml(build(rich_summary()))
    said, read = statements(root), parse_element(root)
    for number, section in enumerate(read.sections):
        if not section.entries:
            continue
        poorer = replace(section, entries=section.entries[1:])
        changed = replace(read, sections=(*read.sections[:number], poorer, *read.sections[number + 1 :]))
        assert missing(said, changed), section.code
