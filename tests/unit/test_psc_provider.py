"""The simulated Pro Santé Connect keeps to the protocols, and to the oddities of the real one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet

from ehdsi.errors import LocalError
from simulators.http import HttpRequest
from simulators.psc import PscClient, PscSimulator, load_identities
from simulators.psc.faults import catalogue
from tests.pro_sante_connect import AFTER, CALLBACK, ISSUER_SITE, MTLS, PORTAL, WALLET, Bench, query_of

REALM = "/auth/realms/esante-wallet"
BASIC = "Basic dGVzdGJlZC1wb3J0YWw6czNjciUyNnQlM0ElQzMlQTk="


def authorize(**change: str) -> str:
    """URL of an authorization request, some parameters changed (empty: left out)."""
    sent = {
        "response_type": "code",
        "client_id": "testbed-portal",
        "redirect_uri": CALLBACK,
        "state": "s",
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "nonce": "n",
    } | change
    return f"{WALLET}/auth?" + "&".join(f"{name}={value}" for name, value in sent.items() if value)


def test_discovery_lies_elsewhere_and_says_odd_things() -> None:
    """Clients must survive what the real document says: the place, the other host, the acr values."""
    bench = Bench()
    standard = HttpRequest(method="GET", path=f"{REALM}/.well-known/openid-configuration")
    assert bench.psc.handle(standard).status == 404
    document = bench.http.get(f"{ISSUER_SITE}{REALM}/.well-known/wallet-openid-configuration").json()
    assert document["issuer"] == ISSUER_SITE + REALM
    assert document["authorization_endpoint"] == f"{WALLET}/auth"
    assert document["acr_values_supported"] == ["0", "0"]
    assert document["mtls_endpoint_aliases"]["token_endpoint"].startswith(MTLS)
    assert (
        document["end_session_endpoint"].endswith("/logout")
        and "S256" in document["code_challenge_methods_supported"]
    )


def test_the_raw_endpoint_leads_to_the_wallet() -> None:
    """Who derives the authorization endpoint from the issuer still arrives."""
    bench = Bench()
    raw = f"{ISSUER_SITE}{REALM}/protocol/openid-connect/auth"
    response = bench.visit(authorize().replace(f"{WALLET}/auth", raw))
    assert (response.status, response.header("location")) == (303, authorize().replace(" ", " "))


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "nobody"},
        {"client_id": ""},
        {"redirect_uri": CALLBACK + "/x"},
        {"redirect_uri": "https://evil.test"},
        {"redirect_uri": ""},
    ],
)
def test_nobody_is_redirected_to_an_address_that_is_not_registered(change: dict[str, str]) -> None:
    """An open redirector would hand out codes."""
    response = Bench().visit(authorize(**change))
    assert response.status == 400 and not response.header("location")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"request": "x"}, "request_not_supported"),
        ({"code_challenge": "x", "code_challenge_method": "S512"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_wrong_request_goes_back_with_its_error(change: dict[str, str], error: str) -> None:
    """Error, state and issuer travel back as the protocol says."""
    query = query_of(Bench().visit(authorize(**change)))
    assert (query["error"], query["state"], query["iss"]) == (error, "s", ISSUER_SITE + REALM)


def test_the_page_offers_every_identity_and_every_failure() -> None:
    """Each radio has its hint with the outcome, and the page may run no script of a stranger."""
    bench = Bench()
    response = bench.visit(authorize())
    text = response.body.decode()
    for identity in bench.psc.identities:
        assert f'value="{identity.key}"' in text and f'id="d-{identity.key}"' in text
    assert "Ce n’est pas Pro Santé Connect." in text and "Synthèse européenne" in text
    for action in ("annuler", "ecps-refusee", "carte-expiree", "indisponible", "signature", "nonce", "acr"):
        assert f'value="{action}"' in text
    policy = response.header("content-security-policy")
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "form-action 'self' https://portal.test;" in policy + ";"
    assert "<style" not in text and not re.search(r"<script(?! src)|\son\w+=|style=", text)
    assert response.header("cache-control") == "no-store"


def test_choosing_nobody_shows_the_page_again_with_the_error() -> None:
    """A forgotten choice is told, and the attempt lives on."""
    bench = Bench()
    found = re.search(r'name="interaction" value="([^"]+)"', bench.visit(authorize()).body.decode())
    assert found
    for identity in ("", "nobody"):
        again = bench.visit(f"{WALLET}/auth/identites", {"interaction": found[1], "identite": identity})
        assert again.status == 422 and 'role="alert"' in again.body.decode()
    done = bench.visit(f"{WALLET}/auth/identites", {"interaction": found[1], "identite": "ada-generaliste"})
    assert "code" in query_of(done)
    twice = bench.visit(f"{WALLET}/auth/identites", {"interaction": found[1], "identite": "ada-generaliste"})
    assert twice.status == 400


def test_after_a_forged_answer_the_page_comes_again() -> None:
    """A forged login opens no session, so that the tester can choose anew."""
    bench = Bench()
    bench.choose(bench.login.begin(), action="nonce")
    assert bench.visit(bench.login.begin().url).status == 200
    bench.choose(bench.login.begin())
    assert bench.visit(bench.login.begin().url).status == 303


def test_hostile_registrations_cannot_write_into_the_page() -> None:
    """Names on the page are escaped."""
    bench = Bench(client=replace(PORTAL, name="<script>alert(1)</script>"))
    text = bench.visit(authorize()).body.decode()
    assert "<script>alert" not in text and "&lt;script&gt;" in text


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic x"}, {"authorization": "Basic " + "YTpi"}])
def test_a_wrong_secret_is_told_apart_from_a_wrong_code(headers: dict[str, str]) -> None:
    """401 invalid_client, not 400 invalid_grant."""
    status, answer = Bench().call("/token", {"grant_type": "authorization_code", "code": "x"}, **headers)
    assert (status, answer["error"]) == (401, "invalid_client")


def test_introspection_names_the_person_for_access_tokens_only() -> None:
    """As the real one does; a token that is over is just inactive."""
    bench = Bench()
    tokens = bench.log_in().tokens
    status, access = bench.call("/token/introspect", {"token": tokens.access_token}, authorization=BASIC)
    assert (status, access["active"], access["SubjectNameID"]) == (200, True, "899700000013")
    _, refresh = bench.call("/token/introspect", {"token": tokens.refresh_token}, authorization=BASIC)
    assert refresh["active"] and "SubjectNameID" not in refresh
    bench.clock.advance(timedelta(seconds=120))
    _, gone = bench.call("/token/introspect", {"token": tokens.access_token}, authorization=BASIC)
    assert gone == {"active": False}
    assert bench.call("/token/introspect", {"token": tokens.refresh_token})[0] == 401


def test_user_info_has_every_claim_as_text_and_ends_with_the_access_token() -> None:
    """Unknown claims are empty texts as in real samples; two minutes later it is 401."""
    bench = Bench()
    access = bench.log_in("cleo-cinq-activites").tokens.access_token
    status, claims = bench.call("/userinfo", authorization=f"Bearer {access}")
    assert status == 200 and claims["SubjectRole"] == ["10^1.2.250.1.213.1.1.5.5"]
    activities = [one for exercise in claims["SubjectRefPro"]["exercices"] for one in exercise["activities"]]
    assert len(activities) == 5
    assert all(isinstance(value, str) for one in activities for value in one.values())
    assert activities[0]["telephone"] == ""
    bench.clock.advance(timedelta(seconds=121))
    assert bench.call("/userinfo", authorization=f"Bearer {access}")[0] == 401
    assert bench.call("/userinfo")[0] == 401


def test_user_info_without_professional_data_has_no_such_claim() -> None:
    """The absent SubjectRefPro is really absent, the empty one is really empty."""
    absent, empty = (
        next(one for one in load_identities() if one.key == key).userinfo
        for key in ("eli-sans-refpro", "flo-sans-exercice")
    )
    assert "SubjectRefPro" not in absent and empty["SubjectRefPro"]["exercices"] == []


def test_the_id_token_carries_the_claims_of_the_real_one() -> None:
    """Signed by a published key, level as asked for, names and session in it."""
    bench = Bench()
    login = bench.log_in()
    keys = KeySet.import_key_set(bench.http.get(f"{bench.psc.issuer}/protocol/openid-connect/certs").json())
    claims = jwt.decode(login.tokens.id_token, keys, algorithms=["RS256"]).claims
    assert {
        "exp",
        "iat",
        "auth_time",
        "jti",
        "iss",
        "aud",
        "sub",
        "typ",
        "azp",
        "session_state",
        "at_hash",
        "acr",
        "sid",
        "SubjectNameID",
        "preferred_username",
        "given_name",
        "family_name",
        "nonce",
    } <= set(claims)
    assert claims["acr"] == "eidas1" and claims["typ"] == "ID"


def test_the_level_is_low_when_nobody_asked_for_more() -> None:
    """Without acr_values=eidas1 the token says acr 0, which a careful client refuses."""
    bench = Bench()
    attempt = bench.login.begin()
    low = replace(attempt, url=attempt.url.replace("acr_values=eidas1", "acr_values="))
    with pytest.raises(Exception, match="SES-013"):
        bench.login.finish(attempt, bench.choose(low))


# -- decoupled login ------------------------------------------------------------------------------------

CIBA = {
    "scope": "openid scope_all",
    "acr_values": "eidas1",
    "login_hint": "899700000013",
    "channel": "MOBILE",
    "binding_message": "42",
}
GRANT = "urn:openid:params:grant-type:ciba"


def poll(bench: Bench, request: dict[str, Any]) -> tuple[int, Any]:
    return bench.call(
        "/token", {"grant_type": GRANT, "auth_req_id": request["auth_req_id"]}, authorization=BASIC
    )


def started(bench: Bench, **change: str) -> dict[str, Any]:
    status, answer = bench.call("/ext/ciba/auth", CIBA | change, authorization=BASIC)
    assert (status, answer["expires_in"], answer["interval"]) == (200, 120, 1)
    result: dict[str, Any] = answer
    return result


@pytest.mark.parametrize(("channel", "mode"), [("MOBILE", "mobile"), ("CARD", "card")])
def test_a_decoupled_login_waits_for_the_person(channel: str, mode: str) -> None:
    """Pending until the person confirms, then tokens, once; the channel shows in the user info."""
    bench = Bench()
    request = started(bench, channel=channel)
    assert poll(bench, request) == (
        400,
        {"error": "authorization_pending", "error_description": "The authorization request is still pending"},
    )
    assert bench.psc.decide("899700000013") and not bench.psc.decide("899700000013")
    bench.clock.advance(timedelta(seconds=1))
    status, answer = poll(bench, request)
    assert status == 200
    _, claims = bench.call("/userinfo", authorization=f"Bearer {answer['access_token']}")
    assert (claims["SubjectNameID"], claims["authMode"]) == ("899700000013", mode)
    bench.clock.advance(timedelta(seconds=1))
    assert poll(bench, request)[1]["error"] == "invalid_grant"


def test_a_hasty_client_is_slowed_down() -> None:
    """Polls closer than the interval are refused and the interval grows."""
    bench = Bench()
    request = started(bench)
    errors = []
    for seconds in (0.0, 0.5, 1.0, 6.5):
        bench.clock.advance(timedelta(seconds=seconds))
        errors.append(poll(bench, request)[1]["error"])
    assert errors == ["authorization_pending", "slow_down", "slow_down", "slow_down"]
    bench.clock.advance(timedelta(seconds=20))
    assert poll(bench, request)[1]["error"] == "authorization_pending"


def test_a_decoupled_login_can_be_refused_or_expire() -> None:
    """Both ends are told apart."""
    bench = Bench()
    request = started(bench)
    bench.psc.decide("899700000013", approve=False)
    assert poll(bench, request)[1]["error"] == "access_denied"
    late = started(bench)
    bench.clock.advance(timedelta(seconds=120))
    assert not bench.psc.decide("899700000013")
    assert poll(bench, late)[1]["error"] == "expired_token"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"login_hint": "899999999999"}, "unknown_user_id"),
        ({"login_hint": "ada-generaliste"}, "unknown_user_id"),
        ({"binding_message": "4"}, "invalid_binding_message"),
        ({"binding_message": "４２"}, "invalid_binding_message"),
        ({"channel": "FAX"}, "invalid_request"),
        ({"scope": "scope_all"}, "invalid_scope"),
    ],
)
def test_wrong_decoupled_requests_are_told_why(change: dict[str, str], error: str) -> None:
    """The errors of the specification."""
    status, answer = Bench().call("/ext/ciba/auth", CIBA | change, authorization=BASIC)
    assert (status, answer["error"]) == (400, error)


def test_the_simulated_telephone_accepts() -> None:
    """The person sees the two digits and confirms on the page."""
    bench = Bench()
    request = started(bench)
    assert "Confirmer le 42" in bench.visit(f"{WALLET}/auth/telephone").body.decode()
    bench.visit(f"{WALLET}/auth/telephone", {"demande": request["auth_req_id"], "action": "accepter"})
    assert poll(bench, request)[0] == 200


# -- logout, faults, robustness -------------------------------------------------------------------------


def test_logout_returns_to_registered_addresses_only() -> None:
    """No open redirect behind the logout, and no logout by a forged hint."""
    bench = Bench()
    login = bench.log_in()
    url = f"{bench.psc.issuer}/protocol/openid-connect/logout?"
    hint = f"id_token_hint={login.tokens.id_token}"
    for wrong in (
        f"{hint}&post_logout_redirect_uri=https://evil.test",
        f"id_token_hint=x&post_logout_redirect_uri={AFTER}",
        f"{hint}&client_id=another",
        "post_logout_redirect_uri=https://evil.test",
    ):
        response = bench.visit(url + wrong)
        assert response.status == 400 and not response.header("location")
    assert bench.login.refresh(login)


def test_logout_without_a_hint_asks_first() -> None:
    """Nobody can log a person out by an image on a page."""
    bench = Bench()
    login = bench.log_in()
    url = f"{bench.psc.issuer}/protocol/openid-connect/logout"
    asked = bench.visit(url)
    found = re.search(r'name="confirmer" value="([^"]+)"', asked.body.decode())
    assert asked.status == 200 and found
    login = bench.login.refresh(login)
    bench.visit(url, {"confirmer": found[1]})
    with pytest.raises(Exception, match="SES-110"):
        bench.login.refresh(login)


def test_faults_act_as_often_as_told() -> None:
    """Once means once, and an unknown name is an error that lists the known ones."""
    bench = Bench()
    bench.psc.faults.add("wrong_nonce", times=1)
    with pytest.raises(Exception, match="SES-012"):
        bench.log_in()
    bench.cookie = ""
    assert bench.log_in() and bench.psc.faults.active == ()
    bench.psc.faults.add("psc_slow", seconds=60.0)
    bench.psc.reset()
    assert bench.psc.faults.active == ()
    with pytest.raises(LocalError, match="psc_down"):
        bench.psc.faults.add("psc-down")
    assert all(one.description.endswith(".") for one in catalogue().values())


def test_a_simulator_that_was_not_located_says_so() -> None:
    """Better than tokens with an empty issuer."""
    with pytest.raises(LocalError, match="locate"):
        _ = PscSimulator().issuer


def test_identities_that_cannot_be_read_are_told_with_file_and_reason(tmp_path: Path) -> None:
    """A tester who adds identities is told what is wrong with them."""
    with pytest.raises(LocalError, match="no identities"):
        load_identities(tmp_path)
    (tmp_path / "mine.toml").write_text('[[identity]]\nkey = "x"\n', encoding="utf-8")
    with pytest.raises(LocalError, match=r"mine\.toml.*national_id"):
        load_identities(tmp_path)
    (tmp_path / "mine.toml").write_text("[[identity", encoding="utf-8")
    with pytest.raises(LocalError, match=r"mine\.toml"):
        load_identities(tmp_path)


PATHS = [
    "/auth",
    "/auth/identites",
    "/auth/telephone",
    "/auth/static/../simulator.py",
    *(
        f"{REALM}/protocol/openid-connect{end}"
        for end in (
            "/token",
            "/userinfo",
            "/logout",
            "/revoke",
            "/token/introspect",
            "/ext/ciba/auth",
            "/certs",
        )
    ),
]


@settings(derandomize=True, max_examples=120, deadline=None)
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["GET", "POST", "PUT"]),
    query=st.text(max_size=30),
    body=st.binary(max_size=60) | st.just(b"grant_type=refresh_token&refresh_token=x"),
    token=st.text(max_size=20),
)
def test_no_request_breaks_the_simulator(path: str, method: str, query: str, body: bytes, token: str) -> None:
    """Whatever comes, an answer goes, and never one that redirects to a stranger."""
    headers = (
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", f"Basic {token}"),
        ("cookie", f"simulateur_psc={token}"),
    )
    response = ROBUST.psc.handle(
        HttpRequest(method=method, path=path, query=query, headers=headers, body=body)
    )
    assert 200 <= response.status < 500
    assert not response.header("location") or response.header("location") == path
    if response.header("content-type") == "application/json":
        json.loads(response.body)


ROBUST = Bench(client=PscClient(client_id="c", secret="s"))
