"""The rules for tokens one by one: each claim wrong in each way, and bytes that are no tokens."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from sesali.login import admit, tokens
from sesali.login.metadata import read_keys, read_metadata
from sesali.login.tokens import LOGOUT_EVENT, Expected, UnknownKeyError
from sesali.outcomes import StepRefused

NOW = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
EXPECTED = Expected(issuer="https://psc.test/realm", client_id="portal", now=NOW, leeway=10)
ACCESS = "an.access.token"
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig", "alg": "RS256"})
ANY_RSA = RSAKey.generate_key(2048, {"kid": "any-rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
KEYS = read_keys({"keys": [key.as_dict(private=False) for key in (RSA, ANY_RSA, EC)]})
GONE = object()

ID: dict[str, Any] = {
    "iss": EXPECTED.issuer,
    "aud": "portal",
    "azp": "portal",
    "sub": "f:1:2",
    "exp": AT + 60,
    "iat": AT,
    "typ": "ID",
    "nonce": "the nonce",
    "at_hash": tokens.half_hash(ACCESS),
    "acr": "eidas1",
    "sid": "s",
}
LOGOUT: dict[str, Any] = {
    "iss": EXPECTED.issuer,
    "aud": "portal",
    "iat": AT,
    "jti": "1",
    "sid": "s",
    "sub": "f:1:2",
    "events": {LOGOUT_EVENT: {}},
}


def changed(claims: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (claims | change).items() if value is not GONE}


def check(claims: dict[str, Any], *, renewed: bool = False) -> None:
    tokens.check_id_token(
        claims, EXPECTED, nonce="the nonce", access_token=ACCESS, acr="eidas1", renewed=renewed
    )


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"azp": GONE},
        {"aud": ["portal"]},
        {"aud": ["portal", "other"]},
        {"at_hash": GONE},
        {"typ": GONE},
        {"exp": AT - 9},
        {"iat": AT + 10},
        {"exp": AT + 0.5},
        {"nbf": AT},
        {"new": [1]},
    ],
)
def test_good_id_tokens_pass(change: dict[str, Any]) -> None:
    """Optional claims may be absent, clocks may differ by the leeway, unknown claims do no harm."""
    check(changed(ID, change))


@pytest.mark.parametrize(
    "change",
    [
        {"iss": GONE},
        {"iss": "https://psc.test/realm/"},
        {"iss": ["https://psc.test/realm"]},
        {"aud": GONE},
        {"aud": "other"},
        {"aud": []},
        {"aud": "porta"},
        {"aud": {"portal": 1}},
        {"azp": "other"},
        {"azp": ["portal"]},
        {"aud": ["portal", "other"], "azp": GONE},
        {"exp": GONE},
        {"exp": AT - 10},
        {"exp": str(AT + 60)},
        {"exp": True},
        {"exp": 1e30},
        {"exp": float("nan")},
        {"iat": GONE},
        {"iat": AT + 11},
        {"iat": None},
        {"nbf": AT + 11},
        {"sub": GONE},
        {"sub": ""},
        {"sub": 1},
        {"typ": "Bearer"},
        {"nonce": GONE},
        {"nonce": ""},
        {"nonce": ["the nonce"]},
        {"nonce": "THE NONCE"},
        {"at_hash": ""},
        {"at_hash": None},
        {"at_hash": tokens.half_hash("x")},
    ],
)
def test_each_broken_rule_is_a_refusal_and_a_security_event(change: dict[str, Any]) -> None:
    """SES-012, whichever claim it is."""
    with pytest.raises(StepRefused) as refusal:
        check(changed(ID, change))
    assert refusal.value.code == "SES-012" and refusal.value.notice.security


@pytest.mark.parametrize("acr", [GONE, "0", "", "eidas2", "EIDAS1", ["eidas1"], None, "eidas1 "])
def test_only_the_level_asked_for_will_do(acr: object) -> None:
    """A missing level counts as none; other services tolerate it, this one does not."""
    with pytest.raises(StepRefused) as refusal:
        check(changed(ID, {"acr": acr}))
    assert refusal.value.code == "SES-013"


def test_a_renewed_id_token_may_leave_the_nonce_out_but_not_change_it() -> None:
    """As the specification of refresh says."""
    check(changed(ID, {"nonce": GONE}), renewed=True)
    with pytest.raises(StepRefused):
        check(changed(ID, {"nonce": "other"}), renewed=True)


@pytest.mark.parametrize("change", [{}, {"sub": GONE}, {"sid": GONE}, {"exp": AT + 5}, {"iat": AT - 300}])
def test_good_logout_tokens_pass(change: dict[str, Any]) -> None:
    """Either the session or the subject is enough."""
    assert tokens.check_logout_token(changed(LOGOUT, change), EXPECTED).token_id == "1"


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "x"},
        {"aud": "x"},
        {"iat": GONE},
        {"iat": AT + 11},
        {"iat": AT - 311},
        {"exp": AT - 10},
        {"jti": GONE},
        {"jti": ""},
        {"sub": GONE, "sid": GONE},
        {"events": GONE},
        {"events": {}},
        {"events": {LOGOUT_EVENT: True}},
        {"events": [LOGOUT_EVENT]},
        {"nonce": "n"},
    ],
)
def test_each_broken_rule_of_a_logout_token_is_a_refusal(change: dict[str, Any]) -> None:
    """An attacker who can end sessions at will could keep a doctor from reading."""
    with pytest.raises(StepRefused) as refusal:
        tokens.check_logout_token(changed(LOGOUT, change), EXPECTED)
    assert refusal.value.code == "SES-012"


@pytest.mark.parametrize(("algorithm", "key"), [("RS256", RSA), ("PS256", ANY_RSA), ("ES256", EC)])
def test_accepted_algorithms(algorithm: str, key: RSAKey | ECKey) -> None:
    """The asymmetric ones with SHA-256, each with a key of its kind."""
    signed = jwt.encode({"alg": algorithm, "kid": key.kid}, {"a": 1}, key, algorithms=[algorithm])
    assert tokens.read_signed(signed, KEYS) == {"a": 1}


def test_a_public_key_is_no_shared_secret() -> None:
    """HS256 with the published key as secret is refused; so is a key of another kind."""
    head = jwt.encode({"alg": "HS256", "kid": "rsa"}, {"a": 1}, OctKey.generate_key(), algorithms=["HS256"])
    head = head.rpartition(".")[0]
    mac = hmac.digest(RSA.as_pem(private=False), head.encode(), "sha256")
    forged = f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    crossed = jwt.encode({"alg": "RS256", "kid": "ec"}, {"a": 1}, RSA)
    nameless = jwt.encode({"alg": "RS256"}, {"a": 1}, RSAKey.import_key(RSA.as_pem(private=True)))
    for token in (forged, crossed, nameless, crossed + "A", f"{crossed}.x", ""):
        with pytest.raises(StepRefused, match="SES-012"):
            tokens.read_signed(token, KEYS)
    with pytest.raises(UnknownKeyError):
        tokens.read_signed(jwt.encode({"alg": "RS256", "kid": "new"}, {"a": 1}, RSA), KEYS)


def test_only_keys_for_signatures_that_are_strong_enough_are_read() -> None:
    """Keys for encryption, weak, symmetric, nameless or broken ones are left out, the others serve."""
    public = RSA.as_dict(private=False)
    weak = public | {"kid": "weak", "n": public["n"][:171]}
    document = {
        "keys": [
            public | {"kid": "enc", "use": "enc"},
            weak,
            {"kty": "oct", "k": "AAAA", "kid": "oct"},
            {"kty": "RSA", "kid": "half", "n": "AQAB"},
            {"kty": "RSA", "n": 1, "e": [], "kid": "odd"},
            {name: value for name, value in public.items() if name != "kid"},
            "x",
            None,
            public,
        ]
    }
    assert set(read_keys(document)) == {"rsa"}
    for broken in (None, [], {}, {"keys": {}}):
        with pytest.raises(StepRefused, match="SES-014"):
            read_keys(broken)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(name=st.sampled_from([*ID, *LOGOUT]), value=JSON)
def test_no_claim_of_any_shape_breaks_the_checks(name: str, value: Any) -> None:
    """A token is accepted or refused, never the cause of a crash."""
    for claims in (ID | {name: value}, LOGOUT | {name: value}):
        for judge in (check, lambda one: tokens.check_logout_token(one, EXPECTED)):
            try:
                judge(claims)
            except StepRefused as refusal:
                assert refusal.code in ("SES-012", "SES-013")


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    text=st.text(max_size=40)
    | st.lists(st.text(alphabet="eyJhbGciOiJSUzI1NiJ9-_=", max_size=30), min_size=3, max_size=3).map(
        ".".join
    ),
    document=JSON,
)
def test_no_bytes_break_the_readers(text: str, document: Any) -> None:
    """Tokens, metadata, keys and user info of any shape end in our own refusals."""
    for read in (
        lambda: tokens.read_signed(text, KEYS),
        lambda: tokens.parse_json(text.encode("utf-8", "replace")),
        lambda: read_metadata(document, issuer=""),
        lambda: read_keys({"keys": [document]}),
        lambda: tokens.check_userinfo(document, "x"),
    ):
        try:
            read()
        except (StepRefused, UnknownKeyError):
            continue
    if isinstance(document, dict):
        assert admit(document).refusal is not None
