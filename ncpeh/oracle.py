"""What becomes of the codes of a pack or of a code map on their way to French: for ``country check``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from countries import Country
    from ehdsi.terminology.oracle import Fate, Loss

#: The losses in words, in the order of the table.
WORDS: dict[Loss, str] = {
    "no_mapping": "no mapping",
    "faulty": "faulty mapping",
    "unknown_target": "target unknown here",
    "retired_target": "target retired",
    "broader": "broader target",
    "two_to_one": "two to one",
    "no_french": "no French",
    "same_words": "French like the original",
}


def fates_of_pack(country: Country) -> tuple[Fate, ...]:
    """The fate of every code of a pack: of its map, and of those it uses under a national name only."""
    from ehdsi.terminology import CodeMap, Mapping
    from ehdsi.terminology.oracle import fates
    from ncpeh.walking import terminology

    mappings = {(one.national_system, one.national_code): one for one in country.code_map.mappings}
    for row in country.codes.rows:
        own = Mapping(
            national_system=row.system.oid,
            national_code=row.code,
            national_display=row.displays[""],
            pivot_system=row.system.oid,
            pivot_code=row.code,
            remark=row.remark,
        )
        mappings.setdefault((row.system.oid, row.code), own)
    return fates(CodeMap(mappings.values()), terminology())


def fates_of_file(file: Path) -> tuple[Fate, ...]:
    """The fate of every code of a code map in TSV form; raises ``LocalError`` where it cannot be read."""
    from ehdsi.terminology import CodeMap
    from ehdsi.terminology.oracle import fates
    from ncpeh.walking import terminology

    return fates(CodeMap.load(file), terminology())


def lines(found: tuple[Fate, ...]) -> Iterator[str]:
    """The losses one by one, then how many codes there are and how many suffer each."""
    from ehdsi.terminology.oracle import count

    for fate in found:
        if fate.losses:
            target = f"{fate.pivot_code} {fate.english}".strip() or "nothing"
            losses = ", ".join(WORDS[loss] for loss in fate.losses)
            others = f" (with {', '.join(fate.others)})" if fate.others else ""
            french = fate.french or "-"
            yield f"  {fate.national_code} {fate.national_display} > {target} > {french}: {losses}{others}"
    counts = ", ".join(f"{WORDS[loss]} {number}" for loss, number in count(found).items() if number)
    yield f"{len(found)} codes taken to French: {counts or 'no loss'}"
