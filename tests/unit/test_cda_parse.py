"""The CDA reader on small documents: each oddity of real senders alone, and each refusal by name."""

from __future__ import annotations

import base64

import pytest

from ehdsi.cda.build import build
from ehdsi.cda.datatypes import Coded, Quantity
from ehdsi.cda.model import (
    AbsenceStatement,
    Allergy,
    Device,
    Immunization,
    Medication,
    Observation,
    ObservationGroup,
    PatientSummary,
    Problem,
    Procedure,
    UnreadEntry,
)
from ehdsi.cda.parse import parse
from ehdsi.errors import MalformedMessage, MalformedXml
from tests.samples import absence_summary, pdf_summary, rich_summary

ALLERGIES, PROBLEMS, PROCEDURES, DEVICES = "48765-2", "11450-4", "47519-4", "46264-8"
MEDICATIONS, VITAL_SIGNS = "10160-0", "8716-3"


def document(
    sections: str = "", *, code: str = "60591-5", body: str | None = None, header: str = ""
) -> bytes:
    """A document with these sections (or this body) and next to no header, as bytes."""
    held = f"<structuredBody>{sections}</structuredBody>" if body is None else body
    return (
        '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:pharm="urn:hl7-org:pharm" xmlns:epsos="urn:epsos-org:ep:medication">'
        f'<id root="2.999.1"/><code code="{code}" codeSystem="2.16.840.1.113883.6.1"/>{header}'
        f"<component>{held}</component></ClinicalDocument>"
    ).encode()


def section(loinc: str, entries: str = "", text: str = "<text>words</text>") -> str:
    """One section component."""
    return (
        f'<component><section><code code="{loinc}" codeSystem="2.16.840.1.113883.6.1"/><title>T</title>{text}'
        f"{entries}</section></component>"
    )


def only_entry(loinc: str, statement: str, text: str = "<text>words</text>") -> object:
    """The single model entry that one statement in a section of this code gives."""
    read = parse(document(section(loinc, f"<entry>{statement}</entry>", text)))
    (entry,) = read.sections[0].entries
    return entry


PROBLEM = """<act classCode="ACT" moodCode="EVN"><code nullFlavor="NA"/><statusCode code="active"/>{act}
<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="{mood}" {attributes}>
<code code="282291009" codeSystem="2.16.840.1.113883.6.96"/>{inner}
<value xsi:type="CD" code="J45" codeSystem="1.3.6.1.4.1.12559.11.10.1.3.1.44.2" displayName="Asthma"/>{after}
</observation></entryRelationship></act>"""


def problem(act: str = "", inner: str = "", after: str = "", attributes: str = "", mood: str = "EVN") -> str:
    return PROBLEM.format(act=act, inner=inner, after=after, attributes=attributes, mood=mood)


# ------------------------------------------------------------------------------------- whole documents


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", MalformedXml, "empty"),
        (b"%PDF-1.4", MalformedXml, "not well-formed"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", MalformedXml, "document type"),
        (b"<html/>", MalformedMessage, "not a CDA document"),
        (b"<ClinicalDocument/>", MalformedMessage, "not a CDA document"),
        (document(code="57833-6"), MalformedMessage, "not a patient summary"),
        (document(code=""), MalformedMessage, "not a patient summary"),
    ],
)
def test_what_is_no_patient_summary_is_refused_by_name(
    data: bytes, error: type[Exception], words: str
) -> None:
    """The sender must learn what arrived instead of a summary, and nothing may crash."""
    with pytest.raises(error, match=words):
        parse(data)


