"""Whatever is in a package comes back; whatever is done to it, our own errors answer."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ehdsi.errors import PeerError
from ehdsi.mtom import join, split

SETTINGS = settings(max_examples=80, derandomize=True, deadline=None, database=None)
IDS = st.text(alphabet="abcXYZ019@._- %/", min_size=1, max_size=20).filter(lambda text: text == text.strip())
CONTENT = st.one_of(st.binary(max_size=200), st.lists(st.sampled_from([b"\r\n", b"--", b"b", b"-", b" ",
                                                                       b"x"]),
                                                      max_size=30).map(b"".join))


@SETTINGS
@given(CONTENT, st.dictionaries(IDS, CONTENT, max_size=5))
def test_any_content_comes_back(root, parts):
    """Binary content full of line ends and dashes survives."""
    assume("root.message@ncpeh" not in parts)
    head, body = join(root, parts, boundary="MIME-bound.1")
    package = split(head, body)
    assert package.root == root
    assert {key: part.read() for key, part in package.parts.items()} == parts


@SETTINGS
@given(st.data())
def test_cut_or_altered_packages_are_refused_or_read(data):
    """A body cut anywhere before its end is refused; one with altered bytes raises nothing but our errors."""
    head, body = join(b"<a/>", {"d": b"x" * 40}, boundary="b")
    cut = data.draw(st.integers(0, len(body) - 5))
    try:
        split(head, body[:cut])
    except PeerError as error:
        assert error.what
    else:
        raise AssertionError("a cut body was read")
    position = data.draw(st.integers(0, len(body) - 1))
    altered = body[:position] + data.draw(st.binary(max_size=3)) + body[position + 1:]
    try:
        split(head, altered)
    except PeerError as error:
        assert error.what


@SETTINGS
@given(st.binary(max_size=100))
def test_any_body_is_read_or_refused(body):
    """Random bodies under a multipart type are refused as the peer's error."""
    try:
        split("multipart/related; boundary=b", body)
    except PeerError as error:
        assert error.what
