"""Each step of a journey: CPU of the gateway beside the sum of its unavoidable parts.

Unavoidable are: the RSA signature of an assertion, the same bytes over TLS to a responder that thinks of
nothing, lxml parsing the answer and the document, lxml validating the document, jinja2 writing a page of the
same size. Each is measured with the bare library, on the very bytes of the journey. What is left is messages,
decisions, reading the document, translation, rules, audit: the work that the gateway is there for.
"""

from __future__ import annotations

import base64
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jinja2 import Environment
from lxml import etree

import countries
from benchmarks import judging
from benchmarks.cpu import median_ms
from benchmarks.driver import Connections
from benchmarks.journey import page
from benchmarks.processes import WorldProcess
from benchmarks.report import Table, say
from benchmarks.requests import new_id
from ehdsi import mtom, xml
from ehdsi.rules.schema import schema_path
from exchange.wire import WireMessage
from ncpeh.settings import typed_traits
from sesali.gateway import Gateway
from sesali.journey import STEPS, JourneyRecord, StepName, walk
from sesali.professional import DEMONSTRATOR

COUNTRY = "HR"
WARM, JOURNEYS = 10, 60
#: Round trips to the responder, for what TLS costs at least.
TRIPS = 200

_SENT_IN: Mapping[str, StepName] = {"ITI-55": "identify", "ITI-38": "documents", "ITI-39": "summary"}


def run() -> list[Table]:
    """Walk journeys on the clock of the CPU, then measure the parts with the bytes of the last one."""
    judging.terminology()
    persona = countries.load(COUNTRY).personas[0]
    seen: list[WireMessage] = []
    with WorldProcess(COUNTRY) as world, tempfile.TemporaryDirectory(prefix="ncpeh-bench-") as folder:
        config = replace(world.config, outbox=Path(folder) / "audit.sqlite")
        with Gateway(config, clock=lambda: datetime.now(UTC), new_id=new_id, on_message=seen.append,
                     judge=lambda content, root: judging.judge(content, root)) as gateway:
            records = []
            for number in range(WARM + JOURNEYS):
                seen.clear()
                record = walk(gateway, COUNTRY, lambda mask: typed_traits(mask, persona), DEMONSTRATOR, page,
                              timer=time.process_time)
                if record.refusal is not None:
                    raise RuntimeError(f"the journey ended early: {record.refusal.code}")
                records += [record] if number >= WARM else []
        say("unavoidable parts")
        floors = _floors(world, seen, records[-1])
    measured = {step: statistics.median(one.milliseconds[step] for one in records) for step in STEPS}
    return [_table(measured, floors)]


def _floors(world: WorldProcess, seen: list[WireMessage], last: JourneyRecord
            ) -> dict[StepName, dict[str, float]]:
    """Milliseconds of the unavoidable parts by step and name."""
    found: dict[StepName, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    key = rsa.generate_private_key(65537, 2048)
    for step in ("login", "confirm"):
        found[step]["signature"] = median_ms(
            lambda: key.sign(b"x" * 400, padding.PKCS1v15(), hashes.SHA256()))
    answers = [one for one in seen if one.direction == "response" and one.step in _SENT_IN]
    requests = [one for one in seen if one.direction == "request" and one.step in _SENT_IN]
    for request, answer in zip(requests, answers, strict=True):
        step = _SENT_IN[answer.step]
        found[step]["TLS"] += _tls(world, len(request.body), answer.body)
        envelope, attached = _parts(answer)
        found[step]["parse"] += _parsing(envelope) + sum(_parsing(one) for one in attached)
        found[step]["validate"] += sum(_validating(one) for one in attached)
    found["page"]["render"] = _rendering(last.page)
    return found


def _parts(answer: WireMessage) -> tuple[bytes, list[bytes]]:
    """The envelope of an answer, and the documents that travel beside it."""
    content_type = answer.header("content-type")
    if not content_type.lower().startswith("multipart/"):
        return answer.body, []
    package = mtom.split(content_type, answer.body)
    return bytes(package.root), [part.read() for part in package.parts.values()]


def _tls(world: WorldProcess, sent: int, body: bytes) -> float:
    """CPU milliseconds of this process for one request and this answer over a kept TLS connection."""
    port = world.ask("static", body=base64.b64encode(body).decode())["port"]
    connections = Connections("127.0.0.1", port, world.config.tls, 1)
    request = (f"POST / HTTP/1.1\r\nHost: static\r\nContent-Length: {sent}\r\n\r\n".encode() + b"x" * sent)
    try:
        connections.drive([request], answers=20)
        driven = connections.drive([request], answers=TRIPS)
    finally:
        connections.close()
    return driven.own_cpu * 1000 / driven.answers


def _parsing(content: bytes) -> float:
    return median_ms(lambda: xml.parse(content, large_text=True))


def _validating(content: bytes) -> float:
    schema = etree.XMLSchema(file=str(schema_path("cda")))
    root = xml.parse(content, large_text=True)
    return median_ms(lambda: schema.validate(root))


def _rendering(html: str) -> float:
    """A page of as many bytes, half of them written from values."""
    cells = [html[start:start + 60] for start in range(0, len(html), 120)]
    template = Environment(autoescape=True).from_string(
        "{% for cell in cells %}<tr><td>{{ cell }}</td></tr>{% endfor %}")
    render: Callable[[], str] = lambda: template.render(cells=cells)  # noqa: E731 - what is timed
    return median_ms(render)


def _table(measured: Mapping[StepName, float], floors: Mapping[StepName, Mapping[str, float]]) -> Table:
    rows: list[tuple[str, ...]] = []
    for step in STEPS:
        parts = floors.get(step, {})
        least = sum(parts.values())
        told = ", ".join(f"{name} {ms:.2f}" for name, ms in parts.items() if ms)
        rows.append((step, f"{measured[step]:.2f}", f"{least:.2f}" if parts else "", told,
                     f"{measured[step] / least:.2f}" if parts else ""))
    total, least = sum(measured.values()), sum(sum(parts.values()) for parts in floors.values())
    rows.append(("**whole journey**", f"**{total:.2f}**", f"{least:.2f}", "", f"{total / least:.2f}"))
    return Table(
        part="steps", title="Each step beside its unavoidable parts",
        columns=("step", "CPU ms", "unavoidable, ms", "which", "times"), rows=tuple(rows),
        remarks=(f"Median of {JOURNEYS} journeys, search mask known, connections kept, audit on disk. The "
                 "gateway verifies no signature in a warm journey: those of the SMP hold for a while, "
                 "answers of countries carry none.",
                 "The parts are the bare libraries in a loop, hot, on the bytes of the journey. The rest is "
                 "the HTTP client, messages, decisions, the reading of the document into a model, content "
                 "rules, translation, audit; the part `journey` splits it further."))
