"""``ncpeh demo``: start a world, walk one full exchange per country, print a table, write the pages."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ncpeh.console import FINDINGS, OK, Progress, print_json, print_table

if TYPE_CHECKING:
    from countries import Country, Persona
    from ncpeh.settings import Setting
    from sesali.journey import JourneyRecord

    Walked = tuple[Country, Persona, JourneyRecord]

_HEADS = {"mask": "mask", "login": "sign HCP", "identify": "ITI-55", "confirm": "sign TRC",
          "documents": "ITI-38", "summary": "ITI-39", "page": "page"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``demo``."""
    parser.add_argument("--country", action="append", metavar="CC", help="only this one (repeatable)")
    parser.add_argument("--out", type=Path, default=Path("reports/out/demo"), metavar="DIR",
                        help="folder of the pages (default: reports/out/demo)")
    parser.add_argument("--mode", default="strict", choices=("strict", "openncp-like"),
                        help="how the foreign NCPs behave")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of all identifiers")
    parser.add_argument("--json", action="store_true", help="the table as JSON")
    parser.epilog = "Example: ncpeh demo --country HR --country EE"


def run(options: argparse.Namespace) -> int:
    """Walk all journeys; 0 only when all of them ended with a page."""
    import countries
    from ncpeh.settings import country_of, private_world

    chosen = [country_of(code) for code in options.country or countries.codes()]
    progress = Progress(len(chosen) + 1)
    progress.step("starting the countries")
    with private_world(chosen, mode=options.mode, seed=options.seed) as setting:
        walked = _walk_all(setting, chosen, options.out, options.seed, progress)
    progress.end()
    index = _write_index(walked, options.out, setting.start_milliseconds, options.seed)
    _print(walked, options.json, index)
    return OK if all(record.refusal is None for _, _, record in walked) else FINDINGS


def _walk_all(setting: Setting, chosen: Sequence[Country], out: Path, seed: int, progress: Progress
              ) -> list[Walked]:
    from ncpeh.settings import usual_persona
    from ncpeh.tracing import TraceFolder
    from ncpeh.walking import walk_persona

    walked: list[Walked] = []
    for number, country in enumerate(chosen):
        progress.step(country.names.en)
        persona = usual_persona(country)
        hook = TraceFolder(out / f"{country.code}-trace")
        # Another seed per gateway: identifiers of audit events are never the same twice.
        record = walk_persona(setting.config, country, persona, on_message=hook, seed=seed * 1000 + number)
        _write_documents(out, country.code, record)
        walked.append((country, persona, record))
    return walked


def _write_documents(out: Path, code: str, record: JourneyRecord) -> None:
    """The French page, and both levels as they came, for people to open beside it."""
    if record.page:
        (out / f"{code}.html").write_text(record.page, encoding="utf-8")
    opened = record.opened
    if opened is not None and opened.structured is not None:
        (out / f"{code}-level3.xml").write_bytes(opened.structured.content)
    if opened is not None and opened.original is not None and opened.original.pdf is not None:
        (out / f"{code}-level1.pdf").write_bytes(opened.original.pdf)


def _write_index(walked: Sequence[Walked], out: Path, started: float, seed: int) -> Path:
    from ncpeh.settings import now
    from reports.demo import DemoRow, Link, write_demo
    from sesali.journey import STEPS

    rows = [DemoRow(
        country=country.code, country_name=country.names.en, patient=persona.key, sections=record.sections,
        milliseconds=[record.milliseconds.get(step) for step in STEPS], ok=record.refusal is None,
        result=_result(record),
        links=[Link(label=label, target=target) for label, target in (
            ("French page", f"{country.code}.html"), ("original (PDF)", f"{country.code}-level1.pdf"),
            ("document (XML)", f"{country.code}-level3.xml"), ("messages", f"{country.code}-trace/"),
        ) if (out / target).exists()]) for country, persona, record in walked]
    return write_demo(out, [_HEADS[step] for step in STEPS], rows, now=now(), start_milliseconds=started,
                      seed=seed)


def _result(record: JourneyRecord) -> str:
    if record.refusal is not None:
        return f"{record.refusal.code} {record.refusal.detail}"
    return " ".join(("ok", *(notice.code for notice in record.notices)))


def _print(walked: Sequence[Walked], as_json: bool, index: Path) -> None:
    from sesali.journey import STEPS

    if as_json:
        from ncpeh.commands.journey import as_json as described

        print_json({"index": str(index),
                    "journeys": [described(record, persona.key) for _, persona, record in walked]})
        return
    print_table(("country", "patient", *(_HEADS[step] for step in STEPS), "sections", "result"), [
        (country.code, persona.key, *(_ms(record, step) for step in STEPS), str(record.sections),
         _result(record))
        for country, persona, record in walked])
    print(f"\npages: {index}")


def _ms(record: JourneyRecord, step: str) -> str:
    found = {str(name): ms for name, ms in record.milliseconds.items()}.get(step)
    return "-" if found is None else f"{found:.0f}"
