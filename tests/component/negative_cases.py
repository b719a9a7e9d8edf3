"""The negative requests N-01 to N-44 as a table: one change of a golden request, and what must come back.

``strict`` is what the specification wants, ``openncp`` what the reference implementation is known to answer
(``None`` where that is not known). A check is a function that asserts about a reply.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from lxml import etree

from ehdsi import oids, registry
from ehdsi.cda.datatypes import Coded, Identifier
from ehdsi.dsig import SigningKey
from ehdsi.saml import build, vocabulary
from ehdsi.saml.values import StructuredValue, purpose, role
from ehdsi.xml import XmlElement
from tests.component.golden_requests import Gateway, Letter, Reply, edited, uuid

PATIENT = "HR-1"
OTHER = "HR-3"

Check = Callable[[Reply], None]
Make = Callable[[Gateway], Letter]
Edit = Callable[[XmlElement], None]

SAML = f"{{{oids.NS_SAML}}}"
DS = f"{{{oids.NS_DS}}}"
RIM = f"{{{oids.NS_RIM}}}"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row. ``name`` starts with the id of the row in the list of negative tests."""

    name: str
    country: str = "HR"
    make: Make
    strict: Check
    openncp: Check | None


# -- what must come back -------------------------------------------------------------------------------


def refused(*codes: str, issue: str | None = "InsufficientRights") -> Check:
    """ITI-55: AE, nobody returned, this issue, and one of these codes."""

    def check(reply: Reply) -> None:
        answer = reply.discovery()
        assert (answer.acknowledgement, answer.patients) == ("AE", ())
        assert [one.code for one in answer.issues] == [issue]
        assert answer.details[0].code in codes

    return check


def listed(*codes: str, status: str = registry.STATUS_FAILURE, entries: bool = False) -> Check:
    """ITI-38: this status, just these error codes, with or without documents."""

    def check(reply: Reply) -> None:
        answer = reply.listing()
        assert (answer.status, bool(answer.entries)) == (status, entries)
        assert tuple(error.code for error in answer.errors) == codes

    return check


def retrieved(*codes: str, status: str = registry.STATUS_FAILURE, documents: int = 0) -> Check:
    """ITI-39: this status, just these error codes, so many documents."""

    def check(reply: Reply) -> None:
        answer = reply.retrieved()
        assert (answer.status, len(answer.documents)) == (status, documents)
        assert tuple(error.code for error in answer.errors) == codes

    return check


def faulted(code: str = "Sender") -> Check:
    """A SOAP Fault of this code."""

    def check(reply: Reply) -> None:
        assert reply.fault is not None and reply.fault.code == code
        assert reply.status in ((400, 413) if code == "Sender" else (500,))

    return check


def matched(reply: Reply) -> None:
    """ITI-55: exactly one patient."""
    assert len(reply.discovery().patients) == 1


def not_found(query_code: str, *issues: str) -> Check:
    """ITI-55: nobody, no error."""

    def check(reply: Reply) -> None:
        answer = reply.discovery()
        assert (answer.acknowledgement, answer.query_response_code, answer.patients) == ("AA", query_code, ())
        assert tuple(one.code for one in answer.issues) == issues
        assert [one.code for one in answer.details] == ["ERROR_PI_NO_MATCH"]

    return check


def served(step: str, *codes: str) -> Check:
    """The request is answered as if nothing were wrong."""
    ok = registry.STATUS_SUCCESS
    return {
        "ITI-55": matched,
        "ITI-38": listed(*codes, status=ok, entries=True),
        "ITI-39": retrieved(*codes, status=ok, documents=1),
    }[step]


# -- how a request goes wrong --------------------------------------------------------------------------


def letter(
    gateway: Gateway,
    step: str,
    *,
    hcp: dict[str, Any] | None = None,
    trc: dict[str, Any] | None = None,
    hcp_key: SigningKey | None = None,
    trc_key: SigningKey | None = None,
    before: Edit | None = None,
    after: Edit | None = None,
    after_trc: Edit | None = None,
    sha: Any = "sha256",
    key: str = PATIENT,
) -> Letter:
    """A golden request whose assertions differ: in values, in signer, before or after signing."""
    patient = gateway.patient(key)
    hcp_values = gateway.hcp(**(hcp or {}))
    unsigned = build.build_unsigned(hcp_values)
    if before:
        before(unsigned)
    signed = build.sign_assertion(unsigned, hcp_key or gateway.seal, hash_name=sha)
    signed = edited(signed, after) if after else signed
    if step == "ITI-55":
        return replace(gateway.discovery(patient), assertions=[signed])
    trc_values = gateway.trc(hcp_values, patient, **(trc or {}))
    confirmed = build.sign_assertion(build.build_unsigned(trc_values), trc_key or gateway.seal)
    both = [signed, edited(confirmed, after_trc) if after_trc else confirmed]
    if step == "ITI-38":
        return gateway.query(patient, assertions=both)
    return gateway.retrieve(patient, gateway.listed(key)[0], assertions=both)


