"""Puts the audit trail together from the configuration: outbox, sender, the name of the gateway."""

from __future__ import annotations

import socket

from cryptography import x509

from ehdsi.errors import LocalError
from exchange.syslog import TlsSyslog
from exchange.tls import ClientTls
from sesali.audit_events import common_name
from sesali.audit_trail import AuditTrail, Outbox
from sesali.config import GatewayConfig


def open_trail(config: GatewayConfig) -> AuditTrail | None:
    """The trail of this gateway; None when the configuration names no outbox."""
    if config.outbox is None:
        return None
    target = config.audit
    send = TlsSyslog(target.host, target.port, config.tls, polite_peer=target.confirms) if target else None
    return AuditTrail(Outbox(config.outbox), host=socket.gethostname() or "-", send=send)


def tls_common_name(tls: ClientTls) -> str:
    """CN of our TLS client certificate, the name of the service consumer in all events."""
    try:
        return common_name(x509.load_pem_x509_certificate(tls.certificate.read_bytes()))
    except (OSError, ValueError) as error:
        raise LocalError(f"cannot read the TLS client certificate {tls.certificate}: {error}") from None
