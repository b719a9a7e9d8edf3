"""Each quirk of an OpenNCP-like NCP, switched on alone, changes its own answer and no other one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from simulators.clock import SettableClock
from simulators.http import HttpRequest
from simulators.ncp.quirks import QUIRKS
from simulators.world import World
from tests.component import golden_requests
from tests.component.golden_requests import Gateway, Letter, Reply
from tests.component.quirk_cases import OTHER_PEER, ROWS, STIMULI, TO_SPAIN

#: What differs between two equal answers: identifiers made for each.
_FRESH = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class DirectGateway(Gateway):
    """Hands its requests to the NCP without a socket, in the name of a TLS client of ``peer``."""

    def __init__(self, world: World, code: str, peer: str = "FR") -> None:
        super().__init__(world, code)
        self.client.close()
        self._peer = world.pki.tls_client(peer).der

    def send(self, letter: Letter, *, url: str = "", client: httpx.Client | None = None) -> Reply:
        endpoints = self.world.endpoints[self.code]
        url = url or (endpoints.xcpd if letter.step == "ITI-55" else endpoints.xca)
        answer = self.world.ncp(self.code).handle(HttpRequest(
            method="POST", path=httpx.URL(url).path, headers=(("content-type", letter.content_type),),
            body=letter.octets(), peer_certificate=self._peer))
        return golden_requests.read(httpx.Response(answer.status, headers=answer.headers,
                                                   content=answer.body))


class Panel:
    """All requests, made once, and the strict answers to them."""

    def __init__(self) -> None:
        self.world = World(["HR", "ES"], clock=SettableClock(datetime.now(UTC))).without_sockets()
        here, there = DirectGateway(self.world, "HR"), DirectGateway(self.world, "ES")
        other = DirectGateway(self.world, "HR", peer="EE")
        self._letters = {name: (gateway, make(gateway)) for gateway, made in (
            (here, STIMULI), (there, TO_SPAIN), (other, OTHER_PEER)) for name, make in made.items()}
        self.strict = self.answers()

    def answers(self, *quirks: str) -> dict[str, Reply]:
        """Every request answered by NCPs with these quirks."""
        for ncp in self.world.ncps.values():
            ncp.reset(quirks=frozenset(quirks))
        return {name: gateway.send(letter) for name, (gateway, letter) in self._letters.items()}


@pytest.fixture(scope="module")
def panel() -> Iterator[Panel]:
    yield Panel()


def _plain(reply: Reply) -> tuple[int, bytes]:
    return reply.status, _FRESH.sub(b"fresh", reply.content)


def test_every_quirk_has_its_row() -> None:
    """A new quirk cannot come without a test."""
    assert set(ROWS) == set(QUIRKS)


def test_the_same_request_gets_the_same_answer(panel: Panel) -> None:
    """Without quirks nothing changes between two rounds, so that a difference is a quirk's doing."""
    again = panel.answers()
    assert {name for name in again if _plain(again[name]) != _plain(panel.strict[name])} == set()


@pytest.mark.parametrize("quirk", ROWS)
def test_quirk_alone_changes_exactly_its_answer(panel: Panel, quirk: str) -> None:
    """The strict answer becomes the known one of OpenNCP, and every other answer stays as it was."""
    row = ROWS[quirk]
    answers = panel.answers(quirk)
    row.strict(panel.strict[row.stimulus])
    row.lenient(answers[row.stimulus])
    changed = {name for name in answers if _plain(answers[name]) != _plain(panel.strict[name])}
    assert changed == {row.stimulus, *row.also}
