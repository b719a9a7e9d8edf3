"""Formats of a peer: what they match, which are suspicious, and that none can stall us."""

from __future__ import annotations

import re
import time

import pytest

from ehdsi.search_mask import PatternError, compile_pattern
from ehdsi.search_mask.pattern import MAX_VALUE

#: Formats of published masks and their like, with values to try on each.
PATTERNS = [
    r"\d{9}", r"([0-9]{11})", r"[0-9]{7}[A-Z]", r"[a-zA-Z|\d]{7,12}", r"[A-Z0-9]+", r"^\d{6}-?\d{4}$",
    r"\d{6}[-+A]\d{3}[\d|A-Z]", r"\d{6}-?\d{5}", r"[a-zA-Z0-9]{19}",
    r"(19|20)\d{2}-(0[1-9]|1[012])-(0[1-9]|[12]\d|3[01])",
    r"M|F|UN", r".*", r"a?", r"(ab|c)*d{2,}", r"(?:x|y)+?z", r"[^0-9]+", r"\w+\s\w+", r"(?i)abc[x-z]",
    r"a{0}b",
    r"[]a]", r"[a\-z]", r"[a-]", r"\.\/\-", r"\x41B", r"(?P<n>a)b", r"(a|b|)c", r"", r"(a{2}){2,3}",
]
VALUES = ["", "a", "b", "c", "ab", "bc", "AB", "cdd", "abdd", "ddd", "M", "UN", "123456789", "1234567A",
          "12345678901",
          "010101-1234", "0101011234", "010101A123X", "1999-12-31", "1999-13-31", "ABC1234", "abc|123",
          "xyz", "xxz",
          "ABCx", "abcZ", "]", "-", "z", "hello world", "./-", "aaaa", "aaaaaa", "aaaaa", "é", "a\nb", "٣"]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_agrees_with_the_standard_library(pattern: str) -> None:
    """On values of every shape a format says the same as a full match of Python's own engine (ASCII
    classes)."""
    ours, theirs = compile_pattern(pattern), re.compile(pattern, re.ASCII)
    assert [value for value in VALUES if ours.matches(value)] == [
        value for value in VALUES if theirs.fullmatch(value)]


@pytest.mark.parametrize(("pattern", "yes", "no"), [
    (r"\p{L}+", "Šimić", "S1"), (r"\p{Lu}\p{Ll}+", "Ana", "ana"), (r"\p{Alpha}+", "abc", "š"), (r"\P{N}",
                                                                                                "a", "1"),
    (r"\p{IsL}", "ž", "-"), (r"a++b", "aab", "b")])
def test_java_constructs(pattern: str, yes: str, no: str) -> None:
    """Character categories and possessive quantifiers, which other gateways write, are understood."""
    assert compile_pattern(pattern).matches(yes)
    assert not compile_pattern(pattern).matches(no)


@pytest.mark.parametrize("pattern", [
    "[0-9{9}", "(a", "a)", "*a", "a**", "a{2,1}", "a{x}", "{2}", "[z-a]", "[\\d-z]", "\\", "[", "[]",
    "(?=a)a",
    "(?!a)b", "(?<=a)b", r"(a)\1", r"\bword", r"\p{Nonsense}", r"\pL", "a^b", "a$b", "[[a]]", "(?i:a)",
    r"\x4", "a{300}",
    "(" * 40 + ")" * 40, "a" * 600, "((a{20}){20}){20}"])
def test_unusable_pattern(pattern: str) -> None:
    """What is wrong or not understood is refused with our own error, and with the place."""
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert caught.value.what


@pytest.mark.parametrize(("pattern", "catastrophic"), [
    ("(a+)+$", True), ("(a*)*b", True), ("(a|a)*b", True), ("(a|aa)+", True), (r"(\w+\s?)+", True),
    (r"(\d|[0-9])*x", True), ("(.*a){3,}", True), ("((ab)*c?)*", True),
    (r"\d{9}", False), ("(a|b)*", False), (".*.*", False), (r"(\d{3}-)*\d+", False), ("(ab|ac)+", False),
    ("[A-Z0-9]+", False), ("(a{1,9}){1,9}", False)])
def test_catastrophic_patterns_are_named(pattern: str, catastrophic: bool) -> None:
    """A loop with two ways around it over one text is called out, and nothing else is."""
    assert ("catastrophic" in compile_pattern(pattern).remarks) is catastrophic


def test_pipe_in_class_is_named() -> None:
    """A literal | in a class, an old mistake, is called out; one between branches is not."""
    assert compile_pattern(r"[a-z|\d]").remarks == ("pipe in class",)
    assert compile_pattern("a|b").remarks == ()


@pytest.mark.parametrize("pattern", [
    "(a+)+b", "(a|a)*b", "(a?){250}(a?){240}b",
        "((((((((a{0}){200}){200}){200}){200}){200}){200}){200}){200}",
    "(" + "|".join(rf"[\p{{L}}{digit}]" for digit in "0123456789") + ")+b", "((a?b?){20}){10}c", "(.*){9}x"])
def test_no_pattern_stalls(pattern: str) -> None:
    """The worst patterns are compiled and matched against the longest value in a fraction of a second."""
    start = time.process_time()
    compile_pattern.__wrapped__(pattern).matches("a" * MAX_VALUE)
    assert time.process_time() - start < 2


def test_long_values_never_match() -> None:
    """The length of a value is capped whatever the pattern says."""
    assert compile_pattern(".*").matches("a" * MAX_VALUE)
    assert not compile_pattern(".*").matches("a" * (MAX_VALUE + 1))
