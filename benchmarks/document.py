"""One level 3 document from bytes to French page, and how the cost grows with its size."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import xmlschema
from lxml import etree

import countries
from benchmarks.cpu import median_ms
from benchmarks.judging import judge_tree, terminology
from benchmarks.report import Table, say, verdict
from countries.documents import documents_of
from ehdsi import xml
from ehdsi.cda import build, parse
from ehdsi.cda.model import Entry, PatientSummary, Section
from ehdsi.rules import RuleContext, check
from ehdsi.rules.schema import schema_path, validate
from ehdsi.xml import XmlElement
from sesali.french import french_view, render_page

SIZE = 160_000
GROWTH = (1, 2, 4, 8)


def run() -> list[Table]:
    """Measure the steps at 160 kB, then the whole at its multiples."""
    base = _richest()
    times = max(1, round(SIZE / len(build.build(_repeated(base, 1)))))
    content = build.build(_repeated(base, times))
    say("steps")
    steps = _steps(content)
    say("growth")
    growth = [_grown(build.build(_repeated(base, times * factor)), factor) for factor in GROWTH]
    return [_step_table(content, steps, _foreign(content)), _growth_table(growth)]


def _richest() -> PatientSummary:
    """The longest pivot document of all personas under the size wanted, read back."""
    now = datetime.now(UTC)
    pivots = [document.content for country in countries.load_all() for persona in country.personas
              for document in documents_of(country, persona, terminology(), now)
              if document.level == 3 and document.form == "pivot"]
    return parse.parse(max((one for one in pivots if len(one) < SIZE), key=len))


def _repeated(summary: PatientSummary, times: int) -> PatientSummary:
    """The summary with every entry so many times, each copy under identifiers of its own."""

    def copies(section: Section) -> Section:
        entries = tuple(_copy(entry, number) for number in range(times) for entry in section.entries)
        return replace(section, narrative=None, entries=entries)

    return replace(summary, sections=tuple(map(copies, summary.sections)))


def _copy(entry: Entry, number: int) -> Entry:
    identifiers = tuple(replace(one, extension=f"{one.extension or 'x'}.{number}")
                        for one in entry.identifiers)
    return replace(entry, identifiers=identifiers)


def _steps(content: bytes) -> dict[str, float]:
    """Median CPU milliseconds of each step in a loop."""
    now, known = datetime.now(UTC), terminology()
    root = xml.parse(content)
    summary = parse.parse(content)
    view = french_view(summary, known, now)
    # Valid: the schema is a step of its own here, and the gateway's judge asks it once.
    context = RuleContext(now=now, size=len(content), raw=content, members=known.member, valid=True)
    return {
        "parse XML": median_ms(lambda: xml.parse(content), calls=10),
        "schema": median_ms(lambda: validate(root, "cda"), calls=10),
        "content rules": median_ms(lambda: check(root, context), calls=5),
        "read into the model": median_ms(lambda: parse.parse_element(root), calls=5),
        "translate, French view": median_ms(lambda: french_view(summary, known, now), calls=5),
        "render HTML": median_ms(lambda: render_page(view), calls=5),
    }


def _foreign(content: bytes) -> dict[str, float]:
    """What other ways to parse and validate cost on the same bytes."""
    path = schema_path("cda")
    compiled = etree.XMLSchema(file=str(path))
    root = xml.parse(content)
    rich = xmlschema.XMLSchema11(str(path)) if _is_11(path.read_bytes()) else xmlschema.XMLSchema10(str(path))
    return {
        "lxml alone: its own schema check": median_ms(lambda: compiled.validate(root), calls=10),
        "xmlschema, the same schema": median_ms(lambda: list(rich.iter_errors(root)), repeats=3, calls=1),
    }


def _is_11(schema: bytes) -> bool:
    return b'minVersion="1.1"' in schema


def _whole(content: bytes) -> str:
    """Everything from bytes to page, as a gateway that judges does it."""
    root: XmlElement = xml.parse(content)
    judge_tree(root, content)
    return render_page(french_view(parse.parse_element(root), terminology(), datetime.now(UTC)))


def _grown(content: bytes, factor: int) -> tuple[int, int, float, float]:
    """Factor, size, CPU ms of the whole (best of three: nothing makes a program faster), ms of the rules."""
    _whole(content)
    root = xml.parse(content)
    best = [min(_cpu_ms(work) for _ in range(3))
            for work in (lambda: _whole(content), lambda: judge_tree(root, content))]
    return factor, len(content), best[0], best[1]


def _cpu_ms(work: object) -> float:
    assert callable(work)
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


def _step_table(content: bytes, steps: dict[str, float], foreign: dict[str, float]) -> Table:
    judged = steps["schema"] + steps["content rules"]
    shown = steps["translate, French view"] + steps["render HTML"]
    total = sum(steps.values())
    floor = steps["parse XML"]
    named = {**steps, "schema and rules": judged, "translate and render": shown,
             "everything": total, **foreign}
    rows = tuple((name, f"{ms:.1f}", f"{ms / floor:.1f}") for name, ms in named.items())
    return Table(
        part="document", title=f"One document of {len(content) / 1000:.0f} kB",
        columns=("step", "CPU ms", "times the parsing of the XML"), rows=rows,
        remarks=(verdict("schema and rules", judged, 15, "ms"),
                 verdict("validation, translation and rendering with all that they need", total, 25, "ms"),
                 verdict("the same without parsing and reading into the model", judged + shown, 25, "ms"),
                 "Medians of loops in one process. The document is one of our personas', its entries "
                 "repeated until it has the size of a large real one.",))


def _growth_table(growth: list[tuple[int, int, float, float]]) -> Table:
    first = growth[0]
    rows = tuple(
        (f"x{factor}", f"{size / 1000:.0f}", f"{whole:.0f}", f"{whole / first[2]:.1f}", f"{rules:.0f}",
         f"{rules / first[3]:.1f}", f"{size / first[1]:.1f}")
        for factor, size, whole, rules in growth)
    return Table(
        part="document", title="Growth with the size of the document",
        columns=("entries", "kB", "everything, CPU ms", "times x1", "schema and rules, CPU ms", "times x1",
                 "size, times x1"),
        rows=rows, remarks=("Linear when the ratios follow the size.",))
