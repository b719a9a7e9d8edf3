"""The features tagged ``@browser``, played in Chromium in a process of their own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.browser
pytest.importorskip("playwright.sync_api")
if not (shutil.which("chromium") or shutil.which("chromium-browser")):
    pytest.skip("no Chromium on this machine", allow_module_level=True)

#: How many chapters have something that only a browser shows: scripts, tabs, a history, hidden parts.
CHAPTERS = 12


def test_what_a_browser_shows_is_what_the_features_say(tmp_path: Path) -> None:
    """Journey, forms, notice in a tab, time-out, waiting page and back button, by hand and with scripts."""
    played = subprocess.run(
        [sys.executable, "-m", "pytest", "features", "-m", "browser", "--ncpeh-driver", "browser", "-rA",
         "-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "run")],
        cwd=ROOT, capture_output=True, text=True, check=False)
    verdicts = re.findall(r"^(PASSED|FAILED|ERROR|SKIPPED) ", played.stdout, re.MULTILINE)
    tagged = [path for path in (ROOT / "features").glob("*.feature") if "@browser" in path.read_text("utf-8")]
    assert played.returncode == 0, played.stdout[-3000:]
    assert set(verdicts) == {"PASSED"}
    assert len(verdicts) >= len(tagged) >= CHAPTERS
