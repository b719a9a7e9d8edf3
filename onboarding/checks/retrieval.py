"""ITI-39 and its packaging: the document that was listed comes, whole, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from countries import Persona
from ehdsi import oids
from ehdsi.errors import PeerError
from ehdsi.registry import STATUS_SUCCESS
from onboarding.bench import Asked, Bench, Fetched
from onboarding.catalogue import check
from onboarding.expect import unreadable
from onboarding.looking import documents, observed, of_rules, traces
from onboarding.model import Level, Observation, Skip
from onboarding.stimuli import document_ids, letter

NEEDS = ("ITI-39",)
HL7 = f"{{{oids.NS_HL7}}}"
XOP = f"{{{oids.NS_XOP}}}"
Look = Callable[[Bench, Persona, int, Asked], Iterator[Observation]]


def every(
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


def place(persona: Persona, level: int, part: str = "") -> str:
    """Where an observation is: the patient, the level of the document, and the part of the message."""
    return f"{persona.key} ITI-39 level {level} {part}".rstrip()


@every(
    "RET-SUCCESS", "every listed document comes, with success", ("A-RET-01", "A-XCA-08", "N-33", "X-ERR-02")
)
def success(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """Success, one document, no error."""
    where = place(persona, level)
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


@every("RET-IDS", "the answer repeats the requested ids", ("A-RET-01", "X-RET-09"))
def ids(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """Home community, repository and document, unchanged."""
    wanted = asked.letter.documents[0]
    for document in asked.reply.retrieved().documents:
        for name in ("home_community_id", "repository_unique_id", "document_unique_id"):
            if getattr(document, name) != getattr(wanted, name):
                yield Observation(
                    what="the answer names another document than was requested",
                    where=place(persona, level, name),
                    expected="the requested id",
                    got="another",
                )


@every("RET-MIME", "the media type is text/xml", "A-RET-01")
def mime(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """For level 1 too."""
    for document in asked.reply.retrieved().documents:
        if document.mime_type.split(";")[0].strip() != "text/xml":
            yield Observation(
                what="the media type is another",
                where=place(persona, level, "mimeType"),
                expected="text/xml",
                got=document.mime_type[:40],
            )


@every("RET-FORM", "the answer has the structure of its schema", ("A-RET-01", "X-XCA-10", "A-ERR-01"))
def form(bench: Bench, persona: Persona, level: int, asked: Asked) -> Iterator[Observation]:
    """What the reader noticed."""
    for finding in asked.reply.retrieved().findings:
        if finding.severity != "info":
            yield observed(finding, place(persona, level))


def _document(
    id: str,
    title: str,
    requirement: str | tuple[str, ...],
    level: Level = "must",
) -> Callable[[Callable[[Bench, Persona, Fetched], Iterator[Observation]]], object]:
    """A check of every document that came."""

    def enter(look: Callable[[Bench, Persona, Fetched], Iterator[Observation]]) -> object:
        @every(id, title, requirement, level=level)
        def examine(bench: Bench, persona: Persona, wanted: int, asked: Asked) -> Iterator[Observation]:
            yield from look(bench, persona, bench.document(persona, wanted))

        return look

    return enter


@_document("RET-SIZE", "size and hash of the list are those of the bytes", "A-RET-04", level="should")
def size(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Where the list states them."""
    where = place(persona, found.entry.level or 0)
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
            where=place(persona, found.entry.level or 0),
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
            where=place(persona, found.entry.level or 0, "/ClinicalDocument/id"),
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
            where=place(persona, found.entry.level or 0, "recordTarget/patientRole/id"),
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
            where=place(persona, found.entry.level or 0, "component"),
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
    level="should",
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
