"""Content types as values: ``type/subtype; name=value; name="quoted"``, read tolerantly, written exactly.

Source: RFC 9110 section 8.3; RFC 2045 section 5.1; SOAP 1.2 part 2, appendix A (``application/soap+xml``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from ehdsi.errors import MalformedMime

SOAP_XML = "application/soap+xml"
XOP_XML = "application/xop+xml"
MULTIPART_RELATED = "multipart/related"

#: Longest header value accepted, in characters.
MAX_LENGTH = 4096

_TYPE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*")
_PARAMETER = re.compile(r';\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;"\s]*)\s*')
_EMPTY = re.compile(r";\s*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """A content type: ``name`` in lower case, parameter names in lower case, values as they stand."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def get(self, parameter: str) -> str:
        """Value of a parameter, empty when absent."""
        return self.parameters.get(parameter, "")

    def __str__(self) -> str:
        return "; ".join([self.name, *(f"{key}={_quoted(value)}" for key, value in self.parameters.items())])


@lru_cache(maxsize=256)
def parse_media_type(value: str) -> MediaType:
    """Read the value of a ``Content-Type`` header.

    Raises
    ------
    MalformedMime : too long, no type, a parameter that cannot be read or that is given twice with two values.
    """
    if len(value) > MAX_LENGTH:
        raise _malformed(f"at most {MAX_LENGTH} characters", f"{len(value)} characters")
    head = _TYPE.match(value)
    if head is None:
        raise _malformed("type/subtype", value[:60])
    parameters: dict[str, str] = {}
    position = head.end()
    while position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None:
            empty = _EMPTY.match(value, position)
            if empty is None:
                raise _malformed("; name=value", value[position:position + 60])
            position = empty.end()
            continue
        key, text = match[1].lower(), _unquoted(match[2])
        if parameters.setdefault(key, text) != text:
            raise _malformed(f"one {key}", "two different ones")
        position = match.end()
    return MediaType(name=head[1].lower(), parameters=MappingProxyType(parameters))


def soap_content_type(action: str) -> str:
    """``application/soap+xml; charset=UTF-8; action="…"``; without an action the parameter is left out."""
    parameters = {"charset": "UTF-8"} | ({"action": action} if action else {})
    return str(MediaType(name=SOAP_XML, parameters=parameters))


def http_action(content_type: MediaType, soap_action_header: str = "") -> str:
    """The SOAP action that HTTP carries: the ``action`` parameter, else the older ``SOAPAction`` header.

    Source: SOAP 1.2 part 2, 6.5.3. Real NCP clients send one, the other, both or none.
    """
    header = soap_action_header.strip().strip('"')
    action = content_type.get("action")
    if action and header and action != header:
        raise MalformedMime("two different actions in the HTTP header", where="Content-Type, SOAPAction",
                            expected="the same action in both", got="two different ones",
                            clause="SOAP 1.2 part 2, 6.5.3", hint="send the action parameter only")
    return action or header


def _quoted(value: str) -> str:
    """Characters outside a token are quoted, as charset=UTF-8 and action="urn:…" usually look."""
    if _TOKEN.fullmatch(value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def _malformed(expected: str, got: str) -> MalformedMime:
    return MalformedMime("the content type cannot be read", where="Content-Type", expected=expected, got=got,
                         clause="RFC 9110, 8.3", hint='send for instance application/soap+xml; charset=UTF-8')