def everywhere(
    name: str,
    make: Callable[[Gateway, str], Letter],
    codes: tuple[str, ...],
    on: tuple[str, ...] | None,
    *,
    steps: tuple[str, ...] = ("ITI-55", "ITI-38", "ITI-39"),
    on_served: bool = False,
) -> Iterator[Case]:
    """The same change at several transactions; ``codes`` strict, ``on`` as the reference implementation."""
    for step in steps:
        yield Case(
            name=f"{name}-{step}",
            make=lambda gateway, step=step: make(gateway, step),
            strict=_refusal(step, codes[0]),
            openncp=served(step) if on_served else _lenient(step, on) if on else None,
        )


def _refusal(step: str, code: str) -> Check:
    return {"ITI-55": refused(code), "ITI-38": listed(code), "ITI-39": retrieved(code)}[step]


def _lenient(step: str, codes: tuple[str, ...]) -> Check:
    """ON goes on listing after a refusal, with status Success; it withholds documents with PartialSuccess."""
    return {
        "ITI-55": refused(*codes),
        "ITI-38": listed(*codes, status=registry.STATUS_SUCCESS, entries=True),
        "ITI-39": retrieved(*codes, status=registry.STATUS_PARTIAL),
    }[step]


def _flip_signature(assertion: XmlElement) -> None:
    value = assertion.find(f"{DS}Signature/{DS}SignatureValue")
    value.text = ("B" if value.text[0] == "A" else "A") + value.text[1:]


def _change_subject(assertion: XmlElement) -> None:
    next(assertion.iter(f"{SAML}AttributeValue")).text = "somebody else"


def _drop_signature(assertion: XmlElement) -> None:
    assertion.remove(assertion.find(f"{DS}Signature"))


def _second_certificate(assertion: XmlElement) -> None:
    data = assertion.find(f"{DS}Signature/{DS}KeyInfo/{DS}X509Data")
    data.append(copy.deepcopy(data[0]))


def _conditions_first(assertion: XmlElement) -> None:
    conditions = assertion.find(f"{SAML}Conditions")
    assertion.insert(1, conditions)


def _flawed(flaw: Any) -> Callable[[Gateway, str], Letter]:
    return lambda gateway, step: letter(
        gateway, step, hcp_key=gateway.pki.flawed("seal", "FR", flaw).signing_key
    )


def _without_security(gateway: Gateway, step: str) -> Letter:
    return replace(letter(gateway, step), assertions=None)


def _hcp_only(gateway: Gateway, step: str) -> Letter:
    good = letter(gateway, step)
    return replace(good, assertions=good.assertions[:1])


def _shifted(gateway: Gateway, begin: timedelta, end: timedelta) -> dict[str, Any]:
    now = gateway.now()
    return {"not_before": now + begin, "not_on_or_after": now + end}


def _wrapped(gateway: Gateway, step: str) -> Letter:
    """A forged assertion that carries the signature of the genuine one, which hides inside its Advice."""
    genuine = letter(gateway, step)
    forged = edited(genuine.assertions[0], _change_subject)
    forged.set("ID", f"_{uuid()}")
    hidden = edited(genuine.assertions[0], _drop_signature)
    advice = etree.Element(f"{SAML}Advice")
    advice.append(hidden)
    forged.find(f"{SAML}Conditions").addnext(advice)
    return replace(genuine, assertions=[forged, *genuine.assertions[1:]])


def _same_id_twice(gateway: Gateway, step: str) -> Letter:
    """The genuine assertion beside a forged one that bears the same ID."""
    genuine = letter(gateway, step)
    forged = edited(genuine.assertions[0], _change_subject)
    return replace(genuine, assertions=[forged, *genuine.assertions])


