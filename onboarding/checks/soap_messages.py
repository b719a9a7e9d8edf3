"""HTTP, SOAP and WS-Addressing: how messages are wrapped, and what is not a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ehdsi import oids, xml
from ehdsi.media_type import soap_content_type
from onboarding.bench import Bench
from onboarding.catalogue import bound, check
from onboarding.deviations import deviation
from onboarding.letters import RESPONSE_ACTIONS, STEPS, Step
from onboarding.looking import traces
from onboarding.model import Level, Observation
from onboarding.replies import Reply
from onboarding.stimuli import letter

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
PAYLOADS = {
    "ITI-55": f"{{{oids.NS_HL7}}}PRPA_IN201306UV02",
    "ITI-38": f"{{{oids.NS_QUERY}}}AdhocQueryResponse",
    "ITI-39": f"{{{oids.NS_XDS}}}RetrieveDocumentSetResponse",
}
Look = Callable[[Bench, Reply], Iterator[Observation]]


def golden(bench: Bench, step: Step) -> Reply:
    """The reply to the golden request of a step."""
    if step == "ITI-55":
        return bench.asked(bench.good).reply
    if step == "ITI-38":
        return bench.listed(bench.good).reply
    return bench.retrieved(bench.good, max(bench.country.documents.levels)).reply


def _look_at(
    bench: Bench, look: Look, ask: Callable[[Bench, Step], Reply], step: Step
) -> Iterator[Observation]:
    """Ask, then look at the reply."""
    yield from look(bench, ask(bench, step))


def _golden(
    id: str, title: str, requirement: str | tuple[str, ...], *, level: Level = "must", needs: bool = True
) -> Callable[[Look], Look]:
    """A check of the golden reply of each of the three transactions."""

    def enter(look: Look) -> Look:
        for step in STEPS:
            check(
                id=f"{id}-{step}",
                title=f"{title} ({step})",
                requirement=requirement,
                chapter="soap",
                level=level,
                needs=(step,) if needs else (),
            )(bound(_look_at, look, golden, step))
        return look

    return enter


@_golden(
    "HTTP-WHOLE",
    "an answer comes, whole, with a fitting status and media type",
    ("X-HTTP-01", "X-HTTP-03", "A-SOAP-02", "A-SOAP-05", "A-RET-02", "X-XML-01", "X-SOAP-07"),
    needs=False,
)
def whole(bench: Bench, reply: Reply) -> Iterator[Observation]:
    """One complete HTTP message with status 200 and a SOAP envelope in it."""
    where = f"{reply.step} HTTP"
    if reply.envelope is None:
        problem = reply.problem
        yield Observation(
            what="the answer to a correct request is no SOAP message",
            where=where,
            expected="application/soap+xml or multipart/related",
            got=f"HTTP {reply.status}, {reply.header('content-type')[:60] or 'no content type'}",
            hint=problem.what if problem else "",
            clause="SOAP 1.2 part 2, 7",
        )
    elif reply.fault is None and reply.status != 200:
        yield Observation(
            what="a payload came with an HTTP status of an error",
            where=where,
            expected="200",
            got=str(reply.status),
            clause="SOAP 1.2 part 2, table 17",
        )
    elif reply.fault is not None:
        yield Observation(
            what="a correct request was answered with a SOAP Fault",
            where=where,
            expected="an answer",
            got=f"Fault {reply.fault.code}",
            clause="SOAP 1.2 part 1, 5.4",
            severity="error",
        )


@_golden(
    "HTTP-HEADERS",
    "headers are few, honest, and ask for no session",
    ("X-HTTP-02", "X-BEH-02"),
    level="should",
)
def headers(bench: Bench, reply: Reply) -> Iterator[Observation]:
    """Less than 32 kB of headers, no compression, no cookies."""
    where = f"{reply.step} HTTP headers"
    size = sum(len(key) + len(value) + 4 for key, value in reply.headers)
    if size > 32_000:
        yield Observation(
            what="the headers are very large",
            where=where,
            expected="below 32 kB",
            got=f"{size} bytes",
            clause="RFC 9110, 5.4",
        )
    if reply.header("content-encoding") not in ("", "identity"):
        yield Observation(
            what="the body is compressed although that was not asked for",
            where=where,
            expected="identity",
            got=reply.header("content-encoding")[:20],
            clause="RFC 9110, 8.4",
        )
    if reply.header("set-cookie"):
        yield Observation(
            what="the service sets a cookie",
            where=where,
            expected="none",
            got="Set-Cookie",
            hint="every request stands for itself",
            clause="eHDSI Messaging Profile",
        )


@_golden("SOAP-MEDIA", "media type and character set fit", ("A-SOAP-02", "X-XML-01"))
def media(bench: Bench, reply: Reply) -> Iterator[Observation]:
    """application/soap+xml, or MTOM in ITI-39; UTF-8 where a character set is named."""
    allowed = (
        ("application/soap+xml", "multipart/related") if reply.step == "ITI-39" else ("application/soap+xml",)
    )
    where, name = f"{reply.step} Content-Type", reply.media.name if reply.media else ""
    if name not in allowed:
        yield Observation(
            what="the media type is not that of this answer",
            where=where,
            expected=" or ".join(allowed),
            got=name or "none",
            clause="SOAP 1.2 part 2, 7.1.4",
        )
    charset = dict(reply.media.parameters).get("charset", "utf-8") if reply.media else "utf-8"
    if charset.lower() not in ("utf-8", "utf8"):
        yield Observation(
            what="the character set is another than UTF-8",
            where=where,
            expected="UTF-8",
            got=charset[:20],
            clause="eHDSI Messaging Profile",
        )


@_golden("SOAP-ACTION", "the answer carries the action of its transaction", "A-SOAP-03")
def action(bench: Bench, reply: Reply) -> Iterator[Observation]:
    """wsa:Action of the response."""
    found = reply.envelope.action if reply.envelope else ""
    wanted = RESPONSE_ACTIONS[reply.step]  # type: ignore[index]
    if found != wanted:
        yield Observation(
            what="the answer carries another action, or none",
            where=f"{reply.step} /Envelope/Header/Action",
            expected=wanted,
            got=found[:100] or "none",
            clause="WS-Addressing 1.0 SOAP binding, 6.4.1",
        )


@_golden("SOAP-RELATES", "the answer relates to the message asked", "A-SOAP-03")
def relates(bench: Bench, reply: Reply) -> Iterator[Observation]:
    """wsa:RelatesTo is our MessageID; absent is unusual, another one is wrong."""
    found = reply.envelope.relates_to if reply.envelope else ""
    if found != reply.request_id:
        yield Observation(
            what="the answer relates to another message"
            if found
            else "the answer does not say which message it answers",
            where=f"{reply.step} /Envelope/Header/RelatesTo",
            expected="our MessageID",
            got="another" if found else "none",
            severity="error" if found else "warning",
            clause="WS-Addressing 1.0 core, 3.2",
        )


@_golden("SOAP-MESSAGE-ID", "the answer has an identifier of its own", "X-SOAP-08", level="should")
def message_id(bench: Bench, reply: Reply) -> Iterator[Observation]:
    """A URI, other than ours."""
    found = reply.envelope.message_id if reply.envelope else ""
    if not found or found == reply.request_id:
        yield Observation(
            what="the answer has no message identifier of its own",
            got="ours" if found else "none",
            where=f"{reply.step} /Envelope/Header/MessageID",
            expected="urn:uuid:…",
            clause="WS-Addressing 1.0 core, 3.1",
        )


@_golden("SOAP-BODY", "the body holds the one expected element", "X-SOAP-07")
def body(bench: Bench, reply: Reply) -> Iterator[Observation]:
    """Local name and namespace of the payload."""
    found = str(reply.payload.tag)
    if found != PAYLOADS[reply.step]:
        yield Observation(
            what="the body holds another element",
            where=f"{reply.step} /Envelope/Body/*",
            expected=PAYLOADS[reply.step].rpartition("}")[2],
            got=found.rpartition("}")[2][:60],
        )


@_golden("SOAP-HEADERS", "no unknown header is mandatory", "X-SOAP-07", level="should")
def understood(bench: Bench, reply: Reply) -> Iterator[Observation]:
    """mustUnderstand only on WS-Addressing headers."""
    root = reply.envelope.root if reply.envelope is not None else None
    header = root.find(f"{{{oids.NS_SOAP12}}}Header") if root is not None else None
    for block in header if header is not None else ():
        mandatory = block.get(f"{{{oids.NS_SOAP12}}}mustUnderstand", "false") in ("1", "true")
        if mandatory and oids.NS_WSA not in str(block.tag):
            yield Observation(
                what="an answer demands that we understand a header of no profile",
                where=f"{reply.step} /Envelope/Header",
                expected="none",
                got=str(block.tag).rpartition("}")[2][:60],
                clause="SOAP 1.2 part 1, 5.2.3",
            )


# -- what is no message ------------------------------------------------------------------------------------


def _turned_away(bench: Bench, reply: Reply, *, sender: bool = True) -> Iterator[Observation]:
    """A message that cannot be served gets a fault or an HTTP error, and no internals."""
    where = f"{reply.step} answer"
    if reply.fault is None and reply.status < 400:
        yield Observation(
            what="a message that is none was answered as if it were",
            where=where,
            expected="a SOAP Fault, or HTTP 4xx",
            got=f"HTTP {reply.status}",
            clause="SOAP 1.2 part 2, 7.5.2",
        )
    if reply.fault is not None and reply.status < 400:
        yield Observation(
            what="a SOAP Fault came with the HTTP status of success",
            where=where,
            expected="400 or 500",
            got=str(reply.status),
            severity="warning",
            clause="SOAP 1.2 part 2, table 20",
        )
    if sender and reply.fault is not None and reply.fault.code == "Receiver":
        yield deviation(
            "fault-code-receiver",
            where=f"{reply.step} Fault/Code",
            expected="Sender",
            got="Receiver",
            clause="SOAP 1.2 part 1, 5.4.6",
        )
    yield from traces(reply.content, bench, bench.good)


def _steps(
    id: str, title: str, requirement: str, change: Callable[[Bench, Step], Reply], look: Look = _turned_away
) -> None:
    for step in STEPS:
        check(
            id=f"{id}-{step}",
            title=f"{title} ({step})",
            requirement=requirement,
            chapter="soap",
            needs=(step,),
        )(bound(_look_at, look, change, step))


def _soap11(bench: Bench, step: Step) -> Reply:
    sent = letter(bench, step)
    old = sent.octets().replace(oids.NS_SOAP12.encode(), SOAP11.encode())
    return bench.send(replace(sent, content=old, content_type="text/xml; charset=UTF-8"))


def _soap11_body(bench: Bench, step: Step) -> Reply:
    return bench.send(
        letter(bench, step).raw(lambda octets: octets.replace(oids.NS_SOAP12.encode(), SOAP11.encode()))
    )


def _malformed(bench: Bench, step: Step) -> Reply:
    return bench.send(letter(bench, step).raw(lambda octets: octets[:-9]))


def _unknown_action(bench: Bench, step: Step) -> Reply:
    name = "urn:ihe:iti:2007:NoSuchTransaction"
    return bench.send(replace(letter(bench, step), action=name, content_type=soap_content_type(name)))


def _wrong_payload(bench: Bench, step: Step) -> Reply:
    other = letter(bench, "ITI-38" if step == "ITI-55" else "ITI-55").body
    return bench.send(replace(letter(bench, step), body=other))


_steps("SOAP-11", "a SOAP 1.1 message is not served", "A-SOAP-01", _soap11)
_steps("SOAP-11-BODY", "a SOAP 1.1 envelope as SOAP 1.2 is not served", "A-SOAP-01", _soap11_body)
_steps("SOAP-MALFORMED", "malformed XML is turned away", "A-SOAP-06", _malformed)
_steps("SOAP-UNKNOWN", "an unknown action is turned away", "A-SOAP-05", _unknown_action)
_steps("SOAP-OTHER-BODY", "a body of another transaction is turned away", "A-SOAP-05", _wrong_payload)


# -- what is one, if unusual -------------------------------------------------------------------------------


def _served(bench: Bench, reply: Reply) -> Iterator[Observation]:
    if reply.fault is not None or reply.envelope is None:
        got = f"Fault {reply.fault.code}" if reply.fault else f"HTTP {reply.status}"
        yield Observation(
            what="a legal form of the request was not served",
            where=f"{reply.step} answer",
            expected="an answer",
            got=got,
        )


def _form(
    id: str, title: str, requirement: str, change: Callable[[Bench, Step], Reply], level: Level = "should"
) -> None:
    for step in STEPS:
        check(
            id=f"{id}-{step}",
            title=f"{title} ({step})",
            requirement=requirement,
            chapter="soap",
            level=level,
            needs=(step,),
        )(bound(_look_at, _served, change, step))


def _http_only(bench: Bench, step: Step) -> Reply:
    return bench.send(replace(letter(bench, step), action=""))


def _wsa_only(bench: Bench, step: Step) -> Reply:
    return bench.send(replace(letter(bench, step), content_type="application/soap+xml; charset=UTF-8"))


def _bare_uuid(bench: Bench, step: Step) -> Reply:
    return bench.send(replace(letter(bench, step), message_id=f"uuid:{bench.writer.new_id()}"))


def _commented(bench: Bench, step: Step) -> Reply:
    """Comments and white space around the payload."""
    sent = letter(bench, step)
    return bench.send(
        sent.raw(lambda octets: octets.replace(b"Body>", b"Body>\n  <!-- examination -->\n", 1))
    )


def _other_prefixes(bench: Bench, step: Step) -> Reply:
    """The envelope's prefix is another; the assertions keep theirs, which their signatures cover."""
    sent = letter(bench, step)
    changed = sent.octets()
    for mark in (b"<env:", b"</env:", b"xmlns:env=", b" env:"):
        changed = changed.replace(mark, mark.replace(b"env", b"soap12"))
    xml.parse(changed)
    return bench.send(replace(sent, content=changed))


