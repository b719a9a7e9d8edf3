"""Whatever is done to an assertion, a value or one of our own errors comes out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ehdsi import xml
from ehdsi.errors import PeerError
from ehdsi.saml.build import build_hcp_assertion, build_trc_assertion
from ehdsi.saml.checks import check_hcp, check_trc
from ehdsi.saml.policy import OPENNCP_LIKE
from ehdsi.saml.read import read_assertion
from ehdsi.saml.receive import receive
from ehdsi.saml.structure import check_structure
from ehdsi.saml.values import HcpAssertion, TrcAssertion
from ehdsi.saml.vocabulary import Transaction
from tests import security

SETTINGS = settings(max_examples=80, derandomize=True, deadline=None, database=None)
TEXT = st.sampled_from(["", " ", "x", "2026-03-02T09:30:00Z", "-1", "é" * 50, "urn:oid:1", "&",
                        "9999-12-31T23:59:59-14:00"])


def signed(kind: str):
    """A signed assertion as it arrives."""
    if kind == "hcp":
        return xml.parse(xml.serialise(build_hcp_assertion(security.hcp(), security.seal())))
    return xml.parse(xml.serialise(build_trc_assertion(security.trc(), security.seal())))


@st.composite
def mutilated(draw):
    """An assertion with one to three nodes removed, doubled, moved or filled with something else."""
    root = signed(draw(st.sampled_from(["hcp", "trc"])))
    for _ in range(draw(st.integers(1, 3))):
        nodes = [node for node in root.iter() if node is not root]
        if not nodes:
            break
        node = nodes[draw(st.integers(0, len(nodes) - 1))]
        action = draw(st.sampled_from(["remove", "double", "move", "text", "attribute"]))
        if action == "remove":
            node.getparent().remove(node)
        elif action == "double":
            node.addnext(xml.parse(xml.serialise(node)))
        elif action == "move":
            root.insert(draw(st.integers(0, 5)), node)
        elif action == "text":
            node.text = draw(TEXT)
        elif node.attrib:
            node.set(draw(st.sampled_from(sorted(map(str, node.attrib)))), draw(TEXT))
    return root


@SETTINGS
@given(mutilated())
def test_a_mutilated_assertion_is_never_accepted(root):
    """No mutilation of a signed assertion passes for the original unless its bytes are the same."""
    try:
        received = receive(root, anchors=security.anchors(), now=security.NOW, transaction=Transaction.XCPD)
    except PeerError as error:
        assert error.what
    else:
        assert received.values in (security.hcp(), security.trc())


@SETTINGS
@given(mutilated())
def test_reading_and_checking_never_fail_otherwise(root):
    """Reader, schema check and rules raise nothing but our own errors, on unsigned content too."""
    for check in (check_structure, read_assertion):
        try:
            values = check(root)
        except PeerError as error:
            assert error.what
            continue
        if isinstance(values, HcpAssertion):
            check_hcp(values, transaction=Transaction.XCPD, now=security.NOW, policy=OPENNCP_LIKE)
        elif isinstance(values, TrcAssertion):
            check_trc(values, now=security.NOW)
