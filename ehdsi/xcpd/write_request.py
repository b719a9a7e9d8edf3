"""Writes ``PRPA_IN201305UV02``."""

from __future__ import annotations

from ehdsi import oids
from ehdsi.xcpd.elements import add, add_device, add_query_by_parameter, add_transmission, root_element
from ehdsi.xcpd.model import PatientQuery
from ehdsi.xml import XmlElement


def build_request(query: PatientQuery) -> XmlElement:
    """The payload of an ITI-55 request.

    Source: IHE ITI-55 3.55.4.1; eHDSI XCPD profile 2.1.0. The code's OID stands in ``codeSystem``, as IHE
    wants it (the reference implementation puts it in ``codeSystemName``).
    """
    message = root_element("PRPA_IN201305UV02")
    add_transmission(message, message_id=query.message_id, creation_time=query.creation_time,
                     interaction="PRPA_IN201305UV02", accept_ack="AL")
    add_device(message, "receiver", query.receiver)
    add_device(message, "sender", query.sender)
    act = add(message, "controlActProcess", classCode="CACT", moodCode="EVN")
    add(act, "code", code="PRPA_TE201305UV02", codeSystem=oids.HL7_INTERACTIONS)
    author = add(act, "authorOrPerformer", typeCode="AUT")
    add(author, "assignedPerson", classCode="ASSIGNED")
    add_query_by_parameter(act, query.query_id, query.traits, full=True)
    return message
