"""Answers of the simulators' own web pages: HTML from templates, plain text, JSON, and their headers.

The pages hold no script at all, and the Content-Security-Policy allows none.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simulators.http import Handler, HttpRequest, HttpResponse

_HERE = Path(__file__).parent

_POLICY = ("default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
           "frame-ancestors 'none'")
_SECURITY = (
    ("content-security-policy", _POLICY),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)


@cache
def environment(folder: Path) -> Environment:
    """Templates of a folder and the shared ones; everything is escaped, an unknown name is an error."""
    return Environment(loader=FileSystemLoader([folder, _HERE / "templates"]), autoescape=True,
                       undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


class Pages:
    """Renders the templates of one folder."""

    def __init__(self, folder: Path) -> None:
        self._environment = environment(folder)

    def html(self, name: str, *, status: int = 200, refresh: int = 0,
             **values: Any) -> HttpResponse:
        """A page; ``refresh`` asks the browser to load it again after so many seconds."""
        body = self._environment.get_template(name).render(**values)
        extra = (("refresh", str(refresh)),) if refresh else ()
        return answer(body.encode(), "text/html; charset=utf-8", status=status, headers=extra)


def answer(body: bytes, content_type: str, *, status: int = 200,
           headers: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
    """Any answer, with the security headers."""
    return HttpResponse(status=status, headers=(("content-type", content_type), *_SECURITY, *headers),
                        body=body)


def text(body: str | bytes, *, status: int = 200) -> HttpResponse:
    """Plain text, never anything that a browser would run."""
    body = body.encode() if isinstance(body, str) else body
    return answer(body, "text/plain; charset=utf-8", status=status)


def data(value: Any, *, status: int = 200) -> HttpResponse:
    """JSON."""
    return answer(json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n", "application/json",
                  status=status)


def see_other(location: str) -> HttpResponse:
    """Go on with GET, after a change was made."""
    return answer(b"", "text/plain; charset=utf-8", status=303, headers=(("location", location),))


def stylesheet() -> HttpResponse:
    """The style that all pages share."""
    return answer(_style(), "text/css; charset=utf-8")


def guarded(handle: Callable[[HttpRequest], HttpResponse], *, hosts: tuple[str, ...] = ()) -> Handler:
    """Answer only requests for an address, for ``localhost`` or for one of ``hosts``.

    A page of another site can make a name of its own point to 127.0.0.1; the Host header gives it away.
    """
    known = {"localhost", *(host.lower() for host in hosts)}

    def guard(request: HttpRequest) -> HttpResponse:
        name = _host_name(request.header("host"))
        if name not in known and not _is_address(name):
            return text("Ce nom d’hôte n’est pas celui de ce service.", status=421)
        if request.path == "/style.css":
            return stylesheet()
        found = handle(request)
        return found if request.method != "HEAD" else without_body(found)

    return guard


def without_body(response: HttpResponse) -> HttpResponse:
    """The answer to HEAD."""
    length = (("content-length", str(len(response.body))),)
    return HttpResponse(status=response.status, headers=response.headers + length)


def short_time(moment: Any) -> str:
    """A time of day as the tables show it: ``14:05:09``, UTC."""
    return f"{moment:%H:%M:%S}"


def masked(identifier: str) -> str:
    """A patient's identifier with only its last two characters: ``•••13``; the authority is left out."""
    value = identifier.split("^", 1)[0]
    return f"•••{value[-2:]}" if len(value) > 4 else "•••"


def query_values(query: str) -> Mapping[str, str]:
    """The first value of each name of a query string or of a form body."""
    from urllib.parse import parse_qs

    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def _host_name(header: str) -> str:
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@cache
def _style() -> bytes:
    return (_HERE / "style.css").read_bytes()
