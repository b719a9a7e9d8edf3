"""What may be used of what the directory says about a country: SES-041 wherever the catalogue says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ehdsi.search_mask import PatternError
from ehdsi.traits import Traits
from sesali.config import from_world
from sesali.gateway import Gateway
from sesali.outcomes import StepRefused
from sesali.professional import DEMONSTRATOR
from simulators import in_process
from simulators.faults import catalogue
from simulators.world import World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

#: A host that does not resolve needs a network; an entry under other letters is one that nobody asks for.
ELSEWHERE = {"smp-endpoint-testhost", "smp-greece-el"}
SUSPENDING = [name for name, one in catalogue().items()
              if one.family in ("smp", "ism") and one.portal == "SES-041" and name not in ELSEWHERE
              and not {"from_call", "every"} & set(one.parameters)]


@pytest.fixture(scope="module")
def world() -> World:
    """One country without sockets."""
    return World(["HR"], clock=lambda: NOW).without_sockets()


@pytest.fixture
def gateway(world: World, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that has never asked anybody anything."""
    world.reset()
    numbers = iter(range(1, 10_000))
    new_id = lambda: f"00000000-0000-4000-8000-{next(numbers):012}"  # noqa: E731
    with in_process.answering(world), Gateway(from_world(world.world_json(tmp_path)), clock=lambda: NOW,
                                              new_id=new_id) as made:
        yield made


def look_for(gateway: Gateway, world: World) -> None:
    """The form of the country, then the first persona."""
    persona = world.countries["HR"].personas[0]
    gateway.search_mask("HR")
    gateway.identify(gateway.log_in(DEMONSTRATOR), "HR", Traits(identifiers=persona.identifiers[:1]))


@pytest.mark.parametrize("fault", SUSPENDING)
def test_an_entry_that_cannot_be_used_suspends_the_country(gateway: Gateway, world: World, fault: str
                                                           ) -> None:
    """The professional reads that the country is suspended, and no trait has left for anywhere."""
    world.smp.fault_set("HR").add(fault)
    with pytest.raises(StepRefused) as refused:
        look_for(gateway, world)
    assert refused.value.code == "SES-041"
    assert not world.ncp("HR").received.of("ITI-55")


@pytest.mark.parametrize(("pattern", "usable"), [
    (r"\d{9}", True), (r"(?=.*\d)\w+", True), (r"(a)\1", True), (r"\d{300}", True), ("", True),
    ("[0-9{9}(", False), ("a**", False), ("(", False), ("a{2,1}", False),
])
def test_a_format_that_is_only_not_understood_suspends_nobody(world: World, pattern: str, usable: bool
                                                              ) -> None:
    """What other engines may understand is left to the country; what none can read suspends it."""
    mask = world.countries["HR"].search_mask
    field = replace(mask.patient.blocks[0].groups[0].fields[0], format=pattern)
    group = replace(mask.patient.blocks[0].groups[0], fields=(field,))
    block = replace(mask.patient.blocks[0], groups=(group,))
    changed = replace(mask, patient=replace(mask.patient, blocks=(block,)))
    if usable:
        changed.check_usable("PS")
        return
    with pytest.raises(PatternError):
        changed.check_usable("PS")


def test_a_refused_signature_is_a_security_event(gateway: Gateway, world: World) -> None:
    """An entry that somebody changed is told to those who look for attacks."""
    world.smp.fault_set("HR").add("smp-outer-signature-broken")
    with pytest.raises(StepRefused) as refused:
        gateway.search_mask("HR")
    assert refused.value.notice.security
