"""Test identities as data: ``fixtures/professionals/*.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "fixtures" / "professionals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One invented professional.

    Attributes
    ----------
    key : short stable name, for instance ``ada-generaliste``; what tests and scripts choose by.
    label : name as shown on the page.
    description : profession and activities in a few French words.
    expected : outcome that a service like Sesali should come to, e.g. ``admis``, ``SES-020``.
    national_id : ``SubjectNameID``.
    userinfo : the claims, without ``sub``.
    """

    key: str
    label: str
    description: str
    expected: str
    national_id: str
    userinfo: Mapping[str, Any] = field(repr=False)


def load_identities(folder: Path = FOLDER) -> tuple[Identity, ...]:
    """Every identity of a folder, in the order of file names, then of the files.

    Raises
    ------
    LocalError : a file cannot be read or lacks something; says which and what.
    """
    raise NotImplementedError
