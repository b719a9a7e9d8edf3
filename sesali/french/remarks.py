"""What the reader of a document remarks, in French: a table of patterns; what it lacks stays English."""

from __future__ import annotations

import re

from sesali.french.words import REMARKS

_PATTERNS = tuple((re.compile(pattern), words) for pattern, words in REMARKS.items())


def in_french(text: str) -> tuple[str, str]:
    """The words of a remark and their language: empty for French, ``en`` where the table has none."""
    for pattern, words in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is not None:
            return words.format(*match.groups()), ""
    return text, "en"
