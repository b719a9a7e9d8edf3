"""The audit repository simulator: what it takes, what it refuses, what it shows, and how it can fail."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ehdsi import audit, syslog, xml
from ehdsi.audit import Outcome
from ehdsi.errors import LocalError
from exchange.syslog import TlsSyslog
from exchange.tls import ClientTls
from ncpeh.settings import new_ids, now, typed_traits
from sesali.config import AuditTarget, from_world
from sesali.gateway import Gateway
from sesali.journey import walk
from sesali.professional import DEMONSTRATOR
from simulators.audit_repository import AuditRepository, EventStore, StoredEvent
from simulators.pki import Pki
from simulators.web.pretty import pretty
from simulators.world import World
from tests.reference import reference

TIME = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
IDENTIFIER = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(now=datetime.now(UTC))


@pytest.fixture
def repository(pki: Pki) -> Iterator[AuditRepository]:
    with AuditRepository(pki) as running:
        yield running


@pytest.fixture
def send(pki: Pki, repository: AuditRepository, tmp_path: Path) -> TlsSyslog:
    """Sends as the gateway does, and waits for the confirmation."""
    return sender(pki, tmp_path, repository.port)


def sender(pki: Pki, folder: Path, port: int, timeout: float = 5.0) -> TlsSyslog:
    (folder / "ca.pem").write_bytes(pki.ca.certificate_pem)
    pair = folder / "client.pem"
    pair.write_bytes(pki.gateway_tls.certificate_pem + pki.gateway_tls.key_pem)
    tls = ClientTls(ca=folder / "ca.pem", certificate=pair, key=pair)
    return TlsSyslog("127.0.0.1", port, tls, timeout=timeout)


def frame(text: str = "1", identifier: str = IDENTIFIER, patient: str = "NAM-4711^^^&2.999.1.2&ISO") -> bytes:
    message = audit.event_message(
        "EHDSI-11", side="B", time=TIME, outcome=Outcome.SUCCESS, source_id="FR-IDF",
        participants=(audit.point_of_care("Cabinet <b>"),),
        objects=(audit.patient_object(patient), audit.document_object(text)))
    return syslog.frame_message(audit.build_audit_message(message), host="gateway", time=TIME,
                                application="sesali", message_id=identifier)


def identifiers(repository: AuditRepository) -> list[str]:
    return [event.header.message_id for event in repository.store.events() if event.header]


def page_of(pki: Pki, repository: AuditRepository) -> httpx.Client:
    return httpx.Client(verify=pki.client_context(), base_url=repository.page)


def test_confirmed_is_stored(repository: AuditRepository, send: TlsSyslog) -> None:
    """When the sender's call returns, its events are in the store: read, with sender and header."""
    send((frame(),))
    event, = repository.store.events()
    assert (event.number, event.copies, event.problem) == (1, 1, "")
    assert event.sender.startswith("GRP:EHEALTH_NCP")
    assert event.types == ("ITI-55",)
    assert event.patients == ("NAM-4711^^^&2.999.1.2&ISO",)


def test_repetitions_are_counted_not_stored(repository: AuditRepository, send: TlsSyslog) -> None:
    """The same identifier again is the same event; messages without one are never taken for repetitions."""
    other = IDENTIFIER[::-1]
    send((frame("1"), frame("1"), frame("2", other)))
    send((frame("1"),))
    assert identifiers(repository) == [IDENTIFIER, other]
    assert [event.copies for event in repository.store.events()] == [3, 1]
    assert repository.store.counts() == (2, 2)
    send((frame("3", "-"), frame("3", "-")))
    assert repository.store.counts() == (4, 2)


def test_unreadable_events_are_kept_with_what_is_wrong(repository: AuditRepository, send: TlsSyslog) -> None:
    """A well framed message that is no audit message is stored, said to be wrong, and holds up nothing."""
    for payload in (b"<85>1 - h - - - - <other/>", b"<85>1 - h - - - - <!DOCTYPE a><a/>", b"hello"):
        send((b"%d %s" % (len(payload), payload), frame(identifier="-")))
    events = repository.store.events()
    assert [bool(event.problem) for event in events] == [True, False] * 3
    assert [event.message is None for event in events] == [True, False] * 3