def test_a_document_without_patient_or_body_is_read_and_remarked() -> None:
    """A torso is shown with remarks; it is never shown as if complete."""
    read = parse(document(body=""))
    assert {remark.kind for remark in read.remarks} == {"unread"}
    assert read.sections == () and read.attachment is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_any_declared_encoding_and_prefix_is_read(encoding: str) -> None:
    """Croatia sends prefixed elements and types; XML allows any encoding."""
    text = document(section(PROBLEMS, f"<entry>{problem()}</entry>", "<text>bronhitis é</text>")).decode()
    for name in ("ClinicalDocument", "structuredBody", "section", "observation", "value", "act"):
        text = text.replace(f"<{name}", f"<ns1:{name}").replace(f"</{name}", f"</ns1:{name}")
    text = text.replace('xsi:type="CD"', 'xsi:type="ns1:CD"').replace(
        ' xmlns="urn:hl7-org:v3"', ' xmlns="urn:hl7-org:v3" xmlns:ns1="urn:hl7-org:v3"'
    )
    read = parse(f'<?xml version="1.0" encoding="{encoding}"?>{text}'.encode(encoding))
    (entry,) = read.sections[0].entries
    assert isinstance(entry, Problem) and entry.value is not None
    assert (entry.value.code, entry.value.xsi_type) == ("J45", "CD")
    assert read.sections[0].narrative is not None
    assert read.sections[0].narrative.plain_text() == "bronhitis é"


def test_our_own_documents_come_back_without_loss() -> None:
    """Builder and reader must agree on every kind of entry; only what the builder cannot write is absent."""
    written = rich_summary()
    read = parse(build(written))
    for before, after in zip(written.sections, read.sections, strict=True):
        kinds = [type(entry) for entry in before.entries if not isinstance(entry, UnreadEntry)]
        assert [type(entry) for entry in after.entries] == kinds[: len(after.entries)]
    assert read.remarks == ()
    assert read.header.patient.identifiers == written.header.patient.identifiers
    assert read.header.patient.names == written.header.patient.names
    assert read.header.identifier == written.header.identifier


def test_origins_lead_back_to_the_node() -> None:
    """Each French term on the page is traced to its place in the received document."""
    data = document(section(ALLERGIES) + section(PROBLEMS, f"<entry>{problem()}</entry>" * 2))
    entry = parse(data).sections[1].entries[1]
    assert isinstance(entry, Problem) and entry.value is not None and entry.value.origin is not None
    assert entry.value.origin.path == (
        "/ClinicalDocument/component/structuredBody/component[2]/section/entry[2]/act/entryRelationship"
        "/observation/value"
    )
    assert entry.value.origin.line > 0


# --------------------------------------------------------------------------------------------- entries


def test_a_negated_problem_stays_negated() -> None:
    """A ruled-out disease must never be shown as a disease."""
    entry = only_entry(PROBLEMS, problem(attributes='negationInd="true"'))
    assert isinstance(entry, Problem) and entry.negated


def test_a_planned_or_negated_part_is_never_read_as_a_fact() -> None:
    """A goal is not a finding, and a severity that is denied is not a severity."""
    read = parse(document(section(PROBLEMS, f"<entry>{problem(mood='GOL')}</entry>")))
    assert [type(entry) for entry in read.sections[0].entries] == [UnreadEntry]
    denied = problem(
        after='<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN" '
        'negationInd="true">'
        '<code code="SEV" codeSystem="2.16.840.1.113883.5.4"/>'
        '<value xsi:type="CD" code="24484000" '
        'codeSystem="2.16.840.1.113883.6.96"/></observation></entryRelationship>'
    )
    first, rest = parse(document(section(PROBLEMS, f"<entry>{denied}</entry>"))).sections[0].entries
    assert isinstance(first, Problem) and first.severity is None
    assert isinstance(rest, UnreadEntry) and rest.negated and rest.terms[-1].code == "24484000"


