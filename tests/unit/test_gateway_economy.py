"""What the gateway saves must not change what it says: one verdict of the schema, no memory of documents."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from ehdsi import oids
from ehdsi.cda.build import build
from ehdsi.cda.datatypes import Coded
from ehdsi.rules import RuleContext, check
from ehdsi.terminology import Terminology
from ehdsi.terminology.store import CatalogueRow
from ehdsi.xml import parse as parse_xml
from ncpeh.long_running import settle
from sesali.french.concepts import concepts_of
from sesali.french.terms import LANGUAGES, Labeller
from sesali.judging import document_judge
from tests.samples import rich_summary
from tests.unit.test_exchange_http import courier, post

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STORE = Terminology([[CatalogueRow(system=oids.ICD_10, code="J45", language="fr", text="Asthme")]])
BROKEN = build(rich_summary()).replace(b"<custodian", b"<custodiam").replace(b"</custodian", b"</custodiam")


def test_a_judge_says_both_what_the_schema_and_what_its_rule_found() -> None:
    """A document that breaks the schema is not taken for valid because the schema was asked once only."""
    found = {finding.rule for finding in document_judge(STORE, lambda: NOW)(BROKEN, parse_xml(BROKEN))}
    assert {"XSD-CDA", "PS-067"} <= found


@pytest.mark.parametrize(("context", "speaks"), [
    (RuleContext(), True), (RuleContext(valid=False), True), (RuleContext(valid=True), False)])
def test_the_rule_about_the_schema_believes_a_verdict_that_was_given(context: RuleContext, speaks: bool
                                                                     ) -> None:
    """Without a verdict the rule asks the schema itself; with one it does not ask again."""
    assert any(finding.rule == "PS-067" for finding in check(parse_xml(BROKEN), context)) is speaks


def test_codes_that_the_terminology_does_not_hold_are_not_remembered() -> None:
    """A thousand documents full of invented codes fill no memory, in the store or beside it."""
    labels, known = Labeller(STORE, "hr-HR"), concepts_of(STORE, LANGUAGES)
    assert labels.term(Coded(code="J45", code_system=oids.ICD_10, display_name="Astma")).text == "Asthme"
    for number in range(1000):
        labels.term(Coded(code=f"Q{number}", code_system=oids.ICD_10, display_name="Izmišljeno"))
        labels.term(Coded(code="J45", code_system=f"1.2.{number}", display_name="Astma"))
    assert len(known._known) == 1
    assert {key[1] for key in STORE._best} == {"J45"}


def test_the_words_of_one_document_do_not_reach_the_next() -> None:
    """What is remembered of a code is the terminology's: each document keeps its own name of it."""
    names = ("Astma", "Ástma brônquica")
    originals = [Labeller(STORE, "pt-PT").term(Coded(code="J45", code_system=oids.ICD_10, display_name=name)
                                               ).original for name in names]
    assert originals == list(names)


def test_a_country_s_cookie_is_not_sent_back() -> None:
    """Professionals share the connections to a country; nothing that it sets may link their requests."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, headers={"Set-Cookie": "who=1; Path=/"}, content=b"<a/>")

    client = courier(httpx.MockTransport(answer))
    post(client)
    post(client)
    assert [request.headers.get("Cookie") for request in requests] == [None, None]
    assert requests[1].headers["Accept-Encoding"] == "identity"


def test_a_redirect_is_not_followed() -> None:
    """Traits go where the SMP says and nowhere else, whatever a country answers."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(307, headers={"Location": "https://elsewhere.example/"}, content=b"moved")

    assert post(courier(httpx.MockTransport(answer))) == b"moved"
    assert len(asked) == 1


@pytest.fixture
def collector() -> Iterator[None]:
    """The garbage collector as it was, whatever a test did with it."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_a_settled_process_still_collects_what_comes_later() -> None:
    """Circles that a journey leaves behind go, although what lived at the start is looked at no more."""
    settle()
    assert gc.get_freeze_count() > 1000
    circle: list[object] = []
    circle.append(circle)
    del circle
    assert gc.collect() > 0
    assert gc.isenabled()
