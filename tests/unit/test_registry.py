"""What ITI-38 and ITI-39 share: statuses, registry errors, slots, identifiers."""

from __future__ import annotations

import pytest
from lxml import etree

from ehdsi import registry, xml
from ehdsi.cda.datatypes import Identifier
from ehdsi.findings import Remarks, has_errors
from ehdsi.registry import RegistryError, Severity

ERROR = RegistryError(code="4701", context="no consent", location="")
WARNING = RegistryError(code="1102", context="no summary", severity=Severity.WARNING)


@pytest.mark.parametrize(("errors", "has_results", "status", "worst"), [
    ((), True, registry.STATUS_SUCCESS, None),
    ((WARNING,), False, registry.STATUS_SUCCESS, Severity.WARNING),
    ((WARNING, ERROR), True, registry.STATUS_PARTIAL, Severity.ERROR),
    ((ERROR,), False, registry.STATUS_FAILURE, Severity.ERROR),
])
def test_status_follows_from_errors_and_results(errors: tuple[RegistryError, ...], has_results: bool,
                                                status: str,
                                                worst: Severity | None) -> None:
    """Warnings leave Success; an error is Failure, or PartialSuccess beside results."""
    assert registry.status_of(errors, has_results=has_results) == status
    assert registry.highest_severity(errors) is worst


@pytest.mark.parametrize("highest", [True, False])
def test_errors_survive_the_wire(highest: bool) -> None:
    """Code, context, severity and location come back, with and without @highestSeverity."""
    parent = etree.Element("parent")
    registry.add_error_list(parent, (ERROR, WARNING), highest=highest)
    assert ("highestSeverity" in parent[0].attrib) is highest
    remarks = Remarks()
    assert registry.read_errors(parent, remarks) == (ERROR, WARNING)
    assert remarks.done() == ()


def test_no_errors_no_list() -> None:
    """The schema does not allow an empty error list, so none is written."""
    parent = etree.Element("parent")
    registry.add_error_list(parent, ())
    assert len(parent) == 0


@pytest.mark.parametrize(("severity", "read"), [("Error", Severity.ERROR), ("Warning", Severity.WARNING),
                                                ("nonsense", Severity.ERROR)])
def test_short_severity_is_read_and_remarked_upon(severity: str, read: Severity) -> None:
    """A severity that is not the URN is understood, taken as an error in doubt, and reported."""
    root = xml.parse(f'<p xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rs:3.0"><RegistryErrorList>'
                     f'<RegistryError errorCode="1" severity="{severity}"/></RegistryErrorList></p>'.encode())
    remarks = Remarks()
    assert registry.read_errors(root, remarks)[0].severity is read
    assert [finding.rule for finding in remarks.done()] == ["A-ERR-01", "A-ERR-01"]
    assert has_errors(remarks.done())


def test_slots_of_one_name_are_joined() -> None:
    """A slot that is written twice, or with several values, loses none of them."""
    parent = etree.Element("parent")
    registry.add_slot(parent, "a", "1", "2")
    registry.add_slot(parent, "a", "3")
    assert registry.read_slots(parent) == {"a": ("1", "2", "3")}


@pytest.mark.parametrize(("text", "identifier"), [
    ("123^^^&1.2.3&ISO", Identifier(root="1.2.3", extension="123")),
    ("123^^^&&ISO", None), ("^^^&1.2.3&ISO", None), ("123", None), ("123^^^&1.2.3&DNS", None), ("", None)])
def test_cx(text: str, identifier: Identifier | None) -> None:
    """A CX identifier needs an extension, an OID and the word ISO."""
    assert registry.read_cx(text) == identifier


def test_community_prefix() -> None:
    """XCA writes urn:oid: before a home community id, once."""
    assert registry.with_urn("1.2") == registry.with_urn("urn:oid:1.2") == "urn:oid:1.2"
    assert registry.without_urn("urn:oid:1.2") == registry.without_urn("1.2") == "1.2"
