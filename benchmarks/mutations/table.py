"""The breakages as data, and how one is put in place: the source of a module changes while it is loaded."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One breakage: in the source of ``module`` the text ``find``, which is there once, becomes ``by``."""

    name: str
    breaks: str
    module: str
    find: str
    by: str
    tags: str

    def changed(self, source: str) -> str:
        """The broken source.

        Raises
        ------
        ValueError : the text stands there not once.
        """
        if source.count(self.find) != 1:
            raise ValueError(f"{self.name}: the text to change stands {source.count(self.find)} times in "
                             f"{self.module}")
        return source.replace(self.find, self.by)


@cache
def table() -> tuple[Mutation, ...]:
    """All breakages."""
    text = Path(__file__).with_name("mutations.toml").read_text(encoding="utf-8")
    return tuple(Mutation(**row) for row in tomllib.loads(text)["mutation"])


def named(name: str) -> Mutation:
    """The breakage of this name; ``KeyError`` for another."""
    return {one.name: one for one in table()}[name]


class _BrokenLoader(importlib.machinery.SourceFileLoader):
    """Loads one module from changed source, never from a cache."""

    mutation: Mutation

    def get_code(self, fullname: str) -> object:  # type: ignore[override]
        source = self.mutation.changed(Path(self.path).read_text(encoding="utf-8"))
        return compile(source, self.path, "exec")


class Breaker(importlib.abc.MetaPathFinder):
    """Stands before the other finders and breaks one module."""

    def __init__(self, mutation: Mutation) -> None:
        self._mutation = mutation

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
                  ) -> importlib.machinery.ModuleSpec | None:
        """The usual specification, with a loader that changes the source."""
        if fullname != self._mutation.module:
            return None
        found = importlib.machinery.PathFinder.find_spec(fullname, path)
        if found is None or found.origin is None:
            return None
        loader = _BrokenLoader(fullname, found.origin)
        loader.mutation = self._mutation
        return importlib.util.spec_from_file_location(fullname, found.origin, loader=loader)


def put_in_place(mutation: Mutation) -> None:
    """From now on this module is broken; it must not have been imported yet."""
    if mutation.module in sys.modules:
        raise RuntimeError(f"{mutation.module} was imported before it could be broken")
    sys.meta_path.insert(0, Breaker(mutation))
