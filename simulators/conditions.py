"""What the countries of a world are like together: slow here, failing there. Data of ``fixtures/conditions``.

::

    title = "A bad day"

    [[fault]]
    country = "*"                       # every country, or an ISO code
    name = "latency"                    # of the catalogue of faults
    steps = ["ITI-55"]                  # all steps of the fault but the SMP without it
    parameters = { seconds = 0.4 }

Latencies of a country add up, so that every answer can be slow and every tenth slower.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ehdsi.errors import LocalError
from simulators.faults import Parameter, Step, catalogue_entry

if TYPE_CHECKING:
    from simulators.world import World

FOLDER = Path(__file__).parents[1] / "fixtures" / "conditions"

_EVERYWHERE = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One fault at one country, or at all (``*``). ``steps`` empty: all of the fault but the SMP."""

    country: str
    name: str
    steps: tuple[Step, ...] = ()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """See the module."""

    name: str
    title: str
    faults: tuple[Condition, ...]


def names() -> tuple[str, ...]:
    """Conditions that come with the project."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(name: str) -> Conditions:
    """Conditions by name, or by the path of a TOML file.

    Raises
    ------
    LocalError : there are none of this name, or something in them is wrong; says what and where.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.is_file():
        raise LocalError(f"there are no conditions {name!r}; there are {', '.join(names())}")
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LocalError(f"{path.name} is not valid TOML: {error}") from None
    unknown = sorted(set(data) - {"title", "fault"})
    if unknown:
        raise LocalError(f"{path.name}: unknown key {unknown[0]!r}; known: fault, title")
    faults = tuple(_condition(row, f"{path.name}, fault {number}")
                   for number, row in enumerate(data.get("fault", ()), 1))
    return Conditions(name=path.stem, title=str(data.get("title", path.stem)), faults=faults)


def let_act(world: World, conditions: Conditions) -> int:
    """Let them act on the countries of a world that runs; how many faults were added.

    A country that is not in this world is left out: the same conditions serve for two countries and for nine.
    """
    added = 0
    for one in conditions.faults:
        entry = catalogue_entry(one.name)
        steps = one.steps or tuple(step for step in entry.steps if step != "SMP")
        for code in world.countries:
            if one.country not in (_EVERYWHERE, code):
                continue
            if code in world.codes_elsewhere:
                world.process(code).add_fault(one.name, steps=steps, **one.parameters)
            else:
                world.ncp(code).faults.add(entry.with_parameters(**one.parameters), steps=steps)
            added += 1
    return added


def _condition(row: Mapping[str, Any], where: str) -> Condition:
    unknown = [key for key in row if key not in ("country", "name", "steps", "parameters")]
    missing = [key for key in ("country", "name") if key not in row]
    if unknown or missing:
        raise LocalError(f"{where}: " + (f"unknown key {unknown[0]!r}" if unknown
                                         else f"the key {missing[0]!r} is missing"))
    try:
        entry = catalogue_entry(str(row["name"])).with_parameters(**row.get("parameters", {}))
    except LocalError as error:
        raise LocalError(f"{where}: {error}") from None
    steps = tuple(cast("list[Step]", row.get("steps", [])))
    strange = [step for step in steps if step not in entry.steps]
    if strange:
        raise LocalError(f"{where}: {entry.name} does not show in {strange[0]}, only in "
                         f"{', '.join(entry.steps)}")
    return Condition(country=str(row["country"]).upper(), name=entry.name, steps=steps,
                     parameters=row.get("parameters", {}))
