"""Numbers, units, doses and strengths in French: no conversion, no rounding, no dangerous symbol in a dose.

A dose loses trailing zeros, a result keeps the precision received; the decimal sign is a comma, thousands are
grouped by a narrow no-break space, number and unit are joined by a no-break space.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from ehdsi import oids
from ehdsi.cda.datatypes import Quantity, QuantityRange, Ratio
from ehdsi.terminology import Terminology
from ehdsi.terminology.tables import read_table
from sesali.french.words import NBSP, NOT_GIVEN, THIN, flavour

_NUMBER = re.compile(r"([+-]?)(\d+)(?:\.(\d+))?")
_FRACTIONS = {
    "0.5": "un demi",
    "0.25": "un quart",
    "0.75": "trois quarts",
    "1.5": "un et demi",
    "2.5": "deux et demi",
}

#: Value set of the units of presentation.
PRESENTATIONS = oids.value_set(56)


@cache
def _units() -> dict[str, tuple[str, str, str]]:
    """UCUM unit to (symbol in a result, one in a dose, several in a dose)."""
    rows = read_table(files(__package__).joinpath("units.tsv"), required=("ucum", "symbol"))
    return {
        row["ucum"]: (row["symbol"], row["one"] or row["symbol"], row["many"] or row["symbol"])
        for _, row in rows
    }


@cache
def _presentations() -> dict[str, tuple[str, str]]:
    """EDQM code of a unit of presentation to its words, one and several."""
    rows = read_table(files(__package__).joinpath("presentations.tsv"), required=("code", "one", "many"))
    return {row["code"]: (row["one"], row["many"]) for _, row in rows}


def number(text: str, *, trim: bool = False) -> str:
    """A decimal as a French reader expects it; ``trim`` takes trailing zeros off; other texts as received."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return text.strip()
    sign, whole, decimals = match[1], match[2].lstrip("0") or "0", match[3] or ""
    if trim:
        decimals = decimals.rstrip("0")
    grouped = re.sub(r"(?<=\d)(?=(\d{3})+$)", THIN, whole)
    return ("−" if sign == "-" else "") + grouped + (f",{decimals}" if decimals else "")


def is_plural(text: str) -> bool:
    """French plural begins at two; a text that is no number counts as one."""
    match = _NUMBER.fullmatch(text.strip())
    return match is not None and int(match[2]) >= 2


class Units:
    """Names of units, with the units of presentation of one terminology."""

    def __init__(self, terminology: Terminology) -> None:
        self._names: dict[str, tuple[str, str]] = {}
        for system, code in terminology.members(PRESENTATIONS):
            french = terminology.display(system, code, "fr-FR") or code
            words = _presentations().get(code, (french, french))
            for wording in terminology.wordings(system, code):
                self._names.setdefault(wording.text.casefold(), words)
            self._names[code] = words

    def presentation(self, text: str | None) -> tuple[str, str] | None:
        """Words (one, several) for a countable named in any language, or by its EDQM code."""
        if not text:
            return None
        name = text.strip().strip("{}").strip().casefold()
        return (
            self._names.get(name)
            or self._names.get(name.rstrip("s"))
            or self._names.get(name.removesuffix("(s)"))
        )

    def dose(self, quantity: Quantity) -> tuple[str, str]:
        """A quantity in a dose: its words, and the mark behind them (empty, « non traduit » …)."""
        if quantity.value is None:
            return _without_value(quantity), ""
        many = is_plural(quantity.value)
        unit, mark = self.dose_unit(quantity, many)
        words = f"{number(quantity.value, trim=True)}{NBSP}{unit}"
        value = number(quantity.value, trim=True).replace(",", ".")
        if value in _FRACTIONS and self.counts(quantity):
            words += f" ({_FRACTIONS[value]})"
        return words, mark

    def counts(self, quantity: Quantity) -> bool:
        """Whether a quantity counts things rather than measuring."""
        unit = quantity.unit
        return unit in (None, "", "1") or (unit.startswith("{") and unit.endswith("}"))

    def countable(self, quantity: Quantity) -> str:
        """What is counted, as received: the annotation, the original text, a translation's; empty if
        unsaid.
        """
        if quantity.unit and quantity.unit.startswith("{"):
            return quantity.unit.strip("{}")
        for translation in quantity.translations:
            name = translation.code or translation.original_text or translation.display_name
            if name:
                return name
        return quantity.original_text or ""

    def dose_unit(self, quantity: Quantity, many: bool) -> tuple[str, str]:
        """Words of the unit of a dose, and a mark: an unknown countable stays as received."""
        if self.counts(quantity):
            text = self.countable(quantity)
            known = self.presentation(text)
            if known is not None:
                return known[many], ""
            if text:
                return text, "non traduit"
            return ("unités" if many else "unité") + " de prise (forme non précisée)", ""
        unit = quantity.unit or ""
        words = unit_words(unit, many)
        return (words, "") if words else (unit, "unité d’origine")


