"""Writing assertions: children in schema order, namespaces on the assertion itself, then the signature.

Source: SAML 2.0 core, section 2; eHDSI SAML profile. ``Role`` and ``PurposeOfUse`` are written without
prefix, because receivers look them up by their qualified name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import singledispatch
from typing import cast

from lxml import etree

from ehdsi.dsig import HashName, SigningKey, sign_enveloped
from ehdsi.oids import NS_HL7, NS_SAML, NS_XS, NS_XSI
from ehdsi.saml import vocabulary as words
from ehdsi.saml.values import AnyAssertion, HcpAssertion, NextOfKinAssertion, StructuredValue, TrcAssertion
from ehdsi.xml import XmlElement

_SAML = f"{{{NS_SAML}}}"
_XSI_TYPE = f"{{{NS_XSI}}}type"

_Attribute = tuple[str, tuple[str | StructuredValue, ...]]


def build_hcp_assertion(values: HcpAssertion, key: SigningKey) -> XmlElement:
    """The signed HCP identity assertion as the root of its own tree.

    Source: eHDSI SAML profile, HCP identity assertion.
    """
    return sign_assertion(build_unsigned(values), key)


def build_trc_assertion(values: TrcAssertion, key: SigningKey) -> XmlElement:
    """The signed TRC assertion as the root of its own tree.

    Source: eHDSI SAML profile, TRC assertion.
    """
    return sign_assertion(build_unsigned(values), key)


def build_next_of_kin_assertion(values: NextOfKinAssertion, key: SigningKey) -> XmlElement:
    """The signed next of kin assertion as the root of its own tree.

    Source: eHDSI SAML profile, next of kin assertion.
    """
    return sign_assertion(build_unsigned(values), key)


def sign_assertion(assertion: XmlElement, key: SigningKey, *, hash_name: HashName = "sha256") -> XmlElement:
    """Sign an assertion right after its Issuer and return it; what is signed is not looked at."""
    sign_enveloped(assertion, key, position=1, hash_name=hash_name)
    return assertion


def build_unsigned(values: AnyAssertion, *, hl7_default_on_root: bool = False) -> XmlElement:
    """The assertion without its signature.

    Parameters
    ----------
    hl7_default_on_root : declare ``urn:hl7-org:v3`` as default namespace on the assertion instead of on
        ``Role`` and ``PurposeOfUse``: the form that Finland sends, which must be accepted.
    """
    nsmap = {"saml2": NS_SAML, "xs": NS_XS, "xsi": NS_XSI}
    if hl7_default_on_root:
        nsmap |= _default(NS_HL7)
    root = etree.Element(f"{_SAML}Assertion", nsmap=nsmap, ID=values.id, Version="2.0",
                         IssueInstant=format_time(values.issue_instant))
    issuer = etree.SubElement(root, f"{_SAML}Issuer", NameQualifier=words.QUALIFIERS[values.kind])
    issuer.text = values.issuer
    _subject(root, values)
    _conditions(root, values)
    if isinstance(values, (TrcAssertion, NextOfKinAssertion)):
        advice = etree.SubElement(root, f"{_SAML}Advice")
        for reference in values.hcp_assertion_ids:
            etree.SubElement(advice, f"{_SAML}AssertionIDRef").text = reference
    statement = etree.SubElement(root, f"{_SAML}AuthnStatement",
                                 AuthnInstant=format_time(values.authn_instant))
    context = etree.SubElement(statement, f"{_SAML}AuthnContext")
    etree.SubElement(context, f"{_SAML}AuthnContextClassRef").text = values.authn_context
    attributes = [attribute for attribute in _attributes(values) if attribute[1]]
    if attributes:
        statement = etree.SubElement(root, f"{_SAML}AttributeStatement")
        for name, contents in attributes:
            _attribute(statement, name, contents)
    return root


def format_time(instant: datetime) -> str:
    """``2026-03-01T09:30:00.000Z``: UTC with milliseconds, as receivers expect it."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _subject(root: XmlElement, values: AnyAssertion) -> None:
    subject = etree.SubElement(root, f"{_SAML}Subject")
    name_id = etree.SubElement(subject, f"{_SAML}NameID", Format=values.name_id_format)
    if values.sp_provided_id:
        name_id.set("SPProvidedID", values.sp_provided_id)
    name_id.text = values.name_id
    etree.SubElement(subject, f"{_SAML}SubjectConfirmation", Method=values.confirmation_method)


