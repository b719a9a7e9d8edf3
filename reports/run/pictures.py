"""Screens as files beside the page: each once, whoever took it, however often it was seen.

A worker writes a picture the moment it is taken and sends only its name, so that the memory of a run does not
grow with its pictures. The name is that of the content: equal screens are one file.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Set
from pathlib import Path

#: Folder beside the page.
FOLDER = "pictures"

#: What a file begins with, and its ending, which is that of its media type as well.
_KINDS = ((re.compile(rb"\x89PNG\r\n\x1a\n"), "png"), (re.compile(rb"\xff\xd8\xff"), "jpeg"),
          (re.compile(rb"RIFF....WEBP", re.DOTALL), "webp"))
_NAME = re.compile(r"[0-9a-f]{16}\.(png|jpeg|webp)")


def keep(report: Path, content: bytes) -> str:
    """Write a picture unless it is there already; returns its name, empty for what is no picture.

    Parameters
    ----------
    report : the folder of the report; made when absent.
    """
    ending = next((ending for begin, ending in _KINDS if begin.match(content)), "")
    if not ending:
        return ""
    name = f"{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
    path = report / FOLDER / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return name


def inline(report: Path, name: str) -> str:
    """A picture as a ``data:`` address; empty when it is not there."""
    path = report / FOLDER / name
    if not name or not path.is_file():
        return ""
    return f"data:image/{path.suffix[1:]};base64,{base64.b64encode(path.read_bytes()).decode()}"


def forget_others(report: Path, used: Set[str]) -> None:
    """Remove the pictures of runs before, which this run does not show."""
    for path in (report / FOLDER).glob("*"):
        if _NAME.fullmatch(path.name) and path.name not in used:
            path.unlink()
