"""ITI-39, Cross Gateway Retrieve: the payload of the SOAP body, both ways.

``build_request`` / ``parse_request`` for ``RetrieveDocumentSetRequest``, ``build_response`` /
``parse_response`` for ``RetrieveDocumentSetResponse``. A document travels inline as base64 or, by default,
as an XOP part beside the message; packing and unpacking the MIME body is ``ehdsi.mtom``'s work.

Source: IHE ITI TF-2 3.39 and 3.43; W3C XOP 1.0; eHDSI XCA profile.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

from lxml import etree

from ehdsi import oids
from ehdsi.errors import MalformedMessage
from ehdsi.findings import Finding, Remarks, line_of
from ehdsi.registry import (
    RS,
    STATUS_FAILURE,
    STATUS_PARTIAL,
    STATUS_SUCCESS,
    RegistryError,
    Severity,
    add_error_list,
    highest_severity,
    read_errors,
    read_status,
    with_urn,
    without_urn,
)
from ehdsi.xml import XmlElement, path_of

XDS = f"{{{oids.NS_XDS}}}"
_INCLUDE = f"{{{oids.NS_XOP}}}Include"
_CLAUSE = "IHE ITI-43 3.43.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRequest:
    """One document that is asked for; repository and document ids exactly as ITI-38 listed them.

    ``home_community_id`` is the bare OID of country A; IHE requires it, some gateways leave it out.
    """

    home_community_id: str | None
    repository_unique_id: str
    document_unique_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveRequest:
    """``RetrieveDocumentSetRequest``: one or more documents."""

    documents: tuple[DocumentRequest, ...]
    findings: tuple[Finding, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievedDocument:
    """One ``DocumentResponse``: the ids that were asked for, and the bytes of the CDA (level 3 and level 1
    alike)."""

    home_community_id: str | None
    repository_unique_id: str
    document_unique_id: str
    content: bytes = field(repr=False)
    mime_type: str = "text/xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieveAnswer:
    """``RetrieveDocumentSetResponse``; ``status`` is ``None`` when the peer left it out."""

    status: str | None = STATUS_SUCCESS
    documents: tuple[RetrievedDocument, ...] = ()
    errors: tuple[RegistryError, ...] = ()
    findings: tuple[Finding, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltAnswer:
    """A written answer: the element, and the parts to pack beside it as (content id without brackets,
    bytes)."""

    element: XmlElement
    attachments: tuple[tuple[str, bytes], ...] = ()


def build_request(request: RetrieveRequest) -> XmlElement:
    """The payload of an ITI-39 request. Source: IHE ITI-39 3.39.4.1, ITI-43 3.43.5."""
    message = etree.Element(XDS + "RetrieveDocumentSetRequest", nsmap={"xds": oids.NS_XDS})
    for document in request.documents:
        element = etree.SubElement(message, XDS + "DocumentRequest")
        _add_ids(element, document)
    return message


def build_response(answer: RetrieveAnswer, new_cid: Callable[[], str] | None = None, *,
                   highest_severity: bool = True) -> BuiltAnswer:
    """The payload of an ITI-39 response.

    Parameters
    ----------
    answer : documents and errors.
    new_cid : makes a fresh content id for each document, which then travels as an XOP part; ``None``
        writes the documents inline as base64.
    highest_severity : write ``RegistryErrorList/@highestSeverity``.

    Source: IHE ITI-39 3.39.4.2, ITI-43 3.43.5; W3C XOP 1.0, section 2.1.
    """
    message = etree.Element(XDS + "RetrieveDocumentSetResponse", nsmap={"xds": oids.NS_XDS, "rs": oids.NS_RS})
    response = etree.SubElement(message, RS + "RegistryResponse", status=answer.status or STATUS_SUCCESS)
    add_error_list(response, answer.errors, highest=highest_severity)
    attachments = []
    for document in answer.documents:
        element = etree.SubElement(message, XDS + "DocumentResponse")
        _add_ids(element, document)
        etree.SubElement(element, XDS + "mimeType").text = document.mime_type
        content = etree.SubElement(element, XDS + "Document")
        if new_cid is None:
            content.text = base64.b64encode(document.content).decode("ascii")
        else:
            cid = new_cid()
            attachments.append((cid, document.content))
            etree.SubElement(content, _INCLUDE, href="cid:" + quote(cid, safe="@.-_~"),
                             nsmap={"xop": oids.NS_XOP})
    return BuiltAnswer(element=message, attachments=tuple(attachments))


def _add_ids(element: XmlElement, document: DocumentRequest | RetrievedDocument) -> None:
    if document.home_community_id is not None:
        etree.SubElement(element, XDS + "HomeCommunityId").text = with_urn(document.home_community_id)
    etree.SubElement(element, XDS + "RepositoryUniqueId").text = document.repository_unique_id
    etree.SubElement(element, XDS + "DocumentUniqueId").text = document.document_unique_id


def parse_request(message: XmlElement) -> RetrieveRequest:
    """The request that an NCP-A received.

    Raises
    ------
    MalformedMessage : another message, or no ``DocumentRequest``.

    Source: IHE ITI-39 3.39.4.1.
    """
    _require(message, "RetrieveDocumentSetRequest")
    remarks = Remarks(_CLAUSE)
    documents = tuple(DocumentRequest(**_ids(element, remarks))
                      for element in message.iterchildren(XDS + "DocumentRequest"))
    if not documents:
        raise MalformedMessage("the request asks for no document", where=path_of(message),
                               code="XDSRepositoryError",
                               expected="at least one DocumentRequest", clause=_CLAUSE, line=line_of(message))
    return RetrieveRequest(documents=documents, findings=remarks.done())


def parse_response(message: XmlElement, resolve: Callable[[str], bytes] | None = None) -> RetrieveAnswer:
    """The answer that an NCP-B received, contents decoded.

    Parameters
    ----------
    message : the child of the SOAP body.
    resolve : gives the bytes of the MIME part with this content id (percent-decoded, without angle
        brackets) and raises ``KeyError`` when there is none; ``None`` when the answer came without parts.

    Raises
    ------
    MalformedMessage : another message, a content that is neither base64 nor an XOP reference, or a
        reference to a part that is not there.

    Source: IHE ITI-39 3.39.4.2; W3C XOP 1.0, section 3.2.
    """
    _require(message, "RetrieveDocumentSetResponse")
    remarks = Remarks(_CLAUSE)
    response = message.find(RS + "RegistryResponse")
    if response is None:
        remarks.error("A-RET-01", "the answer has no RegistryResponse", message,
                      expected="rs:RegistryResponse")
    answer = RetrieveAnswer(
        status=None if response is None else read_status(response, remarks, "A-RET-01"),
        errors=() if response is None else read_errors(response, remarks),
        documents=tuple(_document(element, resolve, remarks)
                        for element in message.iterchildren(XDS + "DocumentResponse")),
    )
    _judge(answer, message, remarks)
    return replace(answer, findings=remarks.done())


def deviations_from(request: RetrieveRequest, answer: RetrieveAnswer) -> tuple[Finding, ...]:
    """Does the answer hold the documents that were asked for, and no others?"""
    remarks = Remarks(_CLAUSE)
    asked = {(one.repository_unique_id, one.document_unique_id): one for one in request.documents}
    for document in answer.documents:
        wanted = asked.get((document.repository_unique_id, document.document_unique_id))
        if wanted is None:
            remarks.error("A-RET-01", "a document was delivered that was not asked for", "DocumentResponse",
                          expected="the ids of the request", hint="it must not be shown")
        elif document.home_community_id != wanted.home_community_id:
            remarks.error("A-RET-01", "a document comes from another community than asked", "HomeCommunityId",
                          expected=str(wanted.home_community_id), got=str(document.home_community_id)[:80])
    if len(answer.documents) > len(request.documents):
        remarks.error("X-RET-09", "more documents were delivered than asked for", "DocumentResponse",
                      expected=str(len(request.documents)), got=str(len(answer.documents)))
    if answer.documents and len(answer.documents) < len(request.documents) and not answer.errors:
        remarks.warning("N-40", "fewer documents were delivered than asked for, without an error",
                        "DocumentResponse", expected=str(len(request.documents)),
                        got=str(len(answer.documents)))
    return remarks.done()


def _require(message: XmlElement, name: str) -> None:
    if message.tag != XDS + name:
        got = etree.QName(message)
        raise MalformedMessage(
            "the SOAP body does not hold the message of this transaction", where=path_of(message),
            expected=f"{name} in {oids.NS_XDS}",
            got=f"{got.localname[:60]} in {got.namespace or 'no namespace'}",
            clause="IHE ITI-39 3.39.4", line=line_of(message))


def _ids(element: XmlElement, remarks: Remarks) -> dict[str, str]:
    """The three ids of a request or response; absent ones are empty, and remarked upon."""
    texts = {name: (element.findtext(XDS + name) or "").strip()
             for name in ("HomeCommunityId", "RepositoryUniqueId", "DocumentUniqueId")}
    for name, text in texts.items():
        if not text:
            remarks.error("A-RET-01", f"{name} is missing or empty", element, expected=name)
    home = texts["HomeCommunityId"]
    if home and not home.startswith("urn:oid:"):
        remarks.warning("A-RET-01", "HomeCommunityId lacks the urn:oid: prefix", element,
                        expected="urn:oid:<OID>", got=home[:80])
    return {"home_community_id": without_urn(home), "repository_unique_id": texts["RepositoryUniqueId"],
            "document_unique_id": texts["DocumentUniqueId"]}


def _document(element: XmlElement, resolve: Callable[[str], bytes] | None,
              remarks: Remarks) -> RetrievedDocument:
    mime_type = (element.findtext(XDS + "mimeType") or "").strip()
    if mime_type.partition(";")[0].strip().lower() != "text/xml":
        remarks.warning("A-RET-01", "the document's mime type is not text/xml", element, expected="text/xml",
                        got=mime_type[:60] or "nothing")
    content = element.find(XDS + "Document")
    if content is None:
        raise MalformedMessage("a document response holds no document", where=path_of(element),
                               expected="Document",
                               clause=_CLAUSE, line=line_of(element))
    data = _content(content, resolve)
    if not data:
        remarks.error("A-RET-03", "the document is empty", content, expected="a CDA document")
    return RetrievedDocument(**_ids(element, remarks), mime_type=mime_type, content=data)


def _content(element: XmlElement, resolve: Callable[[str], bytes] | None) -> bytes:
    """The bytes behind ``Document``: an XOP part, or base64 text."""
    children = list(element)
    if not children:
        text = "".join((element.text or "").split())
        try:
            return base64.b64decode(text.encode("ascii"), validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise _unreadable(element, "the document is not base64", "base64 text or xop:Include") from None
    if len(children) > 1 or children[0].tag != _INCLUDE:
        raise _unreadable(element, "the document holds elements", "base64 text or one xop:Include")
    href = children[0].get("href", "")
    if not href.startswith("cid:"):
        raise _unreadable(element, "the XOP reference is not a content id", "href=\"cid:…\"")
    if resolve is None:
        raise _unreadable(element, "the document stands in a MIME part and the answer has none",
                          "a multipart/related body")
    try:
        return resolve(unquote(href.removeprefix("cid:")))
    except KeyError:
        raise _unreadable(element, "the XOP reference points to a part that is not there",
                          "a part with this content id") from None


def _unreadable(element: XmlElement, what: str, expected: str) -> MalformedMessage:
    return MalformedMessage(what, where=path_of(element), expected=expected, clause="W3C XOP 1.0, 3.2",
                            line=line_of(element))


def _judge(answer: RetrieveAnswer, message: XmlElement, remarks: Remarks) -> None:
    """Status, errors and documents must agree with one another."""
    worst = highest_severity(answer.errors)
    if answer.status == STATUS_SUCCESS and not answer.documents:
        remarks.error("A-RET-01", "the status is Success and there is no document", message,
                      expected="DocumentResponse, or Failure with an error")
    if answer.status == STATUS_SUCCESS and worst is Severity.ERROR:
        remarks.error("A-RET-01", "the status is Success although an error is reported", message,
                      expected="Failure or PartialSuccess")
    if answer.status == STATUS_PARTIAL and not answer.documents:
        remarks.warning("A-RET-06", "the status is PartialSuccess and there is no document", message,
                        expected="Failure")
    if answer.status in (STATUS_FAILURE, STATUS_PARTIAL) and not answer.errors:
        remarks.error("A-ERR-01", "the status is not Success and no error says why", message,
                      expected="RegistryError")
