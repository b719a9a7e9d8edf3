"""For each quirk of an OpenNCP-like NCP: a request that shows it, the strict answer, and the one with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ehdsi import registry
from ehdsi.dsig import SigningKey
from ehdsi.saml import values, vocabulary
from ehdsi.saml.values import StructuredValue, purpose, role
from tests.component import negative_parts as parts
from tests.component.golden_requests import Gateway, Letter, Reply, uuid
from tests.component.negative_parts import Check, Make, faulted, letter, listed, not_found, refused, retrieved

OK, PARTIAL = registry.STATUS_SUCCESS, registry.STATUS_PARTIAL
GENERIC = "ERROR_HPI_GENERIC"
INTEGRITY = "ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED"
XCPD, QUERY, RETRIEVE = "ITI-55", "ITI-38", "ITI-39"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One quirk.

    ``stimulus`` names the request in ``STIMULI``; ``strict`` and ``lenient`` check the two answers; ``also``
    are the other requests of the panel whose answers this quirk changes, and no others.
    """

    stimulus: str
    strict: Check
    lenient: Check
    also: frozenset[str] = frozenset()


def _hcp(**changes: Any) -> Make:
    return lambda gateway: letter(gateway, XCPD, hcp=changes)


def _trc(step: str = QUERY, **changes: Any) -> Make:
    return lambda gateway: letter(gateway, step, trc=changes)


def _misread_country(gateway: Gateway) -> Letter:
    """A seal whose subject shows ``DC=`` of another country before its own ``C=``."""
    subject = (("C", "FR"), ("O", "Sesali"), ("CN", "seal"), ("DC", "DE"))
    credential = gateway.pki.issue(subject, "seal")
    return letter(gateway, XCPD, hcp_key=SigningKey(private_key=credential.private_key,
                                                    certificate=credential.certificate))


def _next_of_kin(gateway: Gateway) -> Letter:
    """A next of kin assertion that ended yesterday, beside a good HCP assertion."""
    hcp = gateway.hcp()
    kin = values.new_next_of_kin(hcp, assertion_id=f"_{uuid()}", now=gateway.now(), country="FR")
    day = timedelta(days=1)
    kin = replace(kin, not_before=kin.not_before - day, not_on_or_after=kin.not_on_or_after - day)
    good = letter(gateway, XCPD)
    return replace(good, assertions=gateway.signed(kin, hcp))  # type: ignore[arg-type]


def _as(step: str, after: parts.Edit) -> Make:
    return lambda gateway: letter(gateway, step, after=after)


#: The panel: every request is sent under every quirk. Those without remark go to Croatia.
STIMULI: dict[str, Make] = {
    "good-55": lambda g: letter(g, XCPD),
    "good-38": lambda g: letter(g, QUERY),
    "good-39": lambda g: letter(g, RETRIEVE),
    "self-signed": lambda g: parts._flawed("self_signed")(g, XCPD),
    "audience": _hcp(audiences=("urn:example:other",)),
    "issuer": _hcp(issuer="urn:example:somebody"),
    "no-home-community": _hcp(home_community_id=None),
    "bearer": _hcp(confirmation_method=vocabulary.BEARER),
    "misread-country": _misread_country,
    "trc-of-another-country": lambda g: letter(g, QUERY, trc={"issuer": "urn:initgw:EE:countryB"},
                                               trc_key=g.pki.seal("EE").signing_key),
    "trc-of-another-person": _trc(name_id="801111111111"),
    "trc-without-purpose": _trc(purpose_of_use=None),
    "advice": _trc(hcp_assertion_ids=("_another",)),
    "next-of-kin": _next_of_kin,
    "smartcard": _hcp(authn_context=vocabulary.SMARTCARD_PKI.replace("SmartcardPKI", "Smartcard")),
    "role": _hcp(role=StructuredValue(code="9999", code_system="2.16.840.1.113883.2.9.6.2.7",
                                      display_name="Medical Doctors")),
    "prefixed-role": _hcp(role=replace(role("221"), prefixed=True),
                          purpose_of_use=replace(purpose("TREATMENT"), prefixed=True)),
    "two-hcp": lambda g: parts._second_in_security(g, XCPD),
    "nobody": lambda g: g.discovery(replace(g.patient(parts.PATIENT), extension="111111111")),
    "no-rights": _hcp(permissions=("PRD-003",)),
    "forged-55": _as(XCPD, parts._change_subject),
    "forged-38": _as(QUERY, parts._change_subject),
    "forged-39": _as(RETRIEVE, parts._change_subject),
    "no-security-38": lambda g: parts._without_security(g, QUERY),
    "password-38": lambda g: letter(g, QUERY, hcp={"authn_context": vocabulary.PASSWORD}),
    "other-patient": parts._other_patient,
    "no-class": lambda g: parts._query_slot(g, "$XDSDocumentEntryClassCode", None),
    "stored-query": lambda g: g.query(g.patient(parts.PATIENT), stored_query_id="urn:uuid:" + uuid()),
    "bad-patient-id": lambda g: parts._query_slot(g, "$XDSDocumentEntryPatientId", "'999980013"),
    "no-consent": lambda g: letter(g, QUERY, key="HR-5"),
    "no-document": parts._unknown_document(False),
    "child-order": lambda g: letter(g, RETRIEVE, before=parts._conditions_first),
    "forged-trc": lambda g: letter(g, RETRIEVE, after_trc=parts._change_subject),
    "two-documents": parts._two_documents,
    "doctype": lambda g: parts._raw(g, XCPD, parts._with_doctype(parts.EXTERNAL, b"<env:Body>")),
}


