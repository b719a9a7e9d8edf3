"""Robustness: parallel callers, odd requests, no hidden sessions."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ehdsi.traits import Traits
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.checks.refusal_messages import refused_message
from onboarding.letters import STEPS, Step, Twist
from onboarding.looking import traces
from onboarding.model import Observation, Omit
from onboarding.stimuli import letter, stranger_id


@check(
    id="ROB-PARALLEL",
    title="parallel queries for different patients do not mix",
    requirement="X-LOAD-01",
    chapter="robustness",
    needs=("ITI-55",),
    alone=True,
)
def parallel(bench: Bench) -> Iterator[Observation]:
    """Twelve at a time; each caller gets their own patient."""
    wanted = {one.key: bench.match(one) for one in (bench.good, bench.other)}
    turns = [bench.good, bench.other] * 6
    with ThreadPoolExecutor(12) as pool:
        replies = list(
            pool.map(lambda one: (one, bench.send(bench.writer.discovery(bench.traits(one)))), turns)
        )
    for persona, reply in replies:
        found = reply.discovery().patients
        if len(found) != 1 or found[0] != wanted[persona.key]:
            yield Observation(
                what="a parallel query got another answer than a single one",
                where="ITI-55",
                expected="the same patient",
                got=f"{len(found)} subject(s), or another",
                hint="look for state that requests share",
            )
            return


@check(
    id="ROB-PARALLEL-RETRIEVE",
    title="parallel retrieves give each their own document",
    requirement="X-LOAD-01",
    chapter="robustness",
    needs=("ITI-39",),
    alone=True,
)
def parallel_retrieve(bench: Bench) -> Iterator[Observation]:
    """Six at a time, byte by byte."""
    level = max(bench.country.documents.levels)
    wanted = {one.key: bench.document(one, level) for one in (bench.good, bench.other)}

    def ask(persona: object) -> tuple[str, bytes]:
        one = bench.good if persona == bench.good.key else bench.other
        entry = wanted[one.key].entry
        sent = bench.writer.retrieve(bench.patient(one), [(entry.repository_unique_id, entry.unique_id)])
        documents = bench.send(sent).retrieved().documents
        return one.key, documents[0].content if documents else b""

    with ThreadPoolExecutor(6) as pool:
        for key, content in pool.map(ask, [bench.good.key, bench.other.key] * 3):
            if content != wanted[key].content:
                yield Observation(
                    what="a parallel retrieve got other bytes than a single one",
                    where="ITI-39",
                    expected="the same document",
                    got=f"{len(content)} bytes, others",
                )
                return


@check(
    id="ROB-ORDER",
    title="steps can be repeated in any order",
    requirement="X-BEH-02",
    chapter="robustness",
    needs=("ITI-38", "ITI-39"),
)
def order(bench: Bench) -> Iterator[Observation]:
    """Retrieve before query, query without a new identification: no hidden session."""
    for step in ("ITI-39", "ITI-38", "ITI-39"):
        reply = bench.send(letter(bench, step))
        if reply.fault is not None or (step == "ITI-39" and not reply.retrieved().documents):
            yield Observation(
                what="a step depends on the steps before it",
                where=step,
                expected="an answer",
                got="none",
                clause="eHDSI Messaging Profile",
            )


@check(
    id="ROB-FRESH",
    title="a new connection changes nothing",
    requirement="X-BEH-02",
    chapter="robustness",
    needs=("ITI-38",),
)
def fresh(bench: Bench) -> Iterator[Observation]:
    """The query on a connection of its own, without the identification before it."""
    import httpx

    from onboarding.bench import lenient_context

    sent = letter(bench, "ITI-38")
    try:
        with httpx.Client(
            verify=lenient_context(bench.target), timeout=bench.limits.read, trust_env=False
        ) as client:
            answer = client.post(
                bench.url("ITI-38"),
                content=sent.octets(),
                headers={"Content-Type": sent.content_type, "Connection": "close"},
            )
    except httpx.TransportError as error:
        yield Observation(
            what="a request on a connection of its own is not answered",
            where="ITI-38",
            expected="an answer",
            got=type(error).__name__,
            clause="RFC 9112, 9",
        )
        return
    if answer.status_code != 200 or b"ExtrinsicObject" not in answer.content:
        yield Observation(
            what="a query on a connection of its own is answered differently",
            where="ITI-38",
            expected="the list",
            got=f"HTTP {answer.status_code}",
            clause="eHDSI Messaging Profile",
        )


@check(
    id="ROB-CHUNKED",
    title="chunked requests are read",
    requirement="X-BEH-01",
    chapter="robustness",
    level="should",
    needs=("ITI-55",),
)
def chunked(bench: Bench) -> Iterator[Observation]:
    """The reference implementation sends its requests in chunks."""
    import httpx

    from onboarding.bench import lenient_context

    sent = letter(bench, "ITI-55")
    octets = sent.octets()
    try:
        with httpx.Client(
            verify=lenient_context(bench.target), timeout=bench.limits.read, trust_env=False
        ) as client:
            answer = client.post(
                bench.url("ITI-55"),
                content=iter((octets[:500], octets[500:])),
                headers={"Content-Type": sent.content_type},
            )
    except httpx.TransportError as error:
        yield Observation(
            what="a chunked request is not answered",
            where="ITI-55",
            expected="an answer",
            got=type(error).__name__,
            clause="RFC 9112, 7.1",
        )
        return
    if answer.status_code != 200 or b"registrationEvent" not in answer.content:
        yield Observation(
            what="a chunked request is answered differently",
            where="ITI-55",
            expected="a match",
            got=f"HTTP {answer.status_code}",
            clause="RFC 9112, 7.1",
        )


def _odd(id: str, title: str, spoil: object, requirement: str | tuple[str, ...] = "X-XML-01") -> None:
    """A check that these bytes instead of a message are turned away at each transaction."""
    for step in STEPS:

        def examine(bench: Bench, step: Step = step) -> Iterator[Observation]:
            sent = letter(bench, step)
            yield from refused_message(bench, replace(sent, content=spoil(sent.octets())))  # type: ignore[operator]

        check(
            id=f"ROB-{id}-{step}",
            title=f"{title} ({step})",
            requirement=requirement,
            chapter="robustness",
            needs=(step,),
        )(examine)


_odd("EMPTY", "an empty body is turned away", lambda octets: b"")
_odd("GARBAGE", "bytes that are no XML are turned away", lambda octets: bytes(range(256)) * 4)
_odd("HALF", "half a message is turned away", lambda octets: octets[: len(octets) // 2])
_odd(
    "NUL",
    "illegal characters are turned away",
    lambda octets: octets.replace(b"Hospital", b"Hosp\x00ital", 1),
)
_odd(
    "LATIN1",
    "bytes in another encoding than declared are turned away",
    lambda octets: octets.replace(b"Durand", "Duránd".encode("latin-1"), 1),
)
_odd(
    "DEEP",
    "a message nested ten thousand deep is turned away",
    lambda octets: octets.replace(b"Body>", b"Body>" + b"<a>" * 10_000 + b"</a>" * 10_000, 1),
    "X-LOAD-01",
)


@check(
    id="ROB-BOM",
    title="a byte order mark is borne",
    requirement="X-XML-01",
    chapter="robustness",
    level="should",
    needs=("ITI-55",),
)
def mark(bench: Bench) -> Iterator[Observation]:
    """UTF-8 may begin with one."""
    reply = bench.send(letter(bench, "ITI-55").raw(lambda octets: b"\xef\xbb\xbf" + octets))
    if reply.fault is not None:
        yield Observation(
            what="a byte order mark is fatal",
            where="ITI-55",
            expected="an answer",
            got="a fault",
            severity="warning",
        )


@check(
    id="ROB-AFTER",
    title="after all this the canary is still served",
    requirement="X-LOAD-01",
    chapter="robustness",
    needs=("ITI-55", "ITI-38", "ITI-39"),
    alone=True,
)
def after(bench: Bench) -> Iterator[Observation]:
    """Identification, list and document, once more."""
    for step in STEPS:
        reply = bench.send(letter(bench, step))
        if reply.fault is not None or reply.envelope is None:
            yield Observation(
                what="after the odd requests the service does not serve",
                where=step,
                expected="an answer",
                got=f"HTTP {reply.status}",
            )


@check(
    id="ROB-REFUSAL-TIME",
    title="a refusal takes as long for a known patient as for an unknown one",
    requirement="X-PRIV-02",
    chapter="robustness",
    level="should",
    needs=("ITI-55",),
    alone=True,
)
def refusal_time(bench: Bench) -> Iterator[Observation]:
    """Median of five each; half a second of difference would tell who is known."""
    known = bench.traits(bench.good)
    nobody = replace(known, identifiers=tuple(stranger_id(one) for one in known.identifiers))
    refused = Twist(hcp={"audiences": ("urn:example:other",)})
    medians = []
    for traits in (known, nobody):
        times = []
        for _ in range(5):
            assertions = bench.writer.assertions("ITI-55", bench.good.primary_identifier, refused)
            times.append(bench.send(bench.writer.discovery(traits, assertions=assertions)).seconds)
        medians.append(sorted(times)[2])
    for pair in (medians, _of_refusing_patients(bench, nobody)):
        if pair and abs(pair[0] - pair[1]) > 0.5:
            yield Observation(
                what="the time of a refusal tells whether the patient is known",
                where="ITI-55",
                expected="the same time",
                got=f"{pair[0]:.2f} s and {pair[1]:.2f} s",
            )


def _of_refusing_patients(bench: Bench, nobody: Traits) -> list[float]:
    """Seconds of the answer for somebody who may not be identified, and for nobody; empty without such."""
    persons = [one for one in bench.personas("no_consent", "insufficient_rights")
               if one.behaviour.step == "identification"]  # fmt: skip
    if not persons:
        return []
    asked = (bench.traits(persons[0]), nobody)
    return [min(bench.send(bench.writer.discovery(one)).seconds for _ in range(2)) for one in asked]


@check(
    id="ROB-USER-AGENT",
    title="the kind of client software does not matter",
    requirement="X-BEH-01",
    chapter="robustness",
    needs=("ITI-55",),
)
def user_agent(bench: Bench) -> Iterator[Observation]:
    """The same request as two other programs would send it."""
    import httpx

    from onboarding.bench import lenient_context

    with httpx.Client(
        verify=lenient_context(bench.target), timeout=bench.limits.read, trust_env=False
    ) as client:
        for name in ("Axis2", "Apache-HttpClient/4.5 (Java/17)", ""):
            sent = letter(bench, "ITI-55")
            try:
                answer = client.post(
                    bench.url("ITI-55"),
                    content=sent.octets(),
                    headers={"Content-Type": sent.content_type, "User-Agent": name},
                )
            except httpx.TransportError as error:
                yield Observation(
                    what="a client is not answered",
                    where=f"User-Agent {name}",
                    expected="an answer",
                    got=type(error).__name__,
                )
                continue
            if answer.status_code != 200 or b"registrationEvent" not in answer.content:
                yield Observation(
                    what="the answer depends on the client software",
                    where=f"User-Agent {name or 'none'}",
                    expected="a match",
                    got=f"HTTP {answer.status_code}",
                    clause="RFC 9110, 10.1.5",
                )


@check(
    id="ROB-REFUSAL-WORDS",
    title="the words of a refusal do not describe the patient",
    requirement="X-PRIV-02",
    chapter="robustness",
    level="should",
    needs=("ITI-55",),
)
def refusal_words(bench: Bench) -> Iterator[Observation]:
    """Neither names nor documents are mentioned."""
    persons = bench.personas("no_consent", "insufficient_rights")
    if not persons:
        raise Omit("no patient of the pack refuses")
    for persona in persons:
        reply = (bench.asked if persona.behaviour.step == "identification" else bench.listed)(persona).reply
        if persona.behaviour.step != "identification":
            yield from traces(reply.content, bench, persona)
