"""Assertions: writing and reading them back, and each rule with the one change that breaks it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from ehdsi import xml
from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import AssertionRefused, MalformedMessage, SignatureRefused
from ehdsi.oids import NS_SAML
from ehdsi.saml import values, vocabulary
from ehdsi.saml.build import (
    build_hcp_assertion,
    build_next_of_kin_assertion,
    build_trc_assertion,
    build_unsigned,
    sign_assertion,
)
from ehdsi.saml.checks import check_binding, check_hcp, check_next_of_kin, check_patient, check_trc
from ehdsi.saml.policy import OPENNCP_LIKE, STRICT
from ehdsi.saml.read import kind_of, parse_time, read_assertion
from ehdsi.saml.receive import choose, receive
from ehdsi.saml.rules import RULES, BrokenRule
from ehdsi.saml.structure import check_structure
from ehdsi.saml.values import StructuredValue
from ehdsi.saml.vocabulary import Transaction
from tests import security
from tests.security import NOW, hcp, trc

SAML = f"{{{NS_SAML}}}"
XCPD, QUERY = Transaction.XCPD, Transaction.XCA_QUERY
SECOND = timedelta(seconds=1)


def next_of_kin():
    """A good next of kin assertion with all traits."""
    return replace(
        values.new_next_of_kin(hcp(), assertion_id="_nok-1", now=NOW, country="FR"), id_of_person="NK-1",
        first_name="Ana", family_name="Horvat", gender="F", birth_date="01-02-1980", street="Ilica 1",
        city="Zagreb", postal_code="10000", country="HR")


def received(element, **options):
    """The assertion as a receiver reads it."""
    parsed = xml.parse(xml.serialise(element))
    arguments = {"anchors": security.anchors(), "now": NOW, "transaction": QUERY} | options
    return receive(parsed, **arguments)


@pytest.mark.parametrize(("value", "build"), [
    (hcp(), build_hcp_assertion), (trc(), build_trc_assertion), (next_of_kin(), build_next_of_kin_assertion),
    (replace(hcp(), sp_provided_id="x", npi=None, organization=None, on_behalf_of="221"),
     build_hcp_assertion),
    (replace(trc(), dispensation_pin_code="1234", prescription_id="P1", purpose_of_use=None),
     build_trc_assertion),
    (values.new_next_of_kin(hcp(), assertion_id="_n", now=NOW, country="FR"), build_next_of_kin_assertion),
])
def test_an_assertion_is_read_back(value, build):
    """Each kind, with and without its optional attributes, survives signing, the wire and reading."""
    got = received(build(value, security.seal()))
    assert got.values == value
    assert (got.country, kind_of(build(value, security.seal()))) == ("FR", value.kind)


def test_good_assertions_break_no_rule():
    """The samples that all mutations start from are good under both policies."""
    for policy in (STRICT, OPENNCP_LIKE):
        assert check_hcp(hcp(), transaction=XCPD, now=NOW, policy=policy, country="FR") == ()
        assert check_hcp(hcp(), transaction=Transaction.XCA_RETRIEVE, now=NOW, policy=policy) == ()
        assert check_trc(trc(), now=NOW, policy=policy, country="FR") == ()
        assert check_next_of_kin(next_of_kin(), now=NOW, policy=policy, country="FR") == ()
        assert check_binding(hcp(), trc(), hcp_country="FR", other_country="FR", policy=policy) == ()


def test_role_and_purpose_are_written_without_prefix():
    """Receivers find them by their unprefixed name; the namespace is declared on the element itself."""
    text = xml.serialise(build_unsigned(hcp()))
    assert b'<Role xmlns="urn:hl7-org:v3" code="221"' in text
    assert b'<PurposeOfUse xmlns="urn:hl7-org:v3" code="TREATMENT"' in text


def test_the_finnish_and_the_prefixed_form_are_read():
    """A default namespace on the assertion, or a prefix on Role, mean the same; OpenNCP knows only one."""
    finnish = sign_assertion(build_unsigned(hcp(), hl7_default_on_root=True), security.seal())
    assert received(finnish).values == hcp()
    prefixed = replace(hcp(), role=replace(values.role("221"), prefixed=True))
    got = received(build_hcp_assertion(prefixed, security.seal())).values
    assert got == prefixed
    assert check_hcp(got, transaction=XCPD, now=NOW) == ()
    assert [one.rule for one in check_hcp(got, transaction=XCPD, now=NOW, policy=OPENNCP_LIKE)] == ["role"]


ROLE = values.role("221")
HCP_MUTATIONS = [
    # (requirement, change, rule, code when strict, code when OpenNCP-like or None when it lets it pass)
    ("N-12", {"not_on_or_after": NOW - 61 * SECOND, "not_before": NOW - 3600 * SECOND}, "expired",
     "ERROR_HPI_GENERIC", "ERROR_HPI_GENERIC"),
    ("N-13", {"not_before": NOW + 61 * SECOND}, "not-yet-valid", "ERROR_HPI_GENERIC", "ERROR_HPI_GENERIC"),
    ("N-14", {"not_on_or_after": NOW + timedelta(hours=4, seconds=1)}, "validity-span", "ERROR_HPI_GENERIC",
     "ERROR_HPI_GENERIC"),
    ("N-14", {"not_on_or_after": NOW}, "validity-span", "ERROR_HPI_GENERIC", "ERROR_HPI_GENERIC"),
    ("N-15", {"audiences": ()}, "audience", "ERROR_HPI_GENERIC", None),
    ("N-15", {"audiences": ("urn:other",)}, "audience", "ERROR_HPI_GENERIC", None),
    ("N-16", {"authn_context": vocabulary.PASSWORD}, "authn-context", "ERROR_HPI_GENERIC",
     "ERROR_HPI_GENERIC"),
    ("N-16", {"authn_context": vocabulary.PREVIOUS_SESSION}, "authn-context", "ERROR_HPI_GENERIC",
     "ERROR_HPI_GENERIC"),
    ("N-18", {"confirmation_method": vocabulary.BEARER}, "confirmation-method", "ERROR_HPI_GENERIC", None),
    ("N-19", {"role": replace(ROLE, code="9999")}, "role", "ERROR_HPI_INSUFFICIENT_INFORMATION",
     "ERROR_HPI_GENERIC"),
    ("N-19", {"role": None}, "role", "ERROR_HPI_INSUFFICIENT_INFORMATION", "ERROR_HPI_GENERIC"),
    ("N-20", {"role": replace(ROLE, display_name="Dentists")}, "role-name", "4703", "4703"),
    ("N-21", {"purpose_of_use": values.purpose("MARKETING")}, "purpose", "4703", "4703"),
    ("N-21", {"purpose_of_use": values.purpose("treatment")}, "purpose", "4703", "4703"),
    ("N-21", {"purpose_of_use": None}, "purpose", "4703", "4703"),
    ("N-22", {"permissions": vocabulary.PATIENT_SUMMARY_PERMISSIONS}, "permissions", "4703", "4703"),
    ("N-24", {"facility_type": "Spaceship"}, "facility-type", "ERROR_HPI_GENERIC", "ERROR_HPI_GENERIC"),
    ("N-24", {"facility_type": None}, "facility-type", "ERROR_HPI_GENERIC", "ERROR_HPI_GENERIC"),
    ("N-24", {"locality": ""}, "locality", "ERROR_HPI_GENERIC", "ERROR_HPI_GENERIC"),
    ("N-24", {"subject_id": ""}, "subject-id", "ERROR_HPI_GENERIC", "ERROR_HPI_GENERIC"),
    ("2.2", {"home_community_id": None}, "home-community", "ERROR_HPI_GENERIC", None),
    ("2.2", {"issuer": "urn:somebody"}, "issuer", "ERROR_HPI_GENERIC", None),
    ("2.2", {"issuer": "urn:idp:HR:countryB"}, "issuer-country", "ERROR_HPI_GENERIC", None),
    ("2.7", {"name_id": ""}, "name-id", "ERROR_HPI_GENERIC", "ERROR_HPI_GENERIC"),
]


@pytest.mark.parametrize(("requirement", "change", "rule", "strict", "lenient"), HCP_MUTATIONS)
def test_one_change_to_the_hcp_assertion_breaks_one_rule(requirement, change, rule, strict, lenient):
    """Each negative request of the table breaks exactly its own rule, with the code of each mode."""
    assertion = replace(hcp(), **change)
    broken = check_hcp(assertion, transaction=XCPD, now=NOW, country="FR")
    assert [(one.rule, one.code) for one in broken] == [(rule, strict)], requirement
    loose = check_hcp(assertion, transaction=XCPD, now=NOW, policy=OPENNCP_LIKE, country="FR")
    assert [(one.rule, one.code) for one in loose] == ([(rule, lenient)] if lenient else [])


TRC_MUTATIONS = [
    ("N-12", {"not_on_or_after": NOW - 61 * SECOND, "not_before": NOW - 3600 * SECOND}, "expired", "1001",
     "1001"),
    ("N-14", {"not_on_or_after": NOW + timedelta(hours=2, seconds=1)}, "validity-span", "1001", "1001"),
    ("N-15", {"audiences": ("urn:other",)}, "audience", "1001", None),
    ("N-17", {"authn_context": vocabulary.SMARTCARD_PKI}, "authn-context", "1001", "1001"),
    ("N-18", {"confirmation_method": vocabulary.BEARER}, "confirmation-method", "1001", "1001"),
    ("N-21", {"purpose_of_use": values.purpose("MARKETING")}, "purpose", "4703", "4703"),
    ("2.5", {"purpose_of_use": None}, "purpose", None, "1001"),
    ("2.5", {"patient_id": None}, "patient-id", "1001", "1001"),
    ("2.5", {"patient_id": "4711"}, "patient-id", "1001", "1001"),
    ("2.5", {"hcp_assertion_ids": ()}, "advice", "1001", "1001"),
    ("2.5", {"issuer": "urn:idp:FR:countryB"}, "issuer", "1001", None),
]


@pytest.mark.parametrize(("requirement", "change", "rule", "strict", "lenient"), TRC_MUTATIONS)
def test_one_change_to_the_trc_assertion_breaks_one_rule(requirement, change, rule, strict, lenient):
    """The same for the TRC assertion, whose errors are 1001 where they are not a question of rights."""
    assertion = replace(trc(), **change)
    broken = check_trc(assertion, now=NOW, country="FR")
    assert [(one.rule, one.code) for one in broken] == ([(rule, strict)] if strict else []), requirement
    loose = check_trc(assertion, now=NOW, policy=OPENNCP_LIKE, country="FR")
    assert [(one.rule, one.code) for one in loose] == ([(rule, lenient)] if lenient else [])


@pytest.mark.parametrize(("change", "countries", "rule", "lenient"), [
    ({"hcp_assertion_ids": ("_other", "_hcp-1")}, ("FR", "FR"), "advice", "4703"),
    ({"name_id": "somebody-else"}, ("FR", "FR"), "professional-differs", None),
    ({}, ("FR", "HR"), "country-differs", None),
])
def test_assertions_must_belong_together(change, countries, rule, lenient):
    """Reference, professional and signing country bind TRC and HCP assertion (N-25, N-27)."""
    other = replace(trc(), **change)
    broken = check_binding(hcp(), other, hcp_country=countries[0], other_country=countries[1])
    assert [(one.rule, one.code) for one in broken] == [(rule, "1002")]
    loose = check_binding(hcp(), other, hcp_country=countries[0], other_country=countries[1],
                          policy=OPENNCP_LIKE)
    assert [one.code for one in loose] == ([lenient] if lenient else [])


def test_the_patient_must_be_the_confirmed_one():
    """A treatment relationship counts for its own patient only (N-26, 4206)."""
    assert check_patient(trc(), Identifier(root="2.999.1.2", extension="NAM-4711")) == ()
    for other in (Identifier(root="2.999.1.2", extension="NAM-4712"), Identifier(root="2.999.1.3",
                                                                                 extension="NAM-4711"),
                  Identifier()):
        assert [one.code for one in check_patient(trc(), other)] == ["4206"]
    assert check_patient(replace(trc(), patient_id=""), Identifier())


def test_clock_skew_of_a_minute_is_tolerated():
    """Clocks may differ by sixty seconds in either direction (A-SAML-02)."""
    early = replace(hcp(), not_before=NOW + 60 * SECOND)
    late = replace(hcp(), not_before=NOW - 3600 * SECOND, not_on_or_after=NOW - 59 * SECOND)
    assert check_hcp(early, transaction=XCPD, now=NOW) == ()
    assert check_hcp(late, transaction=XCPD, now=NOW) == ()


@pytest.mark.parametrize("code", vocabulary.ROLES)
def test_every_role_of_the_value_set_is_accepted(code):
    """All thirteen roles pass, their display names in any case (A-SAML-05)."""
    role = values.role(code)
    for display in (role.display_name, role.display_name.upper()):
        assertion = replace(hcp(), role=replace(role, display_name=display))
        assert check_hcp(assertion, transaction=XCPD, now=NOW) == ()


@pytest.mark.parametrize("missing", vocabulary.PATIENT_SUMMARY_PERMISSIONS)
def test_every_permission_of_the_summary_is_needed(missing):
    """Documents need all four permissions; the role's name is compared for XCPD only (N-23)."""
    role = replace(ROLE, display_name="Dentists")
    assertion = replace(hcp(), role=role, permissions=tuple(one for one in security.PERMISSIONS
                                                            if one != missing))
    broken = check_hcp(assertion, transaction=QUERY, now=NOW)
    assert [(one.rule, one.code, one.got) for one in broken] == [("permissions", "4703",
                                                                  f"without {missing}")]


