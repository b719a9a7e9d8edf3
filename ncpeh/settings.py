"""Where the command line starts things from: a running world (``world.json``) or a private one of its own."""

from __future__ import annotations

import contextlib
import random
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ehdsi.cda.datatypes import Identifier
from ehdsi.traits import Traits
from ncpeh.console import UsageError

if TYPE_CHECKING:
    from countries import Country, Persona
    from ehdsi.search_mask import IdentifierGroup, SearchMask
    from sesali.config import GatewayConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a journey needs: the gateway's configuration, and how long the world took to answer (ms)."""

    config: GatewayConfig
    start_milliseconds: float = 0.0


@contextlib.contextmanager
def running_world(path: Path) -> Iterator[Setting]:
    """The world that ``ncpeh up`` keeps running."""
    from sesali.config import from_world

    yield Setting(config=from_world(path))


@contextlib.contextmanager
def private_world(countries: Sequence[Country], *, mode: str = "strict", seed: int = 0) -> Iterator[Setting]:
    """A world of these countries on free ports, gone at the end; its key files live in a temporary folder."""
    from sesali.config import from_world
    from simulators.world import World

    with tempfile.TemporaryDirectory(prefix="ncpeh-") as folder:
        begin = time.perf_counter()
        with World(countries, mode=mode, seed=seed) as world:
            path = world.world_json(Path(folder))
            started = (time.perf_counter() - begin) * 1000
            yield Setting(config=from_world(path, outbox=Path(folder) / "audit.sqlite"),
                          start_milliseconds=started)


def country_of(code: str) -> Country:
    """The pack of this country, by its code or by the path of its folder.

    Raises
    ------
    UsageError : there is none; says which there are.
    """
    import countries

    if (Path(code) / "country.toml").is_file():
        return countries.load(code)
    known = countries.codes()
    if code.upper() not in known:
        raise UsageError(f"there is no country {code!r}; there are {', '.join(known)}")
    return countries.load(code.upper())


def persona_of(country: Country, key: str | None) -> Persona:
    """The persona with this key, the first one without; ``UsageError`` names the keys that exist."""
    if key is None:
        return country.personas[0]
    found = next((one for one in country.personas if one.key.upper() == key.upper()), None)
    if found is None:
        keys = ", ".join(one.key for one in country.personas)
        raise UsageError(f"{country.code} has no patient {key!r}; there are {keys}")
    return found


def usual_persona(country: Country) -> Persona:
    """The first persona for whom the country answers everything as usual."""
    return next((one for one in country.personas if one.behaviour.answer == "ok"), country.personas[0])


def typed_traits(mask: SearchMask, persona: Persona) -> Traits:
    """What a clinician with this person's papers in hand types into the form of this mask.

    All fields for which the papers have a value are filled in; of alternatives the first that can be.
    """
    held = {one.root: one for one in (*persona.identifiers, *persona.shared_identifiers)}
    identifiers: list[Identifier] = []
    for block in mask.patient.blocks:
        groups = [group for group in block.groups if _can_fill(group, held)] or list(block.groups)
        for group in groups[:1] if block.choice else groups:
            identifiers += [held[one.domain] for one in group.fields if one.domain in held]
    born = persona.birth_time[:8]
    asks_birth = mask.patient.birth_date is not None and len(born) == 8
    texts = {one.label for one in mask.patient.texts if one.mandatory}
    return Traits(identifiers=tuple(identifiers), birth_date=born if asks_birth else None,
                  gender=persona.gender if mask.patient.gender is not None else None,
                  name=persona.name if texts & {"familyName", "firstName"} else None)


def _can_fill(group: IdentifierGroup, held: dict[str | None, Identifier]) -> bool:
    """Are all mandatory fields of this group on the papers, and at least one field at all?"""
    return (any(one.domain in held for one in group.fields)
            and all(one.domain in held for one in group.fields if one.mandatory))


def now() -> datetime:
    """The machine's clock, UTC."""
    return datetime.now(UTC)


class _Ids(Iterator[str]):
    """Not a generator: two threads that ask a generator at the same time get a ``ValueError``."""

    def __init__(self, seed: int | None) -> None:
        self._source = random.Random(seed) if seed is not None else random.SystemRandom()  # noqa: S311

    def __next__(self) -> str:
        return str(uuid.UUID(int=self._source.getrandbits(128), version=4))


def new_ids(seed: int | None) -> Iterator[str]:
    """Fresh UUIDs as text, for any number of threads; the same ones in every run for the same seed."""
    return _Ids(seed)
