"""The client of foreign NCPs: ITI-55, ITI-38 and ITI-39 over SOAP 1.2 and mutual TLS.

A query (ITI-55, ITI-38) that reached nobody is sent once more after the directory was asked again: the
foreign country may have moved. A retrieve is not repeated by itself, and neither is anything that timed out:
the country has the request and is working on it.

Source: eHDSI XCPD, XCA and Messaging profiles; IHE ITI TF-2 3.55, 3.38, 3.39.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import httpx

from ehdsi import media_type, mtom, oids, soap, xca_query, xca_retrieve, xcpd, xml
from ehdsi.errors import EntryRefused, MalformedMime, MalformedSoap, PeerError, TransportFailure
from ehdsi.xca_query import DocumentList, DocumentQuery
from ehdsi.xca_retrieve import RetrieveAnswer, RetrieveRequest
from ehdsi.xcpd import DiscoveryAnswer, PatientQuery
from ehdsi.xml import XmlElement
from exchange.directory import Directory, Endpoint, Service
from exchange.http import Answer, Courier, Limits
from exchange.tls import ClientTls, client_context
from exchange.wire import OnMessage, ignore

Value = TypeVar("Value")

#: Signed assertions in the order of the profile (next of kin, HCP, TRC), as elements or as their bytes.
Assertions = Sequence[XmlElement | bytes]

#: Failures after which a query is worth a second try at a freshly looked-up endpoint.
_WORTH_A_RETRY = frozenset({"refused", "reset", "dns", "tls"})


@dataclass(eq=False)
class FaultReceived(PeerError):
    """The peer answered with a SOAP fault; ``fault`` keeps its code and reason for the technical log."""

    fault: soap.Fault | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged(Generic[Value]):
    """An answer that was read, and what the audit trail says about how it came.

    Attributes
    ----------
    value : the answer.
    request_id, response_id : ``wsa:MessageID`` of both messages; the latter is empty when absent.
    """

    value: Value
    request_id: str
    response_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A SOAP answer that was read: payload of the body, binary parts by content identifier, identifiers."""

    payload: XmlElement
    parts: Mapping[str, mtom.Part] = field(default_factory=dict)
    message_id: str = ""
    request_id: str = ""

    def part(self, content_id: str) -> bytes:
        """The bytes of a binary part; ``KeyError`` when there is none of this identifier."""
        return self.parts[content_id].read()

    def carrying(self, value: Value) -> Exchanged[Value]:
        """The parsed payload with the identifiers of the two messages."""
        return Exchanged(value=value, request_id=self.request_id, response_id=self.message_id)


class NcpClient:
    """All foreign NCPs as seen from the gateway; safe for use by many threads.

    Parameters
    ----------
    directory : where endpoints come from.
    tls : our side of mutual TLS.
    limits : seconds, bytes and connections per peer.
    on_message : sees every message as it is on the wire.
    transport : replaces the network in tests.
    """

    def __init__(self, directory: Directory, tls: ClientTls, *,
                 limits: Limits | None = None, on_message: OnMessage = ignore,
                 transport: httpx.BaseTransport | None = None) -> None:
        self._directory = directory
        self._tls = tls
        self._limits = limits or Limits()
        self._on_message = on_message
        self._transport = transport
        self._lock = threading.Lock()
        self._couriers: dict[tuple[str, bytes], Courier] = {}

    def discover(self, country: str, query: PatientQuery, assertions: Assertions, *, request_id: str
                 ) -> Exchanged[DiscoveryAnswer]:
        """ITI-55: who is this patient?

        Parameters
        ----------
        assertions : HCP, with the next of kin before it if there is one.
        request_id : ``wsa:MessageID``, ``urn:uuid:…``; a repeated query carries the same.

        Raises
        ------
        TransportFailure : nobody could be reached, even at a fresh endpoint.
        EntryRefused : the country's entry in the directory may not be used; nothing was sent.
        PeerError : what came cannot be used (``FaultReceived``, malformed).
        """
        reply = self._ask_twice(country, Service.ITI_55, xcpd.build_request(query), assertions, request_id)
        return reply.carrying(xcpd.parse_response(reply.payload))

    def list_documents(self, country: str, query: DocumentQuery, assertions: Assertions, *,
                       request_id: str) -> Exchanged[DocumentList]:
        """ITI-38: which documents are there? ``assertions``: HCP and TRC. Raises as ``discover`` does."""
        reply = self._ask_twice(country, Service.ITI_38, xca_query.build_request(query), assertions,
                                request_id)
        return reply.carrying(xca_query.parse_response(reply.payload))

    def retrieve(self, country: str, request: RetrieveRequest, assertions: Assertions, *, request_id: str
                 ) -> Exchanged[RetrieveAnswer]:
        """ITI-39: these documents. ``assertions``: HCP and TRC. Raises as ``discover``; never sent twice."""
        reply = self._ask(country, Service.ITI_39, xca_retrieve.build_request(request), assertions,
                          request_id)
        return reply.carrying(xca_retrieve.parse_response(reply.payload, reply.part))

    def _ask(self, country: str, service: Service, payload: XmlElement, assertions: Assertions,
             request_id: str) -> Reply:
        """One request and its answer, at the endpoint known now."""
        try:
            endpoint = self._directory.endpoint(country, service)
        except PeerError as error:
            raise EntryRefused.because_of(error) from None
        envelope = soap.build_envelope(payload, action=service.action, message_id=request_id, to=endpoint.url,
                                       reply_to=oids.WSA_ANONYMOUS, assertions=assertions)
        answer = self._courier(country, endpoint).post(
            endpoint.url, step=service.step, content=envelope,
            content_type=media_type.soap_content_type(service.action))
        return read_reply(answer, request_id=request_id, action=service.response_action)

    def _ask_twice(self, country: str, service: Service, payload: XmlElement,
                   assertions: Assertions, request_id: str) -> Reply:
        """For queries: once more at a fresh endpoint when the first try reached nobody."""
        try:
            return self._ask(country, service, payload, assertions, request_id)
        except TransportFailure as failure:
            if failure.kind not in _WORTH_A_RETRY:
                raise
        self._directory.refresh(country)
        return self._ask(country, service, payload, assertions, request_id)

    def _courier(self, country: str, endpoint: Endpoint) -> Courier:
        """The connection pool of this peer; another certificate is another peer."""
        key = (country, endpoint.certificate_der)
        with self._lock:
            if key not in self._couriers:
                self._couriers[key] = Courier(
                    country, verify=client_context(self._tls, pinned=endpoint.certificate_der),
                    limits=self._limits, on_message=self._on_message, transport=self._transport)
            return self._couriers[key]

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            couriers, self._couriers = tuple(self._couriers.values()), {}
        for courier in couriers:
            courier.close()