def test_next_of_kin_is_judged_only_when_strict():
    """OpenNCP does not look at the next of kin assertion; the profile does."""
    bad = replace(next_of_kin(), audiences=(), authn_context=vocabulary.PASSWORD)
    assert [one.rule for one in check_next_of_kin(bad, now=NOW)] == ["audience", "authn-context"]
    assert check_next_of_kin(bad, now=NOW, policy=OPENNCP_LIKE) == ()


REQUIRED = ["Issuer", "Subject", "Subject/NameID", "Subject/SubjectConfirmation", "Conditions",
            "AuthnStatement",
            "AuthnStatement/AuthnContext", "AuthnStatement/AuthnContext/AuthnContextClassRef",
            "AttributeStatement"]
REQUIRED_ATTRIBUTES = [("", "ID"), ("", "IssueInstant"), ("", "Version"), ("Subject/NameID", "Format"),
                       ("Subject/SubjectConfirmation", "Method"), ("Conditions", "NotBefore"),
                       ("Conditions", "NotOnOrAfter"), ("AuthnStatement", "AuthnInstant")]


def path(names: str) -> str:
    """Clark names for a path of SAML elements."""
    return "/".join(f"{SAML}{name}" for name in names.split("/")) if names else "."


@pytest.mark.parametrize("value", [hcp(), trc()], ids=["hcp", "trc"])
@pytest.mark.parametrize("names", REQUIRED)
def test_required_elements_are_required(value, names):
    """Each part that the profile requires is missed when it is absent, with the code of its kind."""
    element = build_unsigned(value)
    victim = element.find(path(names))
    victim.getparent().remove(victim)
    with pytest.raises(BrokenRule) as caught:
        read_assertion(element)
    assert caught.value.rule == ("kind" if names == "Issuer" else "required-part")
    if names != "Issuer":
        assert caught.value.code == ("ERROR_HPI_GENERIC" if value.kind == "hcp" else "1001")


