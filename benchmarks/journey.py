"""CPU of one journey, gateway and country in processes of their own, split by part, beside bare floors."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jinja2 import Environment
from lxml import etree

import countries
import sesali.french
from benchmarks import judging
from benchmarks.cpu import GATEWAY_PARTS, Split, median_ms
from benchmarks.processes import WorldProcess
from benchmarks.report import Table, say, verdict
from benchmarks.requests import new_id
from countries import Persona
from ehdsi import xml
from ehdsi.rules.schema import schema_path
from ncpeh.long_running import settle
from ncpeh.settings import typed_traits
from sesali.gateway import Gateway
from sesali.journey import JourneyRecord, walk
from sesali.professional import DEMONSTRATOR
from sesali.summary import OpenedSummary

COUNTRY = "HR"
WARM, JOURNEYS, ROUNDS = 10, 40, 3
_OTHERS = "everything else (messages, decisions, other threads)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU milliseconds of one journey on one side: in all, and by part in a run of its own."""

    total: float
    parts: dict[str, float]


def run() -> list[Table]:
    """Walk journeys without instruments for the totals, then with them for the split."""
    judging.terminology()
    persona = countries.load(COUNTRY).personas[0]
    with WorldProcess(COUNTRY) as world, tempfile.TemporaryDirectory(prefix="ncpeh-bench-") as folder:
        config = replace(world.config, outbox=Path(folder) / "audit.sqlite")
        with Gateway(config, clock=lambda: datetime.now(UTC), new_id=new_id,
                     judge=lambda content, root: judging.judge(content, root)) as gateway:
            last = _walked(gateway, persona, WARM)
            settle()
            say("totals")
            totals = [_measured(world, gateway, persona) for _ in range(ROUNDS)]
            say("split")
            split = Split(GATEWAY_PARTS)
            split.install()
            world.ask("split")
            _walked(gateway, persona, 2)
            split.take()
            world.ask("parts")
            own, theirs = _measured(world, gateway, persona)
            shares = split.take(), world.ask("parts")["split"]
    assert last.opened is not None and last.opened.structured is not None
    say("floors")
    content = last.opened.structured.content
    gateway_cost = _cost([one for one, _ in totals], own, shares[0])
    country_cost = _cost([one for _, one in totals], theirs, shares[1])
    what = _described(len(content), len(last.page))
    return [
        _table("Gateway: CPU of one journey", 25, gateway_cost,
               _gateway_floors(content, last.page), what),
        _table("Country: CPU of one journey", 5, country_cost, _country_floors(), what),
    ]


def page(opened: OpenedSummary) -> str:
    """The French page, through the names that the split counts."""
    assert opened.structured is not None
    view = sesali.french.french_view(opened.structured.summary, judging.terminology(), datetime.now(UTC))
    return sesali.french.render_page(view)


def _walked(gateway: Gateway, persona: Persona, times: int) -> JourneyRecord:
    for _ in range(times):
        record = walk(gateway, COUNTRY, lambda mask: typed_traits(mask, persona), DEMONSTRATOR, page,
                      timer=time.perf_counter)
        if record.refusal is not None:
            raise RuntimeError(f"the journey ended early: {record.refusal.code}")
    return record


def _measured(world: WorldProcess, gateway: Gateway, persona: Persona) -> tuple[float, float]:
    """CPU milliseconds per journey of this process and of the world's."""
    theirs, own = world.ask("usage")["cpu"], time.process_time()
    _walked(gateway, persona, JOURNEYS)
    own = time.process_time() - own
    return own * 1000 / JOURNEYS, (world.ask("usage")["cpu"] - theirs) * 1000 / JOURNEYS


def _cost(totals: list[float], counted: float, shares: dict[str, float]) -> Cost:
    parts = {name: seconds * 1000 / JOURNEYS for name, seconds in shares.items()}
    return Cost(total=statistics.median(totals), parts=parts | {_OTHERS: counted - sum(parts.values())})


def _gateway_floors(content: bytes, html: str) -> dict[str, float]:
    """What the same work costs at least, with nothing of ours around it."""
    key = rsa.generate_private_key(65537, 2048)
    schema = etree.XMLSchema(file=str(schema_path("cda")))
    root = xml.parse(content)
    cells = [html[start:start + 60] for start in range(0, len(html), 120)]
    template = Environment(autoescape=True).from_string(
        "{% for cell in cells %}<tr><td>{{ cell }}</td></tr>{% endfor %}")
    return _timed({
        "two RSA-2048 signatures": lambda: [key.sign(b"x" * 400, padding.PKCS1v15(), hashes.SHA256())
                                            for _ in range(2)],
        "lxml parses the document": lambda: xml.parse(content),
        "lxml validates the document": lambda: schema.validate(root),
        "jinja2 writes half as many bytes in cells": lambda: template.render(cells=cells),
    })


def _country_floors() -> dict[str, float]:
    key = rsa.generate_private_key(65537, 2048)
    signature = key.sign(b"x" * 400, padding.PKCS1v15(), hashes.SHA256())
    public = key.public_key()
    return _timed({"two RSA-2048 verifications (what is new in a journey)": lambda: [
        public.verify(signature, b"x" * 400, padding.PKCS1v15(), hashes.SHA256()) for _ in range(2)]})


def _timed(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    return {name: median_ms(work) for name, work in works.items()}


def _described(document: int, html: int) -> tuple[str, ...]:
    """What was walked, and how to read the figures; sizes in bytes."""
    return (
        f"Search mask known, login, ITI-55, ITI-38, ITI-39 twice (a level 3 of {document / 1000:.0f} kB and "
        f"its PDF), schema and content rules on both, French page of {html / 1000:.0f} kB, audit on disk.",
        f"{JOURNEYS} journeys in a row, median of {ROUNDS} rounds, in sequence: caches are cold between "
        "steps. The collector is set as in a portal that serves.",
        "The parts come from a run with counters, whose total is a little higher; shares are of that run. "
        "Floors are the bare libraries in a loop.",
    )


def _table(title: str, goal: float, cost: Cost, floors: dict[str, float], remarks: tuple[str, ...]
           ) -> Table:
    counted = sum(cost.parts.values())
    rows = [("**the whole journey**", f"**{cost.total:.1f}**", "1.00")]
    rows += [(name, f"{ms:.2f}", f"{ms / counted:.2f}")
             for name, ms in sorted(cost.parts.items(), key=lambda item: -item[1])]
    rows += [(f"floor: {name}", f"{ms:.2f}", f"{ms / cost.total:.2f}") for name, ms in floors.items()]
    return Table(
        part="journey", title=title, columns=("part", "CPU ms", "share"), rows=tuple(rows),
        remarks=(verdict("a whole journey", cost.total, goal, "ms"), *remarks))
