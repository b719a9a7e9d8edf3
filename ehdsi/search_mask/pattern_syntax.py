"""Reads the text of a regular expression into a small tree; see ``ehdsi.search_mask.pattern``."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from ehdsi.errors import MalformedMessage

#: Longest pattern text that is read, and deepest nesting of groups.
MAX_TEXT = 500
MAX_GROUPS = 30
MAX_REPEAT = 256

Ranges = tuple[tuple[int, int], ...]
_LAST = 0x10FFFF
_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32))
_CONTROLS = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0}
_POSIX = {"Alpha": ((65, 90), (97, 122)), "Digit": _DIGIT, "Alnum": ((48, 57), (65, 90), (97, 122)),
          "Upper": ((65, 90),), "Lower": ((97, 122),)}


class PatternError(MalformedMessage):
    """A format that is not a regular expression, or uses what is not understood here."""


class PatternNotUnderstood(PatternError):
    """A format that may well be a regular expression elsewhere; only the country itself can try it."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of these ranges of code points, sorted and not overlapping."""

    ranges: Ranges

    def holds(self, character: str) -> bool:
        """Is the character one of them?"""
        point = ord(character)
        at = bisect_right(self.ranges, (point, _LAST)) - 1
        return at >= 0 and point <= self.ranges[at][1]

    def meets(self, other: Chars) -> bool:
        """Is there a character in both?"""
        mine = theirs = 0
        while mine < len(self.ranges) and theirs < len(other.ranges):
            low, high = self.ranges[mine]
            other_low, other_high = other.ranges[theirs]
            if low <= other_high and other_low <= high:
                return True
            if high < other_high:
                mine += 1
            else:
                theirs += 1
        return False


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternation:
    """One of these."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``low`` to ``high`` times; ``high`` None: without end."""

    item: Node
    low: int
    high: int | None


Node = Chars | Sequence | Alternation | Repeat


def parse_pattern(text: str) -> tuple[Node, bool]:
    """The tree of a pattern, and whether a ``|`` stands inside a class.

    Raises
    ------
    PatternError : a syntax error. PatternNotUnderstood : too long, or a construct that is not understood.
    """
    if len(text) > MAX_TEXT:
        raise PatternNotUnderstood("the pattern is too long", expected=f"at most {MAX_TEXT} characters",
                           got=str(len(text)))
    reader = _Reader(text)
    node = reader.alternation(0)
    if reader.rest():
        raise reader.wrong("a closing bracket without an opening one")
    return node, reader.pipe_in_class


