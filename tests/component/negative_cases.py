"""The negative requests N-01 to N-44 as a table: one change of a golden request, and what must come back.

``strict`` is what the specification wants, ``openncp`` what the reference implementation is known to answer
(``None`` where that is not known). A check is a function that asserts about a reply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ehdsi import oids, registry
from ehdsi.cda.datatypes import Identifier
from ehdsi.saml import vocabulary
from ehdsi.saml.values import StructuredValue, purpose, role
from tests.component.golden_requests import Gateway, Letter, uuid
from tests.component.negative_parts import (
    BOMB,
    EXTERNAL,
    PATIENT,
    Case,
    _change_subject,
    _class,
    _conditions_first,
    _document_of_another,
    _drop_signature,
    _flawed,
    _flip_signature,
    _hcp_only,
    _other_patient,
    _query_slot,
    _raw,
    _same_id_twice,
    _second_certificate,
    _second_in_security,
    _shifted,
    _ten_megabytes,
    _two_documents,
    _unknown_document,
    _with_doctype,
    _without_security,
    _wrapped,
    everywhere,
    faulted,
    letter,
    listed,
    matched,
    not_found,
    refused,
    retrieved,
    served,
)

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
