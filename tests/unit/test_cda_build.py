"""The document builder: structure, order, links, absence, level 1. Schema validity: see tests/golden."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from lxml import etree

from ehdsi.cda import datatypes, model
from ehdsi.cda.build import build, build_element, level1, related_to
from ehdsi.cda.datatypes import (
    Coded,
    Identifier,
    Interval,
    NarrativeNode,
    Periodic,
    PersonName,
    Quantity,
    Time,
    TimingSet,
)
from ehdsi.cda.model import (
    AbsenceStatement,
    Device,
    Medication,
    Observation,
    PatientSummary,
    Product,
    Section,
)
from ehdsi.cda.sections import ENTRY_TEMPLATES, MANDATORY, SECTIONS
from ehdsi.errors import LocalError
from ehdsi.oids import (
    ABSENT_UNKNOWN,
    EHDSI,
    ICD_10,
    LOINC,
    NS_HL7,
    NS_PHARM,
    NS_XSI,
    TEMPLATE_L1,
    TEMPLATE_L3,
)
from ehdsi.xml import XmlElement
from tests import samples

NS = {"h": NS_HL7, "p": NS_PHARM, "xsi": NS_XSI}


def find(root: XmlElement, path: str) -> list[Any]:
    """XPath with the prefixes of the document."""
    return root.xpath(path, namespaces=NS)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def rich() -> XmlElement:
    """The document of the rich sample."""
    return build_element(samples.rich_summary())


def one_section(*entries: model.Entry, loinc: str = "30954-2", **more: Any) -> PatientSummary:
    """A summary with a single section."""
    return PatientSummary(header=samples.header(), sections=(samples.section(loinc, *entries, **more),))


def touched(value: Any, seen: set[tuple[str, str]]) -> None:
    """Collect (class, field) of everything below ``value`` that differs from its default."""
    if isinstance(value, tuple):
        for item in value:
            touched(item, seen)
    elif is_dataclass(value):
        for field in fields(value):
            found = getattr(value, field.name)
            if found != field.default:
                owner = next(cls for cls in reversed(type(value).__mro__)
                             if field.name in getattr(cls, "__annotations__", {}))
                seen.add((owner.__name__, field.name))
                touched(found, seen)


def test_sample_touches_every_field_of_the_model() -> None:
    """A field that the shared sample never fills would be tested by nobody."""
    seen: set[tuple[str, str]] = set()
    for summary in (samples.rich_summary(), samples.absence_summary(), samples.pdf_summary()):
        touched(summary, seen)
    expected = {(cls.__name__, name) for module in (model, datatypes) for cls in vars(module).values()
                if is_dataclass(cls) and cls.__module__ == module.__name__ for name in cls.__annotations__}
    untouched = {item for item in expected - seen if item[1] != "origin" and item[0] != "Origin"}
    assert untouched <= UNFILLED


#: Fields that only a reader or a foreign document fills: null flavours of rare types, authority names.
UNFILLED = {
    ("Identifier", "null_flavor"), ("Identifier", "authority"), ("PersonName", "text"),
    ("PersonName", "null_flavor"), ("Address", "null_flavor"), ("Telecom", "null_flavor"),
    ("Periodic", "null_flavor"), ("EventTiming", "null_flavor"), ("TimingSet", "null_flavor"),
    ("Quantity", "null_flavor"), ("Quantity", "translations"), ("Interval", "center"), ("Entry",
                                                                                        "null_flavor"),
    ("PatientSummary", "remarks"), ("Remark", "kind"), ("Remark", "text"), ("AbsenceStatement", "time"),
    ("Product", "legacy_extension"), ("Origin", "path"), ("Origin", "line"),
}


def test_same_value_gives_same_bytes() -> None:
    """Two builds of equal summaries must not differ in a single byte: caches and signatures rest on that."""
    assert build(samples.rich_summary()) == build(samples.rich_summary())


def test_root_has_no_schema_location_and_children_in_order(rich: XmlElement) -> None:
    """The document template forbids xsi:schemaLocation; CDA wants its header in one order."""
    assert rich.attrib == {}
    names = [etree.QName(child).localname for child in rich]
    assert names == ["typeId", "templateId", "id", "code", "title", "effectiveTime", "confidentialityCode",
                     "languageCode", "setId", "versionNumber", "recordTarget", "author", "author",
                     "custodian",
                     "legalAuthenticator", "participant", "participant", "documentationOf", "relatedDocument",
                     "component"]


@pytest.mark.parametrize("loinc", list(SECTIONS))
def test_section_carries_its_templates_code_title_and_text(rich: XmlElement, loinc: str) -> None:
    """A section is recognised by LOINC code and templates; the clinician reads title and narrative."""
    section, = find(rich, f"//h:section[h:code/@code='{loinc}']")
    assert find(section, "h:templateId/@root") == list(SECTIONS[loinc].templates)
    assert find(section, "h:code/@codeSystem") == [LOINC]
    assert find(section, "string(h:title)")
    assert "".join(section.find(f"{{{NS_HL7}}}text").itertext()).strip()


def test_every_reference_leads_to_one_element(rich: XmlElement) -> None:
    """A link from an entry into the narrative that leads nowhere, or to two places, shows the wrong words."""
    targets = find(rich, "//@ID")
    references = [value[1:] for value in find(rich, "//h:reference/@value") if value.startswith("#")]
    assert len(targets) == len(set(targets))
    assert len(references) > 100
    assert set(references) <= set(targets)


def test_original_text_shows_the_national_designation(rich: XmlElement) -> None:
    """The narrative stays in the language of the country: the linked words are the national ones."""
    value, = find(rich, "//h:observation/h:value[@code='J45']")
    target = find(value, "h:originalText/h:reference/@value")[0][1:]
    assert find(rich, f"string(//*[@ID='{target}'])") == "Astma"
    assert find(value, "h:translation/@displayName") == ["Astma"]


def test_nested_translations_keep_their_nesting() -> None:
    """In the French form the English concept holds the national one; readers find the original innermost."""
    national = Coded(code="493", code_system=samples.NATIONAL_DIAGNOSES, display_name="Asma")
    english = Coded(code="J45", code_system=ICD_10, display_name="Asthma", translations=(national,))
    french = replace(english, display_name="Asthme", translations=(english,))
    root = build_element(one_section(model.Problem(value=french), loinc="11450-4"))
    assert find(root, "//h:value/@displayName") == ["Asthme"]
    assert find(root, "//h:value/h:translation/@displayName") == ["Asthma"]
    assert find(root, "//h:value/h:translation/h:translation/@displayName") == ["Asma"]


@pytest.mark.parametrize(("loinc", "path"), [
    ("48765-2", "h:act/h:entryRelationship[@typeCode='SUBJ']/h:observation/h:value"),
    ("46264-8", "h:supply/h:participant[@typeCode='DEV']/h:participantRole/h:playingDevice/h:code"),
    ("10160-0", "h:substanceAdministration/h:code"),
    ("11450-4", "h:act/h:entryRelationship/h:observation/h:value"),
    ("47519-4", "h:procedure/h:code"),
])
@pytest.mark.parametrize("kind", ["known_absence", "no_information"])
def test_absence_stands_where_readers_look_for_it(loinc: str, path: str, kind: str) -> None:
    """Known absence and no information are different statements, each at one place per section."""
    root = build_element(samples.absence_summary(kind))
    entry, = find(root, f"//h:section[h:code/@code='{loinc}']/h:entry")
    code, = find(entry, path)
    expected = SECTIONS[loinc].known_absence if kind == "known_absence" else SECTIONS[loinc].no_information
    assert (code.get("code"), code.get("codeSystem")) == (expected, ABSENT_UNKNOWN)


def test_absence_is_a_sentence_in_the_language_of_the_document() -> None:
    """The physician of the country reads that nothing is known, in words, not as a code."""
    root = build_element(samples.absence_summary())
    text, = find(root, "//h:section[h:code/@code='48765-2']/h:text")
    assert "".join(text.itertext()) == "Nema poznatih alergija"


def test_absence_outside_the_basic_sections_is_kept() -> None:
    """A statement of absence on vaccinations has no shape of its own, but must not vanish."""
    entry = AbsenceStatement(code=Coded(code="no-immunization-info", code_system=ABSENT_UNKNOWN),
                             kind="no_information")
    root = build_element(one_section(entry, loinc="11369-6"))
    assert find(root, "//h:entry//h:value/@code") == ["no-immunization-info"]


def test_medication_is_written_in_the_current_extension(rich: XmlElement) -> None:
    """Product, packages, parts and ingredients stand in the pharmacy namespace, quantities in that of HL7."""
    product, = find(rich, "//h:manufacturedMaterial[h:name='Triapin']")
    assert [etree.QName(child).localname for child in product] == [
        "templateId", "code", "name", "desc", "formCode", "lotNumberText", "asContent", "asSpecializedKind",
        "ingredient", "ingredient", "ingredient"]
    assert find(product, "p:asContent/p:containerPackagedProduct/p:asContent/p:quantity/@value") == ["28"]
    assert find(product, "p:ingredient/p:quantity/h:numerator/@value") == ["5", "5"]
    assert find(product, "p:ingredient/p:quantity/h:numerator/@xsi:type") == ["PQ", "PQ"]
    assert find(rich, "//p:part/p:partProduct/p:ingredient/p:ingredientSubstance/p:code/@code") == ["A02BC01"]


def test_every_kind_of_schedule_has_its_type(rich: XmlElement) -> None:
    """A schedule without xsi:type is unreadable for every peer; the second effectiveTime adds with A."""
    times = find(rich, "//h:section[h:code/@code='10160-0']//h:effectiveTime[@operator]")
    kinds = [time.get(f"{{{NS_XSI}}}type") for time in times]
    assert kinds == ["EIVL_TS", None, "PIVL_TS", "SXPR_TS", "IVL_TS", "PIVL_TS"]
    assert {time.get("operator") for time in times} == {"A"}
    assert find(times[3], "h:comp/@xsi:type") == ["PIVL_TS", "EIVL_TS"]


def test_first_part_of_a_set_has_no_operator_of_its_own() -> None:
    """The first part of a set expression is what the others are added to."""
    part = Periodic(period=Quantity(value="8", unit="h"))
    entry = Medication(product=Product(name="A"), timing=TimingSet(parts=(part, part)))
    root = build_element(one_section(entry, loinc="10160-0"))
    assert [comp.get("operator") for comp in find(root, "//h:comp")] == [None, "A"]


def test_laterality_is_a_qualifier_of_the_body_site(rich: XmlElement) -> None:
    """The wrong side is the worst loss of all: left must stand at the site, in code and in words."""
    site, = find(rich, "//h:procedure/h:targetSiteCode")
    assert find(site, "h:qualifier/h:value/@code") == ["7771000"]
    text, = find(rich, "//h:section[h:code/@code='47519-4']/h:text")
    assert "rame (lijevo)" in "".join(text.itertext())


def test_negation_reaches_entry_and_narrative(rich: XmlElement) -> None:
    """A problem that was ruled out must not be read as present, neither by machine nor by eye."""
    observation, = find(rich, "//h:observation[h:value/@code='C73']")
    assert observation.get("negationInd") == "true"
    row = find(observation, "h:text/h:reference/@value")[0][1:]
    assert "nije prisutno" in find(rich, f"string(//*[@ID='{row}'])")


def test_organisations_carry_telecom_before_address(rich: XmlElement) -> None:
    """Organisations have the reverse order of roles, which the schema enforces."""
    organization = find(rich, "//h:representedOrganization[h:telecom and h:addr]")[0]
    names = [etree.QName(child).localname for child in organization]
    assert names.index("telecom") < names.index("addr")


def test_own_narrative_is_kept_and_linked() -> None:
    """A given narrative is emitted as it stands; links are written only where they lead somewhere."""
    narrative = NarrativeNode(tag="text", children=("Prije ", NarrativeNode(
        tag="content", attributes=(("ID", "x1"),), children=("tlak",)), " poslije"))
    good = Observation(code=Coded(code="1", code_system=LOINC, original_text="tlak",
                                  original_text_reference="x1"))
    lost = Observation(code=Coded(code="2", code_system=LOINC, original_text="puls",
                                  original_text_reference="x9"))
    root = build_element(one_section(good, lost, narrative=narrative))
    assert "".join(find(root, "//h:section/h:text")[0].itertext()) == "Prije tlak poslije"
    assert find(root, "//h:observation/h:code/h:originalText/h:reference/@value") == ["#x1"]
    assert find(root, "string((//h:observation/h:code/h:originalText)[2])") == "puls"


def test_generated_ids_avoid_given_ones() -> None:
    """A narrative that was given may use our own way of naming: identifiers must stay unique."""
    given = NarrativeNode(tag="text", children=(NarrativeNode(
        tag="paragraph", attributes=(("ID", "s2e1"),), children=("x",)),))
    seen = Observation(code=Coded(code="1", code_system=LOINC))
    summary = PatientSummary(header=samples.header(), sections=(
        samples.section("42348-3", narrative=given), samples.section("30954-2", seen)))
    identifiers = find(build_element(summary), "//@ID")
    assert len(identifiers) == len(set(identifiers)) > 1


def test_unread_entry_keeps_its_words_but_no_entry(rich: XmlElement) -> None:
    """What could not be read is not invented again as an entry, but its words stay on the page."""
    section, = find(rich, "//h:section[h:code/@code='42348-3']")
    assert find(section, "h:entry") == []
    assert "Pregled" in "".join(find(section, "h:text")[0].itertext())


def test_empty_section_says_so() -> None:
    """A section without anything must not have an empty narrative."""
    root = build_element(one_section())
    assert find(root, "string(//h:section/h:text)") == "nema podataka"


def test_missing_header_data_gets_a_reason() -> None:
    """What CDA demands and nobody knows is stated as unknown, never left out and never made up."""
    bare = replace(samples.header(), authors=(model.Participation(device="x"),), custodian=None,
                   service_event=None,
                   effective_time=None, confidentiality=None, legal_authenticator=None, participants=(),
                   performers=(), patient=model.Patient(names=(PersonName(null_flavor="UNK"),)))
    root = build_element(replace(samples.absence_summary(), header=bare))
    assert find(root, "h:recordTarget/h:patientRole/h:id/@nullFlavor") == ["NI"]
    assert find(root, "h:recordTarget/h:patientRole/h:patient/h:birthTime/@nullFlavor") == ["UNK"]
    assert find(root, "h:effectiveTime/@nullFlavor") == ["UNK"]
    assert find(root, "h:documentationOf/h:serviceEvent/h:effectiveTime/h:high/@nullFlavor") == ["UNK"]


def test_level1_twin_shares_the_header_and_points_to_level3() -> None:
    """The two documents of a summary differ in template, identifier and body, and name each other."""
    summary = replace(samples.rich_summary(), header=replace(samples.header(), related_documents=()))
    own = Identifier(root=samples.EXAMPLE, extension="HR-0001.L1")
    twin = build_element(level1(summary, b"%PDF-1.7\n", own))
    whole = build_element(related_to(summary, own))
    assert find(twin, "h:templateId/@root") == [TEMPLATE_L1]
    assert find(whole, "h:templateId/@root") == [TEMPLATE_L3]
    assert find(twin, "h:relatedDocument/h:parentDocument/h:id/@extension") == ["HR-0001.L3"]
    assert find(whole, "h:relatedDocument/h:parentDocument/h:id/@extension") == ["HR-0001.L1"]
    for part in ("recordTarget", "author", "custodian", "documentationOf", "setId", "languageCode"):
        theirs, ours = (etree.tostring(find(root, f"h:{part}")[0], method="c14n") for root in (whole, twin))
        assert ours.replace(b' xmlns:pharm="urn:hl7-org:pharm"', b"") == theirs.replace(
            b' xmlns:pharm="urn:hl7-org:pharm"', b"")
    text, = find(twin, "h:component/h:nonXMLBody/h:text")
    assert (text.get("mediaType"), text.get("representation"), text.text) == ("application/pdf", "B64",
                                                                              "JVBERi0xLjcK")


def test_level1_refuses_the_identifier_of_level3() -> None:
    """Two documents under one identifier cannot be told apart by a registry."""
    summary = samples.rich_summary()
    with pytest.raises(LocalError, match="different document identifiers"):
        level1(summary, b"%PDF", summary.header.identifier)


@pytest.mark.parametrize("summary", [
    PatientSummary(header=samples.header()),
    replace(samples.pdf_summary(), attachment=None),
    one_section(Device(negated=True), loinc="46264-8"),
])
def test_what_cda_cannot_carry_is_refused(summary: PatientSummary) -> None:
    """Nothing is dropped in silence: no body, no attachment, or a negated supply is our own mistake."""
    with pytest.raises(LocalError):
        build(summary)


def test_templates_belong_to_known_arcs() -> None:
    """The table of templates holds OIDs of the profile, IHE PCC and CCD only, and the five basic sections."""
    roots = {root for roots in ENTRY_TEMPLATES.values() for root in roots}
    assert all(root.startswith((EHDSI, "1.3.6.1.4.1.19376.1.5.3.1.",
                                "2.16.840.1.113883.10.20.1.")) for root in roots)
    assert set(MANDATORY) == {"48765-2", "11450-4", "10160-0", "46264-8", "47519-4"}


def test_unknown_section_is_written_with_its_subsections(rich: XmlElement) -> None:
    """A section outside the value set, with nested ones, survives with its title and narrative."""
    section, = find(rich, "//h:section[h:code/@code='10157-6']")
    assert find(section, "h:component/h:section/h:text/h:paragraph/text()") == ["zdrava"]
    assert section.get("nullFlavor") == "NI"


def test_open_interval_keeps_its_open_end() -> None:
    """An end that is not applicable is different from an end that nobody wrote down."""
    period = Interval(low=Time(value="2012"), high=Time(null_flavor="NA"))
    root = build_element(one_section(Medication(product=Product(name="A"), period=period), loinc="10160-0"))
    time = find(root, "//h:substanceAdministration/h:effectiveTime")[0]
    assert [(etree.QName(child).localname, dict(child.attrib)) for child in time] == [
        ("low", {"value": "2012"}), ("high", {"nullFlavor": "NA"})]


def test_section_without_code_keeps_its_own_narrative() -> None:
    """A section that has only words is still shown."""
    section = Section(title="Ostalo", narrative=NarrativeNode(tag="paragraph", children=("bez koda",)))
    root = build_element(PatientSummary(header=samples.header(), sections=(section,)))
    assert find(root, "string(//h:section/h:text/h:paragraph)") == "bez koda"
