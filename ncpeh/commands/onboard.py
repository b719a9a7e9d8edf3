"""``ncpeh onboard``: the whole examination of a candidate, and the dossier about it."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ncpeh.console import print_json

if TYPE_CHECKING:
    from countries import Country
    from onboarding.model import Report, Result
    from onboarding.target import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``onboard``."""
    parser.add_argument(
        "--pack", required=True, metavar="DIR", help="folder of the country pack, or its code"
    )
    parser.add_argument(
        "--world",
        type=Path,
        metavar="FILE",
        help="world.json: the SMP, our keys (default: a private simulator of the pack)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path("reports/out/onboard"),
        help="where the dossier is written (default: %(default)s)",
    )
    parser.add_argument(
        "--only", action="append", metavar="ID", help="a check, a chapter or a requirement; may be repeated"
    )
    parser.add_argument("--previous", type=Path, metavar="DIR", help="an earlier dossier to compare with")
    parser.add_argument(
        "--mode",
        default="strict",
        choices=("strict", "openncp-like"),
        help="behaviour of the private simulator",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of all identifiers (default: %(default)s)")
    parser.add_argument(
        "--limit",
        type=float,
        default=50.0,
        metavar="SECONDS",
        help="time for all checks together (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.epilog = "Example: ncpeh onboard --pack fixtures/countries/HR --world run/world.json"


def run(options: argparse.Namespace) -> int:
    """Examine, write the dossier, print what matters."""
    import countries
    from onboarding.dossier import as_data, write
    from onboarding.runner import Settings, examine

    country = countries.load(options.pack)
    settings = Settings(seed=options.seed, limit=options.limit)
    with _target(options, country) as target:
        progress = _progress if sys.stderr.isatty() and not options.json else None
        report = examine(country, target, only=options.only, settings=settings, progress=progress)
    if progress:
        print(file=sys.stderr)
    folder = options.out / country.code
    write(report, folder, command=_command(options), previous=options.previous)
    if options.json:
        print_json(as_data(report, command=_command(options)))
    else:
        _print(report, folder)
    return report.exit_code


@contextlib.contextmanager
def _target(options: argparse.Namespace, country: Country) -> Iterator[Target]:
    """The candidate of a running world, or of a private one."""
    from ncpeh.examined import private_target
    from onboarding.target import Target

    if options.world:
        yield Target.read(options.world, country.code)
        return
    with (
        tempfile.TemporaryDirectory(prefix="ncpeh-") as folder,
        private_target(country, Path(folder), mode=options.mode, seed=options.seed) as target,
    ):
        yield target


def _command(options: argparse.Namespace) -> str:
    """The command that repeats this examination; a dossier adds ``--only ID``."""
    world = f" --world {options.world}" if options.world else ""
    mode = f" --mode {options.mode}" if not options.world and options.mode != "strict" else ""
    return f"ncpeh onboard --pack {options.pack}{world}{mode}"


def _progress(result: Result, done: int, total: int) -> None:
    print(f"\r{done}/{total} {result.id[:50]:<50}", end="", file=sys.stderr, flush=True)


def _print(report: Report, folder: Path) -> None:
    counts = ", ".join(
        f"{len(report.of(verdict))} {verdict}"
        for verdict in ("pass", "fail", "warn", "skip", "omit", "error")
    )
    print(f"{report.country}: {counts}; {report.seconds:.1f} s")
    if report.statement:
        print(report.statement)
    for verdict in ("error", "fail", "warn"):
        for result in report.of(verdict):
            first = result.observations[0].what if result.observations else result.reason
            names = f" [{', '.join(result.deviations)}]" if result.deviations else ""
            print(f"{verdict:5} {result.id}: {first}{names}")
    print(f"dossier: {folder / 'index.html'}")
