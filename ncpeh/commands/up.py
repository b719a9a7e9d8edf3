"""``ncpeh up``: keep countries, SMP, Pro Santé Connect, audit repository and portal running until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ncpeh.console import OK, UsageError, print_table

if TYPE_CHECKING:
    from ncpeh.portal_world import PortalWorld


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``up``."""
    parser.add_argument("--country", action="append", metavar="CC", help="only this one (repeatable)")
    parser.add_argument("--port", type=int, metavar="N",
                        help="port of the SMP; countries, Pro Santé Connect (three), portal, audit (two), "
                             "console and metrics (two) take the next ones (default: free ports)")
    parser.add_argument("--run-dir", type=Path, metavar="DIR",
                        help="where world.json and the certificates go (default: a new temporary folder)")
    parser.add_argument("--mode", default="strict", choices=("strict", "openncp-like"),
                        help="how the foreign NCPs behave")
    parser.add_argument("--processes", action="store_true",
                        help="each country in a process of its own (more cores, more memory)")
    parser.add_argument("--workers", type=int, default=0, metavar="N",
                        help="so many copies of the portal, each a process of its own (default: one, here)")
    parser.add_argument("--searches", type=int, metavar="N",
                        help="identifications per professional and minute; for load, where a few test "
                             "identities stand for many people (20)")
    parser.add_argument("--conditions", metavar="NAME",
                        help="how slow and how faulty the countries are: a name of fixtures/conditions, or "
                             "the path of a file")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of all identifiers")
    parser.epilog = "Example: ncpeh up --country HR --run-dir run"


def run(options: argparse.Namespace) -> int:
    """Start, print where everything is, wait."""
    import countries
    from ncpeh.long_running import settle
    from ncpeh.portal_world import PortalWorld
    from ncpeh.settings import country_of
    from simulators import conditions

    wanted = conditions.load(options.conditions) if options.conditions else None
    chosen = [country_of(code) for code in options.country or countries.codes()]
    run_dir = options.run_dir or Path(tempfile.mkdtemp(prefix="ncpeh-up-"))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with PortalWorld(chosen, run_dir=run_dir, mode=options.mode, seed=options.seed,
                     ports=_ports(options.port, [country.code for country in chosen]),
                     processes=options.processes, workers=options.workers,
                     portal={"searches": options.searches} if options.searches else None) as everything:
        if wanted is not None:
            print(f"{wanted.title}: {conditions.let_act(everything.world, wanted)} faults act\n")
        settle()
        _print(everything)
        stop.wait()
    return OK


def _ports(first: int | None, codes: list[str]) -> dict[str, int]:
    if first is None:
        return {}
    names = ("smp", *codes, "psc", "psc_wallet", "psc_mtls", "portal", "audit", "audit_page", "console",
             "metrics", "portal_metrics")
    if not 1 <= first <= 65536 - len(names):
        raise UsageError(f"--port {first} leaves no room for {len(names)} ports")
    return {name: first + place for place, name in enumerate(names)}


def _print(everything: PortalWorld) -> None:
    world, path = everything.world, everything.world_json
    print_table(("country", "ITI-55", "a patient to try"),
                [(code, world.endpoints[code].xcpd, country.personas[0].key)
                 for code, country in world.countries.items()])
    audit = f"\naudit: {everything.repository.page}" if everything.repository else ""
    print(f"\nportal: {everything.url}\nconsole: {everything.console.url}\nSMP: {world.smp_url}{audit}\n"
          f"metrics: {' '.join(url for urls in everything.metrics.values() for url in urls)}\n"
          f"world: {path}\n"
          f"try: ncpeh journey --world {path} --country {next(iter(world.countries))}\nready", flush=True)
