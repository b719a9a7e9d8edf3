"""What goes wrong with a country pack, said to the person who edits it: file, line, key, expected, got."""

from __future__ import annotations

from dataclasses import dataclass

from ehdsi.errors import LocalError


@dataclass(eq=False)
class PackError(LocalError):
    """A country pack that cannot be used as it stands.

    Attributes
    ----------
    file : path of the file, as it was given.
    line : 1-based line of the key, 0 when the whole file is meant.
    key : dotted key, e.g. ``consent.refusal.step``.
    expected, got : short texts.
    """

    file: str
    line: int
    key: str
    expected: str
    got: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: expected {self.expected}, got {self.got}"


class UnknownCountry(LocalError):
    """No pack under that code or path; the message lists the codes that exist."""
