"""Defective packs: a conformant pack with exactly one mistake, as data (``defective_packs.toml``).

A new country hands over a pack and an endpoint: ``simulators.faults`` spoils the endpoint, this module
the pack, or the ``world.json`` that comes with it.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import get_args

from countries.loading import PACKS
from ehdsi.errors import LocalError
from simulators.fault_kinds import Expected, Safety

#: The file beside the pack that says where the candidate is.
DECLARATION = "world.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectivePack:
    """One mistake of a pack.

    Attributes
    ----------
    country : the conformant pack that is spoilt.
    file : a file of the pack, or ``world.json``.
    find, by : the mistake, as a regular expression of the file's text and what stands in its place.
    description, requirement, safety, expected, portal : as of ``simulators.faults.Fault``.
    """

    name: str
    country: str
    file: str
    find: str
    by: str
    description: str
    requirement: tuple[str, ...]
    safety: Safety = "none"
    expected: Expected = "fail"
    portal: str = "invisible"

    def spoil(self, text: str) -> str:
        """The text of the file with the mistake.

        Raises
        ------
        LocalError : the text has no such place, so nothing would be spoilt.
        """
        changed, number = re.subn(self.find, self.by, text, count=1, flags=re.MULTILINE)
        if not number or changed == text:
            raise LocalError(f"{self.name}: nothing in {self.country}/{self.file} matches {self.find!r}")
        return changed

    def written(self, folder: Path, declaration: Path) -> tuple[Path, Path]:
        """The pack and the declaration with the mistake, written below ``folder``; their paths.

        Parameters
        ----------
        declaration : ``world.json`` of the running candidate; its copy is written beside it, because its
            paths are relative.
        """
        pack = folder / self.name / self.country
        shutil.copytree(PACKS / self.country, pack)
        if self.file != DECLARATION:
            place = pack / self.file
            place.write_text(self.spoil(place.read_text(encoding="utf-8")), encoding="utf-8")
            return pack, declaration
        copy = declaration.with_name(f"{self.name}.json")
        copy.write_text(self.spoil(declaration.read_text(encoding="utf-8")), encoding="utf-8")
        return pack, copy


@cache
def defective_packs() -> Mapping[str, DefectivePack]:
    """All of them, by name.

    Raises
    ------
    LocalError : an entry with an unknown key or word.
    """
    path = Path(__file__).with_name("defective_packs.toml")
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType({name: _entry(name, table) for name, table in tables.items()})


def _entry(name: str, table: Mapping[str, object]) -> DefectivePack:
    try:
        values = {**table, "name": name, "requirement": tuple(table["requirement"])}  # type: ignore[arg-type]
        found = DefectivePack(**values)  # type: ignore[arg-type]
    except (KeyError, TypeError) as error:
        raise LocalError(f"defective_packs.toml: {name}: {error}") from None
    if found.expected not in get_args(Expected) or found.safety not in get_args(Safety):
        raise LocalError(f"defective_packs.toml: {name}: unknown word in expected or safety")
    return found
