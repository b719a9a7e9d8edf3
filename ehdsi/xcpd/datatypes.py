"""Reads the HL7 v3 data types of ITI-55 messages into the shared values."""

from __future__ import annotations

from ehdsi.cda.datatypes import Address, Identifier, PersonName, Telecom
from ehdsi.xcpd.elements import H
from ehdsi.xml import XmlElement


def attribute(parent: XmlElement | None, path: str, name: str = "code") -> str | None:
    """An attribute of the first element on a path of local names below ``parent``; ``None`` when absent."""
    for step in path.split("/"):
        if parent is None:
            return None
        parent = parent.find(H + step)
    return None if parent is None else parent.get(name)


def text_of(parent: XmlElement, name: str) -> str | None:
    """All text of the first child of this name, ``None`` when there is no such child."""
    child = parent.find(H + name)
    return None if child is None else all_text(child)


def all_text(element: XmlElement) -> str:
    """The text of an element and of all below it, outer blanks removed."""
    return "".join(str(part) for part in element.itertext()).strip()


def read_identifier(element: XmlElement | None) -> Identifier:
    """An instance identifier (II); an absent element gives an empty one."""
    if element is None:
        return Identifier()
    return Identifier(root=element.get("root"), extension=element.get("extension"),
                      null_flavor=element.get("nullFlavor"), authority=element.get("assigningAuthorityName"))


def read_name(element: XmlElement) -> PersonName:
    """A person name (PN); text outside the parts is kept in ``text``."""
    parts: dict[str, list[str]] = {"prefix": [], "family": [], "given": [], "suffix": []}
    loose = [element.text or ""]
    for child in element.iterchildren("*"):
        known = parts.get(str(child.tag).removeprefix(H))
        (loose if known is None else known).append(all_text(child))
        loose.append(child.tail or "")
    text = " ".join(" ".join(loose).split())
    return PersonName(family=_filled(parts["family"]), given=_filled(parts["given"]),
                      prefix=_filled(parts["prefix"]), suffix=_filled(parts["suffix"]), text=text or None,
                      use=element.get("use"), null_flavor=element.get("nullFlavor"))


def read_address(element: XmlElement) -> Address:
    """A postal address (AD); both ways of writing a street line are read."""
    lines = [all_text(child) for child in element.iterchildren(H + "streetAddressLine", H + "streetName")]
    return Address(street_lines=_filled(lines), city=text_of(element, "city") or None,
                   postal_code=text_of(element, "postalCode") or None, state=text_of(element,
                                                                                     "state") or None,
                   country=text_of(element, "country") or None, use=element.get("use"),
                   null_flavor=element.get("nullFlavor"))


def read_telecom(element: XmlElement) -> Telecom:
    """A telephone number or mail address (TEL)."""
    return Telecom(value=element.get("value"), use=element.get("use"), null_flavor=element.get("nullFlavor"))


def read_boolean(element: XmlElement | None) -> bool | None:
    """A BL value; ``None`` when absent or neither true nor false."""
    return None if element is None else {"true": True, "false": False}.get(element.get("value", ""))


def _filled(texts: list[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if text)
