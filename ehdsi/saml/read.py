"""Reading an assertion into its value. Give it only what a verified signature covers.

Source: SAML 2.0 core, section 2; eHDSI SAML profile, required parts and attributes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TypedDict

from lxml import etree

from ehdsi.oids import NS_HL7, NS_SAML
from ehdsi.saml import vocabulary as words
from ehdsi.saml.rules import broken
from ehdsi.saml.values import AnyAssertion, HcpAssertion, NextOfKinAssertion, StructuredValue, TrcAssertion
from ehdsi.saml.vocabulary import Kind
from ehdsi.xml import XmlElement

_SAML = f"{{{NS_SAML}}}"
_HL7 = f"{{{NS_HL7}}}"
_ISSUER = f"{_SAML}Issuer"
_KINDS: dict[str, Kind] = {qualifier: kind for kind, qualifier in words.QUALIFIERS.items()}
_DATE_TIME = re.compile(r"-?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")

_Attributes = dict[str, tuple["str | StructuredValue", ...]]


class _Common(TypedDict):
    id: str
    issue_instant: datetime
    issuer: str
    name_id: str
    name_id_format: str
    sp_provided_id: str
    not_before: datetime
    not_on_or_after: datetime
    audiences: tuple[str, ...]
    confirmation_method: str
    authn_instant: datetime
    authn_context: str


def kind_of(assertion: XmlElement) -> Kind | None:
    """The kind that ``Issuer/@NameQualifier`` claims; ``None`` for another one."""
    issuer = assertion.find(_ISSUER)
    return None if issuer is None else _KINDS.get(issuer.get("NameQualifier", ""))


def read_assertion(assertion: XmlElement) -> AnyAssertion:
    """Read an assertion whose signature was verified.

    Parameters
    ----------
    assertion : ``VerifiedSignature.signed``; the signature itself is not looked at.

    Raises
    ------
    BrokenRule : of no known kind, a required part is missing, a time cannot be read, an attribute is
        ambiguous.

    Source: eHDSI SAML profile, required parts.
    """
    kind = kind_of(assertion)
    if kind is None or assertion.tag != f"{_SAML}Assertion":
        raise broken("kind", got="another qualifier, or none")
    common = _Reader(assertion, kind).common()
    attributes = _attributes(assertion, kind)
    if kind == "hcp":
        return _hcp(common, attributes)
    if kind == "trc":
        return TrcAssertion(
            **common, hcp_assertion_ids=_references(assertion),
            patient_id=_text(attributes, words.SUBJECT_ID),
            purpose_of_use=_structured(attributes, words.PURPOSE_OF_USE),
            dispensation_pin_code=_text(attributes, words.DISPENSATION_PIN),
            prescription_id=_text(attributes, words.PRESCRIPTION_ID))
    return _next_of_kin(common, attributes, _references(assertion))


def parse_time(text: str) -> datetime | None:
    """An ``xs:dateTime`` as UTC; without an offset it is taken as UTC. ``None`` when it cannot be read."""
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class _Reader:
    """Required parts of one assertion; each one that is missing ends the reading."""

    def __init__(self, assertion: XmlElement, kind: Kind) -> None:
        self.assertion = assertion
        self.kind = kind

    def common(self) -> _Common:
        """The parts that all kinds share."""
        root = self.assertion
        if self.attribute(root, "Version") != "2.0":
            raise broken("version", kind=self.kind, got="another version")
        subject, conditions = self.child(root, "Subject"), self.child(root, "Conditions")
        statement = self.child(root, "AuthnStatement")
        name_id = self.child(subject, "NameID")
        return {
            "id": self.attribute(root, "ID"), "issue_instant": self.time(root, "IssueInstant"),
            "issuer": self.text(root, "Issuer"), "name_id": _content(name_id),
            "name_id_format": self.attribute(name_id, "Format"),
            "sp_provided_id": name_id.get("SPProvidedID", ""),
            "not_before": self.time(conditions, "NotBefore"),
            "not_on_or_after": self.time(conditions, "NotOnOrAfter"),
            "audiences": tuple(_content(audience) for audience in conditions.iterfind(
                f"{_SAML}AudienceRestriction/{_SAML}Audience")),
            "confirmation_method": self.attribute(self.child(subject, "SubjectConfirmation"), "Method"),
            "authn_instant": self.time(statement, "AuthnInstant"),
            "authn_context": self.text(self.child(statement, "AuthnContext"), "AuthnContextClassRef"),
        }

    def child(self, parent: XmlElement, name: str) -> XmlElement:
        found = parent.find(f"{_SAML}{name}")
        if found is None:
            raise broken("required-part", kind=self.kind, where=name, got="nothing")
        return found

    def text(self, parent: XmlElement, name: str) -> str:
        found = _content(self.child(parent, name))
        if not found:
            raise broken("required-part", kind=self.kind, where=name, got="an empty element")
        return found

    def attribute(self, element: XmlElement, name: str) -> str:
        found = element.get(name, "").strip()
        if not found:
            where = f"{etree.QName(element).localname}/@{name}"
            raise broken("required-part", kind=self.kind, where=where, got="nothing")
        return found

    def time(self, element: XmlElement, name: str) -> datetime:
        found = parse_time(self.attribute(element, name))
        if found is None:
            raise broken("required-part", kind=self.kind, where=f"@{name}", got="not a dateTime")
        return found


def _hcp(common: _Common, attributes: _Attributes) -> HcpAssertion:
    prefix = words.PERMISSION + ":"
    return HcpAssertion(
        **common, home_community_id=_text(attributes, words.HOME_COMMUNITY_ID),
        npi=_text(attributes, words.NPI), subject_id=_text(attributes, words.SUBJECT_ID),
        role=_structured(attributes, words.ROLE), organization=_text(attributes, words.ORGANIZATION),
        organization_id=_text(attributes, words.ORGANIZATION_ID),
        facility_type=_text(attributes, words.FACILITY_TYPE),
        purpose_of_use=_structured(attributes, words.PURPOSE_OF_USE),
        locality=_text(attributes, words.LOCALITY), on_behalf_of=_text(attributes, words.ON_BEHALF_OF),
        permissions=tuple(value.removeprefix(prefix) for value in attributes.get(words.PERMISSION, ())
                          if isinstance(value, str)))


def _next_of_kin(common: _Common, attributes: _Attributes, references: tuple[str, ...]) -> NextOfKinAssertion:
    def trait(name: str) -> str | None:
        return _text(attributes, words.NEXT_OF_KIN + name)

    return NextOfKinAssertion(
        **common, hcp_assertion_ids=references, id_of_person=trait("id"), first_name=trait("firstname"),
        family_name=trait("familyname"), gender=trait("gender"), birth_date=trait("birthdate"),
        street=trait("address:street"), city=trait("address:city"), postal_code=trait("address:postalcode"),
        country=trait("address:country"))


def _references(assertion: XmlElement) -> tuple[str, ...]:
    return tuple(_content(element) for element in assertion.iterfind(f"{_SAML}Advice/{_SAML}AssertionIDRef"))


def _attributes(assertion: XmlElement, kind: Kind) -> _Attributes:
    """Values by attribute name. Only permissions may have several; the same one twice does no harm."""
    found: _Attributes = {}
    statements = assertion.findall(f"{_SAML}AttributeStatement")
    if not statements and kind != "nok":
        raise broken("required-part", kind=kind, where="AttributeStatement", got="nothing")
    for attribute in (one for statement in statements for one in statement.iterchildren(f"{_SAML}Attribute")):
        name = attribute.get("Name", "")
        values = tuple([_value(value) for value in attribute.iterchildren(f"{_SAML}AttributeValue")])
        found[name] = (*found.get(name, ()), *values)
    for name, values in found.items():
        if name in words.FRIENDLY_NAMES and name != words.PERMISSION and len(set(values)) > 1:
            raise broken("ambiguous-attribute", kind=kind, got=f"{len(set(values))} values")
    return found


def _value(element: XmlElement) -> str | StructuredValue:
    for child in element:
        if child.tag in (f"{_HL7}Role", f"{_HL7}PurposeOfUse"):
            return StructuredValue(
                code=child.get("code", ""), code_system=child.get("codeSystem", ""),
                code_system_name=child.get("codeSystemName", ""), display_name=child.get("displayName", ""),
                prefixed=child.prefix is not None)
    return _content(element)


def _text(attributes: _Attributes, name: str) -> str | None:
    values = attributes.get(name, ())
    return values[0] if values and isinstance(values[0], str) else None


def _structured(attributes: _Attributes, name: str) -> StructuredValue | None:
    values = attributes.get(name, ())
    return values[0] if values and isinstance(values[0], StructuredValue) else None


def _content(element: XmlElement) -> str:
    """All text below an element: a text split by anything still reads as one."""
    if not len(element):
        return (element.text or "").strip()
    return "".join(str(part) for part in element.itertext()).strip()
