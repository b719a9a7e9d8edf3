"""The terminology store: which words a code has in which language, and which value sets it belongs to.

What it is: an immutable table keyed by (code system OID, code, language), built from rows of one or several
catalogues; a later catalogue overrides an earlier one row by row, so that an official national file takes the
place of the bundled test labels. What it is not: a copy of SNOMED CT, ICD-10 or any other system.

Source: eHDSI Master Value set Catalogue (MVC) and Local Terminology Repository model; facts on look-up follow
the OpenNCP terminology service (status ``current``, preferred first).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ehdsi import oids

Status = Literal["current", "retired"]

#: Where a designation came from when nothing else is said.
OWN_WORDING = "O"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueRow:
    """One line of any catalogue: a code, and at most one wording of it in one language.

    ``language`` is a BCP 47 tag, ``text`` may be empty when the row only states membership; ``source`` is a
    short key or sentence that says who worded it; ``value_set`` is an OID, empty when the code is in none.
    """

    system: str
    code: str
    language: str = ""
    text: str = ""
    source: str = OWN_WORDING
    status: Status = "current"
    preferred: bool = True
    value_set: str = ""
    version: str = ""
    concept_status: Status = "current"
    replaced_by: str = ""
    doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Designation:
    """One wording of a concept. ``status`` retired wordings are used only when there is no current one."""

    text: str
    language: str
    source: str = OWN_WORDING
    status: Status = "current"
    preferred: bool = True
    doubtful: bool = False


@dataclass(slots=True)
class Concept:
    """A code of a code system: its state, a replacement where one is known, its wordings by language."""

    system: str
    code: str
    status: Status = "current"
    replaced_by: str = ""
    designations: dict[str, list[Designation]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSet:
    """A value set as declared: ``complete`` says whether all its members are in the store."""

    oid: str
    name: str
    version: str = ""
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSystem:
    """A code system: its OID, the name that goes into ``codeSystemName``, the URL that FHIR calls it by.

    ``label`` is the name a French reader knows it by.
    """

    oid: str
    name: str
    url: str = ""
    label: str = ""


class Terminology:
    """Designations, value-set membership and names of code systems; never changes once built.

    Parameters
    ----------
    catalogues : rows of each catalogue, weakest first; a later one replaces the wordings of an earlier one
        for the same code and language.
    value_sets, code_systems : declarations; unknown ones are accepted and have no name.
    aliases : code-system OID to canonical OID, for display only (a document is never rewritten).
    version : of the value-set catalogue, e.g. ``"8.1.0"``.
    sources : key of a source to the sentence that names it.
    """

    def __init__(
        self,
        catalogues: Iterable[Iterable[CatalogueRow]],
        *,
        value_sets: Iterable[ValueSet] = (),
        code_systems: Iterable[CodeSystem] = (),
        aliases: Mapping[str, str] | None = None,
        version: str = "",
        sources: Mapping[str, str] | None = None,
    ) -> None:
        self.version = version
        self.value_sets = {value_set.oid: value_set for value_set in value_sets}
        self.code_systems = {system.oid: system for system in code_systems}
        self.aliases = dict(aliases or {})
        self.sources = dict(sources or {})
        self._concepts: dict[tuple[str, str], Concept] = {}
        self._members: dict[str, set[tuple[str, str]]] = {}
        self._best: dict[tuple[str, str, str], Designation | None] = {}
        for rows in catalogues:
            self._add(rows)

    def _add(self, rows: Iterable[CatalogueRow]) -> None:
        """Merge one catalogue; its wordings replace those of earlier catalogues for the same language."""
        fresh: set[tuple[str, str, str]] = set()
        for row in rows:
            key = (row.system, row.code)
            concept = self._concepts.get(key)
            if concept is None:
                concept = self._concepts[key] = Concept(row.system, row.code)
            if row.concept_status != "current" or row.replaced_by:
                concept.status, concept.replaced_by = row.concept_status, row.replaced_by
            if row.value_set:
                self._members.setdefault(row.value_set, set()).add(key)
            if not row.text:
                continue
            if (*key, row.language) not in fresh:
                fresh.add((*key, row.language))
                concept.designations[row.language] = []
            wording = Designation(
                text=row.text,
                language=row.language,
                source=row.source,
                status=row.status,
                preferred=row.preferred,
                doubtful=row.doubtful,
            )
            if wording not in concept.designations[row.language]:
                concept.designations[row.language].append(wording)

    # -- code systems --------------------------------------------------------------------------------
    def canonical(self, system: str | None) -> str:
        """The OID under which a code system is stored; itself unless an alias says otherwise."""
        return self.aliases.get(system, system) if system else ""

    def system_name(self, system: str | None) -> str:
        """Name of a code system for ``codeSystemName``; empty when unknown."""
        known = self.code_systems.get(self.canonical(system))
        return known.name if known else ""

    def system_label(self, system: str | None) -> str:
        """Name of a code system for a French reader; empty when unknown."""
        known = self.code_systems.get(self.canonical(system))
        return (known.label or known.name) if known else ""

    def knows_system(self, system: str | None) -> bool:
        """Whether this OID, or what it is an alias of, is a declared code system."""
        return self.canonical(system) in self.code_systems

    # -- concepts ------------------------------------------------------------------------------------
    def concept(self, system: str | None, code: str | None) -> Concept | None:
        """The concept, whatever its status, or None; aliases of the code system are followed."""
        return self._concepts.get((self.canonical(system), code)) if code else None

    def less_specific(self, system: str | None, code: str | None) -> str | None:
        """The four-character ICD-10 code above a five-character one (``B18.00`` gives ``B18.0``), if
        stored.
        """
        if not code or self.canonical(system) != oids.ICD_10 or len(code) != 6 or code[3] != ".":
            return None
        return code[:5] if self.concept(system, code[:5]) else None

    def designation(self, system: str | None, code: str | None, language: str) -> Designation | None:
        """The best wording in a language: exact tag, then its primary language, then another region of it.

        Current before retired, preferred before others, then alphabetical: the same every time.
        """
        if not code:
            return None
        key = (self.canonical(system), code, language)
        if key not in self._best:
            concept = self._concepts.get(key[:2])
            if concept is None:  # not remembered: documents may hold any number of unknown codes
                return None
            self._best[key] = self._choose(concept, language)
        return self._best[key]

    @staticmethod
    def _choose(concept: Concept, language: str) -> Designation | None:
        for tag in _tags(language, concept.designations):
            return min(
                concept.designations[tag], key=lambda d: (d.status != "current", not d.preferred, d.text)
            )
        return None

    def display(self, system: str | None, code: str | None, language: str) -> str | None:
        """Text of the best wording in a language, or None."""
        wording = self.designation(system, code, language)
        return wording.text if wording else None

    def wordings(self, system: str | None, code: str | None) -> tuple[Designation, ...]:
        """All wordings of a concept in all languages, for comparing with what a document says."""
        concept = self.concept(system, code)
        return tuple(d for found in concept.designations.values() for d in found) if concept else ()

    def ambiguous(self, system: str | None, code: str | None, language: str) -> bool:
        """Whether several current wordings compete and none is preferred (terminology warning 2506)."""
        concept = self.concept(system, code)
        for tag in _tags(language, concept.designations) if concept else ():
            current = [d for d in concept.designations[tag] if d.status == "current"] if concept else []
            return len(current) > 1 and not any(d.preferred for d in current)
        return False

    def source_text(self, source: str) -> str:
        """What the key of a source stands for; the key itself when it is not declared."""
        return self.sources.get(source, source)

    # -- value sets ----------------------------------------------------------------------------------
    def member(self, value_set: str, system: str | None, code: str | None) -> bool | None:
        """Whether a code is in a value set; None when the store does not hold the whole set and cannot
        say.
        """
        if code and (self.canonical(system), code) in self._members.get(value_set, ()):
            return True
        declared = self.value_sets.get(value_set)
        return False if declared is not None and declared.complete else None

    def members(self, value_set: str) -> tuple[tuple[str, str], ...]:
        """(code system, code) of all stored members, sorted."""
        return tuple(sorted(self._members.get(value_set, ())))

    def concepts(self) -> tuple[Concept, ...]:
        """All stored concepts, in the order of their catalogues."""
        return tuple(self._concepts.values())

    def languages(self) -> tuple[str, ...]:
        """All languages that any wording is in, sorted."""
        return tuple(sorted({tag for concept in self._concepts.values() for tag in concept.designations}))

    def __len__(self) -> int:
        return len(self._concepts)


def _tags(language: str, available: Mapping[str, object]) -> list[str]:
    """The tags to try, in order: exact, primary language, any other region of the same language."""
    primary = language.split("-", 1)[0].lower()
    tags = [tag for tag in (language, primary) if tag in available]
    tags += sorted(tag for tag in available if tag not in tags and tag.split("-", 1)[0].lower() == primary)
    return list(dict.fromkeys(tags))
