"""The front door of an NCP: from an HTTP request to one well-formed SOAP message, or a refusal.

What is refused here was never looked at as a query: the answer is a SOAP Fault (or, off the service paths, a
bare HTTP status), it quotes nothing of the request, and it names the rule that was broken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from lxml import etree

from ehdsi import soap
from ehdsi.errors import MalformedMime, MalformedSoap, PeerError
from ehdsi.media_type import MULTIPART_RELATED, SOAP_XML, MediaType, http_action, parse_media_type
from ehdsi.mtom import split
from ehdsi.oids import ACTION_XCA_QUERY, ACTION_XCA_RETRIEVE, ACTION_XCPD, NS_SOAP11, NS_SOAP12
from simulators.http import HttpRequest, HttpResponse
from simulators.ncp.paths import XCA_PATH, XCPD_PATH

Transaction = Literal["ITI-55", "ITI-38", "ITI-39"]

#: Transaction by path and action.
TRANSACTIONS: dict[str, dict[str, Transaction]] = {
    XCPD_PATH: {ACTION_XCPD: "ITI-55"},
    XCA_PATH: {ACTION_XCA_QUERY: "ITI-38", ACTION_XCA_RETRIEVE: "ITI-39"},
}

#: Transaction by the local name of its request.
REQUESTS: dict[str, Transaction] = {
    "PRPA_IN201305UV02": "ITI-55",
    "AdhocQueryRequest": "ITI-38",
    "RetrieveDocumentSetRequest": "ITI-39",
}

#: What a careless front door lets in: SOAP 1.1, an action of nobody's, the payload of another action.
LENIENCIES = frozenset({"soap11", "any_action", "by_payload"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A SOAP message that came through the door, and the transaction that it asks for."""

    envelope: soap.Envelope
    step: Transaction


@dataclass(eq=False)
class TurnedAway(Exception):
    """The request is answered at once with ``response``."""

    response: HttpResponse
    outcome: str


def receive(request: HttpRequest, lenient: frozenset[str] = frozenset()) -> Arrived:
    """Read a request.

    Parameters
    ----------
    lenient : some of ``LENIENCIES``, for the faults of a careless door; none for a conformant one.

    Raises
    ------
    TurnedAway : not a POST to one of the services.
    PeerError : too large, a content type other than SOAP 1.2 or MTOM, a MIME package or an envelope that
        cannot be read, no action or one that is not offered at this path.

    Source: eHDSI messaging profile; SOAP 1.2 part 2, 7; W3C XOP 1.0.
    """
    transactions = _transactions(request)
    if "soap11" in lenient:
        request = _as_soap12(request)
    content_type = _content_type(request)
    action = http_action(content_type, request.header("soapaction"))
    package = split(request.header("content-type"), request.body)
    rules = soap.EnvelopeRules(actions=frozenset() if "any_action" in lenient else frozenset(transactions))
    envelope = soap.parse_envelope(package.root, http_action=action or package.action, rules=rules)
    if "by_payload" in lenient or envelope.action not in transactions:
        name = etree.QName(envelope.body).localname
        return Arrived(envelope=envelope, step=REQUESTS.get(name, next(iter(transactions.values()))))
    return Arrived(envelope=envelope, step=transactions[envelope.action])


def likely_step(request: HttpRequest) -> Transaction | None:
    """The transaction that a request is meant for, so far as that shows before it is read.

    By its path, the action in its headers, then a payload's name in its bytes; ``None`` off the services.
    """
    transactions = TRANSACTIONS.get(request.path.rstrip("/"))
    if transactions is None:
        return None
    named = request.header("content-type") + request.header("soapaction")
    by_action = (step for action, step in transactions.items() if f'"{action}"' in named or action == named)
    by_name = (step for name, step in REQUESTS.items() if name.encode() in request.body)
    mine = (step for step in (*by_action, *by_name) if step in transactions.values())
    return next(mine, next(iter(transactions.values())))


def _as_soap12(request: HttpRequest) -> HttpRequest:
    """A SOAP 1.1 request as a reader of both versions takes it."""
    headers = tuple(
        (name, value.replace("text/xml", SOAP_XML) if name == "content-type" else value)
        for name, value in request.headers
    )
    body = request.body.replace(NS_SOAP11.encode(), NS_SOAP12.encode())
    return replace(request, headers=headers, body=body)


def fault_response(
    error: PeerError, *, message_id: str, relates_to: str = "", receiver_code: bool = False
) -> HttpResponse:
    """The SOAP Fault that answers a request which broke a rule of the envelope.

    ``receiver_code`` imitates stacks that call every fault their own.
    """
    fault = soap.fault_of(error)
    if receiver_code:
        fault = replace(fault, code="Receiver")
    return faulty(fault, message_id=message_id, relates_to=relates_to, status=_status(error, fault))


def faulty(fault: soap.Fault, *, message_id: str, relates_to: str = "", status: int = 0) -> HttpResponse:
    """A SOAP Fault as an HTTP answer; ``status`` is the one of the SOAP binding unless given."""
    body = soap.build_fault(fault, message_id=message_id, relates_to=relates_to)
    return HttpResponse(
        status=status or soap.http_status(fault),
        body=body,
        headers=(("content-type", "application/soap+xml; charset=UTF-8"),),
    )


def _transactions(request: HttpRequest) -> dict[str, Transaction]:
    found = TRANSACTIONS.get(request.path.rstrip("/"))
    if found is None:
        raise TurnedAway(_plain(404, "no such service"), "http:404")
    if request.method != "POST":
        raise TurnedAway(_plain(405, "send a SOAP 1.2 message with POST", ("allow", "POST")), "http:405")
    if request.too_large:
        raise MalformedSoap(
            "the message is too large",
            expected="at most 16 MiB",
            got="more",
            code="Sender",
            clause="our own limit",
            hint="a query of this profile takes some 20 kB",
        )
    return found


def _content_type(request: HttpRequest) -> MediaType:
    values = request.header_values("content-type")
    if len(values) != 1:
        raise MalformedMime(
            "the request needs exactly one content type",
            where="Content-Type",
            expected="one",
            got=str(len(values)),
            clause="RFC 9110, 8.3",
            hint=f"send {SOAP_XML}",
        )
    content_type = parse_media_type(values[0])
    if content_type.name == "text/xml":
        raise MalformedSoap(
            "the content type is that of SOAP 1.1",
            where="Content-Type",
            expected=SOAP_XML,
            got="text/xml",
            clause="SOAP 1.2 part 2, 7.1.4",
            hint="send SOAP 1.2",
            code="VersionMismatch",
        )
    if content_type.name not in (SOAP_XML, MULTIPART_RELATED):
        raise MalformedMime(
            "the content type is not one of SOAP 1.2",
            where="Content-Type",
            expected=f"{SOAP_XML} or {MULTIPART_RELATED}",
            got=content_type.name[:60],
            clause="SOAP 1.2 part 2, 7.1.4",
            hint=f"send {SOAP_XML}; charset=UTF-8",
        )
    return content_type


def _status(error: PeerError, fault: soap.Fault) -> int:
    if error.what == "the message is too large" or error.what == "the document is too large":
        return 413
    if error.where == "Content-Type":
        return 415
    return soap.http_status(fault)


def _plain(status: int, text: str, *headers: tuple[str, str]) -> HttpResponse:
    return HttpResponse(
        status=status, headers=(("content-type", "text/plain; charset=utf-8"), *headers), body=text.encode()
    )
