"""A relying party that we did not write completes login at the simulated Pro Santé Connect."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.pki import Pki
from simulators.psc import PscClient, PscSimulator, locate_psc, psc_listeners
from simulators.server import ServerThread

CALLBACK = "https://portal.test/auth/callback"
SCRIPT = Path(__file__).with_name("foreign_oidc.mjs")
PACKAGE = "openid-client@6"
SECRET = "a secret: é"


@pytest.fixture(scope="module")
def modules(request: pytest.FixtureRequest) -> Path:
    """Folder with the npm package, installed once into the cache of pytest; skips where that cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None or request.config.cache is None:
        pytest.skip("node and npm are not installed")
    folder = request.config.cache.mkdir("openid-client").resolve()
    if not (folder / "node_modules" / "openid-client").is_dir():
        command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", PACKAGE]
        try:
            done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{PACKAGE} cannot be installed in time")
        if done.returncode:
            pytest.skip(f"{PACKAGE} cannot be installed here")
    return folder


@pytest.mark.foreign
def test_a_certified_client_logs_in_refreshes_decouples_and_logs_out(modules: Path, tmp_path: Path) -> None:
    """Discovery, PKCE, tokens, user info, introspection, CIBA, revocation and logout interoperate."""
    client = PscClient(client_id="foreign", secret=SECRET, redirect_uris=(CALLBACK,))
    psc = PscSimulator(clients=[client])
    pki = Pki(now=datetime.now(UTC))
    files = pki.write(tmp_path)
    listeners = psc_listeners(psc, pki)
    thread = ServerThread()
    thread.start(list(listeners.values()))
    try:
        locate_psc(psc, listeners)
        done = subprocess.run(
            [
                "node",
                str(SCRIPT),
                str(modules),
                psc.issuer,
                "foreign",
                SECRET,
                CALLBACK,
                "pia-infirmiere",
                psc.identities[0].national_id,
            ],
            env={**os.environ, "NODE_EXTRA_CA_CERTS": str(files["ca"])},
            capture_output=True,
            timeout=60,
            check=False,
            text=True,
        )
    finally:
        thread.stop()
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    person, forged = got.pop("person"), got.pop("forged")
    assert forged["annuler"] == "access_denied"
    assert "accepted" not in forged.values() and len(forged) == 3
    assert got == {
        "acr": "eidas1",
        "active": True,
        "decoupled": psc.identities[0].national_id,
        "fresh": True,
        "refused": "invalid_grant",
        "ended": 200,
    }
    assert person["SubjectRefPro"]["exercices"][0]["codeProfession"] == "60"
