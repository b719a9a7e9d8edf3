"""The Patient Information Notice says the same fifteen things in every official language."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from ehdsi.errors import LocalError
from sesali.notice import ITEMS, LANGUAGES, VERSION, Responsible, notice

FILLED = ("Contrôleur Exemple", "dpo@exemple.test", "Autorité Exemple")
RESPONSIBLE = Responsible(controller=FILLED[0], dpo=FILLED[1], authority=FILLED[2])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_item(language: str) -> None:
    """A patient reads who, why, what, how long and which rights, whatever the language."""
    shown = notice(language, RESPONSIBLE)
    assert tuple(item.identifier for item in shown.items) == ITEMS
    assert all(item.heading.strip() and len(item.text) > 15 for item in shown.items)
    whole = " ".join(item.text for item in shown.items)
    assert all(text in whole for text in (*FILLED, VERSION))
    assert "{" not in whole
    assert "2016/679" in whole
    assert "2011/24/" in whole


def test_the_texts_differ_between_languages() -> None:
    """No language is a forgotten copy of another: headings of one item are nearly all distinct."""
    for identifier in ("PIN-03", "PIN-09", "PIN-12"):
        texts = [item.text for language in LANGUAGES for item in notice(language, RESPONSIBLE).items
                 if item.identifier == identifier]
        assert len(set(texts)) == len(LANGUAGES)


def test_each_file_names_its_own_language() -> None:
    """The ``lang`` attribute of the page comes from the file, so a swapped file is noticed."""
    for language in LANGUAGES:
        data = tomllib.loads((files("sesali") / "notices" / f"{language}.toml").read_text("utf-8"))
        assert data["language"] == language


def test_an_unknown_language_is_an_error_of_ours() -> None:
    """Asking for a notice that does not exist says so instead of falling back silently."""
    with pytest.raises(LocalError, match="xx"):
        notice("xx", RESPONSIBLE)
