"""Features as pytest: their tags become markers, their steps are found, their tables get rows from packs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from features import examples
from features.steps.arrival import *  # noqa: F403
from features.steps.behind import *  # noqa: F403
from features.steps.patient import *  # noqa: F403
from features.steps.reading import *  # noqa: F403
from features.steps.saying import *  # noqa: F403
from features.steps.trouble import *  # noqa: F403

#: Steps are fixtures for pytest, so they are names of this file: hence the stars above.
HERE = Path(__file__).parent
_TAG = re.compile(r"(?<!\S)@([A-Za-z0-9_]+)")


def pytest_configure(config: pytest.Config) -> None:
    """Every tag of a feature, and every country, is a known marker."""
    examples.more_packs.extend(map(Path, config.getoption("--ncpeh-pack", [])))
    tags = {tag for path in HERE.glob("*.feature") for line in path.read_text(encoding="utf-8").splitlines()
            if line.strip().startswith("@") for tag in _TAG.findall(line)}
    tags |= {country.code for country in examples.packs()}
    for tag in sorted(tags):
        config.addinivalue_line("markers", f"{tag}: tag of the features")
