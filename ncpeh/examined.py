"""A simulated candidate for the validator, with the wrong keys that only its authority can make."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from countries import Country
    from onboarding.target import Target
    from simulators.pki import Credential, Pki
    from simulators.world import World


_SUBJECT = (("C", "FR"), ("O", "Sesali (simulation)"), ("CN", "seal"))


@contextlib.contextmanager
def private_target(
    country: Country, folder: Path, *, mode: str = "strict", seed: int = 0
) -> Iterator[Target]:
    """The simulator of a pack on free ports, gone at the end; key files live in ``folder``."""
    from simulators.world import World

    with World([country], mode=mode, seed=seed) as world:
        yield target_in(world, country.code, folder)


def target_in(world: World, code: str, folder: Path) -> Target:
    """A country of a started world as a candidate, its key files written to ``folder``."""
    from onboarding.target import Target

    path = world.world_json(folder)
    add_probes(path, world.pki, long_key=True)
    return Target.read(path, code)


def add_probes(world_json: Path, pki: Pki, *, long_key: bool = False) -> None:
    """Write the keys of ``onboarding.keys.PROBES`` and name them in ``world.json``.

    ``long_key`` adds the one of 4096 bits, which takes up to a few seconds to make.
    """
    values = json.loads(world_json.read_text(encoding="utf-8"))
    folder = world_json.parent / "pki"
    found: dict[str, dict[str, str]] = {}
    probes = _probes(pki)
    if long_key:
        probes["seal_rsa4096"] = pki.issue(_SUBJECT, "seal", key=_long_key())
    for name, credential in probes.items():
        for kind, content in (("cert", credential.certificate_pem), ("key", credential.key_pem)):
            file = folder / f"probe_{name}.{kind}.pem"
            file.write_bytes(content)
            file.chmod(0o600)
            found.setdefault(name, {})[kind] = f"pki/{file.name}"
    values["pki"]["probes"] = found
    world_json.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@cache
def _long_key() -> rsa.RSAPrivateKey:
    """A key of 4096 bits: seconds to make, so one serves all worlds of a process."""
    return rsa.generate_private_key(65537, 4096)


def _probes(pki: Pki) -> dict[str, Credential]:
    return {
        "seal_expired": pki.flawed("seal", "FR", "expired"),
        "seal_other_country": pki.flawed("seal", "FR", "other_country"),
        "seal_text_country": pki.issue((*_SUBJECT, ("DC", "ZZ")), "seal"),
        "tls_expired": pki.flawed("tls_client", "FR", "expired"),
    }
