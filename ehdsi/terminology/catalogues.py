"""Importing other people's catalogues: the forms in which value sets and French labels are published.

* TSV of the eHDSI value sets: ``value_set oid code_system_url code english_designation``;
* wide concept TSV, our own form (``ehdsi.terminology.folder``);
* FHIR R4 JSON: ``CodeSystem``, ``ValueSet`` (``compose`` or ``expansion``) and ``Bundle`` of these, with
  ``designation`` in any language (this is how national terminology servers publish French labels);
* IHE SVS XML: ``RetrieveValueSetResponse`` with ``ConceptList`` and ``Concept``.

Everything becomes ``CatalogueRow``; the licence of the content stays the operator's affair.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from lxml import etree

from ehdsi.errors import LocalError, MalformedMessage, MalformedXml
from ehdsi.terminology.folder import read_concepts
from ehdsi.terminology.store import CatalogueRow
from ehdsi.terminology.tables import read_table
from ehdsi.xml import XmlElement, parse


def import_catalogue(
    file: Path | Traversable,
    *,
    systems: Mapping[str, str] | None = None,
    source: str = "",
    language: str = "en",
) -> list[CatalogueRow]:
    """Read a catalogue of any of the known forms.

    Parameters
    ----------
    file : the form is told by the content, not by the name.
    systems : code-system URL to OID, for forms that name systems by URL
        (``{s.url: s.oid for s in terminology.code_systems.values()}``).
    source : key or sentence for where the wordings come from; the file name when empty.
    language : of wordings that do not say their own.

    Raises
    ------
    LocalError : the file cannot be read or is of no known form.
    MalformedMessage : it is of a known form but breaks it.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise LocalError(f"{file.name} cannot be read: {type(error).__name__}") from error
    source = source or file.name
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return list(_svs(_parsed(data, file.name), source, language))
    if start in (b"{", b"["):
        return list(_fhir(_json(data, file.name), systems or {}, source, language))
    header = data.split(b"\n", 1)[0]
    if b"code_system_url" in header:
        return list(_value_set_tsv(file, systems or {}, source, language))
    return list(read_concepts(file))


def _parsed(data: bytes, name: str) -> XmlElement:
    try:
        return parse(data, max_bytes=64 * 1024 * 1024)
    except MalformedXml as error:
        raise MalformedMessage(f"{name} is not well-formed XML", got=error.got, line=error.line) from error


def _json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(f"{name} is not JSON", got=type(error).__name__) from error


def _oid(system: str, systems: Mapping[str, str]) -> str:
    """OID of a code system named by URL, ``urn:oid:`` or OID; the name as it is when unknown."""
    return systems.get(system) or system.removeprefix("urn:oid:")


# -- eHDSI value sets as TSV -----------------------------------------------------------------------------


def _value_set_tsv(
    file: Path | Traversable, systems: Mapping[str, str], source: str, language: str
) -> Iterator[CatalogueRow]:
    """Rows of the value-set TSV; lines that carry no code (a wrapped description) are passed over."""
    for _, row in read_table(file, required=("oid", "code_system_url", "code")):
        if row["code"] and row["code_system_url"]:
            yield CatalogueRow(
                system=_oid(row["code_system_url"], systems),
                code=row["code"],
                language=language,
                text=row.get("english_designation", ""),
                source=source,
                value_set=row["oid"],
            )


# -- FHIR ------------------------------------------------------------------------------------------------


def _fhir(resource: Any, systems: Mapping[str, str], source: str, language: str) -> Iterator[CatalogueRow]:
    if not isinstance(resource, dict):
        raise MalformedMessage(
            "a FHIR catalogue is one resource",
            expected="CodeSystem, ValueSet or Bundle",
            got=type(resource).__name__,
        )
    kind = resource.get("resourceType")
    language = _text(resource.get("language")) or language
    if kind == "Bundle":
        for entry in _items(resource, "entry"):
            yield from _fhir(entry.get("resource"), systems, source, language)
    elif kind == "CodeSystem":
        system = _oid(_text(resource.get("url")), systems)
        yield from _fhir_concepts(_items(resource, "concept"), system, "", source, language)
    elif kind == "ValueSet":
        yield from _fhir_value_set(resource, systems, source, language)
    else:
        raise MalformedMessage(
            "a FHIR resource of another kind",
            expected="CodeSystem, ValueSet or Bundle",
            got=_text(kind) or "no resourceType",
            where="resourceType",
        )


def _fhir_value_set(
    resource: dict[str, Any], systems: Mapping[str, str], source: str, language: str
) -> Iterator[CatalogueRow]:
    value_set = next(
        (_text(i.get("value")).removeprefix("urn:oid:") for i in _items(resource, "identifier")), ""
    ) or _oid(_text(resource.get("url")), systems)
    for include in _items(_dict(resource.get("compose")), "include"):
        system = _oid(_text(include.get("system")), systems)
        yield from _fhir_concepts(_items(include, "concept"), system, value_set, source, language)
    for item in _items(_dict(resource.get("expansion")), "contains"):
        system = _oid(_text(item.get("system")), systems)
        yield from _fhir_concepts([item], system, value_set, source, language)


def _fhir_concepts(
    concepts: list[dict[str, Any]], system: str, value_set: str, source: str, language: str
) -> Iterator[CatalogueRow]:
    """Rows of a list of FHIR concepts and of the concepts nested in them, without recursion."""
    waiting = list(reversed(concepts))
    while waiting:
        concept = waiting.pop()
        waiting.extend(reversed(_items(concept, "concept") + _items(concept, "contains")))
        code = _text(concept.get("code"))
        if not code or not system:
            continue
        retired = bool(concept.get("inactive")) or concept.get("abstract") is True
        yield CatalogueRow(
            system=system,
            code=code,
            language=language,
            text=_text(concept.get("display")),
            source=source,
            value_set=value_set,
            concept_status="retired" if retired else "current",
        )
        for wording in _items(concept, "designation"):
            use = _text(_dict(wording.get("use")).get("code"))
            yield CatalogueRow(
                system=system,
                code=code,
                language=_text(wording.get("language")) or language,
                text=_text(wording.get("value")),
                source=source,
                value_set=value_set,
                preferred=use in ("", "preferred", "display", "900000000000003001"),
            )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


# -- IHE SVS ---------------------------------------------------------------------------------------------


def _svs(root: XmlElement, source: str, language: str) -> Iterator[CatalogueRow]:
    """Rows of an IHE Sharing Value Sets response (ITI-48): ``ValueSet/@id``, ``ConceptList/@xml:lang``."""
    lists = list(root.iter("{*}ConceptList"))
    if not lists:
        raise MalformedMessage(
            "an XML catalogue without ConceptList",
            expected="RetrieveValueSetResponse",
            got=etree.QName(root).localname,
            clause="IHE ITI-48 3.48.4.2",
        )
    for concepts in lists:
        parent = concepts.getparent()
        value_set = (parent.get("id") or "") if parent is not None else ""
        own = concepts.get("{http://www.w3.org/XML/1998/namespace}lang") or language
        for concept in concepts.iter("{*}Concept"):
            code, system = concept.get("code") or "", concept.get("codeSystem") or ""
            if code and system:
                yield CatalogueRow(
                    system=system,
                    code=code,
                    language=own,
                    source=source,
                    value_set=value_set,
                    text=(concept.get("displayName") or "").strip(),
                )
