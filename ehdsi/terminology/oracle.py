"""The transcoding oracle: takes every national code of a map through the pivot to French; lists what is lost.

Nothing here needs a document: what a map cannot say, no summary made with it can say either. A loss is not
always a fault; that a national concept has no safe target is honest. It has to be known before go-live.

Source: eHDSI transcoding practice (equivalent or broader targets only, one target per source).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ehdsi.terminology.code_map import WITHOUT_TARGET, CodeMap, Mapping
from ehdsi.terminology.store import Terminology

#: ``no_mapping`` no safe target · ``broader`` the target says less · ``two_to_one`` several national concepts
#: become one · ``unknown_target`` the target is in no catalogue that we have · ``retired_target`` it has left
#: it · ``faulty`` a mapping that its own map calls false or narrower · ``no_french`` it has no French
#: designation · ``same_words`` its French is spelt like the national words, so that a reader cannot tell from
#: the page whether it was translated.
Loss = Literal[
    "no_mapping",
    "faulty",
    "unknown_target",
    "retired_target",
    "broader",
    "two_to_one",
    "no_french",
    "same_words",
]

#: All losses, in the order in which they are told.
LOSSES: tuple[Loss, ...] = (
    "no_mapping",
    "faulty",
    "unknown_target",
    "retired_target",
    "broader",
    "two_to_one",
    "no_french",
    "same_words",
)

_FAULTY = ("narrower", "wrong", "value_set_oid_as_code_system")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of one national code: its pivot code, its French words, and every loss on the way.

    ``others`` are the national codes that share the target; ``french`` and ``english`` are empty where there
    are none.
    """

    national_system: str
    national_code: str
    national_display: str
    pivot_system: str = ""
    pivot_code: str = ""
    english: str = ""
    french: str = ""
    losses: tuple[Loss, ...] = ()
    others: tuple[str, ...] = ()
    remark: str = ""


def fates(code_map: CodeMap, terminology: Terminology) -> tuple[Fate, ...]:
    """The fate of every national code of a map, in the order of the map."""
    sharing: dict[tuple[str, str], list[Mapping]] = {}
    for mapping in code_map.mappings:
        if mapping.pivot_code:
            sharing.setdefault((mapping.pivot_system, mapping.pivot_code), []).append(mapping)
    return tuple(_fate(mapping, sharing, terminology) for mapping in code_map.mappings)


def _fate(
    mapping: Mapping, sharing: dict[tuple[str, str], list[Mapping]], terminology: Terminology
) -> Fate:
    system, code = mapping.pivot_system, mapping.pivot_code
    if mapping.kind in WITHOUT_TARGET:
        return _as_fate(mapping, losses=("no_mapping",))
    others = tuple(
        other.national_code
        for other in sharing[system, code]
        if (other.national_system, other.national_code) != (mapping.national_system, mapping.national_code)
    )
    french = terminology.designation(system, code, "fr-FR")
    english = terminology.designation(system, code, "en-GB")
    words = french.text if french is not None else ""
    concept = terminology.concept(system, code)
    known: dict[Loss, bool] = {
        "faulty": mapping.kind in _FAULTY,
        "unknown_target": concept is None,
        "retired_target": mapping.kind == "outdated_target"
        or (concept is not None and concept.status != "current"),
        "broader": mapping.kind == "broader",
        "two_to_one": bool(others),
        "no_french": not words,
        "same_words": bool(words) and _folded(words) == _folded(mapping.national_display),
    }
    return _as_fate(
        mapping,
        english=english.text if english is not None else "",
        french=words,
        losses=tuple(loss for loss in LOSSES if known.get(loss)),
        others=others,
    )


def _as_fate(
    mapping: Mapping,
    *,
    losses: tuple[Loss, ...],
    english: str = "",
    french: str = "",
    others: tuple[str, ...] = (),
) -> Fate:
    return Fate(
        national_system=mapping.national_system,
        national_code=mapping.national_code,
        national_display=mapping.national_display,
        pivot_system=mapping.pivot_system,
        pivot_code=mapping.pivot_code,
        english=english,
        french=french,
        losses=losses,
        others=others,
        remark=mapping.remark,
    )


def count(found: Iterable[Fate]) -> dict[Loss, int]:
    """How many codes suffer each loss, every kind named."""
    counts = dict.fromkeys(LOSSES, 0)
    for fate in found:
        for loss in fate.losses:
            counts[loss] += 1
    return counts


def _folded(text: str) -> str:
    """Without accents, case and punctuation."""
    plain = unicodedata.normalize("NFD", text.casefold())
    return " ".join("".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split())
