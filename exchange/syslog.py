"""Syslog over TLS to the audit repository, with a confirmation that plain syslog does not have.

RFC 5425 knows no acknowledgement. After the frames of a batch we say that no more will come
(``close_notify``) and wait until the repository, having read everything, closes too; only then is the batch
taken as received.

Source: RFC 5425, 4.3.1 (octet counting) and 4.4 (closure).
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Sequence

from exchange.tls import ClientTls, client_context


class TlsSyslog:
    """Sends batches of octet-counted frames, one connection per batch.

    Parameters
    ----------
    host, port : the audit repository.
    tls : our certificate, shown when the repository asks for one, and the anchors.
    timeout : seconds for each wait on the network.
    polite_peer : the repository closes with ``close_notify``; False for one that just drops the connection (a
        batch that a dying repository had read but not stored would then be taken as received).
    """

    def __init__(self, host: str, port: int, tls: ClientTls, *, timeout: float = 5.0,
                 polite_peer: bool = True) -> None:
        self._address = (host, port)
        self._context = client_context(tls)
        self._timeout = timeout
        self._polite_peer = polite_peer

    def __call__(self, frames: Sequence[bytes]) -> None:
        """Send all frames in order and return once the repository has read them.

        Raises
        ------
        OSError : (``ssl.SSLError`` included) something failed; none of the frames may be taken as received.
        """
        with (socket.create_connection(self._address, self._timeout) as plain,
              self._context.wrap_socket(plain, server_hostname=self._address[0]) as secure):
            for frame in frames:
                secure.sendall(frame)
            self._confirm(secure)

    def _confirm(self, secure: ssl.SSLSocket) -> None:
        """Close our direction, wait for the end of the other one."""
        rude = () if self._polite_peer else (ssl.SSLEOFError,)
        with contextlib.suppress(ssl.SSLZeroReturnError, *rude):
            secure.unwrap().close()
