"""A recorded exchange: what a foreign NCP answered to one journey, with other people in it.

A recording is a folder: ``recording.json`` says what was asked and which file answers it; the answers are XML
files, documents apart from the message that carried them. The printed level is left out, because names cannot
be replaced inside a PDF; a page that says so stands in its place.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ehdsi import mtom, soap, xca_retrieve, xcpd, xml
from ehdsi.errors import LocalError, PeerError
from ehdsi.oids import NS_HL7, NS_RIM
from ehdsi.xml import XmlElement
from simulators.replay.pseudonyms import Pseudonyms, learn_all

_FILE = "recording.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A request and its answer as they were on the wire; ``step`` is ``ITI-55``, ``ITI-38`` or ``ITI-39``."""

    step: str
    request: bytes
    content_type: str
    response: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A kept answer.

    Attributes
    ----------
    step : of the journey.
    asked : document ids of an ITI-39 request; empty for the others.
    message : the SOAP envelope of the answer; of ITI-39 with references to ``documents``.
    documents : by content id.
    """

    step: str
    asked: tuple[str, ...]
    message: bytes
    documents: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The answers of one country to one journey.

    ``identifiers`` are what the patient is asked for with, as (root, extension); ``birth_date`` likewise, or
    empty.
    """

    country: str
    identifiers: tuple[tuple[str, str], ...]
    birth_date: str
    answers: tuple[Answer, ...]

    def save(self, folder: Path) -> Path:
        """Write the recording; returns the path of its table of contents."""
        folder.mkdir(parents=True, exist_ok=True)
        contents: list[dict[str, Any]] = []
        for number, answer in enumerate(self.answers, start=1):
            name = f"{number:02d}-{answer.step}"
            (folder / f"{name}.xml").write_bytes(answer.message)
            files = {}
            for place, (cid, document) in enumerate(answer.documents, start=1):
                files[cid] = f"{name}-document-{place}.xml"
                (folder / files[cid]).write_bytes(document)
            contents.append(
                {"step": answer.step, "asked": answer.asked, "message": f"{name}.xml", "documents": files}
            )
        patient = {"identifiers": self.identifiers, "birth_date": self.birth_date}
        path = folder / _FILE
        value = {"country": self.country, "patient": patient, "answers": contents}
        path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, folder: Path) -> Recording:
        """Read a recording; raises ``LocalError`` when the folder holds none."""
        try:
            value = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            return cls(
                country=value["country"],
                identifiers=tuple((root, extension) for root, extension in value["patient"]["identifiers"]),
                birth_date=value["patient"]["birth_date"],
                answers=tuple(_answer(folder, one) for one in value["answers"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LocalError(f"{folder} holds no recording that can be read: {error}") from None


def _answer(folder: Path, one: dict[str, Any]) -> Answer:
    return Answer(
        step=one["step"],
        asked=tuple(one["asked"]),
        message=(folder / one["message"]).read_bytes(),
        documents=tuple((cid, (folder / name).read_bytes()) for cid, name in one["documents"].items()),
    )


def record(country: str, heard: tuple[Heard, ...], *, seed: str = "") -> Recording:
    """Keep what was heard, with other names and identifiers.

    Parameters
    ----------
    country : ISO code of the country that answered.
    heard : requests and answers in order; answers that were no SOAP messages are left out.
    seed : other seeds give other names.

    Raises
    ------
    LocalError : nothing that could be replayed, no identification among it.
    """
    taken = [one for one in map(_taken, heard) if one is not None]
    query = next((one.query for one in taken if one.query is not None), None)
    if query is None:
        raise LocalError("nothing was recorded: no identification was answered with a SOAP message")
    people = Pseudonyms(f"{country}:{seed}")
    learn_all(people, (part for one in taken for part in one.parts))
    answers = tuple(_replaced(one, people) for one in taken)
    sizes = {name: content for answer in answers for name, content in _by_id(answer)}
    return Recording(
        country=country,
        identifiers=tuple(
            (one.root or "", people.value(one.extension or "")) for one in query.traits.identifiers
        ),
        birth_date=people.value(query.traits.birth_date or ""),
        answers=tuple(_fitting(answer, sizes) for answer in answers),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """An exchange taken apart; ``parts`` are all the XML in it."""

    answer: Answer
    query: xcpd.PatientQuery | None
    parts: tuple[bytes, ...]


def _taken(heard: Heard) -> _Taken | None:
    try:
        package = mtom.split(heard.content_type, heard.response)
        envelope = soap.parse_envelope(package.root)
        asked = mtom.split("application/soap+xml", heard.request)
        request = soap.parse_envelope(asked.root)
        documents: tuple[tuple[str, bytes], ...] = ()
        names: tuple[str, ...] = ()
        query = xcpd.parse_request(request.body) if heard.step == "ITI-55" else None
        if heard.step == "ITI-39":
            wanted = xca_retrieve.parse_request(request.body)
            names = tuple(one.document_unique_id for one in wanted.documents)
            found = xca_retrieve.parse_response(envelope.body, lambda cid: package.parts[cid].read())
            message, documents = _packed(found, envelope)
        else:
            message = package.root
    except PeerError:
        return None
    answer = Answer(step=heard.step, asked=names, message=message, documents=documents)
    return _Taken(answer=answer, query=query, parts=(asked.root, message, *(one for _, one in documents)))


def _packed(
    found: xca_retrieve.RetrieveAnswer, envelope: soap.Envelope
) -> tuple[bytes, tuple[tuple[str, bytes], ...]]:
    """The answer with its documents outside of the message, whatever way they came."""
    numbers = iter(range(1, len(found.documents) + 1))
    built = xca_retrieve.build_response(found, lambda: f"document-{next(numbers)}@replay")
    message = soap.build_envelope(
        built.element, action=envelope.action, message_id=envelope.message_id, relates_to=envelope.relates_to
    )
    return message, tuple((cid, bytes(content)) for cid, content in dict(built.attachments).items())


def _replaced(taken: _Taken, people: Pseudonyms) -> Answer:
    documents = tuple((cid, people.message(_without_pdf(content))) for cid, content in taken.answer.documents)
    wrapped = [people.message(_wrap(name)) for name in taken.answer.asked]
    asked = tuple(xml.parse(one).text or "" for one in wrapped)
    return replace(
        taken.answer, message=people.message(taken.answer.message), documents=documents, asked=asked
    )


def _wrap(text: str) -> bytes:
    """A text as XML, so that it goes the same way as the messages in which it stands."""
    from lxml import etree

    element = etree.Element("text")
    element.text = text
    return xml.serialise(element)


def _without_pdf(content: bytes) -> bytes:
    root = xml.parse(content, large_text=True)
    for body in root.iter(f"{{{NS_HL7}}}nonXMLBody"):
        for text in body.iter(f"{{{NS_HL7}}}text"):
            text.text = b64encode(_LEFT_OUT).decode("ascii")
    return xml.serialise(root)


def _by_id(answer: Answer) -> list[tuple[str, bytes]]:
    return list(zip(answer.asked, (content for _, content in answer.documents), strict=False))


def _fitting(answer: Answer, sizes: dict[str, bytes]) -> Answer:
    """A list whose sizes and hashes are those of the documents as they are now."""
    if answer.step != "ITI-38":
        return answer
    root = xml.parse(answer.message)
    for entry in root.iter(f"{{{NS_RIM}}}ExtrinsicObject"):
        names = {one.get("value") for one in entry.iter(f"{{{NS_RIM}}}ExternalIdentifier")}
        content = next((sizes[name] for name in names if name in sizes), None)
        if content is not None:
            digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
            _set_slot(entry, "size", str(len(content)))
            _set_slot(entry, "hash", digest)
    return replace(answer, message=xml.serialise(root))


def _set_slot(entry: XmlElement, name: str, value: str) -> None:
    for slot in entry.iter(f"{{{NS_RIM}}}Slot"):
        if slot.get("name") == name:
            for element in slot.iter(f"{{{NS_RIM}}}Value"):
                element.text = value


def _page(line: str) -> bytes:
    """A PDF of one page with one line."""
    stream = f"BT /F1 14 Tf 60 760 Td ({line}) Tj ET".encode("ascii")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length " + str(len(stream)).encode() + b">>stream\n" + stream + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += str(number).encode() + b" 0 obj" + content + b"endobj\n"
    table = b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n" + str(len(body)).encode() + b"\n%%EOF\n"
    return body + table + end


_LEFT_OUT = _page("The printed level was left out of this recording.")
