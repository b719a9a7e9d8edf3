"""The identity form: made from the search mask of a country, read and checked against it. Pure.

Nothing about a country is known here; labels, formats, alternatives and the picture come from its mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ehdsi.search_mask import ANY_IDENTIFIER, IdentifierGroup, MaskField, Problem, SearchMask, fits
from sesali.outcomes import notice
from sesali.portal.hints import Hint, hint_of
from sesali.portal.words import NBSP, country_words, wording

#: Longest text of a field that is looked at; the formats of countries end far below.
MAX_TYPED = 200

#: Signs that people type between the parts of a number and that no identifier holds.
_SEPARATORS = str.maketrans("", "", " \u00a0\u202f.-\u2010\u2011")

_DATE_PARTS = (("jour", "Jour", 2), ("mois", "Mois", 2), ("annee", "Année", 4))
SEXES = (("F", "Féminin"), ("M", "Masculin"), ("UN", "Indifférencié"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One field as the page shows it.

    Attributes
    ----------
    name : of the form field; the parts of a date are ``<name>-jour``, ``-mois``, ``-annee``.
    kind : ``text``, ``date`` or ``sex``.
    label : French; ``national`` the country's own words in ``language``.
    hint : French words on the format, empty when the format cannot be told.
    domain : OID of an identifier, else the label of the mask: what a program that fills in the form goes by.
    error : French sentence, empty when all is well; ``wrong`` the id of the first wrong input.
    """

    name: str
    asked: MaskField
    kind: Literal["text", "date", "sex"]
    label: str
    national: str = ""
    language: str = ""
    hint: str = ""
    example: str = ""
    domain: str = ""
    mandatory: bool = True
    numeric: bool = False
    capitals: bool = False
    width: int = 20
    value: str = ""
    error: str = ""
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One group of fields; where there is a choice, ``value`` names it and ``title`` stands beside it."""

    inputs: tuple[Input, ...]
    value: str = ""
    title: str = ""
    chosen: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One ``identifier`` element of the mask; ``choice`` is the name of the radio buttons, empty for none."""

    alternatives: tuple[Alternative, ...]
    choice: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The whole form. ``values`` go to the gateway when ``errors`` (anchor, sentence) is empty."""

    blocks: tuple[Block, ...]
    others: tuple[Input, ...]
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def inputs(self) -> tuple[Input, ...]:
        """All fields in order."""
        return tuple(one for block in self.blocks for group in block.alternatives
                     for one in group.inputs) + self.others


def names_of(mask: SearchMask) -> dict[str, str]:
    """Name of each form field by ``MaskField.key``: ``champ-1``, ``champ-2`` …"""
    keys = dict.fromkeys(one.key for one in mask.patient.fields)
    return {key: f"champ-{number}" for number, key in enumerate(keys, 1)}


def moved(typed: Mapping[str, str], before: SearchMask, after: SearchMask) -> dict[str, str]:
    """What was typed into the form of one mask under the names of another one's form."""
    names = names_of(after)
    new = {old: names[key] for key, old in names_of(before).items() if key in names}
    kept: dict[str, str] = {}
    for name, text in typed.items():
        parts = name.split("-")
        stem = "-".join(parts[:2])
        kept["-".join((new.get(stem, stem), *parts[2:]))] = text
    return kept


def form_names(mask: SearchMask) -> tuple[str, ...]:
    """Every name that the form may send, for keeping what was typed."""
    names: list[str] = []
    for asked in mask.patient.fields:
        name = names_of(mask)[asked.key]
        names += [f"{name}-{part}" for part, _, _ in _DATE_PARTS] if asked.kind == "birth date" else [name]
    choices = (f"choix-{number}" for number, block in enumerate(mask.patient.blocks, 1) if block.choice)
    return (*names, *choices)


def empty_form(mask: SearchMask, typed: Mapping[str, str]) -> Form:
    """The form with what was typed before and nothing said about it."""
    return _form(mask, typed, {}, {})


def checked_form(mask: SearchMask, typed: Mapping[str, str], today: date) -> Form:
    """The form as it was sent: values for the gateway, or what to correct.

    Parameters
    ----------
    typed : form fields by name.
    today : a birth date does not lie after it.
    """
    values: dict[str, str] = {}
    said: dict[str, str] = {}
    for asked in _read_fields(mask, typed):
        name = names_of(mask)[asked.key]
        if asked.kind == "birth date":
            values[asked.key], error = _typed_date(name, typed, today)
            if error:
                said[asked.key] = error
        else:
            values[asked.key] = normalised(asked, typed.get(name, ""))
    problems = mask.form_problems(values)
    for problem in problems:
        said.setdefault(problem.key, _sentence(problem, mask, values))
    return _form(mask, typed, values, said)


def normalised(asked: MaskField, text: str) -> str:
    """The text without what people add by habit, in the first form that fits (capitals included)."""
    text = " ".join(text.strip()[:MAX_TYPED].split())
    if asked.kind != "identifier":
        return text
    bare = text.translate(_SEPARATORS)
    forms = (text, bare, text.upper(), bare.upper())
    return next((one for one in forms if one and fits(asked, one)), bare)


def _read_fields(mask: SearchMask, typed: Mapping[str, str]) -> Iterator[MaskField]:
    """The fields that count: of a choice only those of the alternative that was picked."""
    for number, block in enumerate(mask.patient.blocks, 1):
        chosen = typed.get(f"choix-{number}", "")
        for place, group in enumerate(block.groups):
            if not block.choice or chosen == str(place):
                yield from group.fields
    yield from mask.patient.others


