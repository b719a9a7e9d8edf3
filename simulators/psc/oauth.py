"""Small change of OAuth 2.0: errors, JSON answers, forms, client authentication.

Source: RFC 6749 sections 2.3 and 5.2; RFC 8705 section 2.1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from simulators.http import HttpRequest, HttpResponse
from simulators.psc.clients import PscClient

NO_STORE = (("cache-control", "no-store"), ("pragma", "no-cache"))


class OAuthError(Exception):
    """An error answer: ``error`` and ``error_description`` of the protocol."""

    def __init__(self, error: str, description: str = "", *, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status

    def response(self) -> HttpResponse:
        """As JSON."""
        extra = (("www-authenticate", 'Basic realm="esante-wallet"'),) if self.status == 401 else ()
        return json_response({"error": self.error, "error_description": self.description},
                             status=self.status, headers=extra)  # fmt: skip


def json_response(
    document: Mapping[str, Any], *, status: int = 200, headers: tuple[tuple[str, str], ...] = NO_STORE
) -> HttpResponse:
    """A JSON answer."""
    return HttpResponse(status=status, headers=(("content-type", "application/json"), *headers),
                        body=json.dumps(document, ensure_ascii=False).encode())  # fmt: skip


def redirect(url: str, parameters: Mapping[str, str], *, fragment: bool = False,
             headers: tuple[tuple[str, str], ...] = ()) -> HttpResponse:  # fmt: skip
    """303 to ``url`` with parameters in its query or fragment."""
    mark = "#" if fragment else "&" if "?" in url else "?"
    target = f"{url}{mark}{urlencode(parameters)}" if parameters else url
    return HttpResponse(status=303, headers=(("location", target), *NO_STORE, *headers))


def fields(text: str) -> dict[str, str]:
    """A query or a form.

    Raises
    ------
    OAuthError : ``invalid_request``, a parameter comes twice or there are far too many.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise OAuthError("invalid_request", "too many parameters") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise OAuthError("invalid_request", "duplicated parameter")
    return found


def form(request: HttpRequest) -> dict[str, str]:
    """The form in a body.

    Raises
    ------
    OAuthError : ``invalid_request``.
    """
    media_type = request.header("content-type").partition(";")[0].strip().lower()
    if request.method != "POST" or request.too_large or media_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "a POST of a form is expected")
    return fields(request.body.decode("utf-8", "replace"))


def authenticate(
    request: HttpRequest, sent: Mapping[str, str], clients: Mapping[str, PscClient]
) -> PscClient:
    """Which client this is: by ``client_secret_basic``, ``client_secret_post`` or its TLS certificate.

    Raises
    ------
    OAuthError : ``invalid_client``.
    """
    client_id, secret = _basic(request) or (sent.get("client_id", ""), sent.get("client_secret", ""))
    client = clients.get(client_id)
    if client is not None:
        if client.secret and hmac.compare_digest(secret.encode(), client.secret.encode()):
            return client
        if client.certificate and not secret and thumbprint(request).hex() == client.certificate:
            return client
    raise OAuthError("invalid_client", "Invalid client or Invalid client credentials", status=401)


def thumbprint(request: HttpRequest) -> bytes:
    """SHA-256 of the TLS client certificate, empty without one."""
    return hashlib.sha256(request.peer_certificate).digest() if request.peer_certificate else b""


def base64url(data: bytes) -> str:
    """Base64 for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def bearer(request: HttpRequest) -> str:
    """The access token of a request, empty without one."""
    scheme, _, token = request.header("authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _basic(request: HttpRequest) -> tuple[str, str] | None:
    scheme, _, content = request.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(content.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)
