"""A load profile: how many clinicians, how long, who does what, what is broken meanwhile, what must hold.

Profiles are data (``profiles/*.toml``); this module reads them and says what is wrong with one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent / "profiles"

#: What a clinician may come for; see ``load.journey``.
KINDS = ("summary", "typing-error", "no-summary", "drop-off")


class ProfileError(ValueError):
    """A profile that cannot be used; says which key and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch of time with so many ``users`` (closed model) or so many ``arrivals`` per second (open)."""

    seconds: float
    users: int = 0
    arrivals: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFault:
    """A fault of the catalogue that acts on a country from ``start`` to ``end`` (seconds of the run)."""

    country: str
    name: str
    start: float = 0.0
    end: float = float("inf")
    steps: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What must hold, or the run has failed. ``p95`` in milliseconds by step; -1 shares are not looked at.

    ``wrong_patients``, ``errors`` (answers without a code, broken pages), ``lost_audit_events`` are counts;
    ``refused`` is the share of journeys that ended on a coded page though all was well with the patient;
    ``refused_elsewhere`` is the same share for the countries on which no fault of the profile acts, and
    ``p95_elsewhere`` the milliseconds of a whole journey to any of them;
    ``recovery`` is how many times as long a journey may take in the last stage as in the first;
    ``journeys`` is the least number of journeys for the run to mean anything.
    """

    wrong_patients: int = 0
    errors: int = 0
    lost_audit_events: int = 0
    refused: float = 0.0
    refused_elsewhere: float = -1.0
    p95_elsewhere: float = -1.0
    recovery: float = -1.0
    journeys: int = 1
    memory_growth: float = -1.0
    p95: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """See the module.

    Attributes
    ----------
    think, read : shortest and longest pause on a form, and on the summary, seconds.
    mix : weight of each kind of journey. countries : weight of each; empty for all alike.
    repeat : share of journeys about a patient whom the same clinician has seen before.
    downloads : share of journeys in which the original is opened.
    personas : share of patients who are the named ones of a pack; the others are synthetic.
    per_login : journeys between login and logout.
    step_up : the stages are steps of a capacity curve.
    conditions : name of what countries are like meanwhile (``fixtures/conditions``), empty for a calm day.
    """

    name: str
    title: str
    model: Literal["closed", "open"]
    stages: tuple[Stage, ...]
    think: tuple[float, float] = (5.0, 30.0)
    read: tuple[float, float] = (60.0, 180.0)
    mix: Mapping[str, float] = field(default_factory=lambda: {"summary": 1.0})
    countries: Mapping[str, float] = field(default_factory=dict)
    repeat: float = 0.0
    downloads: float = 0.3
    personas: float = 0.2
    per_login: int = 5
    step_up: bool = False
    conditions: str = ""
    faults: tuple[PlannedFault, ...] = ()
    thresholds: Thresholds = field(default_factory=Thresholds)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return sum(stage.seconds for stage in self.stages)

    def stage_at(self, second: float) -> Stage | None:
        """The stage at this second of the run; None when it is over."""
        for stage in self.stages:
            if second < stage.seconds:
                return stage
            second -= stage.seconds
        return None


def names() -> tuple[str, ...]:
    """Profiles that come with the project."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(name: str) -> Profile:
    """A profile by its name, or by the path of a file.

    Raises
    ------
    ProfileError : there is none, or something in it is wrong.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.is_file():
        raise ProfileError(f"there is no profile {name!r}; there are {', '.join(names())}")
    try:
        return read(tomllib.loads(path.read_text(encoding="utf-8")), path.stem)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{path.name}: {error}") from None


def stretched(profile: Profile, factor: float, *, people: float = 1.0, pauses: float = 1.0) -> Profile:
    """The same for another length, another size, other pauses; everything else stays.

    Parameters
    ----------
    factor : of every time of the run. people : of users and arrivals. pauses : of people's pauses. The least
        number of journeys goes with length and size.
    """
    thresholds = replace(profile.thresholds,
                         journeys=max(1, int(profile.thresholds.journeys * min(1.0, factor * people))))
    stages = tuple(replace(one, seconds=one.seconds * factor, arrivals=one.arrivals * people,
                           users=max(1, round(one.users * people)) if one.users else 0)
                   for one in profile.stages)
    think, read = ((least * pauses, most * pauses) for least, most in (profile.think, profile.read))
    return replace(
        profile, stages=stages, think=think, read=read, thresholds=thresholds,
        faults=tuple(replace(one, start=one.start * factor, end=one.end * factor) for one in profile.faults))


def read(data: Mapping[str, Any], name: str) -> Profile:
    """The profile in parsed TOML."""
    given = dict(data)
    stages = tuple(_made(Stage, one, f"{name}: stage") for one in given.pop("stage", ()))
    faults = tuple(_made(PlannedFault, one | {"steps": tuple(one.get("steps", ()))}, f"{name}: fault")
                   for one in given.pop("fault", ()))
    thresholds = _made(Thresholds, given.pop("thresholds", {}), f"{name}: thresholds")
    for key in ("think", "read"):
        if key in given:
            given[key] = _span(given[key], f"{name}: {key}")
    profile: Profile = _made(Profile, given | {"name": name, "stages": stages, "faults": faults,
                                               "thresholds": thresholds}, name)
    _check(profile)
    return profile


def _check(profile: Profile) -> None:
    where = profile.name
    if profile.model not in ("closed", "open"):
        raise ProfileError(f"{where}: model is 'closed' or 'open', not {profile.model!r}")
    if not profile.stages or any(stage.seconds <= 0 for stage in profile.stages):
        raise ProfileError(f"{where}: at least one [[stage]], each longer than 0 seconds")
    wanted = "users" if profile.model == "closed" else "arrivals"
    if any(not getattr(stage, wanted) > 0 for stage in profile.stages):
        raise ProfileError(f"{where}: a {profile.model} model wants {wanted} in every [[stage]]")
    unknown = [kind for kind in profile.mix if kind not in KINDS]
    if unknown or not sum(profile.mix.values()) > 0:
        raise ProfileError(f"{where}: mix knows {', '.join(KINDS)}" + (f", not {unknown[0]!r}" if unknown
                                                                       else "; give one a weight"))


def _span(value: Any, where: str) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2 or not 0 <= value[0] <= value[1]:
        raise ProfileError(f"{where}: two numbers of seconds, the smaller one first")
    return float(value[0]), float(value[1])


def _made(kind: type[Any], values: Mapping[str, Any], where: str) -> Any:
    try:
        return kind(**values)
    except TypeError as error:
        raise ProfileError(f"{where}: {str(error).partition('() ')[2] or error}") from None
