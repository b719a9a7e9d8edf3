"""Statistics of a thousand synthetic patients, written to ``docs/synthetic-patients.md`` by ``--write``.

Per section how often and how much, sizes, ages, prevalences, invariants, validity of all documents, how many
rows of the tables were reached, how distinct the patients are, one digest per country, and what it costs.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Literal

import countries
from countries.documents import documents_of
from countries.model import Country, Persona
from countries.synthetic import REFERENCE_DAY, identifiers, patient
from countries.synthetic.generate import chart_of
from countries.synthetic.invariants import INVARIANTS, broken
from countries.synthetic.record import Chart
from countries.synthetic.tables import model
from ehdsi.cda import sections
from ehdsi.cda.model import AbsenceStatement, Entry, ObservationGroup
from ehdsi.rules import RuleContext, run
from ehdsi.rules.schema import is_valid
from ehdsi.terminology import Terminology, load
from ehdsi.xml import parse

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "synthetic-patients.md"
MARK = "<!-- figures: python -m benchmarks.synthetic_statistics --write -->"
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
#: Prevalences beside which the outcome is put: (what, conditions, from age, to age, sex, target per cent).
PREVALENCES = (
    ("hypertension, 18 and over", ("htn",), 18, 130, "MF", 24.7),
    ("hypertension, 65 and over", ("htn",), 65, 130, "MF", 49.0),
    ("diabetes, 18 and over", ("t1dm", "t2dm", "t2dm_neuro", "t2dm_eye", "t2dm_renal"), 18, 130, "MF", 7.1),
    ("asthma", ("asthma", "asthma_all"), 0, 130, "MF", 4.4),
    ("COPD, 45 and over", ("copd",), 45, 130, "MF", 5.0),
    ("coronary disease, 65 and over", ("ihd",), 65, 130, "MF", 15.2),
    ("hypothyroidism, women", ("hypothyroid", "hashimoto"), 0, 130, "F", 10.6),
)


@dataclass(slots=True)
class Counted:
    """What is counted on the way."""

    entries: dict[str, list[int]] = field(default_factory=dict)
    totals: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    invalid: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    digests: dict[str, str] = field(default_factory=dict)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))


def count(total: int, terminology: Terminology) -> Counted:
    """Make ``total`` patients spread over all countries, and count."""
    counted = Counted()
    packs = countries.load_all()
    for number, country in enumerate(packs):
        share = total // len(packs) + (number < total % len(packs))
        digest = hashlib.sha256()
        for identifier in islice(identifiers(country), share):
            begin = time.perf_counter()
            persona = patient(country, identifier)
            if persona is None:
                raise SystemExit(f"{identifier.extension} is nobody")
            counted.seconds["identified"] += time.perf_counter() - begin
            _add(counted, country, persona, terminology)
            digest.update(repr((persona.names, persona.summary)).encode())
        counted.digests[country.code] = digest.hexdigest()[:16]
    return counted


def _add(counted: Counted, country: Country, persona: Persona, terminology: Terminology) -> None:
    begin = time.perf_counter()
    sex: Literal["M", "F"] = "M" if persona.gender == "M" else "F"
    value = persona.primary_identifier.extension or ""
    chart = chart_of(country.code, value, date.fromisoformat(persona.birth_time), sex, REFERENCE_DAY)
    charted = time.perf_counter()
    counted.seconds["history"] += charted - begin
    counted.charts.append(chart)
    counted.broken.update(broken(chart))
    summary = persona.summary
    if summary is None:
        raise SystemExit("a synthetic patient without summary")
    entries = 0
    for section in summary.sections:
        real = sum(map(_statements, section.entries))
        entries += real
        counted.entries.setdefault(section.code.code if section.code else "", []).append(real)  # type: ignore[arg-type]
    counted.totals.append(entries)
    begin = time.perf_counter()
    pivot = next(one for one in documents_of(country, persona, terminology, NOW) if one.level == 3)
    content = pivot.content
    counted.seconds["document"] += time.perf_counter() - begin
    counted.sizes.append(len(content))
    root = parse(content)
    counted.invalid += not is_valid(root, "cda")
    context = RuleContext(
        now=NOW,
        country=country.code,
        patient_id=persona.primary_identifier,
        form="pivot",
        birth_date=persona.birth_time,
        size=len(content),
        raw=content,
    )
    counted.errors.update(f"{one.rule} {one.severity}" for one in run(root, context).findings)


def _statements(entry: Entry) -> int:
    """How many statements an entry makes: none if it is an absence, each observation of a group."""
    if isinstance(entry, ObservationGroup):
        return len(entry.observations)
    return 0 if isinstance(entry, AbsenceStatement) else 1


# -- the page ----------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]) + "\n"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def page(counted: Counted) -> str:
    """All tables."""
    people = len(counted.totals)
    parts = [
        f"{MARK}\n\n{people} patients of {len(counted.digests)} countries, "
        f"burden 1, history on {REFERENCE_DAY}.\n"
    ]
    rows: list[Sequence[object]] = []
    for loinc, kind in sections.SECTIONS.items():
        values = counted.entries.get(loinc, [])
        if values:
            rows.append(
                (
                    kind.display,
                    f"{100 * len(values) / people:.0f}",
                    f"{100 * values.count(0) / len(values):.0f}",
                    f"{statistics.median(values):g}",
                    f"{statistics.mean(values):.1f}",
                    percentile(values, 0.95),
                    max(values),
                )
            )
    totals, sizes = counted.totals, [size / 1000 for size in counted.sizes]
    rows.append(
        (
            "**Entries in all**",
            100,
            0,
            f"{statistics.median(totals):g}",
            f"{statistics.mean(totals):.1f}",
            percentile(totals, 0.95),
            max(totals),
        )
    )
    rows.append(
        (
            "**Level 3, kB**",
            100,
            0,
            f"{statistics.median(sizes):.0f}",
            f"{statistics.mean(sizes):.0f}",
            f"{percentile(sizes, 0.95):.0f}",
            f"{max(sizes):.0f}",
        )
    )
    parts.append(
        "### Sections\n\n"
        + table(("Section", "delivered %", "without entries %", "median", "mean", "p95", "max"), rows)
    )
    parts.append(
        "### Prevalence\n\n" + table(("What", "target %", "here %", "of patients"), _prevalence(counted))
    )
    parts.append("### Soundness\n\n" + table(("Check", "Result"), _soundness(counted)))
    parts.append(
        "### Digest of each country\n\nEqual on every machine with the same release of the Faker library.\n\n"
        + table(("Country", "SHA-256, first 16 digits"), counted.digests.items())
    )
    parts.append(
        "### Invariants\n\n"
        + table(("Id", "What holds"), sorted((one.id, one.meaning) for one in INVARIANTS))
    )
    return "\n".join(parts)


def _prevalence(counted: Counted) -> Iterable[Sequence[object]]:
    for what, keys, low, high, sex, target in PREVALENCES:
        among = [one for one in counted.charts if low <= one.age < high and one.sex in sex]
        ill = sum(one.active(*keys) for one in among)
        yield what, target, f"{100 * ill / max(1, len(among)):.1f}", len(among)


def _soundness(counted: Counted) -> Iterable[Sequence[object]]:
    charts, tables = counted.charts, model()
    people = len(charts)
    yield f"{len(INVARIANTS)} invariants over {people} patients", f"{sum(counted.broken.values())} violations"
    yield "documents invalid under our CDA schema", counted.invalid
    found = ", ".join(f"{rule}: {times}" for rule, times in sorted(counted.errors.items())) or "none"
    yield "findings of our rules (E = error)", found
    sick = [one for one in charts if len(one.conditions) >= 2]
    signatures = {
        (
            tuple(one.conditions),
            tuple(t.row.key for t in one.treatments),
            tuple(a.row["key"] for a in one.allergies),
        )
        for one in sick
    }
    yield "distinct histories among patients with two conditions or more", f"{len(signatures)} of {len(sick)}"
    conditions = {key for one in charts for key in one.conditions}
    regimens = {t.row.key for one in charts for t in one.treatments}
    rows = sum(len(group) for group in tables.medications.values())
    yield "conditions reached", f"{len(conditions)} of {len(tables.conditions)}"
    yield "regimens reached", f"{len(regimens)} of {rows}"
    yield (
        "milliseconds to identify / history / document, one core",
        " / ".join(
            f"{1000 * counted.seconds[key] / people:.1f}" for key in ("identified", "history", "document")
        ),
    )


def main() -> int:
    """Print or write the tables; 1 when an invariant is broken or a document has an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help="into docs/synthetic-patients.md")
    options = parser.parse_args()
    counted = count(options.count, load(ROOT / "fixtures" / "terminology"))
    text = page(counted)
    if options.write:
        before = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
        PAGE.write_text(before + text, encoding="utf-8")
    else:
        print(text)
    wrong = sum(times for rule, times in counted.errors.items() if rule.endswith("error"))
    return 1 if counted.broken or counted.invalid or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
