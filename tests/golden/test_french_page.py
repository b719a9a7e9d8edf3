"""The 17 foreign documents as French pages: well formed, and named by an imported catalogue."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ehdsi.cda.parse import parse_element
from ehdsi.terminology import Terminology, import_catalogue, load
from ehdsi.xml import parse as parse_xml
from sesali.french import french_view, render_page
from tests.reference import reference

from .test_reference_documents import DOCUMENTS

FOLDER = Path(__file__).parents[2] / "fixtures" / "terminology"
STORE = load(FOLDER)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.reference
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_real_document_gives_a_well_formed_page(name: str) -> None:
    """Unique anchors, one heading of the first level, no empty cell, no raw flavour."""
    root = parse_xml(reference("documents", name).read_bytes(), large_text=True)
    html = render_page(french_view(parse_element(root), STORE, NOW))
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids)) and html.count("<h1") == 1
    ours = re.sub(r'<details class="recit".*?</details>', "", html, flags=re.S)
    assert not re.search(r"<t[dh][^>]*>\s*</t[dh]>", ours)
    assert not re.search(r'<div class="l[^"]*">\s*</div>', html)


@pytest.mark.reference
def test_an_imported_catalogue_names_what_the_fixtures_do_not() -> None:
    """With the whole value sets loaded, an untranslated code still has its English words."""
    urls = {system.url: system.oid for system in STORE.code_systems.values()}
    rows = import_catalogue(reference("mvc-8.1.0.tsv"), systems=urls, source="MVC")
    store = load(FOLDER, overrides=[rows])
    assert len(rows) > 39_000 and len(store) > 36_000
    assert store.display("1.3.6.1.4.1.12559.11.10.1.3.1.44.2", "Q99.9", "en-GB")
    assert (
        isinstance(store, Terminology)
        and store.display("1.3.6.1.4.1.12559.11.10.1.3.1.44.2", "I10", "fr-FR")
        == "Hypertension essentielle (primitive)"
    )
