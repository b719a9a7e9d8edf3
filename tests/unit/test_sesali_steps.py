"""The pure steps of the gateway: what is accepted, what is refused, with which code."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from ehdsi import xca_query, xcpd
from ehdsi.cda.build import build, level1
from ehdsi.cda.datatypes import Identifier
from ehdsi.cda.model import PatientSummary
from ehdsi.errors import LocalError
from ehdsi.registry import STATUS_FAILURE, STATUS_PARTIAL, STATUS_SUCCESS, RegistryError, Severity
from ehdsi.xca_query import Association, DocumentEntry, DocumentList
from ehdsi.xca_retrieve import RetrieveAnswer, RetrievedDocument
from ehdsi.xcpd import MatchedPatient
from ncpeh.settings import now
from sesali import documents, identify, summary
from sesali.outcomes import StepRefused, refused
from tests.samples import rich_summary

HOME = "2.16.17.710.840.1000.990.1"
PDF = b"%PDF-1.7\n/OpenAction [4 0 R /FitH null]\n%%EOF\n"


@pytest.fixture(scope="module")
def whole() -> PatientSummary:
    return rich_summary()


@pytest.fixture(scope="module")
def content(whole: PatientSummary) -> bytes:
    return build(whole)


@pytest.fixture
def patient(whole: PatientSummary) -> MatchedPatient:
    inside = whole.header.patient
    return MatchedPatient(identifiers=inside.identifiers[:1],
                          birth_time=inside.birth_time.value if inside.birth_time else None)


def entry(patient: MatchedPatient, level: int = 3, **changes: object) -> DocumentEntry:
    made = DocumentEntry(
        entry_id=f"urn:uuid:{level}", unique_id=f"1.2.3^{level}", repository_unique_id="1.2.4",
        home_community_id=HOME, patient_id=patient.identifiers[0], creation_time="20260101120000",
        format_code=xca_query.FORMAT_LEVEL3 if level == 3 else xca_query.FORMAT_LEVEL1)
    return replace(made, **changes)  # type: ignore[arg-type]


def listed(patient: MatchedPatient, answer: DocumentList) -> documents.Listing:
    return documents.judge(answer, patient.identifiers[0], country="HR", country_name="Croatie",
                           home_community=HOME)


def accepted(patient: MatchedPatient, one: DocumentEntry, content: bytes) -> summary.Document:
    request = summary.request_for(one, HOME)
    answer = RetrieveAnswer(documents=(RetrievedDocument(
        home_community_id=HOME, repository_unique_id=one.repository_unique_id,
        document_unique_id=one.unique_id, content=content),))
    return summary.accept(answer, request, one, patient, country_name="Croatie")


def test_levels_that_are_linked_are_one_summary(patient: MatchedPatient) -> None:
    """Level 1 and level 3 tied by a transform association are offered as one, the newest first."""
    link = Association(association_id="a", association_type=xca_query.TRANSFORM, source="urn:uuid:1",
                       target="urn:uuid:3")
    older = entry(patient, entry_id="urn:uuid:old", unique_id="1.2.3^0", creation_time="20200101000000")
    found = listed(patient, DocumentList(entries=(older, entry(patient, 1), entry(patient, 3)),
                                         associations=(link,)))
    assert [(pair.level3 is not None, pair.level1 is not None) for pair in found.summaries] == [
        (True, True), (True, False)]


def test_newest_is_judged_by_the_date_that_is_shown(patient: MatchedPatient) -> None:
    """A PDF made later than its structured form does not lift the summary above a newer one."""
    link = Association(association_id="a", association_type=xca_query.TRANSFORM, source="urn:uuid:1",
                       target="urn:uuid:3")
    newer = entry(patient, entry_id="urn:uuid:new", unique_id="1.2.3^9", creation_time="20260201000000")
    late_pdf = entry(patient, 1, creation_time="20260301000000")
    found = listed(patient, DocumentList(entries=(entry(patient), late_pdf, newer), associations=(link,)))
    assert [documents.written_at(pair)[:8] for pair in found.summaries] == ["20260201", "20260101"]


def test_what_is_missing_from_the_list_is_said(patient: MatchedPatient) -> None:
    """A partial success without errors, and entries nobody could fetch, are told; never "no summary".

    Where nothing is left to open the answer is unusable: a way on that leads nowhere would be offered else.
    """
    partial = listed(patient, DocumentList(status=STATUS_PARTIAL, entries=(entry(patient),)))
    some = listed(patient, DocumentList(entries=(entry(patient), entry(patient, entry_id="x", unique_id=""))))
    assert [one.code for one in (*partial.notices, *some.notices)] == ["SES-074", "SES-074"]
    with pytest.raises(StepRefused) as refusal:
        listed(patient, DocumentList(entries=(entry(patient, unique_id=""),)))
    assert refusal.value.code == "SES-082"
    assert refusal.value.notice.way_on == "assistance"


@pytest.mark.parametrize(("status", "code", "severity", "outcome"), [
    (STATUS_SUCCESS, "1102", Severity.WARNING, "SES-074"),
    (STATUS_PARTIAL, "4102", Severity.ERROR, "SES-074"),
    (STATUS_SUCCESS, "4701", Severity.ERROR, "SES-072"),
    (STATUS_SUCCESS, "4703", Severity.ERROR, "SES-070"),
    (STATUS_FAILURE, "XDSRegistryError", Severity.ERROR, "SES-080"),
])
def test_errors_beside_documents(patient: MatchedPatient, status: str, code: str, severity: Severity,
                                 outcome: str) -> None:
    """A refusal holds even when documents stand beside it; warnings and a partial success do not stop."""
    answer = DocumentList(status=status, entries=(entry(patient),),
                          errors=(RegistryError(code=code, context="", severity=severity),))
    try:
        got = listed(patient, answer).notices[0].code
    except StepRefused as refusal:
        got = refusal.code
    assert got == outcome


def test_right_document_is_accepted(patient: MatchedPatient, content: bytes) -> None:
    """Size, hash and patient as listed: the document is read."""
    one = entry(patient, size=len(content), hash=hashlib.sha1(content).hexdigest().upper())
    assert accepted(patient, one, content).summary.header.level == 3


def test_wrong_size_or_hash_is_refused(patient: MatchedPatient, content: bytes) -> None:
    """What is not the listed document byte for byte is not shown."""
    for one in (entry(patient, size=1), entry(patient, hash="0" * 40)):
        with pytest.raises(StepRefused) as refusal:
            accepted(patient, one, content)
        assert refusal.value.code == "SES-085"
        assert not refusal.value.notice.security


def test_another_patient_is_a_security_event(patient: MatchedPatient, content: bytes) -> None:
    """Another identifier or a contradicting birth date inside the document ends the journey."""
    other = replace(patient, identifiers=(Identifier(root="1.2", extension="other"),))
    born = replace(patient, birth_time="19000101")
    for asked in (other, born):
        with pytest.raises(StepRefused) as refusal:
            accepted(asked, entry(patient), content)
        assert refusal.value.notice.security


def test_birth_dates_agree_as_far_as_both_go() -> None:
    """A year alone does not contradict a full date; unknown contradicts nothing."""
    assert summary._compatible("1948", "19480312")
    assert summary._compatible(None, "19480312")
    assert not summary._compatible("194804", "19480312")


def test_one_level_alone_is_said_and_refusals_count(patient: MatchedPatient, whole: PatientSummary,
                                                    content: bytes) -> None:
    """One level is enough unless the other was refused by right, or belonged to somebody else."""
    level3 = accepted(patient, entry(patient), content)
    gone = refused("SES-085", detail="gone")
    opened = summary.combine("HR", {3: level3, 1: gone})
    assert opened.notices[0].code == "SES-100"
    assert opened.missing is gone
    for grave in (refused("SES-072"), refused("SES-085", security=True)):
        with pytest.raises(StepRefused):
            summary.combine("HR", {3: level3, 1: grave})
    with pytest.raises(StepRefused):
        summary.combine("HR", {3: gone, 1: gone})


@pytest.mark.parametrize(("data", "offered"), [
    (PDF, True), (PDF.replace(b"[4 0 R /FitH null]", b"5 0 R"), False),
    (PDF.replace(b"/OpenAction", b"/JavaScript"), False), (b"GIF89a", False),
])
def test_only_a_quiet_pdf_is_offered(
        patient: MatchedPatient, whole: PatientSummary, data: bytes, offered: bool) -> None:
    """A PDF that would act by itself is withheld; one that only says where to look first is not."""
    twin = build(level1(whole, data, Identifier(root="1.2.3", extension="L1")))
    assert (accepted(patient, entry(patient, 1), twin).pdf is not None) == offered


def test_traits_without_identifier_are_not_sent() -> None:
    """A search by name alone would be refused abroad and tell the traits for nothing."""
    with pytest.raises(LocalError):
        identify.query_for(xcpd.Traits(birth_date="19480312"), country="HR", sender="1", receiver="2",
                           now=now(), new_id=lambda: "x")
    typed = xcpd.Traits(identifiers=(Identifier(root="1.2", extension="9"),))
    query = identify.query_for(typed, country="HR", sender="1", receiver="2", now=now(), new_id=lambda: "x")
    assert query.traits.address is not None
    assert query.traits.address.country == "HR"