def _second_in_security(gateway: Gateway, step: str) -> Letter:
    """Two different HCP assertions, both signed: whose rights hold?"""
    genuine = letter(gateway, step)
    return replace(
        genuine, assertions=[*gateway.signed(gateway.hcp(subject_id="Other")), *genuine.assertions]
    )


def _query_slot(gateway: Gateway, name: str, text: str | None) -> Letter:
    """The golden query with another value of a slot, or without it."""
    good = letter(gateway, "ITI-38")
    for slot in list(good.body.iter(f"{RIM}Slot")):
        if slot.get("name") == name and text is None:
            slot.getparent().remove(slot)
        elif slot.get("name") == name:
            slot.find(f"{RIM}ValueList/{RIM}Value").text = text
    return good


def _class(code: str) -> Make:
    wanted = Coded(code=code, code_system=oids.LOINC)
    return lambda gateway: replace(
        letter(gateway, "ITI-38"), body=gateway.query(gateway.patient(PATIENT), class_codes=(wanted,)).body
    )


def _raw(gateway: Gateway, step: str, change: Callable[[bytes], bytes]) -> Letter:
    good = letter(gateway, step)
    return replace(good, content=change(good.octets()))


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c '
    '"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY d SYSTEM "file:///etc/hostname">]>'


def _with_doctype(doctype: str, inside: bytes) -> Callable[[bytes], bytes]:
    """Put a document type declaration before the root and a reference to ``&d;`` into an element."""

    def change(message: bytes) -> bytes:
        head, _, rest = message.partition(b"?>")
        before, tag, after = rest.partition(inside)
        assert tag, "the message lacks the element that is to be spoilt"
        return head + b"?>" + doctype.encode() + before + tag + b"&d;" + after

    return change


def _ten_megabytes(gateway: Gateway, step: str) -> Letter:
    """Ten megabytes of blanks at the end of the body: well-formed, and pointless."""
    return _raw(
        gateway, step, lambda octets: octets.replace(b"</env:Body>", b" " * 10_000_000 + b"</env:Body>")
    )


def _two_documents(gateway: Gateway) -> Letter:
    return gateway.retrieve(gateway.patient(PATIENT), *gateway.listed(PATIENT))


def _unknown_document(repository: bool) -> Make:
    def make(gateway: Gateway) -> Letter:
        known_repository, known_document = gateway.listed(PATIENT)[0]
        asked = ("2.999.1", known_document) if repository else (known_repository, "2.999.1^none")
        return gateway.retrieve(gateway.patient(PATIENT), asked)

    return make


def _document_of_another(gateway: Gateway) -> Letter:
    return gateway.retrieve(gateway.patient(PATIENT), gateway.listed(OTHER)[0])


def _other_patient(gateway: Gateway) -> Letter:
    good = letter(gateway, "ITI-38")
    return replace(good, body=gateway.query(gateway.patient(OTHER)).body)


ACCEPTED_BY_ON = ("ITI-55", "ITI-38", "ITI-39")
XCA = ("ITI-38", "ITI-39")
GENERIC = "ERROR_HPI_GENERIC"
INTEGRITY = "ERROR_SEC_DATA_INTEGRITY_NOT_ENSURED"
OK = registry.STATUS_SUCCESS
PARTIAL = registry.STATUS_PARTIAL


def _messages() -> Iterator[Case]:
    """N-01 to N-05: headers and assertions that are not there."""
    yield Case(
        name="N-01-no-security",
        make=lambda g: _without_security(g, "ITI-55"),
        strict=refused("1001"),
        openncp=refused("1001"),
    )
    for step, check in (("ITI-38", listed("1001")), ("ITI-39", retrieved("1001"))):
        yield Case(
            name=f"N-02-no-security-{step}",
            make=lambda g, step=step: _without_security(g, step),
            strict=check,
            openncp=faulted("Receiver"),
        )
    no_hcp = "ERROR_HPI_AUTHENTICATION_NOT_RECEIVED"
    yield Case(
        name="N-03-no-assertion",
        make=lambda g: replace(letter(g, "ITI-55"), assertions=[]),
        strict=refused(no_hcp),
        openncp=refused(no_hcp),
    )
    yield Case(
        name="N-04-no-trc-ITI-38",
        make=lambda g: _hcp_only(g, "ITI-38"),
        strict=listed("1001"),
        openncp=listed("1001", "1102", status=OK),
    )
    yield Case(
        name="N-04-no-trc-ITI-39",
        make=lambda g: _hcp_only(g, "ITI-39"),
        strict=retrieved("1001"),
        openncp=retrieved("1001", status=PARTIAL),
    )

    def trc_only(gateway: Gateway) -> Letter:
        good = letter(gateway, "ITI-38")
        return replace(good, assertions=good.assertions[1:])

    yield Case(
        name="N-05-no-hcp", make=trc_only, strict=listed(no_hcp), openncp=listed(no_hcp, "1102", status=OK)
    )


