"""Requests that the front door of an NCP turns away, and forms that only some partners use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ehdsi import oids
from ehdsi.media_type import soap_content_type
from simulators.http import HttpRequest
from tests.component.golden_requests import Letter

Change = Callable[[Letter], Letter]


def soap11(good: Letter) -> Letter:
    """The message in SOAP 1.1."""
    old = good.octets().replace(oids.NS_SOAP12.encode(), oids.NS_SOAP11.encode())
    return replace(good, content=old, content_type="text/xml; charset=UTF-8")


def soap11_named_12(good: Letter) -> Letter:
    """An envelope of SOAP 1.1 under the media type of 1.2."""
    return replace(soap11(good), content_type=good.content_type)


def cut(good: Letter) -> Letter:
    """The message without its last bytes."""
    return replace(good, content=good.octets()[:-9])


def unknown_action(good: Letter) -> Letter:
    """An action that no transaction has."""
    name = "urn:ihe:iti:2007:NoSuchTransaction"
    return replace(good, action=name, content_type=soap_content_type(name))


def action_in_http_only(good: Letter) -> Letter:
    """No wsa:Action in the header."""
    return replace(good, action="")


def bare_uuid(good: Letter) -> Letter:
    """A message identifier without ``urn:``."""
    return replace(good, message_id=good.message_id.removeprefix("urn:"))


def commented(good: Letter) -> Letter:
    """A comment before the payload."""
    return replace(good, content=good.octets().replace(b"Body>", b"Body><!-- test -->", 1))


def other_prefixes(good: Letter) -> Letter:
    """Another prefix for the envelope."""
    changed = good.octets()
    for mark in (b"<env:", b"</env:", b"xmlns:env=", b" env:"):
        changed = changed.replace(mark, mark.replace(b"env", b"soap12"))
    return replace(good, content=changed)


#: Changes of a golden request of any transaction.
CHANGES: tuple[Change, ...] = (
    soap11, soap11_named_12, cut, unknown_action, action_in_http_only, bare_uuid, commented, other_prefixes,
)  # fmt: skip


def in_a_browser(posted: HttpRequest) -> HttpRequest:
    """Somebody opens the address of a service."""
    return replace(posted, method="GET", body=b"")


def after_a_pause(posted: HttpRequest) -> HttpRequest:
    """The same request on a connection that lay idle for a second."""
    return replace(posted, idle=1.0)
