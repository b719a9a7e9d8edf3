"""An NCP that answers from a recording: the kept answers, addressed to whoever asks now."""

from __future__ import annotations

from ehdsi import mtom, soap, xca_retrieve, xcpd, xml
from ehdsi.errors import MalformedSoap, PeerError
from ehdsi.media_type import soap_content_type
from ehdsi.oids import NS_HL7, NS_WSA
from ehdsi.xml import XmlElement
from simulators.clock import Clock, NewId
from simulators.http import HttpRequest, HttpResponse
from simulators.ncp import front
from simulators.replay.recording import Answer, Recording

_H = f"{{{NS_HL7}}}"


class Player:
    """Answers the requests of one journey as the recorded NCP did.

    Parameters
    ----------
    recording : what to answer.
    clock, new_id : for what an answer says of itself.
    """

    def __init__(self, recording: Recording, *, clock: Clock, new_id: NewId) -> None:
        self._recording = recording
        self._clock = clock
        self._new_id = new_id

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; what was not recorded is answered with a SOAP Fault that says so."""
        relates_to = ""
        try:
            arrived = front.receive(request)
            relates_to = arrived.envelope.message_id
            return self._played(self._answer(arrived), arrived)
        except front.TurnedAway as away:
            return away.response
        except PeerError as error:
            message_id = soap.new_message_id(self._new_id)
            return front.fault_response(error, message_id=message_id, relates_to=relates_to)

    def _answer(self, arrived: front.Arrived) -> Answer:
        asked = frozenset[str]()
        if arrived.step == "ITI-39":
            wanted = xca_retrieve.parse_request(arrived.envelope.body)
            asked = frozenset(one.document_unique_id for one in wanted.documents)
        for answer in self._recording.answers:
            if answer.step == arrived.step and frozenset(answer.asked) == asked:
                return answer
        raise MalformedSoap(
            "nothing of the kind was recorded",
            where=arrived.step,
            expected="a request of the recorded journey",
            got="another",
            code="Receiver",
            hint="record a journey that asks for this",
        )

    def _played(self, answer: Answer, arrived: front.Arrived) -> HttpResponse:
        root = xml.parse(answer.message)
        _say(root, f"{{{NS_WSA}}}RelatesTo", arrived.envelope.message_id)
        _say(root, f"{{{NS_WSA}}}MessageID", soap.new_message_id(self._new_id))
        if arrived.step == "ITI-55":
            self._address(root, xcpd.parse_request(arrived.envelope.body))
        body = xml.serialise(root, declaration=True)
        action = soap.parse_envelope(answer.message).action
        if not answer.documents:
            return HttpResponse(body=body, headers=(("content-type", soap_content_type(action)),))
        boundary = f"uuid-{self._new_id()}"
        content_type, body = mtom.join(body, dict(answer.documents), boundary=boundary, action=action)
        return HttpResponse(body=body, headers=(("content-type", content_type),))

    def _address(self, root: XmlElement, query: xcpd.PatientQuery) -> None:
        """Let an identification answer the message and the query that were sent now."""
        for element in root.iter(f"{_H}targetMessage"):
            _identify(element, query.message_id.root, query.message_id.extension)
        for element in (*root.iter(f"{_H}queryAck"), *root.iter(f"{_H}queryByParameter")):
            for one in element.iter(f"{_H}queryId"):
                _named(one, query.query_id.root, query.query_id.extension)
        for element in root.iter(f"{_H}creationTime"):
            element.set("value", xcpd.hl7_time(self._clock()))


def _say(root: XmlElement, tag: str, value: str) -> None:
    for element in root.iter(tag):
        element.text = value


def _identify(element: XmlElement, root: str | None, extension: str | None) -> None:
    for one in element.iter(f"{_H}id"):
        _named(one, root, extension)


def _named(element: XmlElement, root: str | None, extension: str | None) -> None:
    for name, value in (("root", root), ("extension", extension)):
        if value:
            element.set(name, value)
        elif name in element.attrib:
            del element.attrib[name]