def test_status_certainty_outcome_and_severity_of_a_problem() -> None:
    """Nested observations fill the field that their code names."""

    def nested(code: str, system: str, value: str) -> str:
        return (
            '<entryRelationship typeCode="REFR"><observation classCode="OBS" moodCode="EVN">'
            f'<code code="{code}" codeSystem="{system}"/><statusCode code="completed"/>'
            f'<value xsi:type="CD" code="{value}" codeSystem="2.16.840.1.113883.6.96"/>'
            "</observation></entryRelationship>"
        )

    loinc = "2.16.840.1.113883.6.1"
    entry = only_entry(
        PROBLEMS,
        problem(
            after=nested("33999-4", loinc, "1")
            + nested("66455-7", loinc, "2")
            + nested("11323-3", loinc, "3")
            + nested("SEV", "2.16.840.1.113883.5.4", "4")
        ),
    )
    assert isinstance(entry, Problem)
    found = [entry.clinical_status, entry.assertion, entry.outcome, entry.severity]
    assert [value.code for value in found if value is not None] == ["1", "2", "3", "4"]


def test_an_allergy_keeps_both_severities_and_the_words_of_the_agent() -> None:
    """Old documents give the severity at the allergy, new ones at the reaction; text agents are allowed."""
    severity = (
        '<entryRelationship typeCode="SUBJ" inversionInd="true"><observation classCode="OBS" moodCode="EVN">'
        '<templateId root="2.16.840.1.113883.10.20.1.55"/><code code="SEV" '
        'codeSystem="2.16.840.1.113883.5.4"/>'
        '<value xsi:type="CD" code="{}" '
        'codeSystem="2.16.840.1.113883.6.96"/></observation></entryRelationship>'
    )
    entry = only_entry(
        ALLERGIES,
        '<act classCode="ACT" moodCode="EVN"><code nullFlavor="NA"/><entryRelationship typeCode="SUBJ">'
        '<observation classCode="OBS" moodCode="EVN"><code code="420134006" '
        'codeSystem="2.16.840.1.113883.6.96"/>'
        '<participant typeCode="CSM"><participantRole><playingEntity><code nullFlavor="OTH"><originalText>'
        '<reference value="#agent"/></originalText></code></playingEntity></participantRole></participant>'
        '<entryRelationship typeCode="MFST"><observation classCode="OBS" moodCode="EVN">'
        '<code code="55607006" codeSystem="2.16.840.1.113883.6.96"/>'
        '<value xsi:type="CD" code="247472004" codeSystem="2.16.840.1.113883.6.96"/>'
        f"{severity.format('6736007')}</observation></entryRelationship>{severity.format('24484000')}"
        "</observation></entryRelationship></act>",
        '<text><content ID="agent">camomile\n tea</content></text>',
    )
    assert isinstance(entry, Allergy)
    assert entry.agents[0].original_text == "camomile tea"
    assert entry.agents[0].original_text_reference == "agent"
    assert entry.severity is not None and entry.severity.code == "24484000"
    assert entry.reactions[0].severity is not None and entry.reactions[0].severity.code == "6736007"


MEDICATION = """<substanceAdministration classCode="SBADM" moodCode="INT"><statusCode
code="active"/>{times}{dose}
<consumable><manufacturedProduct><manufacturedMaterial>{material}</manufacturedMaterial></manufacturedProduct>
</consumable></substanceAdministration>"""


def test_times_of_a_medication() -> None:
    """The first plain time is the period of use, all others are frequencies in their order."""
    entry = only_entry(
        MEDICATIONS,
        MEDICATION.format(
            times='<effectiveTime xsi:type="IVL_TS"><low value="2013"/><high '
            'nullFlavor="UNK"/></effectiveTime>'
            '<effectiveTime xsi:type="PIVL_TS" operator="A" institutionSpecified="true"><period value="8" '
            'unit="h"/>'
            '</effectiveTime><effectiveTime xsi:type="EIVL_TS" operator="A"><event '
            'code="HS"/></effectiveTime>',
            dose='<doseQuantity><low value="1" unit="1"><translation nullFlavor="UNK"><originalText>tablet'
            '</originalText></translation></low><high value="2" unit="1"/></doseQuantity>',
            material="<name>Brand</name>",
        ),
    )
    assert isinstance(entry, Medication)
    assert entry.period is not None and entry.period.low is not None and entry.period.low.value == "2013"
    assert entry.period.high is not None and entry.period.high.null_flavor == "UNK"
    assert entry.timing is not None and entry.timing.institution_specified is True
    assert [type(timing).__name__ for timing in entry.other_timings] == ["EventTiming"]
    assert entry.dose is not None and entry.dose.low is not None and entry.dose.high is not None
    assert (entry.dose.low.value, entry.dose.low.original_text, entry.dose.high.value) == ("1", "tablet", "2")


