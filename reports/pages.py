"""Renders a report template with escaping on, and writes it as one self-contained file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.PackageLoader("reports", "templates"), autoescape=True,
                              undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def render(template: str, **values: object) -> str:
    """The text of ``templates/<template>`` with these values; every value is escaped as HTML."""
    return _environment().get_template(template).render(**values)


def write(path: Path, text: str) -> Path:
    """Write a page, making its folder; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
