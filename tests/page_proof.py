"""Proof that a rendered page says what a document says: statements of the raw XML, looked for in the HTML.

Neither side knows the other: ``tests.statements`` reads the document by XPath, this module reads the page as
a browser would. A statement must stand in a row (or box) that names the entry it was made in as its place;
words that happen to stand elsewhere on the page prove nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from babel import Locale
from lxml import etree
from lxml import html as lxml_html

from tests.statements import NS, Statement, statements

_PLACE = re.compile(r"Dans le document : (\S+?)(?:,|$)")

_MONTHS = Locale("fr").months["format"]["wide"]

#: A frequency in words: its number may be in them (« deux fois par jour »).
_FREQUENCY = re.compile(r"fois|par (jour|semaine|mois)|tou(s|tes) les")

#: Countries of addresses are named, not coded.
_COUNTRIES = Locale("fr").territories

#: Act statuses, absence and negation in the words of the page.
_STATUS = {
    "active": "actif",
    "completed": "terminé",
    "aborted": "interrompu",
    "suspended": "suspendu",
    "cancelled": "annulé",
    "held": "en attente",
    "new": "nouveau",
    "nullified": "annulé",
    "normal": "normal",
    "obsolete": "périmé",
}
_NEGATED = ("absence de", "non réalis", "énoncé négatif oui", "non administr")

#: Daily events by the words that any wording of them holds.
_EVENTS = {"M": "petit-déjeuner", "D": "déjeuner", "V": "dîner", "HS": "coucher", "C": "repas"}

#: Units whose words on the page differ from UCUM.
_UNITS = {
    "1": "",
    "mm[Hg]": "mmhg",
    "[iU]": "unité",
    "[IU]": "unité",
    "Cel": "°c",
    "a": "an",
    "wk": "semaine",
    "d": "jour",
    "h": "h",
    "mo": "mois",
    "min": "min",
    "ug": "microgramme",
    "{pack}/d": "paquet",
    "{#}/d": "par jour",
}


def fold(text: str) -> str:
    """Spaces made plain, case folded."""
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split()).casefold()


@dataclass(frozen=True)
class Block:
    """A row or box of the page: the node of the document that it names, and all its words."""

    path: str
    text: str


@dataclass
class Proof:
    """What was looked for and what was not found in the row of its own entry."""

    looked_for: int = 0
    missing: list[Statement] = field(default_factory=list)


def blocks(page: str) -> list[Block]:
    """All rows and boxes of a page that say where they come from."""
    root = lxml_html.document_fromstring(page)
    found = []
    for panel in root.xpath("//*[@popover]"):
        holder = next(n for n in panel.iterancestors() if n.tag == "tr" or "boite" in (n.get("class") or ""))
        text = " ".join(_opened_by(root, holder))
        place = _PLACE.search(text)
        found.append(Block(place.group(1) if place else "", fold(text)))
    return found


def _opened_by(root: etree._Element, holder: etree._Element) -> Iterator[str]:
    """The words of a row, and of the panels in other rows that its own buttons open."""
    yield from holder.itertext()
    for target in holder.xpath(".//button/@popovertarget"):
        for panel in root.xpath("//*[@id=$key]", key=target):
            if holder not in panel.iterancestors():
                yield from panel.itertext()


def prove(root: etree._Element, page: str) -> Proof:
    """Look for every statement of a document on its page."""
    proof = Proof()
    said = blocks(page)
    for statement in statements(root):
        own = " ¦ ".join(
            block.text
            for block in said
            if block.path == statement.entry or block.path.startswith(statement.entry + "/")
        )
        proof.looked_for += 1
        if not _shown(statement, own):
            proof.missing.append(statement)
    return proof


def unread_narratives(root: etree._Element, page: str) -> list[str]:
    """Pieces of the narrative of any section that are nowhere on the page, each with its line."""
    shown = fold(" ".join(lxml_html.document_fromstring(page).body.itertext()))
    pieces = root.xpath("//h:section/h:text//text()[normalize-space()]", namespaces=NS)
    return [f"line {p.getparent().sourceline}" for p in pieces if fold(str(p)) not in shown]


def _shown(statement: Statement, text: str) -> bool:
    said = statement.said
    match statement.kind:
        case "negation":
            return any(words in text for words in _NEGATED)
        case "status":
            return _STATUS.get(said[0], said[0]) in text
        case "number":
            return _date(said[0], text) or _number(said, text)
        case "code":
            return _word(fold(said[0]), text) or _event(said[0], text)
        case "words" if re.fullmatch(r"[A-Z]{2}", said[0]):
            return _word(fold(said[0]), text) or fold(_COUNTRIES.get(said[0], "\0")) in text
        case _:
            return fold(said[0]) in text


def _word(word: str, text: str) -> bool:
    return re.search(rf"(?<![\w.,]){re.escape(word)}(?![\w]|[.,]\d)", text) is not None


def _event(code: str, text: str) -> bool:
    if not re.fullmatch(r"(HS|[API]?C[MDV]?)", code):
        return False
    return _EVENTS.get(code, _EVENTS.get(code[-1], "\0")) in text


def _date(value: str, text: str) -> bool:
    """The date in words: whole, or as the first part of « du 3 au 9 mars 2025 »."""
    match = re.fullmatch(r"(\d{4})(\d\d)?(\d\d)?(\d{2,6})?(\.\d+)?([+-]\d{4}|Z)?", value)
    if match is None or (match[2] and not 1 <= int(match[2]) <= 12):
        return False
    year, month, day = match[1], match[2], match[3]
    if not month:
        return _word(year, text)
    name = _MONTHS[int(month)]
    if not day:
        return f"{name} {year}" in text
    number = "1er" if int(day) == 1 else str(int(day))
    if _word(f"{number} {name} {year}", text):
        return True
    return re.search(rf"\bdu {number}( {name})? au \d+(er)? \w+ {year}", text) is not None


def _number(said: tuple[str, ...], text: str) -> bool:
    """The value as a French reader writes it, its unit in the same row; frequencies may be in words."""
    value, unit = said[0], said[1] if len(said) > 1 else ""
    if unit in ("h", "d", "wk", "mo", "min") and _FREQUENCY.search(text):
        return True
    if value in ("true", "false"):
        return ("oui" if value == "true" else "non") in text
    plain = re.sub(r"(\.\d*?)0+$", r"\1", value).rstrip(".") if "." in value else value
    grouped = re.sub(r"(?<=\d)(?=(\d{3})+(\.|$))", " ", plain.partition(".")[0])
    fraction = plain.partition(".")[2]
    forms = {value, value.replace(".", ","), plain.replace(".", ",")}
    forms.add(grouped + ("," + fraction if fraction else ""))
    forms |= {"une", "un "} if plain == "1" else set()
    spoken = any(_word(fold(form), text) for form in forms)
    symbol = _UNITS.get(unit, unit).casefold()
    return spoken and any(form in text for form in (symbol.strip("{}[]"), re.sub(r"[{}[\]]", "", symbol)))