_form("SOAP-ACTION-HTTP", "the action in HTTP alone is enough", "A-SOAP-04", _http_only)
_form("SOAP-ACTION-WSA", "the action in the header alone is enough", "A-SOAP-04", _wsa_only)
_form("SOAP-UUID", "a message identifier uuid:… is taken", "X-BEH-01", _bare_uuid)
_form("SOAP-COMMENTS", "comments and white space do not matter", "X-XML-02", _commented, "must")
_form("SOAP-PREFIXES", "prefixes do not matter", "X-XML-02", _other_prefixes, "must")


@check(
    id="SOAP-REPEATED",
    title="a request repeated with a new identifier is served",
    requirement="X-SOAP-08",
    chapter="soap",
    level="should",
    needs=("ITI-55",),
)
def repeated(bench: Bench) -> Iterator[Observation]:
    """The same body and assertion twice, and two answers with different identifiers."""
    first = letter(bench, "ITI-55")
    one = bench.send(first)
    two = bench.send(replace(first, message_id=f"urn:uuid:{bench.writer.new_id()}"))
    yield from _served(bench, two)
    ids = {reply.envelope.message_id for reply in (one, two) if reply.envelope and reply.envelope.message_id}
    if len(ids) == 1:
        yield Observation(
            what="two answers carry the same message identifier",
            where="MessageID",
            expected="two",
            got="one",
            clause="WS-Addressing 1.0 core, 3.1",
        )
