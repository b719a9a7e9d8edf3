"""Regular expressions from a peer, matched in linear time: the ``format`` of a search-mask field.

A pattern that a foreign country publishes must not be able to stall the gateway. So it is not handed to a
backtracking engine: it is read into a position automaton (Glushkov) and a value is matched by following the
set of positions reached, one step per character. The same automaton shows whether a backtracking engine
elsewhere (a browser, a Java gateway) would explode on it: two different ways around one loop over the same
text.

Understood: literals, ``.``, classes, ``\\d \\w \\s`` and their opposites, ``\\p{L}``-like categories,
groups, ``|``, quantifiers (lazy and possessive ones accept the same texts), ``^`` and ``$`` at the ends,
``(?i)`` at the start. Not understood, and said so: look-around, back-references, conditions. A match is
always a full match.

Source: the common ground of java.util.regex and ECMAScript; eHDSI International Search Mask (``@format``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ehdsi.search_mask.pattern_syntax import (
    Alternation,
    Chars,
    Node,
    PatternNotUnderstood,
    Repeat,
    Sequence,
    parse_pattern,
)

#: Longest value that is matched; longer ones do not match anything.
MAX_VALUE = 256

#: Positions that a pattern may unfold to, and pairs of steps that the search for ambiguity may look at.
MAX_POSITIONS = 500
MAX_PAIRS = 200_000

Remark = Literal["pipe in class", "catastrophic"]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled format.

    ``remarks`` say what is suspicious though it works here: a literal ``|`` inside a class (an author's
    mistake for "or"), and a shape on which backtracking engines take exponential time. Sets of positions are
    bit masks: where a match may start, what may follow each position, where it may end, who takes a class.
    """

    text: str
    first: int
    follow: tuple[int, ...]
    accepting: int
    classes: tuple[tuple[Chars, int], ...]
    empty: bool
    remarks: tuple[Remark, ...] = ()

    def matches(self, value: str) -> bool:
        """Does the whole value match? Values over ``MAX_VALUE`` characters never do."""
        if len(value) > MAX_VALUE:
            return False
        if not value:
            return self.empty
        candidates = reached = self.first
        for character in value:
            allowed = 0
            for chars, positions in self.classes:
                if positions & candidates and chars.holds(character):
                    allowed |= positions
            reached = candidates & allowed
            if not reached:
                return False
            candidates = self._after(reached)
        return bool(reached & self.accepting)

    def _after(self, reached: int) -> int:
        """What may follow any of these positions."""
        candidates = 0
        while reached:
            lowest = reached & -reached
            candidates |= self.follow[lowest.bit_length() - 1]
            reached ^= lowest
        return candidates


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> Pattern:
    """Compile a format.

    Raises
    ------
    PatternError : a syntax error. PatternNotUnderstood : what is not understood, or unfolds to more than
        ``MAX_POSITIONS`` positions.
    """
    node, pipe_in_class = parse_pattern(text)
    builder = _Builder()
    built = builder.build(node)
    remarks: list[Remark] = ["pipe in class"] if pipe_in_class else []
    if _is_catastrophic(builder):
        remarks.append("catastrophic")
    positions: dict[Chars, int] = {}
    for number, chars in enumerate(builder.chars):
        positions[chars] = positions.get(chars, 0) | 1 << number
    return Pattern(text=text, first=_mask(built.first), accepting=_mask(built.last), empty=built.empty,
                   follow=tuple(_mask(steps) for steps in builder.follow), classes=tuple(positions.items()),
                   remarks=tuple(remarks))


def _mask(positions: set[int]) -> int:
    return sum(1 << position for position in positions)


# ------------------------------------------------------------------------------- position automaton


@dataclass(slots=True)
class _Part:
    """What a part of the pattern contributes: positions it may start and end with, and whether it may be
    empty."""

    empty: bool
    first: set[int]
    last: set[int]


class _Builder:
    """Numbers the character positions of a pattern and records which may follow which."""

    def __init__(self) -> None:
        self.chars: list[Chars] = []
        self.follow: list[set[int]] = []
        #: Steps that the pattern allows in more than one way; inside a loop they make it ambiguous.
        self.doubled: set[tuple[int, int]] = set()

    def build(self, node: Node) -> _Part:
        if isinstance(node, Chars):
            return self._position(node)
        if isinstance(node, Sequence):
            return self._sequence(node.items)
        if isinstance(node, Alternation):
            parts = [self.build(item) for item in node.items]
            return _Part(any(part.empty for part in parts), set().union(*(part.first for part in parts)),
                         set().union(*(part.last for part in parts)))
        return self._repeat(node)

    def _position(self, chars: Chars) -> _Part:
        if len(self.chars) >= MAX_POSITIONS:
            raise PatternNotUnderstood("the pattern unfolds to too many positions")
        self.chars.append(chars)
        self.follow.append(set())
        number = len(self.chars) - 1
        return _Part(False, {number}, {number})

    def _link(self, lasts: set[int], firsts: set[int]) -> None:
        for last in lasts:
            self.doubled.update((last, first) for first in firsts & self.follow[last])
            self.follow[last] |= firsts

    def _sequence(self, items: tuple[Node, ...]) -> _Part:
        whole = _Part(True, set(), set())
        for item in items:
            whole = self._join(whole, self.build(item))
        return whole

    def _join(self, left: _Part, right: _Part) -> _Part:
        self._link(left.last, right.first)
        return _Part(left.empty and right.empty, left.first | right.first if left.empty else left.first,
                     left.last | right.last if right.empty else right.last)

    def _repeat(self, node: Repeat) -> _Part:
        """``{low,high}`` is written out; without an upper bound the last copy loops."""
        if node.high == 0:
            return _Part(True, set(), set())
        whole = _Part(True, set(), set())
        copies = max(node.low, 1) if node.high is None else node.high
        for number in range(1, copies + 1):
            before = len(self.chars)
            part = self.build(node.item)
            if len(self.chars) == before:
                # Nothing but the empty text inside: once is as good as many times.
                return part
            if node.high is None and number == copies:
                self._link(part.last, part.first)
            part.empty = part.empty or number > node.low
            whole = self._join(whole, part)
        return whole


