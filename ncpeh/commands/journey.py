"""``ncpeh journey``: one journey, step by step, through the portal of a running world or of a private one."""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncpeh.console import ENVIRONMENT, FINDINGS, OK, UsageError, complain, print_json, print_table

if TYPE_CHECKING:
    from countries import Country, Persona
    from exchange.wire import OnMessage
    from ncpeh.portal_journey import Walk
    from ncpeh.settings import Setting
    from sesali.journey import JourneyRecord

#: Codes at the choice of the country that say that nothing could be tried: the directory did not answer.
_NOT_TRIED = {"SES-080", "SES-081"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``journey``."""
    parser.add_argument("--country", required=True, metavar="CC", help="ISO code of the country asked")
    parser.add_argument("--patient", metavar="KEY", help="persona, for instance HR-2 (default: the first)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--world", type=Path, metavar="FILE", help="world.json of a running world")
    where.add_argument("--portal", metavar="URL", help="a portal that runs somewhere")
    parser.add_argument("--ca", type=Path, metavar="FILE",
                        help="trust anchors of that portal, PEM (default: those of the machine)")
    parser.add_argument("--professional", metavar="LABEL", help="test identity (default: Dr Ada Exemple)")
    parser.add_argument("--browser", action="store_true", help="travel in Chromium (needs Playwright)")
    parser.add_argument("--without-portal", action="store_true",
                        help="the steps of the gateway alone, in this process; says more about a refusal")
    parser.add_argument("--mode", default="strict", choices=("strict", "openncp-like"),
                        help="behaviour of a private world")
    parser.add_argument("--trace", type=Path, metavar="DIR", help="write every message here, numbered")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the French page here")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.epilog = "Example: ncpeh journey --country HR --trace trace/"


def run(options: argparse.Namespace) -> int:
    """Walk the journey, print what happened."""
    from ncpeh.settings import country_of, persona_of

    country = country_of(options.country)
    persona = persona_of(country, options.patient)
    portal, ca = _portal(options)
    if options.without_portal or (options.world and not portal):
        return _through_gateway(options, country, persona)
    if portal and options.trace:
        raise UsageError("the messages of a portal that runs elsewhere are on the console of its world; "
                         "--trace works with a private world or with --without-portal")
    return _through_portal(options, country, persona, portal, ca)


def _portal(options: argparse.Namespace) -> tuple[str, Path | str]:
    """Base URL and trust anchors of the portal that runs; empty when there is none."""
    if options.portal:
        return options.portal, options.ca or ""
    if not options.world:
        return "", ""
    try:
        world = json.loads(options.world.read_text(encoding="utf-8"))
        return str(world.get("portal", "")), options.world.parent / world["pki"]["ca"]
    except (OSError, ValueError, LookupError, AttributeError):
        return "", ""  # whoever reads the whole file says what is wrong with it


# -- through the portal ---------------------------------------------------------------------------------


def _through_portal(options: argparse.Namespace, country: Country, persona: Persona, portal: str,
                    ca: Path | str) -> int:
    import httpx

    from clinician import ClinicianError
    from ehdsi.errors import LocalError
    from exchange.wire import ignore
    from ncpeh.portal_journey import PROFESSIONAL, clinicians, papers_of, walk_portal
    from ncpeh.tracing import TraceFolder

    with ExitStack() as opened:
        if not portal:
            from ncpeh.portal_world import PortalWorld

            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="ncpeh-")))
            hook: OnMessage = TraceFolder(options.trace) if options.trace else ignore
            private = opened.enter_context(PortalWorld([country], run_dir=folder, mode=options.mode,
                                                       on_message=hook))
            portal, ca = private.url, private.ca
        make = opened.enter_context(clinicians(options.browser))
        doctor = opened.enter_context(make(portal, ca=ca))
        try:
            walk = walk_portal(doctor, country.code, country.names.fr, papers_of(persona),
                               professional=options.professional or PROFESSIONAL)
        except httpx.TransportError as error:
            raise LocalError(f"{portal} did not answer ({error}); is it up, and is --ca its own?") from None
        except ClinicianError as error:
            complain(str(error))
            return FINDINGS
    if options.page and walk.page:
        options.page.write_text(walk.page, encoding="utf-8")
    if options.json:
        print_json(walk_as_json(walk, persona.key))
    else:
        _print_walk(walk, persona.key)
    if walk.ok:
        return OK
    return ENVIRONMENT if walk.last_step == "country" and _NOT_TRIED & set(walk.codes) else FINDINGS


def walk_as_json(walk: Walk, patient: str) -> dict[str, Any]:
    """The journey for programs; durations in milliseconds, no identity traits, no clinical content."""
    return {
        "country": walk.country, "patient": patient, "ok": walk.ok,
        "milliseconds": {name: round(ms, 1) for name, ms in walk.milliseconds.items()},
        "sections": walk.sections, "levels": walk.levels, "heading": walk.heading,
        "notices": [{"code": code, "text": walk.texts.get(code, "")} for code in walk.codes],
    }


def _print_walk(walk: Walk, patient: str) -> None:
    print_table(("step", "ms"), [(name, f"{ms:.1f}") for name, ms in walk.milliseconds.items()])
    for code in walk.codes:
        print(f"{code}  {walk.texts.get(code, '')}")
    print(f"{patient}: {walk.sections} sections shown" if walk.ok else
          f"{patient}: stopped at « {walk.heading} »")


# -- the steps of the gateway alone ---------------------------------------------------------------------


def _through_gateway(options: argparse.Namespace, country: Country, persona: Persona) -> int:
    from exchange.wire import ignore
    from ncpeh.settings import private_world, running_world
    from ncpeh.tracing import TraceFolder
    from ncpeh.walking import walk_persona

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