@pytest.mark.parametrize("prefix", ["pharm", "epsos"])
def test_strength_in_both_extensions(prefix: str) -> None:
    """The parts of a product mean the same in the old and in the current namespace."""
    substance = "ingredientSubstance" if prefix == "pharm" else "ingredient"
    entry = only_entry(
        MEDICATIONS,
        MEDICATION.format(
            times="",
            dose="",
            material=f'<name>B</name><{prefix}:ingredient classCode="ACTI"><{prefix}:quantity>'
            f'<{prefix}:numerator value="5" unit="mg"/><{prefix}:denominator value="1" unit="1"/>'
            f'</{prefix}:quantity><{prefix}:{substance}><{prefix}:code code="C09AA05" codeSystem="2.999"/>'
            f"</{prefix}:{substance}></{prefix}:ingredient>",
        ),
    )
    assert isinstance(entry, Medication)
    (ingredient,) = entry.product.ingredients
    assert ingredient.code is not None and ingredient.code.code == "C09AA05"
    assert ingredient.strength is not None
    assert isinstance(ingredient.strength.numerator, Quantity) and ingredient.strength.numerator.unit == "mg"
    assert entry.product.legacy_extension is (prefix == "epsos")


def test_no_known_medications_beside_a_real_product_shows_both() -> None:
    """A contradiction in the document must not hide the product."""
    entry = only_entry(
        MEDICATIONS,
        '<substanceAdministration classCode="SBADM" moodCode="INT">'
        '<code code="no-known-medications" codeSystem="2.16.840.1.113883.5.1150.1"/><consumable>'
        "<manufacturedProduct><manufacturedMaterial><name>Brand</name></manufacturedMaterial><"
        "/manufacturedProduct>"
        "</consumable></substanceAdministration>",
    )
    assert isinstance(entry, Medication)
    assert (
        entry.product.name == "Brand" and entry.code is not None and entry.code.code == "no-known-medications"
    )


def test_no_known_allergies_beside_a_real_agent_shows_both() -> None:
    """The agent becomes an unread rest beside the statement; it does not vanish."""
    statement = (
        '<act classCode="ACT" moodCode="EVN"><code nullFlavor="NA"/><entryRelationship typeCode="SUBJ">'
        '<observation classCode="OBS" moodCode="EVN"><code nullFlavor="NA"/><value xsi:type="CD" '
        'code="no-known-allergies" codeSystem="2.16.840.1.113883.5.1150.1"/><participant typeCode="CSM">'
        '<participantRole><playingEntity><code code="J01CA04" '
        'codeSystem="2.16.840.1.113883.6.73"/></playingEntity>'
        "</participantRole></participant></observation></entryRelationship></act>"
    )
    found = parse(document(section(ALLERGIES, f"<entry>{statement}</entry>"))).sections[0].entries
    assert [type(entry) for entry in found] == [AbsenceStatement, UnreadEntry]
    assert [term.code for term in found[1].terms] == ["J01CA04"]


def test_absence_and_no_information_are_two_statements() -> None:
    """Known absence reassures, no information warns: they must never be one."""
    kinds = {
        kind: {entry.kind for held in parse(build(absence_summary(kind))).sections for entry in held.entries}
        for kind in ("known_absence", "no_information")
    }
    assert kinds == {"known_absence": {"known_absence"}, "no_information": {"no_information"}}


def test_a_vaccination_that_was_not_given() -> None:
    """Negation on the administration must survive, with dose number and lot."""
    read = parse(build(rich_summary())).section("11369-6")
    assert read is not None
    given, refused = read.entries
    assert isinstance(given, Immunization) and isinstance(refused, Immunization)
    assert given.dose_number and given.vaccine.lot_number and not given.negated
    assert refused.negated


