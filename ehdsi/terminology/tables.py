"""Reading tab-separated data files: UTF-8, a header row, ``#`` comments, ``-`` or nothing for empty."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from ehdsi.errors import LocalError


def read_table(
    file: Path | Traversable, *, required: tuple[str, ...] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, row by column name) of a TSV file; missing cells and ``-`` become empty texts.

    Raises
    ------
    LocalError : the file cannot be read, is not UTF-8, has no header, lacks a required column, or a row has
        more cells than the header.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LocalError(f"{file.name} cannot be read: {type(error).__name__}") from error
    header: list[str] | None = None
    for number, line in enumerate(text.lstrip("\ufeff").split("\n"), 1):
        if line.startswith("#") or not line.strip():
            continue
        cells = line.rstrip("\r").split("\t")
        if header is None:
            header = [cell.strip() for cell in cells]
            missing = [name for name in required if name not in header]
            if missing:
                raise LocalError(f"{file.name}:{number}: column {', '.join(missing)} is missing")
            continue
        if len(cells) > len(header):
            raise LocalError(f"{file.name}:{number}: {len(cells)} cells, expected at most {len(header)}")
        values = ["" if cell.strip() == "-" else cell.strip() for cell in cells]
        values += [""] * (len(header) - len(values))
        yield number, dict(zip(header, values, strict=True))
    if header is None:
        raise LocalError(f"{file.name}: no header row")
