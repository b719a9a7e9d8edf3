"""What there is to read in a piece of HTML."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

#: An element of lxml.
Node: TypeAlias = Any

#: Elements whose text is not read until somebody opens them, or never.
_UNSEEN = {"script", "style", "noscript", "dialog", "template", "symbol", "head", "option"}

#: Elements that begin a line of their own.
_BLOCKS = {"p", "div", "li", "dt", "dd", "tr", "td", "th", "h1", "h2", "h3", "h4", "section", "main",
           "header", "footer", "form", "fieldset", "legend", "table", "ul", "ol", "dl", "br", "label",
           "button", "summary"}
_SPACES = re.compile(r"\s+")


def words_of(element: Node, *, lines: bool = False, closed: bool = False) -> str:
    """What is to be read in an element; ``lines`` keeps blocks apart, ``closed`` reads panels as well."""
    parts: list[str] = []
    _collect(element, parts, closed)
    if not lines:
        return one_line("".join(parts))
    kept = (one_line(line) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in kept if line)


def _collect(element: Node, parts: list[str], closed: bool) -> None:
    if not isinstance(element.tag, str) or element.tag in _UNSEEN:
        return
    if not closed and ("hidden" in element.attrib or "popover" in element.attrib):
        return
    block = element.tag in _BLOCKS
    if block or element.get("lang"):
        parts.append("\n" if block else " ")  # a word in another language stands on a line of its own
    if element.text:
        parts.append(element.text.replace("\n", " "))
    for child in element:
        _collect(child, parts, closed)
        if child.tail:
            parts.append(child.tail.replace("\n", " "))
    if block:
        parts.append("\n")


def plain(text: str) -> str:
    """One line with straight spaces and apostrophes, so that typography does not decide."""
    return one_line(text.replace("’", "'").replace("‑", "-"))


def one_line(text: str) -> str:
    """Without line breaks and repeated spaces."""
    return _SPACES.sub(" ", text).strip()