@pytest.mark.parametrize(("names", "attribute"), REQUIRED_ATTRIBUTES)
def test_required_attributes_are_required(names, attribute):
    """The same for attributes, absent or unreadable."""
    element = build_unsigned(hcp())
    element.find(path(names)).attrib.pop(attribute)
    with pytest.raises(AssertionRefused):
        read_assertion(element)
    if "Not" in attribute or "Instant" in attribute:
        element.find(path(names)).set(attribute, "tomorrow")
        with pytest.raises(AssertionRefused, match="required part"):
            read_assertion(element)


def test_an_attribute_given_twice_is_ambiguous():
    """Two different values for one attribute are refused; the same value twice does no harm."""
    element = build_unsigned(hcp())
    attribute = next(one for one in element.iter(f"{SAML}Attribute")
                     if one.get("Name") == vocabulary.LOCALITY)
    attribute.addnext(xml.parse(xml.serialise(attribute)))
    assert read_assertion(element) == hcp()
    attribute[0].text = "Elsewhere"
    with pytest.raises(BrokenRule, match="different values"):
        read_assertion(element)


def swap(names: str):
    """Put an element behind its next sibling."""
    def apply(root):
        node = root.find(path(names))
        node.getnext().addnext(node)
    return apply


def add(names: str, tag: str):
    """Add a child that has no place there."""
    def apply(root):
        etree.SubElement(root.find(path(names)), tag)
    return apply


