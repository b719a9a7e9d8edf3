"""Reads the narrative block of a section through an allow-list: no markup of the sender reaches a page as
such.

Source: HL7 CDA R2 narrative block schema; eHDSI display rules. Active content is cut out and remarked as
unsafe; an element that is unknown but harmless is replaced by its content.
"""

from __future__ import annotations

from typing import cast

from ehdsi.cda.datatypes import NarrativeNode
from ehdsi.cda.reading.context import Reading
from ehdsi.xml import XmlElement

# fmt: off
#: Elements kept as they are.
ALLOWED = frozenset((
    "text", "table", "caption", "thead", "tbody", "tfoot", "colgroup", "col", "tr", "th", "td", "list",
    "item", "paragraph", "content", "br", "sub", "sup", "linkHtml", "footnote", "footnoteRef",
))
# fmt: on

# fmt: off
#: Elements whose text is code, not words for a reader: cut out.
ACTIVE = frozenset((
    "script", "style", "iframe", "object", "embed", "applet", "form", "input", "button", "link", "meta",
    "base", "svg", "math", "audio", "video", "img", "template", "noscript",
))
# fmt: on

# fmt: off
#: Attributes kept; all others are layout or unsafe.
ATTRIBUTES = frozenset((
    "ID", "IDREF", "colspan", "rowspan", "span", "listType", "revised", "styleCode", "scope", "headers",
    "abbr", "align", "language",
))
# fmt: on

_HTML = {
    "p": "paragraph",
    "b": "content",
    "i": "content",
    "span": "content",
    "strong": "content",
    "em": "content",
    "ul": "list",
    "ol": "list",
    "li": "item",
    "a": "linkHtml",
    "div": "paragraph",
}
_NO_LOOSE_TEXT = frozenset(("table", "thead", "tbody", "tfoot", "colgroup", "tr", "list"))
_SAFE_SCHEMES = ("http://", "https://", "#")


def narrative(reading: Reading, element: XmlElement) -> NarrativeNode:
    """The ``text`` of a section as a tree of allowed nodes."""
    reading.taken.add(element)
    return NarrativeNode(
        tag="text",
        attributes=_attributes(reading, element, "text"),
        children=tuple(_children(reading, element, "text")),
    )


def _children(reading: Reading, element: XmlElement, tag: str) -> list[NarrativeNode | str]:
    loose = tag not in _NO_LOOSE_TEXT
    found: list[NarrativeNode | str] = []
    text = element.text
    if text and (loose or not text.isspace()):
        found.append(text)
    for child in element:
        name = reading.name(child)
        if name in ALLOWED:
            found.append(
                NarrativeNode(
                    tag=name,
                    attributes=_attributes(reading, child, name),
                    children=tuple(_children(reading, child, name)),
                )
            )
        else:
            found.extend(_unknown(reading, child, name.rpartition("}")[2]))
        text = child.tail
        if text and (loose or not text.isspace()):
            found.append(text)
    return found


def _unknown(reading: Reading, element: XmlElement, tag: str) -> list[NarrativeNode | str]:
    """What stands for an element outside the allow-list: nothing, its text, or the markup it is like."""
    if tag.lower() in ACTIVE:
        reading.remark("unsafe", f"active content <{tag}> in a narrative was removed", element)
        return []
    if tag == "renderMultiMedia":
        reading.remark("unread", "a picture in a narrative is not shown", element)
        return _children(reading, element, tag)
    reading.remark("repaired", f"<{tag}> is not narrative markup; its text is kept", element)
    tag = tag if tag in ALLOWED else _HTML.get(tag, "")
    children = _children(reading, element, tag)
    if not tag:
        return children
    return [NarrativeNode(tag=tag, attributes=_attributes(reading, element, tag), children=tuple(children))]


def _attributes(reading: Reading, element: XmlElement, tag: str) -> tuple[tuple[str, str], ...]:
    items = element.items()
    if not items:
        return ()
    kept: list[tuple[str, str]] = []
    for name, value in cast(list[tuple[str, str]], items):
        if name in ATTRIBUTES:
            kept.append((name, value))
            continue
        local = name.rpartition("}")[2]
        if local in ATTRIBUTES:
            kept.append((local, value))
        elif local == "href" and tag == "linkHtml":
            if value.strip().lower().startswith(_SAFE_SCHEMES):
                kept.append(("href", value.strip()))
            else:
                reading.remark(
                    "unsafe", "a link in a narrative with another scheme than http was removed", element
                )
        elif local == "id":
            kept.append(("ID", value))
        elif local.lower().startswith("on") or "script:" in value.lower():
            reading.remark("unsafe", f"the active attribute {local} in a narrative was removed", element)
    return tuple(kept)
