"""The command line: one module per command under ``ncpeh.commands``, imported lazily so that help is instant.

Exit codes: 0 ok, 1 findings (something was looked at and is not as it should be), 2 wrong usage, 3 the
environment does not allow it (a port in use, a missing file, an unreachable service).
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from ncpeh.console import ENVIRONMENT, FINDINGS, USAGE, UsageError, complain

#: Command -> one line of help. Its module under ``ncpeh.commands`` has ``add_arguments`` and ``run``.
COMMANDS = {
    "demo": "start everything, walk one journey per country, write the pages",
    "up": "keep a world of simulated countries running until Ctrl-C",
    "journey": "walk one journey, against a running world or a private one",
    "cda": "print a patient summary of a persona as CDA",
    "show": "turn any patient summary into the French page",
    "validate": "check CDA documents and wire messages, print the findings",
    "onboard": "examine a country that wants to join, write the dossier",
    "country": "begin or check a country pack",
    "record": "keep one journey under other names, replay it later",
    "patients": "print the patients of a country, one JSON object a line",
    "load": "clinicians in numbers over the whole journey (Locust), with thresholds",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : arguments without the program name; those of the process when None.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    wanted = next((word for word in arguments if not word.startswith("-")), "")
    parser = _parser(only=wanted if wanted in COMMANDS else "")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    from ehdsi.errors import LocalError, PeerError, TransportFailure

    command = importlib.import_module(f"ncpeh.commands.{options.command}")
    try:
        return int(command.run(options))
    except UsageError as error:
        complain(str(error))
        return USAGE
    except (LocalError, TransportFailure) as error:
        complain(str(error))
        return ENVIRONMENT
    except PeerError as error:
        complain(str(error))
        return FINDINGS
    except OSError as error:
        complain(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        return ENVIRONMENT
    except KeyboardInterrupt:
        complain("interrupted")
        return ENVIRONMENT


def _parser(*, only: str = "") -> argparse.ArgumentParser:
    """The parser; arguments of the command that is asked for are the only ones that need its module."""
    parser = argparse.ArgumentParser(
        prog="ncpeh", description="Foreign National Contact Points for eHealth around the French gateway "
                                  "Sesali. Certificates are throw-away, patients are invented.",
        epilog="Try: ncpeh demo")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, line in COMMANDS.items():
        command = commands.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == only:
            importlib.import_module(f"ncpeh.commands.{name}").add_arguments(command)
    return parser


def full_parser() -> argparse.ArgumentParser:
    """The parser with every command filled in, for the generated reference page and its test."""
    parser = _parser()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                importlib.import_module(f"ncpeh.commands.{name}").add_arguments(command)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