def give(names: str, name: str, value: str):
    """Give an element an attribute."""
    def apply(root):
        root.find(path(names)).set(name, value)
    return apply


STRUCTURE = {
    "issuer later": swap("Issuer"), "subject later": swap("Subject"), "conditions later": swap("Conditions"),
    "unknown element": add("Conditions", f"{SAML}Surprise"), "foreign element": add("Subject", "{urn:x}x"),
    "text element with child": add("Issuer", f"{SAML}NameID"), "unknown attribute": give("Subject", "x", "y"),
    "id no name": give("", "ID", "1:2"), "time no time": give("Conditions", "NotBefore",
                                                              "2026-13-01T00:00:00Z"),
    "date only": give("", "IssueInstant", "2026-03-01"), "second issuer": add("", f"{SAML}Issuer"),
}


@pytest.mark.parametrize("case", STRUCTURE)
def test_an_assertion_off_the_schema_is_refused(case):
    """Order, names and attributes of the SAML schema are insisted upon; the code is the service's (N-28)."""
    element = build_hcp_assertion(hcp(), security.seal())
    check_structure(element)
    STRUCTURE[case](element)
    for transaction, code in ((XCPD, "ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED"), (QUERY, "4703")):
        with pytest.raises(BrokenRule, match="not valid under the SAML schema") as caught:
            check_structure(element, transaction=transaction)
        assert caught.value.code == code


