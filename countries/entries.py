"""What named and synthetic patients share when their statements become entries of a patient summary."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from ehdsi import oids
from ehdsi.cda import sections
from ehdsi.cda.datatypes import Coded, Identifier, Interval, NarrativeNode, Qualifier, Time
from ehdsi.cda.model import AbsenceStatement, Entry, Participation, Section

#: SNOMED CT concept "laterality", the name of the qualifier of a body site.
LATERALITY = Coded(
    code="272741003", code_system=oids.SNOMED_CT, code_system_name="SNOMED CT", display_name="Laterality"
)


class Numbering:
    """Identifiers of the entries of one patient: counted in the order in which they are asked for."""

    def __init__(self, document_root: str, patient: str) -> None:
        self._root, self._patient, self._count = document_root + ".1", patient, 0

    def identifier(self) -> tuple[Identifier, ...]:
        """The next one; the same one every time the patient is read."""
        self._count += 1
        return (Identifier(root=self._root, extension=f"{self._patient}.{self._count:03d}"),)


def period(start: str | None, end: str | None = None) -> Interval:
    """From a CDA time, perhaps to another; an unknown beginning and an open end say so."""
    low = Time(value=start) if start else Time(null_flavor="UNK")
    return Interval(low=low, high=Time(value=end)) if end else Interval(low=low)


def at(time: str) -> Interval:
    """One moment."""
    return Interval(value=Time(value=time))


def sited(site: Coded | None, side: Coded | None) -> tuple[Coded, ...]:
    """A body site with its side, nothing where no site is told."""
    if site is None:
        return ()
    return (site if side is None else replace(site, qualifiers=(Qualifier(name=LATERALITY, value=side),)),)


def absence_code(loinc: str, known: bool) -> str:
    """The code that says that a basic section is empty: known to be so, or for want of information."""
    kind = sections.SECTIONS[loinc]
    return kind.known_absence if known else kind.no_information


def absence(identifiers: tuple[Identifier, ...], code: Coded, known: bool) -> AbsenceStatement:
    """The coded statement that a whole section is empty, and why."""
    return AbsenceStatement(
        identifiers=identifiers,
        status="completed",
        kind="known_absence" if known else "no_information",
        code=code,
    )


def section(loinc: str, title: str, entries: Iterable[Entry], narrative: NarrativeNode | None) -> Section:
    """A section of the profile."""
    kind = sections.SECTIONS[loinc]
    return Section(
        code=Coded(code=loinc, code_system=oids.LOINC, code_system_name="LOINC", display_name=kind.display),
        title=title,
        template_ids=kind.templates,
        narrative=narrative,
        entries=tuple(entries),
    )


def paragraphs(texts: Iterable[str]) -> NarrativeNode:
    """A narrative of plain paragraphs."""
    return NarrativeNode(
        tag="text", children=tuple(NarrativeNode(tag="paragraph", children=(text,)) for text in texts)
    )


def preferred(professional: Participation, switches: Collection[str]) -> Participation:
    """The preferred professional, or only their organisation; never both, the profile forbids it."""
    function = Coded(
        code="PCP", code_system=oids.PARTICIPATION_FUNCTION, display_name="primary care physician"
    )
    if professional.person is not None and "preferred_organisation_only" not in switches:
        one = replace(professional, organization=None)
    else:
        one = replace(professional, person=None, device=None)
    return replace(one, type_code="IND", class_code="PRS", function=function, code=None, time=None)
