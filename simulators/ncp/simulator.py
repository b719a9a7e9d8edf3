"""A foreign NCP-A: one function from an HTTP request to an HTTP answer, and a memory of what it received.

The way of a request: ``front`` (HTTP, MIME, envelope), ``verification`` (TLS peer and assertions), then
``identification`` (ITI-55), ``listing`` (ITI-38) or ``retrieval`` (ITI-39); last the faults that act. No
socket, no clock, no randomness of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ehdsi import mtom, soap, xml
from ehdsi.errors import PeerError
from ehdsi.media_type import soap_content_type
from ehdsi.oids import ACTION_XCA_QUERY_RESPONSE, ACTION_XCA_RETRIEVE_RESPONSE, ACTION_XCPD_RESPONSE
from ehdsi.xca_retrieve import BuiltAnswer
from ehdsi.xml import XmlElement
from simulators.clock import Clock, NewId
from simulators.faults import Fault, FaultSet
from simulators.faults_apply import EDITS, edit_request, edit_response, edit_tree, of_kind
from simulators.http import HttpRequest, HttpResponse
from simulators.ncp import audit, front, identification, listing, retrieval
from simulators.ncp.context import CallCounter, DocumentTimes, PatientIndex, Request, Site, names_of
from simulators.ncp.documents import Maker
from simulators.ncp.paths import Endpoints
from simulators.ncp.quirks import NONE, checked
from simulators.ncp.received import Check, Exchange, Received
from simulators.ncp.verification import Verifier
from simulators.pki import Pki
from simulators.tally import Tally

if TYPE_CHECKING:
    from countries.model import Country

_RESPONSE_ACTIONS = {
    "ITI-55": ACTION_XCPD_RESPONSE,
    "ITI-38": ACTION_XCA_QUERY_RESPONSE,
    "ITI-39": ACTION_XCA_RETRIEVE_RESPONSE,
}

_STEPS: dict[str, Callable[[Request], XmlElement | BuiltAnswer]] = {
    "ITI-55": identification.answer,
    "ITI-38": listing.answer,
    "ITI-39": retrieval.answer,
}


class ForeignNcp:
    """The NCP-A of one country.

    Parameters
    ----------
    country : its pack.
    pki : whom it trusts.
    clock, new_id : time and identifiers.
    make_documents : makes a patient's documents.
    quirks : names of ``simulators.ncp.quirks``; none is the strict NCP.
    faults : the faults that act on it.
    timer : seconds of a clock that only runs forward, for the durations of exchanges.

    Attributes
    ----------
    received : what it got and answered, for inspection.
    tally : counts of it since the start, for metrics; a reset does not touch them.
    endpoints : where it answers, set by the world that runs it; ``None`` while it runs nowhere.
    audit : gets an audit event for each answered request, ``None`` for no trail.
    """

    def __init__(
        self,
        country: Country,
        *,
        pki: Pki,
        clock: Clock,
        new_id: NewId,
        make_documents: Maker,
        quirks: frozenset[str] = NONE,
        faults: FaultSet | None = None,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.country = country
        self.faults = faults or FaultSet()
        self.received = Received()
        self.tally = Tally(country.code)
        self.endpoints: Endpoints | None = None
        self.audit: audit.AuditSink | None = None
        self.quirks = checked(quirks)
        self._clock = clock
        self._timer = timer
        self._pki = pki
        self._verifier = Verifier(pki)
        self._site = Site(
            country=country,
            patients=PatientIndex(country),
            calls=CallCounter(),
            times=DocumentTimes(),
            make_documents=make_documents,
            faults=self.faults,
            new_id=new_id,
        )

    @property
    def code(self) -> str:
        """ISO code of the country."""
        return self.country.code

    def reset(self, quirks: frozenset[str] | None = None) -> None:
        """Forget faults, exchanges and counters; ``quirks`` replaces the switches."""
        self.faults.clear()
        self.received.clear()
        self._site.calls.clear()
        self._site.times.clear()
        if quirks is not None:
            self.quirks = checked(quirks)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; never raises on anything that a peer may send."""
        begin = self._timer()
        exchange = self._exchange(request, self._clock())
        seconds = self._timer() - begin + exchange.response.delivery.delay
        exchange = replace(exchange, seconds=seconds)
        self.received.add(exchange)
        self.tally.add(exchange)
        return exchange.response

    def _exchange(self, request: HttpRequest, now: datetime) -> Exchange:
        step = front.likely_step(request) if self.faults.active else None
        lenient = frozenset(_texts(self.faults.coming(step, request), "reads")) if step else frozenset()
        try:
            arrived = front.receive(self._understood(step, request), lenient)
        except front.TurnedAway as away:
            faults = self.faults.refusing(step, away.outcome, request)
            return Exchange(
                at=now,
                step="",
                request=request,
                response=edit_response(faults, away.response),
                outcome=away.outcome,
                faults=names_of(faults),
            )
        except PeerError as error:
            faults = self.faults.refusing(step, type(error).__name__, request)
            return Exchange(
                at=now,
                step="",
                request=request,
                response=edit_response(faults, self._fault(error)),
                outcome=f"fault:{error.code or 'Sender'}",
                checks=(Check(name="front", passed=False, what=error.what),),
                faults=names_of(faults),
            )
        return self._answer(request, arrived, now)

    def _answer(self, http: HttpRequest, arrived: front.Arrived, now: datetime) -> Exchange:
        coming = self.faults.coming(arrived.step, http)
        quirks = self.quirks | checked(given for given in _texts(coming, "quirk"))
        overlook = frozenset(_texts(coming, "overlook"))
        now += timedelta(seconds=sum(map(int, _texts(coming, "clock"))))
        verdict = self._verifier.verify(
            arrived.envelope,
            arrived.step,
            now=now,
            quirks=quirks,
            peer_certificate=http.peer_certificate,
            overlook=overlook,
        )
        request = Request(
            site=self._site,
            step=arrived.step,
            envelope=arrived.envelope,
            quirks=quirks,
            now=now,
            verdict=verdict,
            http=http,
            overlook=overlook,
            checks=list(verdict.checks),
        )
        message_id = arrived.envelope.message_id
        try:
            if verdict.fault is not None:
                raise verdict.fault
            response = self._packed(request, _STEPS[arrived.step](request), message_id)
        except PeerError as error:
            request.outcome = f"fault:{error.code or 'Sender'}"
            refusing = self.faults.refusing(arrived.step, type(error).__name__, http)
            response = edit_response(refusing, self._fault(error, message_id))
        except _PrescribedFault as prescribed:
            request.outcome = "fault:Receiver"
            fault = soap.Fault(code="Receiver", reason=prescribed.reason)
            response = front.faulty(fault, message_id=self._message_id(), relates_to=message_id)
        if request.delivery is not None:
            response = replace(response, delivery=request.delivery)
        response = edit_response(request.faults, response)
        self._trail(request, http.peer_certificate)
        return Exchange(
            at=now,
            step=request.step,
            request=http,
            response=response,
            checks=tuple(request.checks),
            outcome=request.outcome,
            persona=request.persona,
            faults=names_of(request.faults),
        )

    def _understood(self, step: front.Transaction | None, request: HttpRequest) -> HttpRequest:
        """The request as this NCP reads it: as it is, unless a fault misreads it."""
        misread = self.faults.coming(step, request, ("read",)) if step else ()
        return edit_request(misread, request) if misread else request

    def _trail(self, request: Request, peer_certificate: bytes | None) -> None:
        """Hand the audit event of this request on, where there is a trail."""
        if self.audit is None:
            return
        own = self._pki.tls_server(self.code).der
        self.audit(
            self.code, lambda: audit.event_of(request, peer_certificate=peer_certificate, own_certificate=own)
        )

    def _packed(self, request: Request, answer: XmlElement | BuiltAnswer, relates_to: str) -> HttpResponse:
        """The payload in its envelope, with MTOM parts where there are any."""
        state = request.state
        if state is not None and state.parameters.get("answer") == "soap_fault":
            raise _PrescribedFault(str(state.parameters.get("text", "The service failed.")))
        payload = answer.element if isinstance(answer, BuiltAnswer) else answer
        action = _RESPONSE_ACTIONS[request.step]
        body = soap.build_envelope(
            payload, action=action, message_id=self._message_id(), relates_to=relates_to
        )
        body = _spoilt(request.faults, body)
        attachments = answer.attachments if isinstance(answer, BuiltAnswer) else ()
        packed = state is not None and state.parameters.get("answer") in ("packed", "inline_package")
        if not attachments and not packed:
            return HttpResponse(body=body, headers=(("content-type", soap_content_type(action)),))
        boundary = f"uuid-{request.site.new_id()}"
        content_type, body = mtom.join(body, dict(attachments), boundary=boundary, action=action)
        return HttpResponse(body=body, headers=(("content-type", content_type),))

    def _fault(self, error: PeerError, relates_to: str = "") -> HttpResponse:
        return front.fault_response(
            error,
            message_id=self._message_id(),
            relates_to=relates_to,
            receiver_code="fault-code-receiver" in self.quirks,
        )

    def _message_id(self) -> str:
        return soap.new_message_id(self._site.new_id)


class _PrescribedFault(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _spoilt(faults: tuple[Fault, ...], message: bytes) -> bytes:
    """The message after the ``xpath-*`` faults."""
    if not of_kind(faults, "swap", *EDITS):
        return message
    root = xml.parse(message)
    edit_tree(faults, root)
    return xml.serialise(root, declaration=True)


def _texts(faults: tuple[Fault, ...], parameter: str) -> list[str]:
    """The values of one parameter of all faults that have it; a list counts by its members."""
    found: list[str] = []
    for fault in faults:
        given = fault.parameters.get(parameter, [])
        found += map(str, given if isinstance(given, list) else [given])
    return found
