"""pytest fixtures of the features: ``stage`` (everything, as new for each scenario).

Options: ``--ncpeh-portal URL`` plays the features at another deployment (``--ncpeh-portal-ca FILE`` when
the machine does not know the authority of its certificate), ``--ncpeh-driver browser`` puts the clinicians in
front of Chromium, ``--ncpeh-pack DIR`` (repeatable) adds a country pack.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ncpeh.stage import MakeClinician, Stage


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the features."""
    group = parser.getgroup("ncpeh features", "features of the portal")
    group.addoption("--ncpeh-portal", default="", metavar="URL",
                    help="play the features at this portal instead of one of our own")
    group.addoption("--ncpeh-portal-ca", default="", metavar="FILE",
                    help="PEM file with the authority of that portal; the machine's own by default")
    group.addoption("--ncpeh-driver", default="http", choices=("http", "browser"),
                    help="how clinicians look at pages (default: %(default)s)")
    group.addoption("--ncpeh-pack", action="append", default=[], metavar="DIR",
                    help="another country pack; its scenarios come along (repeatable)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A scenario that needs the simulators is skipped at a portal that has none behind it."""
    from ncpeh.stage import NotHereError

    try:
        yield
    except NotHereError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def _ncpeh_maker(request: pytest.FixtureRequest) -> Iterator[MakeClinician]:
    if request.config.getoption("--ncpeh-driver") == "http":
        from clinician import HttpClinician

        yield HttpClinician
        return
    from clinician.browser import Chromium

    with Chromium() as chromium:
        yield chromium.clinician


@pytest.fixture(scope="session")
def _ncpeh_stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory,
                 _ncpeh_maker: MakeClinician) -> Iterator[Stage]:
    from ncpeh.stage import Stage

    option = request.config.getoption
    stage = Stage(tmp_path_factory.mktemp("stage"), portal=option("--ncpeh-portal"),
                  ca=option("--ncpeh-portal-ca"), make=_ncpeh_maker,
                  packs=tuple(map(Path, option("--ncpeh-pack"))))
    stage.start()
    yield stage
    stage.stop()


@pytest.fixture
def stage(_ncpeh_stage: Stage) -> Iterator[Stage]:
    """Countries, Pro Santé Connect, audit repository, portal and clock, as new for this scenario."""
    _ncpeh_stage.begin()
    yield _ncpeh_stage
    _ncpeh_stage.send_home()
