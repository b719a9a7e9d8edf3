"""``ncpeh cda``: a patient summary of a persona, as CDA on stdout."""

from __future__ import annotations

import argparse
import sys

from ncpeh.console import OK, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``cda``."""
    parser.add_argument("--country", required=True, metavar="CC", help="ISO code of the country")
    parser.add_argument("--patient", metavar="KEY", help="persona, for instance PT-1 (default: the first)")
    parser.add_argument("--level", type=int, default=3, choices=(3, 1), help="3 coded, 1 with a PDF inside")
    parser.add_argument("--form", default="pivot", choices=("friendly", "pivot", "french"),
                        help="of level 3: national codes, as it travels, or translated to French")
    parser.epilog = "Example: ncpeh cda --country PT --patient PT-1 --form friendly"


def run(options: argparse.Namespace) -> int:
    """Print the document, byte for byte."""
    from countries.documents import documents_of
    from ncpeh.settings import country_of, now, persona_of
    from ncpeh.walking import terminology

    country = country_of(options.country)
    persona = persona_of(country, options.patient)
    form = "friendly" if options.level == 3 and options.form == "friendly" else "pivot"
    found = next((one for one in documents_of(country, persona, terminology(), now())
                  if one.level == options.level and one.form == form), None)
    if found is None:
        raise UsageError(f"{persona.key} has no level {options.level} summary ({persona.about})")
    content = found.content
    if options.level == 3 and options.form == "french":
        content = _translated(content)
    sys.stdout.buffer.write(content)
    return OK


def _translated(pivot: bytes) -> bytes:
    """The same document with French designations, as the gateway translates it."""
    from ehdsi.cda.build import build
    from ehdsi.cda.parse import parse
    from ehdsi.terminology import translate_summary
    from ncpeh.walking import terminology

    return build(translate_summary(parse(pivot), terminology()).summary)
