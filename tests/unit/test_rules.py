"""The content rules: silent on a good document, and each one speaks when its one thing is broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ehdsi import oids
from ehdsi.cda.build import build
from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import LocalError
from ehdsi.rules import RuleContext, check, run
from ehdsi.rules.checks import CHECKS
from ehdsi.rules.load import load
from ehdsi.rules.times import earliest, is_after
from ehdsi.xml import XmlElement, serialise
from ehdsi.xml import parse as parse_xml
from tests.samples import absence_summary, header, pdf_summary, rich_summary

NS = {"h": oids.NS_HL7, "p": oids.NS_PHARM}
H = f"{{{oids.NS_HL7}}}"
XSI = f"{{{oids.NS_XSI}}}"
RICH, ABSENT, PDF = build(rich_summary()), build(absence_summary()), build(pdf_summary())
IMMUNIZATIONS = "//h:section[h:code/@code='11369-6']"
NO_PROCEDURES = "//h:section[h:code/@code='47519-4']//h:code[@code='no-known-procedures']"
PAST_TIME = "//h:section[h:code/@code='11348-0']//h:effectiveTime[h:high]/h:high"
PATIENT_NODE = "//h:recordTarget/h:patientRole/h:patient"
DEEP = "<translation><translation><translation/></translation></translation>"
VALUE = "//h:section[h:code/@code='11450-4']/h:entry[1]/h:act/h:entryRelationship/h:observation/h:value"
MEDICATION = "//h:section[h:code/@code='10160-0']/h:entry[1]/h:substanceAdministration"
PROBLEM = "//h:section[h:code/@code='11450-4']/h:entry[1]/h:act"
PATIENT = "//h:recordTarget/h:patientRole"

#: What these samples leave open on purpose: a section without words, a third time, absence codes without a
#: name.
KNOWN = {"PS-032", "PS-039", "PS-027", "PS-059"}

Change = Callable[[XmlElement], object]


def one(root: XmlElement, path: str) -> XmlElement:
    return root.xpath(path, namespaces=NS)[0]


def setting(path: str, **attributes: str) -> Change:
    return lambda root: [one(root, path).set(name, value) for name, value in attributes.items()]


def dropping(path: str) -> Change:
    return lambda root: [node.getparent().remove(node) for node in root.xpath(path, namespaces=NS)]


def unsetting(path: str, name: str) -> Change:
    return lambda root: one(root, path).attrib.pop(name, None)


def adding(path: str, xml: str) -> Change:
    spaces = 'xmlns="urn:hl7-org:v3" xmlns:p="urn:hl7-org:pharm" xmlns:e="urn:epsos-org:ep:medication"'
    wrapped = f"<x {spaces}>{xml}</x>"
    return lambda root: one(root, path).extend(list(parse_xml(wrapped.encode())))


def doubling(path: str) -> Change:
    return lambda root: one(root, path).getparent().append(parse_xml(serialise(one(root, path))))


DEFECTS: list[tuple[str, bytes, Change]] = [
    ("PS-002", RICH, lambda root: root.set(XSI + "schemaLocation", "urn:hl7-org:v3 CDA.xsd")),
    ("PS-003", RICH, setting("/*/h:typeId", extension="X")),
    ("PS-004", RICH, adding("/*", f'<templateId root="{oids.TEMPLATE_L1}"/>')),
    ("PS-005", RICH, setting("/*/h:templateId[1]", root=oids.TEMPLATE_L1)),
    ("PS-006", RICH, setting("/*/h:code", codeSystem="2.999")),
    ("PS-007", RICH, unsetting("/*/h:id", "root")),
    ("PS-008", RICH, dropping("/*/h:title")),
    ("PS-009", RICH, setting("/*/h:effectiveTime", value="202503041015")),
    ("PS-010", RICH, setting("/*/h:confidentialityCode", code="X")),
    ("PS-011", RICH, setting("/*/h:languageCode", code="hr")),
    ("PS-012", RICH, dropping(f"{PATIENT}/h:id")),
    ("PS-013", RICH, adding(PATIENT, "<addr/>")),
    ("PS-014", RICH, setting(f"{PATIENT}/h:telecom", value="0123")),
    ("PS-015", RICH, dropping(f"{PATIENT}/h:patient/h:name/h:given")),
    ("PS-016", RICH, setting(f"{PATIENT}/h:patient/h:administrativeGenderCode", code="X")),
    ("PS-017", RICH, setting(f"{PATIENT}/h:patient/h:birthTime", value="1961-02-03")),
    ("PS-018", RICH, dropping("/*/h:author/h:time")),
    ("PS-019", RICH, setting("/*/h:author/h:functionCode", codeSystem="2.999")),
    ("PS-020", RICH, dropping("//h:representedCustodianOrganization/h:name")),
    ("PS-021", RICH, dropping("/*/h:legalAuthenticator/h:assignedEntity/h:representedOrganization")),
    ("PS-022", RICH, dropping("/*/h:participant/h:associatedEntity[@classCode='PRS']/*")),
    ("PS-023", RICH, setting("/*/h:participant/h:associatedEntity", classCode="GUARD")),
    ("PS-024", RICH, dropping("/*/h:documentationOf")),
    ("PS-025", RICH, setting("/*/h:documentationOf/h:serviceEvent/h:effectiveTime/h:high", value="20990101")),
    ("PS-026", RICH, dropping("/*/h:relatedDocument")),
    ("PS-029", PDF, lambda root: setattr(one(root, "//h:nonXMLBody/h:text"), "text", "R0lGODlh")),
    ("PS-030", RICH, dropping("//h:section[h:code/@code='46264-8']")),
    ("PS-031", RICH, doubling("//h:component[h:section/h:code/@code='11348-0']")),
    ("PS-032", RICH, dropping("//h:section[h:code/@code='11348-0']/h:title")),
    ("PS-032", RICH, setting("//h:section[h:code/@code='11348-0']/h:templateId", root="2.999")),
    ("PS-033", RICH, dropping("//h:section[h:code/@code='46264-8']/h:entry")),
    ("PS-034", RICH, setting(f"{MEDICATION}//h:originalText/h:reference", value="#nowhere")),
    ("PS-035", RICH, doubling("//h:section/h:text//h:tr[@ID or .//@ID]")),
    ("PS-036", ABSENT, doubling("//h:section[h:code/@code='48765-2']/h:entry")),
    ("PS-037", ABSENT, setting(NO_PROCEDURES, code="no-known-devices")),
    ("PS-038", RICH, unsetting(f"{MEDICATION}/h:effectiveTime", f"{XSI}type")),
    ("PS-039", RICH, unsetting(f"{MEDICATION}/h:effectiveTime[2]", "operator")),
    ("PS-040", RICH, setting(PAST_TIME, value="1900")),
    ("PS-041", RICH, setting("//h:period", value="0")),
    ("PS-042", RICH, adding("//h:manufacturedMaterial", "<e:desc>x</e:desc>")),
    ("PS-043", RICH, adding("//p:ingredient/p:quantity", "<p:numerator/>")),
    ("PS-044", RICH, adding("//h:manufacturedMaterial", f'<code code="C09BB05" codeSystem="{oids.ATC}"/>')),
    ("PS-045", RICH, dropping("//p:ingredientSubstance/*")),
    ("PS-046", RICH, dropping("//h:section[h:code/@code='10160-0']//h:manufacturedMaterial/*")),
    ("PS-047", RICH, setting(f"{MEDICATION}/h:doseQuantity/h:low", value="one")),
    ("PS-048", RICH, setting(f"{MEDICATION}/h:routeCode", codeSystem="2.999")),
    ("PS-049", RICH, dropping("//h:section[h:code/@code='48765-2']//h:participant")),
    ("PS-050", RICH, setting(VALUE, codeSystem="2.999")),
    ("PS-051", RICH, dropping(f"{PROBLEM}/h:effectiveTime")),
    ("PS-052", RICH, dropping("//h:procedure/h:effectiveTime")),
    ("PS-053", RICH, dropping("//h:playingDevice/h:code")),
    ("PS-054", RICH, setting(f"{IMMUNIZATIONS}//h:substanceAdministration/h:statusCode", code="active")),
    ("PS-055", RICH, setting("//h:section[h:code/@code='8716-3']//h:observation/h:value", value="30")),
    ("PS-057", RICH, adding("//h:procedure", '<targetSiteCode code="1"/>')),
    ("PS-060", RICH, unsetting(f"{VALUE}/h:translation", "codeSystem")),
    ("PS-062", RICH, adding(f"{VALUE}/h:translation", DEEP)),
    ("PS-063", RICH, adding("//h:procedure", '<methodCode nullFlavor="OTH"/>')),
    ("PS-064", RICH, lambda root: one(root, PATIENT_NODE).append(root.makeelement(f"{{{oids.NS_SDTC}}}x"))),
    ("PS-065", RICH, adding("//h:section/h:text", '<content onclick="x()">a</content>')),
    ("PS-067", RICH, dropping("/*/h:custodian")),
    ("PS-068", RICH, setting("/*/h:setId", root="9.2.16")),
    ("PS-069", RICH, setting("/*/h:participant/h:associatedEntity/h:code", codeSystem="2.999")),
]  # fmt: skip


def rules_of(root: XmlElement, context: RuleContext | None = None) -> set[str]:
    return {finding.rule for finding in check(root, context or RuleContext(form="pivot"))}


@pytest.mark.parametrize("data", [RICH, ABSENT, PDF], ids=["rich", "absent", "pdf"])
def test_a_good_document_has_no_findings(data: bytes) -> None:
    """A rule that speaks on a good document teaches people to ignore the validator."""
    assert rules_of(parse_xml(data)) <= KNOWN
    assert rules_of(parse_xml(data), RuleContext()) <= KNOWN


@pytest.mark.parametrize(
    ("rule", "data", "change"), DEFECTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DEFECTS)]
)
def test_each_defect_is_found_by_its_rule(rule: str, data: bytes, change: Change) -> None:
    """One thing is broken; its rule must name it with a place, a clause and a hint."""
    root = parse_xml(data)
    before = [f for f in check(root, RuleContext(form="pivot")) if f.rule == rule]
    change(root)
    after = [f for f in check(root, RuleContext(form="pivot")) if f.rule == rule]
    assert len(after) > len(before)
    assert all(finding.message and finding.clause and finding.hint for finding in after)
    assert all(finding.xpath.startswith("/") for finding in after)


OUTSIDE: list[tuple[str, RuleContext]] = [
    ("PS-009", RuleContext(now=datetime(2020, 1, 1, tzinfo=UTC))),
    ("PS-011", RuleContext(country="PT")),
    ("PS-012", RuleContext(patient_id=Identifier(root="2.999", extension="another"))),
    ("PS-015", RuleContext(family_names=("Another",), given_names=("Name",))),
    ("PS-017", RuleContext(birth_date="19000101")),
    ("PS-028", RuleContext(twin=parse_xml(ABSENT))),
    ("PS-049", RuleContext(members=lambda value_set, system, code: False)),
    ("PS-056", RuleContext(members=lambda value_set, system, code: False)),
    ("PS-058", RuleContext(members=lambda value_set, system, code: False, form="pivot")),
    ("PS-061", RuleContext(form="french")),
    ("PS-065", RuleContext(raw=b'<?xml-stylesheet href="a.xsl"?>' + RICH)),
    ("PS-066", RuleContext(size=11 * 1024 * 1024)),
    ("PS-070", RuleContext(source=parse_xml(ABSENT))),
]


@pytest.mark.parametrize(("rule", "context"), OUTSIDE, ids=[rule for rule, _ in OUTSIDE])
def test_rules_that_need_the_outside_speak_with_it_and_are_skipped_without(
    rule: str, context: RuleContext
) -> None:
    """What is not known is not judged, and the report says so; what is known is judged."""
    root = parse_xml(RICH)
    assert rule in rules_of(root, context)
    assert rule in {skipped.rule for skipped in run(root).skipped}


def test_the_right_outside_keeps_them_silent() -> None:
    """The identified patient's own document must pass all rules of identity."""
    patient = header().patient
    context = RuleContext(
        now=datetime(2030, 1, 1, tzinfo=UTC),
        patient_id=patient.identifiers[0],
        family_names=patient.names[0].family,
        given_names=patient.names[0].given,
        birth_date=patient.birth_time.value if patient.birth_time else None,
        country="HR",
        members=lambda value_set, system, code: True,
        raw=RICH,
        size=len(RICH),
        source=parse_xml(RICH),
    )
    assert rules_of(parse_xml(RICH), context) <= KNOWN


