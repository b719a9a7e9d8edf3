"""Every transaction of the exchange client against every way in which it can go wrong, without a socket.

The other side is played by respx: the simulators' own answers, one transaction of them replaced or edited.
What a hostile country would like to see in our logs, it puts into everything that it sends here.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest
import respx

from ehdsi import oids
from ehdsi.errors import EhdsiError, TransportFailure
from ehdsi.traits import Traits
from exchange.client import NcpClient
from exchange.directory import Directory, Service
from exchange.http import Limits
from sesali import documents, identify, summary
from sesali.config import GatewayConfig, from_world
from sesali.outcomes import Step, from_failure
from sesali.professional import DEMONSTRATOR, Issuer
from simulators import in_process
from simulators.world import World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

#: Largest answer that the client of these tests takes.
CAP = 400_000

#: What must never stand in an error: it is planted in whatever the country sends.
TRAITS = ("Šećkić-Planted", "999777555", "19580412")
PLANTED = " ".join(TRAITS)

#: Transactions: how their requests are told apart, and the step of the journey that they belong to.
MARKS = {"ITI-55": b"CrossGatewayPatientDiscovery", "ITI-38": b"CrossGatewayQuery",
         "ITI-39": b"CrossGatewayRetrieve"}
STEPS: dict[str, Step] = {"SMP entry": "identify", "SMP mask": "mask", "ITI-55": "identify",
                          "ITI-38": "documents", "ITI-39": "retrieve"}
SOAP, DIRECTORY = tuple(MARKS), ("SMP entry", "SMP mask")

#: Gives the answer of the country when it is called.
Usual = Callable[[], httpx.Response]
Failure = Callable[[httpx.Request, Usual], httpx.Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to go wrong: what happens, the typed failure and the code it leads to, where it can happen.

    ``tries`` is how often a query (ITI-55, ITI-38) is sent; a retrieve and the directory are asked once.
    """

    name: str
    play: Failure
    failure: str
    code: str
    on: tuple[str, ...] = (*SOAP, *DIRECTORY)
    tries: int = 1


def raises(kind: type[httpx.TransportError], cause: Exception | None = None) -> Failure:
    """httpx raises, because of ``cause`` where there is one."""
    def play(_request: httpx.Request, _usual: Usual) -> httpx.Response:
        raise kind(f"as httpx says it: {cause or PLANTED}") from cause

    return play


def answers(status: int, kind: str = "text/html", body: bytes = b"", **headers: str) -> Failure:
    """Another answer than the usual one."""
    def play(_request: httpx.Request, _usual: Usual) -> httpx.Response:
        content = body or f"<html><body>{PLANTED}</body></html>".encode()
        named = {"content-type": kind} if kind else {}
        return httpx.Response(status, headers={**named, **headers}, content=content)

    return play


def edits(pattern: bytes, by: bytes, *, status: int = 200, kind: str = "") -> Failure:
    """The usual answer with one place changed."""
    def play(_request: httpx.Request, usual: Usual) -> httpx.Response:
        answer = usual()
        changed, times = re.subn(pattern, lambda _: by, answer.content, count=1, flags=re.DOTALL)
        assert times == 1, f"{pattern!r} is not in the answer"
        return httpx.Response(status, content=changed,
                              headers={"content-type": kind or answer.headers["content-type"]})

    return play


def cut(share: float) -> Failure:
    """Only the first part of the usual answer, well framed."""
    def play(_request: httpx.Request, usual: Usual) -> httpx.Response:
        answer = usual()
        return httpx.Response(200, headers={"content-type": answer.headers["content-type"]},
                              content=answer.content[:int(len(answer.content) * share)])

    return play


def fault(code: str) -> bytes:
    """A SOAP fault whose reason and detail tell on a patient."""
    return (f'<e:Envelope xmlns:e="{oids.NS_SOAP12}"><e:Body><e:Fault><e:Code><e:Value>e:{code}</e:Value>'
            f"<e:Subcode><e:Value>{PLANTED}</e:Value></e:Subcode></e:Code><e:Reason><e:Text xml:lang='en'>"
            f"{PLANTED}</e:Text></e:Reason><e:Detail><x>{PLANTED}</x></e:Detail></e:Fault></e:Body>"
            "</e:Envelope>").encode()


