"""Whatever arrives, the readers of wire messages raise nothing but our own errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehdsi import search_mask, smp, xca_query, xca_retrieve, xcpd, xml
from ehdsi.errors import PeerError
from ehdsi.search_mask import PatternError, compile_pattern
from ehdsi.xml import XmlElement
from tests.security import seal
from tests.wire_samples import (
    CHOICE,
    DOCUMENT_LIST,
    DOCUMENT_QUERY,
    FULL,
    QUERY,
    RETRIEVE,
    RETRIEVED,
    broken,
    match,
    nobody,
    refusal,
    service_metadata,
)

few = settings(max_examples=60, derandomize=True, deadline=None, database=None,
               suppress_health_check=[HealthCheck.too_slow])


def no_part(cid: str) -> bytes:
    """A resolver that knows no part."""
    raise KeyError(cid)


def retrieve_answer(root: XmlElement) -> object:
    """Read an answer and hold it against its request."""
    answer = xca_retrieve.parse_response(root, no_part)
    return answer.findings, xca_retrieve.deviations_from(RETRIEVE, answer), repr(answer)


def discovery_answer(root: XmlElement) -> object:
    """Read an answer, decide its outcome, hold it against its query."""
    answer = xcpd.parse_response(root)
    return answer.outcome, xcpd.deviations_from(QUERY, answer), xml.serialise(xcpd.build_response(answer))


def document_list(root: XmlElement) -> object:
    """Read a list and pair its entries."""
    return xca_query.parse_response(root).pairs()


def mask(root: XmlElement) -> object:
    """Read a mask and hold values against it."""
    read = search_mask.parse_mask(root)
    return read.form_problems({one.key: "123" for one in read.patient.fields}), read.problems(QUERY.traits)


def metadata(root: XmlElement) -> object:
    """Read metadata and look for an endpoint."""
    read = smp.parse_service_metadata(root)
    return read.endpoints(smp.XCPD) if isinstance(read, smp.ServiceInformation) else read.href


READERS: dict[str, tuple[Callable[[XmlElement], object], XmlElement]] = {
    "patient query": (xcpd.parse_request, xcpd.build_request(QUERY)),
    "match": (discovery_answer, xcpd.build_response(match())),
    "nobody": (discovery_answer, xcpd.build_response(nobody(with_issue=True))),
    "refusal": (discovery_answer, xcpd.build_response(refusal("AdditionalDemographicsRequested"))),
    "document query": (xca_query.parse_request, xca_query.build_request(DOCUMENT_QUERY)),
    "document list": (document_list, xca_query.build_response(DOCUMENT_LIST)),
    "retrieve request": (xca_retrieve.parse_request, xca_retrieve.build_request(RETRIEVE)),
    "inline documents": (retrieve_answer, xca_retrieve.build_response(RETRIEVED).element),
    "documents as parts": (retrieve_answer, xca_retrieve.build_response(RETRIEVED, lambda: "a@b").element),
    "service group": (smp.parse_service_group, smp.build_service_group(
        smp.ServiceGroup(participant=smp.participant("HR"), references=("https://x/",)))),
    "service metadata": (metadata, smp.build_service_metadata(service_metadata(certificate=b"x"))),
    "search mask": (mask, search_mask.build_mask(FULL)),
    "choice": (mask, search_mask.build_mask(CHOICE)),
}


@pytest.mark.parametrize("name", READERS)
def test_broken_messages(name: str) -> None:
    """A message with elements removed, doubled, renamed or rewritten is read with findings, or refused."""
    read, original = READERS[name]

    @few
    @given(broken(xml.serialise(original)))
    def attempt(root: XmlElement) -> None:
        try:
            read(root)
        except PeerError as error:
            assert str(error)

    attempt()


@settings(few, max_examples=25)
@given(broken(xml.serialise(smp.sign_as_publisher(
    smp.sign_as_country(smp.build_service_metadata(service_metadata()), seal("HR")), seal("EU")))))
def test_broken_signed_metadata(root: XmlElement) -> None:
    """A broken SignedServiceMetadata is refused, unless the edit changed nothing that was signed."""
    try:
        verified = smp.verify(root)
    except PeerError:
        return
    assert verified.publisher == seal("EU").certificate
    assert verified.metadata == service_metadata()


@few
@given(st.text(max_size=60))
def test_any_path(path: str) -> None:
    """Any request path names a participant or is refused."""
    try:
        who, _ = smp.parse_path(path)
    except PeerError:
        return
    assert who.scheme and who.value


@settings(few, max_examples=300)
@given(st.text(st.sampled_from(list("ab1\\dw[]^-|()?*+{},0.$ pL&")), max_size=24), st.text(max_size=20))
def test_any_pattern(pattern: str, value: str) -> None:
    """Any text is a pattern that gives a verdict, or is refused."""
    try:
        compiled = compile_pattern(pattern)
    except PatternError:
        return
    assert compiled.matches(value) in (True, False)
