"""The audit trail to its repository over TLS: in order, nothing lost while it is away, each event once."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ehdsi import syslog, xml
from ehdsi.audit import AuditMessage, parse_audit_message
from ncpeh.settings import new_ids, now, typed_traits
from sesali.config import AuditTarget, from_world
from sesali.gateway import Gateway
from sesali.journey import walk
from sesali.professional import DEMONSTRATOR
from simulators.world import World


class Repository:
    """A minimal syslog receiver over TLS. ``rude`` of its connections are read and dropped without a word."""

    def __init__(self, context: ssl.SSLContext, port: int = 0, rude: int = 0) -> None:
        self.messages: list[syslog.SyslogMessage] = []
        self._context = context
        self._rude = rude
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            with plain:
                self._read(plain)

    def _read(self, plain: socket.socket) -> None:
        try:
            with self._context.wrap_socket(plain, server_side=True) as secure:
                data = b""
                while chunk := secure.recv(65536):
                    data += chunk
                if self._rude:
                    self._rude -= 1
                    return
                frames, rest = syslog.split_frames(data)
                assert rest == b""
                self.messages += [syslog.parse_syslog(frame) for frame in frames]
                secure.unwrap().close()
        except OSError:
            return

    def events(self) -> list[AuditMessage]:
        return [parse_audit_message(xml.parse(message.payload)) for message in self.messages]

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def context(ncpeh_world: World) -> ssl.SSLContext:
    return ncpeh_world.pki.server_context(ncpeh_world.pki.service("audit_repository"))


@pytest.fixture
def gateways(ncpeh_world: World, tmp_path: Path) -> Iterator[list[Gateway]]:
    """Gateways to close at the end, whatever the test did with them."""
    opened: list[Gateway] = []
    yield opened
    for gateway in opened:
        gateway.close(flush=0)


def gateway_for(world: World, folder: Path, port: int) -> Gateway:
    config = replace(from_world(world.world_json(folder), outbox=folder / "audit.sqlite"),
                     audit=AuditTarget(host="127.0.0.1", port=port))
    return Gateway(config, clock=now, new_id=new_ids(None).__next__)


def journey(world: World, gateway: Gateway, key: str = "HR-2") -> None:
    persona = world.countries["HR"].persona(key)
    walk(gateway, "HR", lambda mask: typed_traits(mask, persona), DEMONSTRATOR, lambda opened: "page",
         timer=time.perf_counter)


def flushed(gateway: Gateway) -> bool:
    assert gateway.trail is not None
    assert gateway.trail.sender is not None
    return gateway.trail.sender.flush(10)


def types_of(events: list[AuditMessage]) -> list[str]:
    return [event.event_types[0].code for event in events]


ONE_JOURNEY = ["ITI-40", "ITI-55", "EHDSI-92", "ITI-38", "ITI-39", "ITI-39", "EHDSI-94"]


def test_one_event_per_step_in_order(ncpeh_world: World, tmp_path: Path, context: ssl.SSLContext,
                                     gateways: list[Gateway]) -> None:
    """Each step leaves its event, in the order of the journey, with the patient once there is one."""
    repository = Repository(context)
    gateway = gateway_for(ncpeh_world, tmp_path, repository.port)
    gateways.append(gateway)
    journey(ncpeh_world, gateway)
    assert flushed(gateway)
    events = repository.events()
    assert types_of(events) == ONE_JOURNEY
    patient = ncpeh_world.countries["HR"].persona("HR-2").primary_identifier.as_cx()
    assert [any(one.object_id == patient for one in event.objects) for event in events] == [
        False, True, True, True, True, True, False]
    repository.close()


def test_repository_away_then_gateway_restarted(ncpeh_world: World, tmp_path: Path, context: ssl.SSLContext,
                                                gateways: list[Gateway]) -> None:
    """Events made while nobody listens survive the end of the gateway; each arrives once when all is back."""
    first = Repository(context)
    port = first.port
    first.close()
    gateway = gateway_for(ncpeh_world, tmp_path, port)
    for _ in range(3):
        journey(ncpeh_world, gateway)
    gateway.close(flush=0)
    second = Repository(context, port, rude=1)
    again = gateway_for(ncpeh_world, tmp_path, port)
    gateways.append(again)
    journey(ncpeh_world, again)
    assert flushed(again)
    assert types_of(second.events()) == ONE_JOURNEY * 4
    identifiers = [message.message_id for message in second.messages]
    assert len(set(identifiers)) == len(identifiers)
    second.close()


def test_nothing_readable_on_disk(ncpeh_world: World, tmp_path: Path, gateways: list[Gateway]) -> None:
    """The outbox names patients, so neither identifier nor name of the patient stands in its files."""
    gateway = gateway_for(ncpeh_world, tmp_path, 1)
    gateways.append(gateway)
    journey(ncpeh_world, gateway)
    persona = ncpeh_world.countries["HR"].persona("HR-2")
    written = b"".join(path.read_bytes() for path in tmp_path.glob("audit*"))
    assert len(written) > 1000
    for secret in (persona.primary_identifier.extension or "", persona.name.family[0]):
        assert secret.encode() not in written


def test_refusal_is_in_the_trail(ncpeh_world: World, tmp_path: Path, context: ssl.SSLContext,
                                 gateways: list[Gateway]) -> None:
    """A refused query is an event too, with its outcome and the code that the country gave."""
    repository = Repository(context)
    gateway = gateway_for(ncpeh_world, tmp_path, repository.port)
    gateways.append(gateway)
    journey(ncpeh_world, gateway, "HR-5")
    assert flushed(gateway)
    last = repository.events()[-1]
    assert last.event_types[0].code == "ITI-38"
    assert last.outcome.value == "12"
    assert "4701" in [one.object_id for one in last.objects]
    repository.close()