def faulted_as(code: str) -> Check:
    """A SOAP Fault of this code, whatever the HTTP status."""

    def check(reply: Reply) -> None:
        assert reply.fault is not None and reply.fault.code == code

    return check


#: Requests to Spain, which asks for more than this identifier.
TO_SPAIN: dict[str, Make] = {
    "few-traits": lambda g: g.discovery(g.country.persona("ES-1").identifiers[1]),
}
#: Requests over a connection of another country than their assertions.
OTHER_PEER: dict[str, Make] = {"peer": lambda g: letter(g, XCPD)}


def within(*fragments: bytes, absent: tuple[bytes, ...] = ()) -> Check:
    """These octets stand in the answer, those do not: for deviations that our own reader tolerates."""

    def check(reply: Reply) -> None:
        assert [one for one in fragments if one not in reply.content] == []
        assert [one for one in absent if one in reply.content] == []

    return check


def status(code: str) -> bytes:
    """The acknowledgement of a query in ITI-55 with this status code."""
    return f'<statusCode code="{code}"/><queryResponseCode'.encode()


SERVED = parts.matched
LISTED = listed(status=OK, entries=True)
NOBODY = not_found("NF")
LOST = b"AdditionalDemographicsRequested"
AGENT = b"</asAgent></device></sender>"
HIGHEST = b"highestSeverity"

#: Requests of the panel by what strictly comes of them.
SERVED_55 = frozenset({"good-55", "misread-country", "prefixed-role", "smartcard"})
ANSWERED_55 = SERVED_55 | {
    "audience", "bearer", "few-traits", "forged-55", "issuer", "next-of-kin", "no-home-community",
    "no-rights", "nobody", "peer", "role", "self-signed", "two-hcp"}
REFUSED_38 = frozenset({"advice", "forged-38", "no-security-38", "password-38", "trc-of-another-country",
                        "trc-of-another-person"})
ERRORS_38 = REFUSED_38 | {"bad-patient-id", "no-class", "no-consent", "other-patient", "stored-query"}
ERRORS_39 = frozenset({"child-order", "forged-39", "forged-trc", "no-document"})

