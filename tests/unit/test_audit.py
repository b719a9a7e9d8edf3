"""Audit messages and syslog frames: valid under the foreign schema, read back, refused when broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from lxml import etree

from ehdsi import audit, syslog, xml
from ehdsi.audit import EVENTS, AuditCode, AuditMessage, Outcome, build_audit_message, parse_audit_message
from ehdsi.errors import LocalError, MalformedMessage
from tests.reference import reference

TIME = datetime(2026, 3, 2, 9, 30, 0, 123000, tzinfo=UTC)
PATIENT = "NAM-4711^^^&2.999.1.2&ISO"


def message(key: str = "EHDSI-11", side: str = "B", outcome: Outcome = Outcome.SUCCESS) -> AuditMessage:
    """An event with every participant and every kind of object."""
    return audit.event_message(
        key, side=side, time=TIME, outcome=outcome, source_id="FR-IDF", enterprise_site_id="site 1",
        outcome_text="" if outcome is Outcome.SUCCESS else "refused",
        participants=(
            audit.point_of_care("Hôpital de la Gare"),
            audit.human_requester("8999", "urn:idp:FR:countryB", "Dr Camille Martin"),
            audit.human_requester("8999", "x", "Dr", sp_provided_id="sp-1", is_requestor=True),
            audit.service_consumer("ncp.fr.example.org", "192.0.2.1"),
            audit.service_provider("ncp.hr.example.org", "ncp.hr.example.org")),
        objects=(
            audit.patient_object(PATIENT),
            audit.query_object("ITI-55", "urn:uuid:1", b"<queryByParameter/>", "urn:oid:2.999"),
            audit.retrieve_object("urn:uuid:2"), audit.document_object("2.999.3^1"),
            audit.error_object("4703", "insufficient rights"), audit.assertion_object("hcp", "_1"),
            audit.assertion_object("trc", "_2"), audit.next_of_kin_object("NK-1"),
            audit.translation_object("in", "2.999.3"), audit.smp_object("https://smp.example.org/a?b")))


@pytest.fixture(scope="module")
def schema():
    """The foreign schema of DICOM audit messages."""
    return etree.XMLSchema(etree.parse(str(reference("schemas", "audit", "DICOM_Unsigned.xsd"))))


@pytest.mark.reference
@pytest.mark.parametrize("key", EVENTS)
@pytest.mark.parametrize("side", ["A", "B"])
def test_every_event_is_valid_under_the_foreign_schema(schema, key, side):
    """All events of the profile, with all participants and objects, satisfy DICOM's own schema."""
    root = xml.parse(xml.serialise(build_audit_message(message(key, side))))
    schema.assertValid(root)


@pytest.mark.parametrize("key", EVENTS)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_event_is_read_back(key, outcome):
    """Nothing of an event is lost between writing and reading."""
    original = message(key, outcome=outcome)
    assert parse_audit_message(xml.parse(xml.serialise(build_audit_message(original)))) == original


def test_the_events_are_those_of_the_profile():
    """Codes, event identifiers on either side and actions of the patient summary service."""
    assert [EVENTS["EHDSI-22"].event(side).code for side in "AB"] == ["110106", "110107"]
    assert [EVENTS[key].types[0].code for key in ("EHDSI-11", "EHDSI-21", "EHDSI-22")] == ["ITI-55",
                                                                                           "ITI-38", "ITI-39"]
    assert [EVENTS[key].action for key in ("EHDSI-11", "EHDSI-21", "EHDSI-22")] == ["E", "E", "R"]
    assert (EVENTS["EHDSI-193"].event("B").code, EVENTS["EHDSI-193"].event("B").system) == ("SMP",
                                                                                            "EHDSI-193")
    assert [code.code for code in EVENTS["EHDSI-193"].types] == ["EHDSI-193", "SMP"]


def test_unknown_events_are_our_own_error():
    """A misspelt event or side never reaches the audit trail."""
    for key, side in (("EHDSI-0", "B"), ("EHDSI-11", "C")):
        with pytest.raises(LocalError):
            audit.event_message(key, side=side, time=TIME, outcome=Outcome.SUCCESS, participants=(),
                                source_id="FR")


def test_participants_are_named_as_the_profile_has_it():
    """SPProvidedID wins over <NameID@Issuer>; addresses are told apart from names."""
    plain, provided = message().participants[1:3]
    assert (plain.user_id, provided.user_id) == ("<8999@urn:idp:FR:countryB>", "sp-1")
    consumer, provider = message().participants[3:]
    assert (consumer.address_type, provider.address_type) == ("2", "1")
    assert audit.service_consumer("x").address_type == ""
    assert audit.service_consumer("x", "2001:db8::1").address_type == "2"


