"""The rules an assertion can break, as data: what to say, which clause, which code goes back on the wire.

Source: eHDSI SAML profile; SAML 2.0 core; order and codes as OpenNCP 7.1 has them where the profile is
silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ehdsi.errors import AssertionRefused
from ehdsi.saml import vocabulary as words
from ehdsi.saml.vocabulary import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; ``hcp_code`` is the code for the HCP assertion, ``other_code`` for the other kinds."""

    what: str
    where: str
    expected: str
    clause: str
    hcp_code: str = words.ERROR_HPI_GENERIC
    other_code: str = words.ASSERTION_INVALID
    hint: str = ""


@dataclass(eq=False)
class BrokenRule(AssertionRefused):
    """An assertion that breaks a rule: ``rule`` is its key in ``RULES``, ``kind`` the kind of assertion."""

    rule: str = ""
    kind: Kind = "hcp"


def _rule(what: str, where: str, expected: str, clause: str, code: str = "", hint: str = "") -> Rule:
    if code:
        return Rule(what=what, where=where, expected=expected, clause=clause, hint=hint, hcp_code=code,
                    other_code=code)
    return Rule(what=what, where=where, expected=expected, clause=clause, hint=hint)


_PROFILE = "eHDSI SAML profile, "
_CORE = "SAML 2.0 core "

