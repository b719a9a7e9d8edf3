"""Everything that we write on the wire is valid under the schemas that other gateways validate with."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives import serialization
from lxml import etree

from ehdsi import registry, search_mask, smp, xca_query, xca_retrieve, xcpd, xml
from ehdsi.registry import RegistryError, Severity
from ehdsi.xml import XmlElement
from tests.reference import needs_reference, reference
from tests.security import seal
from tests.wire_samples import (
    CHILD,
    CHOICE,
    DOCUMENT_LIST,
    DOCUMENT_QUERY,
    FULL,
    PATIENT,
    QUERY,
    RETRIEVE,
    RETRIEVED,
    match,
    nobody,
    one_identifier,
    refusal,
    service_metadata,
)

pytestmark = [needs_reference, pytest.mark.reference]

DETAIL = xcpd.AcknowledgementDetail(code="ERROR_PI_GENERIC", text="why", location="where")
ERRORS = (RegistryError(code="4703", context="forbidden", location="x"),
          RegistryError(code="1102", context="none", severity=Severity.WARNING))


@cache
def schema(*parts: str) -> etree.XMLSchema:
    """A foreign schema, read once per run."""
    return etree.XMLSchema(etree.parse(str(reference("schemas", *parts))))


def assert_valid(element: XmlElement, *parts: str) -> None:
    """The element, as it arrives on the other side, is valid."""
    document = xml.parse(xml.serialise(element))
    grammar = schema(*parts)
    assert grammar.validate(document), [str(error) for error in grammar.error_log]


@pytest.mark.parametrize("traits", [QUERY.traits, xcpd.Traits(identifiers=QUERY.traits.identifiers),
                                    xcpd.Traits()],
                         ids=["all", "identifier", "none"])
def test_patient_query(traits: xcpd.Traits) -> None:
    """An ITI-55 request is valid with all, one or no traits."""
    assert_valid(xcpd.build_request(replace(QUERY, traits=traits)), "xcpd", "PRPA_IN201305UV02.xsd")


ANSWERS = {
    "match": match(), "deceased": match(replace(PATIENT, deceased=True, deceased_time="20250101")),
    "several": match(PATIENT, PATIENT), "child": match(CHILD),
    "nobody": nobody(), "nobody with issue": nobody(with_issue=True),
    "no echo": replace(match(), echoed=None), **{code: refusal(code, DETAIL) for code in xcpd.ISSUE_CODES},
}


@pytest.mark.parametrize("style", [xcpd.STRICT, xcpd.OPENNCP_LIKE], ids=["strict", "openncp-like"])
@pytest.mark.parametrize("name", ANSWERS)
def test_discovery_answer(name: str, style: xcpd.AnswerStyle) -> None:
    """An ITI-55 answer is valid for every outcome, also in the reference implementation's ways."""
    assert_valid(xcpd.build_response(ANSWERS[name], style), "xcpd", "PRPA_IN201306UV02.xsd")


def test_document_query() -> None:
    """An ITI-38 request is valid."""
    assert_valid(xca_query.build_request(replace(DOCUMENT_QUERY, home_community_id="1.2.3")), "xca",
                 "query.xsd")


@pytest.mark.parametrize("answer", [
    DOCUMENT_LIST, replace(DOCUMENT_LIST, errors=ERRORS, status=registry.STATUS_PARTIAL),
    xca_query.DocumentList(errors=ERRORS[1:]), xca_query.DocumentList(object_refs=("urn:uuid:1",))],
    ids=["pair", "partial", "empty", "references"])
@pytest.mark.parametrize("highest", [True, False])
def test_document_list(answer: xca_query.DocumentList, highest: bool) -> None:
    """An ITI-38 answer is valid with documents, without, with errors and warnings."""
    assert_valid(xca_query.build_response(answer, highest_severity=highest), "xca", "query.xsd")


def test_retrieve_request() -> None:
    """An ITI-39 request is valid, with and without a community."""
    without = replace(RETRIEVE, documents=(replace(RETRIEVE.documents[0], home_community_id=None),))
    assert_valid(xca_retrieve.build_request(RETRIEVE), "xca", "IHEXDS.xsd")
    assert_valid(xca_retrieve.build_request(without), "xca", "IHEXDS.xsd")


@pytest.mark.parametrize("answer", [RETRIEVED, replace(RETRIEVED, errors=ERRORS),
                                    xca_retrieve.RetrieveAnswer(status=registry.STATUS_FAILURE,
                                                                errors=ERRORS)])
def test_retrieve_answer(answer: xca_retrieve.RetrieveAnswer) -> None:
    """An ITI-39 answer is valid with and without documents (the schema knows the inline form)."""
    assert_valid(xca_retrieve.build_response(answer).element, "xca", "IHEXDS.xsd")


SMP = ("smp", "bdx-smp-201605.xsd")


def test_service_group() -> None:
    """A service group is valid."""
    group = smp.ServiceGroup(participant=smp.participant("HR"), references=("https://smp.example/x",))
    assert_valid(smp.build_service_group(group), *SMP)


def test_signed_service_metadata() -> None:
    """Service metadata are valid as a country hands them in and as a publisher gives them out."""
    der = seal("HR").certificate.public_bytes(serialization.Encoding.DER)
    element = smp.sign_as_country(smp.build_service_metadata(service_metadata(certificate=der)), seal("HR"))
    assert_valid(element, *SMP)
    assert_valid(smp.sign_as_publisher(element, seal("EU")), *SMP)


def test_published_mask_and_redirect() -> None:
    """A mask inside its endpoint, and a redirect, are valid."""
    endpoint = smp.Endpoint(transport_profile=smp.SEARCH_MASK.transport_profile, uri="",
                            extensions=(search_mask.build_mask(FULL),))
    metadata = replace(service_metadata(), document=smp.SEARCH_MASK.document_identifier, processes=(
        smp.Process(identifier=smp.SEARCH_MASK.process_identifier("HR"), endpoints=(endpoint,)),))
    assert_valid(smp.sign_as_publisher(smp.build_service_metadata(metadata), seal("EU")), *SMP)
    assert_valid(smp.build_service_metadata(smp.Redirect(href="https://x.example/", certificate_uid="u")),
                 *SMP)


@pytest.mark.parametrize("mask", [CHOICE, FULL, search_mask.SearchMask(country="EE",
                                                                       patient=one_identifier())])
def test_search_mask(mask: search_mask.SearchMask) -> None:
    """A mask is valid with one identifier, a choice, and everything in it."""
    assert_valid(search_mask.build_mask(mask), "smp", "ehdsi-ism-2023.xsd")
