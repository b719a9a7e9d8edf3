"""The relying party: calls Pro Santé Connect over httpx and judges every answer with ``tokens``.

Blocking, like the gateway; a web application calls it in a worker thread. Thread-safe.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from sesali.login import tokens
from sesali.login.admission import admit
from sesali.login.provider import Provider
from sesali.login.settings import PscSettings
from sesali.login.tokens import Expected
from sesali.login.transport import Answer, call
from sesali.login.values import Claims, LoggedIn, LoginAttempt, LogoutNotice, Tokens
from sesali.outcomes import StepRefused, refused

#: How long a browser may take between the two ends of a login.
ATTEMPT_AGE = timedelta(minutes=10)

#: What an ``error`` in the callback means; any other one is a defect of the deployment, told as SES-014.
CALLBACK_ERRORS = {"access_denied": "SES-010"}


class LoginClient:
    """One registration at Pro Santé Connect.

    Parameters
    ----------
    settings : the registration.
    http : client with the right trust anchors (and certificate, for mutual TLS), see ``transport.open_http``;
        it is not closed here.
    clock : gives the present moment, UTC.
    new_secret : gives an unguessable text of at least 128 bits, e.g. ``secrets.token_urlsafe``.
    """

    def __init__(self, settings: PscSettings, *, http: httpx.Client, clock: Callable[[], datetime],
                 new_secret: Callable[[], str]) -> None:
        self.settings = settings
        self._http = http
        self._clock = clock
        self._new_secret = new_secret
        self._provider = Provider(settings, http=http, clock=clock)
        self._logout_tokens: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def begin(self, *, prompt: str = "") -> LoginAttempt:
        """Where to send the browser. ``prompt="login"`` forces a new authentication.

        Raises
        ------
        StepRefused : SES-014, Pro Santé Connect cannot be reached.
        """
        state, nonce = self._new_secret(), self._new_secret()
        verifier = f"{self._new_secret()}{self._new_secret()}"[:128]
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
        parameters = {
            "response_type": "code", "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri, "scope": self.settings.scope,
            "acr_values": self.settings.acr_values, "state": state, "nonce": nonce,
            "code_challenge": challenge.decode(), "code_challenge_method": "S256"}
        if prompt:
            parameters["prompt"] = prompt
        url = _with_query(self._provider.metadata().endpoint("authorization_endpoint"), parameters)
        return LoginAttempt(url=url, state=state, nonce=nonce, code_verifier=verifier, started=self._clock())

    def finish(self, attempt: LoginAttempt | None, query: Mapping[str, str]) -> LoggedIn:
        """What the browser brought back to the callback (its query parameters).

        Parameters
        ----------
        attempt : the one kept for this browser, already removed from where it was kept; ``None``: none.

        Raises
        ------
        StepRefused : SES-010 interrupted, SES-011 no such attempt or code, SES-012 identity not proven,
            SES-013 authentication too weak, SES-014 Pro Santé Connect does not answer.
        """
        code, attempt = self._check_callback(attempt, query)
        answer = self._token_request({
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.settings.redirect_uri,
            "code_verifier": attempt.code_verifier}, rejected="SES-011")
        now = self._clock()
        received = self._read_tokens(answer, now)
        claims = self._read_signed(received.id_token)
        tokens.check_id_token(claims, self._expected(now), nonce=attempt.nonce,
                              access_token=received.access_token, acr=self.settings.acr_values)
        subject = str(claims["sub"])
        userinfo = self._userinfo(received.access_token, subject)
        return LoggedIn(
            subject=subject, session_id=_text(claims.get("sid")) or _text(claims.get("session_state")),
            nonce=attempt.nonce, authenticated=tokens.authenticated_at(claims, now), tokens=received,
            admission=admit(userinfo))

    def refresh(self, login: LoggedIn) -> LoggedIn:
        """New tokens for a login whose user is active; the admission stays.

        Raises
        ------
        StepRefused : SES-110, the login has ended at Pro Santé Connect: keep nothing of the patient;
            SES-012, the new tokens are not genuine; SES-013; SES-014, it cannot be reached.
        """
        held = login.tokens
        if not held.refresh_token or held.refresh_until <= self._clock():
            raise refused("SES-110", detail="no refresh token that is still valid")
        answer = self._token_request(
            {"grant_type": "refresh_token", "refresh_token": held.refresh_token}, rejected="SES-110")
        now = self._clock()
        received = self._read_tokens(answer, now, held=held)
        if received.id_token != held.id_token:
            claims = self._read_signed(received.id_token)
            tokens.check_id_token(claims, self._expected(now), nonce=login.nonce, renewed=True,
                                  access_token=received.access_token, acr=self.settings.acr_values)
            if claims["sub"] != login.subject:
                raise refused("SES-012", detail="refresh: ID token of another subject")
        return replace(login, tokens=received)

    def logout_url(self, login: LoggedIn, *, state: str = "") -> str:
        """Where to send the browser to end the session at Pro Santé Connect as well.

        Never raises: without metadata it is the page after logout, and empty where none is configured.
        """
        after = self.settings.post_logout_redirect_uri
        try:
            endpoint = self._provider.metadata().endpoint("end_session_endpoint")
        except StepRefused:
            endpoint = ""
        if not endpoint:
            return after
        parameters = {"id_token_hint": login.tokens.id_token, "client_id": self.settings.client_id,
                      "post_logout_redirect_uri": after, "state": state}
        return _with_query(endpoint, {name: value for name, value in parameters.items() if value})

    def revoke(self, login: LoggedIn) -> None:
        """Tell Pro Santé Connect that the refresh token is no longer wanted; failures are ignored."""
        token = login.tokens.refresh_token
        try:
            endpoint = self._endpoint("revocation_endpoint")
            if endpoint and token:
                self._post(endpoint, {"token": token, "token_type_hint": "refresh_token"}, "revocation")
        except StepRefused:
            return

    def backchannel_logout(self, logout_token: str) -> LogoutNotice:
        """Judge a logout token that Pro Santé Connect POSTed to us; each is accepted once.

        Raises
        ------
        StepRefused : SES-012, it is not genuine; answer 400. SES-014, its key cannot be fetched; answer 503.
        """
        claims = self._read_signed(logout_token, patient=True)
        now = self._clock()
        notice = tokens.check_logout_token(claims, self._expected(now))
        with self._lock:
            horizon = now - timedelta(seconds=2 * tokens.LOGOUT_AGE)
            self._logout_tokens = {one: at for one, at in self._logout_tokens.items() if at > horizon}
            if notice.token_id in self._logout_tokens:
                raise refused("SES-012", detail="logout token: used before")
            self._logout_tokens[notice.token_id] = now
        return notice

    # -- inside ----------------------------------------------------------------------------------------

    def _check_callback(self, attempt: LoginAttempt | None,
                        query: Mapping[str, str]) -> tuple[str, LoginAttempt]:
        """The code, once state, issuer and error are as they should be."""
        if attempt is None or self._clock() - attempt.started > ATTEMPT_AGE:
            raise refused("SES-011", detail="callback: no login is under way in this browser")
        state = query.get("state", "")
        if not hmac.compare_digest(state.encode("utf-8", "replace"), attempt.state.encode()):
            raise refused("SES-011", detail="callback: state is missing or another one")
        issuer = query.get("iss", "")
        if issuer != self.settings.issuer and (issuer or self._provider.metadata().sends_iss):
            raise refused("SES-012", detail="callback: iss is missing or another one")
        if "error" in query:
            code = CALLBACK_ERRORS.get(query["error"], "SES-014")
            raise refused(code, detail=f"callback: {_printable(query['error'])}")
        if not query.get("code"):
            raise refused("SES-011", detail="callback: neither code nor error")
        return query["code"], attempt

    def _token_request(self, form: dict[str, str], *, rejected: str) -> Mapping[str, Any]:
        """The answer of the token endpoint; ``rejected`` is told for ``invalid_grant``."""
        answer = self._post(self._endpoint("token_endpoint"), form, "token")
        if answer.status == 200:
            document = tokens.parse_json(answer.body)
            if isinstance(document, dict):
                return document
            raise refused("SES-012", detail="token: not a JSON object")
        error = _error_of(answer)
        if error == "invalid_grant":
            raise refused(rejected, detail="token: invalid_grant")
        raise refused("SES-014", detail=f"token: HTTP {answer.status} {error}")

    def _read_tokens(self, answer: Mapping[str, Any], now: datetime, held: Tokens | None = None) -> Tokens:
        """Tokens of an answer; what a refresh leaves out stays as ``held``."""
        access = _text(answer.get("access_token"))
        refresh = _text(answer.get("refresh_token")) or (held.refresh_token if held else "")
        id_token = _text(answer.get("id_token")) or (held.id_token if held else "")
        if not access or not id_token or _text(answer.get("token_type")).lower() != "bearer":
            raise refused("SES-012", detail="token: access token, ID token or type Bearer is missing")
        until = now + timedelta(seconds=_seconds(answer.get("expires_in")))
        given = "refresh_expires_in" in answer and refresh
        return Tokens(
            access_token=access, refresh_token=refresh, id_token=id_token, access_until=until,
            refresh_until=now + timedelta(seconds=_seconds(answer["refresh_expires_in"])) if given else until)

    def _read_signed(self, token: str, *, patient: bool = False) -> Claims:
        """Claims of a token; unknown keys are looked for once more (not at once, when ``patient``)."""
        try:
            return tokens.read_signed(token, self._provider.keys())
        except tokens.UnknownKeyError:
            pass
        try:
            return tokens.read_signed(token, self._provider.keys(again=True, patient=patient))
        except tokens.UnknownKeyError:
            raise refused("SES-012", detail="Pro Santé Connect: key of the signature is not known") from None

    def _userinfo(self, access_token: str, subject: str) -> Claims:
        answer = call(self._http, "GET", self._endpoint("userinfo_endpoint"), what="user info",
                      timeout=self.settings.timeout, headers={"authorization": f"Bearer {access_token}"})
        if answer.status != 200:
            raise refused("SES-012", detail=f"user info: HTTP {answer.status}")
        if answer.media_type != "application/jwt":
            return tokens.check_userinfo(tokens.parse_json(answer.body), subject)
        claims = self._read_signed(answer.body.decode("ascii", "replace").strip())
        tokens.check_signed_userinfo(claims, self._expected(self._clock()))
        return tokens.check_userinfo(claims, subject)

    def _endpoint(self, name: str) -> str:
        return self._provider.metadata().endpoint(name, mutual=not self.settings.client_secret)

    def _post(self, url: str, form: dict[str, str], what: str) -> Answer:
        """POST with client authentication: by secret in the header, else by certificate."""
        headers = {"accept": "application/json"}
        if self.settings.client_secret:
            pair = f"{quote(self.settings.client_id, safe='')}:{quote(self.settings.client_secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form = {**form, "client_id": self.settings.client_id}
        return call(self._http, "POST", url, timeout=self.settings.timeout, what=what, headers=headers,
                    form=form)

    def _expected(self, now: datetime) -> Expected:
        return Expected(issuer=self.settings.issuer, client_id=self.settings.client_id, now=now,
                        leeway=self.settings.leeway)


def _with_query(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(parameters)}"


def _error_of(answer: Answer) -> str:
    try:
        document = tokens.parse_json(answer.body)
    except StepRefused:
        return "without JSON"
    return _printable(_text(document.get("error"))) if isinstance(document, dict) else "without error"


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isascii() and one.isprintable())[:60]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _seconds(value: object) -> float:
    """A lifetime; odd ones count as over, and none is longer than a day."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        return 0.0
    return min(float(value), 86400.0)
