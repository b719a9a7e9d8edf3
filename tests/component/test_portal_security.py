"""What an attacker, a careless colleague or a hostile country could try with the portal."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ncpeh.portal_world import PortalWorld
from tests.component.portal_visit import ADA, BO, Visitor, portal, unpicked

PATIENT = "PT-1"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalWorld]:
    with portal(tmp_path_factory.mktemp("portal"), ["PT", "HR"]) as everything:
        yield everything


@pytest.fixture
def everything(whole: PortalWorld) -> Iterator[PortalWorld]:
    whole.app.state.portal.searches._events.clear()
    yield whole
    whole.world.reset()
    whole.psc.reset()


@pytest.fixture
def visitor(everything: PortalWorld) -> Iterator[Visitor]:
    opened = Visitor(everything)
    yield opened
    opened.close()


@pytest.fixture
def other(everything: PortalWorld) -> Iterator[Visitor]:
    opened = Visitor(everything)
    yield opened
    opened.close()


def own_answers(visitor: Visitor) -> list[httpx.Response]:
    """What the portal itself answered."""
    return [one for one in visitor.seen if str(one.url).startswith(visitor.everything.url)]


def traits(visitor: Visitor) -> list[str]:
    """What must never leak: names, birth date and identifiers of the patient of these tests."""
    persona = visitor.everything.world.countries[PATIENT[:2]].persona(PATIENT)
    return [*persona.name.family, *persona.name.given, persona.birth_time[:8],
            *(one.extension or "" for one in persona.identifiers)]


def test_every_answer_carries_the_headers(visitor: Visitor) -> None:
    """Policy without inline code, no framing, no referrer, no sniffing; nothing but static files is kept."""
    visitor.enter_as().read(PATIENT)
    for name in ("original.pdf", "original.xml", "verification", "nothing-there"):
        visitor.seen.append(visitor.client.get(str(visitor.here.url).replace("synthese", name)))
    visitor.seen.append(visitor.client.get(f"{visitor.everything.url}/"))
    answers = own_answers(visitor)
    assert len(answers) > 12
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        if "html" in answer.headers.get("content-type", ""):
            assert "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_pages_hold_no_inline_script_or_style(visitor: Visitor) -> None:
    """Neither script, style nor event handlers in the pages, so that the policy can forbid them."""
    visitor.enter_as().read(PATIENT)
    for answer in own_answers(visitor):
        if "html" in answer.headers.get("content-type", ""):
            assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", answer.text)


def test_cookies_are_out_of_reach(visitor: Visitor) -> None:
    """Secure, HttpOnly, SameSite, bound to this host by their prefix."""
    visitor.enter_as()
    cookies = [value for one in own_answers(visitor) for value in one.headers.get_list("set-cookie")]
    assert any(one.startswith("__Host-session=") for one in cookies)
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)


def test_session_cannot_be_fixed(visitor: Visitor) -> None:
    """An identifier that was set beforehand is never adopted, and a new login has a new one."""
    visitor.client.cookies.set("__Host-session", "chosen-by-somebody-else", domain="127.0.0.1", path="/")
    visitor.enter_as()
    known = {session.identifier for session in visitor.everything.app.state.portal.sessions}
    assert "chosen-by-somebody-else" not in known
    before = set(known)
    visitor.enter_as()
    after = {session.identifier for session in visitor.everything.app.state.portal.sessions}
    assert len(after - before) == 1
    assert len(before - after) == 1


@pytest.mark.parametrize("change", [{"csrf": ""}, {"csrf": "x" * 43}])
def test_form_without_its_token_does_nothing(visitor: Visitor, change: dict[str, str]) -> None:
    """CSRF: a POST without the token of the session is refused."""
    visitor.enter_as()
    visitor.send("/pays", {"pays": "PT"} | change)
    assert visitor.here.status_code == 403
    assert visitor.page.codes == ("SES-120",)


def test_token_of_another_session_is_refused(visitor: Visitor, other: Visitor) -> None:
    """CSRF: the attacker's own token is worth nothing in the victim's session."""
    visitor.enter_as()
    token = other.enter_as(BO).values("/pays")["csrf"]
    visitor.send("/pays", {"pays": "PT", "csrf": token})
    assert visitor.here.status_code == 403


def test_form_from_another_site_is_refused(visitor: Visitor) -> None:
    """A browser that says the form comes from elsewhere is believed."""
    visitor.enter_as()
    form = visitor.form("/pays")
    answer = visitor.client.post(f"{visitor.everything.url}/pays", data={**unpicked(form), "pays": "PT"},
                                 headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "data:x"])
def test_nobody_is_led_elsewhere(visitor: Visitor, target: str) -> None:
    """Open redirect: the way back after « Prolonger » is one of our pages or none."""
    visitor.enter_as()
    form = visitor.form("/session/prolonger")
    answer = visitor.client.post(f"{visitor.everything.url}/session/prolonger", follow_redirects=False,
                                 data={**unpicked(form), "retour": target})
    assert answer.headers["location"] == "/pays"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", ""])
def test_other_hosts_are_refused(visitor: Visitor, host: str) -> None:
    """Host header: only the configured one is answered, port included."""
    answer = visitor.client.get(f"{visitor.everything.url}/", headers={"Host": host})
    assert answer.status_code == 400
    assert "Synthèse" not in answer.text


def test_identifications_are_limited(visitor: Visitor) -> None:
    """Trying numbers one after the other ends with SES-121, over all sessions of the same person."""
    visitor.enter_as().choose_code("PT")
    for number in range(20):
        visitor.send("/identite", {"champ-1": f"{800000000 + number}"})
        assert "SES-060" in visitor.page.codes
    visitor.send("/identite", {"champ-1": "800000099"})
    assert visitor.here.status_code == 429
    assert visitor.page.codes == ("SES-121",)


@pytest.mark.parametrize(("agent", "code"), [
    ("Mozilla/5.0 (iPhone; CPU OS 17_0) AppleWebKit/605 Version/17.0 Mobile/15E Safari/604", "SES-001"),
    ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "SES-001"),
    ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "SES-002"),
])
def test_telephones_and_old_browsers_are_told_politely(visitor: Visitor, agent: str, code: str) -> None:
    """No button to log in, and no way around it by the address."""
    home = visitor.client.get(f"{visitor.everything.url}/", headers={"User-Agent": agent})
    assert 'href="/connexion"' not in home.text
    login = visitor.client.get(f"{visitor.everything.url}/connexion", headers={"User-Agent": agent})
    assert login.status_code == 403
    assert code in login.text


def test_hard_gate_of_the_treatment_relationship(visitor: Visitor) -> None:
    """Every page of the record is closed until identity and agreement are there, whatever is typed."""
    visitor.enter_as().choose_code("PT")
    pages = ("verification", "accord", "choix", "synthese", "original.pdf", "original.xml", "francais.xml")
    base = f"{visitor.everything.url}/patient/{visitor.key}/"
    assert [visitor.client.get(base + page).status_code for page in pages] == [403] * len(pages)
    visitor.confirm(PATIENT)
    base = f"{visitor.everything.url}/patient/{visitor.key}/"
    assert [visitor.client.get(base + page).status_code for page in pages[2:]] == [403] * 5
    assert [one.step for one in visitor.everything.world.ncp("PT").received] == ["ITI-55"]


def test_two_sessions_never_see_each_other(visitor: Visitor, other: Visitor) -> None:
    """A page, a file or a ticket of one professional is SES-120 for the other."""
    visitor.enter_as(ADA).read(PATIENT)
    other.enter_as(BO)
    base = f"{visitor.everything.url}/patient/{visitor.key}/"
    for page in ("identite", "verification", "synthese", "original.pdf"):
        answer = other.client.get(base + page)
        assert answer.status_code == 403
        assert not any(trait in answer.text for trait in traits(visitor))
    tickets = [ticket for session in visitor.everything.app.state.portal.sessions for ticket in session.jobs]
    assert other.client.get(f"{visitor.everything.url}/attente/{tickets[0]}/etat").status_code == 403


def test_nothing_is_left_after_logout(visitor: Visitor) -> None:
    """Back button after logout: SES-120 or SES-110; the portal's memory holds no session any more."""
    visitor.enter_as().read(PATIENT)
    here = str(visitor.here.url)
    cookie = visitor.client.cookies["__Host-session"]
    visitor.send("/deconnexion", {})
    assert visitor.page.heading == "Vous êtes déconnecté"
    assert visitor.client.get(here).status_code == 403
    answer = visitor.client.get(here, headers={"Cookie": f"__Host-session={cookie}"})
    assert answer.status_code == 403
    assert "SES-110" in answer.text
    assert cookie not in {one.identifier for one in visitor.everything.app.state.portal.sessions}


