"""Statistics of synthetic patients, written to ``docs/synthetic-patients.md`` by ``--write``.

Of a thousand documents: sections, sizes, invariants, validity, how many rows of the tables were reached, how
distinct the patients are, one digest per country, and what it costs. Of those and of ten thousand summaries:
every target of the clinical model. How each country codes, and how often each edge case comes.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path

import countries
from benchmarks.synthetic_targets import One, chart_behind, measure, percentile, sample, statements
from benchmarks.synthetic_targets import counted as count_one
from countries.documents import documents_of
from countries.model import Country, Persona
from countries.synthetic import REFERENCE_DAY, edges_of, identifiers, patient
from countries.synthetic.edges import edge_cases, sent
from countries.synthetic.habits import habits_of
from countries.synthetic.invariants import INVARIANTS, broken
from countries.synthetic.national import category_of
from countries.synthetic.record import Chart
from countries.synthetic.tables import model
from ehdsi.cda import sections
from ehdsi.cda.model import PatientSummary, Problem
from ehdsi.rules import RuleContext, run
from ehdsi.rules.schema import is_valid
from ehdsi.terminology import Terminology, load
from ehdsi.xml import parse

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "synthetic-patients.md"
MARK = "<!-- figures: python -m benchmarks.synthetic_statistics --write -->"
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
#: Patients of a clinic, beside travellers.
CLINIC, SICK = 2.6, 3000
#: Identifiers of each country that are asked for edge cases.
EDGE_SAMPLE = 1500
#: Words of the measures of ``targets.tsv``.
MEASURES = {
    "delivered": "delivered, %",
    "empty": "without entries, %",
    "active": "active, %",
    "treated": "with a glucose-lowering medicine, %",
    "anticoagulated": "with an anticoagulant, %",
    "pregnant": "pregnant, %",
    "many_drugs": "five medicines or more, %",
    "no_allergy": "no allergy, %",
    "in_chart_median": "median before sections are chosen",
    "in_chart_p95": "p95 before sections are chosen",
}


@dataclass(slots=True)
class Counted:
    """What is counted on the way."""

    entries: dict[str, list[int]] = field(default_factory=dict)
    totals: list[int] = field(default_factory=list)
    people: list[One] = field(default_factory=list)
    codings: Counter[tuple[str, str]] = field(default_factory=Counter)
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
    chart = chart_behind(country, persona)
    charted = time.perf_counter()
    counted.seconds["history"] += charted - begin
    counted.charts.append(chart)
    counted.broken.update(broken(chart))
    summary = persona.summary
    if summary is None:
        raise SystemExit("a synthetic patient without summary")
    entries = 0
    for section in summary.sections:
        real = sum(map(statements, section.entries))
        entries += real
        counted.entries.setdefault(section.code.code if section.code else "", []).append(real)  # type: ignore[arg-type]
    counted.totals.append(entries)
    counted.people.append(count_one(country, chart, summary))
    counted.codings.update((country.code, how) for how in codings(country, summary))
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


# -- the page ----------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)]) + "\n"


def page(counted: Counted, many: list[One], sick: list[One]) -> str:
    """All tables: of documents, of many summaries, of patients of a clinic."""
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
    parts.append(_targets(counted.people, many, 1.0))
    parts.append(_targets([], sick, CLINIC))
    parts.append(
        "### How diagnoses are coded\n\nPer cent of problems; what the table wants in brackets.\n\n"
        + table(("Country", *CODINGS, "three characters"), _mixture(counted))
    )
    parts.append(_edges())
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


def _targets(few: list[One], many: list[One], burden: float) -> str:
    """Every target of one burden beside what was measured."""
    large = measure(many, burden)
    small = measure(few, burden) if few else []
    lines = []
    for place, one in enumerate(large):
        row = one.row
        of = sections.SECTIONS[row["of"]].display if row["of"] in sections.SECTIONS else row["of"]
        whom = ", ".join(part for part in (row["ages"], row["sex"], row["countries"]) if part)
        beside = (f"{small[place].value:.4g}",) if small else ()
        met = "too few" if not one.told else "yes" if one.met else "NO"
        what = ": ".join(filter(None, (of, MEASURES.get(row["measure"], row["measure"]))))
        lines.append((what, whom, f"{one.target:g}", *beside, f"{one.value:.4g}", one.people, met))
    name = "Targets" if burden == 1.0 else "Targets for patients of a clinic"
    head = (
        "What",
        "of whom",
        "target",
        *((f"{len(few)}",) if few else ()),
        f"{len(many)}",
        "concerned",
        "near",
    )
    return f"### {name}\n\n{sum(one.met for one in large)} of {len(large)} near enough.\n\n" + table(
        head, lines
    )


#: How a diagnosis stands in the national document, in the order of the table.
CODINGS = ("exact", "broader", "unmapped", "in words")


def codings(country: Country, summary: PatientSummary) -> Iterator[str]:
    """For each problem of a summary how it is coded, and whether by three characters."""
    for section in summary.sections:
        for entry in section.entries:
            if not isinstance(entry, Problem) or entry.value is None:
                continue
            code = entry.value.code
            found = country.code_map.lookup(entry.value.code_system, code)
            if code is None:
                yield "in words"
                continue
            category = found is None and code in _categories()
            kind = found.kind if found is not None else "exact"
            yield (
                "broader" if category or kind == "broader" else "unmapped" if kind == "unmapped" else "exact"
            )
            if len(code) == 3:
                yield "three characters"


@cache
def _categories() -> frozenset[str]:
    return frozenset(filter(None, (category_of(row.code) for row in model().conditions.values())))


def _mixture(counted: Counted) -> Iterable[Sequence[object]]:
    for code in counted.digests:
        habits = habits_of(code)
        shares = dict(habits.problems)
        exact = shares["exact"] * (1 - habits.broad_maps)
        wanted = (exact, 1 - exact - shares["unmapped"] - shares["free"], shares["unmapped"], shares["free"])
        total = max(1, sum(counted.codings[code, how] for how in CODINGS))
        cells = [
            f"{100 * counted.codings[code, how] / total:.0f} ({100 * want:.0f})"
            for how, want in zip(CODINGS, wanted, strict=True)
        ]
        yield code, *cells, f"{100 * counted.codings[code, 'three characters'] / total:.0f}"


def _edges() -> str:
    """How often each edge case comes among all identifiers of the countries that can have it."""
    found: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    touched = people = 0
    for country in countries.load_all():
        able = [key for key, case in edge_cases().items() if sent(country, case)]
        for identifier in islice(identifiers(country, 1, edge="any"), EDGE_SAMPLE):
            keys = edges_of(country, identifier)
            found.update(keys)
            asked.update(able)
            touched += bool(keys)
            people += 1
    lines = [
        (key, case.what, f"{1000 * case.rate:g}", f"{1000 * found[key] / max(1, asked[key]):.1f}")
        for key, case in edge_cases().items()
    ]
    return (
        "### Edge cases\n\n"
        f"{people} identifiers of all kinds, {100 * touched / people:.0f} % with one or more.\n\n"
        + table(("Case", "What", "wanted per 1000", "here"), lines)
    )


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
    parser.add_argument("--count", type=int, default=1000, help="documents (1000)")
    parser.add_argument("--summaries", type=int, default=10000, help="summaries for the targets (10000)")
    parser.add_argument("--write", action="store_true", help="into docs/synthetic-patients.md")
    options = parser.parse_args()
    counted = count(options.count, load(ROOT / "fixtures" / "terminology"))
    many, sick = sample(options.summaries), sample(min(SICK, options.summaries), CLINIC)
    text = page(counted, many, sick)
    if options.write:
        before = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
        PAGE.write_text(before + text, encoding="utf-8")
    else:
        print(text)
    wrong = sum(times for rule, times in counted.errors.items() if rule.endswith("error"))
    return 1 if counted.broken or counted.invalid or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
