"""Loading a terminology folder, and the operator's own catalogues above it.

Folder form (TSV, see ``read_table``):

* ``code_systems.tsv``: ``oid name url label``, and ``aliases``: further OIDs of the system, space apart;
* ``value_sets.tsv``: ``oid name version complete`` (``complete`` is ``yes`` or empty);
* ``sources.tsv``: ``key text``;
* ``*.concepts.tsv``, wide: ``value_set code_system code status replaced_by doubt`` and one column per
  language tag; the column ``<language>_source`` names the source of that wording.

The folder is an argument: nothing here knows where the project keeps its data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path

from ehdsi.errors import LocalError
from ehdsi.terminology.store import CatalogueRow, CodeSystem, Terminology, ValueSet
from ehdsi.terminology.tables import read_table

#: Columns of a wide concept file that are no language.
_FIXED = ("value_set", "code_system", "code", "status", "replaced_by", "doubt", "version")


def load(
    folder: Path | Traversable, *, overrides: Sequence[Iterable[CatalogueRow]] = (), version: str = ""
) -> Terminology:
    """Read a terminology folder; ``overrides`` are imported catalogues, the strongest last.

    Parameters
    ----------
    folder : holds the files named above; concept files are read in the order of their names.
    overrides : rows of ``import_catalogue``; their wordings replace the folder's for the same code and
        language. version : of the value-set catalogue; empty takes the one that most value sets of the
        folder name.

    Raises
    ------
    LocalError : a file is missing or malformed; names file and line.
    """
    systems, aliases = _code_systems(folder / "code_systems.tsv")
    value_sets = [
        ValueSet(
            oid=row["oid"],
            name=row["name"],
            version=row.get("version", ""),
            complete=row.get("complete", "") == "yes",
        )
        for _, row in read_table(folder / "value_sets.tsv", required=("oid", "name"))
    ]
    sources = {
        row["key"]: row["text"] for _, row in read_table(folder / "sources.tsv", required=("key", "text"))
    }
    files = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".concepts.tsv")),
        key=lambda entry: entry.name,
    )
    if not files:
        raise LocalError(f"{folder.name} holds no *.concepts.tsv")
    versions = sorted(value_set.version for value_set in value_sets if value_set.version)
    return Terminology(
        [*(list(read_concepts(file)) for file in files), *overrides],
        value_sets=value_sets,
        code_systems=systems,
        aliases=aliases,
        sources=sources,
        version=version or (max(versions, key=versions.count) if versions else ""),
    )


def _code_systems(file: Path | Traversable) -> tuple[list[CodeSystem], dict[str, str]]:
    systems: list[CodeSystem] = []
    aliases: dict[str, str] = {}
    for _, row in read_table(file, required=("oid", "name")):
        systems.append(
            CodeSystem(oid=row["oid"], name=row["name"], url=row.get("url", ""), label=row.get("label", ""))
        )
        aliases.update(dict.fromkeys(row.get("aliases", "").split(), row["oid"]))
    return systems, aliases


def read_concepts(file: Path | Traversable) -> Iterator[CatalogueRow]:
    """Rows of one wide concept file, one per wording, and one without text for a concept that has none."""
    for line, row in read_table(file, required=("code_system", "code")):
        if not row["code"] or not row["code_system"]:
            raise LocalError(f"{file.name}:{line}: a concept needs a code and a code system")
        retired = row.get("status", "") == "retired"
        languages = [
            name for name, text in row.items() if text and name not in _FIXED and not name.endswith("_source")
        ]
        for language in languages or [""]:
            yield CatalogueRow(
                system=row["code_system"],
                code=row["code"],
                language=language,
                text=row.get(language, ""),
                source=row.get(f"{language}_source", "") or ("MVC" if language == "en" else "O"),
                value_set=row.get("value_set", ""),
                version=row.get("version", ""),
                concept_status="retired" if retired else "current",
                replaced_by=row.get("replaced_by", ""),
                doubtful=row.get("doubt", "") == "?",
            )
