"""``ncpeh journey``: one journey, step by step, against a running world or a private one."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncpeh.console import ENVIRONMENT, FINDINGS, OK, print_json, print_table

if TYPE_CHECKING:
    from exchange.wire import OnMessage
    from ncpeh.settings import Setting
    from sesali.journey import JourneyRecord


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``journey``."""
    parser.add_argument("--country", required=True, metavar="CC", help="ISO code of the country asked")
    parser.add_argument("--patient", metavar="KEY", help="persona, for instance HR-2 (default: the first)")
    parser.add_argument("--world", type=Path, metavar="FILE", help="world.json of a running world")
    parser.add_argument("--mode", default="strict", choices=("strict", "openncp-like"),
                        help="behaviour of a private world")
    parser.add_argument("--trace", type=Path, metavar="DIR", help="write every message here, numbered")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the French page here")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.epilog = "Example: ncpeh journey --country HR --trace trace/"


def run(options: argparse.Namespace) -> int:
    """Walk the journey, print what happened."""
    from exchange.wire import ignore
    from ncpeh.settings import country_of, persona_of, private_world, running_world
    from ncpeh.tracing import TraceFolder
    from ncpeh.walking import walk_persona

    country = country_of(options.country)
    persona = persona_of(country, options.patient)
    hook: OnMessage = TraceFolder(options.trace) if options.trace else ignore
    setting: AbstractContextManager[Setting] = (
        running_world(options.world) if options.world else private_world([country], mode=options.mode))
    with setting as found:
        record = walk_persona(found.config, country, persona, on_message=hook)
    if options.page and record.page:
        options.page.write_text(record.page, encoding="utf-8")
    if options.json:
        print_json(as_json(record, persona.key))
    else:
        _print(record, persona.key)
    if record.refusal is None:
        return OK
    # Without the SMP nothing was tried: that is the environment's fault, not a finding about a country.
    return ENVIRONMENT if record.last_step == "mask" and record.refusal.notice.way_on == "retry" else FINDINGS


def as_json(record: JourneyRecord, patient: str) -> dict[str, Any]:
    """The record for programs; durations in milliseconds, no identity traits, no clinical content."""
    return {
        "country": record.country, "patient": patient, "ok": record.refusal is None,
        "milliseconds": {name: round(ms, 1) for name, ms in record.milliseconds.items()},
        "sections": record.sections,
        "levels": [level for level, held in ((3, record.opened and record.opened.structured),
                                             (1, record.opened and record.opened.original)) if held],
        "notices": [{"code": notice.code, "text": notice.text} for notice in record.notices],
        "detail": record.refusal.detail if record.refusal else "",
        "wire_code": record.refusal.wire_code if record.refusal else "",
    }


def _print(record: JourneyRecord, patient: str) -> None:
    print_table(("step", "ms"), [(name, f"{ms:.1f}") for name, ms in record.milliseconds.items()])
    for notice in record.notices:
        print(f"{notice.code}  {notice.text}")
    if record.refusal is None:
        print(f"{patient}: {record.sections} sections shown")
    elif record.refusal.detail:
        print(f"detail: {record.refusal.detail}")
