"""The documents of a persona: level 3 as it travels (pivot), level 1 (the PDF), and the national original.

Content is made when it is first read and kept for the patients asked for last. The same persona, terminology
and hour give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Literal

from countries.model import Country, Persona
from ehdsi.cda.build import build, level1, related_to
from ehdsi.cda.datatypes import Form, Identifier, Time
from ehdsi.cda.model import PatientSummary
from ehdsi.errors import LocalError
from ehdsi.terminology import Terminology, TransformIssue, transcode_summary

#: How many patients' documents are kept in memory.
KEPT = 96


@dataclass(frozen=True, kw_only=True, eq=False)
class SummaryDocument:
    """One document as a registry lists it.

    ``creation_time`` is in UTC. ``set_id`` is common to all documents of one summary. ``related_ids`` names
    the document of the other level. ``issues`` is what transcoding had to say (pivot only). ``on_demand``:
    put together when it is read even where the country stores documents, as those of synthetic patients are.
    """

    level: Literal[1, 3]
    form: Form
    unique_id: Identifier
    set_id: Identifier
    related_ids: tuple[Identifier, ...]
    language: str
    creation_time: datetime
    confidentiality: str
    title: str
    issues: tuple[TransformIssue, ...] = ()
    on_demand: bool = False
    make_content: Callable[[], bytes] = field(repr=False)

    @cached_property
    def content(self) -> bytes:
        """The CDA document, UTF-8 with an XML declaration."""
        return self.make_content()


def documents_of(
    country: Country, persona: Persona, terminology: Terminology, now: datetime
) -> tuple[SummaryDocument, ...]:
    """Pivot level 3, level 1 and friendly level 3 of a persona; empty when there is no summary.

    Parameters
    ----------
    now : an aware time. Documents put together on demand carry its hour as creation time, stored ones the
        date of their content.

    Raises
    ------
    LocalError : ``now`` is naive.
    """
    if now.tzinfo is None:
        raise LocalError("documents_of needs a time with its zone")
    summary = persona.summary
    if summary is None:
        return ()
    return _documents(country, persona, terminology, _creation_time(country, summary, now))


def _creation_time(country: Country, summary: PatientSummary, now: datetime) -> datetime:
    written = summary.header.effective_time
    if country.documents.stored and written is not None and written.value:
        return datetime.strptime(written.value[:8], "%Y%m%d").replace(tzinfo=UTC)
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


@lru_cache(maxsize=KEPT)
def _documents(
    country: Country, persona: Persona, terminology: Terminology, created: datetime
) -> tuple[SummaryDocument, ...]:
    if persona.summary is None:
        return ()
    ids = document_ids(country, persona)
    friendly = _dated(country, persona.summary, created, ids)
    transformation = transcode_summary(friendly, country.code_map, terminology)
    pivot = transformation.summary
    made: list[SummaryDocument] = []
    if 3 in country.documents.levels:
        linked = related_to(pivot, ids.l1) if 1 in country.documents.levels else pivot
        made.append(
            _document(
                linked,
                "pivot",
                ids,
                created,
                lambda: build(linked),
                (*transformation.errors, *transformation.warnings),
            )
        )
    if 1 in country.documents.levels:
        made.append(
            replace(
                _document(pivot, "pivot", ids, created, lambda: _level1(friendly, pivot, ids)),
                level=1,
                unique_id=ids.l1,
                related_ids=(ids.l3,),
            )
        )
    original = replace(friendly, header=replace(friendly.header, identifier=ids.friendly))
    if 1 in country.documents.levels:
        original = related_to(original, ids.l1)
    made.append(
        replace(
            _document(original, "friendly", ids, created, lambda: build(original)),
            unique_id=ids.friendly,
        )
    )
    if persona.source == "synthetic":
        return tuple(replace(one, on_demand=True) for one in made)
    return tuple(made)


def made_and_kept() -> tuple[int, int, int]:
    """Summaries put together since the start, times that one was in memory already, summaries in memory."""
    told = _documents.cache_info()
    return told.misses, told.hits, told.currsize


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentIds:
    """The identifiers of one summary: both levels on the wire, the national original, the set they form."""

    l3: Identifier
    l1: Identifier
    friendly: Identifier
    set_id: Identifier


def document_ids(country: Country, persona: Persona) -> DocumentIds:
    """Identifiers by the pack's scheme; they depend on the persona alone."""
    root, patient = country.oids.document_root, persona.primary_identifier.extension or persona.key
    l3 = country.documents.l3_extension.replace("{patient}", patient)
    l1 = country.documents.l1_extension.replace("{patient}", patient)
    return DocumentIds(
        l3=Identifier(root=root, extension=l3),
        l1=Identifier(root=root, extension=l1),
        friendly=Identifier(root=root, extension=f"{l3}.N"),
        set_id=Identifier(root=root, extension=f"{patient}.S"),
    )


def _dated(country: Country, summary: PatientSummary, created: datetime, ids: DocumentIds) -> PatientSummary:
    """The summary with its document identifier, creation time and, if the country writes one, its setId."""
    written = summary.header.effective_time if country.documents.stored else None
    header = replace(
        summary.header,
        identifier=ids.l3,
        effective_time=written or Time(value=f"{created:%Y%m%d%H%M%S}+0000"),
    )
    if "set_id" in country.switches:
        header = replace(header, set_id=ids.set_id, version_number=1)
    return replace(summary, header=header)


def _document(
    summary: PatientSummary,
    form: Form,
    ids: DocumentIds,
    created: datetime,
    make: Callable[[], bytes],
    issues: tuple[TransformIssue, ...] = (),
) -> SummaryDocument:
    header = summary.header
    return SummaryDocument(
        level=3,
        form=form,
        unique_id=ids.l3,
        set_id=ids.set_id,
        related_ids=tuple(one for related in header.related_documents for one in related.identifiers),
        language=header.language or "",
        creation_time=created,
        title=header.title or "",
        confidentiality=(header.confidentiality.code if header.confidentiality else None) or "N",
        issues=issues,
        make_content=make,
    )


def _level1(friendly: PatientSummary, pivot: PatientSummary, ids: DocumentIds) -> bytes:
    """The PDF shows the national original; its header is that of the pivot."""
    # Printing reads the fonts, which a world without level 1 requests never needs.
    from countries.pdf import summary_pdf

    pdf = summary_pdf(friendly, language=friendly.header.language)
    return build(level1(pivot, pdf, ids.l1))
