"""The console: shows what happened, switches faults, and lets no other site do so."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from lxml import etree, html

import countries
from ehdsi import xml
from ncpeh.settings import new_ids, now, typed_traits
from sesali.config import from_world
from sesali.gateway import Gateway
from sesali.journey import walk
from sesali.professional import DEMONSTRATOR
from simulators.audit_repository import AuditRepository
from simulators.clock import SettableClock
from simulators.console import Console, console_app
from simulators.console.actions import remove_fault
from simulators.console.clock import MovableClock
from simulators.console.texts import BEHAVIOURS, clock_words, french_date
from simulators.console.view import active, handle_of
from simulators.faults import STEPS, catalogue
from simulators.http import HttpRequest, HttpResponse
from simulators.world import World

CHANGE = {"x-ncpeh-console": "1"}
TOKEN = "token of this test"


@pytest.fixture
def repository(ncpeh_world: World) -> Iterator[AuditRepository]:
    with AuditRepository(ncpeh_world.pki, clock=ncpeh_world.clock) as running:
        yield running


@pytest.fixture
def browser(ncpeh_world: World, repository: AuditRepository) -> Iterator[httpx.Client]:
    """A client of the running console."""
    with (Console(ncpeh_world, repository=repository) as console,
          httpx.Client(verify=ncpeh_world.pki.client_context(), base_url=console.url) as client):
        yield client


@pytest.fixture
def journey(ncpeh_world: World, tmp_path: Path) -> None:
    """One whole journey to Croatia has taken place."""
    gateway = Gateway(from_world(ncpeh_world.world_json(tmp_path)), clock=now, new_id=new_ids(None).__next__)
    persona = ncpeh_world.countries["HR"].persona("HR-1")
    walk(gateway, "HR", lambda mask: typed_traits(mask, persona), DEMONSTRATOR, lambda opened: "page",
         timer=time.perf_counter)
    gateway.close(flush=0)


@cache
def silent_world() -> World:
    """One country without sockets, for tests of forms only."""
    return World(["HR"]).without_sockets()


def page(browser: httpx.Client, path: str) -> etree._Element:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return html.document_fromstring(answer.text)


def form(browser: httpx.Client, **values: Any) -> dict[str, Any]:
    """What a form of the page sends: its token and these values."""
    token = page(browser, "/").xpath("string(//input[@name='jeton']/@value)")
    return {"jeton": token, **values}


def texts(root: etree._Element, path: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in root.xpath(path)]


# -- what it shows -------------------------------------------------------------------------------------------


def test_the_world_is_shown(ncpeh_world: World, browser: httpx.Client) -> None:
    """Every country with its state and an identifier of every patient, in French, without a script."""
    root = page(browser, "/")
    assert root.get("lang") == "fr"
    rows = texts(root, "(//table)[1]/tbody/tr")
    assert len(rows) == len(ncpeh_world.countries)
    for code, country in ncpeh_world.countries.items():
        row = next(one for one in rows if one.startswith(code))
        assert "● répond" in row
        for persona in country.personas:
            assert f"{persona.key} {persona.primary_identifier.extension}" in row
    assert not root.xpath("//script|//@style|//@onclick")
    policy = browser.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


@pytest.mark.usefixtures("journey")
def test_exchanges_with_every_verdict(ncpeh_world: World, browser: httpx.Client) -> None:
    """Each message received is listed, its checks are shown one by one, both messages readable as text."""
    root = page(browser, "/")
    steps = texts(root, "//h2[@id='echanges']/following::table[1]/tbody/tr/td[3]")
    assert [step for step in steps if step != "SMP"] == ["ITI-39 HR-1"] * 2 + ["ITI-38 HR-1", "ITI-55 HR-1"]
    exchange = ncpeh_world.ncp("HR").received.of("ITI-38")[0]
    detail = page(browser, "/echanges/HR/2")
    shown = texts(detail, "//h2[.='Contrôles']/following::table[1]/tbody/tr/th")
    assert shown == [check.name for check in exchange.checks]
    verdicts = texts(detail, "//h2[.='Contrôles']/following::table[1]/tbody/tr/td")
    assert verdicts == ["✓ réussi", ""] * len(shown)
    request = browser.get("/echanges/HR/2/requete")
    assert request.headers["content-type"] == "text/plain; charset=utf-8"
    assert request.headers["x-content-type-options"] == "nosniff"
    assert len(request.text.splitlines()) > 50
    sent = xml.parse(request.content)
    assert [one.tag for one in sent.iter()] == [one.tag for one in xml.parse(exchange.request.body).iter()]
    packed = browser.get("/echanges/HR/4/reponse").text
    assert "\n--- " in packed
    assert "<ClinicalDocument" in packed or "<ClinicalDocument" in browser.get("/echanges/HR/3/reponse").text


@pytest.mark.usefixtures("journey")
def test_exchanges_as_json(browser: httpx.Client) -> None:
    """Programs see the same: step, outcome, checks, message identifier, and both messages of one exchange."""
    listed = [one for one in browser.get("/api/exchanges").json() if one["place"] == "HR"]
    assert [one["step"] for one in listed] == ["ITI-39", "ITI-39", "ITI-38", "ITI-55"]
    assert listed[-1]["outcome"] == "match"
    assert all(check["passed"] for one in listed for check in one["checks"])
    assert all(one["milliseconds"] > 0 for one in listed)
    one = browser.get("/api/exchanges/HR/1").json()
    assert one["message_id"] == listed[-1]["message_id"] != ""
    assert one["message_id"] in one["request"]["body"]
    assert len(browser.get("/api/exchanges?last=2").json()) == 2
    assert browser.get("/api/exchanges?last=x").status_code == 422


def test_audit_events_are_shown_masked(ncpeh_world: World, repository: AuditRepository, browser: httpx.Client,
                                       tmp_path: Path) -> None:
    """Events of the foreign NCPs appear with the patient's identifier masked; JSON has it whole."""
    forwarder = repository.take_from(ncpeh_world)
    gateway = Gateway(from_world(ncpeh_world.world_json(tmp_path)), clock=now, new_id=new_ids(None).__next__)
    persona = ncpeh_world.countries["PT"].personas[0]
    walk(gateway, "PT", lambda mask: typed_traits(mask, persona), DEMONSTRATOR, lambda opened: "page",
         timer=time.perf_counter)
    gateway.close(flush=0)
    assert forwarder.flush(10)
    identifier = str(persona.primary_identifier.extension)
    root, cells = page(browser, "/"), "//h2[@id='audit']/following::table[1]/tbody/tr/td"
    assert texts(root, f"{cells}[2]") == ["ITI-39", "ITI-39", "ITI-38", "ITI-55"]
    assert texts(root, f"{cells}[4]") == [f"•••{identifier[-2:]}"] * 4
    assert identifier not in "".join(texts(root, cells))
    assert identifier in browser.get("/api/audit").text
    assert "<AuditMessage" in browser.get("/audit/1").text


