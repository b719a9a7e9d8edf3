"""The CDA reader under arbitrary damage: it may refuse with our own errors, never crash, and never grow
silent."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from ehdsi.cda.build import build
from ehdsi.cda.parse import parse, parse_element
from ehdsi.errors import PeerError
from ehdsi.rules import RuleContext, run
from ehdsi.xml import parse as parse_xml
from tests.samples import rich_summary
from tests.statements import missing, statements

DATA = build(rich_summary())
ROOT = parse_xml(DATA)
SIZE = sum(1 for _ in ROOT.iter())
NAMES = (
    "code",
    "value",
    "effectiveTime",
    "low",
    "text",
    "observation",
    "act",
    "entry",
    "section",
    "quantity",
)
ATTRIBUTES = ("code", "value", "unit", "nullFlavor", "negationInd", "moodCode", "typeCode", "ID", "operator")

damage = st.tuples(
    st.integers(0, SIZE - 1),
    st.sampled_from(("drop", "rename", "set", "fill", "move", "empty")),
    st.integers(0, SIZE - 1),
    st.sampled_from(NAMES),
    st.sampled_from(ATTRIBUTES),
    st.sampled_from(("", "x", "-1", "true", "#nowhere", "RQO", "1e400", "20131", "é")),
)


def damaged(root: object, step: tuple[int, str, int, str, str, str]) -> None:
    """Do one kind of damage to one element of a tree."""
    place, kind, other, name, attribute, value = step
    nodes = list(root.iter())
    node, target = nodes[place % len(nodes)], nodes[other % len(nodes)]
    if node.getparent() is None:
        return
    if kind == "drop":
        node.getparent().remove(node)
    elif kind == "rename":
        node.tag = "{urn:hl7-org:v3}" + name
    elif kind == "set":
        node.set(attribute, value)
    elif kind == "fill":
        node.text = value
    elif kind == "empty":
        node.attrib.clear()
    elif target is not node and node not in target.iterancestors():
        target.append(node)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.lists(damage, min_size=1, max_size=6))
def test_a_damaged_document_is_read_or_refused_by_our_own_errors(steps: list) -> None:
    """Whatever a sender does to the tree, the reader and the rules give values or a PeerError."""
    root = copy.deepcopy(ROOT)
    for step in steps:
        damaged(root, step)
    try:
        parse_element(root)
    except PeerError:
        return
    run(root, RuleContext(form="pivot"))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.binary(max_size=200), st.integers(0, len(DATA)), st.integers(0, 300))
def test_damaged_bytes_are_read_or_refused_by_our_own_errors(noise: bytes, start: int, length: int) -> None:
    """Truncated, overwritten or random bytes never raise anything but our own errors."""
    try:
        parse(DATA[:start] + noise + DATA[start + length :])
    except PeerError as error:
        assert error.what


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.lists(damage, min_size=1, max_size=3))
def test_no_statement_grows_silent_by_damage(steps: list) -> None:
    """However a document is bent, a code that stands in an entry is in the model, or remarked as
    unread."""
    root = copy.deepcopy(ROOT)
    for step in steps:
        damaged(root, step)
    try:
        read = parse_element(root)
    except PeerError:
        return
    said_so = [r.origin.path for r in read.remarks if r.kind == "unread" and r.origin is not None]
    lost = [said for said in missing(statements(root), read) if said.kind == "code"]
    assert [said for said in lost if not any(said.entry.startswith(place) for place in said_so)] == []