def _signatures() -> Iterator[Case]:
    """N-06 to N-11, N-44: signatures and certificates."""
    lost = refused("ERROR_PI_GENERIC", issue=None)
    yield Case(
        name="N-06-signature-value",
        make=lambda g: letter(g, "ITI-55", after=_flip_signature),
        strict=refused(INTEGRITY),
        openncp=lost,
    )
    on = {"ITI-55": lost, "ITI-38": faulted("Receiver"), "ITI-39": faulted("Receiver")}
    for case in everywhere(
        "N-07-changed", lambda g, s: letter(g, s, after=_change_subject), (INTEGRITY,), None
    ):
        yield replace(case, openncp=on[case.name[-6:]])
    yield Case(
        name="N-07-changed-trc-ITI-39",
        make=lambda g: letter(g, "ITI-39", after_trc=_change_subject),
        strict=retrieved("1001"),
        openncp=retrieved("ERROR_SEC_GENERIC", status=PARTIAL),
    )
    yield Case(
        name="N-08-unsigned",
        make=lambda g: letter(g, "ITI-55", after=_drop_signature),
        strict=refused(GENERIC),
        openncp=refused(GENERIC),
    )
    yield Case(
        name="N-09-self-signed",
        make=lambda g: _flawed("self_signed")(g, "ITI-55"),
        strict=refused("ERROR_SEC_GENERIC"),
        openncp=matched,
    )
    yield Case(
        name="N-09-unknown-issuer",
        make=lambda g: _flawed("unknown_issuer")(g, "ITI-55"),
        strict=refused("ERROR_SEC_GENERIC"),
        openncp=matched,
    )
    yield Case(
        name="N-10-certificate-expired",
        make=lambda g: _flawed("expired")(g, "ITI-55"),
        strict=refused("ERROR_SEC_GENERIC"),
        openncp=lost,
    )
    yield Case(
        name="N-11-two-certificates",
        make=lambda g: letter(g, "ITI-55", after=_second_certificate),
        strict=refused(INTEGRITY),
        openncp=lost,
    )
    yield from everywhere("N-44-sha1", lambda g, s: letter(g, s, sha="sha1"), (INTEGRITY,), None)


def _times() -> Iterator[Case]:
    """N-12 to N-15: validity and audience."""
    hour, minute = timedelta(hours=1), timedelta(seconds=90)
    yield from everywhere(
        "N-12-expired", lambda g, s: letter(g, s, hcp=_shifted(g, -hour, -minute)), (GENERIC,), (GENERIC,)
    )
    yield from everywhere(
        "N-13-not-yet", lambda g, s: letter(g, s, hcp=_shifted(g, minute, hour)), (GENERIC,), (GENERIC,)
    )
    too_long = timedelta(hours=4, seconds=1)
    yield from everywhere(
        "N-14-span", lambda g, s: letter(g, s, hcp=_shifted(g, timedelta(), too_long)), (GENERIC,), (GENERIC,)
    )
    trc_long = timedelta(hours=2, seconds=1)
    yield from everywhere(
        "N-14-span-trc",
        lambda g, s: letter(g, s, trc=_shifted(g, timedelta(), trc_long)),
        ("1001",),
        ("1001",),
        steps=XCA,
    )
    for name, audiences in (("wrong", ("urn:example:other",)), ("none", ())):
        yield from everywhere(
            f"N-15-audience-{name}",
            lambda g, s, audiences=audiences: letter(g, s, hcp={"audiences": audiences}),
            (GENERIC,),
            None,
            on_served=True,
        )


