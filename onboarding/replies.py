"""An answer taken apart as far as it goes; what stopped the reading stays beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ehdsi import mtom, soap, xca_query, xca_retrieve, xcpd, xml
from ehdsi.errors import MalformedMessage, PeerError
from ehdsi.media_type import MediaType, parse_media_type
from ehdsi.xml import XmlElement
from exchange.wire import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back for one request.

    Attributes
    ----------
    step : ``ITI-55``, ``ITI-38`` or ``ITI-39``.
    status, headers, content : of HTTP.
    request_id : ``wsa:MessageID`` that was asked with.
    media : the content type, None when it cannot be read.
    package, envelope : MIME package and SOAP envelope, None as far as they could not be read.
    problem : why the reading stopped, None when it went through.
    seconds : how long the exchange took.
    """

    step: str
    status: int
    headers: Headers
    content: bytes = field(repr=False)
    request_id: str = ""
    media: MediaType | None = None
    package: mtom.Package | None = None
    envelope: soap.Envelope | None = None
    problem: PeerError | None = None
    seconds: float = 0.0

    @property
    def payload(self) -> XmlElement:
        """The only child of the SOAP body; raises what stopped the reading."""
        if self.envelope is None:
            raise self.problem or MalformedMessage("the answer holds no SOAP message")
        return self.envelope.body

    @property
    def fault(self) -> soap.Fault | None:
        """The SOAP fault, None when the answer is none or cannot be read."""
        return None if self.envelope is None else soap.parse_fault(self.envelope.body)

    @property
    def parts(self) -> Mapping[str, mtom.Part]:
        """MIME parts by content id."""
        return self.package.parts if self.package else MappingProxyType({})

    def header(self, name: str) -> str:
        """Value of the first header field of this name, empty when absent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def discovery(self) -> xcpd.DiscoveryAnswer:
        """The answer of ITI-55. Raises ``PeerError`` when it is none."""
        return xcpd.parse_response(self.payload)

    def listing(self) -> xca_query.DocumentList:
        """The answer of ITI-38. Raises ``PeerError`` when it is none."""
        return xca_query.parse_response(self.payload)

    def retrieved(self) -> xca_retrieve.RetrieveAnswer:
        """The answer of ITI-39. Raises ``PeerError`` when it is none or a part is missing."""
        return xca_retrieve.parse_response(self.payload, lambda cid: self.parts[cid].read())


def take_apart(
    *,
    step: str,
    status: int,
    headers: Headers,
    content: bytes,
    content_type: str,
    request_id: str,
    seconds: float,
) -> Reply:
    """Read an answer as far as it can be read; never raises."""
    media: MediaType | None = None
    package: mtom.Package | None = None
    envelope: soap.Envelope | None = None
    problem: PeerError | None = None
    try:
        media = parse_media_type(content_type)
        package = mtom.split(content_type, content)
        rules = soap.EnvelopeRules(require_action=False, must_understand=False)
        envelope = soap.parse_envelope(xml.parse(package.root, large_text=True), rules=rules)
    except PeerError as error:
        problem = error
    return Reply(
        step=step,
        status=status,
        headers=headers,
        content=content,
        request_id=request_id,
        media=media,
        package=package,
        envelope=envelope,
        problem=problem,
        seconds=seconds,
    )
