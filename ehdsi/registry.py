"""What ITI-38 and ITI-39 share of ebXML: response statuses, registry errors, slots, ``urn:oid:`` identifiers.

Source: OASIS ebXML RegRep 3.0 (rs.xsd, rim.xsd); IHE ITI TF-3 4.2.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from lxml import etree

from ehdsi import oids
from ehdsi.cda.datatypes import Identifier
from ehdsi.cx import parse_cx
from ehdsi.errors import MalformedMessage
from ehdsi.findings import Remarks
from ehdsi.xml import XmlElement

RS = f"{{{oids.NS_RS}}}"
RIM = f"{{{oids.NS_RIM}}}"

STATUS_SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
STATUS_FAILURE = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
STATUS_PARTIAL = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"
STATUSES = frozenset({STATUS_SUCCESS, STATUS_FAILURE, STATUS_PARTIAL})

_SEVERITY = "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:"


class Severity(Enum):
    """How bad a registry error is; the value is the URN on the wire."""

    ERROR = _SEVERITY + "Error"
    WARNING = _SEVERITY + "Warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryError:
    """One ``rs:RegistryError``.

    ``code`` is a code of ``ehdsi.error_codes``; ``context`` the text for people (no personal data);
    ``location`` where in the peer's processing it arose, may be empty.
    """

    code: str
    context: str
    severity: Severity = Severity.ERROR
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A named list of values (``rim:Slot``)."""

    name: str
    values: tuple[str, ...]


def highest_severity(errors: Iterable[RegistryError]) -> Severity | None:
    """The worst severity among these errors, ``None`` when there are none."""
    severities = {error.severity for error in errors}
    if Severity.ERROR in severities:
        return Severity.ERROR
    return Severity.WARNING if severities else None


def status_of(errors: Iterable[RegistryError], *, has_results: bool) -> str:
    """The status that the specification wants for these errors.

    Warnings alone leave Success; an error with results is PartialSuccess, without results Failure.
    Source: IHE ITI TF-3 4.2.4.2, table 4.2.4.2-1.
    """
    if highest_severity(errors) is not Severity.ERROR:
        return STATUS_SUCCESS
    return STATUS_PARTIAL if has_results else STATUS_FAILURE


# ------------------------------------------------------------------------------------------- errors


def add_error_list(parent: XmlElement, errors: tuple[RegistryError, ...], *, highest: bool = True) -> None:
    """Append ``rs:RegistryErrorList`` unless there are no errors.

    ``highest`` writes ``@highestSeverity`` (the reference implementation leaves it out).
    """
    if not errors:
        return
    error_list = etree.SubElement(parent, RS + "RegistryErrorList")
    worst = highest_severity(errors)
    if highest and worst is not None:
        error_list.set("highestSeverity", worst.value)
    for error in errors:
        element = etree.SubElement(error_list, RS + "RegistryError", codeContext=error.context,
                                   errorCode=error.code, severity=error.severity.value)
        if error.location is not None:
            element.set("location", error.location)


def read_errors(response: XmlElement, remarks: Remarks) -> tuple[RegistryError, ...]:
    """The registry errors below an element that may hold one ``rs:RegistryErrorList``.

    A severity that is not the URN is taken as Error unless it ends in "Warning"; that and missing
    attributes are remarked upon.
    """
    error_list = response.find(RS + "RegistryErrorList")
    if error_list is None:
        return ()
    return tuple(_read_error(element, remarks) for element in error_list.iterchildren(RS + "RegistryError"))


def _read_error(element: XmlElement, remarks: Remarks) -> RegistryError:
    for name in ("errorCode", "codeContext"):
        if not element.get(name):
            remarks.error("A-ERR-01", f"a registry error has no {name}", element, expected=f"@{name}",
                          clause="ebXML RegRep 3.0, rs.xsd RegistryError")
    severity = element.get("severity", Severity.ERROR.value)
    if severity not in (Severity.ERROR.value, Severity.WARNING.value):
        remarks.error("A-ERR-01", "a registry error has a severity that is not one of the URNs", element,
                      expected=Severity.ERROR.value, got=severity[:80])
    is_warning = severity.rsplit(":", 1)[-1].strip().lower() == "warning"
    return RegistryError(code=element.get("errorCode", ""), context=element.get("codeContext", ""),
                         severity=Severity.WARNING if is_warning else Severity.ERROR,
                         location=element.get("location"))


def read_status(response: XmlElement, remarks: Remarks, rule: str) -> str | None:
    """``@status``, remarked upon when it is missing or unknown."""
    status = response.get("status")
    if status not in STATUSES:
        remarks.error(rule, "the response status is missing or unknown", response,
                      expected="Success, PartialSuccess or Failure as a URN", got=(status or "nothing")[:80],
                      clause="IHE ITI TF-3 4.2.4.2")
    return status


# --------------------------------------------------------------------------------- slots, identifiers


def add_slot(parent: XmlElement, name: str, *values: str) -> None:
    """Append a ``rim:Slot``."""
    slot = etree.SubElement(parent, RIM + "Slot", name=name)
    value_list = etree.SubElement(slot, RIM + "ValueList")
    for value in values:
        etree.SubElement(value_list, RIM + "Value").text = value


def read_slots(parent: XmlElement) -> dict[str, tuple[str, ...]]:
    """The slots directly below an element by name; of slots with the same name the values are joined."""
    slots: dict[str, tuple[str, ...]] = {}
    for slot in parent.iterchildren(RIM + "Slot"):
        value_list = slot.find(RIM + "ValueList")
        values = () if value_list is None else tuple(
            (value.text or "").strip() for value in value_list.iterchildren(RIM + "Value"))
        name = slot.get("name", "")
        slots[name] = slots.get(name, ()) + values
    return slots


def with_urn(oid: str) -> str:
    """``urn:oid:`` before a bare OID; a value that has it already stays as it is."""
    return oid if oid.startswith("urn:oid:") else f"urn:oid:{oid}"


def without_urn(value: str) -> str:
    """The bare OID of a home community id as XCA writes it."""
    return value.removeprefix("urn:oid:")


def read_cx(text: str) -> Identifier | None:
    """``<extension>^^^&<root>&ISO`` as an identifier, or ``None`` when it is not of that form; see
    ``ehdsi.cx``."""
    try:
        return parse_cx(text)
    except MalformedMessage:
        return None
