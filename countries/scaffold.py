"""A new country pack to begin with: every key is there and explained, what only it knows says TO DO.

What can be known of a country without asking it (its names, language, time zone) is filled in from
Unicode CLDR. The pack can be read and played at once; ``ncpeh country check`` then names what is left to do.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from string import Template

from ehdsi.errors import LocalError
from ehdsi.search_mask import COUNTRIES

_TEMPLATES = Path(__file__).with_name("templates")


def scaffold(code: str, folder: Path, *, today: date) -> tuple[Path, ...]:
    """Write a new pack and return its files.

    Parameters
    ----------
    code : ISO 3166-1 code, in any case; Greece is ``GR``.
    folder : where the pack will lie; it must not exist, or be empty.
    today : the month in which the country starts to send summaries, to begin with.

    Raises
    ------
    LocalError : a code that the search mask does not list, or a folder that holds something.
    """
    wanted = code.upper()
    if wanted not in COUNTRIES:
        listed = ", ".join(sorted(COUNTRIES))
        raise LocalError(f"{code!r} is not a country of MyHealth@EU; there are {listed}")
    if folder.exists() and any(folder.iterdir()):
        raise LocalError(f"{folder} is not empty; name another folder, or remove it first")
    known = _known_about(wanted, today)
    written = []
    for template in sorted(_TEMPLATES.iterdir()):
        file = folder / _place(template.name, wanted)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = template.read_text(encoding="utf-8")
        filled = text if template.suffix == ".tsv" else Template(text).substitute(known)
        file.write_text(filled, encoding="utf-8")
        written.append(file)
    return tuple(written)


def _place(name: str, code: str) -> str:
    """``persona-1.toml`` becomes ``personas/GR-1.toml``; the others keep their names."""
    number = re.fullmatch(r"persona-(\d+)\.toml", name)
    return f"personas/{code}-{number[1]}.toml" if number else name


def _known_about(code: str, today: date) -> dict[str, str]:
    """What CLDR and Faker know of a country, as texts for the templates."""
    from babel import Locale
    from babel.core import get_global
    from faker.config import AVAILABLE_LOCALES

    locale = Locale.parse(f"und_{code}")
    zones = sorted(zone for zone, where in get_global("zone_territories").items() if where == code)
    european = [zone for zone in zones if zone.startswith("Europe/")]
    numbers = [number for number, where in get_global("territory_aliases").items() if list(where) == [code]]
    spoken = f"{locale.language}_{code}"
    return {
        "code": code,
        "lower": code.lower(),
        "language": locale.language,
        "locale": f"{locale.language}-{code}",
        "fr": Locale("fr").territories[code],
        "en": Locale("en").territories[code],
        "native": locale.territories.get(code, code),
        "time_zone": (*european, *zones, "Europe/Brussels")[0],
        "number": next((str(int(one)) for one in numbers if one.isdigit()), "0"),
        "faker": f'"{spoken}"' if spoken in AVAILABLE_LOCALES else "",
        "month": f"{today:%Y-%m}",
    }