def test_laterality_is_a_qualifier_of_the_body_site() -> None:
    """Left and right decide operations."""
    entry = only_entry(
        PROCEDURES,
        '<procedure classCode="PROC" moodCode="EVN"><code code="1" codeSystem="2.999"/>'
        '<effectiveTime value="20141020"/><targetSiteCode code="2" codeSystem="2.999"><qualifier>'
        '<name code="272741003" codeSystem="2.999"/><value code="7771000" codeSystem="2.999"/></qualifier>'
        "</targetSiteCode></procedure>",
    )
    assert isinstance(entry, Procedure)
    assert entry.sites[0].qualifiers[0].value.code == "7771000"
    assert entry.time is not None and entry.time.value is not None and entry.time.value.value == "20141020"


def test_a_planned_procedure_is_not_shown_as_done() -> None:
    """Mood RQO is an order."""
    entry = only_entry(
        PROCEDURES,
        '<procedure classCode="PROC" moodCode="RQO"><code code="1" codeSystem="2.999" '
        'displayName="X"/></procedure>',
    )
    assert isinstance(entry, UnreadEntry) and "RQO" in entry.reason and entry.terms[0].display_name == "X"


def test_a_second_device_in_one_supply_is_not_lost() -> None:
    """The first device fills the entry; the second shows as an unread rest."""
    device = (
        '<participant typeCode="DEV"><participantRole><id root="2.999.9" extension="UDI"/><playingDevice>'
        '<code code="{}" codeSystem="2.999"/></playingDevice></participantRole></participant>'
    )
    supply = f'<supply classCode="SPLY" moodCode="EVN">{device.format("A")}{device.format("B")}</supply>'
    first, second = parse(document(section(DEVICES, f"<entry>{supply}</entry>"))).sections[0].entries
    assert isinstance(first, Device) and first.code is not None and first.code.code == "A"
    assert first.device_identifiers[0].extension == "UDI"
    assert isinstance(second, UnreadEntry) and second.terms[0].code == "B"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('<value xsi:type="INT" value="3"/>', 3),
        ('<value xsi:type="BL" value="false"/>', False),
        ('<value xsi:type="ST">some words</value>', "some words"),
        ('<value xsi:type="x:PQ" xmlns:x="urn:hl7-org:v3" value="1.20" unit="mg"/>', ("1.20", "mg")),
        ('<value value="120" unit="mm[Hg]"/>', ("120", "mm[Hg]")),
        ('<value xsi:type="CD" value="120" unit="mm[Hg]"/>', ("120", "mm[Hg]")),
        ('<value xsi:type="INT" value="many"/>', ("many", None)),
        ('<value code="1" codeSystem="2.999"/>', "1"),
    ],
)
def test_values_by_type_and_by_shape(value: str, expected: object) -> None:
    """A missing or wrong xsi:type must not cost the value; numbers stay as written."""
    entry = only_entry(
        VITAL_SIGNS,
        f'<observation classCode="OBS" moodCode="EVN"><code code="1" '
        f'codeSystem="2.999"/>{value}</observation>',
    )
    assert isinstance(entry, Observation)
    (found,) = entry.values
    if isinstance(found, Quantity):
        found = (found.value, found.unit)
    assert (found.code if isinstance(found, Coded) else found) == expected
    assert type(found) is type(expected) or isinstance(found, Coded)


def test_nested_groups_and_unknown_statements() -> None:
    """A group in a group is a group; what is no known statement is kept with its terms and its XML."""
    entries = (
        '<entry><organizer classCode="CLUSTER" moodCode="EVN"><code code="1" codeSystem="2.999"/>'
        '<statusCode code="completed"/><component><organizer classCode="CLUSTER" moodCode="EVN">'
        '<code code="2" codeSystem="2.999"/><statusCode '
        'code="completed"/></organizer></component></organizer></entry>'
        '<entry><encounter classCode="ENC" moodCode="EVN"><code code="3" '
        'codeSystem="2.999"/></encounter></entry>'
    )
    found = parse(document(section("99999-9", entries))).sections[0].entries
    assert [type(entry) for entry in found] == [ObservationGroup, ObservationGroup, UnreadEntry]
    assert found[2].terms[0].code == "3" and "<encounter" in found[2].xml


