"""What both sides said about themselves in a load run: their metrics, read before and after."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

_SAMPLE = re.compile(r"^(\w+)\{(.*)\} (\S+)$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')

#: Name and labels -> value, added up over the copies of a side.
Told = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def told_by(doors: Mapping[str, Iterable[str]]) -> dict[str, Told]:
    """Samples by role, for the addresses that ``metrics`` of ``world.json`` names.

    A door that does not answer counts as nothing: the run is not the worse for it.
    """
    found: dict[str, Told] = {}
    for role, urls in doors.items():
        samples: Counter[tuple[str, frozenset[tuple[str, str]]]] = Counter()
        for url in urls:
            try:
                text = httpx.get(url, trust_env=False, timeout=10.0).text
            except httpx.HTTPError:
                continue
            samples.update(_read(text))
        found[role] = samples
    return found


def _read(text: str) -> Counter[tuple[str, frozenset[tuple[str, str]]]]:
    samples: Counter[tuple[str, frozenset[tuple[str, str]]]] = Counter()
    for line in text.splitlines():
        match = _SAMPLE.match(line)
        if match:
            samples[match[1], frozenset(_LABEL.findall(match[2]))] += float(match[3])  # type: ignore[assignment]
    return samples


def exchanges(before: Mapping[str, Told], after: Mapping[str, Told]) -> list[dict[str, Any]]:
    """By country and transaction: how often it was asked, what it took itself, how long the gateway waited.

    Returns
    -------
    Rows of ``country``, ``step`` (ITI-55 …), ``count``, ``own_ms`` (mean time of the simulator, the waits of
    its faults included), ``waited_ms`` (mean time of the gateway for the whole exchange, 0 where it does not
    tell), ``spoilt`` (answers of this country that a fault spoilt, by fault; in its first row only).
    """
    simulators, gateway = (_grown(before.get(role, {}), after.get(role, {}))
                           for role in ("simulators", "gateway"))
    spoilt: dict[str, dict[str, int]] = {}
    for (name, labels), value in simulators.items():
        if name == "ncpeh_simulator_spoilt_total" and value:
            given = dict(labels)
            spoilt.setdefault(given["simulator"], {})[given["fault"]] = int(value)
    rows: list[dict[str, Any]] = []
    for (name, labels), count in simulators.items():
        given = dict(labels)
        country, step = given.get("simulator", ""), given.get("transaction", "")
        if name != "ncpeh_simulator_request_seconds_count" or not count or not step.startswith("ITI-"):
            continue
        own = simulators["ncpeh_simulator_request_seconds_sum", labels] / count
        asked = frozenset({("country", country), ("step", step)})
        calls = gateway.get(("ncpeh_step_seconds_count", asked), 0.0)
        waited = gateway.get(("ncpeh_step_seconds_sum", asked), 0.0) / calls if calls else 0.0
        rows.append({"country": country, "step": step, "count": int(count), "own_ms": round(own * 1000, 1),
                     "waited_ms": round(waited * 1000, 1)})
    rows.sort(key=lambda row: (row["country"], ("ITI-55", "ITI-38", "ITI-39").index(row["step"])))
    first: set[str] = set()
    for row in rows:
        row["spoilt"] = {} if row["country"] in first else spoilt.get(row["country"], {})
        first.add(row["country"])
    return rows


def _grown(before: Told, after: Told) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {key: value - before.get(key, 0.0) for key, value in after.items()}
