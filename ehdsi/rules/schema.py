"""Verdicts of our XML Schemas: a fast one with lxml, and explanations where it is bad.

One schema per message family lies under ``schemas/``; ``FAMILIES`` names their files. A schema is compiled
once per process. Other schema packs (the official ones) are loaded from a folder that the caller names.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import etree

from ehdsi import oids
from ehdsi.errors import LocalError
from ehdsi.rules.load import SCHEMAS
from ehdsi.rules.model import Finding
from ehdsi.xml import XmlElement, path_of

#: Schema file of each message family, below the folder of schemas.
FAMILIES = {
    "cda": "cda/patient-summary.xsd",
    "saml": "saml/assertion.xsd",
    "search_mask": "search_mask/search-mask.xsd",
    "smp": "smp/service-metadata.xsd",
    "soap": "soap/envelope.xsd",
    "xca_query": "xca/query.xsd",
    "xca_retrieve": "xca/retrieve.xsd",
    "xcpd": "xcpd/patient-discovery.xsd",
}


#: Breaks explained of one message.
MOST_EXPLAINED = 100

#: A compiled schema keeps the errors of its last validation, so threads take turns of about a millisecond.
_ONE_AT_A_TIME = threading.Lock()

_NAMESPACE = re.compile(r"\{[^}]*\}")
_VALUE = re.compile(r"(?:The value '[^']*'|'[^']*'(?= is not a valid value))")


#: Family of a message by the name of its root element.
_FAMILY_OF = {
    f"{{{oids.NS_HL7}}}ClinicalDocument": "cda",
    f"{{{oids.NS_HL7}}}PRPA_IN201305UV02": "xcpd",
    f"{{{oids.NS_HL7}}}PRPA_IN201306UV02": "xcpd",
    f"{{{oids.NS_QUERY}}}AdhocQueryRequest": "xca_query",
    f"{{{oids.NS_QUERY}}}AdhocQueryResponse": "xca_query",
    f"{{{oids.NS_XDS}}}RetrieveDocumentSetRequest": "xca_retrieve",
    f"{{{oids.NS_XDS}}}RetrieveDocumentSetResponse": "xca_retrieve",
    f"{{{oids.NS_SAML}}}Assertion": "saml",
    f"{{{oids.NS_SMP}}}ServiceGroup": "smp",
    f"{{{oids.NS_SMP}}}ServiceMetadata": "smp",
    f"{{{oids.NS_SMP}}}SignedServiceMetadata": "smp",
    f"{{{oids.NS_ISM}}}searchFields": "search_mask",
    f"{{{oids.NS_SOAP12}}}Envelope": "soap",
}


@dataclass(frozen=True, slots=True)
class SchemaBreak:
    """The first place where a message breaks its schema, as libxml2 says it, without values of the
    message."""

    line: int
    message: str


@lru_cache(maxsize=16)
def _compiled(path: Path) -> etree.XMLSchema:
    try:
        return etree.XMLSchema(file=str(path))
    except (OSError, etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise LocalError(f"the schema {path.name} cannot be read: {error}") from None


def family_of(root: XmlElement) -> str | None:
    """The message family of a root element, or None for a message that we have no schema for."""
    return _FAMILY_OF.get(str(root.tag))


def schema_path(family: str, folder: Path = SCHEMAS) -> Path:
    """The schema file of a message family; raises ``LocalError`` for an unknown family."""
    if family not in FAMILIES:
        raise LocalError(f"no schema for {family}; known are {', '.join(sorted(FAMILIES))}")
    return folder / FAMILIES[family]


def is_valid(root: XmlElement, family: str) -> bool:
    """The verdict of our schema on a message: fast, without reasons."""
    schema = _compiled(schema_path(family))
    with _ONE_AT_A_TIME:
        return bool(schema.validate(root))


def first_break(root: XmlElement, family: str) -> SchemaBreak | None:
    """The first place where a message breaks our schema, or None."""
    schema = _compiled(schema_path(family))
    with _ONE_AT_A_TIME:
        if schema.validate(root):
            return None
        log: Any = schema.error_log
        entry = log[0]
    return SchemaBreak(entry.line, _without_values(entry.message))


def _without_values(message: str) -> str:
    """libxml2's sentence without namespaces and without the quoted value of a facet or type error."""
    return _VALUE.sub("the value", _NAMESPACE.sub("", message))[:300]


def _without_content(message: str, element: Any) -> str:
    """A sentence without any text or attribute value of the element that it is about."""
    contents = [*element.attrib.values(), *[text.strip() for text in element.itertext()]]
    for content in sorted({str(content) for content in contents if content}, key=len, reverse=True):
        if len(content) > 1 and not content.startswith("urn:"):
            message = message.replace(content, "…")
    return _NAMESPACE.sub("", message)[:300]


def explain(root: XmlElement, path: Path, *, rule: str = "XSD") -> tuple[Finding, ...]:
    """Every break of a schema file, with place and expectation; slow, for messages that are known to be
    invalid.

    Raises
    ------
    LocalError : the schema file cannot be read.
    """
    found: list[Finding] = []
    for error in _explainer(path).iter_errors(root):
        element: Any = error.elem if error.elem is not None else root
        found.append(
            Finding(
                rule=rule,
                severity="error",
                message=_without_content(str(error.reason or error.message), element),
                xpath=path_of(element),
                line=element.sourceline or 0,
                clause=path.name,
                hint="compare with the schema at this element",
            )
        )
        if len(found) == MOST_EXPLAINED:
            break
    return tuple(found)


@lru_cache(maxsize=8)
def _explainer(path: Path) -> Any:
    import xmlschema  # loaded here: it is slow to import and needed for bad messages only

    try:
        return xmlschema.XMLSchema(str(path), defuse="never", allow="local")
    except (OSError, xmlschema.XMLSchemaException) as error:
        raise LocalError(f"the schema {path.name} cannot be read: {error}") from None


def validate(root: XmlElement, family: str) -> tuple[Finding, ...]:
    """All breaks of our schema by a message; empty, and fast, when there is none."""
    if is_valid(root, family):
        return ()
    path = schema_path(family)
    rule = f"XSD-{family.upper()}"
    found = explain(root, path, rule=rule)
    if found:
        return found
    broken = first_break(root, family) or SchemaBreak(0, "invalid")
    return (Finding(rule=rule, severity="error", message=broken.message, line=broken.line, clause=path.name),)
