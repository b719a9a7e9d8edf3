"""The documents of a persona: levels, identifiers, times, the same bytes every time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import cache

import pytest

import countries
from countries.documents import SummaryDocument, _documents, document_ids, documents_of
from countries.loading import PACKS
from ehdsi.cda.parse import parse
from ehdsi.errors import LocalError
from ehdsi.oids import ATC, ICD_10
from ehdsi.terminology import Terminology, load, transcode_summary, translate_summary

NOW = datetime(2026, 3, 2, 10, 20, 30, tzinfo=UTC)


@cache
def terminology() -> Terminology:
    """The catalogue that comes with the project."""
    return load(PACKS.parent / "terminology")


def documents(code: str, key: str, now: datetime = NOW) -> tuple[SummaryDocument, ...]:
    """The documents of one persona."""
    country = countries.load(code)
    return documents_of(country, country.persona(key), terminology(), now)


def test_three_documents() -> None:
    """Defends what there is: pivot and original of level 3, the PDF of level 1, linked both ways."""
    l3, l1, original = documents("HR", "HR-3")
    assert [(d.level, d.form) for d in (l3, l1, original)] == [(3, "pivot"), (1, "pivot"), (3, "friendly")]
    assert l3.related_ids == (l1.unique_id,) and l1.related_ids == (l3.unique_id,)
    assert len({d.unique_id for d in (l3, l1, original)}) == 3
    assert len({d.set_id for d in (l3, l1, original)}) == 1


def test_the_level_1_document() -> None:
    """Defends the PDF inside the level 1 document, and that its header is the same person's."""
    l3, l1, _ = documents("HR", "HR-3")
    read = parse(l1.content)
    assert read.header.level == 1
    assert read.header.identifier == l1.unique_id
    assert read.attachment is not None and read.attachment.data.startswith(b"%PDF-")
    assert read.header.patient.identifiers == parse(l3.content).header.patient.identifiers


def test_same_hour_same_bytes() -> None:
    """Defends determinism: built anew in the same hour, a document has the same bytes."""
    first = documents("LU", "LU-4")[0].content
    _documents.cache_clear()
    assert documents("LU", "LU-4", NOW + timedelta(minutes=30))[0].content == first


def test_creation_time() -> None:
    """Defends both kinds of documents: put together on demand (hour of the call), stored (their own date)."""
    assert documents("HR", "HR-1")[0].creation_time == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert documents("LU", "LU-1")[0].creation_time == datetime(2025, 2, 24, tzinfo=UTC)
    paris = NOW.astimezone(timezone(timedelta(hours=1)))
    assert documents("HR", "HR-1", paris)[0].creation_time == datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_naive_time_is_refused() -> None:
    """Defends against a clock without a zone."""
    with pytest.raises(LocalError, match="zone"):
        documents("HR", "HR-1", datetime(2026, 3, 2))


def test_no_summary_no_documents() -> None:
    """Defends ES-4, who has nothing at home."""
    assert documents("ES", "ES-4") == ()


def test_pivot_keeps_the_national_concept() -> None:
    """Defends transcoding with a real pack: MVC code and English outside, national code and words inside."""
    summary = parse(documents("CZ", "CZ-1")[0].content)
    problems = summary.section("11450-4")
    assert problems is not None
    value = problems.entries[0].value  # type: ignore[attr-defined]
    assert (value.code, value.code_system, value.display_name) == (
        "I25.2",
        ICD_10,
        "Old myocardial infarction",
    )
    national = value.translations[0]
    assert (national.code, national.display_name) == ("I252", "Starý infarkt myokardu")


def test_original_keeps_national_codes() -> None:
    """Defends the national original: no pivot code where the country has its own."""
    summary = parse(documents("MT", "MT-1")[2].content)
    section = summary.section("10160-0")
    assert section is not None
    assert section.entries[0].product.classes[0].code_system != ATC  # type: ignore[attr-defined]


def test_unmapped_codes_are_reported() -> None:
    """Defends MT-5: what has no eHDSI code is said, and stays in the document as a national concept."""
    pivot = documents("MT", "MT-5")[0]
    assert {issue.element for issue in pivot.issues} >= {"Problem.value", "Ingredient.code"}
    problems = parse(pivot.content).section("11450-4")
    assert problems is not None
    value = problems.entries[1].value  # type: ignore[attr-defined]
    assert value.null_flavor == "OTH" and value.translations[0].code == "MTX-0417"


def test_identifiers_by_the_packs_scheme() -> None:
    """Defends the identifier schemes: they come from the pack and from the patient alone."""
    malta = countries.load("MT")
    ids = document_ids(malta, malta.persona("MT-1"))
    assert (ids.l3.root, ids.l3.extension) == (malta.oids.home_community, "9999051M.1")
    assert ids.l1.extension == "9999051M.2"


@pytest.mark.parametrize("code", countries.codes())
def test_every_coded_term_has_french_words(code: str) -> None:
    """Defends the choice of codes: whatever a persona's pivot document says in code can be said in French."""
    country = countries.load(code)
    for persona in country.personas:
        if persona.summary is None:
            continue
        pivot = transcode_summary(persona.summary, country.code_map, terminology()).summary
        translated = translate_summary(pivot, terminology())
        assert (translated.errors, translated.warnings) == ((), ()), persona.key


def test_only_the_unmapped_personas_have_issues() -> None:
    """Defends the mappings of all packs: transcoding has nothing to say, except for MT-5 and its twin."""
    talkative = {
        persona.key
        for country in countries.load_all()
        for persona in country.personas
        for document in documents_of(country, persona, terminology(), NOW)
        if document.issues
    }
    assert talkative == {"CY-5", "MT-5", "MT-5B"}