def test_nested_sections_are_kept() -> None:
    """Subsections with their own narrative are part of the summary."""
    inner = section("2-2", text="<text>inside</text>")
    read = parse(document(section("1-1", inner)))
    assert [held.code.code for held in read.sections[0].subsections if held.code] == ["2-2"]


# ------------------------------------------------------------------------------------------- narrative


def narrative_of(text: str) -> tuple[str, list[str]]:
    read = parse(document(section("1-1", text=f"<text>{text}</text>")))
    assert read.sections[0].narrative is not None
    return read.sections[0].narrative.plain_text(), [
        remark.kind for remark in read.remarks if remark.origin and "/section/text" in remark.origin.path
    ]


@pytest.mark.parametrize(
    ("text", "shown", "kinds"),
    [
        ("a<script>alert(1)</script>b", "ab", ["unsafe"]),
        ('<paragraph onclick="x()">a</paragraph>', "a", ["unsafe"]),
        ('<linkHtml href="javascript:x()">a</linkHtml>', "a", ["unsafe"]),
        ('<linkHtml href="https://example.org/">a</linkHtml>', "a", []),
        ("<unknown>a<b>c</b></unknown>", "ac", ["repaired", "repaired"]),
        ("<renderMultiMedia referencedObject='x'><caption>c</caption></renderMultiMedia>", "c", ["unread"]),
    ],
)
def test_active_content_is_cut_out_and_words_are_kept(text: str, shown: str, kinds: list[str]) -> None:
    """Nothing of a sender may run in the clinician's browser, and no word may be lost by cleaning."""
    assert narrative_of(text) == (shown, kinds)


def test_deleted_passages_are_marked_and_not_taken_as_original_text() -> None:
    """What the author struck out is not what the author says."""
    entry = only_entry(
        PROBLEMS,
        problem(inner='<text><reference value="#p"/></text>'),
        '<text><content ID="p">acute <content revised="delete">chronic </content>asthma</content></text>',
    )
    assert isinstance(entry, Problem) and entry.text == "acute asthma"


# --------------------------------------------------------------------------------------------- level 1


def level_1(
    content: str, attributes: str = 'mediaType="application/pdf" representation="B64"'
) -> PatientSummary:
    return parse(document(body=f"<nonXMLBody><text {attributes}>{content}</text></nonXMLBody>"))


def test_a_pdf_comes_out_byte_by_byte() -> None:
    """The original is the last resort of the reader."""
    data = b"%PDF-1.7\n\x00\xff\n%%EOF\n"
    read = parse(build(pdf_summary(data)))
    assert read.attachment is not None and read.attachment.data == data and read.header.level == 1


@pytest.mark.parametrize(
    ("content", "attributes", "kind"),
    [
        ("***", 'mediaType="application/pdf" representation="B64"', "unread"),
        (base64.b64encode(b"GIF89a").decode(), 'mediaType="application/pdf" representation="B64"', "unread"),
        (
            base64.b64encode(b"%PDF-1 /JavaScript").decode(),
            'mediaType="application/pdf" representation="B64"',
            "unsafe",
        ),
        ("plain words", 'mediaType="text/plain"', "unread"),
        (base64.b64encode(b"%PDF-1").decode(), 'mediaType="application/pdf"', "repaired"),
    ],
)
def test_what_is_no_quiet_pdf_is_remarked(content: str, attributes: str, kind: str) -> None:
    """Base64 that is no PDF, and a PDF that acts by itself, are named."""
    read = level_1(content, attributes)
    assert kind in {
        remark.kind for remark in read.remarks if remark.origin and "nonXMLBody" in remark.origin.path
    }