SOAP_KIND = "application/soap+xml; charset=utf-8"
BOMB = b'<!DOCTYPE e [<!ENTITY a "' + PLANTED.encode() + b'">]><e>&a;</e>'
CASES = (
    # nothing came back
    Case(name="refused", play=raises(httpx.ConnectError, ConnectionRefusedError(111, "refused")),
         failure="refused", code="SES-080", tries=2),
    Case(name="unreachable", play=raises(httpx.ConnectError), failure="refused", code="SES-080", tries=2),
    Case(name="unknown host", play=raises(httpx.ConnectError, socket.gaierror(-2, "Name not known")),
         failure="dns", code="SES-080", tries=2),
    Case(name="certificate", failure="tls", code="SES-080", tries=2,
         play=raises(httpx.ConnectError, ssl.SSLError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] expired"))),
    Case(name="handshake", play=raises(httpx.ConnectError, ssl.SSLError(1, "[SSL: NO_PROTOCOLS_AVAILABLE]")),
         failure="tls", code="SES-080", tries=2),
    Case(name="connect time-out", play=raises(httpx.ConnectTimeout), failure="timeout", code="SES-081"),
    Case(name="read time-out", play=raises(httpx.ReadTimeout), failure="timeout", code="SES-081"),
    Case(name="write time-out", play=raises(httpx.WriteTimeout), failure="timeout", code="SES-081"),
    Case(name="pool time-out", play=raises(httpx.PoolTimeout), failure="timeout", code="SES-081"),
    Case(name="read error", play=raises(httpx.ReadError), failure="reset", code="SES-080", tries=2),
    Case(name="write error", play=raises(httpx.WriteError), failure="reset", code="SES-080", tries=2),
    Case(name="not HTTP", play=raises(httpx.RemoteProtocolError), failure="reset", code="SES-080", tries=2),
    # something came back that is no answer
    Case(name="redirect", play=answers(302, location="https://elsewhere.example/login"), failure="http",
         code="SES-082"),
    Case(name="moved", play=answers(308, location="https://elsewhere.example/"), failure="http",
         code="SES-082"),
    Case(name="bad request", play=answers(400), failure="http", code="SES-082"),
    Case(name="unauthorized", play=answers(401), failure="http", code="SES-082"),
    Case(name="forbidden", play=answers(403), failure="http", code="SES-082"),
    Case(name="not found", play=answers(404), failure="http", code="SES-082", on=SOAP),
    Case(name="too many", play=answers(429, "text/plain"), failure="http", code="SES-080"),
    Case(name="error page", play=answers(500), failure="http", code="SES-082"),
    Case(name="bad gateway", play=answers(502), failure="http", code="SES-080"),
    Case(name="unavailable", play=answers(503), failure="http", code="SES-080"),
    Case(name="gateway time-out", play=answers(504), failure="http", code="SES-081"),
    Case(name="no content", play=answers(204, "", b" "), failure="http", code="SES-082"),
    Case(name="HTML with 200", play=answers(200), failure="http", code="SES-082", on=SOAP),
    Case(name="text/xml", play=edits(b"^", b"", kind="text/xml"), failure="http", code="SES-082", on=SOAP),
    Case(name="no media type", play=answers(200, ""), failure="http", code="SES-082", on=SOAP),
    Case(name="nonsense as media type", play=answers(200, f"@@ {TRAITS[1]}"), failure="http", code="SES-082",
         on=SOAP),
    Case(name="compressed", play=answers(200, SOAP_KIND, b"\x1f\x8b", **{"content-encoding": "br"}),
         failure="http", code="SES-082"),
    Case(name="too large", play=answers(200, SOAP_KIND, b"<a>" + b"x" * CAP + b"</a>"), failure="http",
         code="SES-082"),
    # XML that is none, or dangerous
    Case(name="empty", play=answers(200, SOAP_KIND, b" "), failure="MalformedXml", code="SES-082"),
    Case(name="cut", play=cut(0.6), failure="MalformedXml", code="SES-082", on=("ITI-55", "ITI-38")),
    Case(name="entity", play=answers(200, SOAP_KIND, BOMB), failure="MalformedXml", code="SES-082", on=SOAP),
    Case(name="not UTF-8", play=answers(200, SOAP_KIND, b"<a>\xe9" + PLANTED.encode() + b"</a>"),
         failure="MalformedXml", code="SES-082", on=SOAP),
    # SOAP that breaks its rules
    Case(name="fault with 200", play=answers(200, SOAP_KIND, fault("Receiver")), failure="FaultReceived",
         code="SES-082", on=SOAP),
    Case(name="fault with 500", play=answers(500, SOAP_KIND, fault("Receiver")), failure="FaultReceived",
         code="SES-082", on=SOAP),
    Case(name="fault of the sender", play=answers(400, SOAP_KIND, fault("Sender")), failure="FaultReceived",
         code="SES-082", on=SOAP),
    Case(name="fault of unknown code", play=answers(500, SOAP_KIND, fault(TRAITS[1])),
         failure="FaultReceived", code="SES-082", on=SOAP),
    Case(name="answer with 500", play=edits(b"^", b"", status=500), failure="MalformedSoap", code="SES-082",
         on=SOAP),
    Case(name="SOAP 1.1", play=edits(oids.NS_SOAP12.encode(), oids.NS_SOAP11.encode()),
         failure="MalformedSoap", code="SES-082", on=SOAP),
    Case(name="no envelope", play=answers(200, SOAP_KIND, f"<Name>{PLANTED}</Name>".encode()),
         failure="MalformedSoap", code="SES-082", on=SOAP),
    Case(name="wrong RelatesTo", failure="MalformedSoap", code="SES-082", on=SOAP,
         play=edits(rb"(?<=RelatesTo>)[^<]+", f"urn:{TRAITS[1]}".encode())),
    Case(name="wrong Action", failure="MalformedSoap", code="SES-082", on=SOAP,
         play=edits(rb"(?<=:)CrossGateway\w+(?=</\w+:Action>)", TRAITS[1].encode())),
    Case(name="empty body", play=edits(rb"(?<=Body>).*(?=</\w+:Body>)", b""), failure="MalformedSoap",
         code="SES-082", on=SOAP),
    Case(name="another payload", play=edits(rb"(?<=Body>).*(?=</\w+:Body>)", b"<Other xmlns='urn:x'/>"),
         failure="MalformedMessage", code="SES-082", on=SOAP),
    # MTOM
    Case(name="multipart without a boundary", play=answers(200, "multipart/related", b"--x--"),
         failure="MalformedMime", code="SES-082", on=SOAP),
    Case(name="multipart without parts", play=answers(200, "multipart/related; boundary=x", b"--x--"),
         failure="MalformedMime", code="SES-082", on=SOAP),
    Case(name="multipart cut", play=cut(0.6), failure="MalformedMime", code="SES-082", on=("ITI-39",)),
    Case(name="part that is missing", play=edits(rb'(?<=href=")cid:[^"]+', f"cid:{TRAITS[1]}".encode()),
         failure="MalformedMessage", code="SES-082", on=("ITI-39",)),
    # the directory
    Case(name="no entry", play=answers(404), failure="MalformedMessage", code="SES-082", on=DIRECTORY),
    Case(name="HTML of a proxy", play=answers(200), failure="MalformedMessage", code="SES-082", on=DIRECTORY),
    Case(name="entry that was changed", failure="SignatureRefused", code="SES-082", on=DIRECTORY,
         play=edits(rb"(?<=ServiceDescription>)[^<]+", PLANTED.encode())),
    Case(name="entry of another country", failure="SignatureRefused", code="SES-082", on=DIRECTORY,
         play=edits(rb"urn:ehealth:\w\w", b"urn:ehealth:xx")),
)
PAIRS = [pytest.param(step, case, id=f"{step}-{case.name}") for case in CASES for step in case.on]


@pytest.fixture(scope="module")
def world() -> World:
    """One country without sockets."""
    return World(["HR"], clock=lambda: NOW).without_sockets()


@pytest.fixture(scope="module")
def config(world: World, tmp_path_factory: pytest.TempPathFactory) -> GatewayConfig:
    """Keys and anchors of the gateway."""
    return from_world(world.world_json(tmp_path_factory.mktemp("exchange")), limits=Limits(body=CAP))


def directory_of(config: GatewayConfig) -> Directory:
    """A directory that has never asked anybody anything."""
    return Directory(config.smp, tls=config.tls, anchors=config.anchors, signers=config.smp_signers,
                     clock=lambda: NOW, limits=config.limits)


@pytest.fixture(scope="module")
def calls(world: World, config: GatewayConfig) -> Iterator[dict[str, Callable[[], object]]]:
    """How each transaction is begun, after a journey that went well."""
    numbers = iter(range(1, 100_000))
    new_id = lambda: f"00000000-0000-4000-8000-{next(numbers):012}"  # noqa: E731
    issuer = Issuer(key=config.seal, home_community=config.own_home_community)
    credentials = issuer.credentials(DEMONSTRATOR, now=NOW, new_id=new_id)
    home = config.home_communities["HR"]
    persona = world.countries["HR"].personas[0]
    query = identify.query_for(Traits(identifiers=persona.identifiers[:1]), country="HR", receiver=home,
                               sender=config.own_home_community, now=NOW, new_id=new_id)
    directory = directory_of(config)
    client = NcpClient(directory, config.tls, limits=config.limits)
    request_id = "urn:uuid:00000000-0000-4000-8000-000000000000"

    def discover() -> identify.Identified:
        found = client.discover("HR", query, (credentials.signed,), request_id=request_id)
        return identify.judge(found.value, query, country="HR", country_name="Croatie")

    with in_process.answering(world):
        patient = discover()
        treatment = issuer.treatment(credentials, "HR", patient.patient_id, now=NOW, new_id=new_id)
        listed = documents.query_for(patient.patient_id)
        listing = client.list_documents("HR", listed, treatment.assertions, request_id=request_id)
        entry = listing.value.pairs()[0].level3
        assert entry is not None
        wanted = summary.request_for(entry, home)
        client.retrieve("HR", wanted, treatment.assertions, request_id=request_id)
        directory.search_mask("HR")
    yield {
        "ITI-55": discover,
        "ITI-38": lambda: client.list_documents("HR", listed, treatment.assertions, request_id=request_id),
        "ITI-39": lambda: client.retrieve("HR", wanted, treatment.assertions, request_id=request_id),
        "SMP entry": lambda: directory_of(config).endpoint("HR", Service.ITI_55),
        "SMP mask": lambda: directory_of(config).search_mask("HR"),
    }
    client.close()
    directory.close()


@pytest.fixture
def line(world: World) -> Iterator[respx.MockRouter]:
    """The network of one test; a request to an address that is not there fails it."""
    with respx.mock(assert_all_called=False) as router:
        yield router


def spoil(line: respx.MockRouter, world: World, step: str, case: Case) -> respx.Route:
    """Let one transaction go wrong; all others are answered by the simulators."""
    usual = in_process.answers(world)

    def play(request: httpx.Request) -> httpx.Response:
        handle = next(one for url, one in usual.items() if str(request.url).startswith(url))
        return case.play(request, lambda: handle(request))

    chosen = {"method": "GET"} if step in DIRECTORY else {"content__contains": MARKS[step]}
    spoilt = line.route(**chosen).mock(side_effect=play)
    for url, answer in usual.items():
        line.route(url__startswith=url).mock(side_effect=answer)
    return spoilt


@pytest.mark.parametrize(("step", "case"), PAIRS)
def test_each_way_to_go_wrong_is_typed(line: respx.MockRouter, world: World, step: str, case: Case,
                                       calls: dict[str, Callable[[], object]]) -> None:
    """The failure is typed, leads to its message, is tried again only where that is safe, tells no trait."""
    spoilt = spoil(line, world, step, case)
    with pytest.raises(EhdsiError) as raised:
        calls[step]()
    error = raised.value
    kind = error.kind if isinstance(error, TransportFailure) else type(error).__name__
    refusal = from_failure(error, STEPS[step], "HR", country_name="Croatie")
    suspended = step == "SMP mask" and not isinstance(error, TransportFailure)
    assert (kind, refusal.code) == (case.failure, "SES-041" if suspended else case.code)
    assert spoilt.call_count == (case.tries if step in ("ITI-55", "ITI-38") else 1)
    told = f"{error} {error!r} {error.args} {refusal} {refusal.detail} {refusal.notice}"
    assert not [trait for trait in TRAITS if trait in told]


@pytest.mark.parametrize("step", STEPS)
def test_nothing_goes_wrong_by_itself(line: respx.MockRouter, world: World, step: str,
                                      calls: dict[str, Callable[[], object]]) -> None:
    """The stand itself breaks nothing: unchanged answers are taken by every transaction."""
    unchanged = Case(name="unchanged", play=lambda _request, usual: usual(), failure="", code="")
    spoilt = spoil(line, world, step, unchanged)
    assert calls[step]() is not None
    assert spoilt.call_count == 1
