"""The documents of one country's patients: built when first asked for, kept for a while, spoilt by faults."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ehdsi.cda.datatypes import Identifier
from simulators.faults import Fault
from simulators.faults_apply import edit_document

if TYPE_CHECKING:
    from countries.documents import SummaryDocument

    from countries.model import Country, Persona

#: Patients whose documents are kept. A summary of two levels takes some 250 kB.
MAX_PATIENTS = 64

#: Makes the documents of a patient: ``(country, persona, now) -> documents``.
Maker = Callable[["Country", "Persona", datetime], "tuple[SummaryDocument, ...]"]


class DocumentShelf:
    """Pivot documents by patient; the longest unused go first. Safe to use from several threads."""

    def __init__(self, country: Country, make: Maker, max_patients: int = MAX_PATIENTS) -> None:
        self._country = country
        self._make = make
        self._max = max_patients
        self._kept: OrderedDict[Identifier, tuple[SummaryDocument, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, persona: Persona, now: datetime,
           faults: Sequence[Fault] = ()) -> tuple[SummaryDocument, ...]:
        """All documents of a patient, as they travel; none when there is no summary at home.

        ``faults`` are those of the step ``document``: size and hash in a list then fit the spoilt document.
        """
        documents = self._fresh(persona, now)
        if not faults:
            return documents
        return tuple(replace(one, content=edit_document(faults, one.content)) for one in documents)

    def _fresh(self, persona: Persona, now: datetime) -> tuple[SummaryDocument, ...]:
        key = persona.primary_identifier
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = self._make(self._country, persona, now)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._max:
                self._kept.popitem(last=False)
        return made

    def clear(self) -> None:
        """Forget all documents; the next request builds them anew."""
        with self._lock:
            self._kept.clear()


def sha1_hex(content: bytes) -> str:
    """The hash that document metadata carry. Source: IHE ITI TF-3 4.2.3.2.10 (SHA-1 in hexadecimal)."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
