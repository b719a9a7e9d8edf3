"""What NCPs really send, for every persona of every country, is valid under schemas that are not ours."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from lxml import etree

import countries
from ehdsi import mtom, oids
from simulators.world import World
from tests.component.golden_requests import Gateway, Reply
from tests.reference import needs_reference, reference

PERSONAS = [(country.code, persona.key) for country in countries.load_all() for persona in country.personas]

pytestmark = [needs_reference, pytest.mark.reference]


@cache
def schema(*parts: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(reference("schemas", *parts))))


@pytest.fixture(scope="module", params=["strict", "openncp-like"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with World(mode=request.param) as world:
        yield world


@pytest.fixture
def gateways(world: World) -> Iterator[Callable[[str], Gateway]]:
    opened: list[Gateway] = []

    def open_one(code: str) -> Gateway:
        opened.append(Gateway(world, code))
        return opened[-1]

    yield open_one
    for gateway in opened:
        gateway.close()


@pytest.mark.parametrize(("code", "key"), PERSONAS, ids=[key for _, key in PERSONAS])
def test_answers_are_valid_under_foreign_schemas(
    gateways: Callable[[str], Gateway], code: str, key: str
) -> None:
    """Matches, refusals, lists and retrievals of each persona satisfy HL7's and IHE's own schemas."""
    gateway = gateways(code)
    persona = gateway.country.persona(key)
    birth = persona.birth_time if len(persona.birth_time) == 8 else None
    found = gateway.send(
        gateway.discovery(*persona.identifiers, *persona.shared_identifiers, birth_date=birth)
    )
    schema("xcpd", "PRPA_IN201306UV02.xsd").assertValid(found.payload)
    patient = persona.primary_identifier
    listing = gateway.send(gateway.query(patient))
    schema("xca", "query.xsd").assertValid(listing.payload)
    for entry in listing.listing().entries:
        asked = (entry.repository_unique_id, entry.unique_id)
        reply = gateway.send(gateway.retrieve(patient, asked))
        for content in reply.payload.iter(f"{{{oids.NS_XDS}}}Document"):
            _inline(content, reply)
        schema("xca", "IHEXDS.xsd").assertValid(reply.payload)


def _inline(content: etree._Element, reply: Reply) -> None:
    """The schema describes the message as it is before XOP took the bytes out."""
    octets = mtom.binary_of(content, reply.package)
    content.remove(content[0])
    content.text = base64.b64encode(octets).decode()
