"""Check-digit rules of national patient identifiers: to say whether a value holds, and to complete a stem.

The rules come from ``python-stdnum`` where it has them. Two more are known only from published samples
(``hr_mbo``, ``pt_utente``) and serve as lint, never to refuse a patient.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import luhn, verhoeff
from stdnum.cz import rc
from stdnum.ee import ik
from stdnum.es import dni
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.iso7064 import mod_11_10
from stdnum.it import codicefiscale
from stdnum.lv import pvn
from stdnum.si import emso

from ehdsi.errors import LocalError


@dataclass(frozen=True, slots=True)
class CheckRule:
    """``valid(value)`` for a whole value; ``complete(stem)`` adds the check characters, or gives None."""

    name: str
    meaning: str
    valid: Callable[[str], bool]
    complete: Callable[[str], str | None]
    empirical: bool = False


def _mbo_digit(stem: str) -> str | None:
    """The ninth digit of an MBO; None for stems that are not issued (remainder 1 would need two digits)."""
    total = sum(weight * int(digit) for weight, digit in zip((7, 6, 5, 4, 3, 2, 7, 6), stem, strict=True))
    digit = (11 - total % 11) % 11
    return None if digit == 10 else str(digit)


def _complete_mbo(stem: str) -> str | None:
    if not re.fullmatch(r"[0-9]{8}", stem):
        return None
    digit = _mbo_digit(stem)
    return None if digit is None else stem + digit


def _valid_by_completion(complete: Callable[[str], str | None], checked: int) -> Callable[[str], bool]:
    """A validity test for rules whose check characters are the last ``checked`` ones."""
    return lambda value: complete(value[:-checked]) == value


def _complete_matricule(stem: str) -> str | None:
    """Both check digits of a Luxembourg number are taken over its first eleven: Luhn, then Verhoeff."""
    if not re.fullmatch(r"[0-9]{11}", stem):
        return None
    return f"{stem}{luhn.calc_check_digit(stem)}{verhoeff.calc_check_digit(stem)}"


def _complete_birth_number(stem: str) -> str | None:
    if not re.fullmatch(r"[0-9]{9}", stem):
        return None
    digit = int(stem) % 11
    return None if digit == 10 else f"{stem}{digit}"


def _complete_isikukood(stem: str) -> str | None:
    return stem + str(ik.calc_check_digit(stem + "0")) if re.fullmatch(r"[0-9]{10}", stem) else None


def _complete_dni(stem: str) -> str | None:
    return stem + dni.calc_check_digit(stem) if re.fullmatch(r"[0-9]{8}", stem) else None


def _complete_mod_11_10(length: int) -> Callable[[str], str | None]:
    return lambda stem: (
        stem + mod_11_10.calc_check_digit(stem) if re.fullmatch(rf"[0-9]{{{length}}}", stem) else None
    )


def _complete_amka(stem: str) -> str | None:
    return stem + str(luhn.calc_check_digit(stem)) if re.fullmatch(r"[0-9]{10}", stem) else None


def _complete_emso(stem: str) -> str | None:
    return stem + emso.calc_check_digit(stem) if re.fullmatch(r"[0-9]{12}", stem) else None


def _ihi_digit(core: str) -> str | None:
    total = sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), core, strict=True))
    digit = (11 - total % 11) % 11
    return None if digit == 10 else str(digit)


def _complete_ihi(stem: str) -> str | None:
    """An Irish IHI from its GS1 prefix and core (16 digits): mod 11 over the core, then the GS1 digit."""
    if not re.fullmatch(r"[0-9]{16}", stem):
        return None
    core = _ihi_digit(stem[7:])
    if core is None:
        return None
    body = stem + core
    gs1 = sum((3 if place % 2 == 0 else 1) * int(digit) for place, digit in enumerate(reversed(body)))
    return f"{body}{-gs1 % 10}"


def _complete_personas_kods(stem: str) -> str | None:
    if not re.fullmatch(r"[0-9]{10}", stem):
        return None
    weights = (10, 5, 8, 4, 2, 1, 6, 3, 7, 9)
    total = 1 + sum(weight * int(digit) for weight, digit in zip(weights, stem, strict=True))
    return f"{stem}{total % 11 % 10}"


def _nothing(stem: str) -> str | None:
    return stem


_RULES = (
    CheckRule("none", "no check digit is known", lambda value: True, _nothing),
    CheckRule(
        "cz_birth_number",
        "ten digits divisible by 11; nine digits before 1954",
        rc.is_valid,
        _complete_birth_number,
    ),
    CheckRule("ee_isikukood", "modulus 11 with two sets of weights", ik.is_valid, _complete_isikukood),
    CheckRule("es_dni", "letter by modulus 23", dni.is_valid, _complete_dni),
    CheckRule("gr_amka", "Luhn", amka.is_valid, _complete_amka),
    CheckRule(
        "hr_mbo",
        "modulus 11, weights 7 6 5 4 3 2 7 6",
        _valid_by_completion(_complete_mbo, 1),
        _complete_mbo,
        empirical=True,
    ),
    CheckRule("hr_oib", "ISO 7064 MOD 11,10", oib.is_valid, _complete_mod_11_10(10)),
    CheckRule(
        "ie_ihi",
        "modulus 11 over the core, then the GS1 digit",
        _valid_by_completion(_complete_ihi, 2),
        _complete_ihi,
    ),
    CheckRule(
        "it_codice_fiscale", "odd and even table, modulus 26", codicefiscale.is_valid, lambda stem: None
    ),
    CheckRule(
        "lu_matricule",
        "Luhn and Verhoeff over the first eleven digits",
        _valid_by_completion(_complete_matricule, 2),
        _complete_matricule,
    ),
    CheckRule("lv_personas_kods", "weights 10 5 8 4 2 1 6 3 7 9", pvn.is_valid, _complete_personas_kods),
    CheckRule(
        "pt_utente",
        "ISO 7064 MOD 11,10",
        _valid_by_completion(_complete_mod_11_10(8), 1),
        _complete_mod_11_10(8),
        empirical=True,
    ),
    CheckRule("si_emso", "modulus 11", emso.is_valid, _complete_emso),
)

RULES: dict[str, CheckRule] = {rule.name: rule for rule in _RULES}

#: How typed values are brought into the form that is compared.
CLEANERS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "no_spaces": lambda value: "".join(value.split()),
    "no_hyphens": lambda value: value.replace("-", ""),
    "no_slashes": lambda value: value.replace("/", ""),
}


def rule(name: str) -> CheckRule:
    """The rule of this name; raises ``LocalError`` with the names that exist."""
    if name not in RULES:
        raise LocalError(f"no check-digit rule {name!r}; there are {', '.join(RULES)}")
    return RULES[name]


def normalise(value: str, cleaners: tuple[str, ...]) -> str:
    """``value`` with the named clean-ups applied in order."""
    for name in cleaners:
        value = CLEANERS[name](value)
    return value