def test_the_older_attribute_names_are_read():
    """Messages that say code instead of csd-code are understood."""
    data = xml.serialise(build_audit_message(message())).replace(b"csd-code", b"code")
    assert parse_audit_message(xml.parse(data)) == message()


def test_a_named_object_is_written_by_name():
    """A name stands where there is no query."""
    named = replace(message(), objects=(replace(audit.document_object("1"), name="summary"),))
    assert parse_audit_message(build_audit_message(named)).objects[0].name == "summary"


@pytest.mark.parametrize(("old", "new"), [
    (b"AuditMessage", b"Other"), (b"EventIdentification", b"Other"), (b"AuditSourceIdentification", b"Other"),
    (b"EventDateTime", b"Other"), (b'EventOutcomeIndicator="0"', b'EventOutcomeIndicator="1"'),
    (b"EventID", b"Other"), (b"RoleIDCode", b"Other"), (b"ParticipantObjectIDTypeCode", b"Other"),
    (b"<ParticipantObjectQuery>", b"<ParticipantObjectQuery>%"),
])
def test_broken_messages_are_refused(old, new):
    """A missing or unreadable part is the sender's error."""
    data = xml.serialise(build_audit_message(message())).replace(old, new)
    with pytest.raises(MalformedMessage):
        parse_audit_message(xml.parse(data))


def test_a_frame_is_counted_in_octets_and_read_back():
    """Length, header, byte order mark and XML; several frames and a cut one in one buffer."""
    root = build_audit_message(message())
    frame = syslog.frame_message(root, host="gateway", time=TIME)
    length, _, rest = frame.partition(b" ")
    assert int(length) == len(rest)
    assert rest.startswith(b"<85>1 2026-03-02T09:30:00.123Z gateway - - - - \xef\xbb\xbf<AuditMessage>")
    messages, waiting = syslog.split_frames(frame + frame + frame[:50])
    assert (len(messages), waiting) == (2, frame[:50])
    read = syslog.parse_syslog(messages[0])
    assert (read.priority, read.time, read.host, read.payload) == (85, TIME, "gateway", xml.serialise(root))
    assert parse_audit_message(xml.parse(read.payload)) == message()


def test_the_priorities_of_openncp_can_be_written_and_read():
    """Its concatenated priorities are no sum of facility and severity, and are understood all the same."""
    for priority in (syslog.PRIORITY_OF_OPENNCP_CLIENT, syslog.PRIORITY_OF_OPENNCP_SERVER):
        frame = syslog.frame_message(etree.Element("a"), host="h", time=TIME, priority=priority,
                                     message_id="IHE+DICOM")
        read = syslog.parse_syslog(syslog.split_frames(frame)[0][0])
        assert (read.priority, read.message_id) == (priority, "IHE+DICOM")


@pytest.mark.parametrize("buffer", [b"x", b"<85>1 ", b"012 x", b"99999999999 x", b"9999999 x", b"12a x",
                                    b" x"])
def test_frames_without_a_length_are_refused(buffer):
    """A stream out of step is noticed at once, and a giant length is not waited for."""
    with pytest.raises(MalformedMessage):
        syslog.split_frames(buffer)


@pytest.mark.parametrize("waiting", [b"", b"1", b"12", b"12 ", b"12 abc"])
def test_incomplete_frames_wait(waiting):
    """The beginning of a frame stays in the buffer."""
    assert syslog.split_frames(waiting) == ((), waiting)


@pytest.mark.parametrize("data", [
    b"", b"hello", b"<85>2 - h - - - - x", b"<x>1 - h - - - - x", b"85>1 - h - - - - x",
    b"<1234>1 - h - - - - x",
    b"<85>1 yesterday h - - - - x", b"<85>1 - h - - - [a b] x", b"<85>1 - h - -",
])
def test_other_syslog_is_refused(data):
    """What is not RFC 5424 without structured data is refused."""
    with pytest.raises(MalformedMessage):
        syslog.parse_syslog(data)


def test_a_nil_time_is_none():
    """NILVALUE in place of the time is allowed by the standard."""
    assert syslog.parse_syslog(b"<85>1 - h - - - - x").time is None


def test_codes_keep_their_display():
    """displayName is written when it is given."""
    code = AuditCode(code="1", system="s", text="t", display="d")
    changed = replace(message(), event=code)
    assert parse_audit_message(build_audit_message(changed)).event == code
