"""The French page as HTML, and as plain text. Templates are compiled once; everything is escaped.

Another page (the portal) includes the parts: give its own environment ``TEMPLATES`` as a loader, import
``summary.html.j2`` and call ``banner``, ``body`` and ``sprite``.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Literal

from jinja2 import Environment, FunctionLoader
from markupsafe import Markup

from sesali.french.view import FrenchSummary

#: French and original together, French alone, original terms under French headings.
Mode = Literal["deux", "fr", "orig"]


def _source(name: str) -> str | None:
    """Text of one of our templates; None when there is none of that name."""
    if name not in ("summary.html.j2", "page.html.j2"):
        return None
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


#: Loader of ``summary.html.j2`` and ``page.html.j2`` for environments of other pages.
TEMPLATES = FunctionLoader(_source)


@cache
def stylesheet() -> str:
    """The style sheet of the summary, to be served as one file or put into a page that stands alone."""
    return files(__package__).joinpath("static", "summary.css").read_text(encoding="utf-8")


@cache
def _digest() -> str:
    """SHA-256 of the style sheet, as a content security policy names it."""
    return base64.b64encode(hashlib.sha256(stylesheet().encode()).digest()).decode()


@cache
def _environment() -> Environment:
    return Environment(loader=TEMPLATES, autoescape=True, auto_reload=False, trim_blocks=False)


def render_page(
    view: FrenchSummary, *, mode: Mode = "deux", stylesheet_url: str = "", attachment: bytes = b""
) -> str:
    """A whole HTML page.

    Parameters
    ----------
    view : of ``french_view``.
    mode : which of the three views.
    stylesheet_url : of ``stylesheet()``; without one the page stands alone, its style inside and allowed by
        hash. attachment : the original PDF of a level 1 document, offered for saving in a page that stands
        alone.
    """
    style = "" if stylesheet_url else stylesheet()
    source = f"'sha256-{_digest()}'" if style else "'self'"
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            view=view,
            mode=mode,
            stylesheet=stylesheet_url,
            style_source=source,
            style=Markup(style),  # noqa: S704 - our own file
            attachment=base64.b64encode(attachment).decode() if attachment else "",
        )
    )


def render_body(view: FrenchSummary, *, mode: Mode = "deux") -> Markup:
    """The summary alone, without frame, banner and sprite, for a page that brings its own."""
    template = _environment().get_template("summary.html.j2")
    return Markup(template.module.body(view, mode))  # type: ignore[attr-defined]  # noqa: S704 - autoescaped
