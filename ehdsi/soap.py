"""SOAP 1.2 envelopes with WS-Addressing and the assertions of ``wsse:Security``: read, write, faults.

There is no signature over the message: TLS and the signatures inside each assertion protect it. What is read
from ``assertions`` here is therefore not yet trustworthy; ``ehdsi.saml.receive`` makes it so.

Source: SOAP 1.2 part 1, section 5, and part 2, section 6; WS-Addressing 1.0 SOAP binding; eHDSI messaging
profile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lxml import etree

from ehdsi import xml
from ehdsi.errors import MalformedSoap, PeerError
from ehdsi.oids import ACTION_WSA_FAULT, NS_SAML, NS_SOAP11, NS_SOAP12, NS_WSA, NS_WSSE, WSA_ANONYMOUS
from ehdsi.xml import XmlElement

FaultCode = Literal["VersionMismatch", "MustUnderstand", "DataEncodingUnknown", "Sender", "Receiver"]

_ENV = f"{{{NS_SOAP12}}}"
_WSA = f"{{{NS_WSA}}}"
_SECURITY = f"{{{NS_WSSE}}}Security"
_ASSERTION = f"{{{NS_SAML}}}Assertion"
_ROLES_OF_THE_RECEIVER = frozenset({
    "", f"{NS_SOAP12}/role/next", f"{NS_SOAP12}/role/ultimateReceiver",
})
_ADDRESSING = ("To", "Action", "MessageID", "ReplyTo", "RelatesTo", "From", "FaultTo")
_FAULT_CODES: tuple[FaultCode, ...] = (
    "VersionMismatch", "MustUnderstand", "DataEncodingUnknown", "Sender", "Receiver",
)

#: Longest header text accepted, in characters: URIs and message identifiers are far shorter.
_MAX_HEADER_TEXT = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message that was read.

    Attributes
    ----------
    body : the payload: the one child of ``env:Body`` (a ``env:Fault`` is a payload too).
    action, message_id, relates_to, to, reply_to : addressing headers, empty where absent. ``action`` falls
        back to the one that HTTP carried.
    security : ``wsse:Security``, ``None`` where absent.
    assertions : children of ``security`` that are SAML 2.0 assertions, in order, unverified.
    remarks : what was bent and let pass, one sentence each, for reports.
    root : the whole envelope.
    """

    body: XmlElement
    action: str = ""
    message_id: str = ""
    relates_to: str = ""
    to: str = ""
    reply_to: str = ""
    security: XmlElement | None = None
    assertions: tuple[XmlElement, ...] = ()
    remarks: tuple[str, ...] = ()
    root: XmlElement


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeRules:
    """What a reader insists on.

    Attributes
    ----------
    actions : actions allowed; empty: any.
    require_action : refuse a message that names its action neither in HTTP nor in ``wsa:Action``.
    require_message_id : refuse a message without ``wsa:MessageID``.
    answers : message identifier that ``wsa:RelatesTo`` must name when it is present.
    must_understand : refuse unknown headers that must be understood; a client lets them pass.
    misnamed_addressing : accept addressing headers in the namespace ``…/addressing/anonymous``, which OpenNCP
        writes on ITI-39 requests.
    """

    actions: frozenset[str] = frozenset()
    require_action: bool = True
    require_message_id: bool = False
    answers: str = ""
    must_understand: bool = True
    misnamed_addressing: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A SOAP 1.2 fault.

    Attributes
    ----------
    code : local name of the fault code.
    reason : one sentence without personal data or stack trace.
    subcodes : local or qualified names below the code, outermost first.
    detail : first child of ``env:Detail``.
    """

    code: FaultCode
    reason: str
    subcodes: tuple[str, ...] = ()
    detail: XmlElement | None = field(default=None, repr=False)


# ---------------------------------------------------------------------------------------------- reading

def parse_envelope(source: bytes | XmlElement, *, http_action: str = "",
                   rules: EnvelopeRules | None = None) -> Envelope:
    """Read a SOAP 1.2 message.

    Parameters
    ----------
    source : the bytes of the message (or of the root part of an MTOM package), or their parsed root.
    http_action : the action named by HTTP, see ``ehdsi.media_type.http_action``.
    rules : what to insist on; by default only the form of the envelope and that some action is named.

    Raises
    ------
    MalformedXml : not well-formed.
    MalformedSoap : not SOAP 1.2 (``code`` VersionMismatch), a header that must be understood and is not
        (``code`` MustUnderstand), anything else wrong with the envelope (``code`` Sender).

    Source: SOAP 1.2 part 1, 5; WS-Addressing 1.0 core, 3.2 and SOAP binding, 6.
    """
    rules = rules or EnvelopeRules()
    root = xml.parse(source) if isinstance(source, bytes) else source
    header, body = _parts(root)
    blocks = [] if header is None else list(header)
    remarks: list[str] = []
    addressing = _addressing(blocks, rules, remarks)
    security = _security(blocks)
    if rules.must_understand:
        _check_understood(blocks, rules)
    action = _agreed_action(addressing, http_action, rules)
    _check_identifiers(addressing, rules)
    return Envelope(
        body=_payload(body), action=action, message_id=addressing.get("MessageID", ""),
        relates_to=addressing.get("RelatesTo", ""), to=addressing.get("To", ""),
        reply_to=addressing.get("ReplyTo", ""), security=security, remarks=tuple(remarks), root=root,
        assertions=() if security is None else tuple(child for child in security if child.tag == _ASSERTION),
    )


def _parts(root: XmlElement) -> tuple[XmlElement | None, XmlElement]:
    """Header and Body of an envelope whose children are just these."""
    if root.tag == f"{{{NS_SOAP11}}}Envelope":
        raise _malformed("the envelope is SOAP 1.1", where="/Envelope", expected=NS_SOAP12, got=NS_SOAP11,
                         clause="SOAP 1.2 part 1, 5.4.7", hint="send SOAP 1.2", code="VersionMismatch")
    if root.tag != f"{_ENV}Envelope":
        name = etree.QName(root)
        unknown_version = name.localname == "Envelope"
        raise _malformed("the message is not a SOAP envelope", where=f"/{name.localname[:60]}",
                         expected=f"Envelope of {NS_SOAP12}", got="an element of another name or namespace",
                         clause="SOAP 1.2 part 1, 5.1",
                         code="VersionMismatch" if unknown_version else "Sender")
    tags = [child.tag for child in root]
    if tags not in ([f"{_ENV}Header", f"{_ENV}Body"], [f"{_ENV}Body"]):
        raise _malformed("the envelope has an unexpected build", where="/Envelope",
                         expected="one Header at most, then one Body",
                         got=", ".join(etree.QName(tag).localname[:30] for tag in tags[:6]) or "nothing",
                         clause="SOAP 1.2 part 1, 5.1")
    return (root[0] if len(root) == 2 else None), root[-1]


def _payload(body: XmlElement) -> XmlElement:
    if len(body) != 1:
        raise _malformed("the body must hold one message", where="/Envelope/Body", expected="one element",
                         got=f"{len(body)} elements", clause="SOAP 1.2 part 1, 5.3; document/literal binding")
    return body[0]


def _addressing(blocks: Iterable[XmlElement], rules: EnvelopeRules, remarks: list[str]) -> dict[str, str]:
    """Addressing headers by local name; each may stand once."""
    found: dict[str, str] = {}
    for block in blocks:
        name = etree.QName(block)
        misnamed = name.namespace == WSA_ANONYMOUS and rules.misnamed_addressing
        if name.localname not in _ADDRESSING or not (name.namespace == NS_WSA or misnamed):
            continue
        if name.localname in found:
            raise _malformed("an addressing header stands twice", expected="one", got="two or more",
                             where=f"/Envelope/Header/{name.localname}",
                             clause="WS-Addressing 1.0 SOAP binding, 6.4.1")
        if misnamed and not remarks:
            remarks.append("addressing headers stand in the namespace of the anonymous address")
        found[name.localname] = _header_text(block, name.localname)
    return found


def _header_text(block: XmlElement, name: str) -> str:
    """Text of a header, or of the Address inside it."""
    if name in ("ReplyTo", "From", "FaultTo"):
        texts = [child.text or "" for child in block if etree.QName(child).localname == "Address"]
        text = texts[0].strip() if len(texts) == 1 else ""
    else:
        text = "" if len(block) else (block.text or "").strip()
    if len(text) > _MAX_HEADER_TEXT or len(text.split()) != 1:
        raise _malformed("an addressing header holds no address", where=f"/Envelope/Header/{name}",
                         expected="one absolute URI", got="nothing, or another text",
                         clause="WS-Addressing 1.0 core, 3.1")
    return text


def _security(blocks: Iterable[XmlElement]) -> XmlElement | None:
    found = [block for block in blocks if block.tag == _SECURITY]
    if len(found) > 1:
        raise _malformed("the security header stands twice", where="/Envelope/Header/Security",
                         expected="one", got=str(len(found)), clause="WS-Security 1.1, 5",
                         hint="put all assertions into one")
    return found[0] if found else None


def _check_understood(blocks: Iterable[XmlElement], rules: EnvelopeRules) -> None:
    """Headers that must be understood by us are those of addressing and of security."""
    for block in blocks:
        flag = block.get(f"{_ENV}mustUnderstand", "0").strip()
        if flag not in ("0", "1", "true", "false"):
            raise _malformed("mustUnderstand is not a boolean", where="/Envelope/Header", expected="1 or 0",
                             got="another text", clause="SOAP 1.2 part 1, 5.2.3")
        if flag in ("0", "false") or block.get(f"{_ENV}role", "") not in _ROLES_OF_THE_RECEIVER:
            continue
        namespace = etree.QName(block).namespace
        known = namespace == NS_WSA or block.tag == _SECURITY
        if not known and not (rules.misnamed_addressing and namespace == WSA_ANONYMOUS):
            raise _malformed("a header that must be understood is unknown here",
                             where=f"/Envelope/Header/{etree.QName(block).localname[:60]}",
                             expected="WS-Addressing 1.0 and WS-Security headers", got="another header",
                             clause="SOAP 1.2 part 1, 5.4.8", code="MustUnderstand")


def _agreed_action(addressing: dict[str, str], http_action: str, rules: EnvelopeRules) -> str:
    named = addressing.get("Action", "")
    if named and http_action and named != http_action:
        raise _malformed("HTTP and wsa:Action name different actions", where="/Envelope/Header/Action",
                         expected="the same action", got="two different ones",
                         clause="WS-Addressing 1.0 SOAP binding, 4", hint="dispatching would be ambiguous")
    action = named or http_action
    if not action and rules.require_action:
        raise _malformed("the message names no action", where="/Envelope/Header/Action",
                         expected="wsa:Action, or the action parameter of the content type", got="neither",
                         clause="SOAP 1.2 part 2, 6.5.3; WS-Addressing 1.0 core, 3.1")
    if action and rules.actions and action not in rules.actions:
        raise _malformed("the action is not offered here", where="/Envelope/Header/Action",
                         expected=" or ".join(sorted(rules.actions)), got=action[:120],
                         clause="WS-Addressing 1.0 SOAP binding, 6.4.1")
    return action


def _check_identifiers(addressing: dict[str, str], rules: EnvelopeRules) -> None:
    message_id, relates_to = addressing.get("MessageID", ""), addressing.get("RelatesTo", "")
    if rules.require_message_id and not message_id:
        raise _malformed("the message has no identifier", where="/Envelope/Header/MessageID",
                         expected="urn:uuid:…", got="nothing", clause="WS-Addressing 1.0 core, 3.1")
    if message_id and ":" not in message_id:
        raise _malformed("the message identifier is not a URI", where="/Envelope/Header/MessageID",
                         expected="urn:uuid:…", got="a text without scheme",
                         clause="WS-Addressing 1.0 core, 3.1")
    if rules.answers and relates_to and relates_to != rules.answers:
        raise _malformed("the answer belongs to another request", where="/Envelope/Header/RelatesTo",
                         expected="the identifier of our request", got="another identifier",
                         clause="WS-Addressing 1.0 core, 3.4")


# ---------------------------------------------------------------------------------------------- writing

def build_envelope(
    body: XmlElement | bytes, *, action: str = "", message_id: str = "", relates_to: str = "", to: str = "",
    reply_to: str = "", assertions: Sequence[XmlElement | bytes] | None = None,
) -> bytes:
    """Write a SOAP 1.2 message in UTF-8.

    Parameters
    ----------
    body : the payload, or its bytes without XML declaration. It is neither moved nor altered.
    action, message_id, relates_to, to, reply_to : addressing headers; an empty one is left out. A request
        says ``reply_to=WSA_ANONYMOUS``.
    assertions : signed assertions in the order of the profile (next of kin, HCP, TRC); their bytes are put in
        as they are, so that no namespace declaration moves. ``None``: no security header at all.

    Source: eHDSI messaging profile, header layout; WS-Addressing 1.0 SOAP binding.
    """
    envelope = etree.Element(f"{_ENV}Envelope", nsmap={"env": NS_SOAP12})
    header = etree.SubElement(envelope, f"{_ENV}Header", nsmap={"wsa": NS_WSA, "wsse": NS_WSSE})
    for name, value in (("To", to), ("Action", action), ("MessageID", message_id), ("RelatesTo", relates_to)):
        if value:
            block = etree.SubElement(header, f"{_WSA}{name}")
            block.text = value
            if name in ("To", "Action"):
                block.set(f"{_ENV}mustUnderstand", "1")
    if reply_to:
        block = etree.SubElement(header, f"{_WSA}ReplyTo")
        etree.SubElement(block, f"{_WSA}Address").text = reply_to
    parts: list[bytes] = []
    if assertions is not None:
        etree.SubElement(header, _SECURITY).append(_slot())
        parts.append(b"".join(_octets(assertion) for assertion in assertions))
    etree.SubElement(envelope, f"{_ENV}Body").append(_slot())
    parts.append(_octets(body))
    # A comment cannot occur in escaped text, so the first one found is always ours.
    pieces = xml.serialise(envelope, declaration=True).split(b"<!--slot-->", len(parts))
    return b"".join([pieces[0], *(octets for pair in zip(parts, pieces[1:], strict=True) for octets in pair)])


def _slot() -> XmlElement:
    return etree.Comment("slot")


def _octets(content: XmlElement | bytes) -> bytes:
    return content if isinstance(content, bytes) else xml.serialise(content)


# ----------------------------------------------------------------------------------------------- faults

def build_fault(fault: Fault, *, message_id: str = "", relates_to: str = "") -> bytes:
    """Write a message whose payload is a fault; a VersionMismatch names the version to use.

    Source: SOAP 1.2 part 1, 5.4 and 5.4.7; WS-Addressing 1.0 SOAP binding, 6.
    """
    element = etree.Element(f"{_ENV}Fault", nsmap={"env": NS_SOAP12})
    code = etree.SubElement(element, f"{_ENV}Code")
    etree.SubElement(code, f"{_ENV}Value").text = f"env:{fault.code}"
    for subcode in fault.subcodes:
        code = etree.SubElement(code, f"{_ENV}Subcode")
        etree.SubElement(code, f"{_ENV}Value").text = subcode
    text = etree.SubElement(etree.SubElement(element, f"{_ENV}Reason"), f"{_ENV}Text")
    text.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    text.text = fault.reason
    if fault.detail is not None:
        etree.SubElement(element, f"{_ENV}Detail").append(xml.parse(xml.serialise(fault.detail)))
    return build_envelope(element, action=ACTION_WSA_FAULT, message_id=message_id, relates_to=relates_to)


def parse_fault(payload: XmlElement) -> Fault | None:
    """The fault that a payload is, ``None`` when it is no fault.

    A fault without usable code counts as ``Receiver``: whoever asked must learn that it failed, in any case.
    """
    if payload.tag != f"{_ENV}Fault":
        return None
    values = [(value.text or "").strip() for value in payload.iterfind(f"{_ENV}Code//{_ENV}Value")]
    name = values[0].rpartition(":")[2] if values else ""
    code: FaultCode = next((known for known in _FAULT_CODES if known == name), "Receiver")
    reasons = [(text.text or "").strip() for text in payload.iterfind(f"{_ENV}Reason/{_ENV}Text")]
    detail = payload.find(f"{_ENV}Detail")
    return Fault(code=code, reason=next(filter(None, reasons), ""), subcodes=tuple(values[1:]),
                 detail=detail[0] if detail is not None and len(detail) else None)


def fault_of(error: PeerError) -> Fault:
    """The fault that tells a peer about its own mistake; nothing of the message is quoted back."""
    code: FaultCode = next((known for known in _FAULT_CODES if known == error.code), "Sender")
    return Fault(code=code, reason=error.what)


def http_status(fault: Fault) -> int:
    """HTTP status that carries a fault: 400 for the sender's mistakes, 500 for all others.

    Source: SOAP 1.2 part 2, table 20.
    """
    return 400 if fault.code == "Sender" else 500


def new_message_id(new_uuid: Callable[[], str]) -> str:
    """``urn:uuid:`` and an identifier from the given source."""
    return f"urn:uuid:{new_uuid()}"


def _malformed(what: str, *, where: str, expected: str, got: str, clause: str, hint: str = "",
               code: FaultCode = "Sender") -> MalformedSoap:
    return MalformedSoap(what, where=where, expected=expected, got=got, clause=clause, hint=hint, code=code)
