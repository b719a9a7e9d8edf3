"""Every scenario of every feature is a test."""

from pathlib import Path

from pytest_bdd import scenarios
from pytest_bdd.feature import get_features

from features.examples import fill

_HERE = Path(__file__).parent

for _feature in get_features([str(_HERE)]):
    fill(_feature)

scenarios(str(_HERE))
