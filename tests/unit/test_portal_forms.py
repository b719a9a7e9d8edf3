"""Forms of the portal: made from search masks, hints in words, what people type."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import countries
from ehdsi.search_mask import (
    IdentifierBlock,
    IdentifierGroup,
    MaskField,
    PersonSearch,
    SearchMask,
    compile_pattern,
)
from sesali.portal.forms import checked_form, empty_form, form_names, moved
from sesali.portal.hints import hint_of
from sesali.portal.words import country_words, typographic

TODAY = date(2026, 3, 1)
NUMBER = MaskField(kind="identifier", label="healthCardNumber", format=r"\d{9}", mandatory=True,
                   domain="2.999.1")
BORN = MaskField(kind="birth date", label="birthDate", format=r"\d{4}-\d{2}-\d{2}", mandatory=True)


def mask(*groups: tuple[MaskField, ...], choice: bool = False, birth: bool = False) -> SearchMask:
    """A mask with one block of these groups."""
    block = IdentifierBlock(choice=choice, groups=tuple(
        IdentifierGroup(fields=fields, display=f"G{number}") for number, fields in enumerate(groups)))
    return SearchMask(country="PT", patient=PersonSearch(blocks=(block,), birth_date=BORN if birth else None))


@pytest.mark.parametrize(("pattern", "words", "example"), [
    (r"\d{9}", "9\u00a0chiffres", "123456789"),
    ("[0-9]{7}[A-Z]", "7\u00a0chiffres puis 1\u00a0lettre", "1234567A"),
    (r"[a-zA-Z\d]{7,12}", "de 7 à 12\u00a0lettres ou chiffres", "AB12345"),
    ("[A-Z0-9]+", "lettres ou chiffres", "AB123456"),
    ("(?:abc|.*)", "", ""),
    ("(", "", ""),
])
def test_formats_are_told_in_words(pattern: str, words: str, example: str) -> None:
    """Length and alphabet of plain formats; nothing at all is said of one that is not plain."""
    hint = hint_of(pattern)
    assert (hint.words, hint.example) == (words, example)


@given(st.from_regex(r"(\[A-Z\]|\\d|\[0-9a-z\])(\{[1-9]\}|\+|\*|)(\[A-Z\]\{2\}|)", fullmatch=True))
@settings(max_examples=60, derandomize=True)
def test_examples_fit_their_format(pattern: str) -> None:
    """Whatever example is shown, the format accepts it."""
    hint = hint_of(pattern)
    assert not hint.example or compile_pattern(pattern).matches(hint.example)


@given(st.text(max_size=60))
@settings(max_examples=100, derandomize=True)
def test_any_format_gives_a_hint_or_none(pattern: str) -> None:
    """The formats come from a peer: none of them breaks the page."""
    assert isinstance(hint_of(pattern).words, str)


@pytest.mark.parametrize("typed", ["123456789", " 123 456 789 ", "123.456.789", "123-456-789",
                                   "123\u202f456\u00a0789"])
def test_separators_of_habit_are_removed(typed: str) -> None:
    """Blanks, dots and hyphens between digits do not count."""
    form = checked_form(mask((NUMBER,)), {"champ-1": typed}, TODAY)
    assert form.errors == ()
    assert form.values == {"id.2.999.1": "123456789"}


def test_capitals_are_made_where_the_format_wants_them() -> None:
    """A letter typed small is the same identifier."""
    card = replace(NUMBER, format="[0-9]{7}[A-Z]")
    assert checked_form(mask((card,)), {"champ-1": "1234567a"}, TODAY).values == {"id.2.999.1": "1234567A"}


@pytest.mark.parametrize(("typed", "said"), [
    ("", "Saisissez"), ("12345", "9\u00a0chiffres attendus, 5 saisis"),
    ("12345678X", "ne contient que des chiffres"),
    ("<b>", "ne contient que des chiffres"), ("%", "ne contient que des chiffres"),
])
def test_each_mistake_is_named(typed: str, said: str) -> None:
    """Empty, too short, other characters: each has its sentence, which never repeats the value."""
    form = checked_form(mask((NUMBER,)), {"champ-1": typed}, TODAY)
    ((anchor, sentence),) = form.errors
    assert anchor == "champ-1"
    assert said in sentence
    assert not typed or typed not in sentence


@pytest.mark.parametrize(("day", "month", "year", "anchor", "said"), [
    ("31", "2", "1960", "champ-2-jour", "n’existe pas"),
    ("1", "3", "60", "champ-2-annee", "4\u00a0chiffres"),
    ("2", "3", "2026", "champ-2-jour", "futur"),
    ("1", "", "1960", "champ-2-mois", "le mois"),
    ("", "", "", "champ-2-jour", "Saisissez"),
    ("x", "3", "1960", "champ-2-jour", "le jour"),
])
def test_dates_say_which_part_is_wrong(day: str, month: str, year: str, anchor: str, said: str) -> None:
    """Three fields; the link of the error leads to the first wrong part."""
    typed = {"champ-1": "123456789", "champ-2-jour": day, "champ-2-mois": month, "champ-2-annee": year}
    ((where, sentence),) = checked_form(mask((NUMBER,), birth=True), typed, TODAY).errors
    assert where == anchor
    assert said in sentence


def test_real_date_is_sent_as_such() -> None:
    """27 3 1958 becomes 1958-03-27."""
    typed = {"champ-1": "123456789", "champ-2-jour": "27", "champ-2-mois": "3", "champ-2-annee": "1958"}
    assert checked_form(mask((NUMBER,), birth=True), typed, TODAY).values["birthDate"] == "1958-03-27"


def test_only_the_chosen_alternative_is_read() -> None:
    """CHOICE: the values of the other group stay in the form and are not sent."""
    other = replace(NUMBER, domain="2.999.2", format="[A-Z]{3}")
    asked = mask((NUMBER,), (other,), choice=True)
    form = checked_form(asked, {"choix-1": "1", "champ-1": "123456789", "champ-2": "abc"}, TODAY)
    assert form.errors == ()
    assert form.values == {"id.2.999.2": "ABC"}
    assert form.inputs[0].value == "123456789"
    assert checked_form(asked, {"champ-1": "123456789"}, TODAY).errors


def test_what_a_country_wants_in_addition_gets_fields() -> None:
    """Name and sex come as optional fields, what was typed stays in its own, and all of it is sent."""
    before = mask((NUMBER,), birth=True)
    after = before.asking_too(["familyName", "birthDate", "gender", "mothersName"])
    typed = moved({"champ-1": "123456789", "champ-2-jour": "3", "champ-2-mois": "4", "champ-2-annee": "1958"},
                  before, after)
    form = checked_form(after, typed | {"champ-2": "O’Neill & <b>"}, TODAY)
    assert [one.label for one in form.inputs] == [
        "Numéro de carte de santé", "Nom de famille", "Date de naissance", "Sexe"]
    assert [one.mandatory for one in form.inputs] == [True, False, True, False]
    assert [anchor for anchor, _ in form.errors] == ["champ-2"]
    sent = after.traits(checked_form(after, typed | {"champ-2": "O’Neill", "champ-4": "F"}, TODAY).values)
    assert (sent.birth_date, sent.gender) == ("19580403", "F")
    assert sent.name is not None
    assert sent.name.family == ("O’Neill",)
    assert checked_form(after, typed, TODAY).errors == ()


@pytest.mark.parametrize("code", countries.codes())
def test_every_country_has_a_form(code: str) -> None:
    """Each mask becomes labelled fields with French labels; every field has a name that the form keeps."""
    asked = countries.load(code).search_mask
    form = empty_form(asked, {})
    assert form.inputs
    for one in form.inputs:
        assert one.label != one.asked.label, "a French label"
        assert any(name.startswith(one.name) for name in form_names(asked))


@pytest.mark.parametrize(("code", "du", "au"), [
    ("PT", "du Portugal", "au\u00a0Portugal"), ("HR", "de la Croatie", "en\u00a0Croatie"),
    ("MT", "de Malte", "à Malte"), ("ES", "de l’Espagne", "en\u00a0Espagne"),
])
def test_countries_in_a_sentence(code: str, du: str, au: str) -> None:
    """Articles as French wants them."""
    words = country_words(code)
    assert (words.du, words.au) == (du, au)


def test_typography() -> None:
    """Apostrophes and the spaces before high punctuation."""
    assert typographic("L'accès « oui » : non !") == "L’accès «\u202foui\u202f»\u00a0: non\u00a0!"
