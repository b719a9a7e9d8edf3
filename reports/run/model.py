"""What is known of one scenario that was played. Plain JSON types, so that workers can send it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Exchange:
    """A message between the gateway and a country, behind a step."""

    step: str
    direction: str
    country: str
    status: int
    size: int
    excerpt: str = ""


@dataclass(slots=True, kw_only=True)
class StepResult:
    """One sentence of a scenario.

    Attributes
    ----------
    status : passed, failed or skipped (not reached).
    page : heading, status and codes of the page that was shown afterwards.
    says : for a failed step: what was on the page.
    picture : name of the file with the screen after the step, where there was a browser; see ``pictures``.
    """

    keyword: str
    name: str
    status: str = "passed"
    milliseconds: float = 0.0
    page: str = ""
    says: str = ""
    error: str = ""
    picture: str = ""
    exchanges: list[Exchange] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ScenarioResult:
    """One test."""

    identifier: str
    feature: str
    file: str
    name: str
    line: int
    tags: list[str]
    example: str = ""
    status: str = "passed"
    milliseconds: float = 0.0
    steps: list[StepResult] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON types."""
        return asdict(self)


def read_scenario(data: dict[str, Any]) -> ScenarioResult:
    """The reverse of ``plain``."""
    steps = [StepResult(**{**one, "exchanges": [Exchange(**message) for message in one["exchanges"]]})
             for one in data["steps"]]
    return ScenarioResult(**{**data, "steps": steps})
