"""Calls to Pro Santé Connect: one request, one answer with a cap on its size, failures as ``SES-014``."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from ehdsi.errors import LocalError
from sesali.outcomes import refused

#: Bytes of an answer that are read.
MAX_ANSWER = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, media type in lower case, body."""

    status: int
    media_type: str
    body: bytes = field(repr=False)


def open_http(ca: Path, *, certificate: Path | None = None, key: Path | None = None) -> httpx.Client:
    """A client that trusts ``ca`` only, with a certificate where the registration asks for mutual TLS.

    Raises
    ------
    LocalError : a file is missing or is not what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise LocalError(f"Pro Santé Connect: cannot use {ca} or {certificate}: {error}") from None
    # Logins come minutes apart; a connection kept saves each of its three calls a TLS handshake.
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=60.0)
    return httpx.Client(verify=context, trust_env=False, follow_redirects=False, limits=limits)


def call(http: httpx.Client, method: str, url: str, *, timeout: float, what: str,
         headers: Mapping[str, str] | None = None, form: Mapping[str, str] | None = None) -> Answer:
    """One call; ``what`` names it in the technical log.

    Raises
    ------
    StepRefused : SES-014, unreachable, too slow, too long an answer, or a 5xx status.
    """
    try:
        with http.stream(method, url, headers=headers, data=form, timeout=timeout) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > MAX_ANSWER:
                    raise refused("SES-014", detail=f"{what}: answer too long")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise refused("SES-014", detail=f"{what}: {type(error).__name__}") from None
    if response.status_code >= 500:
        raise refused("SES-014", detail=f"{what}: HTTP {response.status_code}")
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Answer(status=response.status_code, media_type=media_type, body=bytes(body))
