"""The dossier of an examination: one page to read and print, JSON, JUnit XML, and an evidence archive.

``write_dossier`` takes plain values (the JSON of the dossier) and files; it knows nothing of how they came
about.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jinja2

from reports.dossier.junit import junit

#: Largest archive; messages beyond it are left out from the end, and the index says so.
MOST_BYTES = 3_700_000


def write_dossier(data: Mapping[str, Any], evidence: Iterable[tuple[str, bytes]], folder: Path) -> Path:
    """Write ``index.html``, ``dossier.json``, ``junit.xml`` and ``evidence.zip``; returns the page's path.

    Parameters
    ----------
    data : what ``onboarding.dossier.as_data`` gives.
    evidence : name and bytes of every message.
    """
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(_environment().get_template("dossier.html.j2").render(d=data), encoding="utf-8")
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    (folder / "dossier.json").write_text(text + "\n", encoding="utf-8")
    (folder / "junit.xml").write_bytes(junit(data))
    _archive(folder / "evidence.zip", evidence, text)
    return page


def _archive(path: Path, evidence: Iterable[tuple[str, bytes]], dossier: str) -> None:
    """Messages, their SHA-256, and the dossier they belong to; the same input gives the same bytes."""
    index: list[str] = []
    size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in evidence:
            digest = hashlib.sha256(content).hexdigest()
            if size > MOST_BYTES:
                index.append(f"{digest}  {name}  (left out: the archive is full)")
                continue
            index.append(f"{digest}  {name}")
            archive.writestr(_entry(f"messages/{name}"), content)
            size += archive.getinfo(f"messages/{name}").compress_size
        archive.writestr(_entry("SHA256SUMS"), "\n".join(index) + "\n")
        archive.writestr(_entry("dossier.json"), dossier)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("reports.dossier", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
