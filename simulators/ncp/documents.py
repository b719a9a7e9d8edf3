"""The documents of a country's patients as they travel: the pivot ones, spoilt by the faults that act.

Making and keeping them is the packs' work (``countries.documents``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from simulators.faults import Fault
from simulators.faults_apply import edit_document

if TYPE_CHECKING:
    from countries.documents import SummaryDocument
    from countries.model import Country, Persona

#: Makes all documents of a patient: ``(country, persona, now) -> documents``.
Maker = Callable[["Country", "Persona", datetime], "tuple[SummaryDocument, ...]"]


def travelling(
    documents: Sequence[SummaryDocument],
    faults: Sequence[Fault] = (),
    others: Sequence[SummaryDocument] = (),
) -> tuple[SummaryDocument, ...]:
    """Both levels in their pivot form; ``faults`` are those of the step ``document``.

    ``others`` are another patient's, for the faults that mix them up. Content is made when it is read, so
    that a list costs nothing; size and hash then fit the spoilt document.
    """
    pivot = tuple(one for one in documents if one.form == "pivot")
    if not faults:
        return pivot
    by_level = {other.level: other for other in others}
    return tuple(
        replace(one, make_content=partial(_spoilt, tuple(faults), one, by_level.get(one.level)))
        for one in pivot
    )


def _spoilt(faults: tuple[Fault, ...], document: SummaryDocument, other: SummaryDocument | None) -> bytes:
    return edit_document(faults, document.content, other.content if other else None)


def sha1_hex(content: bytes) -> str:
    """The hash that document metadata carry. Source: IHE ITI TF-3 4.2.3.2.10 (SHA-1 in hexadecimal)."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