@pytest.mark.parametrize("rubbish", [b"GET / HTTP/1.1\r\n\r\n", b"99999999 x", frame()[:-1]])
def test_streams_out_of_step_are_not_confirmed(repository: AuditRepository, send: TlsSyslog,
                                               rubbish: bytes) -> None:
    """What is no syslog, or ends within a frame, ends in an error, so the sender repeats what came before."""
    with pytest.raises(OSError):
        send((frame("1"), rubbish))
    assert repository.refused == 1
    send((frame("1"),))
    assert identifiers(repository) == [IDENTIFIER]


def test_nobody_without_certificate(pki: Pki, repository: AuditRepository) -> None:
    """Both ends show certificates (RFC 5425, 4.2): without one, or with a stranger's, nothing is stored."""
    stranger = pki.flawed("tls_client", "FR", "unknown_issuer")
    for credential in (None, stranger):
        context = pki.client_context(credential)
        with (pytest.raises(OSError), socket.create_connection(("127.0.0.1", repository.port)) as plain,
              context.wrap_socket(plain, server_hostname="127.0.0.1") as secure):
            secure.sendall(frame())
            secure.unwrap()
    assert repository.store.counts() == (0, 0)


def test_killed_and_restarted_on_the_same_port(repository: AuditRepository, send: TlsSyslog) -> None:
    """While it is away senders are refused; it comes back on the same port with what it had."""
    send((frame("1", "-"),))
    port = repository.port
    repository.kill()
    assert repository.state == "stopped"
    with pytest.raises(OSError):
        send((frame("2", "-"),))
    repository.restart()
    send((frame("3", "-"),))
    assert (repository.state, repository.port, repository.store.counts()[0]) == ("listening", port, 2)


def test_paused_takes_nothing(pki: Pki, repository: AuditRepository, tmp_path: Path) -> None:
    """A paused repository accepts the connection and confirms nothing; the event arrives by repetition."""
    repository.pause()
    with pytest.raises(OSError):
        sender(pki, tmp_path, repository.port, timeout=0.2)((frame(),))
    assert repository.store.counts() == (0, 0)
    repository.resume()
    sender(pki, tmp_path, repository.port)((frame(),))
    assert identifiers(repository) == [IDENTIFIER]


def test_a_file_outlives_the_repository(pki: Pki, tmp_path: Path) -> None:
    """Events in a file are there for the next repository, which recognises their repetitions."""
    path = tmp_path / "events.sqlite"
    for _ in range(2):
        with AuditRepository(pki, store=path) as running:
            sender(pki, tmp_path, running.port)((frame(),))
    with AuditRepository(pki, store=path) as running:
        assert [event.copies for event in running.store.events()] == [2]


def test_old_events_go(pki: Pki, tmp_path: Path) -> None:
    """The store keeps the newest events only; their numbers tell that others went before."""
    with AuditRepository(pki, keep=2) as running:
        sender(pki, tmp_path, running.port)(tuple(frame(str(number), "-") for number in range(5)))
        assert [event.number for event in running.store.events()] == [4, 5]


def test_page_masks_and_escapes_json_does_not(pki: Pki, repository: AuditRepository, send: TlsSyslog) -> None:
    """The page shows no whole identifier and runs no markup; JSON and the message itself show everything."""
    bad = b"<85>1 - <i>h</i> - - - - <x/>"
    send((frame(), b"%d %s" % (len(bad), bad)))
    with page_of(pki, repository) as browser:
        page = browser.get("/")
        assert "NAM-4711" not in page.text
        assert "•••11" in page.text
        assert "<i>" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        value = browser.get("/events.json").json()
        assert value["events"][0]["patients"] == ["NAM-4711^^^&2.999.1.2&ISO"]
        assert [event["number"] for event in browser.get("/events.json?after=1").json()["events"]] == [2]
        raw = browser.get("/events/1")
        assert raw.headers["content-type"].startswith("text/plain")
        assert "NAM-4711" in raw.text
        assert [browser.get(path).status_code for path in ("/events/9", "/events/x", "/nothing")] == [404] * 3
        assert browser.post("/").status_code == 405
        assert browser.get("/", headers={"host": "attacker.example"}).status_code == 421


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=80).map(
    lambda noise: b"<85>1 - h a - - - \xef\xbb\xbf<AuditMessage>" + noise)))
def test_any_bytes_can_be_stored(data: bytes) -> None:
    """Whatever a sender puts into a frame, it is kept as it came and shown with what is wrong with it."""
    store = EventStore()
    store.add((data,), sender="anyone", now=TIME)
    event, = store.events()
    assert event.frame == data
    assert event.problem != ""
    assert isinstance(pretty(event.payload), str)
    store.close()


