"""How a real NCP-A built on OpenNCP 7.1 differs from the specification: a closed list of named switches.

A strict NCP has none of them. ``mode="openncp-like"`` switches all of them on; a country pack or a test may
switch single ones. Each is implemented exactly once, where its name is asked for.

Source: sources of the OpenNCP 7.1.0 reference implementation, read in 2024; every sentence here describes
observed behaviour, not a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from ehdsi.errors import LocalError

#: Name -> what such an NCP does.
QUIRKS: MappingProxyType[str, str] = MappingProxyType(
    {
        # -- trust and assertions
        "trust-not-built": "accepts a signature certificate that no trusted authority issued",
        "audience-ignored": "does not compare the audience of an assertion",
        "issuer-ignored": "does not look at the issuer's text, nor at the country in it",
        "home-community-optional": "does not miss the home community of country B in the HCP assertion",
        "hcp-confirmation-ignored": "takes any subject confirmation method in the HCP assertion",
        "peer-country-ignored": "does not compare the countries of TLS peer and HCP assertion",
        "country-by-text": "finds country B behind the first 'C=' in the text of the signer's subject",
        "trc-country-ignored": "takes a TRC assertion signed by another country than the HCP assertion",
        "trc-subject-ignored": "does not compare the name identifiers of TRC and HCP assertion",
        "trc-purpose-demanded": "refuses a TRC assertion without a purpose of use, which is optional",
        "binding-as-4703": "reports a TRC assertion that does not fit the HCP assertion as 4703, not 1002",
        "next-of-kin-unchecked": "does not hold next of kin assertions against any rule",
        "smartcard-class-refused": "refuses the authentication context class Smartcard of the profile",
        "role-error-masked": "reports a role that it does not know as ERROR_HPI_GENERIC",
        "prefixed-role-refused": "does not find a Role or PurposeOfUse element that has a namespace prefix",
        "several-of-a-kind": "takes the last assertion that is no HCP assertion for the TRC assertion; in "
        "ITI-55 the last one at all when none says that it is an HCP assertion",
        # -- ITI-55
        "xcpd-code-in-status": "writes the response code into queryAck/statusCode too",
        "xcpd-ae-on-match": "writes AE as queryResponseCode of a match",
        "xcpd-ae-on-no-match": "writes AE as queryResponseCode when nobody was found",
        "xcpd-nf-in-location": "writes NF into the location of the acknowledgement detail",
        "xcpd-no-match-as-issue": "adds the issue AnswerNotAvailable when nobody was found",
        "xcpd-reason-lost": "writes a detected issue without its code, but for three codes",
        "xcpd-sender-without-agent": "leaves asAgent out of its sender",
        "xcpd-signature-as-internal-error": "answers a wrong signature with ERROR_PI_GENERIC",
        # -- ITI-38 and ITI-39
        "xca-security-missing-faults": "answers a missing security header with a SOAP Fault",
        "xca-signature-faults": "answers a wrong signature with a SOAP Fault",
        "query-continues-after-refusal": "lists documents although an assertion was refused",
        "query-status-success": "answers Success although it lists errors",
        "query-trc-patient-served": "lists the TRC patient when the query names another, warning 1102",
        "query-class-faults": "answers a missing or unknown class code with a SOAP Fault",
        "query-id-ignored": "runs any stored query as FindDocuments",
        "query-bad-patient-id-as-1102": "answers an unreadable patient id with a warning 1102",
        "consent-lists-anyway": "lists documents beside the error 4701",
        "retrieve-partial-without-document": "answers PartialSuccess without any document on errors",
        "retrieve-hcp-fault": "answers an HCP assertion of wrong structure with a SOAP Fault in ITI-39",
        "retrieve-trc-signature-code": "answers a wrong TRC signature with ERROR_SEC_GENERIC",
        "retrieve-first-request-only": "answers the first of several document requests only",
        "registry-no-highest-severity": "leaves highestSeverity out of error lists",
        "retrieve-codes-in-context": "names ERROR_GENERIC_DOCUMENT_MISSING beside XDSMissingDocument",
        "fault-code-receiver": "gives every SOAP Fault the code Receiver",
    }
)

NONE: frozenset[str] = frozenset()
ALL: frozenset[str] = frozenset(QUIRKS)

#: Modes of a whole world.
MODES: MappingProxyType[str, frozenset[str]] = MappingProxyType({"strict": NONE, "openncp-like": ALL})


def quirks_of(mode: str) -> frozenset[str]:
    """The switches of a mode; an unknown mode raises ``LocalError``."""
    if mode not in MODES:
        raise LocalError(f"unknown mode {mode!r}; known: {', '.join(MODES)}")
    return MODES[mode]


def checked(names: Iterable[str]) -> frozenset[str]:
    """These names as a set; one that is not in ``QUIRKS`` raises ``LocalError``."""
    chosen = frozenset(names)
    unknown = sorted(chosen - ALL)
    if unknown:
        raise LocalError(f"unknown quirk {unknown[0]!r}; known: {', '.join(sorted(QUIRKS))}")
    return chosen
