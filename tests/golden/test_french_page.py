"""The 17 foreign documents on the French page: every statement of theirs is there, found in a second way."""

from __future__ import annotations

import html as entities
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from countries import load_all
from ehdsi.cda.datatypes import Time
from ehdsi.cda.parse import parse_element
from ehdsi.terminology import Terminology, import_catalogue, load, transcode_summary
from ehdsi.xml import parse as parse_xml
from sesali.french import french_view, render_page, render_text
from sesali.french.dates import moment
from sesali.french.quantities import number
from sesali.french.summary import terms_of
from sesali.french.words import EVENTS, MONTHS, STATUS
from tests.reference import reference
from tests.statements import Statement, statements

from .test_reference_documents import DOCUMENTS

FOLDER = Path(__file__).parents[2] / "fixtures" / "terminology"
STORE = load(FOLDER)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def visible(html: str) -> str:
    """Text of a page, spaces made plain, without the style."""
    body = html[html.index("<body") :]
    text = entities.unescape(re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ").replace("\u202f", " ")
    return fold(text)


def fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def shown(statement: Statement, text: str) -> bool:
    """Whether the page says what the statement says, in whatever form the page says such things."""
    said = statement.said
    if statement.kind == "negation":
        return "absence de" in text or "non réalis" in text
    if statement.kind == "status":
        return STATUS.get(said[0], said[0]) in text
    if statement.kind == "number":
        return _number_shown(said, text)
    if statement.kind == "code":
        return fold(said[0]) in text or _named(said, text)
    return fold(said[0]) in text


def _named(said: tuple[str, ...], text: str) -> bool:
    """Timing events, flavours and the like are shown by words alone."""
    return EVENTS.get(said[0], "\0").split(" ", 1)[-1] in text


def _number_shown(said: tuple[str, ...], text: str) -> bool:
    value = said[0]
    found = moment(Time(value=value)) if re.fullmatch(r"\d{4,14}(\.\d+)?([+-]\d{4})?", value) else None
    if found is not None and len(value) >= 4:
        words = " ".join(
            filter(
                None,
                [
                    ("1er" if found.day == 1 else str(found.day)) if found.day else "",
                    MONTHS[found.month - 1] if found.month else "",
                    str(found.year),
                ],
            )
        )
        if words in text or (found.day and f"du {words.split(' ')[0]} " in text):
            return True
    spaced = {number(value), number(value, trim=True)}
    # Frequencies are said in words: « 3 fois par jour », « une fois par semaine », « un jour sur deux ».
    return (
        any(n.replace("\u202f", " ") in text for n in spaced)
        or value in ("1", "true", "false")
        or (len(said) == 2 and said[1] in ("h", "d", "wk") and ("par jour" in text or "par semaine" in text))
    )


@pytest.mark.reference
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_statement_of_a_real_document_is_on_the_page(name: str) -> None:
    """The extraction shares no code with reader or page: what it finds and the page lacks was lost."""
    root = parse_xml(reference("documents", name).read_bytes(), large_text=True)
    view = french_view(parse_element(root), STORE, NOW)
    text = visible(render_page(view))
    lost = [statement for statement in statements(root) if not shown(statement, text)]
    assert lost == []
    assert render_text(view).strip()


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
    assert not re.search(r'<div class="l">\s*</div>', html)


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


def test_every_coded_term_of_every_persona_is_in_french() -> None:
    """The seven packs are the promise: no code without French words, none French by accident of spelling."""
    foreign: set[tuple[str, str]] = set()
    count = 0
    for country in load_all():
        for persona in country.personas:
            if persona.summary is None:
                continue
            pivot = transcode_summary(persona.summary, country.code_map, STORE)
            assert pivot.errors == (), (persona.key, [issue.text for issue in pivot.errors])
            for row in french_view(pivot.summary, STORE, NOW).rows():
                terms = terms_of(row) + [detail.term for detail in row.details if detail.term]
                coded = [term for term in terms if term.trace is not None and term.trace.wordings]
                count += len(coded)
                foreign |= {(persona.key, t.text) for t in coded if t.untranslated and t.source != "free"}
                assert all(term.trace.source for term in coded if term.source == "french" and term.trace)
    assert count > 800
    # The persona made to show what happens without a mapping, in its two variants.
    assert {key for key, _ in foreign} <= {"MT-5", "MT-5B"}
    assert {text for _, text in foreign} == {
        "Herbal cough linctus",
        "Local diagnosis MTX-0417 (no equivalent)",
    }
