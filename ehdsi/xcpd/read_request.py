"""Reads ``PRPA_IN201305UV02``."""

from __future__ import annotations

from ehdsi.errors import MalformedMessage
from ehdsi.findings import Remarks, line_of
from ehdsi.xcpd.datatypes import attribute, read_identifier
from ehdsi.xcpd.elements import H
from ehdsi.xcpd.model import PatientQuery
from ehdsi.xcpd.wrapper import read_party, read_traits, read_wrapper, require_interaction
from ehdsi.xml import XmlElement, path_of


def parse_request(message: XmlElement) -> PatientQuery:
    """The query that an NCP-A received.

    Parameters
    ----------
    message : the child of the SOAP body.

    Raises
    ------
    MalformedMessage : another interaction, or no ``controlActProcess/queryByParameter``. Everything less is
        remarked upon in ``findings``.

    Source: IHE ITI-55 3.55.4.1; eHDSI XCPD profile 2.1.0.
    """
    require_interaction(message, "PRPA_IN201305UV02")
    remarks = Remarks("IHE ITI-55 3.55.4.1")
    message_id, created = read_wrapper(message, "PRPA_IN201305UV02", remarks)
    act = message.find(H + "controlActProcess")
    query = None if act is None else act.find(H + "queryByParameter")
    if query is None:
        raise MalformedMessage("the patient query has no parameters", where=path_of(message),
                               expected="controlActProcess/queryByParameter", clause="IHE ITI-55 3.55.4.1.2",
                               code="ERROR_PI_GENERIC", line=line_of(message))
    if attribute(act, "code") != "PRPA_TE201305UV02":
        remarks.error("A-XCPD-02", "controlActProcess has the wrong trigger event", message,
                      expected="PRPA_TE201305UV02")
    query_id = read_identifier(query.find(H + "queryId"))
    if query_id.root is None:
        remarks.error("A-XCPD-02", "the query has no queryId", query, expected="queryId/@root")
    return PatientQuery(
        message_id=message_id, creation_time=created, query_id=query_id,
        receiver=read_party(message, "receiver", remarks), sender=read_party(message, "sender", remarks),
        traits=read_traits(query, remarks), findings=remarks.done(),
    )