def unit_words(unit: str, many: bool) -> str:
    """Words of a UCUM unit in a dose; empty when it is not known. ``ug/h`` gives « microgrammes par heure
    ».
    """
    known = _units().get(unit)
    if known is not None:
        return known[2] if many else known[1]
    head, *tail = unit.split("/")
    parts = [_units().get(part) for part in (head, *tail)]
    if not tail or any(part is None for part in parts):
        return ""
    first = parts[0]
    assert first is not None
    return " par ".join(
        [first[2] if many else first[1], *(part[1] for part in parts[1:] if part is not None)]
    )


def unit_symbol(unit: str | None) -> tuple[str, bool]:
    """Symbol of a unit in a result, and whether it is known; an unknown one stays as received."""
    if unit in (None, "", "1"):
        return "", True
    assert unit is not None
    known = _units().get(unit)
    if known is not None:
        return known[0], True
    parts = [_units().get(part) for part in unit.split("/")]
    if len(parts) > 1 and all(part is not None for part in parts):
        return "/".join(part[0] for part in parts if part is not None), True
    return unit, False


def _without_value(quantity: Quantity) -> str:
    """The reason that a value is absent, with what it would have counted; a text in its place as received."""
    if not quantity.null_flavor:
        return quantity.original_text or NOT_GIVEN
    reason, words = flavour(quantity.null_flavor), quantity.original_text
    return f"{reason} ({words})" if words else reason


def result(quantity: Quantity) -> str:
    """A measured value with the precision and unit received: « 7,0 mmol/L »."""
    if quantity.value is None:
        return _without_value(quantity)
    symbol, _ = unit_symbol(quantity.unit)
    words = number(quantity.value) + (f"{NBSP}{symbol}" if symbol else "")
    if not symbol and quantity.original_text:
        words += f" {quantity.original_text}"
    return words


def result_range(value: QuantityRange) -> str:
    """« 60 à 110 µmol/L », « inférieur à 5 mg/L », « au moins 3 »."""
    if value.value is not None:
        return result(value.value)
    low, high = value.low, value.high
    if low is not None and high is not None and low.value is not None and high.value is not None:
        if low.unit == high.unit:
            return f"{number(low.value)} à {result(high)}"
        return f"{result(low)} à {result(high)}"
    if low is not None and low.value is not None:
        return f"supérieur ou égal à {result(low)}"
    if high is not None and high.value is not None:
        return f"inférieur ou égal à {result(high)}"
    given = next((q for q in (low, high, value.width) if q is not None), None)
    return _without_value(given) if given is not None else flavour(value.null_flavor)


def duration(quantity: Quantity) -> str:
    """A length of time in words: « 7 jours », « 1 an »."""
    if quantity.value is None:
        return _without_value(quantity)
    words = unit_words(quantity.unit or "", is_plural(quantity.value)) or quantity.unit or ""
    return f"{number(quantity.value, trim=True)}{NBSP}{words}".rstrip(NBSP)


def strength(ratio: Ratio | None, units: Units, per: str = "") -> str:
    """« 5 mg par comprimé », « 100 unités internationales par mL », « 250 mg dans 5 mL »; never a slash.

    ``per`` is the unit of presentation where the denominator is a bare 1.
    """
    if ratio is None:
        return ""
    above, below = ratio.numerator, ratio.denominator
    if above is None or (above.value is None and not above.original_text):
        reason = ratio.null_flavor or (above.null_flavor if above is not None else None)
        return flavour(reason) if reason else ""
    words = (
        units.dose(above)[0]
        if not units.counts(above) or units.countable(above)
        else number(above.value or "", trim=True)
    )
    if not above.unit and above.value is not None and not units.countable(above):
        words += f"{NBSP}(unité non indiquée)"
    if below is None or below.value is None:
        return words
    if units.counts(below):
        named = units.presentation(units.countable(below))
        name = named[0] if named else units.countable(below) or per or "unité de prise"
        return f"{words} par {name}" if _is_one(below) else f"{words} dans {units.dose(below)[0]}"
    if _is_one(below):
        return f"{words} par {unit_words(below.unit or '', False) or below.unit}"
    return f"{words} dans {units.dose(below)[0]}"


def _is_one(quantity: Quantity) -> bool:
    return number(quantity.value or "", trim=True) == "1"
