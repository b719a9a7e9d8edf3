"""Other names and identifiers for the people in a recorded exchange, the same ones wherever they stand.

What is replaced is learnt from the messages themselves: names, identifiers, addresses, telephone numbers and
birth dates of patients, and of everybody else who is named. Clinical statements stay as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from ehdsi import xml
from ehdsi.oids import NS_HL7
from ehdsi.xml import XmlElement

_H = f"{{{NS_HL7}}}"

#: Names that nobody has; taken by the hash of the real one.
_NAMES = tuple(
    first + second
    for first in ("Al", "Bel", "Cor", "Dan", "El", "Fal", "Gor", "Hal", "Il", "Jor", "Kal", "Lor", "Mal")
    for second in ("vara", "mund", "tessa", "rick", "ander", "olin", "emma", "usto")
)

#: Shortest name that is looked for in free text; shorter ones are replaced where names stand.
_SHORTEST = 3

#: Elements whose ``id`` belongs to a person.
_PERSONS = ("patientRole", "patient", "assignedAuthor", "assignedEntity", "associatedEntity", "guardian")


class Pseudonyms:
    """The replacements of one recording; the same seed gives the same ones."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._names: dict[str, str] = {}
        self._values: dict[str, str] = {}

    def learn(self, root: XmlElement) -> None:
        """Note what stands for a person in a message or document."""
        for tag in ("family", "given"):
            for element in root.iter(_H + tag):
                self._name(element.text or "")
        for person in _PERSONS:
            for element in root.iter(_H + person):
                for identifier in element.findall(f"{_H}id"):
                    self._value(identifier.get("extension", ""))
        for element in root.iter(f"{_H}livingSubjectId"):
            for value in element.iter(f"{_H}value"):
                self._value(value.get("extension", ""))
        for element in root.iter(f"{_H}telecom"):
            self._value((element.get("value") or "").partition(":")[2])
        for tag in ("streetAddressLine", "postalCode"):
            for element in root.iter(_H + tag):
                self._value((element.text or "").strip())
        for element in root.iter(f"{_H}birthTime"):
            self._birth(element.get("value", ""))

    def value(self, text: str) -> str:
        """What stands for one value that was learnt; another one stays."""
        return self._values.get(text, text)

    def message(self, content: bytes) -> bytes:
        """A whole XML message or document with the replacements."""
        root = xml.parse(content, large_text=True)
        for tag in ("family", "given"):
            for element in root.iter(_H + tag):
                element.text = self._names.get(element.text or "", element.text)
        return self._text(xml.serialise(root).decode("utf-8")).encode()

    def _text(self, text: str) -> str:
        known = {**self._values, **{name: new for name, new in self._names.items() if len(name) >= _SHORTEST}}
        known |= {name.upper(): new.upper() for name, new in self._names.items() if len(name) >= _SHORTEST}
        escaped = {_escaped(old): _escaped(new) for old, new in known.items()}
        if not escaped:
            return text
        pattern = re.compile(
            "|".join(rf"(?<!\w){re.escape(one)}" for one in sorted(escaped, key=len, reverse=True))
        )
        return pattern.sub(lambda found: escaped[found[0]], text)

    def _name(self, name: str) -> None:
        for one in (name, *re.split(r"[\s-]+", name)) if name.strip() else ():
            if one not in self._names:
                self._names[one] = _NAMES[self._number(one) % len(_NAMES)]

    def _value(self, value: str) -> None:
        if len(value) > _SHORTEST and value not in self._values:
            self._values[value] = self._shaped(value)

    def _birth(self, value: str) -> None:
        if re.fullmatch(r"\d{8}", value):
            year = value[:4]
            self._values[value] = f"{year}0615"
            self._values[f"{year}-{value[4:6]}-{value[6:]}"] = f"{year}-06-15"

    def _shaped(self, value: str) -> str:
        """Digits for digits, letters for letters, all else kept."""
        made = []
        for place, char in enumerate(value):
            number = self._number(f"{value}:{place}")
            if char.isdigit():
                made.append(str((int(char) + 1 + number % 9) % 10))
            elif char.isalpha():
                base = "A" if char.isupper() else "a"
                made.append(chr(ord(base) + number % 26))
            else:
                made.append(char)
        return "".join(made)

    def _number(self, text: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{self._seed}:{text}".encode()).digest()[:6])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def learn_all(pseudonyms: Pseudonyms, messages: Iterable[bytes]) -> None:
    """Learn from several messages."""
    for message in messages:
        pseudonyms.learn(xml.parse(message, large_text=True))
