"""``ncpeh up``: keep the countries and their SMP running until somebody says stop."""

from __future__ import annotations

import argparse
import signal
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ncpeh.console import OK, UsageError, print_table

if TYPE_CHECKING:
    from simulators.world import World


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``up``."""
    parser.add_argument("--country", action="append", metavar="CC", help="only this one (repeatable)")
    parser.add_argument("--port", type=int, metavar="N",
                        help="port of the SMP; the countries take the next ones (default: free ports)")
    parser.add_argument("--run-dir", type=Path, metavar="DIR",
                        help="where world.json and the certificates go (default: a new temporary folder)")
    parser.add_argument("--mode", default="strict", choices=("strict", "openncp-like"),
                        help="how the foreign NCPs behave")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of all identifiers")
    parser.epilog = "Example: ncpeh up --country HR --run-dir run"


def run(options: argparse.Namespace) -> int:
    """Start, print where everything is, wait."""
    import countries
    from ncpeh.settings import country_of
    from simulators.world import World

    chosen = [country_of(code) for code in options.country or countries.codes()]
    run_dir = options.run_dir or Path(tempfile.mkdtemp(prefix="ncpeh-up-"))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with World(chosen, mode=options.mode, seed=options.seed,
               ports=_ports(options.port, [country.code for country in chosen])) as world:
        path = world.world_json(run_dir)
        _print(world, path)
        stop.wait()
    return OK


def _ports(first: int | None, codes: list[str]) -> dict[str, int]:
    if first is None:
        return {}
    if not 1 <= first <= 65535 - len(codes):
        raise UsageError(f"--port {first} leaves no room for {len(codes) + 1} ports")
    return {"smp": first, **{code: first + place for place, code in enumerate(codes, 1)}}


def _print(world: World, path: Path) -> None:
    print_table(("country", "ITI-55", "a patient to try"),
                [(code, world.endpoints[code].xcpd, country.personas[0].key)
                 for code, country in world.countries.items()])
    print(f"\nSMP: {world.smp_url}\nworld: {path}\ntry: ncpeh journey --world {path} --country "
          f"{next(iter(world.countries))}\nready", flush=True)
