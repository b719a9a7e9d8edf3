"""What the gateway must be told: its keys, the SMP, the countries it is connected to, limits, audit.

Everything else about a country (endpoint, certificate, search mask) comes from the SMP.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ehdsi.dsig import SigningKey
from ehdsi.errors import LocalError
from ehdsi.oids import HOME_COMMUNITY_FR
from ehdsi.trust import TrustAnchors
from exchange.http import Limits
from exchange.tls import ClientTls


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditTarget:
    """The audit repository: host and port of syslog over TLS.

    ``confirms`` is False for one that drops the connection instead of closing it (rsyslog): the trail is then
    only as safe as such a repository is (see docs/decisions/007-audit-delivery.md).
    """

    host: str
    port: int
    confirms: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """Everything that a gateway is started with.

    Attributes
    ----------
    smp : base URL of the SMP.
    smp_signers : certificates that may make the outer signature of service metadata; None: any trusted one.
    tls : service consumer certificate, its key, and the trust anchors as files.
    anchors : the same anchors, loaded.
    seal : key and certificate for assertions.
    home_communities : OID (without ``urn:oid:``) of each country connected, by ISO code.
    own_home_community : OID of France.
    limits : seconds and bytes per peer; ``workers`` and ``waiting`` per country.
    mask_age : seconds for which service metadata is believed before it is fetched again.
    audit : the repository, None when events only gather in the outbox.
    audit_source : ISO 3166-2 code of the audit source.
    outbox : file of the audit outbox, None to keep no trail (tests of single steps only).
    """

    smp: str
    smp_signers: TrustAnchors | None = None
    tls: ClientTls
    anchors: TrustAnchors
    seal: SigningKey
    home_communities: Mapping[str, str]
    own_home_community: str = HOME_COMMUNITY_FR
    limits: Limits = field(default_factory=Limits)
    workers: int = 64
    waiting: int = 1024
    mask_age: float = 600.0
    audit: AuditTarget | None = None
    audit_source: str = "FR-IDF"
    outbox: Path | None = None


def from_world(path: Path, *, outbox: Path | None = None, limits: Limits | None = None) -> GatewayConfig:
    """Read ``world.json`` as ``ncpeh up`` writes it; paths in it are relative to its folder.

    Raises
    ------
    LocalError : the file or one that it names is missing or cannot be used; says which key.
    """
    world = _read_world(path)
    pki = _section(world, "pki", path)
    tls = ClientTls(ca=path.parent / _text(pki, "ca", path),
                    certificate=path.parent / _text(_section(pki, "gateway_tls", path), "cert", path),
                    key=path.parent / _text(_section(pki, "gateway_tls", path), "key", path))
    seal = _section(pki, "gateway_seal", path)
    signer = pki.get("smp_signer")
    audit = world.get("audit_repository")
    return GatewayConfig(
        smp=_text(world, "smp", path), tls=tls, anchors=TrustAnchors.from_pem(_bytes(tls.ca)),
        smp_signers=TrustAnchors.from_pem(_bytes(path.parent / str(signer))) if signer else None,
        seal=SigningKey.from_pem(_bytes(path.parent / _text(seal, "key", path)),
                                 _bytes(path.parent / _text(seal, "cert", path))),
        home_communities={code: _text(country, "home_community_id", path)
                          for code, country in _section(world, "countries", path).items()},
        audit=AuditTarget(host=str(audit["host"]), port=int(audit["port"]),
                          confirms=bool(audit.get("confirms", True))) if audit else None,
        outbox=outbox, limits=limits or Limits())


def _read_world(path: Path) -> dict[str, Any]:
    try:
        world = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LocalError(f"cannot read {path}: {error.strerror}; is a world running (ncpeh up)?") from None
    except ValueError as error:
        raise LocalError(f"{path} is not JSON: {error}") from None
    if not isinstance(world, dict):
        raise LocalError(f"{path}: expected a JSON object")
    return world


def _section(parent: Mapping[str, Any], key: str, path: Path) -> dict[str, Any]:
    value = parent.get(key)
    if not isinstance(value, dict):
        raise LocalError(f"{path}: expected an object under the key {key!r}")
    return value


def _text(parent: Mapping[str, Any], key: str, path: Path) -> str:
    value = parent.get(key) if isinstance(parent, Mapping) else None
    if not isinstance(value, str) or not value:
        raise LocalError(f"{path}: expected a text under the key {key!r}")
    return value


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalError(f"cannot read {path}: {error.strerror}") from None
