"""The gateway: one method per step of the journey, each a thin shell of I/O around a pure function.

The methods are plain and synchronous. Whoever serves many people at a time runs each step through ``submit``,
in the workers of the country that it concerns, so that a slow country holds up nobody but those who asked it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Literal, TypeVar

import httpx

from ehdsi import soap, xca_query, xcpd, xml
from ehdsi.audit import AuditMessage
from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import EhdsiError, LocalError
from ehdsi.search_mask import SearchMask
from ehdsi.traits import Traits
from ehdsi.xca_query import DocumentEntry, DocumentPair
from exchange.bulkhead import Bulkheads
from exchange.client import NcpClient
from exchange.directory import Directory, Service
from exchange.wire import OnMessage, ignore
from sesali import documents, identify, outcomes, summary
from sesali.audit_events import EVENT_OF, Auditor
from sesali.audit_setup import open_trail, tls_common_name
from sesali.config import GatewayConfig
from sesali.countries import french_name
from sesali.documents import Listing
from sesali.identify import Identified
from sesali.outcomes import Step, StepRefused
from sesali.professional import Credentials, Issuer, Professional, PurposeOfUse, Treatment
from sesali.summary import Document, JudgeDocument, Level, OpenedSummary

Result = TypeVar("Result")

#: Is told when a step with a country has ended: country, ``ITI-55`` …, seconds, ``ok`` or a code ``SES-nnn``.
OnStep = Callable[[str, str, float, str], None]


def _untold(_country: str, _step: str, _seconds: float, _verdict: str) -> None:
    """Nobody counts."""


@dataclass(frozen=True, slots=True)
class _Transaction:
    """What the audit trail says about an exchange, whatever its outcome."""

    service: Service
    step: Step
    country: str
    credentials: Credentials
    patient_id: Identifier | None = None
    query: bytes = b""
    document_id: str = ""


class Gateway:
    """Sesali without its web pages.

    Parameters
    ----------
    config : keys, SMP, countries, limits.
    clock : the time, UTC.
    new_id : fresh UUIDs as text.
    on_message : sees every message of every exchange.
    transport : replaces the network in tests.
    judge : schema and rules for documents; None to leave them out.
    on_step : is told about every exchange that ended, for metrics.
    """

    def __init__(self, config: GatewayConfig, *, clock: Callable[[], datetime], new_id: Callable[[], str],
                 on_message: OnMessage = ignore, transport: httpx.BaseTransport | None = None,
                 judge: JudgeDocument | None = None, on_step: OnStep = _untold) -> None:
        self.config = config
        self._on_step = on_step
        self._clock = clock
        self._new_id = new_id
        self._judge = judge
        self._issuer = Issuer(key=config.seal, home_community=config.own_home_community)
        self._directory = Directory(
            config.smp, tls=config.tls, anchors=config.anchors, signers=config.smp_signers, clock=clock,
            max_age=config.mask_age, limits=config.limits, on_message=on_message, transport=transport)
        self._client = NcpClient(self._directory, config.tls, limits=config.limits, on_message=on_message,
                                 transport=transport)
        self._auditor = Auditor(consumer=tls_common_name(config.tls), source=config.audit_source)
        self.trail = open_trail(config)
        self._bulkheads = Bulkheads(workers=config.workers, waiting=config.waiting)

    # -- countries -------------------------------------------------------------------------------------

    @property
    def countries(self) -> tuple[str, ...]:
        """ISO codes of the countries connected, in the order of the configuration."""
        return tuple(self.config.home_communities)

    def submit(self, country: str, work: Callable[[], Result]) -> Future[Result]:
        """Run a step in the workers of ``country``; ``StepRefused`` (SES-080) when its queue is full."""
        try:
            return self._bulkheads.submit(country, work)
        except EhdsiError as error:
            raise self._refusal(error, "identify", country) from None

    def search_mask(self, country: str) -> SearchMask:
        """What this country asks for, from its signed entry in the SMP.

        Raises
        ------
        StepRefused : SES-040 not connected, SES-041 no usable mask, SES-080 or 081 the SMP cannot be reached.
        """
        self._home_community(country)
        try:
            mask = self._directory.search_mask(country)
            mask.check_usable("PS")
            return mask
        except EhdsiError as error:
            raise self._refusal(error, "mask", country) from None

    def forget_countries(self) -> None:
        """Nothing that the SMP said counts any more: the next need asks it again."""
        self._directory.forget()

    # -- the journey -----------------------------------------------------------------------------------

    def log_in(self, professional: Professional, *, purpose: PurposeOfUse = "TREATMENT") -> Credentials:
        """Sign the HCP assertion: once per login, not per patient."""
        credentials = self._issuer.credentials(professional, now=self._clock(), new_id=self._new_id,
                                               purpose=purpose)
        self._record("EHDSI-91", self._auditor.login(credentials, now=self._clock()))
        return credentials

    def identify(self, credentials: Credentials, country: str, traits: Traits) -> Identified:
        """ITI-55: one patient, or ``StepRefused`` that says why there is none (``sesali.identify.judge``)."""
        home_community = self._home_community(country)
        query = identify.query_for(traits, country=country, sender=self.config.own_home_community,
                                   receiver=home_community, now=self._clock(), new_id=self._new_id)

        def exchange(request_id: str) -> Identified:
            reply = self._client.discover(country, query, (credentials.signed,), request_id=request_id)
            return identify.judge(reply.value, query, country=country, country_name=french_name(country))

        return self._audited(_Transaction(Service.ITI_55, "identify", country, credentials,
                                          query=xml.serialise(xcpd.build_request(query))), exchange,
                             lambda found: found.patient_id)

    def confirm(self, credentials: Credentials, identified: Identified) -> Treatment:
        """The professional has confirmed who it is and the patient agrees: sign the TRC assertion."""
        treatment = self._issuer.treatment(credentials, identified.country, identified.patient_id,
                                           now=self._clock(), new_id=self._new_id)
        self._record("EHDSI-92", self._auditor.treatment(treatment, now=self._clock()))
        return treatment

    def documents(self, treatment: Treatment) -> Listing:
        """ITI-38: the summaries of this patient, or ``StepRefused`` (see ``sesali.documents.judge``)."""
        self._check_valid(treatment)
        country = treatment.country
        query = documents.query_for(treatment.patient_id)

        def exchange(request_id: str) -> Listing:
            reply = self._client.list_documents(country, query, treatment.assertions, request_id=request_id)
            return documents.judge(reply.value, treatment.patient_id, country=country,
                                   country_name=french_name(country),
                                   home_community=self._home_community(country))

        return self._audited(_Transaction(Service.ITI_38, "documents", country, treatment.credentials,
                                          patient_id=treatment.patient_id,
                                          query=xml.serialise(xca_query.build_request(query))), exchange)

    def summary(self, treatment: Treatment, identified: Identified, pair: DocumentPair) -> OpenedSummary:
        """ITI-39 for each level that is listed, checked; or ``StepRefused`` (see ``sesali.summary``)."""
        self._check_valid(treatment)
        results: dict[Level, Document | StepRefused] = {}
        entries: tuple[tuple[Level, DocumentEntry | None], ...] = ((3, pair.level3), (1, pair.level1))
        for level, entry in entries:
            if entry is None:
                continue
            try:
                results[level] = self._retrieve(treatment, identified, entry)
            except StepRefused as refusal:
                results[level] = refusal
        return summary.combine(treatment.country, results)

    def translated(self, treatment: Treatment, document: Document) -> None:
        """The document is about to be shown in French: leave the event in the trail."""
        self._record("EHDSI-94", self._auditor.translation(treatment, document.entry.unique_id,
                                                           now=self._clock()))

    def exported(self, treatment: Treatment, document: Document, *, translated: bool = False) -> None:
        """The document, or its French version, is about to be handed out as a file: leave the event."""
        self._record("DOC-export", self._auditor.export(
            treatment, document.entry.unique_id + ("^fr" if translated else ""), now=self._clock()))

    def notice(self, step: Literal["display", "ack", "deny"], credentials: Credentials,
               identified: Identified) -> None:
        """The patient information notice was shown, or the patient agreed or refused: leave the event."""
        self._record(f"PIN-{step}", self._auditor.notice(step, credentials, identified.patient_id,
                                                         now=self._clock()))

    # -- inside ----------------------------------------------------------------------------------------

    def _retrieve(self, treatment: Treatment, identified: Identified, entry: DocumentEntry) -> Document:
        country = treatment.country
        request = summary.request_for(entry, self._home_community(country))

        def exchange(request_id: str) -> Document:
            reply = self._client.retrieve(country, request, treatment.assertions, request_id=request_id)
            return summary.accept(reply.value, request, entry, identified.patient,
                                  country_name=french_name(country), judge=self._judge)

        return self._audited(_Transaction(Service.ITI_39, "retrieve", country, treatment.credentials,
                                          patient_id=treatment.patient_id, document_id=entry.unique_id),
                             exchange)

    def _audited(self, what: _Transaction, exchange: Callable[[str], Result],
                 patient_of: Callable[[Result], Identifier] | None = None) -> Result:
        """Make an exchange and leave its event in the trail before anybody sees the result."""
        request_id = soap.new_message_id(self._new_id)
        begin = time.perf_counter()
        patient_id = what.patient_id
        refusal: StepRefused | None = outcomes.refused("SES-082", detail="unexpected failure of the gateway")
        try:
            result = exchange(request_id)
            patient_id = patient_of(result) if patient_of else patient_id
            refusal = None
            return result
        except EhdsiError as error:
            refusal = self._refusal(error, what.step, what.country)
            raise refusal from None
        finally:
            self._on_step(what.country, what.service.step, time.perf_counter() - begin,
                          refusal.code if refusal else "ok")
            self._record(EVENT_OF[what.service.step], self._auditor.exchange(
                what.service.step, what.credentials, now=self._clock(), patient_id=patient_id,
                home_community=self._home_community(what.country), request_id=request_id,
                endpoint=self._directory.known_endpoint(what.country, what.service), query=what.query,
                document_id=what.document_id, refusal=refusal))

    def _record(self, key: str, message: AuditMessage) -> None:
        if self.trail is not None:
            self.trail.record(message, key=key, identifier=self._new_id())

    def _home_community(self, country: str) -> str:
        found = self.config.home_communities.get(country)
        if found is None:
            raise outcomes.refused("SES-040", detail=f"{country} is not connected")
        return found

    def _check_valid(self, treatment: Treatment) -> None:
        if not treatment.valid(self._clock()):
            raise outcomes.refused("SES-110", detail="the assertions of this treatment have ended")

    @staticmethod
    def _refusal(error: EhdsiError, step: Step, country: str) -> StepRefused:
        if isinstance(error, LocalError):
            raise error
        return outcomes.from_failure(error, step, country, country_name=french_name(country))

    def close(self, *, flush: float = 1.0) -> None:
        """Stop the workers and close all connections; audit events get ``flush`` seconds to leave."""
        self._bulkheads.close()
        if self.trail is not None:
            self.trail.close(flush=flush)
        self._client.close()
        self._directory.close()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
