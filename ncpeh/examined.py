"""A simulated candidate for the validator, with the wrong keys that only its authority can make."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from countries import Country
    from onboarding.target import Target
    from simulators.pki import Credential, Pki
    from simulators.world import World


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
    add_probes(path, world.pki)
    return Target.read(path, code)


def add_probes(world_json: Path, pki: Pki) -> None:
    """Write the wrong keys of ``onboarding.keys.PROBES`` and name them in ``world.json``."""
    values = json.loads(world_json.read_text(encoding="utf-8"))
    folder = world_json.parent / "pki"
    found: dict[str, dict[str, str]] = {}
    for name, credential in _probes(pki).items():
        for kind, content in (("cert", credential.certificate_pem), ("key", credential.key_pem)):
            file = folder / f"probe_{name}.{kind}.pem"
            file.write_bytes(content)
            file.chmod(0o600)
            found.setdefault(name, {})[kind] = f"pki/{file.name}"
    values["pki"]["probes"] = found
    world_json.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _probes(pki: Pki) -> dict[str, Credential]:
    subject = (("C", "FR"), ("O", "Sesali (simulation)"), ("CN", "seal"), ("DC", "DE"))
    return {
        "seal_expired": pki.flawed("seal", "FR", "expired"),
        "seal_other_country": pki.flawed("seal", "FR", "other_country"),
        "seal_text_country": pki.issue(subject, "seal"),
        "tls_expired": pki.flawed("tls_client", "FR", "expired"),
    }
