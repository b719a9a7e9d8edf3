"""What the gateway writes into the audit trail, one event per step. Pure: values in, audit messages out.

Source: eHDSI audit trail profile (side B); IHE ITI TF-2 3.55, 3.38, 3.39, security considerations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

from ehdsi import audit
from ehdsi.audit import AuditMessage, AuditObject, Outcome, Participant
from ehdsi.cda.datatypes import Identifier
from exchange.directory import Endpoint, Transaction
from sesali.outcomes import StepRefused
from sesali.professional import Credentials, Treatment

#: Transaction -> code of the event.
EVENT_OF: dict[str, str] = {"ITI-55": "EHDSI-11", "ITI-38": "EHDSI-21", "ITI-39": "EHDSI-22"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """What is the same in all events of this gateway.

    ``consumer`` is the common name of our TLS certificate, ``source`` an ISO 3166-2 code such as ``FR-IDF``.
    """

    consumer: str
    source: str

    def login(self, credentials: Credentials, *, now: datetime) -> AuditMessage:
        """EHDSI-91: an HCP assertion was issued."""
        return self._message("EHDSI-91", now, Outcome.SUCCESS, _people(credentials, is_requestor=True),
                             (audit.assertion_object("hcp", credentials.assertion.id),))

    def treatment(self, treatment: Treatment, *, now: datetime) -> AuditMessage:
        """EHDSI-92: a treatment relationship was confirmed."""
        return self._message("EHDSI-92", now, Outcome.SUCCESS,
                             _people(treatment.credentials, is_requestor=True),
                             (audit.patient_object(treatment.patient_id.as_cx()),
                              audit.assertion_object("trc", treatment.assertion.id)))

    def exchange(self, transaction: Transaction, credentials: Credentials, *,
                 now: datetime, home_community: str, patient_id: Identifier | None, endpoint: Endpoint | None,
                 request_id: str, query: bytes = b"", document_id: str = "",
                 refusal: StepRefused | None = None) -> AuditMessage:
        """EHDSI-11, 21 or 22: something was asked of a foreign country, and how it ended.

        Parameters
        ----------
        home_community : OID of the country asked, without ``urn:oid:``.
        patient_id : as far as it is known; before a match there is none.
        endpoint : where the request went, None when nowhere.
        query : the query as it was sent (ITI-55, ITI-38).
        document_id : unique id of the document asked for (ITI-39).
        """
        objects: list[AuditObject] = []
        if patient_id is not None:
            objects.append(audit.patient_object(patient_id.as_cx()))
        if transaction == "ITI-39":
            objects += [audit.retrieve_object(request_id), audit.document_object(document_id)]
        else:
            objects.append(audit.query_object(transaction, request_id, query, home_community))
        if refusal is not None:
            objects.append(audit.error_object(refusal.wire_code or refusal.code, refusal.detail))
        people = (*_people(credentials), audit.service_consumer(self.consumer),
                  _provider(endpoint, home_community))
        return self._message(EVENT_OF[transaction], now, outcome_of(refusal), people, tuple(objects))

    def translation(self, treatment: Treatment, document_id: str, *, now: datetime) -> AuditMessage:
        """EHDSI-94: a document was translated to French."""
        return self._message("EHDSI-94", now, Outcome.SUCCESS, _people(treatment.credentials),
                             (audit.translation_object("in", document_id),
                              audit.translation_object("out", f"{document_id}^fr")))

    def export(self, treatment: Treatment, document_id: str, *, now: datetime) -> AuditMessage:
        """A document was handed out as a file."""
        return self._message("DOC-export", now, Outcome.SUCCESS, _people(treatment.credentials),
                             (audit.patient_object(treatment.patient_id.as_cx()),
                              audit.document_object(document_id)))

    def notice(self, step: Literal["display", "ack", "deny"], credentials: Credentials,
               patient_id: Identifier, *, now: datetime) -> AuditMessage:
        """The patient information notice was shown, or the patient agreed or refused."""
        return self._message(f"PIN-{step}", now, Outcome.SUCCESS, _people(credentials),
                             (audit.patient_object(patient_id.as_cx()),))

    def _message(self, key: str, now: datetime, outcome: Outcome, people: tuple[Participant, ...],
                 objects: tuple[AuditObject, ...]) -> AuditMessage:
        return audit.event_message(key, side="B", time=now, outcome=outcome, participants=people,
                                   source_id=self.source, objects=objects)


def outcome_of(refusal: StepRefused | None) -> Outcome:
    """Nothing found is a success of the query; what may work later is temporary; the rest is not."""
    if refusal is None or refusal.notice.way_on == "correct" or refusal.code == "SES-073":
        return Outcome.SUCCESS
    return Outcome.TEMPORARY_FAILURE if refusal.notice.way_on == "retry" else Outcome.PERMANENT_FAILURE


def common_name(certificate: x509.Certificate) -> str:
    """The CN of a certificate's subject, else the whole subject."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def _people(credentials: Credentials, *, is_requestor: bool = False) -> tuple[Participant, ...]:
    assertion, professional = credentials.assertion, credentials.professional
    return (audit.point_of_care(professional.organization or professional.locality,
                                is_requestor=is_requestor),
            audit.human_requester(assertion.name_id, assertion.issuer, professional.name,
                                  is_requestor=is_requestor))


def _provider(endpoint: Endpoint | None, home_community: str) -> Participant:
    if endpoint is None:
        return audit.service_provider(f"urn:oid:{home_community}")
    return audit.service_provider(_name_in(endpoint.certificate_der), urlsplit(endpoint.url).hostname or "")


@lru_cache(maxsize=256)
def _name_in(certificate_der: bytes) -> str:
    """The name in the certificate of an endpoint, the same in every event."""
    return common_name(x509.load_der_x509_certificate(certificate_der))
