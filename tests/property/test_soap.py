"""Whatever arrives, the envelope reader answers with a value or with one of our own errors."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ehdsi import soap, xml
from ehdsi.errors import PeerError
from ehdsi.media_type import parse_media_type
from ehdsi.oids import NS_SAML, NS_SOAP11, NS_SOAP12, NS_WSA, NS_WSSE

SETTINGS = settings(max_examples=60, derandomize=True, deadline=None, database=None)

NAMES = st.sampled_from([
    f"{{{namespace}}}{name}" for namespace in (NS_SOAP12, NS_SOAP11, NS_WSA, NS_WSSE, NS_SAML, "urn:x")
    for name in ("Envelope", "Header", "Body", "Fault", "Action", "MessageID", "ReplyTo", "Address",
                 "Security",
                 "Assertion", "Code", "Value")])
TEXTS = st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]),
                                     max_size=20))


def element(name: str, text: str | None, children: list[object], flag: str | None) -> object:
    """A tree from drawn parts."""
    from lxml import etree

    node = etree.Element(name)
    try:
        node.text = text
    except ValueError:
        node.text = "x"
    if flag is not None:
        node.set(f"{{{NS_SOAP12}}}mustUnderstand", flag)
    for child in children:
        node.append(child)
    return node


TREES = st.recursive(
    st.builds(element, NAMES, TEXTS, st.just([]), st.none()),
    lambda inner: st.builds(element, NAMES, TEXTS, st.lists(inner, max_size=4),
                            st.sampled_from([None, "1", "0", "x"])), max_leaves=12)


@SETTINGS
@given(TREES)
def test_any_tree_is_read_or_refused(tree):
    """Trees of the right names in the wrong places raise nothing but PeerError."""
    data = xml.serialise(tree)
    try:
        envelope = soap.parse_envelope(data)
    except PeerError as error:
        assert error.what
        return
    soap.parse_fault(envelope.body)
    assert envelope.action


@SETTINGS
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    """Bytes that are no XML raise nothing but PeerError."""
    try:
        soap.parse_envelope(data)
    except PeerError as error:
        assert error.what


@SETTINGS
@given(st.one_of(st.text(max_size=60), st.text(alphabet='ab/;= "\\', max_size=60)))
def test_any_content_type_is_read_or_refused(text):
    """Content types of any form are read, and read again as written, or refused."""
    try:
        media_type = parse_media_type(text)
    except PeerError:
        return
    assert parse_media_type(str(media_type)) == media_type