# ------------------------------------------------------------------------------------ ambiguous loops


def _is_catastrophic(builder: _Builder) -> bool:
    """Can the automaton go around a loop in two ways over one text (exponential ambiguity)?

    True also where that cannot be decided within ``MAX_PAIRS`` pairs of steps.
    Source: Weber and Seidl, On the degree of ambiguity of finite automata (1991), criterion EDA.
    """
    loops = _components(builder.follow)
    looping = {position for component in loops for position in component}
    for last, first in builder.doubled:
        if any(last in component and first in component for component in loops):
            return True
    follow = [[step for step in steps if step in looping] if number in looping else []
              for number, steps in enumerate(builder.follow)]
    if sum(len(steps) for steps in follow) ** 2 > MAX_PAIRS:
        return True
    meets = _Meetings(builder.chars)
    return any(_has_two_ways(component, follow, meets) for component in loops)


class _Meetings:
    """Can two positions take the same character? Answered once per pair of different classes."""

    def __init__(self, chars: list[Chars]) -> None:
        numbers: dict[Chars, int] = {}
        self._class_of = [numbers.setdefault(one, len(numbers)) for one in chars]
        self._classes = list(numbers)
        self._known: dict[tuple[int, int], bool] = {}

    def __call__(self, left: int, right: int) -> bool:
        pair = (self._class_of[left], self._class_of[right])
        if pair not in self._known:
            self._known[pair] = self._classes[pair[0]].meets(self._classes[pair[1]])
        return self._known[pair]


def _has_two_ways(component: set[int], follow: list[list[int]], meets: _Meetings) -> bool:
    """Is there a pair of different positions on a loop of the squared component through a pair of equal
    ones?"""
    start = [(position, position) for position in component]
    forward = _reach(start, follow, meets, component)
    unequal = {pair for pair in forward if pair[0] != pair[1]}
    if not unequal:
        return False
    back: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for pair in forward:
        for step in _pair_steps(pair, follow, meets, component):
            back.setdefault(step, []).append(pair)
    seen, todo = set(start), list(start)
    while todo:
        for before in back.get(todo.pop(), ()):
            if before not in seen:
                seen.add(before)
                todo.append(before)
    return bool(seen & unequal)


def _reach(start: list[tuple[int, int]], follow: list[list[int]], meets: _Meetings,
           component: set[int]) -> set[tuple[int, int]]:
    seen, todo = set(start), list(start)
    while todo:
        for step in _pair_steps(todo.pop(), follow, meets, component):
            if step not in seen:
                seen.add(step)
                todo.append(step)
    return seen


def _pair_steps(pair: tuple[int, int], follow: list[list[int]], meets: _Meetings,
                component: set[int]) -> list[tuple[int, int]]:
    """Steps that both halves of a pair can take over one common character."""
    return [(left, right) for left in follow[pair[0]] if left in component
            for right in follow[pair[1]] if right in component and meets(left, right)]


def _components(follow: list[set[int]]) -> list[set[int]]:
    """Strongly connected components that contain a loop (Kosaraju, without recursion)."""
    order: list[int] = []
    seen: set[int] = set()
    for root in range(len(follow)):
        stack = [(root, iter(follow[root]))] if root not in seen else []
        seen.add(root)
        while stack:
            node, steps = stack[-1]
            step = next((one for one in steps if one not in seen), None)
            if step is None:
                order.append(node)
                stack.pop()
            else:
                seen.add(step)
                stack.append((step, iter(follow[step])))
    return _collect(order, follow)


def _collect(order: list[int], follow: list[set[int]]) -> list[set[int]]:
    backward: list[list[int]] = [[] for _ in follow]
    for node, steps in enumerate(follow):
        for step in steps:
            backward[step].append(node)
    components: list[set[int]] = []
    taken: set[int] = set()
    for root in reversed(order):
        if root in taken:
            continue
        component, todo = {root}, [root]
        taken.add(root)
        while todo:
            for before in backward[todo.pop()]:
                if before not in taken:
                    taken.add(before)
                    component.add(before)
                    todo.append(before)
        if len(component) > 1 or root in follow[root]:
            components.append(component)
    return components
