"""What the table of negative requests is made of: the checks of answers, and the ways to spoil a request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from lxml import etree

from ehdsi import oids, registry
from ehdsi.cda.datatypes import Coded
from ehdsi.dsig import SigningKey
from ehdsi.saml import build
from ehdsi.xml import XmlElement
from onboarding.letters import edited
from tests.component.golden_requests import Gateway, Letter, Reply, uuid

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
