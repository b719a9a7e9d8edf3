"""Golden requests of a French gateway, made with the project's own builders and sent by a bare httpx client.

Every negative test is one named change of them: of the values, of the signed element, or of the message.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from ehdsi import mtom, oids, soap, xca_query, xca_retrieve, xcpd, xml
from ehdsi.cda.datatypes import Address, Identifier
from ehdsi.dsig import SigningKey
from ehdsi.media_type import soap_content_type
from ehdsi.saml import build, values
from ehdsi.saml.values import HcpAssertion, TrcAssertion
from ehdsi.xml import XmlElement
from simulators.pki import Pki
from simulators.world import World

ACTIONS = {"ITI-55": oids.ACTION_XCPD, "ITI-38": oids.ACTION_XCA_QUERY, "ITI-39": oids.ACTION_XCA_RETRIEVE}
PERMISSIONS = ("PRD-003", "PRD-005", "PRD-006", "PRD-010", "PRD-016")

_numbers = itertools.count(1)


def uuid() -> str:
    """A UUID that differs from all others of this run; tests need no randomness."""
    return f"00000000-0000-4000-8000-{next(_numbers):012x}"


@dataclass(kw_only=True)
class Letter:
    """One SOAP request: its parts may be changed one by one before it is sent."""

    step: str
    body: XmlElement
    assertions: list[XmlElement | bytes] | None
    action: str
    content_type: str
    message_id: str = field(default_factory=lambda: f"urn:uuid:{uuid()}")
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None

    def octets(self) -> bytes:
        """The message as it goes out."""
        if self.content is not None:
            return self.content
        return soap.build_envelope(
            self.body,
            action=self.action,
            message_id=self.message_id,
            to="https://ncp.example/",
            reply_to=oids.WSA_ANONYMOUS,
            assertions=self.assertions,
        )


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

    def now(self) -> datetime:
        return self.world.clock()

    def hcp(self, **changes: Any) -> HcpAssertion:
        """The good HCP assertion, as values, with changes."""
        good = values.new_hcp(
            assertion_id=f"_{uuid()}",
            now=self.now(),
            country="FR",
            name_id="801234567890",
            subject_id="Claire Martin",
            role_code="221",
            facility_type="Hospital",
            locality="CHU de Lille",
            permissions=PERMISSIONS,
            home_community_id=oids.HOME_COMMUNITY_FR,
            organization="CHU de Lille",
        )
        return replace(good, **changes)

    def trc(self, hcp: HcpAssertion, patient: Identifier, **changes: Any) -> TrcAssertion:
        """The good TRC assertion for this patient, as values, with changes."""
        good = values.new_trc(
            hcp, assertion_id=f"_{uuid()}", now=self.now(), country="FR", patient_id=patient.as_cx()
        )
        return replace(good, **changes)

    def patient(self, key: str) -> Identifier:
        return self.country.persona(key).primary_identifier

    def signed(self, *assertions: HcpAssertion | TrcAssertion) -> list[XmlElement | bytes]:
        return [build.sign_assertion(build.build_unsigned(one), self.seal) for one in assertions]

    def discovery(
        self,
        *identifiers: Identifier,
        hcp: HcpAssertion | None = None,
        receiver: str | None = None,
        birth_date: str | None = None,
    ) -> Letter:
        """The golden ITI-55 request for these identifiers."""
        traits = xcpd.Traits(
            identifiers=identifiers, birth_date=birth_date, address=Address(country=self.code)
        )
        query = xcpd.PatientQuery(
            message_id=Identifier(root=uuid(), extension="1"),
            creation_time=xcpd.hl7_time(self.now()),
            query_id=Identifier(root=uuid(), extension="2"),
            sender=oids.HOME_COMMUNITY_FR,
            receiver=receiver or self.country.oids.home_community,
            traits=traits,
        )
        return self._letter("ITI-55", xcpd.build_request(query), self.signed(hcp or self.hcp()))

    def query(
        self, patient: Identifier, *, assertions: Sequence[XmlElement | bytes] | None = None, **changes: Any
    ) -> Letter:
        """The golden ITI-38 request for this patient."""
        wanted = replace(xca_query.DocumentQuery(patient_id=patient), **changes)
        return self._letter("ITI-38", xca_query.build_request(wanted), self._both(patient, assertions))

    def retrieve(
        self,
        patient: Identifier,
        *documents: tuple[str, str],
        assertions: Sequence[XmlElement | bytes] | None = None,
    ) -> Letter:
        """The golden ITI-39 request for documents given as (repository id, document id)."""
        home = self.country.oids.home_community
        asked = xca_retrieve.RetrieveRequest(
            documents=tuple(
                xca_retrieve.DocumentRequest(
                    home_community_id=home, repository_unique_id=repository, document_unique_id=document
                )
                for repository, document in documents
            )
        )
        return self._letter("ITI-39", xca_retrieve.build_request(asked), self._both(patient, assertions))

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

    def _both(
        self, patient: Identifier, given: Sequence[XmlElement | bytes] | None
    ) -> list[XmlElement | bytes]:
        if given is not None:
            return list(given)
        hcp = self.hcp()
        return self.signed(hcp, self.trc(hcp, patient))

    def _letter(self, step: str, body: XmlElement, assertions: list[XmlElement | bytes]) -> Letter:
        action = ACTIONS[step]
        return Letter(
            step=step, body=body, assertions=assertions, action=action, content_type=soap_content_type(action)
        )


def read(response: httpx.Response) -> Reply:
    """Take an answer apart."""
    reply = Reply(status=response.status_code, headers=response.headers, content=response.content)
    content_type = response.headers.get("content-type", "")
    if not content_type.startswith(("application/soap+xml", "multipart/related")):
        return reply
    package = mtom.split(content_type, response.content)
    envelope = soap.parse_envelope(package.root, http_action=package.action)
    return replace(reply, payload=envelope.body, package=package, envelope=envelope)


def edited(element: XmlElement, edit: Callable[[XmlElement], None]) -> XmlElement:
    """A copy of a signed element with something changed after it was signed."""
    copy = xml.parse(xml.serialise(element))
    edit(copy)
    return copy


def utc(text: str) -> datetime:
    """A moment written as ``2026-01-31T12:00``, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
