"""A world with one process per country: one can be killed while the others go on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from ehdsi.errors import LocalError
from ncpeh.cli import main
from simulators.clock import SettableClock
from simulators.world import World
from tests.component.golden_requests import Gateway

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World(["HR", "EE"], processes=True) as world:
        yield world


@pytest.fixture
def gateways(world: World) -> Iterator[dict[str, Gateway]]:
    world.reset()
    made = {code: Gateway(world, code) for code in world.ncps}
    yield made
    for one in made.values():
        one.close()


def _identified(gateway: Gateway) -> bool:
    patient = gateway.country.personas[0].primary_identifier
    return len(gateway.send(gateway.discovery(patient)).discovery().patients) == 1


def test_each_country_answers_from_its_own_process(world: World, gateways: dict[str, Gateway]) -> None:
    """Certificates of all processes are one family, and each process counts its own requests only."""
    assert len({os.getpid(), world.process("HR").pid, world.process("EE").pid}) == 3
    assert _identified(gateways["HR"]) and _identified(gateways["EE"]) and _identified(gateways["HR"])
    assert (world.process("HR").received(), world.process("EE").received()) == ({"ITI-55": 2}, {"ITI-55": 1})
    world.reset()
    assert world.process("HR").received() == {}


def test_killed_country_is_gone_and_comes_back(world: World, gateways: dict[str, Gateway]) -> None:
    """A crash of one country touches no other, and it returns at the address that the SMP publishes."""
    before = world.endpoints["HR"]
    world.process("HR").kill()
    with pytest.raises(httpx.ConnectError):
        _identified(gateways["HR"])
    assert _identified(gateways["EE"])
    with pytest.raises(LocalError, match="restart it"):
        world.process("HR").reset()
    world.process("HR").restart()
    assert _identified(gateways["HR"])
    assert world.endpoints["HR"] == before


def test_faults_reach_the_other_process(world: World, gateways: dict[str, Gateway]) -> None:
    """The catalogue of faults works across processes, unknown names included."""
    world.process("EE").add_fault("soap-fault", times=1)
    patient = gateways["EE"].country.personas[0].primary_identifier
    assert gateways["EE"].send(gateways["EE"].discovery(patient)).fault is not None
    assert _identified(gateways["EE"])
    with pytest.raises(LocalError, match="no-such-fault"):
        world.process("EE").add_fault("no-such-fault")


def test_what_is_not_here_says_where_it_is(world: World) -> None:
    """Faults and exchanges of a country elsewhere are not looked for in this process."""
    with pytest.raises(LocalError, match="process"):
        world.ncp("HR")
    with World(["HR"]) as single, pytest.raises(LocalError, match="processes=True"):
        single.process("HR")


def test_port_in_use_is_a_sentence_from_the_child_too() -> None:
    """The parent repeats the child's sentence, and no process stays behind."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LocalError, match=f"port {port}.*choose another port"):
            World(["HR"], ports={"HR": port}, processes=True).start()


def test_up_with_processes_leaves_nothing_behind(tmp_path: Path) -> None:
    """``ncpeh up --processes`` is ready, walks a journey, and leaves no process behind."""
    command = [sys.executable, "-m", "ncpeh", "up", "--processes", "--country", "HR", "--country", "EE",
               "--run-dir", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(line.strip() == "ready" for line in process.stdout)
        world = tmp_path / "world.json"
        assert main(["journey", "--country", "HR", "--world", str(world), "--json"]) == 0
        ports = [httpx.URL(one["xca"]).port for one in json.loads(world.read_text())["countries"].values()]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    for port in ports:
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port or 0)):
            pass


def test_settable_clock_cannot_travel() -> None:
    """A clock of this process says nothing to another one; that is refused, not ignored."""
    with pytest.raises(LocalError, match="machine's clock"):
        World(["HR"], clock=SettableClock(datetime.now(UTC)), processes=True)
