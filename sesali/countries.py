"""Names of countries in French, from the CLDR; not from country packs, which the gateway does not know."""

from __future__ import annotations

from functools import cache


@cache
def french_name(code: str) -> str:
    """``HR`` is ``Croatie``; the code itself when the CLDR does not know it."""
    from babel import Locale

    return str(Locale("fr").territories.get(code.upper(), code))
