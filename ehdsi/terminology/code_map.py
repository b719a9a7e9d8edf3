"""Maps from national codes to the pivot codes of the MVC, as a country's transcoding catalogue holds them.

File form, TSV with a header row and ``#`` comments; missing columns count as empty::

    national_system  national_code  national_display  pivot_system  pivot_code  kind  remark  source

``kind`` says how good the mapping is, see ``Kind``. Only ``narrower`` is forbidden by the profile.

Source: eHDSI transcoding practice (national to MVC, one target per source, equivalent or broader).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, cast, get_args

from ehdsi.errors import LocalError
from ehdsi.terminology.tables import read_table

#: ``exact`` same meaning · ``format`` same code, other spelling · ``broader`` target is wider ·
#: ``narrower`` target is more specific (forbidden) · ``outdated_target`` target left the MVC ·
#: ``wrong`` a mapping known to be false, kept to test plausibility checks · ``unmapped`` no safe target ·
#: ``same_code_other_system`` code unchanged under another OID · ``value_set_oid_as_code_system`` and
#: ``free_text_only`` are faults seen in real documents.
Kind = Literal[
    "exact",
    "format",
    "broader",
    "narrower",
    "outdated_target",
    "wrong",
    "unmapped",
    "same_code_other_system",
    "value_set_oid_as_code_system",
    "free_text_only",
]

KINDS: tuple[str, ...] = get_args(Kind)

#: Kinds that have no target: the concept travels as ``nullFlavor="OTH"`` with a translation.
WITHOUT_TARGET = ("unmapped", "free_text_only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One national concept and where it goes; ``pivot_*`` are empty for the kinds without a target."""

    national_system: str
    national_code: str
    national_display: str = ""
    pivot_system: str = ""
    pivot_code: str = ""
    kind: Kind = "exact"
    remark: str = ""
    source: str = ""


class CodeMap:
    """All mappings of one country: look-up by national system and code.

    Raises ``LocalError`` when a mapping of a kind with a target has none, or a national code has two targets.
    """

    def __init__(self, mappings: Iterable[Mapping] = ()) -> None:
        self.mappings: tuple[Mapping, ...] = tuple(mappings)
        self._by_source: dict[tuple[str, str], Mapping] = {}
        for mapping in self.mappings:
            _check(mapping)
            key = (mapping.national_system, mapping.national_code)
            other = self._by_source.setdefault(key, mapping)
            if (other.pivot_system, other.pivot_code) != (mapping.pivot_system, mapping.pivot_code):
                raise LocalError(
                    f"code map: {key[1]} of {key[0]} has two targets, {other.pivot_code or '-'} "
                    f"and {mapping.pivot_code or '-'}"
                )

    @classmethod
    def load(cls, file: Path | Traversable) -> CodeMap:
        """Read the TSV form above.

        Raises
        ------
        LocalError : no such file, a column is missing, an unknown kind; names the file and line.
        """
        mappings = []
        for line, row in read_table(file, required=("national_system", "national_code", "kind")):
            if row["kind"] not in KINDS:
                raise LocalError(
                    f"{file.name}:{line}: kind is {row['kind']!r}, expected one of " + ", ".join(KINDS)
                )
            values = {name: row.get(name, "") for name in Mapping.__slots__ if name != "kind"}
            mappings.append(Mapping(kind=cast(Kind, row["kind"]), **values))
        return cls(mappings)

    def lookup(self, system: str | None, code: str | None) -> Mapping | None:
        """The mapping of a national concept, or None when the map does not speak of it."""
        return self._by_source.get((system or "", code or ""))

    def __len__(self) -> int:
        return len(self.mappings)


def _check(mapping: Mapping) -> None:
    has_target = bool(mapping.pivot_system and mapping.pivot_code)
    if has_target == (mapping.kind in WITHOUT_TARGET):
        wanted = "no pivot code" if mapping.kind in WITHOUT_TARGET else "a pivot code and its system"
        raise LocalError(
            f"code map: {mapping.national_code} of {mapping.national_system} is "
            f"{mapping.kind!r} and needs {wanted}"
        )
