"""The world: starts at once, stops at once, forgets everything between tests, and describes itself."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

import countries
from ehdsi.dsig import SigningKey
from ehdsi.errors import LocalError
from simulators.clock import SettableClock, seeded_ids
from simulators.world import World
from tests.component.golden_requests import Gateway
from tests.component.negative_parts import letter, matched

COLD = """
from simulators.world import World
with World() as world:
    from tests.component.golden_requests import Gateway
    from tests.component.negative_parts import matched
    for code, country in world.countries.items():
        gateway = Gateway(world, code)
        reply = gateway.send(gateway.discovery(*[one for one in country.personas[0].identifiers]))
        reply.discovery()
    print(len(world.countries))
"""


def test_all_countries_answer_from_a_cold_start() -> None:
    """Nothing of a world depends on what the test run has loaded (how long it takes: ``benchmarks``)."""
    done = subprocess.run(
        [sys.executable, "-c", COLD],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert int(done.stdout) == len(countries.codes())


def test_several_worlds_live_side_by_side() -> None:
    """Free ports are taken, so that two runs on one machine do not meet."""
    with World(["HR"]) as one, World(["HR"]) as other:
        assert one.endpoints != other.endpoints
        for world in (one, other):
            gateway = Gateway(world, "HR")
            matched(gateway.send(letter(gateway, "ITI-55")))
            gateway.close()


def test_stop_does_not_wait_for_a_hanging_request() -> None:
    """Ctrl-C is obeyed, whatever a client is waiting for."""
    world = World(["HR"]).start()
    gateway = Gateway(world, "HR")
    world.ncp("HR").faults.add("timeout")
    gateway.client.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout):
        gateway.send(letter(gateway, "ITI-55"))
    url = world.endpoints["HR"].xcpd
    world.stop()
    with pytest.raises(httpx.ConnectError):
        gateway.client.post(url)
    gateway.close()


def test_port_in_use_is_a_sentence() -> None:
    """The message says which port, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=f"port {port}.*choose another port"):
            World(["HR"], ports={"HR": port}).start()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"countries": ["XX"]}, "no country pack"), ({"countries": ["HR"], "mode": "lenient"}, "unknown mode")],
)
def test_impossible_worlds_are_refused(arguments: dict, message: str) -> None:
    """A wrong country or mode is said at once."""
    with pytest.raises(LocalError, match=message):
        World(**arguments)


def test_world_before_its_start_says_so() -> None:
    """Addresses do not exist before the start."""
    with pytest.raises(LocalError, match="was not started"):
        _ = World(["HR"]).endpoints


def test_world_json_describes_the_world(tmp_path: Path) -> None:
    """Programs outside find every endpoint, patient and key file by the settled names."""
    with World(["HR", "EE"], mode="openncp-like") as world:
        path = world.world_json(tmp_path / "run")
        content = json.loads(path.read_text(encoding="utf-8"))
        assert content["smp"] == world.smp_url
        croatia = content["countries"]["HR"]
        assert croatia["home_community_id"] == world.countries["HR"].oids.home_community
        assert (croatia["mode"], croatia["xcpd"], croatia["xca"]) == (
            "openncp-like",
            world.endpoints["HR"].xcpd,
            world.endpoints["HR"].xca,
        )
        first = countries.load("HR").persona("HR-1").primary_identifier
        assert croatia["patients"]["HR-1"][0] == {"root": first.root, "extension": first.extension}
        seal = {
            kind: (path.parent / name).read_bytes() for kind, name in content["pki"]["gateway_seal"].items()
        }
        assert (
            SigningKey.from_pem(seal["key"], seal["cert"]).certificate == world.pki.gateway_seal.certificate
        )
        assert (path.parent / content["pki"]["ca"]).read_bytes() == world.pki.ca.certificate_pem


def test_reset_forgets_faults_exchanges_and_quirks() -> None:
    """A test never sees what another one left behind."""
    with World(["HR"]) as world:
        gateway, ncp = Gateway(world, "HR"), world.ncp("HR")
        ncp.quirks = frozenset({"audience-ignored"})
        ncp.faults.add("tls-server-expired")
        with pytest.raises(httpx.ConnectError):
            gateway.send(letter(gateway, "ITI-55"))
        world.reset()
        matched(gateway.send(letter(gateway, "ITI-55")))
        assert (ncp.faults.active, ncp.quirks, ncp.received.total) == ((), frozenset(), 1)
        gateway.close()


def test_clock_of_the_world_decides() -> None:
    """An NCP judges dates by the world's clock, not by the machine's."""
    clock = SettableClock(datetime.now(UTC))
    with World(["HR"], clock=clock) as world:
        gateway = Gateway(world, "HR")
        old = letter(gateway, "ITI-55")
        clock.advance(timedelta(hours=5))
        assert gateway.send(old).discovery().acknowledgement == "AE"
        gateway.close()


def test_identifiers_follow_the_seed() -> None:
    """The same seed gives the same identifiers, another seed others."""
    first, again, other = (seeded_ids(seed, "HR") for seed in (1, 1, 2))
    assert first() == again() != other()


def test_memory_of_exchanges_is_bounded() -> None:
    """A long run does not fill the memory with what was received."""
    with World(["HR"]) as world:
        ncp, gateway = world.ncp("HR"), Gateway(world, "HR")
        ncp.received._max_exchanges = 3
        for _ in range(5):
            gateway.send(letter(gateway, "ITI-55"))
        assert (len(ncp.received), ncp.received.total) == (3, 5)
        gateway.close()
