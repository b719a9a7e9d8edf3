"""The provider's pages: templates, style and one small script, with a strict Content-Security-Policy."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simulators.http import HttpResponse
from simulators.psc.oauth import NO_STORE

_HERE = Path(__file__).parent
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(_HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True)  # fmt: skip


def page(template: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = (), retour: str = "",
         **values: Any) -> HttpResponse:  # fmt: skip
    """A page in French.

    Parameters
    ----------
    retour : address that the form's answer redirects to; browsers ask the policy about it as well.
    values : for the template; ``titre`` always.
    """
    parts = urlsplit(retour)
    target = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    policy = ("default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; "
              f"frame-ancestors 'none'; form-action 'self'{target}")  # fmt: skip
    safe = (
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    )
    body = _environment().get_template(template).render(**values)
    return HttpResponse(status=status, headers=(*safe, *NO_STORE, *headers), body=body.encode())


def error_page(message: str, *, status: int) -> HttpResponse:
    """A page that says why the browser is not sent back."""
    return page("message.html", titre="Demande refusée", message=message, status=status)


def static(name: str) -> HttpResponse | None:
    """A file of style or script; ``None`` for a name that is not one."""
    known = {path.name: path for path in (_HERE / "static").iterdir()}
    if name not in known:
        return None
    headers = (("content-type", _TYPES[known[name].suffix]), ("cache-control", "max-age=3600"),
               ("x-content-type-options", "nosniff"))  # fmt: skip
    return HttpResponse(headers=headers, body=known[name].read_bytes())
