"""Reads ``AdhocQueryRequest``."""

from __future__ import annotations

from lxml import etree

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Identifier
from ehdsi.errors import MalformedMessage
from ehdsi.findings import Remarks, line_of
from ehdsi.registry import RIM, Slot, read_cx, read_slots, without_urn
from ehdsi.xca_query.model import DocumentQuery
from ehdsi.xca_query.quoting import read_codes, unquote, unquote_list
from ehdsi.xca_query.schemes import SLOT_CLASS_CODE, SLOT_PATIENT_ID, SLOT_STATUS
from ehdsi.xml import XmlElement, path_of

QUERY = f"{{{oids.NS_QUERY}}}"
_OWN_SLOTS = frozenset({SLOT_PATIENT_ID, SLOT_STATUS, SLOT_CLASS_CODE})


def require(message: XmlElement, name: str) -> None:
    """Refuse an element that is not the message ``name`` of the ebXML query namespace.

    Raises
    ------
    MalformedMessage : another local name or namespace.
    """
    if message.tag != QUERY + name:
        got = etree.QName(message)
        raise MalformedMessage(
            "the SOAP body does not hold the message of this transaction", where=path_of(message),
            expected=f"{name} in {oids.NS_QUERY}",
            got=f"{got.localname[:60]} in {got.namespace or 'no namespace'}",
            clause="IHE ITI-38 3.38.4.1", line=line_of(message))


def parse_request(message: XmlElement) -> DocumentQuery:
    """The query that an NCP-A received.

    A patient id that is not a quoted CX identifier is left out (``None``), a missing class code gives no
    class codes; both are errors among the findings, and an NCP-A must refuse them.

    Raises
    ------
    MalformedMessage : another message, or no ``AdhocQuery``.

    Source: IHE ITI-38 3.38.4.1, ITI-18 3.18.4.1.2.3.7.1; eHDSI XCA profile.
    """
    require(message, "AdhocQueryRequest")
    adhoc = message.find(RIM + "AdhocQuery")
    if adhoc is None:
        raise MalformedMessage("the request holds no query", where=path_of(message),
                               expected="rim:AdhocQuery",
                               clause="IHE ITI-18 3.18.4.1.2", code="XDSRegistryError", line=line_of(message))
    remarks = Remarks("IHE ITI-18 3.18.4.1.2.3.7.1")
    option = message.find(QUERY + "ResponseOption")
    if option is None:
        remarks.error("XCA-OPTION", "the request has no ResponseOption", message,
                      expected="query:ResponseOption")
    slots = read_slots(adhoc)
    home = adhoc.get("home")
    return DocumentQuery(
        patient_id=_patient_id(slots, adhoc, remarks),
        class_codes=_class_codes(slots, adhoc, remarks),
        statuses=_statuses(slots, adhoc, remarks),
        stored_query_id=adhoc.get("id", ""),
        home_community_id=None if home is None else without_urn(home),
        return_type="" if option is None else option.get("returnType", "RegistryObject"),
        return_composed=option is not None and option.get("returnComposedObjects") in ("true", "1"),
        extra_slots=tuple(Slot(name=name, values=values) for name, values in slots.items()
                          if name not in _OWN_SLOTS),
        findings=remarks.done(),
    )


def _patient_id(slots: dict[str, tuple[str, ...]], adhoc: XmlElement, remarks: Remarks) -> Identifier | None:
    values = slots.get(SLOT_PATIENT_ID, ())
    if len(values) != 1:
        remarks.error("N-37", "the query does not hold exactly one patient id", adhoc,
                      expected=SLOT_PATIENT_ID,
                      got=str(len(values)))
        return None
    text = unquote(values[0])
    identifier = None if text is None else read_cx(text)
    if identifier is None:
        remarks.error("N-37", "the patient id is not a quoted CX identifier", adhoc,
                      expected="'<extension>^^^&<OID>&ISO' in single quotes", clause="IHE ITI TF-3 4.2.3.1.7")
    return identifier


def _class_codes(slots: dict[str, tuple[str, ...]], adhoc: XmlElement, remarks: Remarks) -> tuple[Coded, ...]:
    values = slots.get(SLOT_CLASS_CODE, ())
    literals = unquote_list(values)
    if not values or literals is None:
        remarks.error("N-36", "the class codes are missing or not a list of quoted literals", adhoc,
                      expected=f"('{oids.DOCUMENT_CODE_PATIENT_SUMMARY}^^{oids.LOINC}')",
                      clause="eHDSI XCA profile")
        return ()
    if any("," in literal for literal in literals):
        remarks.warning("N-36", "several class codes stand in one literal", adhoc, expected="('a^^s','b^^s')")
    return read_codes(literals)


def _statuses(slots: dict[str, tuple[str, ...]], adhoc: XmlElement, remarks: Remarks) -> tuple[str, ...]:
    values = slots.get(SLOT_STATUS, ())
    literals = unquote_list(values)
    if not values or literals is None:
        remarks.error("XCA-STATUS", "the statuses are missing or not a list of quoted literals", adhoc,
                      expected="('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved')")
    return literals or ()
