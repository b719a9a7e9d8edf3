"""Foreign NCPs as pytest fixtures: ``ncpeh_world``, ``ncps``, ``ncp_hr`` and so on, ``ncpeh_respx``.

::

    def test_croatia_is_asked_once(ncp_hr):
        ...
        assert len(ncp_hr.received.of("ITI-55")) == 1

Servers start once per session, at the first fixture that needs them, and are reset for every test. A project
overrides the fixtures ``ncpeh_countries``, ``ncpeh_mode``, ``ncpeh_seed`` and ``ncpeh_clock`` (session scope)
to get another world. Nothing heavy is imported until a fixture is used, because this file is loaded in every
pytest run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from datetime import datetime

    from simulators.ncp.simulator import ForeignNcp
    from simulators.world import World

_PACKS = Path(__file__).parents[1] / "fixtures" / "countries"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--ncpeh-mode`` chooses how the foreign NCPs of the session behave."""
    group = parser.getgroup("ncpeh", "simulated national contact points for eHealth")
    group.addoption(
        "--ncpeh-mode",
        default="strict",
        choices=("strict", "openncp-like"),
        help="how foreign NCPs behave unless a test says otherwise (default: %(default)s)",
    )


@pytest.fixture(scope="session")
def ncpeh_countries() -> tuple[str, ...] | None:
    """Override point: ISO codes or paths of the packs to start; ``None`` is every pack of the project."""
    return None


@pytest.fixture(scope="session")
def ncpeh_mode(request: pytest.FixtureRequest) -> str:
    """Override point: ``strict`` or ``openncp-like``."""
    mode: str = request.config.getoption("--ncpeh-mode")
    return mode


@pytest.fixture(scope="session")
def ncpeh_seed() -> int:
    """Override point: the seed of identifiers that simulators make."""
    return 0


@pytest.fixture(scope="session")
def ncpeh_clock() -> Callable[[], datetime]:
    """Override point: the clock of the world, a function that gives an aware UTC time."""
    from simulators.clock import real_clock

    return real_clock


@pytest.fixture(scope="session")
def _ncpeh_session_world(
    ncpeh_countries: tuple[str, ...] | None,
    ncpeh_mode: str,
    ncpeh_seed: int,
    ncpeh_clock: Callable[[], datetime],
) -> Iterator[World]:
    from simulators.world import World

    with World(ncpeh_countries, mode=ncpeh_mode, seed=ncpeh_seed, clock=ncpeh_clock) as world:
        yield world


@pytest.fixture
def ncpeh_world(_ncpeh_session_world: World) -> Iterator[World]:
    """The world on real sockets: ``endpoints``, ``pki``, ``smp``, ``ncp(code)``; reset for this test."""
    _ncpeh_session_world.reset()
    yield _ncpeh_session_world
    _ncpeh_session_world.reset()


@pytest.fixture
def ncps(ncpeh_world: World) -> dict[str, ForeignNcp]:
    """Every foreign NCP by ISO code."""
    return dict(ncpeh_world.ncps)


@pytest.fixture(scope="session")
def _ncpeh_silent_world(
    ncpeh_countries: tuple[str, ...] | None,
    ncpeh_mode: str,
    ncpeh_seed: int,
    ncpeh_clock: Callable[[], datetime],
) -> World:
    from simulators.world import World

    return World(ncpeh_countries, mode=ncpeh_mode, seed=ncpeh_seed, clock=ncpeh_clock).without_sockets()


@pytest.fixture
def ncpeh_respx(_ncpeh_silent_world: World) -> Iterator[World]:
    """A world without sockets: every httpx call to its URLs is answered in this process, through respx."""
    from simulators.in_process import answering

    _ncpeh_silent_world.reset()
    with answering(_ncpeh_silent_world):
        yield _ncpeh_silent_world
    _ncpeh_silent_world.reset()


def _codes() -> list[str]:
    """Codes of the packs, by folder names only."""
    return sorted(folder.name for folder in _PACKS.iterdir() if (folder / "country.toml").is_file())


def _country_fixture(code: str) -> Any:
    @pytest.fixture(name=f"ncp_{code.lower()}")
    def ncp(ncpeh_world: World) -> ForeignNcp:
        return ncpeh_world.ncp(code)

    ncp.__doc__ = f"The foreign NCP of {code}, reset for this test."
    return ncp


for _code in _codes():
    globals()[f"ncp_{_code.lower()}"] = _country_fixture(_code)
