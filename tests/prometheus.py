"""A small reader of the Prometheus text format, written from its description and not from our writer."""

from __future__ import annotations

import re

_SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')
_ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    """Samples by name and labels; raises ``AssertionError`` where the text breaks a rule of the format."""
    kinds: dict[str, str] = {}
    found: Samples = {}
    assert text.endswith("\n"), "the last line has to end"
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds, f"{name} has two types"
            assert kind in ("counter", "gauge", "histogram")
            kinds[name] = kind
        elif not line.startswith("#"):
            name, labels, value = _sample(line)
            family = name if name in kinds else re.sub("_(bucket|sum|count)$", "", name)
            assert family == list(kinds)[-1], f"{name} is not below its own TYPE"
            assert (name, labels) not in found, f"{name} {dict(labels)} twice"
            found[name, labels] = value
    for name in (one for one, kind in kinds.items() if kind == "histogram"):
        _check_histogram(name, found)
    return found


def _sample(line: str) -> tuple[str, frozenset[tuple[str, str]], float]:
    match = _SAMPLE.match(line)
    assert match, f"no sample: {line}"
    inner = match[2] or ""
    pairs = _LABEL.findall(inner)
    rebuilt = ",".join(f'{name}="{value}"' for name, value in pairs)
    assert rebuilt == inner, f"labels cannot be read: {line}"
    return match[1], frozenset((name, re.sub(r'\\.', lambda one: _ESCAPES[one[0]], value))
                               for name, value in pairs), float(match[3])


def _check_histogram(name: str, found: Samples) -> None:
    """Buckets grow, the last is +Inf and equals the count; there is a sum."""
    series: dict[frozenset[tuple[str, str]], list[tuple[float, float]]] = {}
    for (sample, labels), value in found.items():
        if sample == f"{name}_bucket":
            bound = float(dict(labels)["le"])
            series.setdefault(frozenset(one for one in labels if one[0] != "le"), []).append((bound, value))
    for labels, buckets in series.items():
        counts = [count for _, count in sorted(buckets)]
        assert counts == sorted(counts), f"{name} {dict(labels)} is not cumulative"
        assert max(buckets)[0] == float("inf")
        assert counts[-1] == found[f"{name}_count", labels]
        assert (f"{name}_sum", labels) in found
