"""ITI-38: values to XML and back, the literals of stored queries, metadata and links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ehdsi import oids, registry, xca_query, xml
from ehdsi.cda.datatypes import Coded
from ehdsi.errors import MalformedMessage
from ehdsi.registry import RegistryError, Severity, Slot
from ehdsi.xca_query import quoting
from ehdsi.xml import XmlElement
from tests.wire_samples import DOCUMENT_LIST, DOCUMENT_QUERY, LEVEL1, LEVEL3, PATIENT_ID, again

RIM = f"{{{oids.NS_RIM}}}"


def slot_value(root: XmlElement, name: str) -> XmlElement:
    """The first value of a slot."""
    return root.xpath(f"//*[@name='{name}']/*/*")[0]  # type: ignore[no-any-return, index]


def list_after(edit: Callable[[XmlElement], object], answer: xca_query.DocumentList = DOCUMENT_LIST,
               ) -> xca_query.DocumentList:
    """What is read of a list after an edit of its tree."""
    root = again(xca_query.build_response(answer))
    edit(root)
    return xca_query.parse_response(root)


def rules(answer: xca_query.DocumentList) -> set[str]:
    """The rules that a reader found broken."""
    return {finding.rule for finding in answer.findings}


def test_query_survives_the_wire() -> None:
    """Patient, classes, statuses, filters and community of a query come back, without a remark."""
    query = replace(DOCUMENT_QUERY, home_community_id="1.2.3", class_codes=(
        Coded(code="60591-5", code_system=oids.LOINC), Coded(code="57833-6", code_system=oids.LOINC)),
        extra_slots=(Slot(name="$XDSDocumentEntryFilterMaximumSize", values=("10",)),))
    read = xca_query.parse_request(again(xca_query.build_request(query)))
    assert read == query
    assert read.findings == ()


def test_patient_id_is_a_quoted_literal() -> None:
    """The patient id stands in single quotes in CX form."""
    root = xca_query.build_request(DOCUMENT_QUERY)
    assert slot_value(root, "$XDSDocumentEntryPatientId").text == f"'123456789^^^&{PATIENT_ID.root}&ISO'"


@pytest.mark.parametrize(("values", "codes"), [
    (("('a^^s','b^^s')",), ["a", "b"]), (("('a^^s,b^^s')",), ["a", "b"]), (("('a^^s')", "('b^^s')"), ["a",
                                                                                                      "b"]),
    (("'a^^s'",), ["a"]), (("( 'a^^s' , 'b' )",), ["a", "b"]), (("a^^s",), []), (("('a^^s'",), []),
    (("('a'b')",), []), ((), [])])
def test_class_code_forms(values: tuple[str, ...], codes: list[str]) -> None:
    """The IHE form, the reference implementation's one literal and several values are read; unquoted is
    not."""
    root = xca_query.build_request(replace(DOCUMENT_QUERY, class_codes=()))
    registry.add_slot(root[1], "$XDSDocumentEntryClassCode", *values)
    query = xca_query.parse_request(again(root))
    assert [code.code for code in query.class_codes] == codes
    assert bool(codes) or "N-36" in {finding.rule for finding in query.findings}


@pytest.mark.parametrize("text", ["123^^^&1.2.3&ISO", "'123'", "'1^^^&1.2&ISO", "''", "'12^^^&&ISO'"])
def test_malformed_patient_id_is_not_read(text: str) -> None:
    """An unquoted or malformed patient id gives no patient and an error, never a guess."""
    root = xca_query.build_request(DOCUMENT_QUERY)
    slot_value(root, "$XDSDocumentEntryPatientId").text = text
    query = xca_query.parse_request(again(root))
    assert query.patient_id is None
    assert "N-37" in {finding.rule for finding in query.findings}


def test_quoting_doubles_quotes() -> None:
    """A quote inside a literal is doubled and comes back single; commas inside quotes do not split."""
    assert quoting.unquote_list((quoting.quote_list(("O'Neill", "a,b")),)) == ("O'Neill", "a,b")


def test_list_survives_the_wire() -> None:
    """All metadata of two entries, their link and their errors come back, without a remark."""
    answer = replace(DOCUMENT_LIST, errors=(RegistryError(code="2508", context="c",
                                                          severity=Severity.WARNING),))
    read = xca_query.parse_response(again(xca_query.build_response(answer)))
    assert read == answer
    assert read.findings == ()


def test_writing_is_repeatable() -> None:
    """The same list is written the same, byte by byte, including the ids of its parts."""
    assert (xml.serialise(xca_query.build_response(DOCUMENT_LIST))
            == xml.serialise(xca_query.build_response(DOCUMENT_LIST)))


def test_no_summary_is_an_empty_list_with_a_warning() -> None:
    """A patient without summary gives Success, 1102 and an object list that is there though empty."""
    answer = xca_query.DocumentList(errors=(RegistryError(code="1102", context="none",
                                                          severity=Severity.WARNING),))
    root = again(xca_query.build_response(answer))
    assert root.find(RIM + "RegistryObjectList") is not None
    assert xca_query.parse_response(root).findings == ()


def test_pair() -> None:
    """Level 3 and level 1 that are linked are one summary, whatever the order or direction of the link."""
    (pair,) = DOCUMENT_LIST.pairs()
    assert (pair.level3, pair.level1) == (LEVEL3, LEVEL1)
    link = DOCUMENT_LIST.associations[0]
    turned = replace(DOCUMENT_LIST, entries=(LEVEL3, LEVEL1),
                     associations=(replace(link, source=link.target, target=link.source),))
    assert turned.pairs() == (pair,)


def test_unlinked_entries_stand_alone() -> None:
    """Without a link nothing is paired: the PDF of one summary must not be shown beside another."""
    alone = replace(DOCUMENT_LIST, associations=()).pairs()
    assert [(pair.level3, pair.level1) for pair in alone] == [(None, LEVEL1), (LEVEL3, None)]


def test_format_code_in_any_case() -> None:
    """Format codes are compared without regard to case."""
    code = replace(xca_query.FORMAT_LEVEL3, code="urn:epsos:ps:ps:2010")
    assert replace(LEVEL3, format_code=code).level == 3


def drop(xpath: str) -> Callable[[XmlElement], object]:
    """An edit that removes all elements of an XPath with local names."""
    return lambda root: [node.getparent().remove(node) for node in root.xpath(xpath)]  # type: ignore[union-attr]


def put(xpath: str, name: str, value: str) -> Callable[[XmlElement], object]:
    """An edit that sets an attribute of all elements of an XPath."""
    return lambda root: [node.set(name, value) for node in root.xpath(xpath)]  # type: ignore[union-attr]


@pytest.mark.parametrize(("edit", "rule"), [
    (lambda root: root.attrib.pop("status"), "X-XCA-10"),
    (put("/*", "status", registry.STATUS_FAILURE), "X-XCA-10"),
    (lambda root: root[0][0].attrib.pop("home"), "A-XCA-03"),
    (put("//*[@home]", "home", "1.2.3"), "A-XCA-03"),
    (drop("//*[@name='repositoryUniqueId']"), "A-XCA-03"),
    (drop("//*[@name='sourcePatientId']"), "A-XCA-02"),
    (drop("//*[@name='creationTime']"), "A-XCA-02"),
    (drop("//*[@name='codingScheme']"), "A-XCA-02"),
    (drop("//*[local-name()='ExternalIdentifier'][1]"), "A-XCA-06"),
    (drop("//*[local-name()='ExternalIdentifier'][2]"), "A-XCA-02"),
    (drop("//*[local-name()='ExternalIdentifier']/*"), "A-XCA-02"),
    (drop("//*[local-name()='Association']"), "A-XCA-05"),
    (put("//*[@nodeRepresentation='60591-5']", "nodeRepresentation", ""), "A-XCA-02"),
    (put("//*[@nodeRepresentation='urn:epSOS:ps:ps:2010']", "nodeRepresentation", "urn:x"), "A-XCA-04"),
    (put("//*[@sourceObject]", "targetObject", "urn:uuid:none"), "A-XCA-05"),
    (lambda root: slot_value(root, "creationTime").__setattr__("text", "2026-03-19T10:00:00Z"), "A-XCA-02"),
    (lambda root: slot_value(root, "hash").__setattr__("text", "xyz"), "A-RET-04"),
    (lambda root: slot_value(root, "size").__setattr__("text", "0"), "A-XCA-02"),
    (lambda root: registry.add_slot(root[0][0], "repositoryUniqueId", "1.9"), "A-XCA-02"),
])
def test_deviation_is_remarked_upon(edit: Callable[[XmlElement], object], rule: str) -> None:
    """Each single defect of a list is named by the rule it breaks, and both entries are still there."""
    answer = list_after(edit)
    assert rule in rules(answer)
    assert len(answer.entries) == 2


def test_reversed_link_is_remarked_upon() -> None:
    """A link from level 3 to level 1 runs the wrong way."""
    link = DOCUMENT_LIST.associations[0]
    answer = list_after(lambda root: None, replace(
        DOCUMENT_LIST, associations=(replace(link, source=link.target, target=link.source),)))
    assert "A-XCA-05" in rules(answer)


def test_success_with_an_error_is_remarked_upon() -> None:
    """Success beside an error of severity Error contradicts itself."""
    answer = list_after(lambda root: None, replace(
        DOCUMENT_LIST, errors=(RegistryError(code="4703", context="c"),)))
    assert "X-XCA-10" in rules(answer)


def test_same_unique_id_twice_is_remarked_upon() -> None:
    """Two entries may not share a document id."""
    answer = list_after(lambda root: None, replace(
        DOCUMENT_LIST, entries=(LEVEL3, replace(LEVEL1, unique_id=LEVEL3.unique_id))))
    assert "A-XCA-03" in rules(answer)


def test_references_instead_of_entries() -> None:
    """References without metadata are kept as such and remarked upon."""
    answer = list_after(lambda root: None, xca_query.DocumentList(object_refs=("urn:uuid:1",)))
    assert answer.object_refs == ("urn:uuid:1",)
    assert "A-XCA-01" in rules(answer)


@pytest.mark.parametrize("root", [b"<AdhocQueryResponse/>",
                                  b"<x xmlns='urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0'/>"])
def test_unreadable(root: bytes) -> None:
    """Another message or the wrong namespace is refused, by both readers."""
    for parse in (xca_query.parse_request, xca_query.parse_response):
        with pytest.raises(MalformedMessage):
            parse(xml.parse(root))


def test_request_without_query() -> None:
    """A request without AdhocQuery is refused with an IHE code."""
    root = xca_query.build_request(DOCUMENT_QUERY)
    root.remove(root[1])
    with pytest.raises(MalformedMessage) as caught:
        xca_query.parse_request(again(root))
    assert caught.value.code == "XDSRegistryError"