def test_foreign_events_wait_for_the_repository(ncpeh_world: World) -> None:
    """Events of the foreign NCPs wait while nobody listens; one that cannot be made holds up no other."""
    repository = AuditRepository(ncpeh_world.pki).start()
    forwarder = repository.take_from(ncpeh_world, retry_after=0.02)
    repository.kill()

    def event() -> audit.AuditMessage:
        return audit.event_message("EHDSI-11", side="A", time=TIME, outcome=Outcome.SUCCESS,
                                   source_id="HR", participants=(audit.service_provider("x"),))

    def broken() -> audit.AuditMessage:
        raise LocalError("cannot be made")

    forwarder("HR", event)
    forwarder("PT", broken)
    forwarder("PT", event)
    assert not forwarder.flush(0.05)
    repository.restart()
    assert forwarder.flush(10)
    assert forwarder.lost == 1
    assert [event.problem for event in repository.store.events()] == ["", ""]
    repository.stop()


# -- both sides of a journey ---------------------------------------------------------------------------------


@pytest.fixture
def journey_events(ncpeh_world: World, tmp_path: Path) -> Iterator[tuple[StoredEvent, ...]]:
    """Events of gateway and foreign NCP after a whole journey, and one that is refused at ITI-38."""
    with AuditRepository(ncpeh_world.pki, clock=ncpeh_world.clock) as repository:
        forwarder = repository.take_from(ncpeh_world)
        config = replace(from_world(ncpeh_world.world_json(tmp_path), outbox=tmp_path / "audit.sqlite"),
                         audit=AuditTarget(host=repository.host, port=repository.port))
        gateway = Gateway(config, clock=now, new_id=new_ids(None).__next__)
        for key in ("HR-1", "HR-5"):
            persona = ncpeh_world.countries["HR"].persona(key)
            walk(gateway, "HR", lambda mask, who=persona: typed_traits(mask, who),  # type: ignore[misc]
                 DEMONSTRATOR, lambda opened: "page", timer=time.perf_counter)
        assert gateway.trail is not None and gateway.trail.sender is not None
        assert gateway.trail.sender.flush(10)
        assert forwarder.flush(10)
        gateway.close(flush=0)
        yield repository.store.events()
    assert all(ncp.audit is None for ncp in ncpeh_world.ncps.values())


def of_side(events: tuple[StoredEvent, ...], country: str) -> list[StoredEvent]:
    return [event for event in events if f"_{country}_" in event.sender]


def test_the_foreign_ncp_tells_the_same_story(journey_events: tuple[StoredEvent, ...]) -> None:
    """Each exchange has an event on either side: same transaction, patient, outcome and services."""
    exchanged = [event for event in of_side(journey_events, "FR")
                 if event.types[0] in ("ITI-55", "ITI-38", "ITI-39")]
    answered = of_side(journey_events, "HR")
    assert [event.types for event in answered] == [event.types for event in exchanged]
    assert len(answered) == 6
    for ours, theirs in zip(exchanged, answered, strict=True):
        assert ours.message is not None and theirs.message is not None
        assert ours.patients == theirs.patients
        assert ours.message.outcome == theirs.message.outcome
        services = [one for one in theirs.message.participants if one.role.system == "eHealth DSI"]
        assert [one.user_id for one in services] == [
            one.user_id for one in ours.message.participants if one.role.system == "eHealth DSI"]
    codes = [one.object_id for one in answered[-1].message.objects] if answered[-1].message else []
    assert "4701" in codes


def test_side_a_exports_what_side_b_imports(journey_events: tuple[StoredEvent, ...]) -> None:
    """The retrieval is an export at the country of affiliation and an import at the country of treatment."""
    retrieved = {country: [event.message.event.code for event in of_side(journey_events, country)
                           if event.message and event.types == ("ITI-39",)] for country in ("FR", "HR")}
    assert retrieved == {"FR": ["110107", "110107"], "HR": ["110106", "110106"]}


@pytest.mark.reference
def test_every_message_of_a_journey_is_valid_under_the_foreign_schema(
        journey_events: tuple[StoredEvent, ...]) -> None:
    """What really travelled, from both sides, satisfies DICOM's own schema."""
    schema = etree.XMLSchema(etree.parse(str(reference("schemas", "audit", "DICOM_Unsigned.xsd"))))
    assert len(journey_events) > 12
    for event in journey_events:
        assert event.problem == ""
        schema.assertValid(xml.parse(event.payload))
