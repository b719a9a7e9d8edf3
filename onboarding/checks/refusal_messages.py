"""N-26, N-30 to N-41, N-43: queries that must not be served, and messages that no honest peer sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from ehdsi.errors import PeerError
from ehdsi.registry import STATUS_SUCCESS
from onboarding import stimuli as ways
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.deviations import deviation
from onboarding.expect import Refusal, refused, served, unreadable
from onboarding.letters import STEPS, Letter, Step
from onboarding.looking import traces
from onboarding.model import Observation, Omit, Skip
from onboarding.stimuli import Stimulus, enter, letter

SIGNIFIER = "ERROR_GENERIC_SERVICE_SIGNIFIER_UNKNOWN"
MISSING = ("XDSMissingDocument", "XDSDocumentUniqueIdError")
CONSENT = ("no_consent", "insufficient_rights")

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c '
    '"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY d SYSTEM "file:///etc/hostname">]>'


def _queries() -> Iterator[Stimulus]:
    codes = {"fault": "query-class-faults"}
    yield _query(
        "N-34",
        "CLASS",
        "an unknown class code",
        ways.of_class("99999-9"),
        Refusal(codes=(SIGNIFIER, "4202"), known=codes),
    )
    yield _query(
        "N-35",
        "CLASS",
        "a class that is not offered",
        ways.of_class("34133-9"),
        Refusal(codes=(SIGNIFIER, "4202")),
    )
    yield _query(
        "N-36",
        "CLASS",
        "no class code",
        ways.slot("$XDSDocumentEntryClassCode", None),
        Refusal(codes=("XDSStoredQueryMissingParam",), known=codes),
    )
    bad = Refusal(
        codes=("XDSRegistryError", "XDSUnknownPatientId", "XDSStoredQueryMissingParam"),
        known={"code:1102": "query-bad-patient-id-as-1102"},
    )
    yield _query(
        "N-37",
        "UNQUOTED",
        "a patient id without quotes",
        ways.slot("$XDSDocumentEntryPatientId", "1^^^&2.999&ISO"),
        bad,
    )
    yield _query(
        "N-37", "MALFORMED", "a patient id that is no CX", ways.slot("$XDSDocumentEntryPatientId", "'1'"), bad
    )
    yield _query(
        "N-38",
        "QUERY",
        "an unknown stored query",
        lambda bench: bench.writer.query(
            bench.patient(bench.good), stored_query_id=f"urn:uuid:{bench.writer.new_id()}"
        ),
        Refusal(codes=("XDSUnknownStoredQuery",), known={"served": "query-id-ignored"}),
    )
    yield _query(
        "N-26",
        "PATIENT",
        "a query for another patient than the TRC assertion names",
        _other_patient,
        Refusal(
            codes=("4206",),
            known={"code:1102": "query-trc-patient-served", "continued": "query-trc-patient-served"},
        ),
    )


def _query(number: str, name: str, title: str, make: ways.Make, wanted: Refusal) -> Stimulus:
    return Stimulus(
        id=f"{number}-{name}", title=title, requirement=number, step="ITI-38", make=make, wanted=wanted
    )


def _other_patient(bench: Bench) -> Letter:
    good = letter(bench, "ITI-38")
    return replace(good, body=bench.writer.query(bench.patient(bench.other)).body)


def _retrievals() -> Iterator[Stimulus]:
    wanted = Refusal(codes=MISSING)
    known = (
        ("REPOSITORY", "an unknown repository", lambda b: ("2.999.1", ways.document_ids(b)[1])),
        ("DOCUMENT", "an unknown document", lambda b: (ways.document_ids(b)[0], "2.999.1^none")),
    )
    for name, title, ids in known:
        yield Stimulus(
            id=f"N-39-{name}",
            title=title,
            requirement=("N-39", "A-RET-06"),
            step="ITI-39",
            wanted=wanted,
            make=partial(_of_ids, ids),
        )
    yield Stimulus(
        id="N-39-FOREIGN",
        title="a document of another patient",
        step="ITI-39",
        wanted=wanted,
        requirement=("A-RET-07", "N-39"),
        make=_foreign_document,
    )
    yield Stimulus(
        id="N-39-COMMUNITY",
        title="a document of another home community",
        step="ITI-39",
        requirement="N-39",
        wanted=Refusal(codes=("XDSUnknownCommunity", *MISSING)),
        make=lambda bench: bench.writer.retrieve(
            bench.patient(bench.good), [ways.document_ids(bench)], home="2.999.7"
        ),
    )


def _of_ids(ids: Callable[[Bench], tuple[str, str]], bench: Bench) -> Letter:
    return bench.writer.retrieve(bench.patient(bench.good), [ids(bench)])


def _foreign_document(bench: Bench) -> Letter:
    levels = sorted(bench.country.documents.levels, reverse=True)
    entry = bench.entry(bench.other, levels[0])
    return bench.writer.retrieve(bench.patient(bench.good), [(entry.repository_unique_id, entry.unique_id)])


for _table in (_queries, _retrievals):
    enter(_table())


@check(
    id="N-30-RECEIVER",
    title="a query to another home community",
    requirement="N-30",
    chapter="refusal",
    needs=("ITI-55",),
)
def receiver(bench: Bench) -> Iterator[Observation]:
    """AE with AnswerNotAvailable, nobody returned."""
    sent = bench.writer.discovery(bench.traits(bench.good), receiver="2.999.55.9")
    wanted = Refusal(codes=("ERROR_PI_GENERIC",), issue="AnswerNotAvailable")
    yield from refused(bench.send(sent), wanted)


@check(
    id="N-32-NO-IDENTIFIER",
    title="a query without any identifier",
    requirement=("N-32", "A-XCPD-11"),
    chapter="refusal",
    needs=("ITI-55",),
)
def no_identifier(bench: Bench) -> Iterator[Observation]:
    """DemographicsQueryNotAllowed, or a wish for more traits; never a match."""
    person = bench.good
    traits = replace(
        bench.traits(person),
        identifiers=(),
        birth_date=person.birth_time[:8],
        name=person.name,
        gender=person.gender,
    )
    reply = bench.send(bench.writer.discovery(traits))
    yield from refused(reply, Refusal(codes=("ERROR_PI_GENERIC", "ERROR_PI_NO_MATCH"), issue=""))
    issues = {one.code for one in reply.discovery().issues}
    if None in issues:
        yield deviation(
            "xcpd-reason-lost", where="ITI-55 reasonOf/detectedIssueEvent", expected="a code", got="none"
        )
    elif not issues & {"DemographicsQueryNotAllowed", "AdditionalDemographicsRequested"}:
        yield Observation(
            what="the refusal does not say that an identifier is needed",
            where="ITI-55 reasonOf",
            expected="DemographicsQueryNotAllowed",
            got=", ".join(str(one) for one in issues) or "no issue",
            clause="eHDSI XCPD 2.1",
        )
    yield from traces(reply.content.replace(_echoed(reply.content), b""), bench)


def _echoed(content: bytes) -> bytes:
    """The echo of the query inside an answer, which may hold what was asked."""
    start, end = content.find(b"queryByParameter"), content.rfind(b"queryByParameter")
    return content[start:end] if 0 <= start < end else b"\0"


@check(
    id="N-33-CONSENT",
    title="patients who have not agreed, or whose data the law withholds",
    requirement=("N-33", "X-ERR-02"),
    chapter="refusal",
    needs=("ITI-55",),
)
def consent(bench: Bench) -> Iterator[Observation]:
    """The refusal comes at the step and with the code that the pack promises, and nothing else is told."""
    persons = bench.personas(*CONSENT)
    if not persons:
        raise Omit("the pack has no patient who refused")
    for persona in persons:
        wanted = Refusal(codes=(persona.behaviour.code,), known={"continued": "consent-lists-anyway"})
        step = persona.behaviour.step
        if step == "identification":
            reply = bench.asked(persona).reply
            yield from refused(reply, wanted)
            yield from traces(reply.content.replace(_echoed(reply.content), b""), bench, persona)
        elif step == "query":
            yield from refused(bench.listed(persona).reply, wanted)


@check(
    id="N-33-CONSENT-RETRIEVE",
    title="a document of a patient who has not agreed",
    requirement="N-33",
    chapter="refusal",
    needs=("ITI-39",),
)
def consent_retrieve(bench: Bench) -> Iterator[Observation]:
    """Even with a guessed document id nothing leaves, and the answer names the lack of consent."""
    persons = [one for one in bench.personas("no_consent") if one.behaviour.step != "identification"]
    if not persons:
        raise Omit("the pack has no patient who refused after identification")
    repository = bench.country.oids.document_root
    for persona in persons:
        reply = bench.send(bench.writer.retrieve(bench.patient(persona), [(repository, f"{repository}^1")]))
        yield from refused(reply, Refusal(codes=(persona.behaviour.code, *MISSING)))


@check(
    id="N-40-TWO-DOCUMENTS",
    title="two documents in one request",
    requirement="N-40",
    chapter="retrieve",
    needs=("ITI-39",),
)
def two_documents(bench: Bench) -> Iterator[Observation]:
    """Both are answered."""
    if len(bench.country.documents.levels) < 2:
        raise Omit("the country offers one level only")
    asked = [ways.document_ids(bench, level) for level in (3, 1)]
    reply = bench.send(bench.writer.retrieve(bench.patient(bench.good), asked))
    try:
        answer = reply.retrieved()
    except PeerError as error:
        yield unreadable(reply, error)
        return
    if len(answer.documents) == 1:
        yield deviation("retrieve-first-request-only", where="ITI-39 DocumentResponse", expected="2", got="1")
    elif len(answer.documents) != 2 or answer.status != STATUS_SUCCESS:
        yield Observation(
            what="two requested documents were not both answered",
            where="ITI-39",
            expected="2",
            got=str(len(answer.documents)),
            clause="IHE ITI-43 3.43.4.2",
        )


# -- attacks -----------------------------------------------------------------------------------------------


def with_doctype(sent: Letter, doctype: str, inside: bytes) -> Letter:
    """A document type declaration before the root, and a reference to ``&d;`` behind this text."""

    def change(message: bytes) -> bytes:
        head, _, rest = message.partition(b"?>")
        before, tag, after = rest.partition(inside)
        if not tag:
            raise Skip("the message has no place for the entity")
        return head + b"?>" + doctype.encode() + before + tag + b"&d;" + after

    return sent.raw(change)


def refused_message(bench: Bench, sent: Letter, seconds: float = 5.0) -> Iterator[Observation]:
    """A message that is no honest request: refused quickly by a fault or an HTTP error, and nothing leaks."""
    reply = bench.send(sent)
    if reply.fault is None and reply.status < 400:
        yield served(sent.step, f"HTTP {reply.status} without a fault", Refusal(codes=("SOAP Fault Sender",)))
    if reply.fault is not None and reply.fault.code == "Receiver":
        yield deviation(
            "fault-code-receiver",
            where=f"{sent.step} Fault/Code",
            expected="Sender",
            got="Receiver",
            clause="SOAP 1.2 part 1, 5.4.6",
        )
    if reply.seconds > seconds:
        yield Observation(
            what="the refusal took long",
            where=sent.step,
            expected=f"{seconds:g} s",
            got=f"{reply.seconds:.1f} s",
            clause="X-LOAD-01",
        )
    yield from traces(reply.content, bench, bench.good)


def _enter_attacks() -> None:
    body, assertion = b":Body>", b'urn:ehdsi:assertions:hcp">'
    for step in STEPS:
        for name, doctype in (("BOMB", BOMB), ("EXTERNAL", EXTERNAL)):
            for place, inside in (("BODY", body), ("ASSERTION", assertion)):

                def examine(
                    bench: Bench, step: Step = step, doctype: str = doctype, inside: bytes = inside
                ) -> Iterator[Observation]:
                    yield from refused_message(bench, with_doctype(letter(bench, step), doctype, inside))

                check(
                    id=f"N-41-{name}-{place}-{step}",
                    requirement=("N-41", "X-XML-01"),
                    chapter="refusal",
                    title=f"{'an entity bomb' if name == 'BOMB' else 'an external entity'} in the "
                    f"{place.lower()} ({step})",
                    needs=(step,),
                )(examine)


_enter_attacks()


def _with_blanks(octets: bytes) -> bytes:
    """Ten megabytes of blanks before the end tag of the body: well-formed, and pointless."""
    end = octets.rfind(b"</", 0, octets.rfind(b"Body>"))
    return octets[:end] + b" " * 10_000_000 + octets[end:]


@check(
    id="N-43-LARGE",
    title="ten megabytes of blanks behind the query",
    requirement=("N-43", "X-LOAD-01"),
    chapter="refusal",
    needs=("ITI-55",),
    alone=True,
)
def large(bench: Bench) -> Iterator[Observation]:
    """Served or refused, but answered, and the next request is served."""
    reply = bench.send(letter(bench, "ITI-55").raw(_with_blanks))
    if reply.status >= 500 and reply.fault is None:
        yield Observation(
            what="a large request ends in an internal error",
            where="ITI-55",
            expected="an answer, or HTTP 413",
            got=f"HTTP {reply.status}",
            clause="N-43",
        )
    after = bench.send(letter(bench, "ITI-55"))
    if not after.discovery().patients:
        yield Observation(
            what="after a large request the next one is not served",
            where="ITI-55",
            expected="a match",
            got="none",
            clause="N-43",
        )
