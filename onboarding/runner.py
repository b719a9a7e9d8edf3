"""Runs an examination: prerequisites first, checks in parallel where that is safe, within a time limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from countries import Country
from onboarding.model import Report, Result
from onboarding.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to examine.

    ``limit`` seconds for the whole examination, ``answer`` seconds for one answer, ``workers`` requests at a
    time, ``seed`` of everything that is random.
    """

    seed: int = 0
    limit: float = 55.0
    answer: float = 10.0
    workers: int = 4


def machine_clock() -> datetime:
    """The time of this machine, UTC."""
    return datetime.now(UTC)


def examine(
    pack: Country | str | Path,
    target: Target,
    *,
    only: Iterable[str] | None = None,
    settings: Settings | None = None,
    clock: Callable[[], datetime] = machine_clock,
    progress: Callable[[Result, int, int], None] | None = None,
) -> Report:
    """Examine one candidate.

    Parameters
    ----------
    pack : a loaded pack, its folder, or the code of a pack of the project.
    target : the candidate and our keys.
    only : ids of checks, chapters or requirements; everything when empty.
    clock : the time that assertions are made with and certificates are held against.
    progress : called after each check with its result, how many are done and how many there are.

    Raises
    ------
    LocalError : the pack cannot be read, a key file is wrong, ``only`` names nothing.
    """
    from onboarding.running import run

    return run(pack, target, only=only, settings=settings or Settings(), clock=clock, progress=progress)
