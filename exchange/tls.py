"""Client side of mutual TLS: our certificate, the anchors, and the server certificate that the SMP publishes.

The comparison with the published certificate happens inside the handshake, before a byte of the request
(which holds identity traits) leaves the gateway. Host names are not compared: the exact certificate is
stronger, and foreign NCPs publish names of a private network.

Source: eHDSI X.509 Certificates Profile; eHDSI Messaging Profile (mutual authentication between NCPs).
"""

from __future__ import annotations

import hashlib
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ehdsi.errors import LocalError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """Files (PEM) of our side: ``ca`` the anchors, ``certificate`` and ``key`` of the service consumer."""

    ca: Path
    certificate: Path
    key: Path


class PinnedContext(ssl.SSLContext):
    """A TLS client context that accepts one server certificate only, and only if it chains to the anchors."""

    #: DER of the certificate that the peer must show; empty: any that chains and carries the host name.
    pinned: bytes = b""

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Handshake, then compare; the socket is closed when the certificate is another one."""
        wrapped = super().wrap_socket(sock, *args, **kwargs)
        if self.pinned and wrapped.getpeercert(binary_form=True) != self.pinned:
            wrapped.close()
            raise ssl.SSLCertVerificationError(
                "the server certificate is not the one that the SMP publishes for this endpoint")
        return wrapped


def client_context(tls: ClientTls, *, pinned: bytes = b"") -> PinnedContext:
    """A context for one peer; built once and kept as long as its connection pool.

    Parameters
    ----------
    tls : our files.
    pinned : DER of the only server certificate to accept; empty for the SMP: its host name is checked.

    Raises
    ------
    LocalError : a file is missing or is not what it should be; says which.
    """
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.pinned = pinned
    if pinned:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(cafile=str(tls.ca))
    except (OSError, ssl.SSLError) as error:
        raise LocalError(f"cannot read the trust anchors {tls.ca}: {error.strerror or error}") from None
    try:
        context.load_cert_chain(str(tls.certificate), str(tls.key))
    except (OSError, ssl.SSLError) as error:
        raise LocalError(f"cannot use the TLS client certificate {tls.certificate} with the key {tls.key}: "
                         f"{error.strerror or error}") from None
    return context


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate, as people compare it: ``AB:CD:…``."""
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())
