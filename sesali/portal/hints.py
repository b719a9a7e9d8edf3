"""What a format asks for, in French words: length, alphabet, an example. From the pattern alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ehdsi.search_mask import PatternError, compile_pattern
from ehdsi.search_mask.pattern_syntax import Chars, Node, Repeat, Sequence, parse_pattern
from sesali.portal.words import NBSP

Alphabet = Literal["digits", "letters", "both"]

_NAMES: dict[Alphabet, tuple[str, str]] = {
    "digits": ("chiffre", "chiffres"), "letters": ("lettre", "lettres"),
    "both": ("lettre ou chiffre", "lettres ou chiffres")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """``words`` as in « 7 chiffres puis 1 lettre », ``example`` a value that fits; both may be empty.

    ``digits`` is the exact number of digits where the format wants nothing else, 0 otherwise; ``letters``
    tells whether letters may occur at all.
    """

    words: str = ""
    example: str = ""
    digits: int = 0
    letters: bool = True


@dataclass(frozen=True, slots=True)
class _Run:
    alphabet: Alphabet
    low: int
    high: int | None


@lru_cache(maxsize=512)
def hint_of(pattern: str) -> Hint:
    """The hint for a format; an empty one when it is not a plain row of digits and letters."""
    try:
        runs = _merged(_runs(parse_pattern(pattern)[0]))
        compiled = compile_pattern(pattern)
    except PatternError:
        return Hint()
    if not runs:
        return Hint()
    example = _example(runs)
    digits = runs[0].low if len(runs) == 1 and runs[0].alphabet == "digits" \
        and runs[0].low == runs[0].high else 0
    return Hint(words=" puis ".join(_words(run) for run in runs),
                example=example if compiled.matches(example) else "", digits=digits,
                letters=any(run.alphabet != "digits" for run in runs))


def _runs(node: Node) -> list[_Run]:
    """The parts of the pattern in order; empty when one of them is something else."""
    if isinstance(node, Chars):
        alphabet = _alphabet(node)
        return [_Run(alphabet, 1, 1)] if alphabet else []
    if isinstance(node, Repeat):
        inner = _runs(node.item)
        if len(inner) != 1 or inner[0].low != 1 or inner[0].high != 1:
            return []
        return [_Run(inner[0].alphabet, node.low, node.high)]
    if isinstance(node, Sequence):
        parts = [_runs(item) for item in node.items]
        return [run for part in parts for run in part] if all(parts) else []
    return []


def _alphabet(chars: Chars) -> Alphabet | None:
    digits, letters = chars.holds("5"), chars.holds("K") or chars.holds("k")
    if chars.holds("*") or chars.holds("!"):
        return None
    return "both" if digits and letters else "digits" if digits else "letters" if letters else None


def _merged(runs: list[_Run]) -> list[_Run]:
    merged: list[_Run] = []
    for run in runs:
        last = merged[-1] if merged else None
        if last is not None and last.alphabet == run.alphabet:
            high = None if last.high is None or run.high is None else last.high + run.high
            merged[-1] = _Run(run.alphabet, last.low + run.low, high)
        else:
            merged.append(run)
    return merged


def _words(run: _Run) -> str:
    one, many = _NAMES[run.alphabet]
    if run.high is None:
        return many if run.low <= 1 else f"au moins {run.low}{NBSP}{many}"
    if run.low == run.high:
        return f"{run.low}{NBSP}{one if run.low == 1 else many}"
    return f"de {run.low} à {run.high}{NBSP}{many}"


def _example(runs: list[_Run]) -> str:
    return "".join(_piece(run) for run in runs)


def _piece(run: _Run) -> str:
    source = {"digits": "1234567890", "letters": "ABCDEFGHIJ", "both": "AB12345678"}[run.alphabet]
    count = run.low if run.low > 1 or run.high is not None else 8
    count = max(count, 1)
    return (source * (count // len(source) + 1))[:count]