def test_every_page_of_every_fault_can_be_drawn(ncpeh_world: World) -> None:
    """The form is built from the catalogue, whatever fault it holds: its steps and its parameters."""
    handle = console_app(ncpeh_world, token=TOKEN)
    for name, fault in catalogue().items():
        answer = handle(get("/fautes", f"pays=HR&faute={name}"))
        assert answer.status == 200, name
        root = html.document_fromstring(answer.body.decode())
        assert root.xpath("//input[@name='etape']/@value") == [one for one in STEPS if one in fault.steps]
        for label in root.xpath("//input[not(@type='hidden')]|//select"):
            assert root.xpath(f"//label[@for='{label.get('id')}']"), name


@pytest.mark.parametrize("family", sorted({fault.family for fault in catalogue().values()}))
def test_the_form_of_every_fault_can_be_sent_as_it_is(family: str) -> None:
    """Sent back unchanged, each form lets exactly the fault of the catalogue act; it can be taken away."""
    world = silent_world()
    world.reset()
    handle = console_app(world, token=TOKEN)
    for name, fault in catalogue().items():
        if fault.family != family:
            continue
        root = html.document_fromstring(handle(get("/fautes", f"pays=HR&faute={name}")).body.decode())
        sent = handle(HttpRequest(method="POST", path="/fautes", headers=(("host", "localhost"),),
                                  body=urlencode(root.forms[0].form_values()).encode()))
        assert (sent.status, sent.body) == (303, b""), name
        acting = active(world, "HR")
        assert acting, name
        assert all(one.fault == fault for one in acting), name
        assert all(one.remaining is None and one.patient is None for one in acting)
        for one in acting:
            remove_fault(world, "HR", handle_of(one))
        assert active(world, "HR") == ()


# -- faults --------------------------------------------------------------------------------------------------


