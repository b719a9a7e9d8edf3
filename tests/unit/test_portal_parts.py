"""Small parts of the portal: pictures of a peer, browsers, limits, the person found."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Identifier, PersonName, Telecom
from ehdsi.cda.model import Guardian
from ehdsi.errors import LocalError
from ehdsi.terminology import load
from ehdsi.xcpd import MatchedPatient
from sesali.identify import Identified
from sesali.outcomes import codes, message
from sesali.portal.browsers import refusal_of
from sesali.portal.jobs import until_beat
from sesali.portal.limits import RateLimit
from sesali.portal.patients import banner_of, found_view
from sesali.portal.pictures import MAX_SIDE, safe_picture
from sesali.portal.settings import PortalSettings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMINOLOGY = load(Path(__file__).parents[2] / "fixtures" / "terminology")


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, kind, **({"comment": b"<script>"} if kind == "JPEG" else {}))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_pictures_are_written_anew(kind: str) -> None:
    """What comes out is a PNG of ours without anything that was appended or commented."""
    safe = safe_picture(picture(kind) + b"<script>alert(1)</script>")
    assert safe is not None
    assert safe.png.startswith(b"\x89PNG")
    assert b"script" not in safe.png
    assert (safe.width, safe.height) == (40, 30)


def test_large_pictures_become_smaller() -> None:
    """The longest side has a limit."""
    safe = safe_picture(picture(size=(3000, 20)))
    assert safe is not None
    assert safe.width == MAX_SIDE


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a", picture()[:60], picture("GIF"),
                                     picture("BMP"), picture(size=(5000, 5000))])
def test_other_pictures_are_left_out(content: bytes) -> None:
    """Other formats, half a file, too many pixels: no picture, no error."""
    assert safe_picture(content) is None


@given(st.binary(max_size=300))
@settings(max_examples=60, derandomize=True)
def test_any_bytes_are_survived(content: bytes) -> None:
    """Whatever a country publishes as a picture."""
    assert safe_picture(b"\x89PNG\r\n\x1a\n" + content) is None


@pytest.mark.parametrize(("agent", "code"), [
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/130.0.0.0 Safari/537.36", None),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", None),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) AppleWebKit/605 Version/17.4 Safari/605", None),
    ("", None), ("python-httpx/0.28", None),
    ("Mozilla/5.0 (iPad; CPU OS 17_0) Version/17.0 Safari/604", "SES-001"),
    ("Mozilla/4.0 (compatible; MSIE 8.0)", "SES-002"),
    ("Mozilla/5.0 (X11) Chrome/60.0 Safari/537.36", "SES-002"),
])
def test_browsers(agent: str, code: str | None) -> None:
    """Computers with a browser of this decade pass."""
    found = refusal_of({"user-agent": agent})
    assert (found.code if found else None) == code


@pytest.mark.parametrize(("since", "beat", "expected"), [
    (0.0, 0.5, 0.5), (0.1, 0.5, 0.4), (0.4, 0.5, 0.1), (0.6, 0.5, 0.4), (-1.0, 0.5, 0.5), (3.0, 0.0, 0.0)])
def test_unknown_and_refused_are_told_on_one_beat(since: float, beat: float, expected: float) -> None:
    """However long the country took, the answer comes at a multiple of the beat."""
    assert until_beat(since, beat) == pytest.approx(expected)


def test_all_ends_without_a_patient_share_the_beat() -> None:
    """Unknown, ambiguous, refused: every message with which an identification can end without one."""
    assert {code for code in codes() if message(code).level} == {
        "SES-060", "SES-061", "SES-062", "SES-063", "SES-070", "SES-072"}


def test_rate_limit_forgets() -> None:
    """A sliding minute, one count per person."""
    limit = RateLimit(2)
    assert [limit.allows("a", NOW), limit.allows("a", NOW), limit.allows("a", NOW)] == [True, True, False]
    assert limit.allows("b", NOW)
    assert limit.allows("a", NOW + timedelta(seconds=61))


def found(**values: object) -> Identified:
    """A person as Portugal would send one."""
    return Identified(country="PT", patient=MatchedPatient(
        identifiers=(Identifier(root="2.999.1", extension="999000017"),),
        names=(PersonName(family=("Silva",), given=("Ana",)),), **values))  # type: ignore[arg-type]


@pytest.mark.parametrize(("born", "words"), [
    ("19580412", "12\u00a0avril 1958 (67\u00a0ans)"),
    ("1975", "1975 (jour et mois inconnus\u00a0; 50 ou 51\u00a0ans)"),
    ("not a date", "« not a date » (telle que reçue)"),
    (None, "non transmise"),
])
def test_birth_dates_keep_their_precision(born: str | None, words: str) -> None:
    """A partial date is shown partial, an absent one is said."""
    rows = {label: text for label, text, _ in found_view(found(birth_time=born, gender="F"), NOW).rows}
    assert rows["Date de naissance"].replace("\u00a0", " ") == words.replace("\u00a0", " ")


def test_guardians_of_a_child_stand_on_the_verification_page() -> None:
    """The relation is in French by its code, the name as the country wrote it."""
    mother = Guardian(code=Coded(code="MTH", code_system=oids.ROLE_CODE, display_name="mãe"),
                      person=PersonName(family=("Silva",), given=("Rita",)),
                      telecoms=(Telecom(value="tel:+351912555150"),))
    child = found(birth_time="20180412", guardians=(mother, Guardian(person=PersonName(text="Rui"))))
    assert found_view(child, NOW, TERMINOLOGY).guardians == (
        ("Rita Silva, +351912555150", "Mère", "pt"), ("Rui", "", "pt"))


def test_banner_hides_the_identifier_and_keeps_the_death() -> None:
    """Before the summary is there: name, birth, sex, last three characters, « Décédée »."""
    banner = banner_of(found(birth_time="19580412", gender="F", deceased=True), NOW)
    assert "999000" not in banner.identifier
    assert banner.identifier.endswith("017")
    assert banner.deceased == "Décédée"
    assert banner.birth.startswith("Née le")


@pytest.mark.parametrize("url", ["http://portal.example", "https://", "https://portal.example/p", "portal"])
def test_only_https_without_a_path(url: str) -> None:
    """The cookies of the portal need TLS and the whole host."""
    with pytest.raises(LocalError):
        PortalSettings(base_url=url)
