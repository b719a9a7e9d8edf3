"""Country packs: read, checked and offered as typed values. Adding a country touches no Python file.

``load("HR")``, ``load_all()``, ``codes()`` give :class:`Country`; documents are made by
:mod:`countries.documents`; :mod:`countries.check` lints a folder. The format is in
``docs/adding-a-country.md``.
"""

from __future__ import annotations

from countries.errors import PackError, UnknownCountry
from countries.loading import codes, load, load_all
from countries.model import Answer, Behaviour, Country, Persona, Step

__all__ = [
    "Answer",
    "Behaviour",
    "Country",
    "PackError",
    "Persona",
    "Step",
    "UnknownCountry",
    "codes",
    "load",
    "load_all",
]
