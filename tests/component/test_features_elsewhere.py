"""The features at a portal that somebody else started: only its address and its authority are known."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from countries import codes
from ncpeh.portal_world import PortalWorld
from tests.component.portal_visit import portal

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalWorld]:
    with portal(tmp_path_factory.mktemp("elsewhere"), list(codes()), portal={"searches": 1000}) as world:
        yield world


def played(elsewhere: PortalWorld, folder: Path, *options: str) -> tuple[dict[str, int], str]:
    """Verdicts with their numbers, and everything that was said."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "features", "--ncpeh-portal", elsewhere.url, "-q", "-rs",
         "-p", "no:cacheprovider", "--basetemp", str(folder / "run"), *options],
        cwd=ROOT, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1]
    counts = re.findall(r"(\d+) (passed|failed|skipped|errors?)\b", last)
    return {word: int(number) for number, word in counts}, done.stdout


def test_what_can_be_seen_from_outside_is_played_and_the_rest_is_named(elsewhere: PortalWorld,
                                                                      tmp_path: Path) -> None:
    """Verification and notice: what they need of the simulators is left out, with the reason."""
    counts, said = played(elsewhere, tmp_path, "--ncpeh-portal-ca", str(elsewhere.ca),
                          "-m", "notice or verification")
    assert counts["passed"] >= 10 and counts["skipped"] >= 5, said[-3000:]
    assert set(counts) == {"passed", "skipped"}, said[-3000:]
    assert "this needs the simulators behind the portal" in said


def test_a_portal_of_an_unknown_authority_is_not_visited(elsewhere: PortalWorld, tmp_path: Path) -> None:
    """Without the authority's certificate no page is read, and the reason is TLS."""
    counts, said = played(elsewhere, tmp_path, "-k", "home_page_tells")
    assert counts == {"failed": 1}, said[-3000:]
    assert "CERTIFICATE_VERIFY_FAILED" in said