def test_no_trait_in_addresses_logs_and_files(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    """Names, birth date and identifiers stand in pages only; not in URLs, titles, logs or on disk."""
    caplog.set_level(logging.DEBUG)
    visitor.enter_as().look_for(PATIENT)
    visitor.read(PATIENT)
    secrets = traits(visitor)
    assert any(secret in visitor.text for secret in secrets)
    for answer in own_answers(visitor):
        title = re.search(r"<title>(.*?)</title>", answer.text) if "html" in answer.headers.get(
            "content-type", "") else None
        for secret in secrets:
            assert secret not in str(answer.url)
            assert secret not in (title[1] if title else "")
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith(("httpcore", "fontTools"))]
    assert ours
    assert not [line for line in ours for secret in secrets if secret in line]
    folder: Path = visitor.everything.world_json.parent
    for path in folder.rglob("*"):
        # world.json tells test programs which invented patients there are.
        if path.is_file() and path.name != "world.json":
            assert not [secret for secret in secrets if secret.encode() in path.read_bytes()], path.name


def test_script_from_a_country_stays_text(visitor: Visitor) -> None:
    """XSS: a narrative with a script in it is shown without it, or not at all."""
    visitor.everything.world.ncp("PT").faults.add("sec-narrative-script")
    visitor.enter_as().read(PATIENT)
    assert not re.search(r"<script(?![^>]*\ssrc=\"/static/)|\son\w+=|javascript:", visitor.text)