def _persons() -> Iterator[Case]:
    """N-16 to N-24: who the professional is and what he may do."""

    def hcp(
        name: str, code: str, on: str | None, steps: tuple[str, ...] = ACCEPTED_BY_ON, **values: Any
    ) -> Iterator[Case]:
        return everywhere(
            name, lambda g, s: letter(g, s, hcp=values), (code,), (on,) if on else None, steps=steps
        )

    yield from hcp("N-16-password", GENERIC, GENERIC, authn_context=vocabulary.PASSWORD)
    yield from everywhere(
        "N-17-trc-context",
        lambda g, s: letter(g, s, trc={"authn_context": vocabulary.SMARTCARD_PKI}),
        ("1001",),
        ("1001",),
        steps=XCA,
    )
    bearer = {"confirmation_method": vocabulary.BEARER}
    yield from everywhere(
        "N-18-bearer-hcp", lambda g, s: letter(g, s, hcp=bearer), (GENERIC,), None, on_served=True
    )
    yield from everywhere(
        "N-18-bearer-trc", lambda g, s: letter(g, s, trc=bearer), ("1001",), ("1001",), steps=XCA
    )
    yield from hcp(
        "N-19-role",
        "ERROR_HPI_INSUFFICIENT_INFORMATION",
        GENERIC,
        ("ITI-55",),
        role=StructuredValue(code="9999", code_system=oids.ISCO_08, display_name="Medical Doctors"),
    )
    yield from hcp(
        "N-20-role-name", "4703", "4703", ("ITI-55",), role=replace(role("221"), display_name="Nurse")
    )
    for word in ("MARKETING", "treatment"):
        yield from hcp(f"N-21-{word}", "4703", "4703", purpose_of_use=purpose(word))
    yield from hcp("N-22-PRD-006", "4703", "4703", ("ITI-55",), permissions=("PRD-003", "PRD-010"))
    for missing in vocabulary.PATIENT_SUMMARY_PERMISSIONS:
        left = tuple(code for code in vocabulary.PATIENT_SUMMARY_PERMISSIONS if code != missing)
        yield from hcp(f"N-23-{missing}", "4703", "4703", XCA, permissions=left)
    yield from hcp("N-24-facility", GENERIC, GENERIC, facility_type="Garage")
    yield from hcp("N-24-locality", GENERIC, GENERIC, locality=" ")
    yield from hcp("N-24-subject", GENERIC, GENERIC, subject_id="")


def _bindings() -> Iterator[Case]:
    """N-25 to N-29: what belongs together."""
    yield from everywhere(
        "N-25-advice",
        lambda g, s: letter(g, s, trc={"hcp_assertion_ids": ("_another",)}),
        ("1002",),
        ("4703",),
        steps=XCA,
    )
    yield Case(
        name="N-26-other-patient",
        make=_other_patient,
        strict=listed("4206"),
        openncp=listed("1102", status=OK, entries=True),
    )
    yield from everywhere(
        "N-27-trc-of-another-country",
        lambda g, s: letter(g, s, trc_key=g.pki.seal("EE").signing_key),
        ("1001",),
        None,
        steps=XCA,
        on_served=True,
    )
    shape = {
        "ITI-55": (INTEGRITY, refused(INTEGRITY)),
        "ITI-39": ("4703", faulted("Receiver")),
        "ITI-38": ("4703", listed("4703", "1102", status=OK)),
    }
    for step, (code, on) in shape.items():
        yield from (
            replace(case, openncp=on)
            for case in everywhere(
                "N-28-child-order",
                lambda g, s: letter(g, s, before=_conditions_first),
                (code,),
                None,
                steps=(step,),
            )
        )


def _discoveries() -> Iterator[Case]:
    """N-30 to N-33: the query itself."""
    nobody = Identifier(root="2.16.840.1.113883.2.7.2.2", extension="111111111")
    wrong = refused("ERROR_PI_GENERIC", issue="AnswerNotAvailable")
    yield Case(
        name="N-30-receiver",
        strict=wrong,
        openncp=wrong,
        make=lambda g: g.discovery(g.patient(PATIENT), receiver="2.16.17.710.999.1000.990.1"),
    )
    yield Case(
        name="N-31-unknown-patient",
        strict=not_found("NF"),
        openncp=not_found("AE", "AnswerNotAvailable"),
        make=lambda g: g.discovery(replace(nobody, root=g.patient(PATIENT).root)),
    )
    no_id = refused("ERROR_PI_GENERIC", issue="DemographicsQueryNotAllowed")
    yield Case(
        name="N-32-no-identifier",
        make=lambda g: g.discovery(birth_date="19580412"),
        strict=no_id,
        openncp=no_id,
    )
    no_consent = refused("4701")
    yield Case(
        name="N-33-consent-ITI-55",
        country="LU",
        make=lambda g: g.discovery(g.patient("LU-5")),
        strict=no_consent,
        openncp=no_consent,
    )
    yield Case(
        name="N-33-consent-ITI-38",
        make=lambda g: letter(g, "ITI-38", key="HR-5"),
        strict=listed("4701"),
        openncp=listed("4701", status=OK, entries=True),
    )

    def retrieve(gateway: Gateway) -> Letter:
        return gateway.retrieve(gateway.patient("HR-5"), ("2.999", "2.999^1"))

    yield Case(name="N-33-consent-ITI-39", make=retrieve, strict=retrieved("4701"), openncp=retrieved("4701"))