RULES: Mapping[str, Rule] = MappingProxyType({
    "missing-security": _rule(
        "the message has no security header", "/Envelope/Header", "wsse:Security with assertions",
        "WS-Security 1.1, 5", words.ASSERTION_INVALID),
    "missing-hcp": _rule(
        "the message carries no HCP assertion", "/Envelope/Header/Security", "an assertion of kind HCP",
        _PROFILE + "HCP assertion", words.ERROR_HPI_AUTHENTICATION_NOT_RECEIVED,
        "Issuer/@NameQualifier tells the kinds apart"),
    "missing-trc": _rule(
        "the message carries no TRC assertion", "/Envelope/Header/Security", "an assertion of kind TRC",
        _PROFILE + "TRC assertion", words.ASSERTION_INVALID, "confirm the treatment relationship first"),
    "twofold": _rule(
        "the message carries two assertions of one kind", "/Envelope/Header/Security", "one of each kind",
        _PROFILE + "header layout", words.ASSERTION_INVALID),
    "structure": _rule(
        "the assertion is not valid under the SAML schema", "Assertion", "children in schema order",
        _CORE + "2", words.INSUFFICIENT_RIGHTS),
    "kind": _rule(
        "the kind of the assertion is unknown", "Issuer/@NameQualifier",
        "urn:ehdsi:assertions:hcp, trc or nok", _PROFILE + "Issuer",
        words.ERROR_HPI_AUTHENTICATION_NOT_RECEIVED),
    "required-part": _rule(
        "a required part of the assertion is missing", "Assertion", "the part", _PROFILE + "required parts"),
    "unsigned": _rule(
        "the assertion is not signed", "Assertion/Signature", "an enveloped signature",
        _PROFILE + "signature"),
    "ambiguous-attribute": _rule(
        "an attribute stands twice with different values", "AttributeStatement", "one value",
        _PROFILE + "attributes"),
    "version": _rule("the version is wrong", "Assertion/@Version", "2.0", _CORE + "2.3.3"),
    "name-id": _rule("the name identifier is empty", "Subject/NameID", "the professional's identifier",
                     _PROFILE + "Subject"),
    "issuer": _rule("the issuer is not written as the profile has it", "Issuer",
                    "urn:idp:<CC>:countryB (HCP), urn:initgw:<CC>:countryB (others)", _PROFILE + "Issuer"),
    "issuer-country": _rule("issuer and signing certificate belong to different countries", "Issuer",
                            "the country of the certificate", _PROFILE + "Issuer"),
    "not-yet-valid": _rule("the assertion is not valid yet", "Conditions/@NotBefore",
                           "at most 60 s ahead of the receiver's clock", _CORE + "2.5.1.2",
                           hint="check the clocks (UTC)"),
    "expired": _rule("the assertion has expired", "Conditions/@NotOnOrAfter",
                     "at most 60 s behind the receiver's clock", _CORE + "2.5.1.2",
                     hint="issue a new one, and check the clocks (UTC)"),
    "validity-span": _rule("the assertion is valid for too long, or for no time at all", "Conditions",
                           "4 h at most for HCP, 2 h for the others", _PROFILE + "Conditions"),
    "audience": _rule("the audience is not that of the cross-border exchange",
                      "Conditions/AudienceRestriction", words.AUDIENCE, _PROFILE + "Conditions"),
    "confirmation-method": _rule("the subject confirmation is not sender-vouches",
                                 "SubjectConfirmation/@Method", words.SENDER_VOUCHES, _PROFILE + "Subject"),
    "authn-context": _rule("the authentication context is not accepted", "AuthnContextClassRef",
                           "two factors (HCP), PreviousSession (others)", _PROFILE + "AuthnStatement"),
    "subject-id": _rule("the subject identifier is missing or empty", "Attribute subject-id", "a text",
                        _PROFILE + "attributes"),
    "role": _rule("the role is missing or unknown", "Attribute role", "an ISCO-08 code of the profile",
                  _PROFILE + "role", hint="send <Role> with code and displayName of the value set"),
    "role-name": _rule("the display name of the role does not fit its code", "Attribute role",
                       "the display name of the value set", _PROFILE + "role", words.INSUFFICIENT_RIGHTS),
    "facility-type": _rule("the facility type is missing or unknown", "Attribute healthcare-facility-type",
                           ", ".join(words.FACILITY_TYPES), _PROFILE + "attributes"),
    "locality": _rule("the locality is missing or blank", "Attribute locality", "a place",
                      _PROFILE + "attributes"),
    "home-community": _rule("the home community of country B is missing", "Attribute homeCommunityId",
                            "urn:oid:<OID of country B>", _PROFILE + "attributes"),
    "purpose": _rule("the purpose of use is missing or not accepted", "Attribute purposeofuse",
                     "TREATMENT or EMERGENCY", _PROFILE + "purpose of use", words.INSUFFICIENT_RIGHTS,
                     "the code is case-sensitive"),
    "permissions": _rule("a permission is missing", "Attribute hl7:permission",
                         "all that the transaction needs", "HL7 RBAC permission catalogue",
                         words.INSUFFICIENT_RIGHTS),
    "advice": _rule("the assertion does not refer to the HCP assertion", "Advice/AssertionIDRef",
                    "the ID of the HCP assertion", _PROFILE + "TRC assertion"),
    "patient-id": _rule("the patient identifier is missing or not in CX form", "Attribute subject-id",
                        "<extension>^^^&<root OID>&ISO", _PROFILE + "TRC assertion"),
    "patient-differs": _rule("the treatment relationship is confirmed for another patient",
                             "Attribute subject-id", "the patient of the request", _PROFILE + "TRC assertion",
                             words.PATIENT_DIFFERS),
    "professional-differs": _rule("the assertions name different professionals", "Subject/NameID",
                                  "the NameID of the HCP assertion", _PROFILE + "TRC assertion"),
    "country-differs": _rule("the assertions were signed by different countries", "Signature/KeyInfo",
                             "the country of the HCP assertion", _PROFILE + "TRC assertion"),
})


def broken(rule: str, *, kind: Kind = "hcp", got: str = "", code: str = "", where: str = "") -> BrokenRule:
    """The error for a rule. ``got`` holds no identity traits; ``code`` and ``where`` replace the table's."""
    entry = RULES[rule]
    return BrokenRule(entry.what, where=where or entry.where, expected=entry.expected, got=got,
                      clause=entry.clause, hint=entry.hint, rule=rule, kind=kind,
                      code=code or (entry.hcp_code if kind == "hcp" else entry.other_code))