def test_the_old_extension_is_an_information_where_it_is_allowed() -> None:
    """Documents of before 2022 are still read: the same place, another severity."""
    root = parse_xml(RICH)
    adding("//h:manufacturedMaterial", "<e:desc>x</e:desc>")(root)
    for legacy, severity in ((False, "error"), (True, "info")):
        found = [f for f in check(root, RuleContext(legacy=legacy)) if f.rule == "PS-042"]
        assert [f.severity for f in found] == [severity]


def test_findings_hold_no_personal_data() -> None:
    """A report is sent around; names, dates and identifiers of the patient stay in the document."""
    patient = header().patient
    private = [*patient.names[0].family, *patient.names[0].given, patient.identifiers[0].extension or ""]
    context = RuleContext(form="pivot", birth_date="19000101", family_names=("Nobody",))
    for _, data, change in DEFECTS:
        root = parse_xml(data)
        change(root)
        for finding in check(root, context):
            told = finding.message + finding.got + finding.expected
            assert not any(word in told for word in private), finding.rule


def test_all_seventy_rules_are_there_and_every_check_is_used() -> None:
    """The rule file is the list that the onboarding dossier refers to."""
    rules = [compiled.rule for compiled in load().rules]
    assert {rule.id for rule in rules} == {f"PS-{number:03}" for number in range(1, 71)}
    assert {rule.check for rule in rules if rule.check} == set(CHECKS)
    assert all(rule.message and rule.clause and rule.hint for rule in rules)


