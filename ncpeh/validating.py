"""Judges a file: a CDA document by schema and rules, a wire message by the reader of its transaction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ehdsi.errors import LocalError, PeerError

if TYPE_CHECKING:
    from ehdsi.rules import Finding
    from ehdsi.xml import XmlElement

    Judge = Callable[[XmlElement], tuple[Finding, ...]]


def findings_of(data: bytes, *, schemas: Path | None = None) -> tuple[Finding, ...]:
    """Everything that is wrong with these bytes, the gravest reason to stop reading included.

    Parameters
    ----------
    schemas : folder of other schemas and Schematrons; its XML Schemas take the place of ours.

    Raises
    ------
    LocalError : the folder has no schema for this message, or one of its files cannot be used.
    """
    from ehdsi import xml

    try:
        return _judge_root(xml.parse(data, large_text=True), data, schemas)
    except PeerError as error:
        return (_stopped(error),)


def _judge_root(root: XmlElement, data: bytes, schemas: Path | None) -> tuple[Finding, ...]:
    from ehdsi import oids, soap

    if root.tag == f"{{{oids.NS_HL7}}}ClinicalDocument":
        return _judge_document(root, data, schemas)
    if root.tag == f"{{{oids.NS_SOAP12}}}Envelope":
        rules = soap.EnvelopeRules(require_action=False, must_understand=False)
        root = soap.parse_envelope(root, rules=rules).body
    judge = _judges().get(root.tag)
    if judge is None:
        from lxml import etree

        raise PeerError("nothing here knows this message", where="/", expected="a CDA document, a SOAP 1.2 "
                        "message of ITI-55, 38 or 39, service metadata, or a search mask",
                        got=etree.QName(root).localname[:60])
    return _by_schema(root, schemas) + judge(root)


def _by_schema(root: XmlElement, schemas: Path | None) -> tuple[Finding, ...]:
    """Breaks of our schema of the message family, or of the one that the folder has for it."""
    from ehdsi.rules.schema import explain, family_of, validate

    if schemas is not None:
        from lxml import etree

        from ncpeh.official import schema_for

        path = schema_for(root, schemas)
        try:
            valid = etree.XMLSchema(file=str(path)).validate(root)
        except etree.LxmlError as error:
            raise LocalError(f"the schema {path} cannot be used: {error}") from None
        return () if valid else explain(root, path)
    family = family_of(root)
    return validate(root, family) if family else ()


def _judge_document(root: XmlElement, data: bytes, schemas: Path | None) -> tuple[Finding, ...]:
    from ehdsi.rules import RuleContext, check
    from ncpeh.settings import now
    from ncpeh.walking import terminology

    context = RuleContext(now=now(), size=len(data), raw=data, members=terminology().member)
    found = _by_schema(root, schemas) + check(root, context)
    if schemas is not None:
        from ncpeh.official import schematron_findings

        found += schematron_findings(root, schemas)
    return found


def _judges() -> dict[str, Judge]:
    """Name of a message -> its reader."""
    from ehdsi import oids, search_mask, smp, xca_query, xca_retrieve, xcpd

    hl7, query, xds, ism = (f"{{{ns}}}" for ns in (oids.NS_HL7, oids.NS_QUERY, oids.NS_XDS, oids.NS_ISM))
    return {
        f"{hl7}PRPA_IN201305UV02": lambda root: xcpd.parse_request(root).findings,
        f"{hl7}PRPA_IN201306UV02": lambda root: xcpd.parse_response(root).findings,
        f"{query}AdhocQueryRequest": lambda root: xca_query.parse_request(root).findings,
        f"{query}AdhocQueryResponse": lambda root: xca_query.parse_response(root).findings,
        f"{xds}RetrieveDocumentSetRequest": lambda root: xca_retrieve.parse_request(root).findings,
        # A part beside the message cannot be seen here; its absence is not the message's fault.
        f"{xds}RetrieveDocumentSetResponse":
            lambda root: xca_retrieve.parse_response(root, lambda _: b" ").findings,
        f"{{{oids.NS_SMP}}}ServiceGroup": lambda root: smp.parse_service_group(root).findings,
        f"{{{oids.NS_SMP}}}SignedServiceMetadata": lambda root: smp.verify(root).findings,
        f"{ism}searchFields": lambda root: search_mask.parse_mask(root).findings,
    }


def _stopped(error: PeerError) -> Finding:
    """The error that ended the reading, as a finding."""
    from ehdsi.rules import Finding

    return Finding(rule=type(error).__name__, severity="error", message=error.what, xpath=error.where,
                   line=error.line, expected=error.expected, got=error.got, clause=error.clause,
                   hint=error.hint)
