"""The lint of a country pack: everything about it that can be checked without a running NCP.

Each rule is a small function in :mod:`countries.check_rules`; this module runs them and finds the line of
what they complain about. Behind ``ncpeh country check``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from countries import check_rules
from countries.check_rules import Complaint, Pack, Severity
from countries.errors import PackError
from countries.loading import PACKS, codes, load, read_country
from countries.model import Country
from countries.source import line_of, read_toml
from ehdsi.errors import LocalError
from ehdsi.terminology import Terminology


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFinding:
    """One thing to mend in a pack.

    ``rule`` is the number of the requirement (``P-07`` is the search mask) and its name; ``line`` is 0 when
    the whole file is meant.
    """

    rule: str
    severity: Severity
    file: str
    line: int
    key: str
    expected: str
    got: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.severity} {self.rule}: {self.key}: expected {self.expected}, got {self.got}"


def check(
    folder: str | os.PathLike[str], *, today: date, terminology: Terminology | None = None
) -> tuple[PackFinding, ...]:
    """All findings of a pack; empty when there is nothing to mend.

    A pack that cannot be read gives exactly one finding, the first error.

    Parameters
    ----------
    folder : holds ``country.toml``.
    today : for waivers that end.
    terminology : for pivot codes and their French words; without it those rules are left out.
    """
    path = Path(folder)
    try:
        country = read_country(path)
    except PackError as error:
        return (_unreadable(error.file, error.line, error.key, error.expected, error.got),)
    except LocalError as error:
        return (_unreadable(str(path), 0, "(pack)", "a readable pack", str(error)),)
    pack = Pack(country=country, others=_others(path, country), today=today, terminology=terminology)
    found: list[PackFinding] = []
    for rule, judge in check_rules.RULES:
        found.extend(_finding(path, rule, complaint) for complaint in judge(pack))
    return tuple(found)


def _others(folder: Path, country: Country) -> tuple[Country, ...]:
    """The packs of the project beside this one, for what has to be unique."""
    mine = folder.resolve()
    return tuple(load(code) for code in codes() if (PACKS / code).resolve() != mine and code != country.code)


def _unreadable(file: str, line: int, key: str, expected: str, got: str) -> PackFinding:
    return PackFinding(
        rule="P-00 pack can be read",
        severity="error",
        file=file,
        line=line,
        key=key,
        expected=expected,
        got=got,
    )


def _finding(folder: Path, rule: str, complaint: Complaint) -> PackFinding:
    file = folder / complaint.file
    line = complaint.line
    if not line and file.suffix == ".toml":
        line = line_of(read_toml(file).text, complaint.path)
    return PackFinding(
        rule=rule,
        severity=complaint.severity,
        file=str(file),
        line=line,
        key=".".join(map(str, complaint.path)),
        expected=complaint.expected,
        got=complaint.got,
    )
