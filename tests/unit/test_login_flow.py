"""The relying party against the simulated provider: every error of the protocol is met and named."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import respx

from sesali.login import LoginClient, PscSettings
from sesali.outcomes import StepRefused
from simulators.psc.faults import catalogue
from tests.pro_sante_connect import AFTER, BACKCHANNEL, CALLBACK, ISSUER_SITE, PORTAL, START, WALLET, Bench


def refusal_of(bench: Bench, identity: str = "ada-generaliste", action: str = "") -> StepRefused:
    with pytest.raises(StepRefused) as refusal:
        bench.log_in(identity, action)
    return refusal.value


def test_a_login_ends_with_the_person_and_their_activities() -> None:
    """The straight way: who it is, which activities, which session at the provider."""
    login = Bench().log_in()
    assert login.admission.name == "Dr Ada Exemple"
    assert login.admission.identifier == "899700000013"
    assert [one.place for one in login.admission.activities] == ["Cabinet Exemple"]
    assert login.session_id and login.subject.startswith("f:") and login.authenticated == START
    assert login.tokens.refresh_until == START + timedelta(seconds=350)


def test_the_authorization_request_carries_what_the_provider_wants() -> None:
    """Scope, level, PKCE with S256, and the endpoint taken from discovery, not derived from the issuer."""
    attempt = Bench().login.begin(prompt="login")
    query = {name: value[0] for name, value in parse_qs(urlsplit(attempt.url).query).items()}
    assert attempt.url.startswith(f"{WALLET}/auth?")
    assert (query["scope"], query["acr_values"]) == ("openid scope_all", "eidas1")
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256" and len(query["code_challenge"]) == 43
    assert query["prompt"] == "login" and query["redirect_uri"] == CALLBACK
    assert 43 <= len(attempt.code_verifier) <= 128
    assert len({attempt.state, attempt.nonce, attempt.code_verifier}) == 3


def test_two_logins_share_no_secret() -> None:
    """State, nonce and verifier are fresh each time."""
    bench = Bench()
    first, second = (
        {one.state, one.nonce, one.code_verifier} for one in (bench.login.begin(), bench.login.begin())
    )
    assert len(first | second) == 6


EXPECTED = {
    "psc_down": "SES-014",
    "psc_slow": "SES-014",
    "token_invalid_grant": "SES-011",
    "token_5xx": "SES-014",
    "token_invalid_client": "SES-014",
    "userinfo_5xx": "SES-014",
    "userinfo_401": "SES-012",
    "userinfo_not_json": "SES-012",
    "userinfo_other_sub": "SES-012",
    "userinfo_bad_signature": "SES-012",
    "bad_signature": "SES-012",
    "unknown_kid": "SES-012",
    "alg_none": "SES-012",
    "alg_hs256": "SES-012",
    "wrong_iss": "SES-012",
    "wrong_aud": "SES-012",
    "wrong_azp": "SES-012",
    "wrong_nonce": "SES-012",
    "no_nonce": "SES-012",
    "wrong_at_hash": "SES-012",
    "expired": "SES-012",
    "issued_in_future": "SES-012",
    "no_acr": "SES-013",
    "acr_low": "SES-013",
    "wrong_state": "SES-011",
    "no_state": "SES-011",
    "wrong_callback_iss": "SES-012",
    "key_rotated": "",
}


def test_every_fault_of_the_catalogue_is_tried() -> None:
    """A fault without an expected outcome would be a hole in the table."""
    assert set(EXPECTED) == set(catalogue())


@pytest.mark.parametrize(("fault", "code"), EXPECTED.items())
def test_each_fault_of_the_provider_ends_as_the_table_says(fault: str, code: str) -> None:
    """Every row of the error table: which code the professional reads, and that nobody is let in."""
    bench = Bench(client=replace(PORTAL, signed_userinfo=fault == "userinfo_bad_signature"))
    bench.log_in()
    bench.cookie = ""
    bench.psc.faults.add(fault)
    if not code:
        assert bench.log_in().admission.activities
        return
    if fault in ("psc_down", "psc_slow"):
        attempt = bench.login.begin()
        with pytest.raises(StepRefused) as refusal:
            bench.login.finish(attempt, {"code": "x", "state": attempt.state, "iss": bench.psc.issuer})
        assert refusal.value.code == code
        return
    refusal_ = refusal_of(bench)
    assert refusal_.code == code
    assert refusal_.notice.security is (code in ("SES-011", "SES-012"))


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("annuler", "SES-010"),
        ("ecps-refusee", "SES-010"),
        ("carte-expiree", "SES-010"),
        ("indisponible", "SES-014"),
        ("signature", "SES-012"),
        ("nonce", "SES-012"),
        ("acr", "SES-013"),
    ],
)
def test_each_failure_button_of_the_page_has_its_outcome(action: str, code: str) -> None:
    """What a tester presses is what the portal reports."""
    assert refusal_of(Bench(), action=action).code == code


def test_a_refusal_tells_no_claims() -> None:
    """Texts for logs and pages name the rule, never the person."""
    for fault in ("wrong_nonce", "userinfo_other_sub", "acr_low", "wrong_iss"):
        bench = Bench()
        bench.psc.faults.add(fault)
        text = str(refusal_of(bench))
        assert "Ada" not in text and "EXEMPLE" not in text and "8997" not in text


@pytest.mark.parametrize(
    "change",
    [
        {"state": ""},
        {"state": "é"},
        {"state": "other"},
        {"code": ""},
        {"code": "never-given"},
    ],
)
def test_a_callback_that_belongs_to_no_attempt_is_refused(change: dict[str, str]) -> None:
    """State and code are tied to the attempt (login CSRF, injected codes)."""
    bench = Bench()
    attempt = bench.login.begin()
    query = bench.choose(attempt) | change
    with pytest.raises(StepRefused) as refusal:
        bench.login.finish(attempt, query)
    assert refusal.value.code == "SES-011" and refusal.value.notice.security


def test_a_callback_without_issuer_is_refused() -> None:
    """The provider announces ``iss`` in its answers, so one without it comes from elsewhere (mix-up)."""
    bench = Bench()
    attempt = bench.login.begin()
    query = bench.choose(attempt)
    del query["iss"]
    with pytest.raises(StepRefused) as refusal:
        bench.login.finish(attempt, query)
    assert refusal.value.code == "SES-012"


def test_a_callback_without_an_attempt_is_refused() -> None:
    """No login is under way in this browser: session fixation by a foreign callback fails."""
    bench = Bench()
    query = bench.choose(bench.login.begin())
    with pytest.raises(StepRefused) as refusal:
        bench.login.finish(None, query)
    assert refusal.value.code == "SES-011"


def test_an_old_attempt_is_refused() -> None:
    """After ten minutes the attempt is worth nothing, whatever the provider still says."""
    bench = Bench()
    attempt = bench.login.begin()
    bench.clock.advance(timedelta(minutes=10, seconds=1))
    with pytest.raises(StepRefused) as refusal:
        bench.login.finish(attempt, bench.choose(attempt))
    assert refusal.value.code == "SES-011"


def test_a_code_serves_once_and_its_replay_ends_the_login() -> None:
    """The second use is refused, and what the first one gave is revoked with it."""
    bench = Bench()
    attempt = bench.login.begin()
    query = bench.choose(attempt)
    login = bench.login.finish(attempt, query)
    with pytest.raises(StepRefused) as refusal:
        bench.login.finish(attempt, query)
    assert refusal.value.code == "SES-011"
    with pytest.raises(StepRefused) as ended:
        bench.login.refresh(login)
    assert ended.value.code == "SES-110"


def test_a_code_lives_a_minute() -> None:
    """A code that lay about is refused."""
    bench = Bench()
    attempt = bench.login.begin()
    query = bench.choose(attempt)
    bench.clock.advance(timedelta(seconds=61))
    with pytest.raises(StepRefused) as refusal:
        bench.login.finish(attempt, query)
    assert refusal.value.code == "SES-011"


def test_a_stolen_code_is_worth_nothing_without_the_verifier() -> None:
    """PKCE: the code of one attempt does not serve in another one."""
    bench = Bench()
    victim, thief = bench.login.begin(), bench.login.begin()
    stolen = bench.choose(victim) | {"state": thief.state}
    with pytest.raises(StepRefused) as refusal:
        bench.login.finish(thief, stolen)
    assert refusal.value.code == "SES-011"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("access_denied", "SES-010"),
        ("login_required", "SES-014"),
        ("temporarily_unavailable", "SES-014"),
        ("x\ny" * 99, "SES-014"),
    ],
)
def test_errors_in_the_callback_have_their_sentence(error: str, code: str) -> None:
    """What the provider says instead of a code."""
    bench = Bench()
    attempt = bench.login.begin()
    query = {"error": error, "state": attempt.state, "iss": bench.psc.issuer, "error_description": "<b>"}
    with pytest.raises(StepRefused) as refusal:
        bench.login.finish(attempt, query)
    assert refusal.value.code == code and "<b>" not in str(refusal.value)


def test_a_rotated_key_is_fetched_once_and_keys_are_kept() -> None:
    """Keys are cached; a new kid is looked for once, an unknown one costs one fetch and no more."""
    bench = Bench()
    bench.log_in()
    bench.cookie = ""
    bench.log_in()
    assert sum(path.endswith("/certs") for path in bench.calls) == 1
    assert sum("well-known" in path for path in bench.calls) == 1
    bench.psc.rotate_keys()
    assert bench.log_in().admission.activities
    assert sum(path.endswith("/certs") for path in bench.calls) == 2
    bench.psc.faults.add("unknown_kid")
    assert refusal_of(bench).code == "SES-012"
    assert sum(path.endswith("/certs") for path in bench.calls) == 3


def test_signed_user_info_is_read() -> None:
    """A registration for signed user info gives the same person."""
    bench = Bench(client=replace(PORTAL, signed_userinfo=True))
    assert bench.log_in("bo-deux-activites").admission.name == "Dr Bo Exemple"


def test_a_client_without_a_secret_logs_in_by_its_certificate() -> None:
    """Mutual TLS: tokens are bound to the certificate and asked for at the aliases of the endpoints."""
    certificate = b"DER of a certificate"
    client = replace(PORTAL, secret="", certificate=hashlib.sha256(certificate).hexdigest())
    assert Bench(client=client, certificate=certificate).log_in().admission.activities
    assert refusal_of(Bench(client=client, certificate=b"another")).code == "SES-014"
    bench = Bench(client=client, certificate=certificate)
    login = bench.log_in()
    status, _ = bench.call("/userinfo", authorization=f"Bearer {login.tokens.access_token}")
    assert status == 401


def test_tokens_are_refreshed_and_each_refresh_token_serves_once() -> None:
    """Rotation: new tokens each time; a used refresh token ends the whole login."""
    bench = Bench()
    first = bench.log_in()
    bench.clock.advance(timedelta(seconds=100))
    second = bench.login.refresh(first)
    assert second.tokens.refresh_token != first.tokens.refresh_token
    assert replace(second, tokens=first.tokens) == first
    for login in (first, second):
        with pytest.raises(StepRefused) as refusal:
            bench.login.refresh(login)
        assert refusal.value.code == "SES-110"


def test_a_refresh_token_that_is_over_is_not_even_sent() -> None:
    """After its lifetime the login has ended; the provider need not be asked."""
    bench = Bench()
    login = bench.log_in()
    before = len(bench.calls)
    bench.clock.advance(timedelta(seconds=350))
    with pytest.raises(StepRefused) as refusal:
        bench.login.refresh(login)
    assert refusal.value.code == "SES-110" and len(bench.calls) == before


@pytest.mark.parametrize("fault", ["wrong_nonce", "bad_signature", "wrong_aud", "expired", "no_acr"])
def test_a_refreshed_id_token_is_judged_like_the_first(fault: str) -> None:
    """Forgery at the refresh is refused too."""
    bench = Bench()
    login = bench.log_in()
    bench.psc.faults.add(fault)
    with pytest.raises(StepRefused) as refusal:
        bench.login.refresh(login)
    assert refusal.value.code in ("SES-012", "SES-013")


def test_logout_ends_the_session_at_the_provider_and_tells_the_client() -> None:
    """The browser goes to the provider and comes back; tokens are worthless; the logout token is right."""
    bench = Bench()
    login = bench.log_in()
    response = bench.visit(bench.login.logout_url(login, state="abc"))
    assert (response.status, response.header("location")) == (303, f"{AFTER}?state=abc")
    with pytest.raises(StepRefused):
        bench.login.refresh(login)
    ((uri, token),) = bench.sent
    assert uri == BACKCHANNEL
    notice = bench.login.backchannel_logout(token)
    assert notice.ends(login) and not notice.ends(replace(login, session_id="other"))
    with pytest.raises(StepRefused) as refusal:
        bench.login.backchannel_logout(token)
    assert refusal.value.code == "SES-012"


def test_an_open_session_logs_in_without_the_page_unless_login_is_asked_for() -> None:
    """Single sign-on as at the real service, and the way around it."""
    bench = Bench()
    bench.log_in()
    assert bench.visit(bench.login.begin().url).status == 303
    assert bench.visit(bench.login.begin(prompt="login").url).status == 200
    bench.psc.log_out_everywhere()
    assert bench.visit(bench.login.begin().url).status == 200


def test_a_logout_from_elsewhere_reaches_the_client() -> None:
    """Back-channel logout without the browser."""
    bench = Bench()
    login = bench.log_in()
    assert bench.psc.log_out_everywhere("899700000013") == 1
    assert bench.login.backchannel_logout(bench.sent[0][1]).ends(login)


def test_an_id_token_is_no_logout_token() -> None:
    """The tokens of a login cannot be used to end others."""
    bench = Bench()
    login = bench.log_in()
    for token in (login.tokens.id_token, login.tokens.access_token, "", "a.b.c", "é" * 9):
        with pytest.raises(StepRefused) as refusal:
            bench.login.backchannel_logout(token)
        assert refusal.value.code == "SES-012"


def test_an_old_logout_token_is_refused() -> None:
    """A kept logout token does not serve later."""
    bench = Bench()
    bench.log_in()
    bench.psc.log_out_everywhere()
    bench.clock.advance(timedelta(minutes=6))
    with pytest.raises(StepRefused):
        bench.login.backchannel_logout(bench.sent[0][1])


def test_strangers_cannot_make_us_fetch_keys_at_will() -> None:
    """Unknown kids in the public logout endpoint cost one fetch in five seconds at most."""
    bench = Bench()
    token = bench.log_in().tokens.id_token
    bench.psc.rotate_keys()
    bench.psc.rotate_keys()
    forged = "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5vIn0." + token.split(".", 1)[1]
    before = len(bench.calls)
    for _ in range(20):
        with pytest.raises(StepRefused):
            bench.login.backchannel_logout(forged)
    assert len(bench.calls) == before
    bench.clock.advance(timedelta(seconds=6))
    with pytest.raises(StepRefused):
        bench.login.backchannel_logout(forged)
    assert len(bench.calls) == before + 1


def test_revocation_ends_the_refresh_token_and_never_fails() -> None:
    """Telling the provider is a courtesy: its absence changes nothing for the user."""
    bench = Bench()
    login = bench.log_in()
    bench.login.revoke(login)
    with pytest.raises(StepRefused):
        bench.login.refresh(login)
    bench.psc.faults.add("psc_down")
    bench.login.revoke(login)
    assert bench.login.logout_url(login).startswith(ISSUER_SITE)


SETTINGS = PscSettings(
    issuer="https://psc.test/realm", client_id="c", client_secret="s", redirect_uri=CALLBACK
)
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
GOOD = {"issuer": SETTINGS.issuer} | {name: f"https://psc.test/{name}" for name in ENDPOINTS}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(404),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json=GOOD | {"issuer": "https://evil.test"}),
        httpx.Response(200, json={"issuer": SETTINGS.issuer}),
        httpx.Response(302, headers={"location": "/x"}),
        httpx.Response(200, json=GOOD | {"token_endpoint": "http://psc.test/token"}),
        httpx.Response(200, content=b"x" * 2_000_000),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
    ],
)
@respx.mock
def test_a_bad_discovery_document_stops_the_login(answer: httpx.Response | Exception) -> None:
    """Nothing is believed that is not https, complete and of the configured issuer."""
    route = respx.get(SETTINGS.discovery_url)
    route.mock(side_effect=answer) if isinstance(answer, Exception) else route.mock(return_value=answer)
    with httpx.Client() as http:
        login = LoginClient(SETTINGS, http=http, clock=lambda: START, new_secret=lambda: "x" * 40)
        with pytest.raises(StepRefused) as refusal:
            login.begin()
    assert refusal.value.code == "SES-014"


@respx.mock
def test_metadata_known_before_serve_on_while_the_provider_is_down() -> None:
    """A short outage of discovery alone stops nobody."""
    now = [START]
    respx.get(SETTINGS.discovery_url).mock(side_effect=[httpx.Response(200, json=GOOD), httpx.Response(503)])
    with httpx.Client() as http:
        login = LoginClient(SETTINGS, http=http, clock=lambda: now[0], new_secret=lambda: "x" * 40)
        first = login.begin().url
        now[0] += timedelta(hours=2)
        assert login.begin().url == first