def _queries() -> Iterator[Case]:
    """N-34 to N-40: ITI-38 and ITI-39 themselves."""
    unknown = "ERROR_GENERIC_SERVICE_SIGNIFIER_UNKNOWN"
    yield Case(
        name="N-34-class-unknown", make=_class("99999-9"), strict=listed(unknown), openncp=faulted("Receiver")
    )
    yield Case(
        name="N-35-class-not-offered",
        make=_class("34133-9"),
        strict=listed(unknown),
        openncp=listed(unknown, status=OK),
    )
    yield Case(
        name="N-36-no-class",
        make=lambda g: _query_slot(g, "$XDSDocumentEntryClassCode", None),
        strict=listed("XDSStoredQueryMissingParam"),
        openncp=faulted("Receiver"),
    )
    for name, text in (
        ("unquoted", "999980013^^^&2.16.840.1.113883.2.7.2.2&ISO"),
        ("malformed", "'999980013'"),
    ):
        yield Case(
            name=f"N-37-patient-{name}",
            strict=listed("XDSRegistryError"),
            make=lambda g, text=text: _query_slot(g, "$XDSDocumentEntryPatientId", text),
            openncp=listed("1102", status=OK),
        )
    yield Case(
        name="N-38-stored-query",
        strict=listed("XDSUnknownStoredQuery"),
        openncp=served("ITI-38"),
        make=lambda g: g.query(g.patient(PATIENT), stored_query_id="urn:uuid:" + uuid()),
    )
    for name, make in (
        ("repository", _unknown_document(True)),
        ("document", _unknown_document(False)),
        ("of-another-patient", _document_of_another),
    ):
        yield Case(
            name=f"N-39-{name}",
            make=make,
            strict=retrieved("XDSMissingDocument"),
            openncp=retrieved("XDSMissingDocument", status=PARTIAL),
        )
    yield Case(
        name="N-40-two-documents",
        make=_two_documents,
        strict=retrieved(status=OK, documents=2),
        openncp=retrieved(status=OK, documents=1),
    )


def _attacks() -> Iterator[Case]:
    """N-41 to N-43: what no honest peer sends."""
    places = {"body": b"<env:Body>", "assertion": b"<saml2:Conditions "}
    for step in ACCEPTED_BY_ON:
        for name, doctype in (("bomb", BOMB), ("external", EXTERNAL)):
            inside = places["body"]
            yield Case(
                name=f"N-41-{name}-body-{step}",
                openncp=None,
                strict=faulted(),
                make=lambda g, s=step, d=doctype, i=inside: _raw(g, s, _with_doctype(d, i)),
            )
    yield Case(
        name="N-41-bomb-assertion",
        openncp=None,
        strict=faulted(),
        make=lambda g: _raw(g, "ITI-55", _with_doctype(BOMB, b'urn:ehdsi:assertions:hcp">')),
    )
    yield from everywhere("N-42-wrapped", _wrapped, (INTEGRITY,), None, steps=("ITI-55",))
    yield from everywhere("N-42-same-id", _same_id_twice, (INTEGRITY,), None)
    yield from everywhere("N-42-two-of-a-kind", _second_in_security, ("1001",), None)
    for step in ACCEPTED_BY_ON:
        yield Case(
            name=f"N-43-large-{step}",
            make=lambda g, s=step: _ten_megabytes(g, s),
            strict=served(step),
            openncp=None,
        )
    yield Case(
        name="N-43-too-large",
        strict=faulted(),
        openncp=None,
        make=lambda g: _raw(g, "ITI-55", lambda octets: octets + b" " * 17_000_000),
    )


CASES: tuple[Case, ...] = (
    *_messages(),
    *_signatures(),
    *_times(),
    *_persons(),
    *_bindings(),
    *_discoveries(),
    *_queries(),
    *_attacks(),
)