def _typed_date(name: str, typed: Mapping[str, str], today: date) -> tuple[str, str]:
    """``YYYY-MM-DD`` and no error, or what to say."""
    parts = [typed.get(f"{name}-{part}", "").strip()[:10] for part, _, _ in _DATE_PARTS]
    if not any(parts):
        return "", ""
    if not all(one.isascii() and one.isdecimal() for one in parts if one) or not all(parts):
        missing = next((word for one, (_, word, _) in zip(parts, _DATE_PARTS, strict=True)
                        if not (one.isascii() and one.isdecimal())), "")
        article = {"Jour": "le jour", "Mois": "le mois", "Année": "l’année"}[missing]
        return "", f"Saisissez {article} de naissance en chiffres"
    if len(parts[2]) != 4:
        return "", f"L’année de naissance doit comporter 4{NBSP}chiffres"
    try:
        born = date(int(parts[2]), int(parts[1]), int(parts[0]))
    except ValueError:
        return "", "Cette date n’existe pas"
    if born > today:
        return "", "La date de naissance ne peut pas être dans le futur"
    return born.isoformat(), ""


def _sentence(problem: Problem, mask: SearchMask, values: Mapping[str, str]) -> str:
    asked = problem.field
    if asked is None or problem.key == ANY_IDENTIFIER:
        return "Choisissez un identifiant et saisissez-le"
    label = label_of(asked)
    if problem.kind == "missing":
        return f"Saisissez{NBSP}: {label}"
    hint, value = hint_of(asked.format), values.get(asked.key, "")
    if asked.kind in ("birth date", "gender"):
        return notice("SES-052").text if asked.kind == "birth date" else f"Choisissez{NBSP}: {label}"
    if hint.digits and value.isdecimal():
        return f"{label}{NBSP}: {hint.digits}{NBSP}chiffres attendus, {len(value)} saisis"
    if hint.digits:
        return f"{label}{NBSP}: ne contient que des chiffres"
    if hint.example:
        return f"{label}{NBSP}: format attendu {hint.words}, par exemple {hint.example}"
    return f"{label}{NBSP}: ce n’est pas le format attendu"


def label_of(asked: MaskField) -> str:
    """French label of a field."""
    return str(wording()["labels"].get(asked.label, asked.label))


def _form(mask: SearchMask, typed: Mapping[str, str], values: Mapping[str, str], said: Mapping[str, str]
          ) -> Form:
    names = names_of(mask)
    blocks = []
    for number, block in enumerate(mask.patient.blocks, 1):
        name = f"choix-{number}" if block.choice else ""
        groups = tuple(
            _alternative(mask, group, place, typed, said, name) for place, group in enumerate(block.groups))
        error = said.get(ANY_IDENTIFIER, "")
        blocks.append(Block(alternatives=groups, choice=name, error=error))
    others = tuple(_input(mask, one, names[one.key], typed, said) for one in mask.patient.others)
    form = Form(blocks=tuple(blocks), others=others, values=values)
    errors = [(one.wrong or one.name, one.error) for one in dict.fromkeys(
        one for one in form.inputs if one.error)]
    if ANY_IDENTIFIER in said:
        first = next((f"{block.choice}-0" for block in blocks if block.choice), form.inputs[0].name)
        errors.insert(0, (first, said[ANY_IDENTIFIER]))
    return Form(blocks=form.blocks, others=others, values=values, errors=tuple(dict.fromkeys(errors)))


def _alternative(mask: SearchMask, group: IdentifierGroup, place: int, typed: Mapping[str, str],
                 said: Mapping[str, str], choice: str) -> Alternative:
    names = names_of(mask)
    chosen = not choice or typed.get(choice, "") == str(place)
    title = str(wording()["alternatives"].get(group.display, group.display)) or f"Identifiant {place + 1}"
    inputs = tuple(_input(mask, one, names[one.key], typed, said if chosen else {}) for one in group.fields)
    return Alternative(inputs=inputs, value=str(place), title=title, chosen=chosen)


def _input(mask: SearchMask, asked: MaskField, name: str, typed: Mapping[str, str], said: Mapping[str, str]
           ) -> Input:
    hint = hint_of(asked.format) if asked.kind in ("identifier", "access code") else Hint()
    kind: Literal["text", "date", "sex"] = \
        "date" if asked.kind == "birth date" else "sex" if asked.kind == "gender" else "text"
    error = said.get(asked.key, "")
    words = f"{hint.words[:1].upper()}{hint.words[1:]}" if hint.words else ""
    if hint.example:
        words += f", par exemple {hint.example}"
    return Input(
        name=name, asked=asked, kind=kind, label=label_of(asked),
        national=asked.original_description or asked.description,
        language=country_words(mask.country).language if asked.original_description else "en",
        hint=f"{words}. Espaces, points et tirets acceptés." if words else "", example=hint.example,
        domain=asked.domain or asked.label, mandatory=mask.is_mandatory(asked), numeric=bool(hint.digits),
        capitals=hint.letters and asked.kind == "identifier", width=min(max(len(hint.example) + 4, 8), 30),
        value=typed.get(name, "") if kind != "date" else "", error=error,
        wrong=_first_wrong(name, error) if kind == "date" else name)


def _first_wrong(name: str, error: str) -> str:
    for part, word in (("annee", "année"), ("mois", "le mois"), ("jour", "")):
        if word in error.lower():
            return f"{name}-{part}"
    return f"{name}-jour"
