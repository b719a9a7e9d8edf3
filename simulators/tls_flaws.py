"""The TLS faults that are settings of a listener: versions, ciphers, the demand for a client certificate."""

from __future__ import annotations

import contextlib
import ssl
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509

from ehdsi.errors import LocalError

#: OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python has no name for.
_ANY_TIME = 0x200000

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def loosen(context: ssl.SSLContext, wanted: Mapping[str, Any]) -> None:
    """Change a server's context as a ``tls`` fault asks for it.

    Parameters
    ----------
    wanted : ``version`` is the lowest one (1.0 to 1.3), ``ciphers`` an OpenSSL list for TLS 1.2 and below,
        ``client_certificate`` is ``optional``, ``expired`` (any date will do), ``selfsigned`` or
        ``unverified`` (any issuer will do); ``sni`` is ``required``.
    """
    if "version" in wanted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = _VERSIONS[str(wanted["version"])]
        if wanted["version"] in ("1.0", "1.1"):
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if "ciphers" in wanted:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(str(wanted["ciphers"]))
    if wanted.get("client_certificate") == "optional":
        context.verify_mode = ssl.CERT_OPTIONAL
    if wanted.get("client_certificate") == "expired":
        context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | _ANY_TIME)
    if wanted.get("client_certificate") in ("selfsigned", "unverified"):
        _trust_what_is_shown(context, any_issuer=wanted["client_certificate"] == "unverified")
    if wanted.get("sni") == "required":
        context.sni_callback = _name_wanted


def _name_wanted(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
    return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME if name is None else None


def _trust_what_is_shown(context: ssl.SSLContext, *, any_issuer: bool) -> None:
    """Take a client's certificate among the anchors a moment before it is verified.

    The library verifies whatever the server thinks of it; the messages of a handshake are shown before they
    are processed, though, and that is when trust can still be granted.
    """
    if not hasattr(context, "_msg_callback"):  # pragma: no cover - every CPython since 3.8 has it
        raise LocalError("the TLS library of this Python shows no handshakes; this fault needs CPython")

    def shown(_: object, direction: str, version: Any, __: object, kind: Any, message: bytes) -> None:
        if direction != "read" or getattr(kind, "name", "") != "CERTIFICATE":
            return
        der = _first_certificate(message, inside_context=version == ssl.TLSVersion.TLSv1_3)
        with contextlib.suppress(ValueError, ssl.SSLError):
            found = x509.load_der_x509_certificate(der)
            if any_issuer or found.issuer == found.subject:
                context.load_verify_locations(cadata=der)

    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    watched: Callable[..., None] = shown
    context._msg_callback = watched


def _first_certificate(message: bytes, *, inside_context: bool) -> bytes:
    """The leaf of a Certificate message; TLS 1.3 puts a context before the list. Source: RFC 8446, 4.4.2."""
    start = 4 + (1 + message[4] if inside_context else 0) + 3
    size = int.from_bytes(message[start : start + 3], "big")
    return message[start + 3 : start + 3 + size]
