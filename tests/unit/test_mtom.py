"""MTOM packages: what we write is read back, real oddities are read, broken ones are refused."""

from __future__ import annotations

import base64

import pytest
from lxml import etree

from ehdsi import mtom, xml
from ehdsi.errors import LocalError, MalformedMime
from ehdsi.mtom import Part, binary_of, include, join, split

ROOT = b"<Envelope/>"
HEAD = 'multipart/related; type="application/xop+xml"; boundary=b'


def document(content_id: str):
    """An element that refers to a part."""
    element = etree.Element("Document")
    include(element, content_id)
    return xml.parse(xml.serialise(element))


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 5000, b"\r\n", b"--b", b"\r\n--",
                                     b"\r\n--bb\r\n--b x\r\n--b-x"])
def test_a_package_is_read_back(content):
    """Root, type, action and binary content come back byte for byte, even where they resemble a boundary."""
    head, body = join(ROOT, {"doc 1@x": content, "other": b"2"}, boundary="bound", action="urn:a")
    package = split(head, body)
    assert (package.root, package.multipart, package.action) == (ROOT, True, "urn:a")
    assert binary_of(document("doc 1@x"), package) == content
    assert package.parts["other"].read() == b"2"
    assert package.content_type.get("type") == "application/soap+xml"


def test_the_outer_type_is_the_one_of_axis():
    """type, start and start-info stand in the outer content type, as MTOM has it."""
    head, _ = join(ROOT, {}, boundary="b1", action="urn:a")
    assert head == ('multipart/related; boundary=b1; type="application/xop+xml"; '
                    'start="<root.message@ncpeh>"; start-info="application/soap+xml"; action="urn:a"')


def test_a_boundary_inside_a_part_is_our_own_error():
    """The writer does not produce what cannot be read."""
    with pytest.raises(LocalError):
        join(ROOT, {"d": b"--b1"}, boundary="b1")


def test_parts_keep_their_type():
    """A part given with a type is written with it."""
    part = Part(content_id="d", content_type="application/pdf", content=memoryview(b"%PDF"))
    head, body = join(ROOT, {"d": part}, boundary="b1")
    assert split(head, body).parts["d"].content_type == "application/pdf"


def raw(*parts: bytes, before: bytes = b"", after: bytes = b"", final: bytes = b"\r\n--b--") -> bytes:
    """A body under the boundary ``b`` from parts with their headers."""
    return before + b"--b\r\n" + b"\r\n--b\r\n".join(parts) + final + after


FIRST = b"Content-ID: <r>\r\nContent-Type: application/xop+xml\r\n\r\n" + ROOT
SECOND = b"Content-ID: <d>\r\nContent-Transfer-Encoding: binary\r\n\r\nBINARY"

