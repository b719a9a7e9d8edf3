"""Golden requests of a French gateway, made with the project's own builders and sent by a bare httpx client.

Every negative test is one named change of them: of the values, of the signed element, or of the message.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from ehdsi import mtom, soap, xca_query, xca_retrieve, xcpd
from ehdsi.cda.datatypes import Address, Identifier
from ehdsi.dsig import SigningKey
from ehdsi.saml.values import HcpAssertion, TrcAssertion
from ehdsi.traits import Traits
from ehdsi.xml import XmlElement
from onboarding import letters
from simulators.pki import Pki
from simulators.world import World

_numbers = itertools.count(1)


def uuid() -> str:
    """A UUID that differs from all others of this run; tests need no randomness."""
    return f"00000000-0000-4000-8000-{next(_numbers):012x}"


@dataclass(frozen=True, kw_only=True)
class Letter(letters.Letter):
    """One SOAP request with what is to stand in its HTTP headers besides the content type."""

    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer taken apart as far as it goes; ``payload`` is None when it was no SOAP message."""

    status: int
    headers: httpx.Headers
    content: bytes
    payload: XmlElement | None = None
    package: mtom.Package | None = None
    envelope: soap.Envelope | None = None

    @property
    def fault(self) -> soap.Fault | None:
        return None if self.payload is None else soap.parse_fault(self.payload)

    def discovery(self) -> xcpd.DiscoveryAnswer:
        assert self.payload is not None
        return xcpd.parse_response(self.payload)

    def listing(self) -> xca_query.DocumentList:
        assert self.payload is not None
        return xca_query.parse_response(self.payload)

    def retrieved(self) -> xca_retrieve.RetrieveAnswer:
        assert self.payload is not None and self.package is not None
        parts = self.package.parts
        return xca_retrieve.parse_response(self.payload, lambda cid: parts[cid].read())


class Gateway:
    """The French side of golden requests to one country of a world."""

    def __init__(self, world: World, code: str) -> None:
        self.world = world
        self.code = code
        self.country = world.countries[code]
        self.client = httpx.Client(
            verify=world.pki.client_context(world.pki.gateway_tls), timeout=10, trust_env=False
        )

    @property
    def pki(self) -> Pki:
        return self.world.pki

    @property
    def seal(self) -> SigningKey:
        return self.pki.gateway_seal.signing_key

    @property
    def writer(self) -> letters.Writer:
        """Who writes the golden requests, with the seal that the gateway has now."""
        return letters.Writer(
            country=self.code,
            home_community=self.country.oids.home_community,
            seal=self.seal,
            clock=self.now,
            new_id=uuid,
        )

    def now(self) -> datetime:
        return self.world.clock()

    def hcp(self, **changes: Any) -> HcpAssertion:
        """The good HCP assertion, as values, with changes."""
        return self.writer.hcp(**changes)

    def trc(self, hcp: HcpAssertion, patient: Identifier, **changes: Any) -> TrcAssertion:
        """The good TRC assertion for this patient, as values, with changes."""
        return self.writer.trc(hcp, patient, **changes)

    def patient(self, key: str) -> Identifier:
        return self.country.persona(key).primary_identifier

    def signed(self, *assertions: HcpAssertion | TrcAssertion) -> letters.Assertions:
        return self.writer.signed(*assertions)

    def discovery(
        self,
        *identifiers: Identifier,
        hcp: HcpAssertion | None = None,
        receiver: str = "",
        birth_date: str | None = None,
    ) -> Letter:
        """The golden ITI-55 request for these identifiers."""
        traits = Traits(identifiers=identifiers, birth_date=birth_date, address=Address(country=self.code))
        given = None if hcp is None else self.signed(hcp)
        return _with_headers(self.writer.discovery(traits, receiver=receiver, assertions=given))

    def query(
        self, patient: Identifier, *, assertions: Sequence[XmlElement | bytes] | None = None, **changes: Any
    ) -> Letter:
        """The golden ITI-38 request for this patient."""
        given = None if assertions is None else list(assertions)
        return _with_headers(self.writer.query(patient, assertions=given, **changes))

    def retrieve(
        self,
        patient: Identifier,
        *documents: tuple[str, str],
        assertions: Sequence[XmlElement | bytes] | None = None,
    ) -> Letter:
        """The golden ITI-39 request for documents given as (repository id, document id)."""
        given = None if assertions is None else list(assertions)
        return _with_headers(self.writer.retrieve(patient, documents, assertions=given))

    def send(self, letter: Letter, *, url: str = "", client: httpx.Client | None = None) -> Reply:
        """Post a request and read the answer as far as it can be read."""
        endpoints = self.world.endpoints[self.code]
        url = url or (endpoints.xcpd if letter.step == "ITI-55" else endpoints.xca)
        headers = {"Content-Type": letter.content_type} | letter.headers
        response = (client or self.client).post(url, content=letter.octets(), headers=headers)
        return read(response)

    def listed(self, key: str) -> list[tuple[str, str]]:
        """Repository and document ids of a persona, level 3 first."""
        patient = self.patient(key)
        entries = self.send(self.query(patient)).listing().entries
        return [
            (one.repository_unique_id, one.unique_id)
            for one in sorted(entries, key=lambda one: -(one.level or 0))
        ]

    def close(self) -> None:
        self.client.close()


def _with_headers(letter: letters.Letter) -> Letter:
    parts = {one.name: getattr(letter, one.name) for one in fields(letter)}
    return Letter(**(parts | {"to": "https://ncp.example/"}))


def read(response: httpx.Response) -> Reply:
    """Take an answer apart."""
    reply = Reply(status=response.status_code, headers=response.headers, content=response.content)
    content_type = response.headers.get("content-type", "")
    if not content_type.startswith(("application/soap+xml", "multipart/related")):
        return reply
    package = mtom.split(content_type, response.content)
    envelope = soap.parse_envelope(package.root, http_action=package.action)
    return replace(reply, payload=envelope.body, package=package, envelope=envelope)


def utc(text: str) -> datetime:
    """A moment written as ``2026-01-31T12:00``, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