def test_a_fault_comes_and_goes_by_form(ncpeh_world: World, browser: httpx.Client) -> None:
    """What the form says acts at the NCP with those parameters, for that patient, so many times; then not."""
    answer = browser.post("/fautes", data=form(
        browser, pays="HR", faute="latency", etape=["ITI-55", "ITI-39"], patient="HR-2", portee="times",
        nombre="3", **{"p-seconds": "0.25", "p-drip": "", "p-hang": ""}))
    assert (answer.status_code, answer.headers["location"]) == (303, "/?fait=faute#pays")
    active, = ncpeh_world.ncp("HR").faults.active
    assert (active.fault.name, active.steps, active.patient, active.remaining) == (
        "latency", ("ITI-55", "ITI-39"), "HR-2", 3)
    assert active.fault.parameters["seconds"] == 0.25
    root = page(browser, "/?fait=faute")
    assert texts(root, "//*[@role='status']") == ["Fait : La faute agit."]
    row = next(one for one in texts(root, "(//table)[1]/tbody/tr") if one.startswith("HR"))
    assert "▲ lent, 0,25 s" in row
    handle = root.xpath("string(//form[@action='/fautes/retirer']/input[@name='faute']/@value)")
    gone = browser.post("/fautes/retirer", data=form(browser, pays="HR", faute=handle))
    assert gone.status_code == 303
    assert ncpeh_world.ncp("HR").faults.active == ()


@pytest.mark.parametrize(("values", "says"), [
    ({"p-seconds": "soon"}, "number"),
    ({"etape": "ITI-99"}, "ITI-99"),
    ({"portee": "times", "nombre": "-1"}, "digits"),
    ({"portee": "times", "nombre": "0"}, "1 to"),
    ({"patient": "HR-99"}, "HR-99"),
    ({"faute": "no-such-fault"}, "no-such-fault"),
    ({"pays": "XX"}, "XX"),
])
def test_a_wrong_form_changes_nothing_and_says_why(ncpeh_world: World, browser: httpx.Client,
                                                   values: dict[str, str], says: str) -> None:
    """The page comes back with an error that names the value, what was typed is kept, and no fault acts."""
    sent = form(browser, **{"pays": "HR", "faute": "latency", "etape": "ITI-55", **values})
    answer = browser.post("/fautes", data=sent)
    assert answer.status_code == 422
    root = html.document_fromstring(answer.text)
    assert says in texts(root, "//*[@role='alert']")[0]
    if "p-seconds" in values:
        assert root.xpath("string(//input[@name='p-seconds']/@value)") == "soon"
    assert all(ncp.faults.active == () for ncp in ncpeh_world.ncps.values())


def test_faults_by_json(ncpeh_world: World, browser: httpx.Client) -> None:
    """Add, list, remove one, remove all; a fault of both SMP and NCP goes to whom it concerns."""
    added = browser.post("/api/faults", headers=CHANGE, json={
        "country": "hr", "name": "latency", "steps": ["SMP", "ITI-55"], "parameters": {"seconds": 0}})
    assert added.status_code == 201
    assert [one["steps"] for one in added.json()] == [["ITI-55"], ["SMP"]]
    assert len(ncpeh_world.smp.fault_set("HR").active) == 1
    first = browser.get("/api/faults").json()["HR"][0]["id"]
    browser.delete("/api/faults", headers=CHANGE, params={"country": "HR", "id": first})
    assert [one["steps"] for one in browser.get("/api/faults").json()["HR"]] == [["SMP"]]
    browser.post("/api/faults", headers=CHANGE, json={"country": "PT", "name": "http-503-plain", "times": 2})
    assert browser.get("/api/faults").json()["PT"][0]["remaining"] == 2
    assert not any(browser.delete("/api/faults", headers=CHANGE).json().values())


