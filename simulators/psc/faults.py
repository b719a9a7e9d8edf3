"""What goes wrong at the simulated Pro Santé Connect, by name; the catalogue is ``faults.toml``."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ehdsi.errors import LocalError

Stage = Literal["http", "token", "id_token", "userinfo", "callback", "keys"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PscFault:
    """One entry of the catalogue; ``parameters`` are explained there."""

    name: str
    stage: Stage
    description: str
    times: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@cache
def catalogue() -> Mapping[str, PscFault]:
    """Every fault by name."""
    data = tomllib.loads(Path(__file__).with_name("faults.toml").read_text(encoding="utf-8"))
    return {name: _fault(name, row) for name, row in data.items()}


def _fault(name: str, row: dict[str, Any]) -> PscFault:
    known = {key: row.pop(key) for key in ("stage", "description", "times") if key in row}
    return PscFault(name=name, parameters=row, **known)


def fault_named(name: str) -> PscFault:
    """The fault called so; raises ``LocalError`` for an unknown name."""
    found = catalogue().get(name)
    if found is None:
        raise LocalError(f"unknown fault of Pro Santé Connect {name!r}; there are {', '.join(catalogue())}")
    return found


class PscFaults:
    """The faults that act at the moment. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: dict[str, tuple[PscFault, int | None]] = {}

    def add(self, name: str, *, times: int | None = None, **parameters: Any) -> None:
        """Let a fault act ``times`` times (its own number, or for ever, by default).

        Parameters
        ----------
        parameters : replace those of the catalogue, for instance ``seconds=2.0`` for ``psc_slow``.

        Raises
        ------
        LocalError : no such fault.
        """
        fault = fault_named(name)
        changed = PscFault(name=name, stage=fault.stage, description=fault.description,
                           parameters={**fault.parameters, **parameters})  # fmt: skip
        with self._lock:
            self._active[name] = (changed, fault.times if times is None else times)

    def remove(self, name: str) -> None:
        """Let it act no more; harmless when it does not."""
        with self._lock:
            self._active.pop(name, None)

    def clear(self) -> None:
        """No faults."""
        with self._lock:
            self._active.clear()

    @property
    def active(self) -> tuple[str, ...]:
        """Names of those that act."""
        with self._lock:
            return tuple(self._active)

    def take(self, stage: Stage) -> tuple[PscFault, ...]:
        """Those of a stage, counted as used once."""
        with self._lock:
            found = [(name, one) for name, one in self._active.items() if one[0].stage == stage]
            for name, (fault, left) in found:
                if left is not None and left <= 1:
                    del self._active[name]
                elif left is not None:
                    self._active[name] = (fault, left - 1)
            return tuple(fault for _, (fault, _) in found)
