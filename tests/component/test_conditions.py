"""Conditions of a world: latencies and failures of all countries as data, for ``ncpeh up`` and for load."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehdsi.errors import LocalError
from simulators.conditions import let_act, load, names
from simulators.world import World


@pytest.mark.parametrize("name", names())
def test_conditions_of_the_project_act_on_every_country(name: str) -> None:
    """They are read, each names faults of the catalogue, and no two of them get in each other's way."""
    world = World().without_sockets()
    assert let_act(world, load(name)) > len(world.countries)
    assert all(ncp.faults.active for ncp in world.ncps.values())


def test_latencies_of_a_country_add_up() -> None:
    """On an ordinary day every identification in Czechia takes a while, and every twentieth long."""
    world = World(["CZ", "HR"]).without_sockets()
    let_act(world, load("ordinary-day"))
    waits = [sum(float(str(fault.parameters["seconds"])) for fault in world.ncp("CZ").faults.take("ITI-55"))
             for _ in range(20)]
    assert waits == [0.15] * 19 + [1.65]
    assert not world.ncp("HR").faults.take("SMP")


def test_conditions_reach_a_country_in_a_process_of_its_own() -> None:
    """The same data serve for a world of processes."""
    with World(["EE"], processes=True) as world:
        assert let_act(world, load("bad-day")) == 2


@pytest.mark.parametrize(("text", "words"), [
    ('[[fault]]\nname = "latency"', "'country' is missing"),
    ('[[fault]]\ncountry = "HR"\nname = "latensy"', "latency"),
    ('[[fault]]\ncountry = "HR"\nname = "latency"\nseconds = 2', "unknown key 'seconds'"),
    ('[[fault]]\ncountry = "HR"\nname = "latency"\nsteps = ["ITI-18"]', "does not show in ITI-18"),
    ('[[fault]]\ncountry = "HR"\nname = "latency"\nparameters = {hours = 1}', "unknown parameter 'hours'"),
    ('day = "bad"', "unknown key 'day'"), ("[[fault]", "not valid TOML")])
def test_a_mistake_in_conditions_is_named(tmp_path: Path, text: str, words: str) -> None:
    """Whoever writes conditions is told the file, the entry and the key."""
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LocalError, match=f"mine.toml.*{words}"):
        load(str(path))


def test_a_mistyped_name_is_answered_with_those_there_are() -> None:
    """``--conditions`` says what can be chosen."""
    with pytest.raises(LocalError, match="bad-day, ordinary-day"):
        load("bad-dya")
