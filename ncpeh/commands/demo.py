"""``ncpeh demo``: start everything, walk one journey per country through the portal, print a table, keep the
pages."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ncpeh.console import FINDINGS, OK, Progress, print_json, print_table

if TYPE_CHECKING:
    from countries import Country, Persona
    from exchange.wire import OnMessage, WireMessage
    from ncpeh.portal_journey import MakeClinician, Walk
    from ncpeh.portal_world import PortalWorld
    from ncpeh.tracing import TraceFolder

    Walked = tuple[Country, Persona, Walk]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``demo``."""
    parser.add_argument("--country", action="append", metavar="CC", help="only this one (repeatable)")
    parser.add_argument("--out", type=Path, default=Path("reports/out/demo"), metavar="DIR",
                        help="folder of the pages (default: reports/out/demo)")
    parser.add_argument("--mode", default="strict", choices=("strict", "openncp-like"),
                        help="how the foreign NCPs behave")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of all identifiers")
    parser.add_argument("--browser", action="store_true", help="travel in Chromium (needs Playwright)")
    parser.add_argument("--json", action="store_true", help="the table as JSON")
    parser.epilog = "Example: ncpeh demo --country HR --country EE"


def run(options: argparse.Namespace) -> int:
    """Walk all journeys; 0 only when all of them ended with a page."""
    import countries
    from ncpeh.portal_journey import clinicians
    from ncpeh.portal_world import PortalWorld
    from ncpeh.settings import country_of
    from ncpeh.tracing import TraceFolder

    chosen = [country_of(code) for code in options.country or countries.codes()]
    traces = {country.code: TraceFolder(options.out / f"{country.code}-trace") for country in chosen}
    progress = Progress(len(chosen) + 1)
    progress.step("starting the countries, Pro Santé Connect and the portal")
    begin = time.perf_counter()
    with (tempfile.TemporaryDirectory(prefix="ncpeh-") as folder,
          PortalWorld(chosen, run_dir=Path(folder), mode=options.mode, seed=options.seed,
                      on_message=_by_country(traces)) as everything,
          clinicians(options.browser) as make):
        started = (time.perf_counter() - begin) * 1000
        walked = []
        for country in chosen:
            progress.step(country.names.en)
            walked.append(_walk(everything, country, options.out, make))
        _write_assets(everything, options.out)
    progress.end()
    index = _write_index(walked, options.out, started, options.seed)
    _print(walked, options.json, index)
    return OK if all(walk.ok for _, _, walk in walked) else FINDINGS


def _by_country(traces: Mapping[str, TraceFolder]) -> OnMessage:
    def hook(message: WireMessage) -> None:
        if message.country in traces:
            traces[message.country](message)

    return hook


def _walk(everything: PortalWorld, country: Country, out: Path, make: MakeClinician) -> Walked:
    """One journey, and the files that people open beside it."""
    from ncpeh.portal_journey import papers_of, walk_portal
    from ncpeh.settings import usual_persona

    persona = usual_persona(country)
    with make(everything.url, ca=everything.ca) as doctor:
        walk = walk_portal(doctor, country.code, country.names.fr, papers_of(persona))
    files = {f"{country.code}.html": walk.page.replace('"/static/', '"static/').encode(),
             f"{country.code}-level1.pdf": walk.pdf, f"{country.code}-level3.xml": walk.xml}
    for name, content in files.items():
        (out / name).unlink(missing_ok=True)
        if content:
            (out / name).write_bytes(content)
    return country, persona, walk


def _write_assets(everything: PortalWorld, out: Path) -> None:
    """Style sheet and script of the portal, so that the pages look the same without it."""
    folder = out / "static"
    folder.mkdir(parents=True, exist_ok=True)
    for asset in everything.app.state.portal.pages.assets:
        (folder / Path(asset.path).name).write_bytes(asset.content)


def _write_index(walked: Sequence[Walked], out: Path, started: float, seed: int) -> Path:
    from ncpeh.portal_journey import STEPS
    from ncpeh.settings import now
    from reports.demo import DemoRow, Link, write_demo

    rows = [DemoRow(
        country=country.code, country_name=country.names.en, patient=persona.key, sections=walk.sections,
        milliseconds=[walk.milliseconds.get(step) for step in STEPS], ok=walk.ok, result=_result(walk),
        links=[Link(label=label, target=target) for label, target in (
            ("French page", f"{country.code}.html"), ("original (PDF)", f"{country.code}-level1.pdf"),
            ("document (XML)", f"{country.code}-level3.xml"), ("messages", f"{country.code}-trace/"),
        ) if (out / target).exists()]) for country, persona, walk in walked]
    return write_demo(out, list(STEPS), rows, now=now(), start_milliseconds=started, seed=seed)


def _result(walk: Walk) -> str:
    return " ".join(("ok" if walk.ok else f"stopped at « {walk.heading} »", *walk.codes))


def _print(walked: Sequence[Walked], as_json: bool, index: Path) -> None:
    from ncpeh.portal_journey import STEPS

    if as_json:
        print_json({"index": str(index), "journeys": [
            {"country": country.code, "patient": persona.key, "ok": walk.ok, "sections": walk.sections,
             "milliseconds": {name: round(ms, 1) for name, ms in walk.milliseconds.items()},
             "codes": list(walk.codes)} for country, persona, walk in walked]})
        return
    print_table(("country", "patient", *STEPS, "sections", "result"), [
        (country.code, persona.key, *(_ms(walk, step) for step in STEPS), str(walk.sections), _result(walk))
        for country, persona, walk in walked])
    print(f"\npages: {index}")


def _ms(walk: Walk, step: str) -> str:
    found = walk.milliseconds.get(step)
    return "-" if found is None else f"{found:.0f}"