TOLERATED = {
    "preamble": (HEAD, raw(FIRST, SECOND, before=b"hello\r\n")),
    "preamble is a line end": (HEAD, raw(FIRST, SECOND, before=b"\r\n")),
    "epilogue": (HEAD, raw(FIRST, SECOND, after=b"\r\nbye")),
    "final line end": (HEAD, raw(FIRST, SECOND, after=b"\r\n")),
    "padding behind the boundary": (HEAD, raw(FIRST, SECOND).replace(b"\r\n--b\r\n", b"\r\n--b \t\r\n")),
    "root second": (HEAD + '; start="<r>"', raw(SECOND, FIRST)),
    "start without brackets": (HEAD + "; start=r", raw(SECOND, FIRST)),
    "quoted boundary": (HEAD.replace("=b", '="b"'), raw(FIRST, SECOND)),
    "header case": (HEAD, raw(FIRST, SECOND.replace(b"Content-ID", b"content-id"))),
    "folded header": (HEAD, raw(FIRST, SECOND.replace(b"Content-ID: ", b"Content-ID:\r\n "))),
    "8bit": (HEAD, raw(FIRST, SECOND.replace(b"binary", b"8BIT"))),
    "base64": (HEAD, raw(FIRST, b"Content-ID: <d>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                         + base64.b64encode(b"BINARY"))),
    "root without headers": (HEAD, raw(b"\r\n" + ROOT, SECOND)),
    "part without id": (HEAD, raw(FIRST, SECOND, b"X: y\r\n\r\nz")),
    "boundary-like data": (HEAD, raw(FIRST, SECOND.replace(b"BINARY", b"BINARY"), b"\r\n\r\n--bx\r\n--b-")),
}


@pytest.mark.parametrize("case", TOLERATED)
def test_unusual_but_legal_packages_are_read(case):
    """What MIME allows, and real stacks do, is read."""
    package = split(*TOLERATED[case])
    assert package.root == ROOT
    assert binary_of(document("d"), package) == b"BINARY"


REFUSED = {
    "no boundary": ("multipart/related", raw(FIRST), "boundary is missing"),
    "cut before the end": (HEAD, raw(FIRST, SECOND, final=b""), "final boundary is missing"),
    "cut in the final boundary": (HEAD, raw(FIRST, SECOND, final=b"\r\n--b-"), "final boundary is missing"),
    "empty": (HEAD, b"", "final boundary is missing"),
    "only the end": (HEAD, b"--b--", "has no parts"),
    "other boundary": (HEAD + "x", raw(FIRST), "final boundary is missing"),
    "root not there": (HEAD + '; start="<x>"', raw(FIRST), "root part"),
    "same id twice": (HEAD, raw(FIRST, SECOND, SECOND), "same Content-ID"),
    "headers do not end": (HEAD, raw(b"Content-ID: <d>"), "do not end"),
    "header unreadable": (HEAD, raw(b"what\r\n\r\nx"), "cannot be read"),
    "quoted-printable": (HEAD, raw(FIRST, SECOND.replace(b"binary", b"quoted-printable")), "not supported"),
    "not base64": (HEAD, raw(FIRST, SECOND.replace(b"binary", b"base64").replace(b"BINARY", b"%")),
                   "not base64"),
    "html": ("text/html", b"<html/>", "not that of a SOAP"),
    "soap 1.1": ("text/xml", ROOT, "not that of a SOAP"),
    "too many parts": (HEAD, raw(*[b"\r\n"] * 40), "too many parts"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_broken_packages_are_refused(case):
    """A cut or contradictory package is the peer's error, with a sentence that says which."""
    head, body, reason = REFUSED[case]
    with pytest.raises(MalformedMime, match=reason):
        split(head, body)


def test_a_plain_message_is_a_package_too():
    """A SOAP body without multipart is its own root, with the action of its content type."""
    package = split('application/soap+xml; action="urn:a"', ROOT)
    assert (package.root, package.action, package.multipart, dict(package.parts)) == (ROOT, "urn:a", False,
                                                                                      {})


def test_the_action_may_stand_in_the_inner_or_nested_type():
    """Stacks put the action into the outer, the inner, or the type inside the inner content type."""
    inner = FIRST.replace(b"xop+xml", b'xop+xml; action="urn:i"')
    assert split(HEAD, raw(inner)).action == "urn:i"
    nested = FIRST.replace(b"xop+xml", b'xop+xml; type="application/soap+xml; action=\\"urn:n\\""')
    assert split(HEAD, raw(nested)).action == "urn:n"


def test_size_is_capped():
    """A body over the cap is refused before it is looked at."""
    with pytest.raises(MalformedMime, match="too large"):
        split(HEAD, raw(FIRST), max_bytes=10)


def test_inline_base64_is_accepted():
    """Base64 text in place of a reference is the same infoset."""
    element = xml.parse(b"<Document>QklO\nQVJZ</Document>")
    assert binary_of(element) == b"BINARY"


@pytest.mark.parametrize("content", [
    b"<D>?</D>", b"<D><x/></D>", b'<D><i:Include xmlns:i="http://www.w3.org/2004/08/xop/include"/></D>',
    b'<D><i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="http://x"/></D>',
    b'<D><i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:nobody"/></D>',
])
def test_references_that_lead_nowhere_are_refused(content):
    """Neither text nor part: the content is missing, and nothing is fetched."""
    with pytest.raises(MalformedMime):
        binary_of(xml.parse(content), split(HEAD, raw(FIRST, SECOND)))


def test_parts_are_views_of_the_body():
    """A large part is not copied until it is read."""
    head, body = join(ROOT, {"d": b"x" * 100_000}, boundary="b1")
    view = split(head, body).parts["d"].content
    assert view.obj is body


def test_the_caps_are_generous_enough_for_documents():
    """A document of 10 MB in base64 fits."""
    assert mtom.MAX_BODY_BYTES > 14 * 1024 * 1024