def test_an_element_that_is_no_assertion_is_refused():
    """Anything else in place of an assertion is refused by schema check and reader alike."""
    other = etree.Element("{urn:x}Assertion")
    with pytest.raises(BrokenRule):
        check_structure(other)
    with pytest.raises(BrokenRule):
        read_assertion(other)


def test_receiving_demands_signature_trust_and_dates():
    """Unsigned, signed by a stranger, or signed with an expired certificate: refused (N-08, N-09, N-10)."""
    with pytest.raises(BrokenRule) as caught:
        received(build_unsigned(hcp()))
    assert (caught.value.rule, caught.value.code) == ("unsigned", "ERROR_HPI_GENERIC")
    strange = build_hcp_assertion(hcp(), security.stranger())
    with pytest.raises(SignatureRefused, match="no path leads"):
        received(strange)
    assert received(strange, policy=OPENNCP_LIKE).values == hcp()
    for policy in (STRICT, OPENNCP_LIKE):
        with pytest.raises(SignatureRefused, match="expired"):
            received(build_hcp_assertion(hcp(), security.seal()), now=NOW + timedelta(days=60), policy=policy)


def test_assertions_of_a_message_are_told_apart():
    """HCP, TRC and next of kin are found by their qualifier, in any order; each missing one is named."""
    one, two, three = (build_unsigned(value) for value in (hcp(), trc(), next_of_kin()))
    chosen = choose([three, one, two], transaction=QUERY)
    assert (chosen.hcp, chosen.trc, chosen.next_of_kin) == (one, two, three)
    for presented, transaction, rule in (([], XCPD, "missing-hcp"), ([two], QUERY, "missing-hcp"),
                                         ([one], QUERY, "missing-trc"), ([one, one, two], QUERY, "twofold")):
        with pytest.raises(BrokenRule) as caught:
            choose(presented, transaction=transaction)
        assert caught.value.rule == rule