def test_many_findings_of_one_rule_are_counted_not_listed() -> None:
    """A document with a thousand equal defects must not drown the others."""
    root = parse_xml(RICH)
    for node in root.xpath("//*[@codeSystem]"):
        node.attrib.pop("codeSystem")
    found = [f for f in check(root) if f.rule == "PS-057"]
    assert len(found) == 26 and "more places" in found[-1].message


@pytest.mark.parametrize(
    "text",
    [
        "[[rule]]\nid='X'\nseverity='error'\nmessage='m'\ncontext='/*'\ntest='h:('",
        "[[rule]]\nid='X'\nseverity='error'\nmessage='m'\ncontext='$nothing'\ntest='true()'",
        "[[rule]]\nid='X'\nseverity='error'\nmessage='m'",
        "[[rule]]\nid='X'\nseverity='error'\nmessage='m'\nunknown=1\ntest='true()'",
        "not toml at all",
    ],
)
def test_a_wrong_rule_file_is_refused_in_words(text: str, tmp_path: Path) -> None:
    """People write their own rules; a mistake must be named when the file is loaded."""
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(LocalError, match=r"rule|XPath"):
        load(path)


@pytest.mark.parametrize(
    ("first", "second", "after"),
    [
        ("2013", "20130101", False),
        ("20140101", "2013", True),
        ("20130101120000+0100", "20130101113000+0000", False),
        ("20130101120000+0000", "20130101113000+0000", True),
        ("2013010112", "20130101", False),
        ("unknown", "2013", False),
        (None, "2013", False),
    ],
)
def test_times_are_compared_at_the_precision_that_both_have(
    first: str | None, second: str, after: bool
) -> None:
    """A year is not after a day of the same year, and zones count where both are given."""
    assert is_after(first, second) is after


def test_impossible_times_are_no_times() -> None:
    """The 30th of February must not crash a rule."""
    assert earliest("20130230") is None and earliest("18860629") is not None
