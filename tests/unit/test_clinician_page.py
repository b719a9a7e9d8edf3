"""Pages as a clinician reads them: labels, groups, errors, hidden parts, typography."""

from __future__ import annotations

import pytest

from clinician import Field, NotOnPageError, Page

HTML = """<html lang="fr"><head><title>T</title></head><body><h1>Qui ?</h1>
<div role="alert"><ul><li><a href="#a">Saisissez l’âge</a></li></ul></div>
<form action="/x" method="post"><input type="hidden" name="csrf" value="1">
<fieldset><legend>Choix</legend><input type="radio" id="r" name="c" value="0"><label for="r">Numéro</label>
<label for="a">Numéro</label><input id="a" name="n" data-domaine="2.999.1" aria-describedby="aide"></fieldset>
<p id="aide">9 chiffres</p><button>Envoyer</button></form>
<div popover>caché</div><dialog>fermé</dialog><a href="/y">Aller ailleurs</a> SES-060</body></html>"""


def test_controls_are_found_by_label_and_kind() -> None:
    """A radio button and a field with the same label are told apart; hint and domain belong to the field."""
    page = Page("https://x/", HTML)
    assert page.field("Numéro", kinds=("radio",)).name == "c"
    found = page.field("numéro", group="Choix", kinds=("text",))
    assert (found.name, found.hint, found.domain) == ("n", "9 chiffres", "2.999.1")
    assert page.button("Envoyer").form == 0 and page.link("Aller").target == "/y"


def test_closed_parts_are_not_read() -> None:
    """What nobody sees is not on the page; typography does not matter."""
    page = Page("https://x/", HTML)
    assert not page.says("caché") and not page.says("fermé")
    assert page.says("Saisissez l'âge") and page.codes == ("SES-060",) and page.errors == ("Saisissez l’âge",)


def test_what_is_missing_is_told_with_what_is_there() -> None:
    """Who looks for a button in vain reads which ones there are."""
    with pytest.raises(NotOnPageError, match="« Envoyer »"):
        Page("https://x/", HTML).button("Imprimer")


@pytest.mark.parametrize(("wanted", "value"), [
    ("ga", "ga"), ("irlandais", "ga"), ("Gaeilge", "ga"), ("bulgare – български", "bg"), ("bulg", "bg")])
def test_an_option_is_found_by_its_value_before_its_words(wanted: str, value: str) -> None:
    """``ga`` is Irish, though the letters stand in the words of Bulgarian as well."""
    languages = Field(name="langue", kind="select", options=(
        ("bg", "bulgare – български"), ("ga", "irlandais – Gaeilge")))
    assert languages.option(wanted) == value
    with pytest.raises(NotOnPageError):
        languages.option("klingon")
