"""How documents travel in ITI-39: the MIME package, its root, its parts, and the bytes in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from countries import Persona
from ehdsi import mtom, oids
from ehdsi.errors import MalformedMime, TransportFailure
from ehdsi.media_type import parse_media_type
from onboarding.bench import Asked, Bench
from onboarding.catalogue import check
from onboarding.checks.retrieval import NEEDS, every, place
from onboarding.letters import ACTIONS
from onboarding.looking import documents
from onboarding.model import Observation, Skip
from onboarding.stimuli import letter

XOP = f"{{{oids.NS_XOP}}}"


@check(
    id="MTOM-PACKAGE",
    title="the package can be taken apart",
    requirement="A-RET-02",
    chapter="mtom",
    needs=("ITI-38",),
)
def package(bench: Bench) -> Iterator[Observation]:
    """Boundary, root part, headers, end; what is no answer at all is left to the chapter on SOAP."""
    seen = 0
    for persona, level in documents(bench):
        try:
            problem = bench.retrieved(persona, level).reply.problem
        except (Skip, TransportFailure):
            continue
        seen += 1
        if isinstance(problem, MalformedMime):
            yield Observation(
                what=problem.what,
                where=f"{place(persona, level)} {problem.where}",
                got=problem.got,
                expected=problem.expected,
                clause=problem.clause,
                hint=problem.hint,
            )
    if not seen:
        raise Skip("no document could be retrieved")


@every(
    "MTOM-INCLUDES",
    "every reference has its part, and every part its reference",
    ("A-RET-02", "X-RET-09"),
    "mtom",
)
def includes(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """xop:Include/@href and Content-ID."""
    from urllib.parse import unquote

    where = place(persona, level, "xop:Include")
    wanted = {
        unquote((one.get("href") or "").removeprefix("cid:"))
        for one in asked.reply.payload.iter(f"{XOP}Include")
    }
    there = set(asked.reply.parts)
    if wanted - there:
        yield Observation(
            what="a reference leads to no part",
            where=where,
            expected="a part for each reference",
            got=f"{len(wanted - there)} without",
            clause="W3C XOP 1.0, 3.2",
        )
    if there - wanted:
        yield Observation(
            what="the package holds parts that nobody asked for",
            where=where,
            expected="none",
            got=f"{len(there - wanted)} part(s)",
            clause="W3C XOP 1.0, 3.1",
        )


@every("MTOM-ROOT", "the root part is XOP, and the package says so", "A-RET-02", "mtom", "should")
def root(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """application/xop+xml of SOAP 1.2, where the answer is a package that names its type and start."""
    found = asked.reply.package
    if found is None or not found.multipart:
        return
    if found.content_type.name != "application/xop+xml":
        yield Observation(
            what="the root part has another media type",
            where=place(persona, level, "root part"),
            expected="application/xop+xml",
            got=found.content_type.name,
            clause="W3C XOP 1.0, 5",
        )
    announced = asked.reply.media
    for name, wanted in (
        ("type", "application/xop+xml"),
        ("start", ""),
        ("start-info", "application/soap+xml"),
    ):
        said = announced.get(name) if announced is not None else ""
        if not said or not said.lower().startswith(wanted):
            yield Observation(
                what="the package does not say what its root is, or where",
                where=place(persona, level, f"Content-Type, {name}"),
                expected=wanted or "the Content-ID of the root part",
                got=said[:60] or "none",
                clause="W3C XOP 1.0, 5; RFC 2387, 3",
            )


@every("MTOM-TYPES", "parts say what they are", "A-RET-02", "mtom", "should")
def types(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """text/xml or application/xml, UTF-8; identifiers in angle brackets; binary, not encoded again."""
    if re.search(rb"(?im)^Content-Transfer-Encoding:[ \t]*(?:base64|quoted-printable)", asked.reply.content):
        yield Observation(
            what="a part is encoded again as if it travelled by mail",
            where=place(persona, level, "Content-Transfer-Encoding"),
            expected="binary",
            got="another encoding",
            clause="W3C XOP 1.0, 4; RFC 2045, 6",
        )
    for content_id in re.findall(rb"(?im)^Content-ID:[ \t]*([^\r\n]*)", asked.reply.content):
        if not (content_id.startswith(b"<") and content_id.rstrip().endswith(b">")):
            yield Observation(
                what="a part's identifier lacks its angle brackets",
                where=place(persona, level, "Content-ID"),
                expected="<…>",
                got="bare",
                clause="RFC 2045, 7",
            )
    for part in asked.reply.parts.values():
        try:
            media = parse_media_type(part.content_type) if part.content_type else None
        except MalformedMime:
            media = None
        if media is None or media.name not in ("text/xml", "application/xml", "application/octet-stream"):
            yield Observation(
                what="a part has an odd media type",
                where=place(persona, level, "Content-Type"),
                expected="text/xml;charset=UTF-8",
                got=part.content_type[:60] or "none",
            )
        elif media.get("charset").upper() not in ("", "UTF-8"):
            yield Observation(
                what="a part is declared in another character set than UTF-8",
                expected="UTF-8",
                where=place(persona, level, "Content-Type"),
                got=media.get("charset")[:20],
            )


@every("MTOM-BYTES", "documents are UTF-8, with nothing around them", ("A-RET-02", "X-XML-01"), "mtom")
def octets(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """They decode, begin with the XML declaration or the root, and hold no DTD."""
    for document in asked.reply.retrieved().documents:
        where = place(persona, level, "Document")
        try:
            text = document.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            yield Observation(
                what="the document is not UTF-8",
                where=where,
                expected="UTF-8",
                got=f"byte {error.start}",
                clause="XML 1.0, 4.3.3",
            )
            continue
        declared = text[:200].partition("encoding=")[2][1:].partition('"')[0].partition("'")[0]
        if text.startswith("<?xml") and declared and declared.upper() not in ("UTF-8", "US-ASCII"):
            yield Observation(
                what="the declaration names another encoding than the bytes have",
                where=where,
                expected="UTF-8",
                got=declared[:20],
                clause="XML 1.0, 4.3.3",
            )
        if not text.startswith("<"):
            yield Observation(
                what="something stands before the document",
                where=where,
                expected="<?xml or <",
                got=f"{len(text) - len(text.lstrip())} blanks",
                clause="XML 1.0, 2.8",
            )
        if "<!DOCTYPE" in text[:2000]:
            yield Observation(
                what="the document has a document type declaration",
                where=where,
                expected="none",
                got="DOCTYPE",
                clause="eHDSI patient summary, PS-001",
            )


@check(
    id="MTOM-REQUEST",
    title="a request packed as MTOM is taken",
    requirement="A-RET-02",
    chapter="mtom",
    level="should",
    needs=NEEDS,
)
def mtom_request(bench: Bench) -> Iterator[Observation]:
    """The reference implementation sends its own requests so."""
    sent = letter(bench, "ITI-39")
    kind, content = mtom.join(sent.octets(), {}, boundary="examination", action=ACTIONS["ITI-39"])
    reply = bench.send(replace(sent, content=content, content_type=kind))
    if reply.fault is not None or not reply.retrieved().documents:
        yield Observation(
            what="a request packed as MTOM is not served",
            where="ITI-39",
            expected="a document",
            got=f"Fault {reply.fault.code}" if reply.fault else "none",
            clause="W3C MTOM 1.0",
        )


@check(
    id="MTOM-PLAIN",
    title="the answer of ITI-55 is no package",
    requirement="A-SOAP-02",
    chapter="mtom",
    level="should",
    needs=("ITI-55",),
)
def plain(bench: Bench) -> Iterator[Observation]:
    """MTOM belongs to ITI-39 only."""
    found = bench.asked(bench.good).reply.package
    if found is not None and found.multipart:
        yield Observation(
            what="ITI-55 is answered as a MIME package",
            where="ITI-55 Content-Type",
            expected="application/soap+xml",
            got="multipart/related",
        )


@check(
    id="MTOM-ADDRESSING",
    title="misnamed addressing headers of the reference client are borne",
    requirement="X-BEH-01",
    chapter="mtom",
    level="should",
    needs=NEEDS,
)
def misnamed(bench: Bench) -> Iterator[Observation]:
    """It writes To, Action and MessageID of ITI-39 in the namespace of the anonymous address."""
    sent = letter(bench, "ITI-39").raw(
        lambda octets: octets.replace(f'"{oids.NS_WSA}"'.encode(), f'"{oids.WSA_ANONYMOUS}"'.encode())
    )
    reply = bench.send(sent)
    if reply.fault is not None:
        yield Observation(
            what="addressing headers in the wrong namespace are fatal",
            where="ITI-39",
            expected="a document",
            got=f"Fault {reply.fault.code}",
            severity="warning",
        )