def test_a_fault_of_tls_by_json_changes_the_listener(ncpeh_world: World, browser: httpx.Client) -> None:
    """The certificate of the NCP is replaced while it runs, and comes back."""
    def served() -> bytes:
        context = ncpeh_world.pki.client_context(ncpeh_world.pki.gateway_tls)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        url = httpx.URL(ncpeh_world.endpoints["MT"].xcpd)
        with (socket.create_connection((url.host, url.port or 0)) as plain,
              context.wrap_socket(plain) as secure):
            return secure.getpeercert(True) or b""

    right = served()
    browser.post("/api/faults", headers=CHANGE, json={"country": "MT", "name": "tls-server-expired"})
    assert served() != right
    browser.delete("/api/faults", headers=CHANGE, params={"country": "MT"})
    assert served() == right


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{}", b'{"country":"HR"}', b'{"country":1,"name":"latency"}', b"[" * 100_000,
    b'{"country":"HR","name":"latency","times":"3"}', b'{"country":"HR","name":"latency","times":true}',
    b'{"country":"HR","name":"latency","parameters":{"nonsense":1}}', b'{"country":"HR","name":"x","y":1}',
    b'{"country":"HR","name":"latency","parameters":{"seconds":"soon"}}', b"\xff",
])
def test_wrong_json_is_refused_in_words(ncpeh_world: World, browser: httpx.Client, body: bytes) -> None:
    """Whatever is sent, the answer is 422 with a sentence, and nothing acts."""
    answer = browser.post("/api/faults", headers=CHANGE, content=body)
    assert answer.status_code == 422
    assert len(answer.json()["error"]) > 10
    assert ncpeh_world.ncp("HR").faults.active == ()


@pytest.mark.usefixtures("journey")
def test_reset(ncpeh_world: World, browser: httpx.Client) -> None:
    """Back to the beginning: no faults, no exchanges; by form and by JSON."""
    ncpeh_world.ncp("HR").faults.add("timeout")
    assert browser.post("/reinitialiser", data=form(browser)).status_code == 303
    assert ncpeh_world.ncp("HR").faults.active == ()
    assert browser.get("/api/exchanges").json() == []
    ncpeh_world.ncp("HR").faults.add("timeout")
    assert browser.post("/api/reset", headers=CHANGE).status_code == 200
    assert ncpeh_world.ncp("HR").faults.active == ()


def test_the_audit_repository_is_switched_from_here(repository: AuditRepository,
                                                    browser: httpx.Client) -> None:
    """Stop, start, pause and resume, so that people can watch events wait and arrive."""
    states = [browser.post("/api/audit", headers=CHANGE, json={"do": wanted}).json()["state"]
              for wanted in ("pause", "resume", "stop", "start")]
    assert states == ["paused", "listening", "stopped", "listening"]
    browser.post("/registre", data=form(browser, action="stop"))
    assert repository.state == "stopped"
    buttons = texts(page(browser, "/"), "//form[@action='/registre']/button")
    assert buttons == ["Démarrer le registre"]
    assert browser.post("/api/audit", headers=CHANGE, json={"do": "burn"}).status_code == 422


def test_pages_load_again_only_when_asked(browser: httpx.Client) -> None:
    """Nothing moves under the reader's eyes unless the box was ticked, and then it can be stopped."""
    assert "refresh" not in browser.get("/").headers
    ticked = browser.get("/?actualiser=2")
    assert ticked.headers["refresh"] == "2"
    assert "Ne plus actualiser" in ticked.text
    assert "refresh" not in browser.get("/?actualiser=0").headers


# -- the clock -----------------------------------------------------------------------------------------------


def answered(world: World, method: str, path: str, body: Any = None) -> HttpResponse:
    handle = console_app(world, token=TOKEN)
    return handle(HttpRequest(method=method, path=path, body=json.dumps(body).encode(),
                              headers=(("host", "localhost"), ("x-ncpeh-console", "1"))))


def get(path: str, query: str = "", host: str = "localhost") -> HttpRequest:
    return HttpRequest(method="GET", path=path, query=query, headers=(("host", host),))


def test_the_clock_of_a_world_can_be_moved() -> None:
    """A clock that stands and one that runs go on by what is asked; absurd steps are refused."""
    start = datetime.now(UTC)
    for clock in (SettableClock(start), MovableClock(lambda: start)):
        world = World(["HR"], clock=clock).without_sockets()
        assert answered(world, "POST", "/api/clock", {"advance": 7200}).status == 200
        assert clock() == start + timedelta(hours=2)
        for wrong in ("1", True, 1e30, float("nan"), None, []):
            assert answered(world, "POST", "/api/clock", {"advance": wrong}).status == 422
        assert answered(world, "POST", "/api/clock", []).status == 422
    world = World(["HR"]).without_sockets()
    refused = answered(world, "POST", "/api/clock", {"advance": 1})
    assert refused.status == 422
    assert b"machine's clock" in refused.body


