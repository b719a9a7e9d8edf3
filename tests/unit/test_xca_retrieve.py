"""ITI-39: values to XML and back, inline and beside the message, and what a reader refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ehdsi import oids, registry, xca_retrieve, xml
from ehdsi.errors import MalformedMessage
from ehdsi.registry import RegistryError
from ehdsi.xml import XmlElement
from tests.wire_samples import RETRIEVE, RETRIEVED, again

XDS = f"{{{oids.NS_XDS}}}"


def document(root: XmlElement) -> XmlElement:
    """The first Document element."""
    return next(root.iter(XDS + "Document"))


def read_after(edit: Callable[[XmlElement], object]) -> xca_retrieve.RetrieveAnswer:
    """What is read of an answer after an edit of its tree."""
    root = again(xca_retrieve.build_response(RETRIEVED).element)
    edit(root)
    return xca_retrieve.parse_response(root)


def test_request_survives_the_wire() -> None:
    """Two documents are asked for as listed, community with its prefix on the wire and bare in the value."""
    root = again(xca_retrieve.build_request(RETRIEVE))
    assert root[0][0].text == "urn:oid:" + str(RETRIEVE.documents[0].home_community_id)
    read = xca_retrieve.parse_request(root)
    assert read == RETRIEVE
    assert read.findings == ()


def test_inline_answer_survives_the_wire() -> None:
    """Documents as base64 inside the message come back byte by byte, without a remark."""
    built = xca_retrieve.build_response(RETRIEVED)
    read = xca_retrieve.parse_response(again(built.element))
    assert built.attachments == ()
    assert read == RETRIEVED
    assert read.findings == ()


def test_answer_with_parts_survives_the_wire() -> None:
    """Documents beside the message are found by content id, also when the id has to be escaped in the
    href."""
    ids = iter(["one+two@example", "ü 2@example"])
    built = xca_retrieve.build_response(RETRIEVED, lambda: next(ids))
    assert [cid for cid, _ in built.attachments] == ["one+two@example", "ü 2@example"]
    assert xca_retrieve.parse_response(again(built.element), dict(built.attachments).__getitem__) == RETRIEVED


def test_wrapped_base64_is_read() -> None:
    """Line breaks in base64 are legal."""
    def wrap(root: XmlElement) -> None:
        text = document(root).text or ""
        document(root).text = "\r\n ".join(text[at:at + 8] for at in range(0, len(text), 8))
    assert read_after(wrap) == RETRIEVED


def set_text(text: str) -> Callable[[XmlElement], object]:
    """An edit that replaces the first document's text."""
    return lambda root: document(root).__setattr__("text", text)


def include(**attributes: str) -> Callable[[XmlElement], object]:
    """An edit that puts an xop:Include into the first document."""
    def edit(root: XmlElement) -> None:
        document(root).text = None
        document(root).makeelement(f"{{{oids.NS_XOP}}}Include", attributes)
        document(root).append(document(root).makeelement(f"{{{oids.NS_XOP}}}Include", attributes))
    return edit


@pytest.mark.parametrize("edit", [
    set_text("<ClinicalDocument/>"), set_text("abc"), set_text("š"),
    lambda root: document(root).append(document(root).makeelement("ClinicalDocument")),
    include(href="cid:none"), include(href="http://example/x"), include(),
    lambda root: document(root).getparent().remove(document(root)),  # type: ignore[union-attr]
])
def test_unreadable_content_is_refused(edit: Callable[[XmlElement], object]) -> None:
    """A document that is neither base64 nor a reference to a part that is there is refused with a clear
    error."""
    with pytest.raises(MalformedMessage) as caught:
        read_after(edit)
    assert caught.value.where
    assert "ClinicalDocument" not in caught.value.got


def test_missing_part_is_refused() -> None:
    """A reference to a part that did not come is a broken answer, not a crash."""
    built = xca_retrieve.build_response(RETRIEVED, lambda: "a@b")
    with pytest.raises(MalformedMessage):
        xca_retrieve.parse_response(built.element, {}.__getitem__)


@pytest.mark.parametrize(("answer", "rule"), [
    (xca_retrieve.RetrieveAnswer(), "A-RET-01"),
    (replace(RETRIEVED, errors=(RegistryError(code="4703", context="c"),)), "A-RET-01"),
    (xca_retrieve.RetrieveAnswer(status=registry.STATUS_PARTIAL,
                                 errors=(RegistryError(code="XDSMissingDocument", context="c"),)),
     "A-RET-06"),
    (xca_retrieve.RetrieveAnswer(status=registry.STATUS_FAILURE), "A-ERR-01"),
    (replace(RETRIEVED, documents=(replace(RETRIEVED.documents[0], content=b""),)), "A-RET-03"),
    (replace(RETRIEVED, documents=(replace(RETRIEVED.documents[0], mime_type="application/pdf"),)),
     "A-RET-01"),
    (replace(RETRIEVED, documents=(replace(RETRIEVED.documents[0], home_community_id=None),)), "A-RET-01"),
])
def test_deviation_is_remarked_upon(answer: xca_retrieve.RetrieveAnswer, rule: str) -> None:
    """Status, errors and documents that contradict one another are reported."""
    read = xca_retrieve.parse_response(again(xca_retrieve.build_response(answer).element))
    assert rule in {finding.rule for finding in read.findings}


def test_missing_document_answer_is_conformant() -> None:
    """Failure with XDSMissingDocument and no document is the right answer to an unknown id."""
    answer = xca_retrieve.RetrieveAnswer(status=registry.STATUS_FAILURE,
                                         errors=(RegistryError(code="XDSMissingDocument",
                                                               context="not there"),))
    read = xca_retrieve.parse_response(again(xca_retrieve.build_response(answer).element))
    assert read == answer
    assert read.findings == ()


@pytest.mark.parametrize(("change", "rules"), [
    ({}, []),
    ({"documents": RETRIEVED.documents[:1]}, ["N-40"]),
    ({"documents": (*RETRIEVED.documents, RETRIEVED.documents[0])}, ["X-RET-09"]),
    ({"documents": (replace(RETRIEVED.documents[0], document_unique_id="9"), RETRIEVED.documents[1])},
     ["A-RET-01"]),
    ({"documents": (replace(RETRIEVED.documents[0], home_community_id="1.9"), RETRIEVED.documents[1])},
     ["A-RET-01"]),
])
def test_answer_against_request(change: dict[str, object], rules: list[str]) -> None:
    """Other, missing and surplus documents are recognised."""
    findings = xca_retrieve.deviations_from(RETRIEVE, replace(RETRIEVED, **change))  # type: ignore[arg-type]
    assert [finding.rule for finding in findings] == rules


@pytest.mark.parametrize("root", [b"<RetrieveDocumentSetRequest/>",
                                  b"<RetrieveDocumentSetRequest xmlns='urn:ihe:iti:xds-b:2007'/>"])
def test_unreadable_request(root: bytes) -> None:
    """The wrong namespace, or a request for nothing, is refused."""
    with pytest.raises(MalformedMessage):
        xca_retrieve.parse_request(xml.parse(root))


def test_content_stays_out_of_repr() -> None:
    """A retrieved document does not end in a log line."""
    assert "ClinicalDocument" not in repr(RETRIEVED)