def read_reply(answer: Answer, *, request_id: str, action: str) -> Reply:
    """Read what came back over HTTP: plain SOAP 1.2 or MTOM, a payload or a fault.

    Parameters
    ----------
    answer : status, content type, bytes.
    request_id : the ``wsa:MessageID`` that the answer must relate to, where it relates to any.
    action : the ``wsa:Action`` that the answer must carry, where it carries one.

    Raises
    ------
    TransportFailure : kind ``http``, neither SOAP nor MTOM came back (an error page of a proxy).
    FaultReceived : a SOAP fault.
    MalformedMime, MalformedXml, MalformedSoap : it cannot be read.
    """
    root, parts = _unpack(answer)
    rules = soap.EnvelopeRules(require_action=False, must_understand=False, answers=request_id)
    envelope = soap.parse_envelope(root, rules=rules)
    fault = soap.parse_fault(envelope.body)
    if fault is not None:
        raise FaultReceived("the peer answered with a SOAP fault", where="/Envelope/Body/Fault",
                            expected="an answer", got=fault.code, clause="SOAP 1.2 part 1, 5.4", fault=fault)
    if answer.status != 200:
        raise MalformedSoap("an answer that is no fault came with an HTTP error status", where="HTTP status",
                            expected="200", got=str(answer.status), clause="SOAP 1.2 part 2, table 17")
    if envelope.action and envelope.action != action:
        raise MalformedSoap("the answer carries another action", where="/Envelope/Header/Action",
                            expected=action, got=_named(envelope.action),
                            clause="WS-Addressing 1.0 SOAP binding, 6.4.1")
    return Reply(payload=envelope.body, parts=parts, message_id=envelope.message_id, request_id=request_id)


def _named(action: str) -> str:
    """An action that may stand in a message: ours; what else a country writes there could be anything."""
    known = {one for service in Service for one in (service.action, service.response_action)}
    return action if action in known else "an action of no transaction"


def _unpack(answer: Answer) -> tuple[XmlElement, Mapping[str, mtom.Part]]:
    """The root of the envelope and the binary parts beside it."""
    kind = _kind_of(answer)
    if kind == "multipart/related":
        package = mtom.split(answer.content_type, answer.body)
        return xml.parse(package.root), package.parts
    if kind == "application/soap+xml":
        return xml.parse(answer.body), {}
    got = f"HTTP {answer.status}, {kind or 'no content type'}"
    raise TransportFailure("http", f"the answer is no SOAP message ({got})", answer.status)


def _kind_of(answer: Answer) -> str:
    try:
        return media_type.parse_media_type(answer.content_type).name
    except MalformedMime:
        return ""