def test_french_words() -> None:
    """Whose time it is, dates for a form, and a word for everything that a patient's country may answer."""
    clock = MovableClock()
    assert clock_words(clock) == "celle de la machine"
    clock.advance(timedelta(minutes=90))
    assert clock_words(clock) == "décalée de 1,5\u202fh"
    assert clock_words(SettableClock(datetime.now(UTC))) == "figée"
    assert [french_date(one) for one in ("19850412", "198504", "1985", "")] == [
        "12/04/1985", "04/1985", "1985", ""]
    answers = {one.behaviour.answer for country in countries.load_all() for one in country.personas}
    assert answers <= set(BEHAVIOURS)


# -- other sites ---------------------------------------------------------------------------------------------


def test_no_other_site_changes_anything(ncpeh_world: World, browser: httpx.Client) -> None:
    """A form without our token, a request that a browser calls foreign, JSON without the header: refused."""
    wanted = {"pays": "HR", "faute": "latency", "etape": "ITI-55"}
    right = form(browser, **wanted)
    refused = [
        browser.post("/fautes", data=wanted),
        browser.post("/fautes", data={**wanted, "jeton": "é"}),
        browser.post("/fautes", data=right, headers={"sec-fetch-site": "cross-site"}),
        browser.post("/reinitialiser", data={"jeton": ""}),
        browser.post("/api/faults", json={"country": "HR", "name": "latency"}),
        browser.post("/api/faults", json={"country": "HR", "name": "latency"},
                     headers={**CHANGE, "sec-fetch-site": "same-site"}),
        browser.delete("/api/faults"),
        browser.post("/api/reset"),
    ]
    assert [one.status_code for one in refused] == [403] * len(refused)
    assert ncpeh_world.ncp("HR").faults.active == ()
    asked = browser.options("/api/faults", headers={"origin": "https://attacker.example",
                                                    "access-control-request-method": "POST"})
    assert not [name for name in asked.headers if name.startswith("access-control")]


@pytest.mark.parametrize(("host", "status"), [
    ("localhost:8443", 200), ("127.0.0.1", 200), ("[::1]:1", 200), ("console.test", 200),
    ("attacker.example", 421), ("", 421), ("localhost.attacker.example", 421), ("[", 421),
])
def test_names_of_other_sites_are_refused(ncpeh_world: World, host: str, status: int) -> None:
    """A foreign name that was made to point here does not open the console."""
    handle = console_app(ncpeh_world, token=TOKEN, hosts=("console.test",))
    assert handle(get("/", host=host)).status == status


@pytest.mark.parametrize("path", [
    "/nothing", "/echanges/HR/999", "/echanges/XX/1", "/echanges/HR/1/autre", "/echanges/HR/1e3", "/pays/XX",
    "/audit/1", "/fautes", "/api/nothing", "/api/exchanges/HR/99", "/echanges/HR/²", "/../etc/passwd",
    f"/echanges/HR/{'9' * 400}",
])
def test_what_is_not_there(ncpeh_world: World, path: str) -> None:
    """Unknown places are 404, never an error of ours."""
    assert console_app(ncpeh_world, token=TOKEN)(get(path)).status == 404


def test_what_a_peer_sends_is_text(ncpeh_world: World, browser: httpx.Client) -> None:
    """Markup in a path, a header or a body of a message appears as text, everywhere."""
    evil = "<script>alert(1)</script>"
    with httpx.Client(verify=ncpeh_world.pki.client_context(ncpeh_world.pki.gateway_tls)) as peer:
        peer.post(ncpeh_world.endpoints["HR"].xcpd, content=evil,
                  headers={"content-type": "application/soap+xml", "x-evil": evil})
    for path in ("/", "/echanges/HR/1"):
        assert not re.search("<script", browser.get(path).text)
    assert evil in html.document_fromstring(browser.get("/echanges/HR/1").text).text_content()
    raw = browser.get("/echanges/HR/1/requete")
    assert raw.headers["content-type"].startswith("text/plain")


def test_a_head_has_no_body_and_no_method_is_a_surprise(ncpeh_world: World) -> None:
    """HEAD tells the length only; other methods are refused."""
    handle = console_app(ncpeh_world, token=TOKEN)
    head = handle(HttpRequest(method="HEAD", path="/", headers=(("host", "localhost"),)))
    assert (head.status, head.body) == (200, b"")
    assert int(head.header("content-length")) > 1000
    for path in ("/", "/api/world"):
        wrong = handle(HttpRequest(method="PUT", path=path, headers=(("host", "localhost"),)))
        assert wrong.status == 405
