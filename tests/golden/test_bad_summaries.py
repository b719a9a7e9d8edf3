"""Bad input on its way to the page: each kind is named, none crashes, none is shown as if complete."""

from __future__ import annotations

import base64
import copy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehdsi.cda.build import build
from ehdsi.cda.datatypes import Identifier
from ehdsi.cda.parse import parse, parse_element
from ehdsi.errors import PeerError
from ehdsi.rules import RuleContext, check
from ehdsi.terminology import load
from ehdsi.xml import parse as parse_xml
from sesali.french import french_view, render_page, render_text
from tests.mutations import source
from tests.property.test_cda_parse import damage, damaged
from tests.samples import pdf_summary

STORE = load(Path(__file__).parents[2] / "fixtures" / "terminology")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CDA = b'<ClinicalDocument xmlns="urn:hl7-org:v3">%s</ClinicalDocument>'


def page(data: bytes) -> str:
    """The page of a document."""
    return render_page(french_view(parse(data), STORE, NOW))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7", "XML"),
        (b"<html/>", "not a CDA document"),
        (CDA % b'<code code="57833-6"/>', "not a patient summary"),
        (CDA % b"", "not a patient summary"),
        (b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>', "document type declaration"),
        (b"<a>" * 100_000, ""),
        (b'<?xml version="1.0" encoding="utf-99"?><a/>', ""),
    ],
)
def test_what_is_no_summary_is_refused_by_name(data: bytes, words: str) -> None:
    """A refusal must say what came instead, and never quote what stood in it."""
    with pytest.raises(PeerError) as refusal:
        parse(data)
    assert words.casefold() in str(refusal.value).casefold()


def test_the_wrong_patient_inside_is_found() -> None:
    """The document of another person must never be shown under this one's name."""
    context = RuleContext(now=NOW, patient_id=Identifier(root="2.999", extension="somebody else"))
    assert "PS-012" in {finding.rule for finding in check(parse_xml(source()), context)}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no pdf at all", "se dit PDF"),
        (b"%PDF-1.7 /OpenAction 3 0 R /S /JavaScript", "actions automatiques"),
        (b"%PDF-1.7 /AA << /O 4 0 R >> /JS (app.alert(1))", "actions automatiques"),
        (b"", "vide"),
    ],
)
def test_a_bad_pdf_is_said_on_the_page(data: bytes, words: str) -> None:
    """The clinician must know that there is an original which could not be offered, and why."""
    shown = page(build(pdf_summary(data)))
    assert words in shown and "n’a pas pu être lue entièrement" in shown


def test_a_pdf_that_says_where_to_look_first_is_offered() -> None:
    """Most writers put a destination into /OpenAction; treating it as active would hide every original."""
    assert parse(build(pdf_summary(b"%PDF-1.7 /OpenAction [3 0 R /Fit]"))).remarks == ()


def test_text_that_is_not_base64_is_said() -> None:
    """A truncated original is named, not offered as an empty file."""
    data = build(pdf_summary(b"%PDF-1.7 x"))
    broken = data.replace(base64.b64encode(b"%PDF-1.7 x"), b"***")
    assert broken != data and "illisible (codage)" in page(broken)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b'ID="s1e1-4"', b'ID="s1e1-2"', "PS-035"),
        (b'value="#s1e1-4"', b'value="#nowhere"', "PS-034"),
        (b'codeSystem="2.16.840.1.113883.6.73"', b'codeSystem="2.16.840.1.113883.6.1"', ""),
        (b'languageCode code="hr-HR"', b'languageCode code="croatian"', "PS-011"),
    ],
)
def test_broken_links_and_systems_are_named_and_the_page_stays(old: bytes, new: bytes, rule: str) -> None:
    """A reader must get what can be read, the validator the name of what is wrong."""
    data = source()
    assert old in data
    changed = data.replace(old, new)
    root = parse_xml(changed)
    before = [finding.rule for finding in check(parse_xml(data), RuleContext(now=NOW))]
    after = [finding.rule for finding in check(root, RuleContext(now=NOW))]
    assert not rule or after.count(rule) > before.count(rule)
    assert "Allergies" in page(changed)
    assert rule or "non traduit" in page(changed)


def test_a_summary_in_another_language_than_it_says_is_still_marked() -> None:
    """Mixed languages: foreign words must never be passed off as French."""
    summary = parse(source())
    mixed = replace(summary, header=replace(summary.header, language="de-LU"))
    terms = render_page(french_view(mixed, STORE, NOW))
    assert 'lang="de-LU"' in terms or "lang=de-LU" in terms


def test_an_incomplete_page_says_so_before_anything_else() -> None:
    """The safety rule: the banner stands before the alerts, and points to the original."""
    root = parse_xml(source())
    entry = root.find(".//{urn:hl7-org:v3}entry")
    assert entry is not None
    entry[0].tag = "{urn:hl7-org:v3}encounter"
    view = french_view(parse_element(root), STORE, NOW)
    shown = render_page(view)
    assert view.original_first
    assert 0 < shown.index("Lisez d’abord l’original") < shown.index('id="alertes"')
    assert "ATTENTION" in render_text(view).split("ALERTES")[0]


ROOT = parse_xml(source())


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(damage, min_size=1, max_size=6))
def test_no_damage_breaks_the_way_to_the_page(steps: list[tuple[int, str, int, str, str, str]]) -> None:
    """Whatever is dropped, moved, renamed or filled: our own errors or a page, through every stage."""
    root = copy.deepcopy(ROOT)
    for step in steps:
        damaged(root, step)
    try:
        summary = parse_element(root)
    except PeerError:
        return
    check(root, RuleContext(now=NOW, form="pivot", members=STORE.member))
    view = french_view(summary, STORE, NOW)
    assert "</html>" in render_page(view)
    assert render_text(view)