TRUST: dict[str, Row] = {
    "trust-not-built": Row(stimulus="self-signed", strict=refused("ERROR_SEC_GENERIC"), lenient=SERVED),
    "audience-ignored": Row(stimulus="audience", strict=refused(GENERIC), lenient=SERVED),
    "issuer-ignored": Row(stimulus="issuer", strict=refused(GENERIC), lenient=SERVED),
    "home-community-optional": Row(stimulus="no-home-community", strict=refused(GENERIC), lenient=SERVED),
    "hcp-confirmation-ignored": Row(stimulus="bearer", strict=refused(GENERIC), lenient=SERVED),
    "peer-country-ignored": Row(stimulus="peer", strict=refused("4703"), lenient=SERVED),
    "country-by-text": Row(stimulus="misread-country", strict=SERVED, lenient=refused(GENERIC)),
    "trc-country-ignored": Row(stimulus="trc-of-another-country", strict=listed("1002"), lenient=LISTED),
    "trc-subject-ignored": Row(stimulus="trc-of-another-person", strict=listed("1002"), lenient=LISTED),
    "trc-purpose-demanded": Row(stimulus="trc-without-purpose", strict=LISTED, lenient=listed("1001")),
    "binding-as-4703": Row(stimulus="advice", strict=listed("1002"), lenient=listed("4703"),
                           also=frozenset({"trc-of-another-country", "trc-of-another-person"})),
    "next-of-kin-unchecked": Row(stimulus="next-of-kin", strict=refused("1001"), lenient=SERVED),
    "smartcard-class-refused": Row(stimulus="smartcard", strict=SERVED, lenient=refused(GENERIC)),
    "role-error-masked": Row(stimulus="role", strict=refused("ERROR_HPI_INSUFFICIENT_INFORMATION"),
                             lenient=refused(GENERIC)),
    "prefixed-role-refused": Row(stimulus="prefixed-role", strict=SERVED,
                                 lenient=refused("ERROR_HPI_INSUFFICIENT_INFORMATION")),
    "several-of-a-kind": Row(stimulus="two-hcp", strict=refused("1001"), lenient=SERVED),
}
DISCOVERY: dict[str, Row] = {
    "xcpd-code-in-status": Row(stimulus="nobody", strict=within(status("deliveredResponse")),
                               lenient=within(status("NF")), also=ANSWERED_55),
    "xcpd-ae-on-match": Row(stimulus="good-55", strict=within(b'<queryResponseCode code="OK"'),
                            lenient=within(b'<queryResponseCode code="AE"', b"<subject "), also=SERVED_55),
    "xcpd-ae-on-no-match": Row(stimulus="nobody", strict=NOBODY, lenient=not_found("AE")),
    "xcpd-nf-in-location": Row(stimulus="nobody", strict=within(absent=(b"<location>NF",)),
                               lenient=within(b"<location>NF")),
    "xcpd-no-match-as-issue": Row(stimulus="nobody", strict=NOBODY,
                                  lenient=not_found("NF", "AnswerNotAvailable")),
    "xcpd-reason-lost": Row(stimulus="few-traits", strict=within(LOST),
                            lenient=within(b"<detectedIssueEvent", absent=(LOST,))),
    "xcpd-sender-without-agent": Row(stimulus="good-55", strict=within(AGENT),
                                     lenient=within(absent=(AGENT,)), also=ANSWERED_55),
    "xcpd-signature-as-internal-error": Row(stimulus="forged-55", strict=refused(INTEGRITY),
                                            lenient=refused("ERROR_PI_GENERIC", issue="InternalError"),
                                            also=frozenset({"self-signed"})),
}
DOCUMENTS: dict[str, Row] = {
    "xca-security-missing-faults": Row(stimulus="no-security-38", strict=listed("1001"),
                                       lenient=faulted("Receiver")),
    "xca-signature-faults": Row(stimulus="forged-38", strict=listed(INTEGRITY), lenient=faulted("Receiver"),
                                also=frozenset({"forged-39"})),
    "query-continues-after-refusal": Row(stimulus="password-38", strict=listed(GENERIC),
                                         lenient=listed(GENERIC, status=PARTIAL, entries=True),
                                         also=REFUSED_38),
    "query-status-success": Row(stimulus="password-38", strict=listed(GENERIC),
                                lenient=listed(GENERIC, status=OK), also=ERRORS_38),
    "query-trc-patient-served": Row(stimulus="other-patient", strict=listed("4206"),
                                    lenient=listed("1102", status=OK, entries=True)),
    "query-class-faults": Row(stimulus="no-class", strict=listed("XDSStoredQueryMissingParam"),
                              lenient=faulted("Receiver")),
    "query-id-ignored": Row(stimulus="stored-query", strict=listed("XDSUnknownStoredQuery"), lenient=LISTED),
    "query-bad-patient-id-as-1102": Row(stimulus="bad-patient-id", strict=listed("XDSRegistryError"),
                                        lenient=listed("1102", status=OK)),
    "consent-lists-anyway": Row(stimulus="no-consent", strict=listed("4701"),
                                lenient=listed("4701", status=PARTIAL, entries=True)),
    "retrieve-partial-without-document": Row(stimulus="no-document", strict=retrieved("XDSMissingDocument"),
                                             lenient=retrieved("XDSMissingDocument", status=PARTIAL),
                                             also=ERRORS_39),
    "retrieve-hcp-fault": Row(stimulus="child-order", strict=retrieved("4703"), lenient=faulted("Receiver")),
    "retrieve-trc-signature-code": Row(stimulus="forged-trc", strict=retrieved("1001"),
                                       lenient=retrieved("ERROR_SEC_GENERIC")),
    "retrieve-first-request-only": Row(stimulus="two-documents", strict=retrieved(status=OK, documents=2),
                                       lenient=retrieved(status=OK, documents=1)),
    "registry-no-highest-severity": Row(stimulus="no-document", strict=within(HIGHEST),
                                        lenient=within(absent=(HIGHEST,)), also=ERRORS_38 | ERRORS_39),
    "retrieve-codes-in-context": Row(stimulus="no-document",
                                     strict=within(absent=(b"ERROR_GENERIC_DOCUMENT_MISSING",)),
                                     lenient=within(b"ERROR_GENERIC_DOCUMENT_MISSING")),
    "fault-code-receiver": Row(stimulus="doctype", strict=faulted(), lenient=faulted_as("Receiver")),
}
ROWS: dict[str, Row] = TRUST | DISCOVERY | DOCUMENTS
