"""Content types: real forms are read, broken ones are the peer's error."""

from __future__ import annotations

import pytest

from ehdsi.errors import MalformedMime
from ehdsi.media_type import MediaType, http_action, parse_media_type


@pytest.mark.parametrize(("text", "name", "parameters"), [
    ("text/xml", "text/xml", {}),
    ("Text/XML;Charset=utf-8", "text/xml", {"charset": "utf-8"}),
    (' application/soap+xml ; action="urn:a;b" ; charset=UTF-8;', "application/soap+xml",
     {"action": "urn:a;b", "charset": "UTF-8"}),
    (r'a/b; x="q\"q"', "a/b", {"x": 'q"q'}),
    ("multipart/related; boundary=--=_x:1/2; type=application/xop+xml", "multipart/related",
     {"boundary": "--=_x:1/2", "type": "application/xop+xml"}),
])
def test_content_types_are_read(text, name, parameters):
    """Case, quotes, blanks and unquoted odd characters are coped with, and what is written is read back."""
    media_type = parse_media_type(text)
    assert (media_type.name, dict(media_type.parameters)) == (name, parameters)
    assert parse_media_type(str(media_type)) == media_type


@pytest.mark.parametrize("text", ["", "text", "text/", "a/b; =x", "a/b x", 'a/b; x="', "a/b; x=1; x=2",
                                  "a/b" * 5000])
def test_broken_content_types_are_refused(text):
    """A content type that cannot be read is refused, never guessed."""
    with pytest.raises(MalformedMime):
        parse_media_type(text)


def test_two_actions_in_http_are_refused():
    """Content type and SOAPAction must not contradict each other."""
    with pytest.raises(MalformedMime, match="two different"):
        http_action(MediaType(name="application/soap+xml", parameters={"action": "urn:a"}), '"urn:b"')