def test_typed_markup_is_escaped(visitor: Visitor) -> None:
    """XSS: what was typed comes back as text."""
    visitor.enter_as().choose_code("PT")
    visitor.send("/identite", {"champ-1": '"><script>alert(1)</script>'})
    assert visitor.here.status_code == 422
    assert "<script>alert" not in visitor.text
    assert "&lt;script&gt;" in visitor.text


def test_our_own_failure_says_nothing(visitor: Visitor, monkeypatch: pytest.MonkeyPatch,
                                      caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected error with a trait in its message shows neither on the page nor in the log."""
    def broken(*_: object) -> None:
        raise ValueError("patient 999000017 Maria")

    monkeypatch.setattr("sesali.portal.pages.consent.found_view", broken)
    visitor.enter_as().look_for(PATIENT)
    assert visitor.here.status_code == 500
    assert visitor.page.heading == "Erreur interne"
    assert "Maria" not in visitor.text + caplog.text
    assert "unexpected ValueError" in caplog.text


@pytest.mark.parametrize(("kind", "body"), [
    ("application/x-www-form-urlencoded", b"a=" + b"x" * 70_000),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(200))),
    ("application/x-www-form-urlencoded", b"a=\xff\xfe"),
    ("text/plain", b"pays=PT"),
    ("multipart/form-data; boundary=x", b"--x--"),
])
def test_odd_forms_are_refused(visitor: Visitor, kind: str, body: bytes) -> None:
    """Too large, too many fields, not text, another media type: refused, no crash."""
    visitor.enter_as()
    answer = visitor.client.post(f"{visitor.everything.url}/pays", content=body,
                                 headers={"Content-Type": kind})
    assert answer.status_code == 403


def test_forged_logout_token_is_refused(visitor: Visitor) -> None:
    """Only Pro Santé Connect can end sessions from outside."""
    visitor.enter_as()
    answer = visitor.client.post(f"{visitor.everything.url}/auth/backchannel-logout",
                                 data={"logout_token": "e30.e30.x"})
    assert answer.status_code == 400
    assert visitor.get("/pays").status_code == 200


def test_callback_without_a_beginning_is_refused(visitor: Visitor) -> None:
    """A code and a state that nobody asked for open no session."""
    visitor.get("/auth/callback?code=abc&state=def")
    assert visitor.page.codes == ("SES-011",)
    assert "__Host-session" not in visitor.client.cookies
