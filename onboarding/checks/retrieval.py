"""ITI-39 and its packaging: the document that was listed comes, whole, and nothing else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from countries import Persona
from ehdsi import mtom, oids
from ehdsi.errors import MalformedMime, PeerError
from ehdsi.media_type import parse_media_type
from ehdsi.registry import STATUS_SUCCESS
from onboarding.bench import Asked, Bench, Fetched
from onboarding.catalogue import check
from onboarding.expect import unreadable
from onboarding.letters import ACTIONS
from onboarding.looking import documents, observed, of_rules, traces
from onboarding.model import Level, Observation, Skip
from onboarding.stimuli import document_ids, letter

NEEDS = ("ITI-39",)
HL7 = f"{{{oids.NS_HL7}}}"
XOP = f"{{{oids.NS_XOP}}}"
Look = Callable[[Bench, Persona, int, Asked], Iterator[Observation]]


def _each(
    id: str, title: str, requirement: str | tuple[str, ...], chapter: str = "retrieve", level: Level = "must"
) -> Callable[[Look], Look]:
    """A check of every retrieve of every promised document."""

    def enter(look: Look) -> Look:
        def examine(bench: Bench) -> Iterator[Observation]:
            seen, reason = 0, "the pack promises no document"
            for persona, wanted in documents(bench):
                try:
                    yield from look(bench, persona, wanted, bench.retrieved(persona, wanted))
                    seen += 1
                except Skip as skip:
                    reason = str(skip)
            if not seen:
                raise Skip(reason)

        check(id=id, title=title, requirement=requirement, chapter=chapter, level=level, needs=NEEDS)(examine)
        return look

    return enter


def _where(persona: Persona, level: int, place: str = "") -> str:
    return f"{persona.key} ITI-39 level {level} {place}".rstrip()


@_each(
    "RET-SUCCESS", "every listed document comes, with success", ("A-RET-01", "A-XCA-08", "N-33", "X-ERR-02")
)
def success(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """Success, one document, no error."""
    where = _where(persona, level)
    try:
        answer = asked.reply.retrieved()
    except PeerError as error:
        yield replace(unreadable(asked.reply, error), where=where)
        return
    errors = [one for one in answer.errors if persona.behaviour.answer == "ok"]
    if answer.status != STATUS_SUCCESS or errors:
        yield Observation(
            what="an ordinary retrieve is not a plain success",
            where=where,
            expected="Success",
            got=", ".join(one.code for one in errors) or str(answer.status)[-20:],
        )
    if len(answer.documents) != 1:
        yield Observation(
            what="the answer does not hold the one requested document",
            where=where,
            expected="1",
            got=str(len(answer.documents)),
        )


@_each("RET-IDS", "the answer repeats the requested ids", ("A-RET-01", "X-RET-09"))
def ids(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """Home community, repository and document, unchanged."""
    wanted = asked.letter.documents[0]
    for document in asked.reply.retrieved().documents:
        for name in ("home_community_id", "repository_unique_id", "document_unique_id"):
            if getattr(document, name) != getattr(wanted, name):
                yield Observation(
                    what="the answer names another document than was requested",
                    where=_where(persona, level, name),
                    expected="the requested id",
                    got="another",
                )


@_each("RET-MIME", "the media type is text/xml", "A-RET-01")
def mime(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """For level 1 too."""
    for document in asked.reply.retrieved().documents:
        if document.mime_type.split(";")[0].strip() != "text/xml":
            yield Observation(
                what="the media type is another",
                where=_where(persona, level, "mimeType"),
                expected="text/xml",
                got=document.mime_type[:40],
            )


@_each("RET-FORM", "the answer has the structure of its schema", ("A-RET-01", "X-XCA-10", "A-ERR-01"))
def form(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """What the reader noticed."""
    for finding in asked.reply.retrieved().findings:
        if finding.severity != "info":
            yield observed(finding, _where(persona, level))


def _document(
    id: str,
    title: str,
    requirement: str | tuple[str, ...],
    level: Level = "must",
) -> Callable[[Callable[[Bench, Persona, Fetched], Iterator[Observation]]], object]:
    """A check of every document that came."""

    def enter(look: Callable[[Bench, Persona, Fetched], Iterator[Observation]]) -> object:
        @_each(id, title, requirement, level=level)
        def examine(bench: Bench, persona: Persona, wanted: int, asked: Asked) -> Iterator[Observation]:
            yield from look(bench, persona, bench.document(persona, wanted))

        return look

    return enter


@_document("RET-SIZE", "size and hash of the list are those of the bytes", "A-RET-04", level="should")
def size(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Where the list states them."""
    where = _where(persona, found.entry.level or 0)
    if found.entry.size is not None and found.entry.size != len(found.content):
        yield Observation(
            what="the size of the list is not that of the document",
            where=f"{where} size",
            expected=str(found.entry.size),
            got=str(len(found.content)),
        )
    digest = hashlib.sha1(found.content, usedforsecurity=False).hexdigest()
    if found.entry.hash is not None and found.entry.hash.lower() != digest:
        yield Observation(
            what="the hash of the list is not that of the document",
            where=f"{where} hash",
            expected=found.entry.hash[:40],
            got=digest,
        )


