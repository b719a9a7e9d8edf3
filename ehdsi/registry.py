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

    ``code`` is a code of ``ehdsi.error_codes``; ``context`` the text for people (no personal data); ``location``
    where in the peer's processing it arose, may be empty.
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
