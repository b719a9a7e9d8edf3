"""What is examined, and the keys with which we come: read from ``world.json`` or given as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ehdsi.errors import LocalError
from exchange.tls import ClientTls


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The candidate and our side of the connection.

    Attributes
    ----------
    country : ISO code of the candidate.
    smp : base URL of the SMP that publishes it.
    tls : anchors, TLS client certificate and key of the gateway (PEM files).
    seal_certificate, seal_key : PEM files of the key that signs our assertions.
    xcpd, xca : endpoints as ``world.json`` states them; empty when only the SMP is known.
    probes : wrong keys that only the real authority can issue, by the names of ``onboarding.keys.PROBES``:
        certificate and key (PEM files). Without one, the checks that need it are omitted.
    source : the file that this was read from, for the commands of the dossier.
    """

    country: str
    smp: str
    tls: ClientTls
    seal_certificate: Path
    seal_key: Path
    xcpd: str = ""
    xca: str = ""
    probes: Mapping[str, tuple[Path, Path]] = field(default_factory=dict)
    source: str = ""

    @classmethod
    def of(cls, values: Mapping[str, Any], base: Path, country: str, *, source: str = "") -> Target:
        """The candidate ``country`` among the values of a ``world.json``; its paths are relative to ``base``.

        Raises
        ------
        LocalError : a key is missing; names it.
        """
        entry = values.get("countries", {}).get(country, {})
        try:
            pki = values["pki"]
            return cls(
                country=country,
                smp=values["smp"],
                tls=ClientTls(
                    ca=base / pki["ca"],
                    certificate=base / pki["gateway_tls"]["cert"],
                    key=base / pki["gateway_tls"]["key"],
                ),
                seal_certificate=base / pki["gateway_seal"]["cert"],
                seal_key=base / pki["gateway_seal"]["key"],
                xcpd=entry.get("xcpd", ""),
                xca=entry.get("xca", ""),
                probes={
                    name: (base / files["cert"], base / files["key"])
                    for name, files in pki.get("probes", {}).items()
                },
                source=source,
            )
        except (KeyError, TypeError) as error:
            raise LocalError(f"{source or 'the world'} lacks the key {error}") from None

    @classmethod
    def read(cls, path: Path, country: str) -> Target:
        """Read ``world.json``; raises ``LocalError`` when it is missing, no JSON, or lacks a key."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise LocalError(f"cannot read {path}: {error.strerror}") from None
        except ValueError as error:
            raise LocalError(f"{path} is not valid JSON: {error}") from None
        if not isinstance(values, dict):
            raise LocalError(f"{path} does not hold a JSON object")
        return cls.of(values, path.parent, country, source=str(path))
