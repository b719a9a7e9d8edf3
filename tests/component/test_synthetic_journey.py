"""Journeys of synthetic patients: every foreign NCP answers them by default, through the whole gateway."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path

import pytest

import countries
from countries.synthetic import identifiers
from ncpeh.settings import typed_traits
from sesali.config import from_world
from sesali.gateway import Gateway
from sesali.journey import walk
from simulators.world import World
from tests.component.test_journey import DEMONSTRATOR, STEPS, new_ids, now


@pytest.mark.parametrize("code", countries.codes())
def test_a_synthetic_patient_is_found_and_shown(code: str, ncpeh_world: World, tmp_path: Path) -> None:
    """A patient that no pack names goes through all steps and shows the five basic sections at least."""
    if code not in ncpeh_world.countries:
        pytest.skip(f"{code} is not in the world of the tests")
    country = ncpeh_world.countries[code]
    config = from_world(ncpeh_world.world_json(tmp_path), outbox=tmp_path / "audit.sqlite")
    with Gateway(config, clock=now, new_id=new_ids(None).__next__) as gateway:
        for identifier in islice(identifiers(country, 23), 2):
            persona = country.synthetic(identifier)
            assert persona is not None
            record = walk(
                gateway,
                code,
                lambda mask, who=persona: typed_traits(mask, who),
                DEMONSTRATOR,
                lambda opened: "page",
                timer=time.perf_counter,
            )
            assert record.refusal is None, record.refusal
            assert tuple(record.milliseconds) == STEPS
            assert record.sections >= 5
            assert record.opened is not None