class _Reader:
    """Recursive descent over the text of a pattern."""

    def __init__(self, text: str) -> None:
        self._ignore_case = text.startswith("(?i)")
        self._text = text[4:] if self._ignore_case else text
        self._at = 0
        self.pipe_in_class = False

    def rest(self) -> str:
        return self._text[self._at:]

    def wrong(self, what: str) -> PatternError:
        return PatternError(f"the pattern cannot be used: {what}", where=f"character {self._at + 1}",
                            expected="a regular expression without look-around and back-references")

    def foreign(self, what: str) -> PatternNotUnderstood:
        """Elsewhere that may be right."""
        wrong = self.wrong(what)
        return PatternNotUnderstood(wrong.what, where=wrong.where, expected=wrong.expected)

    def _peek(self) -> str:
        return self._text[self._at:self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise self.wrong("it ends too early")
        self._at += 1
        return character

    def _skip(self, expected: str) -> bool:
        if self._text.startswith(expected, self._at):
            self._at += len(expected)
            return True
        return False

    def alternation(self, depth: int) -> Node:
        if depth > MAX_GROUPS:
            raise self.foreign("groups are nested too deeply")
        branches = [self._sequence(depth)]
        while self._skip("|"):
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else Alternation(tuple(branches))

    def _sequence(self, depth: int) -> Node:
        items: list[Node] = []
        while (character := self._peek()) and character not in "|)":
            if self._anchor(items):
                continue
            items.append(self._quantified(self._atom(depth)))
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _anchor(self, items: list[Node]) -> bool:
        """``^`` before and ``$`` after everything say nothing new: a match is always a full match."""
        if self._peek() == "^":
            if items:
                raise self.foreign("^ in the middle")
            self._at += 1
            return True
        if self._peek() == "$":
            self._at += 1
            if self._peek() not in ("", "|", ")"):
                raise self.foreign("$ in the middle")
            return True
        return False

    def _atom(self, depth: int) -> Node:
        character = self._take()
        if character == "(":
            return self._group(depth)
        if character == "[":
            return self._class()
        if character == ".":
            return Chars(_without(((10, 10), (13, 13))))
        if character == "\\":
            return Chars(self._cased(self._escape()))
        if character in "*+?":
            raise self.wrong("a quantifier with nothing before it")
        if character == "{":
            raise self.wrong("{ with nothing before it")
        return Chars(self._cased(((ord(character), ord(character)),)))

    def _group(self, depth: int) -> Node:
        if self._skip("?:") or not self._skip("?"):
            pass
        elif self._skip("P<") or self._skip("<"):
            self._group_name()
        else:
            raise self.foreign("look-around or an option inside")
        node = self.alternation(depth + 1)
        if not self._skip(")"):
            raise self.wrong("an opening bracket without a closing one")
        return node

    def _group_name(self) -> None:
        name, closing, rest = self.rest().partition(">")
        if not closing or not name.isidentifier():
            raise self.foreign("look-behind or a wrong group name")
        self._at = len(self._text) - len(rest)

    def _quantified(self, item: Node) -> Node:
        bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self._peek() or " ")
        if bounds is not None:
            self._at += 1
        elif self._peek() == "{":
            bounds = self._braces()
        else:
            return item
        if self._peek() in ("?", "+") and self._peek():
            self._at += 1
        if self._peek() and self._peek() in "*+?{":
            raise self.wrong("two quantifiers")
        return Repeat(item, *bounds)

    def _braces(self) -> tuple[int, int | None]:
        inside, closing, rest = self.rest()[1:].partition("}")
        low, comma, high = inside.partition(",")
        if not closing or not _is_number(low) or (high and not _is_number(high)):
            raise self.wrong("{ without {n}, {n,} or {n,m}")
        bounds = (int(low), (int(high) if high else None) if comma else int(low))
        if bounds[1] is not None and bounds[0] > bounds[1]:
            raise self.wrong("a repetition out of order")
        if max(bounds[0], bounds[1] or 0) > MAX_REPEAT:
            raise self.foreign(f"a repetition over {MAX_REPEAT}")
        self._at = len(self._text) - len(rest)
        return bounds

    def _escape(self) -> Ranges:
        """Code points of an escape; the backslash is already taken."""
        character = self._take()
        known = {"d": _DIGIT, "w": _WORD, "s": _SPACE, "D": _without(_DIGIT), "W": _without(_WORD),
                 "S": _without(_SPACE)}.get(character)
        if known is not None:
            return known
        if character in _CONTROLS:
            return ((_CONTROLS[character], _CONTROLS[character]),)
        if character in "xu":
            return self._code_point(2 if character == "x" else 4)
        if character in "pP":
            return self._category(negated=character == "P")
        if character.isascii() and character.isalnum():
            raise self.foreign("a back-reference or an escape that is not known")
        return ((ord(character), ord(character)),)

    def _code_point(self, digits: int) -> Ranges:
        text = self.rest()[:digits]
        if len(text) != digits or not all(one in "0123456789abcdefABCDEF" for one in text):
            raise self.wrong("a wrong code point")
        self._at += digits
        return ((int(text, 16), int(text, 16)),)

    def _category(self, *, negated: bool) -> Ranges:
        if not self._skip("{"):
            raise self.wrong("\\p without {…}")
        name, closing, rest = self.rest().partition("}")
        if not closing:
            raise self.wrong("\\p without {…}")
        self._at = len(self._text) - len(rest)
        ranges = _POSIX.get(name) or _category(name.removeprefix("Is"))
        if not ranges:
            raise self.foreign("a category of characters that is not known")
        return _without(ranges) if negated else ranges

    def _class(self) -> Chars:
        negated = self._skip("^")
        parts: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            low = self._class_item()
            if self._peek() == "-" and self._text[self._at + 1:self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._class_item()
                if not (len(low) == len(high) == 1 and low[0][0] == low[0][1] <= high[0][0] == high[0][1]):
                    raise self.wrong("a range out of order")
                low = ((low[0][0], high[0][1]),)
            parts.extend(low)
            first = False
        self._at += 1
        ranges = self._cased(_merged(parts))
        return Chars(_without(ranges) if negated else ranges)

    def _class_item(self) -> Ranges:
        character = self._take()
        if character == "\\":
            return self._escape()
        if character == "[" or (character == "&" and self._peek() == "&"):
            raise self.foreign("a class within a class")
        self.pipe_in_class = self.pipe_in_class or character == "|"
        return ((ord(character), ord(character)),)

    def _cased(self, ranges: Ranges) -> Ranges:
        """Both cases of the ASCII letters where the pattern starts with ``(?i)``."""
        if not self._ignore_case:
            return ranges
        letters = Chars(ranges)
        extra = [(ord(one.swapcase()), ord(one.swapcase())) for one in map(chr, (*range(65, 91), *range(97,
                                                                                                        123)))
                 if letters.holds(one)]
        return _merged([*ranges, *extra])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _merged(ranges: list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _without(ranges: Ranges) -> Ranges:
    """Every code point that is not in these."""
    gaps: list[tuple[int, int]] = []
    at = 0
    for low, high in ranges:
        if low > at:
            gaps.append((at, low - 1))
        at = high + 1
    return tuple([*gaps, (at, _LAST)] if at <= _LAST else gaps)


@lru_cache(maxsize=64)
def _category(name: str) -> Ranges:
    """Ranges of a general category (``L``, ``Lu``, ``N`` …) in the basic plane; empty when there is none."""
    if not 1 <= len(name) <= 2:
        return ()
    return _merged([(point, point) for point in range(0x10000)
                    if unicodedata.category(chr(point)).startswith(name)])
