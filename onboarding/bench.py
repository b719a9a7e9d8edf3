"""The bench on which a candidate is examined: sends letters, remembers what several checks look at.

TLS certificates of the candidate are not insisted upon while letters are exchanged: the patients are
invented, a chapter of its own judges the certificates, and one wrong certificate must not hide every other
finding.
"""

from __future__ import annotations

import random
import ssl
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from countries import Country, Persona
from ehdsi import oids, smp, xca_query, xca_retrieve, xcpd, xml
from ehdsi.cda.datatypes import Identifier
from ehdsi.errors import EhdsiError, LocalError, PeerError, TransportFailure
from ehdsi.search_mask import IdentifierGroup, SearchMask
from ehdsi.terminology import Terminology
from ehdsi.traits import Traits
from ehdsi.trust import TrustAnchors
from ehdsi.xml import XmlElement
from exchange.directory import Service
from exchange.http import Answer, Courier, Limits
from onboarding.keys import load_seal
from onboarding.letters import Letter, Step, Writer
from onboarding.model import Omit, Skip
from onboarding.recorder import Recorder
from onboarding.replies import Reply, take_apart
from onboarding.target import Target

_T = TypeVar("_T")

#: Failures after which nothing more is sent when they follow one upon the other.
MOST_FAILURES = 4

SERVICES: dict[Step, Service] = {"ITI-55": Service.ITI_55, "ITI-38": Service.ITI_38, "ITI-39": Service.ITI_39}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A golden letter and the reply to it."""

    letter: Letter
    reply: Reply


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A document that was retrieved: where it was listed, what came, and its parsed root."""

    entry: xca_query.DocumentEntry
    answer: xca_retrieve.RetrieveAnswer
    reply: Reply = field(repr=False)
    content: bytes = field(repr=False)
    root: XmlElement = field(repr=False)


