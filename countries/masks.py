"""The search mask of a pack: ``[search_mask]`` of ``country.toml`` as :class:`ehdsi.search_mask.SearchMask`.

A mask with several groups is a choice between them; the fields of one group are filled in together.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from countries.model import IdentifierRule
from countries.source import Table
from ehdsi.search_mask import (
    IDENTIFIER_LABELS,
    TEXT_LABELS,
    IdentifierBlock,
    IdentifierGroup,
    MaskField,
    PersonSearch,
    Picture,
    SearchMask,
)
from ehdsi.search_mask.model import SINGLE_LABELS, Kind


def read_mask(table: Table, country: str, domains: Mapping[str, IdentifierRule], folder: Path) -> SearchMask:
    """The mask of a country.

    Raises
    ------
    PackError : no group, an identifier that ``[identifiers]`` does not declare, an unknown label, no picture.
    """
    groups = tuple(_group(one, domains) for one in table.tables("group"))
    if not groups:
        table.fail("group", "at least one group of identifiers", "none")
    search = PersonSearch(
        blocks=(IdentifierBlock(groups=groups, choice=len(groups) > 1),),
        texts=tuple(_text(one) for one in table.tables("text")),
        birth_date=_single(table, "birth_date", "birth date"),
        gender=_single(table, "gender", "gender"),
        access_code=_single(table, "access_code", "access code"),
        picture=_picture(table, folder),
        scope=table.choice("scope", ("ALL", "PS", "EP"), "ALL"),
    )
    mask = SearchMask(country=country, patient=search, friendly_name=table.text_of("friendly_name"))
    table.done()
    return mask


def _group(table: Table, domains: Mapping[str, IdentifierRule]) -> IdentifierGroup:
    fields = []
    for one in table.tables("field"):
        domain = domains[one.choice("identifier", tuple(domains))].domain
        fields.append(
            _field(one, "identifier", one.choice("label", tuple(sorted(IDENTIFIER_LABELS))), domain)
        )
    if not fields:
        table.fail("field", "at least one field", "none")
    group = IdentifierGroup(fields=tuple(fields), display=table.text_of("display", ""))
    table.done()
    return group


def _text(table: Table) -> MaskField:
    return _field(table, "text", table.choice("label", tuple(sorted(TEXT_LABELS))))


def _single(table: Table, key: str, kind: Kind) -> MaskField | None:
    return _field(table.table(key), kind, SINGLE_LABELS[kind]) if table.has(key) else None


def _field(table: Table, kind: Kind, label: str, domain: str | None = None) -> MaskField:
    field = MaskField(
        kind=kind,
        label=label,
        domain=domain,
        format=table.text_of("format"),
        mandatory=table.flag("mandatory", False),
        description=table.text_of("description"),
        original_description=table.text_of("original_description", "") or None,
    )
    table.done()
    return field


def _picture(table: Table, folder: Path) -> Picture | None:
    """``[search_mask.media]``: a picture of the card, ``file`` beside ``country.toml``."""
    if not table.has("media"):
        return None
    media = table.table("media")
    file = folder / media.text_of("file")
    if not file.is_file():
        media.fail("file", "a picture beside country.toml", file.name)
    picture = Picture(
        content=file.read_bytes(),
        name=media.text_of("name"),
        file_extension=file.suffix[1:],
        description=media.text_of("description"),
    )
    media.done()
    return picture
