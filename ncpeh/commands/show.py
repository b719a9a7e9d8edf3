"""``ncpeh show``: any patient summary as the French page, without a gateway."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ncpeh.console import FINDINGS, OK, UsageError, complain

if TYPE_CHECKING:
    from ehdsi.cda.model import PatientSummary


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``show``."""
    parser.add_argument("file", type=Path, metavar="FILE", help="patient summary, CDA of level 1 or 3")
    parser.add_argument("--text", action="store_true", help="plain text in the place of HTML")
    parser.epilog = "Example: ncpeh show summary.xml --text"


def run(options: argparse.Namespace) -> int:
    """Print the page on stdout and what had to be bent on stderr; 1 when it is no patient summary."""
    from ehdsi.cda.parse import parse
    from ehdsi.errors import PeerError
    from ncpeh.settings import now
    from ncpeh.walking import terminology
    from sesali.french import french_view, render_page, render_text

    try:
        summary = parse(_read(options.file))
    except PeerError as error:
        complain(f"{options.file}: {error}")
        return FINDINGS
    view = french_view(summary, terminology(), now())
    _warn(options.file, summary)
    if options.text:
        sys.stdout.write(render_text(view))
    else:
        attachment = summary.attachment.data if summary.attachment and not _unsafe(summary) else b""
        sys.stdout.write(render_page(view, attachment=attachment))
    return OK


def _unsafe(summary: PatientSummary) -> bool:
    return any(remark.kind == "unsafe" for remark in summary.remarks)


def _warn(file: Path, summary: PatientSummary) -> None:
    for remark in summary.remarks:
        place = f":{remark.origin.line}" if remark.origin else ""
        print(f"{file}{place}: {remark.kind}: {remark.text}", file=sys.stderr)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
