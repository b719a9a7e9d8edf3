"""A cold process until seven countries have answered an ITI-55, split, beside a bare server's start."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

from benchmarks.processes import ROOT
from benchmarks.report import Table, say, verdict

REPEATS = 7

_WORLD = """
import time; t0 = time.perf_counter()
from simulators.world import World
import simulators.ncp.simulator, simulators.smp.simulator
t1 = time.perf_counter()
world = World()
t2 = time.perf_counter()
world.start()
t3 = time.perf_counter()
import json, sys
from benchmarks.startup import ask
signing = ask(world)
t4 = time.perf_counter()
print(json.dumps({"imports": t1 - t0, "packs": t2 - t1, "keys, certificates, ports": t3 - t2,
                  "the asking gateway: its imports, keys, signature": signing,
                  "first answers": t4 - t3 - signing, "countries": len(world.ncps)}), flush=True)
world.stop()
"""

_BARE = """
import json, time; t0 = time.perf_counter()
import socket, threading, uvicorn
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
bound = socket.socket(); bound.bind(("127.0.0.1", 0)); bound.listen()
server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", http="httptools", loop="uvloop"))
threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True).start()
with socket.create_connection(bound.getsockname()) as client:
    client.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n")
    client.recv(100)
print(json.dumps({"all": time.perf_counter() - t0}), flush=True)
"""


def run() -> list[Table]:
    """Start it several times; the first start only warms the file cache."""
    say("cold starts")
    _started(_WORLD)
    worlds = [_started(_WORLD) for _ in range(REPEATS)]
    bare = [_started(_BARE) for _ in range(REPEATS)]
    return [_table(worlds, bare)]


def ask(world: object) -> float:
    """Send an ITI-55 to every country and insist on an answer; returns the seconds of the asking side itself.

    Runs in the started process.
    """
    from simulators.world import World

    assert isinstance(world, World)
    begin = time.perf_counter()
    import tempfile
    from pathlib import Path

    from benchmarks.driver import Connections
    from benchmarks.requests import Petitioner
    from ehdsi import oids
    from exchange.tls import ClientTls
    from sesali.professional import Issuer

    with tempfile.TemporaryDirectory(prefix="ncpeh-bench-") as folder:
        files = world.pki.write(Path(folder))
        tls = ClientTls(ca=files["ca"], certificate=files["gateway_tls.cert"], key=files["gateway_tls.key"])
        issuer = Issuer(key=world.pki.gateway_seal.signing_key, home_community=oids.HOME_COMMUNITY_FR)
        letters = []
        credentials = None
        for code, country in world.countries.items():
            where = world.endpoints[code]
            patient = country.personas[0].primary_identifier
            one = Petitioner(issuer, code, country.oids.home_community, patient, xcpd_url=where.xcpd,
                             xca_url=where.xca)
            credentials = credentials or one.credentials()
            letters.append((world._listeners[code].port, one.discovery(credentials)))
        spent = time.perf_counter() - begin
        for port, letter in letters:
            connections = Connections("127.0.0.1", port, tls, 1)
            answer = connections.drive([letter], answers=1).last
            assert b"queryResponseCode" in answer
            connections.close()
    return spent


def _started(program: str) -> dict[str, float]:
    begin = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True,
                          check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told | {"process": time.perf_counter() - begin}


def _table(worlds: list[dict[str, float]], bare: list[dict[str, float]]) -> Table:
    parts = [name for name in worlds[0] if name not in ("countries", "process")]
    gateway = next(name for name in parts if name.startswith("the asking"))
    ready = [sum(run[name] for name in parts if name != gateway) for run in worlds]
    floor = [run["all"] for run in bare]
    rows = [_row(name, [run[name] for run in worlds], floor) for name in parts]
    rows += [_row("all countries have answered", ready, floor),
             _row("the same with the asking gateway", [a + b[gateway] for a, b in
                                                      zip(ready, worlds, strict=True)], floor),
             _row("bare uvicorn has answered one GET", floor, floor)]
    return Table(
        part="startup", title=f"Cold start of {int(worlds[0]['countries'])} countries",
        columns=("step", "ms, median", "ms, worst", "times a bare uvicorn"), rows=tuple(rows),
        remarks=(verdict("all countries answering", statistics.median(ready), 1.0, "s"),
                 f"Wall time of {REPEATS} fresh processes with compiled bytecode, one ITI-55 per country "
                 "over mutual TLS. The asking gateway needs an RSA key of its own, whose making takes 40 to "
                 "400 ms by chance; a gateway in its own process does that beside the countries.",))


def _row(name: str, seconds: list[float], floor: list[float]) -> tuple[str, ...]:
    median = statistics.median(seconds)
    return (name, f"{median * 1000:.0f}", f"{max(seconds) * 1000:.0f}",
            f"{median / statistics.median(floor):.1f}")