def test_openncp_chooses_in_its_own_way():
    """It takes the last assertion for HCP where none is marked, and the last other one as TRC."""
    one, two, three = (build_unsigned(value) for value in (hcp(), trc(), next_of_kin()))
    assert choose([two, three], transaction=XCPD, policy=OPENNCP_LIKE).hcp is three
    assert choose([one, two, three], transaction=QUERY, policy=OPENNCP_LIKE).trc is three
    assert choose([one, one, two], transaction=QUERY, policy=OPENNCP_LIKE).trc is two


def test_times_are_read_with_offsets():
    """Z, offsets and fractions are read as UTC; other texts are not."""
    assert parse_time("2026-03-02T11:30:00+02:00") == NOW
    assert parse_time("2026-03-02T09:30:00") == NOW
    assert parse_time("2026-03-02T09:30:00.1234567Z") == datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)
    for text in ("", "2026-03-02", "20260302T093000Z", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00"):
        assert parse_time(text) is None


def test_messages_hold_no_traits():
    """No broken rule repeats the professional's or the patient's identity."""
    bad = replace(hcp(), not_before=NOW + timedelta(days=1), audiences=(), facility_type=None, locality=None)
    texts = [str(one) for one in (*check_hcp(bad, transaction=XCPD, now=NOW),
                                  *check_patient(trc(), Identifier(root="1.2", extension="SECRET")))]
    assert texts
    assert not any(word in text for text in texts for word in ("Camille", "8999", "NAM-4711", "SECRET"))


def test_every_rule_says_what_and_which_clause():
    """The table of rules is complete: sentence, place, expectation, clause and codes."""
    for rule in RULES.values():
        assert all((rule.what, rule.where, rule.expected, rule.clause, rule.hcp_code, rule.other_code))


def test_structured_values_may_be_bare():
    """A Role with nothing but a code is read, and misses its name."""
    got = received(build_hcp_assertion(replace(hcp(), role=StructuredValue(code="221")),
                                       security.seal())).values
    assert [one.rule for one in check_hcp(got, transaction=XCPD, now=NOW)] == ["role-name"]


def test_cx_is_read_and_nothing_else():
    """CX identifiers keep root and extension; other forms are refused without repeating them."""
    from ehdsi.cx import parse_cx

    identifier = Identifier(root="2.999.1", extension="A/1 b")
    assert parse_cx(identifier.as_cx()) == identifier
    assert parse_cx("X^^^NS&2.999.1&ISO^PI") == Identifier(root="2.999.1", extension="X")
    for text in ("", "SECRET", "SECRET^^^2.999&ISO", "SECRET^^^&2.999&DNS", "^^^&2.999&ISO",
                 "SECRET&^^^&2.9&ISO"):
        with pytest.raises(MalformedMessage) as caught:
            parse_cx(text)
        assert "SECRET" not in str(caught.value)