class Bench:
    """Everything that checks share. Safe for use by several threads."""

    def __init__(
        self,
        country: Country,
        target: Target,
        *,
        clock: Callable[[], datetime],
        seed: int,
        answer_seconds: float,
        terminology: Callable[[], Terminology],
    ) -> None:
        self.country = country
        self.target = target
        self.clock = clock
        self.seed = seed
        self.recorder = Recorder()
        self.anchors = TrustAnchors.from_pem(_bytes(target.tls.ca))
        self.limits = Limits(connect=min(5.0, answer_seconds), read=answer_seconds, total=answer_seconds * 2)
        self.timings: dict[str, list[float]] = defaultdict(list)
        self.writer = Writer(
            country=country.code,
            home_community=country.oids.home_community,
            clock=clock,
            seal=load_seal(target.seal_certificate, target.seal_key),
            new_id=_ids(seed),
        )
        self._terminology = terminology
        self._lock = threading.Lock()
        self._locks: dict[object, threading.Lock] = defaultdict(threading.Lock)
        self._made: dict[object, tuple[Any, EhdsiError | None, list[str]]] = {}
        self._couriers: dict[str, Courier] = {}
        self._failed_in_a_row = 0
        self.dead = ""

    # -- remembered ----------------------------------------------------------------------------------------

    def once(self, key: object, make: Callable[[], _T]) -> _T:
        """The value of ``make``, made once; what it raised is raised again for whoever asks later."""
        with self._lock:
            one_at_a_time = self._locks[key]
        with one_at_a_time:
            if key not in self._made:
                with self.recorder.noted() as names:
                    try:
                        self._made[key] = (make(), None, names)
                    except EhdsiError as error:
                        self._made[key] = (None, error, names)
            else:
                self.recorder.refer(self._made[key][2])
        value, failure, _ = self._made[key]
        if failure is not None:
            raise failure
        return cast(_T, value)

    @property
    def terminology(self) -> Terminology:
        """The terminology of the project."""
        return self.once("terminology", self._terminology)

    # -- persons -------------------------------------------------------------------------------------------

    def personas(self, *answers: str) -> tuple[Persona, ...]:
        """The named patients of the pack with one of these behaviours."""
        return tuple(one for one in self.country.personas if one.behaviour.answer in answers)

    @property
    def good(self) -> Persona:
        """The canary: the first patient for whom everything is promised to work."""
        return self._good(0)

    @property
    def other(self) -> Persona:
        """A second patient for whom everything works."""
        return self._good(1)

    def _good(self, number: int) -> Persona:
        found = [one for one in self.personas("ok") if one.summary is not None]
        if len(found) <= number:
            raise Omit(f"the pack has fewer than {number + 1} patients with an ordinary summary")
        return found[number]

    def traits(self, persona: Persona) -> Traits:
        """What a clinician with this person's papers types into the mask of the pack."""
        return typed_traits(self.country.search_mask, persona)

    # -- exchange ------------------------------------------------------------------------------------------

    def url(self, step: Step) -> str:
        """Where a transaction is offered: what the SMP says if it can be read, else what the world says."""
        said = self.target.xcpd if step == "ITI-55" else self.target.xca
        try:
            published = self.published(SERVICES[step].entry)
            endpoints = published.endpoints(SERVICES[step].entry)
        except EhdsiError:
            endpoints = ()
        usable = [
            one.uri for one in endpoints if one.uri.startswith("https://") and one.is_active(self.clock())
        ]
        url = usable[-1] if usable else said
        if not url:
            raise Skip(f"no address for {step}: neither the SMP nor the world names a usable one")
        return url

    def send(self, letter: Letter, *, url: str = "") -> Reply:
        """Post a letter and take the answer apart.

        Raises
        ------
        TransportFailure : nothing usable came back.
        Skip : the candidate was given up before.
        """
        if self.dead:
            raise Skip(self.dead)
        url = url or self.url(letter.step)
        begin = time.perf_counter()
        try:
            answer = self.courier(url).post(
                url, step=letter.step, content=letter.octets(), content_type=letter.content_type
            )
        except TransportFailure as failure:
            self._count(failure)
            raise
        self._failed_in_a_row = 0
        seconds = time.perf_counter() - begin
        last = self.recorder.last
        return take_apart(
            step=letter.step,
            status=answer.status,
            headers=last.headers if last else (),
            content=answer.body,
            content_type=answer.content_type,
            request_id=letter.message_id,
            seconds=seconds,
        )

    def get(self, url: str, step: str) -> Answer:
        """GET from the SMP. Raises ``TransportFailure``."""
        return self.courier(url).get(url, step=step, country=self.country.code)

    def courier(self, url: str) -> Courier:
        """The connections to the host of this address."""
        host = urlsplit(url).netloc
        with self._lock:
            if host not in self._couriers:
                self._couriers[host] = Courier(
                    self.country.code,
                    verify=lenient_context(self.target),
                    limits=self.limits,
                    on_message=self.recorder,
                )
            return self._couriers[host]

    def _count(self, failure: TransportFailure) -> None:
        """Give the candidate up after several failures in a row: saying so once is enough."""
        if failure.kind == "http":
            return
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= MOST_FAILURES:
            self.dead = f"the candidate stopped answering ({failure.kind}); the rest was not asked"

    def close(self) -> None:
        """Close all connections."""
        for courier in self._couriers.values():
            courier.close()

    # -- the SMP -------------------------------------------------------------------------------------------

    def metadata_root(self, service: smp.Service) -> XmlElement:
        """The SignedServiceMetadata of a service as it came.

        Raises
        ------
        TransportFailure, PeerError : the SMP is away, or has no readable entry.
        """
        return self.once(("metadata", service.name), lambda: self._metadata(service))

    def _metadata(self, service: smp.Service) -> XmlElement:
        path = smp.service_metadata_path(smp.participant(self.country.code), service.document_identifier)
        answer = self.get(self.target.smp.rstrip("/") + path, f"SMP {service.name}")
        if answer.status != 200:
            raise PeerError(
                f"the SMP has no entry for {service.name}",
                where=path,
                expected="HTTP 200",
                got=f"HTTP {answer.status}",
                clause="OASIS BDX-SMP 1.0, 2.3",
            )
        return xml.parse(answer.body)

    def published(self, service: smp.Service) -> smp.ServiceInformation:
        """What the SMP says about a service, its signatures not looked at."""
        element = self.metadata_root(service).find(f"{{{oids.NS_SMP}}}ServiceMetadata")
        if element is None:
            raise PeerError("the signed service metadata are empty", expected="ServiceMetadata")
        metadata = smp.parse_service_metadata(element)
        if isinstance(metadata, smp.Redirect):
            raise PeerError("the SMP redirects, which this examination does not follow", got="Redirect")
        return metadata

    # -- golden exchanges ----------------------------------------------------------------------------------

    def asked(self, persona: Persona) -> Asked:
        """The golden ITI-55 of a patient."""
        return self.once(
            ("ITI-55", persona.key), lambda: self._ask(self.writer.discovery(self.traits(persona)))
        )

    def listed(self, persona: Persona) -> Asked:
        """The golden ITI-38 of a patient."""
        return self.once(("ITI-38", persona.key), lambda: self._ask(self.writer.query(self.patient(persona))))

    def retrieved(self, persona: Persona, level: int) -> Asked:
        """The golden ITI-39 of a patient's document."""
        return self.once(("ITI-39", persona.key, level), lambda: self._retrieve(persona, level))

    def _ask(self, letter: Letter) -> Asked:
        reply = self.send(letter)
        self.timings[letter.step].append(reply.seconds * 1000)
        return Asked(letter=letter, reply=reply)

    def _retrieve(self, persona: Persona, level: int) -> Asked:
        entry = self.entry(persona, level)
        ids = (entry.repository_unique_id, entry.unique_id)
        return self._ask(self.writer.retrieve(self.patient(persona), [ids]))

    def patient(self, persona: Persona) -> Identifier:
        """The identifier that ITI-55 returned, the pack's where it returned none."""
        try:
            found = self.discovery(persona).patients
        except EhdsiError:
            found = ()
        usable = found[0].identifiers[:1] if found else ()
        return usable[0] if usable and usable[0].root and usable[0].extension else persona.primary_identifier

    def discovery(self, persona: Persona) -> xcpd.DiscoveryAnswer:
        """The answer of the golden ITI-55, or ``Skip`` when there is no readable one."""
        return self.once(
            ("discovery", persona.key),
            lambda: self._readable("ITI-55", lambda: self.asked(persona).reply.discovery()),
        )

    def match(self, persona: Persona) -> xcpd.MatchedPatient:
        """The patient whom the golden ITI-55 found; ``Skip`` when it found nobody."""
        found = self.discovery(persona).patients
        if not found:
            raise Skip(f"ITI-55 did not find {persona.key}")
        return found[0]

    def listing(self, persona: Persona) -> xca_query.DocumentList:
        """The answer of the golden ITI-38, or ``Skip``."""
        return self.once(
            ("listing", persona.key),
            lambda: self._readable("ITI-38", lambda: self.listed(persona).reply.listing()),
        )

    def entry(self, persona: Persona, level: int) -> xca_query.DocumentEntry:
        """The listed document of this level, or ``Skip``."""
        found = [one for one in self.listing(persona).entries if one.level == level]
        if not found:
            raise Skip(f"ITI-38 lists no document of level {level} for {persona.key}")
        return found[0]

    def document(self, persona: Persona, level: int) -> Fetched:
        """A retrieved document, parsed; ``Skip`` when there is none."""
        return self.once(("document", persona.key, level), lambda: self._document(persona, level))

    def _document(self, persona: Persona, level: int) -> Fetched:
        entry = self.entry(persona, level)
        reply = self.retrieved(persona, level).reply
        answer = self._readable("ITI-39", reply.retrieved)
        if not answer.documents:
            raise Skip(f"ITI-39 gave no document of level {level} for {persona.key}")
        content = answer.documents[0].content
        root = self._readable("the document", lambda: xml.parse(content, large_text=True))
        return Fetched(entry=entry, answer=answer, reply=reply, content=content, root=root)

    def _readable(self, what: str, read: Callable[[], _T]) -> _T:
        try:
            return read()
        except TransportFailure as failure:
            raise Skip(f"{what}: no answer ({failure.kind})") from None
        except PeerError as error:
            raise Skip(f"{what}: the answer cannot be read ({error.what})") from None


