"""What commands share: exit codes, sentences on stderr, JSON and tables on stdout, a progress line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from ehdsi.errors import LocalError

OK, FINDINGS, USAGE, ENVIRONMENT = 0, 1, 2, 3


class UsageError(LocalError):
    """The command was called in a way that makes no sense; exit code 2."""


def complain(sentence: str) -> None:
    """One sentence on stderr."""
    print(f"ncpeh: {sentence}", file=sys.stderr)


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_json_line(value: object) -> None:
    """One JSON object on one line."""
    print(json.dumps(value, ensure_ascii=False))


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table with columns as wide as their contents; columns of numbers stand to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    numeric = [bool(rows) and all(_is_number(row[place]) for row in rows) for place in range(len(head))]
    for line in (head, ["-" * width for width in widths], *rows):
        cells = (cell.rjust(width) if right else cell.ljust(width)
                 for cell, width, right in zip(line, widths, numeric, strict=True))
        print("  ".join(cells).rstrip())


def _is_number(text: str) -> bool:
    return text in ("", "-") or text.replace(".", "", 1).isdigit()


class Progress:
    """A line on stderr that says what is under way; silent when stderr is not a terminal."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._shown = sys.stderr.isatty()

    def step(self, what: str) -> None:
        """Begin the next of ``total`` things."""
        self._done += 1
        if self._shown:
            filled = "#" * self._done + "." * (self._total - self._done)
            print(f"\r\033[K[{filled}] {what}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Clear the line."""
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
