"""Reading TOML so that every complaint names file, line and key.

``tomllib`` forgets positions; :func:`line_of` finds the line of a key again by walking the text. Every getter
of :class:`Table` takes note of what it read, so that :meth:`Table.done` can refuse a misspelt key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from countries.errors import PackError

_HEADER = re.compile(r"^\s*(\[\[|\[)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*((?:[\w-]+|\"[^\"]*\")(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"))*)\s*=")
_PART = re.compile(r"\"([^\"]*)\"|([\w-]+)")
_Choice = TypeVar("_Choice", bound=str)

#: A place in a TOML document: keys, and indices into arrays of tables.
Path_ = tuple[str | int, ...]


def line_of(text: str, path: Path_) -> int:
    """The 1-based line where ``path`` or its nearest written ancestor stands; 0 for none."""
    best, best_depth = 0, 0
    here: list[str | int] = []
    counts: dict[tuple[str | int, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            here = _enter(header[1] == "[[", header[2], counts)
            written = here
        elif key := _KEY.match(line):
            written = here + _parts(key[1])
        else:
            continue
        if len(written) > best_depth and tuple(written) == path[: len(written)]:
            best, best_depth = number, len(written)
    return best


def _parts(dotted: str) -> list[str | int]:
    return [quoted or bare for quoted, bare in _PART.findall(dotted)]


def _enter(is_array: bool, dotted: str, counts: dict[tuple[str | int, ...], int]) -> list[str | int]:
    """The path of a table header; an array of tables is followed by the index of its current table."""
    path: list[str | int] = []
    parts = _parts(dotted)
    for position, part in enumerate(parts):
        path.append(part)
        last = position == len(parts) - 1
        if is_array and last:
            counts[tuple(path)] = counts.get(tuple(path), -1) + 1
        if tuple(path) in counts:
            path.append(counts[tuple(path)])
    return path


class Table:
    """One TOML table with typed getters; ``path`` is where it stands in its file."""

    def __init__(self, file: Path, text: str, data: dict[str, Any], path: Path_ = ()) -> None:
        self.file, self.text, self.data, self.path = file, text, data, path
        self._read: set[str] = set()

    def fail(self, key: str, expected: str, got: object) -> NoReturn:
        """Raise a ``PackError`` for a key of this table."""
        path = (*self.path, key) if key else self.path
        raise PackError(
            str(self.file), line_of(self.text, path), ".".join(map(str, path)) or "(file)", expected, str(got)
        )

    def has(self, key: str) -> bool:
        """True if the key is written; asking makes it a known key."""
        self._read.add(key)
        return key in self.data

    def _get(self, key: str, kind: type, default: Any, expected: str) -> Any:
        self._read.add(key)
        if key not in self.data:
            if default is None:
                self.fail(key, expected, "nothing")
            return default
        value = self.data[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.fail(key, expected, f"{type(value).__name__} {value!r}"[:80])
        return value

    def text_of(self, key: str, default: str | None = None) -> str:
        """A text; required where no default is given."""
        value: str = self._get(key, str, default, "a text")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value: int = self._get(key, int, default, "a whole number")
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false."""
        value: bool = self._get(key, bool, default, "true or false")
        return value

    def day(self, key: str) -> date:
        """A date, as TOML writes it."""
        value: date = self._get(key, date, None, "a date such as 2027-12-31")
        return value

    def texts(self, key: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        values = self._get(key, list, None if default is None else list(default), "a list of texts")
        if not all(isinstance(value, str) for value in values):
            self.fail(key, "a list of texts", repr(values)[:80])
        return tuple(values)

    def choice(self, key: str, allowed: Sequence[_Choice], default: _Choice | None = None) -> _Choice:
        """One word of a closed list."""
        value = self._get(key, str, default, " | ".join(allowed))
        found = next((word for word in allowed if word == value), None)
        if found is None:
            self.fail(key, " | ".join(allowed), value)
        return found

    def table(self, key: str, *, required: bool = True) -> Table:
        """A table below this one; an empty one where it may be left out."""
        data = self._get(key, dict, None if required else {}, "a table")
        return Table(self.file, self.text, data, (*self.path, key))

    def tables(self, key: str) -> tuple[Table, ...]:
        """An array of tables, empty where it is left out."""
        values = self._get(key, list, [], "an array of tables")
        if not all(isinstance(value, dict) for value in values):
            self.fail(key, "an array of tables", repr(values)[:80])
        return tuple(
            Table(self.file, self.text, value, (*self.path, key, index)) for index, value in enumerate(values)
        )

    def mapping(self, key: str, *, required: bool = False) -> dict[str, str]:
        """A table whose values are all texts."""
        table = self.table(key, required=required)
        return {name: table.text_of(name) for name in table.data}

    def names(self) -> tuple[str, ...]:
        """The names written in this table, in order."""
        return tuple(self.data)

    def done(self) -> None:
        """Refuse keys that no getter asked for: they are misspelt."""
        for key in self.data:
            if key not in self._read:
                self.fail(key, "one of " + ", ".join(sorted(self._read)), f"unknown key {key!r}")


def read_toml(file: Path) -> Table:
    """The top table of a TOML file; raises ``PackError`` when it is missing, not UTF-8 or not TOML."""
    try:
        data = file.read_bytes()
    except OSError:
        raise PackError(str(file), 0, "(file)", "a readable file", "none") from None
    return parse_toml(file, data)


def parse_toml(file: Path, data: bytes) -> Table:
    """As :func:`read_toml`, from bytes; ``file`` is only named in complaints."""
    try:
        text = data.decode("utf-8")
        return Table(file, text, tomllib.loads(text))
    except UnicodeDecodeError as error:
        raise PackError(str(file), 0, "(file)", "UTF-8", f"byte {error.start} is not") from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise PackError(str(file), int(line[1]) if line else 0, "(file)", "TOML", str(error)) from None
    except RecursionError:
        raise PackError(str(file), 0, "(file)", "TOML", "tables nested too deeply") from None
