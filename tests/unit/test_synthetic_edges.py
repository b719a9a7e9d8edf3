"""Edge cases of the clinical model: each can be had, is valid in form, loses nothing, shows what matters."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from lxml import etree

import countries
from countries.documents import documents_of
from countries.errors import LocalError
from countries.model import Country, Persona
from countries.synthetic import REFERENCE_DAY, edges_of, identifiers, patient
from countries.synthetic.edge_actions import DOCUMENT_ACTIONS, PERSON_ACTIONS
from countries.synthetic.edges import edge_cases, sent
from countries.synthetic.generate import chart_of
from countries.synthetic.invariants import broken
from ehdsi.cda.parse import parse_element
from ehdsi.rules import RuleContext, run
from ehdsi.rules.schema import is_valid
from ehdsi.terminology import Terminology, load
from ehdsi.xml import parse
from ncpeh.cli import main
from sesali.french import french_view, render_page, render_text
from tests.page_proof import prove
from tests.reference import needs_reference, reference
from tests.statements import missing, statements

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
PACKS = countries.load_all()
each_case = pytest.mark.parametrize("key", tuple(edge_cases()))


@cache
def terminology() -> Terminology:
    return load(Path(__file__).parents[2] / "fixtures" / "terminology")


@cache
def bearer(key: str) -> tuple[Country, Persona]:
    """A patient with the case, the countries that can have it in turn."""
    able = [country for country in PACKS if sent(country, edge_cases()[key])]
    country = able[int(key[1:]) % len(able)]
    found = next(one for one in identifiers(country, 3, edge=key) if edges_of(country, one) == (key,))
    persona = patient(country, found)
    assert persona is not None
    return country, persona


@cache
def document(key: str) -> tuple[bytes, etree._Element]:
    """The pivot of that patient, and its tree."""
    country, persona = bearer(key)
    made = documents_of(country, persona, terminology(), NOW)
    content = next(one.content for one in made if one.level == 3 and one.form == "pivot")
    return content, parse(content)


@each_case
def test_an_edge_case_is_valid_and_found_by_its_rules_alone(key: str) -> None:
    """The document keeps our schema, and the rules find what the table says and no error beside it."""
    country, persona = bearer(key)
    content, root = document(key)
    assert is_valid(root, "cda")
    context = RuleContext(
        now=NOW,
        country=country.code,
        patient_id=persona.primary_identifier,
        form="pivot",
        family_names=persona.name.family,
        given_names=persona.name.given,
        birth_date=persona.birth_time,
        size=len(content),
        raw=content,
    )
    found = run(root, context).findings
    assert {one.rule for one in found if one.severity == "error"} <= set(edge_cases()[key].rules)
    assert set(edge_cases()[key].rules) <= {one.rule for one in found}


@needs_reference
@each_case
def test_an_edge_case_is_valid_under_the_foreign_schema(key: str) -> None:
    """What is wrong in what it says is still right in form, by the schema of the profile."""
    schema = _schema()
    assert schema.validate(etree.fromstring(document(key)[0])), str(schema.error_log[:2])


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(reference("schemas", "cda-2022", "CDA_Pharma.xsd"))))


@each_case
def test_nothing_of_an_edge_case_is_lost(key: str) -> None:
    """Every statement, counted without the reader, is in what is read and on the page; nothing is unread."""
    _, root = document(key)
    read = parse_element(root)
    assert missing(statements(root), read) == []
    assert not [remark for remark in read.remarks if remark.kind in ("unread", "dangling")]
    view = french_view(read, terminology(), NOW)
    if key == "X09":  # the proof compares all with all; its rows are counted, those of X08 are proven
        assert sum(len(one.rows()) for one in view.sections) > 250
    else:
        assert prove(root, render_page(view)).missing == []


@each_case
def test_the_page_shows_what_matters_of_an_edge_case(key: str) -> None:
    """Each expression of the table is found on the French page; text never becomes markup."""
    view = french_view(parse_element(document(key)[1]), terminology(), NOW)
    page = " ".join(render_text(view).replace("\u00a0", " ").replace("\u202f", " ").split())
    assert [part for part in edge_cases()[key].shown if not re.search(part, page)] == []
    assert "<script>alert" not in render_page(view)


def test_the_expressions_are_not_on_every_page() -> None:
    """A patient without edge case fulfils few of the expressions: they can tell the cases apart."""
    country = countries.load("GR")
    persona = patient(country, next(identifiers(country, 3)))
    assert persona is not None and persona.summary is not None and persona.cases == ()
    view = french_view(persona.summary, terminology(), NOW)
    page = " ".join(render_text(view).replace("\u00a0", " ").split())
    told = [key for key, one in edge_cases().items() if all(re.search(part, page) for part in one.shown)]
    assert len(told) <= 8, told


def test_every_action_of_the_table_exists_and_is_used() -> None:
    """The table calls no action that is not there, and no action is left over."""
    called = {action for one in edge_cases().values() for action in one.action.split()}
    assert called == {*PERSON_ACTIONS, *DOCUMENT_ACTIONS}
    assert list(edge_cases()) == [f"X{number:02d}" for number in range(1, 41)]


def test_edge_cases_come_at_their_natural_rate() -> None:
    """Among all identifiers each case comes about as often as the table says, a fifth have any."""
    counted: Counter[str] = Counter()
    total, touched, people = 0, 0, 2500
    for code in ("GR", "CY"):  # these two can have every case
        country = countries.load(code)
        for identifier in islice(identifiers(country, 9, edge="any"), people):
            keys = edges_of(country, identifier)
            counted.update(keys)
            touched += bool(keys)
            total += 1
    assert 0.18 < touched / total < 0.27
    for key, one in edge_cases().items():
        expected = one.rate * total
        assert abs(counted[key] - expected) <= 4 * expected**0.5 + 0.12 * expected, (key, counted[key])


def test_patients_without_edge_case_are_the_rule_for_load_and_examinations() -> None:
    """Identifiers made without asking for edge cases lead to none, in every country."""
    for country in PACKS:
        assert not [one for one in islice(identifiers(country, 4), 60) if edges_of(country, one)]


def test_a_person_of_an_edge_case_is_answered_as_such() -> None:
    """Dead, of undifferentiated sex, born in a year: the patient index says so, not only the document."""
    assert bearer("X02")[1].deceased_time and bearer("X02")[0].answer_profile.deceased
    assert bearer("X03")[1].gender == "UN"
    assert len(bearer("X01")[1].birth_time) == 4
    assert len(bearer("X31")[1].name.family[0]) > 200


def test_edge_cases_leave_the_history_alone() -> None:
    """They are written into the document last: the history behind it stays sound."""
    for key in ("X15", "X19", "X20", "X37"):
        country, persona = bearer(key)
        assert persona.birth_time.isdigit() and persona.cases == (key,)
        birth = datetime.strptime(persona.birth_time, "%Y%m%d").date()
        sex = "M" if persona.gender == "M" else "F"
        value = persona.primary_identifier.extension or ""
        assert broken(chart_of(country.code, value, birth, sex, REFERENCE_DAY)) == ()


def test_an_edge_case_that_a_country_cannot_have_is_refused() -> None:
    """Asking for an unknown case, or one whose section the country does not send, says so."""
    with pytest.raises(LocalError, match="X99"):
        next(identifiers(countries.load("HR"), edge="X99"))
    with pytest.raises(LocalError, match="10162-6"):
        next(identifiers(countries.load("HR"), edge="X37"))


def test_the_command_prints_patients_with_an_edge_case(capsys: pytest.CaptureFixture[str]) -> None:
    """``ncpeh patients --edge`` names the case with each patient."""
    assert main(["patients", "--country", "HR", "--edge", "X07", "--count", "2"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(printed) == 2 and all("X07" in one["cases"] for one in printed)
