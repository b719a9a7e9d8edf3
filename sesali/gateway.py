"""The gateway: one method per step of the journey, each a thin shell of I/O around a pure function.

The methods are plain and synchronous. Whoever serves many people at a time runs each step through ``submit``,
in the workers of the country that it concerns, so that a slow country holds up nobody but those who asked it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from types import TracebackType
from typing import TypeVar

import httpx

from ehdsi.errors import EhdsiError, LocalError
from ehdsi.search_mask import SearchMask
from ehdsi.traits import Traits
from ehdsi.xca_query import DocumentEntry, DocumentPair
from exchange.bulkhead import Bulkheads
from exchange.client import NcpClient
from exchange.directory import Directory
from exchange.wire import OnMessage, ignore
from sesali import documents, identify, outcomes, summary
from sesali.config import GatewayConfig
from sesali.countries import french_name
from sesali.documents import Listing
from sesali.identify import Identified
from sesali.outcomes import Step, StepRefused
from sesali.professional import Credentials, Issuer, Professional, PurposeOfUse, Treatment
from sesali.summary import Document, JudgeDocument, Level, OpenedSummary

Result = TypeVar("Result")


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
    """

    def __init__(self, config: GatewayConfig, *, clock: Callable[[], datetime], new_id: Callable[[], str],
                 on_message: OnMessage = ignore, transport: httpx.BaseTransport | None = None,
                 judge: JudgeDocument | None = None) -> None:
        self.config = config
        self._clock = clock
        self._new_id = new_id
        self._judge = judge
        self._issuer = Issuer(key=config.seal, home_community=config.own_home_community)
        self._directory = Directory(
            config.smp, tls=config.tls, anchors=config.anchors, signers=config.smp_signers, clock=clock,
            max_age=config.mask_age, limits=config.limits, on_message=on_message, transport=transport)
        self._client = NcpClient(self._directory, config.tls, new_id=new_id, limits=config.limits,
                                 on_message=on_message, transport=transport)
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
            return self._directory.search_mask(country)
        except EhdsiError as error:
            raise self._refusal(error, "mask", country) from None

    # -- the journey -----------------------------------------------------------------------------------

    def log_in(self, professional: Professional, *, purpose: PurposeOfUse = "TREATMENT") -> Credentials:
        """Sign the HCP assertion: once per login, not per patient."""
        return self._issuer.credentials(professional, now=self._clock(), new_id=self._new_id, purpose=purpose)

    def identify(self, credentials: Credentials, country: str, traits: Traits) -> Identified:
        """ITI-55: one patient, or ``StepRefused`` that says why there is none (``sesali.identify.judge``)."""
        query = identify.query_for(traits, country=country, sender=self.config.own_home_community,
                                   receiver=self._home_community(country), now=self._clock(),
                                   new_id=self._new_id)
        try:
            reply = self._client.discover(country, query, (credentials.signed,))
        except EhdsiError as error:
            raise self._refusal(error, "identify", country) from None
        return identify.judge(reply.value, query, country=country, country_name=french_name(country))

    def confirm(self, credentials: Credentials, identified: Identified) -> Treatment:
        """The professional has confirmed who it is and the patient agrees: sign the TRC assertion."""
        return self._issuer.treatment(credentials, identified.country, identified.patient_id,
                                      now=self._clock(), new_id=self._new_id)

    def documents(self, treatment: Treatment) -> Listing:
        """ITI-38: the summaries of this patient, or ``StepRefused`` (see ``sesali.documents.judge``)."""
        self._check_valid(treatment)
        country = treatment.country
        try:
            reply = self._client.list_documents(country, documents.query_for(treatment.patient_id),
                                                treatment.assertions)
        except EhdsiError as error:
            raise self._refusal(error, "documents", country) from None
        return documents.judge(reply.value, treatment.patient_id, country=country,
                               country_name=french_name(country),
                               home_community=self._home_community(country))

    def summary(self, treatment: Treatment, identified: Identified, pair: DocumentPair) -> OpenedSummary:
        """ITI-39 for each level that is listed, checked; or ``StepRefused`` (see ``sesali.summary``)."""
        self._check_valid(treatment)
        results: dict[Level, Document | StepRefused] = {}
        entries: tuple[tuple[Level, DocumentEntry | None], ...] = ((3, pair.level3), (1, pair.level1))
        for level, entry in entries:
            if entry is not None:
                results[level] = self._retrieve(treatment, identified, entry)
        return summary.combine(treatment.country, results)

    # -- inside ----------------------------------------------------------------------------------------

    def _retrieve(self, treatment: Treatment, identified: Identified, entry: DocumentEntry
                  ) -> Document | StepRefused:
        country = treatment.country
        request = summary.request_for(entry, self._home_community(country))
        try:
            reply = self._client.retrieve(country, request, treatment.assertions)
            return summary.accept(reply.value, request, entry, identified.patient,
                                  country_name=french_name(country), judge=self._judge)
        except EhdsiError as error:
            return self._refusal(error, "retrieve", country)

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

    def close(self) -> None:
        """Stop the workers and close all connections."""
        self._bulkheads.close()
        self._client.close()
        self._directory.close()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()
