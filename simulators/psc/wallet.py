"""The pages that people see: choice of the identity, failures, logout, the simulated telephone.

Source: OpenID Connect Core 1.0 section 3.1.2; RFC 9207; RP-Initiated Logout 1.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from joserfc import jwt
from joserfc.errors import JoseError

from simulators.http import HttpRequest, HttpResponse
from simulators.psc import ciba
from simulators.psc.oauth import OAuthError, fields, form, redirect
from simulators.psc.pages import error_page, page
from simulators.psc.realm import Realm
from simulators.psc.state import Authorization, Code, Grant, Session

COOKIE = "simulateur_psc"

#: Buttons that end the attempt: ``error`` and ``error_description`` of the redirect.
FAILURES: Mapping[str, tuple[str, str]] = {
    "annuler": ("access_denied", "cancelled by the user"),
    "ecps-refusee": ("access_denied", "e-CPS: refused on the telephone"),
    "carte-expiree": ("access_denied", "CPS: card expired"),
    "indisponible": ("temporarily_unavailable", "authentication service unavailable"),
}

#: Buttons that log in and forge the answer: the fault that the tokens get.
FORGERIES: Mapping[str, str] = {
    "signature": "bad_signature", "nonce": "wrong_nonce", "acr": "acr_low",
}  # fmt: skip

#: Ends a session and tells the clients.
EndSession = Callable[[Session], None]


def authorize(realm: Realm, request: HttpRequest) -> HttpResponse:
    """The authorization endpoint: the page of identities, or straight back when a session is open."""
    try:
        sent = form(request) if request.method == "POST" else fields(request.query)
        asked = _checked(realm, sent)
    except _RedirectError as error:
        return error.response(realm)
    except OAuthError as error:
        return error_page(error.description or error.error, status=400)
    session = _session_of(realm, request)
    prompts = sent.get("prompt", "").split()
    fresh = session is not None and _young_enough(realm, session, sent.get("max_age", ""))
    if session is not None and fresh and "login" not in prompts:
        return _back(realm, asked, session)
    if "none" in prompts:
        return _RedirectError(asked, "login_required", "no session").response(realm)
    interaction = realm.new_id()
    realm.store.interactions.put(interaction, asked, realm.clock(), realm.lifetimes.interaction)
    return _choice(realm, asked, interaction)


def choose(realm: Realm, request: HttpRequest) -> HttpResponse:
    """What was pressed on the page of identities."""
    try:
        sent = form(request)
    except OAuthError:
        return error_page("Formulaire illisible.", status=400)
    interaction, action = sent.get("interaction", ""), sent.get("action", "")
    asked = realm.store.interactions.get(interaction, realm.clock())
    if asked is None:
        return error_page("Cette demande d’identification a expiré ou a déjà servi. "
                          "Revenez au service et recommencez.", status=400)  # fmt: skip
    if action in FAILURES:
        realm.store.interactions.pop(interaction)
        return _RedirectError(asked, *FAILURES[action]).response(realm)
    identity = realm.identity(sent.get("identite", ""))
    if identity is None or (action and action not in FORGERIES):
        return _choice(realm, asked, interaction, missing=True)
    realm.store.interactions.pop(interaction)
    now = realm.clock()
    session = Session(sid=realm.new_id(), identity=identity, started=now,
                      mode=str(identity.userinfo.get("authMode", "card")))  # fmt: skip
    realm.store.sessions.put(session.sid, session, now, realm.lifetimes.session)
    if action:
        # No cookie: who starts again after a forged answer shall see the page again.
        return _back(realm, asked, session, faults=(FORGERIES[action],))
    cookie = realm.new_id()
    realm.store.browsers.put(cookie, session, now, realm.lifetimes.session)
    return _back(realm, asked, session, cookie=cookie)


def logout(realm: Realm, request: HttpRequest, end: EndSession) -> HttpResponse:
    """The end-session endpoint; without an ID token the person is asked first."""
    try:
        sent = form(request) if request.method == "POST" else fields(request.query)
    except OAuthError as error:
        return error_page(error.description, status=400)
    hint, after = sent.get("id_token_hint", ""), sent.get("post_logout_redirect_uri", "")
    claims = _claims_of(realm, hint) if hint else {}
    client_id = str(claims.get("azp", "")) or sent.get("client_id", "")
    if (hint and not claims) or (sent.get("client_id") and sent["client_id"] != client_id):
        return error_page("Demande de déconnexion invalide.", status=400)
    client = realm.clients.get(client_id)
    if after and (client is None or after not in client.post_logout_redirect_uris):
        return error_page("L’adresse de retour après déconnexion n’est pas enregistrée.", status=400)
    session = realm.store.sessions.get(str(claims.get("sid", "")), realm.clock()) if hint else None
    if not hint:
        session = _session_of(realm, request)
        if session is not None and sent.get("confirmer") != session.sid:
            return page("deconnexion.html", titre="Déconnexion", session=session, apres=after,
                        client=client_id, etat=sent.get("state", ""))  # fmt: skip
    if session is not None:
        end(session)
    if after:
        return redirect(after, {"state": sent["state"]} if sent.get("state") else {}, headers=(_gone(),))
    return page("message.html", titre="Déconnexion", message="Vous êtes déconnecté.", headers=(_gone(),))


def telephone(realm: Realm, request: HttpRequest) -> HttpResponse:
    """The simulated telephone and card reader, where decoupled logins are accepted or refused."""
    if request.method == "POST":
        try:
            sent = form(request)
        except OAuthError:
            return error_page("Formulaire illisible.", status=400)
        ciba.decide(realm, sent.get("demande", ""), approve=sent.get("action") == "accepter")
        return redirect(request.path, {})
    return page("telephone.html", titre="Téléphone simulé", demandes=ciba.pending(realm))


class _RedirectError(Exception):
    """An error that goes back to the client by redirect, because client and address are right."""

    def __init__(self, asked: Authorization, error: str, description: str) -> None:
        super().__init__(error)
        self.asked = asked
        self.error = error
        self.description = description

    def response(self, realm: Realm) -> HttpResponse:
        return _answer(realm, self.asked, {"error": self.error, "error_description": self.description})


def _checked(realm: Realm, sent: Mapping[str, str]) -> Authorization:
    """The request, if it is one.

    Raises
    ------
    OAuthError : unknown client or address; there is nowhere to send the browser.
    _RedirectError : anything else.
    """
    client = realm.clients.get(sent.get("client_id", ""))
    if client is None:
        raise OAuthError("invalid_client", "Client inconnu : le paramètre client_id n’est pas enregistré.")
    if sent.get("redirect_uri", "") not in client.redirect_uris:
        raise OAuthError("invalid_request", "Paramètre invalide : redirect_uri n’est pas enregistrée.")
    acr = "eidas1" if "eidas1" in sent.get("acr_values", "").split() else "0"
    challenge = sent.get("code_challenge", "")
    asked = Authorization(
        client_id=client.client_id, redirect_uri=sent["redirect_uri"], scope=sent.get("scope", ""), acr=acr,
        state=sent.get("state", ""), nonce=sent.get("nonce", ""), code_challenge=challenge,
        code_challenge_method=sent.get("code_challenge_method", "plain" if challenge else ""),
        fragment=sent.get("response_mode") == "fragment",
    )  # fmt: skip
    for wrong, error, description in (
        (sent.get("response_type") != "code", "unsupported_response_type", "response_type must be code"),
        (sent.get("response_mode", "query") not in ("query", "fragment"), "invalid_request", "response_mode"),
        ("request" in sent or "request_uri" in sent, "request_not_supported", "request objects"),
        ("openid" not in asked.scope.split(), "invalid_scope", "scope must contain openid"),
        (asked.code_challenge_method not in ("", "plain", "S256"), "invalid_request", "challenge method"),
    ):
        if wrong:
            raise _RedirectError(asked, error, description)
    return asked


def _back(realm: Realm, asked: Authorization, session: Session, *, faults: tuple[str, ...] = (),
          cookie: str = "") -> HttpResponse:  # fmt: skip
    """Redirect with a fresh code."""
    session.clients.add(asked.client_id)
    grant = Grant(client_id=asked.client_id, session=session, scope=asked.scope, nonce=asked.nonce,
                  acr=asked.acr, faults=faults)  # fmt: skip
    code = f"{realm.new_id()}.{session.sid}"
    realm.store.codes.put(code, Code(request=asked, grant=grant), realm.clock(), realm.lifetimes.code)
    headers: tuple[tuple[str, str], ...] = ()
    if cookie:
        value = f"{COOKIE}={cookie}; Path=/auth; Secure; HttpOnly; SameSite=Lax"
        headers = (("set-cookie", value),)
    return _answer(realm, asked, {"session_state": session.sid, "code": code}, headers=headers)


def _answer(realm: Realm, asked: Authorization, parameters: Mapping[str, str],
            headers: tuple[tuple[str, str], ...] = ()) -> HttpResponse:  # fmt: skip
    sent = {"state": asked.state, **parameters, "iss": realm.issuer}
    for fault in realm.faults.take("callback"):
        sent |= fault.parameters.get("set", {})
        sent = {name: value for name, value in sent.items() if name not in fault.parameters.get("remove", ())}
    given = {name: value for name, value in sent.items() if value}
    return redirect(asked.redirect_uri, given, fragment=asked.fragment, headers=headers)


def _choice(realm: Realm, asked: Authorization, interaction: str, *, missing: bool = False) -> HttpResponse:
    client = realm.clients[asked.client_id]
    return page("identites.html", titre="Simulateur d’identification", client=client, manque=missing,
                interaction=interaction, identites=realm.identities, status=422 if missing else 200,
                retour=asked.redirect_uri)  # fmt: skip


def _session_of(realm: Realm, request: HttpRequest) -> Session | None:
    now = realm.clock()
    for cookie in request.header("cookie").split(";"):
        name, _, value = cookie.strip().partition("=")
        session = realm.store.browsers.get(value, now) if name == COOKIE else None
        if session is not None and realm.store.sessions.get(session.sid, now) is session:
            return session
    return None


def _young_enough(realm: Realm, session: Session, max_age: str) -> bool:
    if not (max_age.isascii() and max_age.isdigit()):
        return True
    return (realm.clock() - session.started).total_seconds() <= int(max_age[:9])


def _claims_of(realm: Realm, id_token: str) -> dict[str, object]:
    """Claims of an ID token of ours, expired or not; empty for anything else."""
    for key in realm.keys.published:
        try:
            return dict(jwt.decode(id_token, key, algorithms=["RS256"]).claims)
        except (JoseError, ValueError, TypeError):
            continue
    return {}


def _gone() -> tuple[str, str]:
    return "set-cookie", f"{COOKIE}=; Path=/auth; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
