"""What an NCP-A writes into its own audit trail: EHDSI-11, EHDSI-21 and EHDSI-22, one event per answer.

Source: eHDSI audit trail profile (side A); IHE ITI TF-2 3.55, 3.38, 3.39, security considerations.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from ehdsi import audit, xml
from ehdsi.audit import AuditMessage, AuditObject, Outcome, Participant
from ehdsi.oids import DOCUMENT_CODE_PATIENT_SUMMARY
from simulators.ncp.context import Request

#: Takes a country's code and a function that makes the event; must not hold up the answer.
AuditSink = Callable[[str, Callable[[], AuditMessage]], None]

_KEYS = {"ITI-55": "EHDSI-11", "ITI-38": "EHDSI-21", "ITI-39": "EHDSI-22"}

#: Outcomes that are a success of the transaction: nothing found is one.
_SUCCESSES = frozenset({"match", "NF", "OK", "Success", "1102"})


def event_of(request: Request, *, peer_certificate: bytes | None, own_certificate: bytes) -> AuditMessage:
    """The event of one answered request.

    Parameters
    ----------
    peer_certificate : DER of the client's certificate, ``None`` without one.
    own_certificate : DER of the NCP's TLS certificate.
    """
    success = request.outcome in _SUCCESSES
    consumer = _common_name(peer_certificate) if peer_certificate else "-"
    return audit.event_message(
        _KEYS[request.step], side="A", time=request.now,
        source_id=request.country.declaration.audit.get("source") or request.country.code,
        outcome=Outcome.SUCCESS if success else Outcome.PERMANENT_FAILURE,
        participants=(*_people(request), audit.service_consumer(consumer),
                      audit.service_provider(_common_name(own_certificate))),
        objects=(*_patient(request), *_query(request), *(() if success else (_error(request),))))


def _people(request: Request) -> tuple[Participant, ...]:
    """Point of care and professional, as far as a verified assertion names them."""
    hcp = request.verdict.hcp
    if hcp is None:
        return ()
    place = hcp.organization or hcp.locality or "-"
    return (audit.point_of_care(place),
            audit.human_requester(hcp.name_id, hcp.issuer, hcp.subject_id or "",
                                  sp_provided_id=hcp.sp_provided_id))


def _patient(request: Request) -> tuple[AuditObject, ...]:
    """The patient of the TRC assertion, or the one that was found."""
    known = request.verdict.patient or request.patient
    return (audit.patient_object(known.as_cx()),) if known else ()


def _query(request: Request) -> tuple[AuditObject, ...]:
    """What was asked: the query, or the documents."""
    body = request.envelope.body
    message_id = request.envelope.message_id or "-"
    if request.step == "ITI-39":
        ids = [str(one.text) for one in body.iter("{*}DocumentUniqueId") if one.text]
        documents = [audit.document_object(one) for one in ids or [DOCUMENT_CODE_PATIENT_SUMMARY]]
        return (audit.retrieve_object(message_id), *documents)
    name = "queryByParameter" if request.step == "ITI-55" else "AdhocQuery"
    query = next((xml.serialise(one) for one in body.iter(f"{{*}}{name}")), b"")
    return (audit.query_object(request.step, message_id, query, request.country.oids.home_community),)


def _error(request: Request) -> AuditObject:
    """The refusal: its code, and what the failed check says (which holds no personal data)."""
    what = next((check.what for check in request.checks if not check.passed and not check.overlooked), "")
    return audit.error_object(request.outcome, what or "refused")


@lru_cache(maxsize=64)
def _common_name(der: bytes) -> str:
    subject = x509.load_der_x509_certificate(der).subject
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else subject.rfc4514_string()
