"""ITI-38, Cross Gateway Query: the payload of the SOAP body, both ways.

``build_request`` / ``parse_request`` for ``AdhocQueryRequest`` (FindDocuments), ``build_response`` /
``parse_response`` for ``AdhocQueryResponse``. Left out: folders and submission sets, which eHDSI does not
use.

Source: IHE ITI TF-2 3.38 and 3.18, TF-3 4.2; OASIS ebXML RegRep 3.0; eHDSI XCA profile.
"""

from __future__ import annotations

from ehdsi.xca_query.model import (
    APPROVED,
    FIND_DOCUMENTS,
    FORMAT_LEVEL1,
    FORMAT_LEVEL3,
    NORMAL_CONFIDENTIALITY,
    ON_DEMAND_ENTRY,
    PATIENT_SUMMARY,
    PRACTICE_NOT_USED,
    STABLE_ENTRY,
    TRANSFORM,
    Association,
    DocumentEntry,
    DocumentList,
    DocumentPair,
    DocumentQuery,
)
from ehdsi.xca_query.read_request import parse_request
from ehdsi.xca_query.read_response import parse_response
from ehdsi.xca_query.write import build_request, build_response

__all__ = [
    "APPROVED",
    "FIND_DOCUMENTS",
    "FORMAT_LEVEL1",
    "FORMAT_LEVEL3",
    "NORMAL_CONFIDENTIALITY",
    "ON_DEMAND_ENTRY",
    "PATIENT_SUMMARY",
    "PRACTICE_NOT_USED",
    "STABLE_ENTRY",
    "TRANSFORM",
    "Association",
    "DocumentEntry",
    "DocumentList",
    "DocumentPair",
    "DocumentQuery",
    "build_request",
    "build_response",
    "parse_request",
    "parse_response",
]