@_document("RET-CDA", "the document is a CDA", "A-RET-03")
def cda(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Its root is ClinicalDocument."""
    if found.root.tag != f"{HL7}ClinicalDocument":
        yield Observation(
            what="the document is no CDA",
            where=_where(persona, found.entry.level or 0),
            expected="ClinicalDocument",
            got=str(found.root.tag).rpartition("}")[2][:40],
        )


@_document("RET-DOCUMENT-ID", "the CDA's id is the unique id of the list", "A-RET-03")
def document_id(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """``root`` or ``root^extension``."""
    element = found.root.find(f"{HL7}id")
    root, extension = (element.get("root"), element.get("extension")) if element is not None else (None, None)
    text = f"{root}^{extension}" if extension else str(root)
    if text != found.entry.unique_id:
        yield Observation(
            what="the document has another id than the list",
            expected="the unique id of the list",
            where=_where(persona, found.entry.level or 0, "/ClinicalDocument/id"),
            got=text[:100],
        )


@_document("RET-PATIENT", "the document is about the patient of the TRC assertion", ("A-RET-03", "X-CON-01"))
def patient(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """One of recordTarget/patientRole/id is the identifier of ITI-55."""
    wanted = bench.patient(persona)
    listed = [
        (one.get("root"), one.get("extension"))
        for one in found.root.iterfind(f"{HL7}recordTarget/{HL7}patientRole/{HL7}id")
    ]
    if (wanted.root, wanted.extension) not in listed:
        yield Observation(
            what="the document is about another patient",
            expected="the identifier of ITI-55",
            where=_where(persona, found.entry.level or 0, "recordTarget/patientRole/id"),
            got="another one" if listed else "none",
            hint="withhold the document and look for the cause at once",
        )


@_document("RET-LEVEL", "the document is of the level that the list says", ("A-RET-03", "X-XCA-09"))
def level_of(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """structuredBody for level 3, nonXMLBody for level 1."""
    coded = found.root.find(f"{HL7}component/{HL7}structuredBody") is not None
    if coded != (found.entry.level == 3):
        yield Observation(
            what="the document is of another level than its entry",
            where=_where(persona, found.entry.level or 0, "component"),
            got=f"level {3 if coded else 1}",
            expected=f"level {found.entry.level}",
        )


@check(
    id="RET-STABLE",
    title="a document id gives the same bytes each time",
    requirement="X-RET-08",
    chapter="retrieve",
    needs=NEEDS,
)
def stable(bench: Bench) -> Iterator[Observation]:
    """Three retrieves."""
    level = max(bench.country.documents.levels)
    first = bench.document(bench.good, level).content
    for _ in range(2):
        again = bench.send(letter(bench, "ITI-39")).retrieved().documents
        if not again or again[0].content != first:
            yield Observation(
                what="the same document id gives other bytes",
                where="ITI-39 Document",
                expected=f"{len(first)} bytes, the same",
                clause="IHE ITI TF-3 4.2.3.2.26",
                got="none" if not again else f"{len(again[0].content)} bytes, others",
            )
            return


@check(
    id="RET-NO-HOME",
    title="a request without home community is answered",
    requirement="X-BEH-01",
    chapter="retrieve",
    level="may",
    needs=NEEDS,
)
def no_home(bench: Bench) -> Iterator[Observation]:
    """IHE wants it, some gateways leave it out."""
    sent = bench.writer.retrieve(bench.patient(bench.good), [document_ids(bench)], home=None)
    if not bench.send(sent).retrieved().documents:
        yield Observation(
            what="a request without home community is not answered",
            where="ITI-39",
            expected="a document",
            got="none",
            severity="warning",
        )


@check(
    id="RET-MISSING-TEXT",
    title="the error for an unknown document tells nothing",
    requirement="A-ERR-01",
    chapter="retrieve",
    needs=NEEDS,
)
def missing_text(bench: Bench) -> Iterator[Observation]:
    """Code and sentence, no name, no internals."""
    repository = document_ids(bench)[0]
    reply = bench.send(bench.writer.retrieve(bench.patient(bench.good), [(repository, "2.999.1^none")]))
    yield from of_rules(reply.retrieved().findings, "A-ERR-01")
    if not all(one.code and one.context.strip() for one in reply.retrieved().errors):
        yield Observation(
            what="an error lacks its code or its sentence",
            where="ITI-39 RegistryError",
            expected="both",
            got="less",
            clause="ebXML RegRep 3.0, rs.xsd",
        )
    yield from traces(reply.content, bench, bench.good)


# -- packaging ---------------------------------------------------------------------------------------------


@_each("MTOM-PACKAGE", "the package can be taken apart", "A-RET-02", "mtom")
def package(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """Boundary, root part, headers, end."""
    problem = asked.reply.problem
    if isinstance(problem, MalformedMime):
        yield Observation(
            what=problem.what,
            where=f"{_where(persona, level)} {problem.where}",
            got=problem.got,
            expected=problem.expected,
            clause=problem.clause,
            hint=problem.hint,
        )


@_each(
    "MTOM-INCLUDES",
    "every reference has its part, and every part its reference",
    ("A-RET-02", "X-RET-09"),
    "mtom",
)
def includes(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """xop:Include/@href and Content-ID."""
    from urllib.parse import unquote

    where = _where(persona, level, "xop:Include")
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


@_each("MTOM-ROOT", "the root part is XOP", "A-RET-02", "mtom", "should")
def root(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """application/xop+xml of SOAP 1.2, where the answer is a package."""
    found = asked.reply.package
    if found is None or not found.multipart:
        return
    if found.content_type.name != "application/xop+xml":
        yield Observation(
            what="the root part has another media type",
            where=_where(persona, level, "root part"),
            expected="application/xop+xml",
            got=found.content_type.name,
            clause="W3C XOP 1.0, 5",
        )


@_each("MTOM-TYPES", "parts say what they are", "A-RET-02", "mtom", "should")
def types(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """text/xml or application/xml, UTF-8; identifiers in angle brackets."""
    for content_id in re.findall(rb"(?im)^Content-ID:[ \t]*([^\r\n]*)", asked.reply.content):
        if not (content_id.startswith(b"<") and content_id.rstrip().endswith(b">")):
            yield Observation(
                what="a part's identifier lacks its angle brackets",
                where=_where(persona, level, "Content-ID"),
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
                where=_where(persona, level, "Content-Type"),
                expected="text/xml;charset=UTF-8",
                got=part.content_type[:60] or "none",
            )
        elif media.get("charset").upper() not in ("", "UTF-8"):
            yield Observation(
                what="a part is declared in another character set than UTF-8",
                expected="UTF-8",
                where=_where(persona, level, "Content-Type"),
                got=media.get("charset")[:20],
            )


@_each("MTOM-BYTES", "documents are UTF-8, with nothing around them", ("A-RET-02", "X-XML-01"), "mtom")
def octets(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """They decode, begin with the XML declaration or the root, and hold no DTD."""
    for document in asked.reply.retrieved().documents:
        where = _where(persona, level, "Document")
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
    level="may",
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
