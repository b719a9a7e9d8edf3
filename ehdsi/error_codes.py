"""The catalogue of error codes that travel on the wire: what each means, where it stands, how bad it is.

The table is data (``error_codes.tsv`` beside this file). Codes come from four sources: the eHDSI names
(``ERROR_PI_NO_MATCH``), the older numeric series (``1102``), the transformation manager (``4505``) and IHE
(``XDSMissingDocument``). Meanings are ours; the codes of ranges 2401 to 2508 are known by range more than
one by one, so their meanings are approximate.

Source: eHDSI error codes as the reference implementation 7.1 lists them; IHE ITI TF-3, table 4.2.4.1-2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

ErrorSeverity = Literal["error", "warning"]

# The codes that this project itself emits or decides upon.
GENERIC = "ERROR_GENERIC"
CLASS_CODE_UNKNOWN = "ERROR_GENERIC_SERVICE_SIGNIFIER_UNKNOWN"
CONNECTION_NOT_POSSIBLE = "ERROR_GENERIC_CONNECTION_NOT_POSSIBLE"
DOCUMENT_MISSING = "ERROR_GENERIC_DOCUMENT_MISSING"
HPI_GENERIC = "ERROR_HPI_GENERIC"
HPI_AUTHENTICATION_NOT_RECEIVED = "ERROR_HPI_AUTHENTICATION_NOT_RECEIVED"
PI_GENERIC = "ERROR_PI_GENERIC"
PI_NO_MATCH = "ERROR_PI_NO_MATCH"
PI_MULTIPLE_MATCHES = "ERROR_PI_MULTIPLE_MATCHES"
PS_GENERIC = "ERROR_PS_GENERIC"
PS_MISSING_EXPECTED_MAPPING = "ERROR_PS_MISSING_EXPECTED_MAPPING"
PS_PDF_NOT_PROVIDED = "ERROR_PS_PDF_FORMAT_NOT_PROVIDED"
SEC_GENERIC = "ERROR_SEC_GENERIC"
SEC_DATA_INTEGRITY = "ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED"
ASSERTION_INVALID = "1001"
TRC_MISFIT = "1002"
NO_PATIENT_SUMMARY = "1102"
PATIENT_DIFFERS_FROM_TRC = "4206"
NO_CONSENT = "4701"
STRONGER_AUTHENTICATION = "4702"
INSUFFICIENT_RIGHTS = "4703"
NOT_TRANSCODED = "4505"
XDS_MISSING_DOCUMENT = "XDSMissingDocument"
XDS_MISSING_PARAMETER = "XDSStoredQueryMissingParam"
XDS_UNKNOWN_STORED_QUERY = "XDSUnknownStoredQuery"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCode:
    """One code of the catalogue.

    Attributes
    ----------
    code : as on the wire.
    origin : ``eHDSI``, ``eHDSI numeric``, ``transformation manager`` or ``IHE``.
    severity : how bad it is by its nature; a message may grade it otherwise.
    family : what it is about: ``patient``, ``professional``, ``summary``, ``policy``, ``security`` …
    where : transactions that carry it (``ITI-55`` …), or ``client`` and ``audit`` for codes that never
        travel.
    meaning : one English clause.
    """

    code: str
    origin: str
    severity: ErrorSeverity
    family: str
    where: tuple[str, ...]
    meaning: str


@cache
def catalogue() -> dict[str, ErrorCode]:
    """All codes, in the order of the table. Treat it as read-only."""
    table = files("ehdsi").joinpath("error_codes.tsv").read_text(encoding="utf-8").splitlines()
    codes = {}
    for line in table[1:]:
        code, origin, severity, family, where, meaning = line.split("\t")
        codes[code] = ErrorCode(code=code, origin=origin, severity=cast("ErrorSeverity", severity),
                                family=family,
                                where=tuple(where.split(",")), meaning=meaning)
    return codes


def lookup(code: str | None) -> ErrorCode | None:
    """The entry of a code as received; blanks around it and a missing ``EHDSI_`` prefix do not matter.

    Codes of newer waves carry the prefix ``EHDSI_`` before the older name. ``None``: not in the catalogue.
    """
    text = (code or "").strip()
    known = catalogue()
    return known.get(text) or known.get(text.removeprefix("EHDSI_")) or known.get(f"EHDSI_{text}")
