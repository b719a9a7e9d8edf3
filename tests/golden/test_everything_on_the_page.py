"""Nothing is lost on the way to the page: each statement of each document is in the row of its entry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from countries import Country, Persona, load_all
from ehdsi.cda.build import build
from ehdsi.cda.model import PatientSummary, Product
from ehdsi.cda.parse import parse, parse_element
from ehdsi.terminology import Terminology, load, transcode_summary
from ehdsi.terminology.code_map import WITHOUT_TARGET
from ehdsi.xml import parse as parse_xml
from sesali.french import FrenchSummary, french_view, render_page, render_text
from sesali.french.summary import terms_of
from sesali.french.view import Term
from tests.page_proof import fold, prove, unread_narratives
from tests.reference import reference
from tests.samples import rich_summary
from tests.statements import values

from .test_reference_documents import DOCUMENTS

STORE = load(Path(__file__).parents[2] / "fixtures" / "terminology")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def pivots() -> Iterator[tuple[Country, Persona, PatientSummary]]:
    """The pivot summaries of all personas that have one."""
    for country in load_all():
        for persona in country.personas:
            if persona.summary is not None:
                yield country, persona, transcode_summary(persona.summary, country.code_map, STORE).summary


@pytest.mark.reference
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_statement_of_a_real_document_stands_in_its_row(name: str) -> None:
    """Extraction and page share no code: what a clinician could not read in the row of its entry was lost."""
    root = parse_xml(reference("documents", name).read_bytes(), large_text=True)
    view = french_view(parse_element(root), STORE, NOW)
    page = render_page(view)
    assert prove(root, page).missing == []
    assert unread_narratives(root, page) == []
    assert view.attachment_size or prove(root, page).looked_for > 10
    assert render_text(view).strip()


def test_every_statement_of_every_persona_stands_in_its_row() -> None:
    """What our own packs say must survive transcoding, writing, reading and translating."""
    looked_for = 0
    for _, persona, pivot in pivots():
        data = build(pivot)
        proof = prove(parse_xml(data), render_page(french_view(parse(data), STORE, NOW)))
        assert proof.missing == [], persona.key
        looked_for += proof.looked_for
    assert looked_for > 2000


def test_every_statement_of_the_richest_summary_stands_in_its_row() -> None:
    """Every kind of entry and every field of the model, at least once."""
    data = build(rich_summary())
    proof = prove(parse_xml(data), render_page(french_view(parse(data), STORE, NOW)))
    assert proof.missing == [] and proof.looked_for > 300


def test_the_proof_notices_a_statement_in_the_wrong_row() -> None:
    """Words that stand elsewhere on the page must not count: a page without panels' places proves nothing."""
    data = build(rich_summary())
    page = render_page(french_view(parse(data), STORE, NOW))
    moved = page.replace("section/entry[1]", "section/entry[9]")
    assert len(prove(parse_xml(data), moved).missing) > 20


def coded_terms(view: FrenchSummary) -> Iterator[Term]:
    """All terms of a page that were made of a code, in rows and in panels."""
    for row in view.rows():
        for term in terms_of(row) + [detail.term for detail in row.details if detail.term]:
            if term.trace is not None and any(wording.code for wording in term.trace.wordings):
                yield term


def test_every_coded_term_of_every_persona_is_in_french() -> None:
    """A French designation must have been found by code, never a text that happens to be spelt the same.

    Left in the original: names of products, and the concepts that a pack itself declares to be unmapped.
    """
    found = 0
    for country, persona, pivot in pivots():
        unmapped = {
            fold(mapping.national_display)
            for mapping in country.code_map.mappings
            if mapping.kind in WITHOUT_TARGET
        }
        products = {p.code.display_name for p in values(pivot) if isinstance(p, Product) and p.code}
        for term in coded_terms(french_view(pivot, STORE, NOW)):
            if term.source == "french":
                assert term.trace is not None and term.trace.source, (persona.key, term.text)
                found += 1
            elif term.source == "sent":
                assert term.text in products, (persona.key, term.text)
            elif term.source != "flavour":
                assert fold(term.text) in unmapped, (persona.key, term.text, term.source)
    assert found > 3000


def test_french_words_equal_to_the_original_come_from_a_designation() -> None:
    """« Asthme » beside « Asthme » is right only where the store holds it; without it, it is foreign."""
    empty = Terminology([], code_systems=STORE.code_systems.values())
    for _, persona, pivot in pivots():
        for term in coded_terms(french_view(pivot, empty, NOW)):
            assert term.source != "french", (persona.key, term.text)
