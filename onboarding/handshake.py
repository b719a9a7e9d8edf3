"""Single TLS handshakes with a candidate, as the checks of transport security need them."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from onboarding.bench import Bench
from onboarding.letters import Step

#: ``_ssl.ENCODING_DER``.
_DER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """What came of one handshake and one byte of request after it.

    Attributes
    ----------
    version, suite, forward_secret : negotiated; empty when the handshake failed.
    certificates : DER of the chain that the server showed, leaf first.
    served : bytes that came back for an HTTP request; empty when the server closed instead.
    error : why it failed, empty when it did not.
    """

    version: str = ""
    suite: str = ""
    certificates: tuple[bytes, ...] = ()
    served: bytes = b""
    error: str = ""


def context(*, client: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """A client context that takes any server and shows this certificate, if any."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if client is not None:
        made.load_cert_chain(str(client), str(key or client))
    return made


def ours(bench: Bench) -> ssl.SSLContext:
    """A context with the gateway's client certificate."""
    return context(client=bench.target.tls.certificate, key=bench.target.tls.key)


def of_version(made: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """The context for one protocol version, old suites and keys allowed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = version
        made.maximum_version = version
    with contextlib.suppress(ssl.SSLError):
        made.set_ciphers("ALL:@SECLEVEL=0")
    return made


def shake(bench: Bench, step: Step, made: ssl.SSLContext, *, name: bool = True) -> Handshake:
    """One handshake, then a HEAD request, because TLS 1.3 refuses clients only when they speak."""
    parts = urlsplit(bench.url(step))
    host, port = parts.hostname or "", parts.port or 443
    server_name = host if name and not _is_address(host) else None
    try:
        with (
            socket.create_connection((host, port), bench.limits.connect) as plain,
            made.wrap_socket(plain, server_hostname=server_name) as secure,
        ):
            version, suite = secure.version() or "", (secure.cipher() or ("",))[0]
            chain = _chain(secure)
            served = _served(secure, parts.netloc)
    except (OSError, ValueError) as error:
        return Handshake(error=getattr(error, "reason", None) or type(error).__name__)
    return Handshake(version=version, suite=suite, certificates=chain, served=served)


def _served(secure: ssl.SSLSocket, host: str) -> bytes:
    try:
        secure.settimeout(3)
        secure.sendall(f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return secure.recv(64)
    except OSError:
        return b""


def _chain(secure: ssl.SSLSocket) -> tuple[bytes, ...]:
    """What the server showed. Before Python 3.13 only the inner object of the socket knows the chain."""
    inner: Any = getattr(secure, "_sslobj", None)
    found = inner.get_unverified_chain() if hasattr(inner, "get_unverified_chain") else None
    if found:
        return tuple(bytes(one.public_bytes(_DER)) for one in found)
    leaf = secure.getpeercert(binary_form=True)
    return (leaf,) if leaf else ()


def _is_address(host: str) -> bool:
    return host.replace(".", "").isdigit() or ":" in host


@contextlib.contextmanager
def private_file(content: bytes) -> Iterator[Path]:
    """A file that only we can read and that is gone afterwards; TLS contexts take keys from files only."""
    descriptor, name = tempfile.mkstemp(prefix="ncpeh-")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(content)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