def _conditions(root: XmlElement, values: AnyAssertion) -> None:
    conditions = etree.SubElement(root, f"{_SAML}Conditions", NotBefore=format_time(values.not_before),
                                  NotOnOrAfter=format_time(values.not_on_or_after))
    if values.audiences:
        restriction = etree.SubElement(conditions, f"{_SAML}AudienceRestriction")
        for audience in values.audiences:
            etree.SubElement(restriction, f"{_SAML}Audience").text = audience


def _attribute(statement: XmlElement, name: str, contents: tuple[str | StructuredValue, ...]) -> None:
    attribute = etree.SubElement(statement, f"{_SAML}Attribute", Name=name, NameFormat=words.NAME_FORMAT_URI)
    if name in words.FRIENDLY_NAMES:
        attribute.set("FriendlyName", words.FRIENDLY_NAMES[name])
    for content in contents:
        value = etree.SubElement(attribute, f"{_SAML}AttributeValue")
        if isinstance(content, str):
            value.set(_XSI_TYPE, "xs:string")
            value.text = content
        else:
            _structured(value, "Role" if name == words.ROLE else "PurposeOfUse", content)


def _structured(parent: XmlElement, name: str, content: StructuredValue) -> None:
    nsmap = {"hl7": NS_HL7} if content.prefixed else _default(NS_HL7)
    element = etree.SubElement(parent, f"{{{NS_HL7}}}{name}", nsmap=nsmap, code=content.code)
    optional = (("codeSystem", content.code_system), ("codeSystemName", content.code_system_name),
                ("displayName", content.display_name))
    for key, text in optional:
        if text:
            element.set(key, text)


def _default(namespace: str) -> dict[str, str]:
    """A default namespace; the type stubs of lxml know no prefix ``None``."""
    return cast("dict[str, str]", {None: namespace})


@singledispatch
def _attributes(values: object) -> Iterator[_Attribute]:
    raise TypeError(type(values).__name__)


def _one(value: str | StructuredValue | None) -> tuple[str | StructuredValue, ...]:
    return () if value is None else (value,)


@_attributes.register
def _(values: HcpAssertion) -> Iterator[_Attribute]:
    yield words.HOME_COMMUNITY_ID, _one(values.home_community_id)
    yield words.NPI, _one(values.npi)
    yield words.SUBJECT_ID, _one(values.subject_id)
    yield words.ROLE, _one(values.role)
    yield words.ORGANIZATION, _one(values.organization)
    yield words.ORGANIZATION_ID, _one(values.organization_id)
    yield words.FACILITY_TYPE, _one(values.facility_type)
    yield words.PURPOSE_OF_USE, _one(values.purpose_of_use)
    yield words.LOCALITY, _one(values.locality)
    yield words.PERMISSION, tuple(code if ":" in code else f"{words.PERMISSION}:{code}"
                                  for code in values.permissions)
    yield words.ON_BEHALF_OF, _one(values.on_behalf_of)


@_attributes.register
def _(values: TrcAssertion) -> Iterator[_Attribute]:
    yield words.SUBJECT_ID, _one(values.patient_id)
    yield words.PURPOSE_OF_USE, _one(values.purpose_of_use)
    yield words.DISPENSATION_PIN, _one(values.dispensation_pin_code)
    yield words.PRESCRIPTION_ID, _one(values.prescription_id)


@_attributes.register
def _(values: NextOfKinAssertion) -> Iterator[_Attribute]:
    for name, value in (
        ("id", values.id_of_person), ("firstname", values.first_name), ("familyname", values.family_name),
        ("gender", values.gender), ("birthdate", values.birth_date), ("address:street", values.street),
        ("address:city", values.city), ("address:postalcode", values.postal_code),
        ("address:country", values.country),
    ):
        yield words.NEXT_OF_KIN + name, _one(value)
