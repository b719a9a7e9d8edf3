"""Templates and static files. Everything is escaped; the two static files carry a hash in their names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from sesali.french import TEMPLATES, stylesheet
from sesali.portal.words import country_words, day, hour, typographic


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A static file: its address with the hash in it, its content, its media type."""

    path: str
    content: bytes
    media_type: str


def _source(name: str) -> str | None:
    path = files("sesali.portal").joinpath("templates", name)
    return path.read_text(encoding="utf-8") if name.endswith(".j2") and path.is_file() else None


def _static(name: str) -> str:
    return files("sesali.portal").joinpath("static", name).read_text(encoding="utf-8")


def _asset(name: str, content: str, media_type: str) -> Asset:
    stem, _, ending = name.rpartition(".")
    data = content.encode()
    digest = hashlib.sha256(data).hexdigest()[:12]
    return Asset(path=f"/static/{stem}-{digest}.{ending}", content=data, media_type=media_type)


class Pages:
    """Renders pages; made once per portal."""

    def __init__(self) -> None:
        self.style = _asset("portail.css", stylesheet() + _static("portal.css"), "text/css; charset=utf-8")
        self.script = _asset("portail.js", _static("portal.js"), "text/javascript; charset=utf-8")
        self._environment = Environment(
            loader=ChoiceLoader([FunctionLoader(_source), TEMPLATES]), autoescape=True, auto_reload=False,
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        self._environment.filters.update(typo=typographic, heure=hour, jour=day)
        self._environment.globals.update(style=self.style.path, script=self.script.path,
                                         country_words=country_words)

    @property
    def assets(self) -> tuple[Asset, ...]:
        """The static files."""
        return self.style, self.script

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """The page of this template."""
        return self._environment.get_template(f"{name}.html.j2").render(values)


def safe_markup(html: str) -> Markup:
    """HTML that our own templates made."""
    return Markup(html)  # noqa: S704 - rendered by a template with autoescape
