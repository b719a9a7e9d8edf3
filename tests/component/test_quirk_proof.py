"""The examination names exactly the quirks that are switched on; the whole proof is on its page in docs."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.quirk_proof import CANDIDATE, PAGE, Answer, Case, asked, page
from simulators.ncp.quirks import ALL, NONE, QUIRKS

#: Checks in which the quirks of the sample can show.
CHECKS = ("SAML-COUNTRY-BY-TEXT", "N-25-ADVICE-ITI-38", "N-27-COUNTRY-ITI-38", "XCPD-MANDATORY", "XCPD-MATCH")

#: Two quirks that hide behind others when all are on, and one that is named by many checks.
SAMPLE = ("country-by-text", "binding-as-4703", "xcpd-reason-lost")


def test_all_quirks_are_named_and_one_that_is_switched_off_is_not() -> None:
    """Under all, all but one, and one alone, the names are the switches, and nothing else is found."""
    sets = [ALL, *(ALL - {one} for one in SAMPLE), *(frozenset({one}) for one in SAMPLE)]
    for answer in asked([Case(country=CANDIDATE, quirks=one) for one in sets], CHECKS):
        shown = {name for name in answer.case.quirks if name in answer.named}
        assert answer.invented == () and answer.unnamed == ()
        assert shown >= answer.case.quirks & set(SAMPLE)
        assert not answer.named & (set(SAMPLE) - answer.case.quirks)


def test_the_page_says_what_went_wrong() -> None:
    """A name that is lost or invented, or a finding without one, makes the proof unsound and stands there."""

    def answer(quirks: frozenset[str], named: frozenset[str], unnamed: tuple[str, ...] = ()) -> Answer:
        case = Case(country=CANDIDATE, quirks=quirks)
        return Answer(case=case, named=named, checks=(), unnamed=unnamed)

    good = [answer(one, one) for one in (NONE, ALL)]
    good += [answer(one, one) for name in QUIRKS for one in (frozenset({name}), ALL - {name})]
    assert all(one.exact for one in good) and "more: 0" in page(good, ())
    lost = answer(ALL, ALL - {"issuer-ignored"})
    invented = answer(NONE, frozenset({"issuer-ignored"}))
    bare = answer(NONE, NONE, ("XCPD-MATCH",))
    text = page(good, (lost, invented, bare))
    assert not (lost.exact or invented.exact or bare.exact) and "more: 3" in text
    for words in ("lost: issuer-ignored", "invented: issuer-ignored", "without a name: XCPD-MATCH"):
        assert words in text


def test_the_page_is_of_these_quirks() -> None:
    """Every quirk has its row on the page, and the page says that each examination was exact."""
    text = Path(PAGE).read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", text, flags=re.MULTILINE) == list(QUIRKS)
    assert "or found more: 0" in text