def lenient_context(target: Target) -> ssl.SSLContext:
    """TLS with our client certificate that takes any server certificate; see the head of this module."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.load_cert_chain(str(target.tls.certificate), str(target.tls.key))
    except (OSError, ssl.SSLError) as error:
        raise LocalError(f"cannot use the TLS client certificate {target.tls.certificate}: {error}") from None
    return context


def typed_traits(mask: SearchMask, persona: Persona) -> Traits:
    """What a clinician types into the form of this mask; of alternatives the first that can be filled."""
    held = {one.root: one for one in (*persona.identifiers, *persona.shared_identifiers)}
    identifiers: list[Identifier] = []
    for block in mask.patient.blocks:
        groups = [group for group in block.groups if _can_fill(group, held)] or list(block.groups)
        for group in groups[:1] if block.choice else groups:
            identifiers += [held[one.domain] for one in group.fields if one.domain in held]
    born = persona.birth_time[:8]
    asks_birth = mask.patient.birth_date is not None and len(born) == 8
    texts = {one.label for one in mask.patient.texts if one.mandatory}
    return Traits(
        identifiers=tuple(identifiers),
        birth_date=born if asks_birth else None,
        gender=persona.gender if mask.patient.gender is not None else None,
        name=persona.name if texts & {"familyName", "firstName"} else None,
    )


def _can_fill(group: IdentifierGroup, held: dict[str | None, Identifier]) -> bool:
    return any(one.domain in held for one in group.fields) and all(
        one.domain in held for one in group.fields if one.mandatory
    )


def _ids(seed: int) -> Callable[[], str]:
    """UUIDs, the same in every run of the same seed (their order depends on the threads)."""
    source = random.Random(seed)  # noqa: S311 - identifiers of an examination, no secrets
    lock = threading.Lock()

    def new_id() -> str:
        with lock:
            return str(uuid.UUID(int=source.getrandbits(128), version=4))

    return new_id


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalError(f"cannot read the trust anchors {path}: {error.strerror}") from None
