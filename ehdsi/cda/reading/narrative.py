"""Reads the narrative block of a section through an allow-list: no markup of the sender reaches a page as such.

Source: HL7 CDA R2 narrative block schema; eHDSI display rules. Active content is cut out and remarked as unsafe; an
element that is unknown but harmless is replaced by its content.
"""

from __future__ import annotations

from ehdsi.cda.datatypes import NarrativeNode
from ehdsi.cda.reading.context import Reading
from ehdsi.xml import XmlElement

#: Elements kept as they are.
ALLOWED = frozenset(("text", "table", "caption", "thead", "tbody", "tfoot", "colgroup", "col", "tr", "th", "td",
                     "list", "item", "paragraph", "content", "br", "sub", "sup", "linkHtml", "footnote",
                     "footnoteRef"))

#: Elements whose text is code, not words for a reader: cut out.
ACTIVE = frozenset(("script", "style", "iframe", "object", "embed", "applet", "form", "input", "button", "link",
                    "meta", "base", "svg", "math", "audio", "video", "img", "template", "noscript"))

#: Attributes kept; all others are layout or unsafe.
ATTRIBUTES = frozenset(("ID", "IDREF", "colspan", "rowspan", "span", "listType", "revised", "styleCode", "scope",
                        "headers", "abbr", "align", "language"))

_HTML = {"p": "paragraph", "b": "content", "i": "content", "span": "content", "strong": "content",
         "em": "content", "ul": "list", "ol": "list", "li": "item", "a": "linkHtml", "div": "paragraph"}
_NO_LOOSE_TEXT = frozenset(("table", "thead", "tbody", "tfoot", "colgroup", "tr", "list"))
_SAFE_SCHEMES = ("http://", "https://", "#")


def narrative(reading: Reading, element: XmlElement) -> NarrativeNode:
    """The ``text`` of a section as a tree of allowed nodes."""
    reading.taken.add(element)
    return NarrativeNode(tag="text", attributes=_attributes(reading, element, "text"),
                         children=tuple(_children(reading, element, "text")))


def _children(reading: Reading, element: XmlElement, tag: str) -> list[NarrativeNode | str]:
    loose = tag not in _NO_LOOSE_TEXT
    found: list[NarrativeNode | str] = []
    text = element.text
    if text and (loose or not text.isspace()):
        found.append(text)
    for child in element:
        found.extend(_node(reading, child))
        text = child.tail
        if text and (loose or not text.isspace()):
            found.append(text)
    return found


def _node(reading: Reading, element: XmlElement) -> list[NarrativeNode | str]:
    tag = reading.name(element)
    if tag not in ALLOWED:
        tag = tag.rpartition("}")[2]
        if tag in ACTIVE or tag.lower() in ACTIVE:
            reading.remark("unsafe", f"active content <{tag}> in a narrative was removed", element)
            return []
        if tag == "renderMultiMedia":
            reading.remark("unread", "a picture in a narrative is not shown", element)
            return _children(reading, element, tag)
        if tag not in ALLOWED:
            reading.remark("repaired", f"<{tag}> is not narrative markup; its text is kept", element)
            if tag not in _HTML:
                return _children(reading, element, tag)
            tag = _HTML[tag]
    attributes = _attributes(reading, element, tag) if element.attrib else ()
    return [NarrativeNode(tag=tag, attributes=attributes, children=tuple(_children(reading, element, tag)))]


def _attributes(reading: Reading, element: XmlElement, tag: str) -> tuple[tuple[str, str], ...]:
    kept: list[tuple[str, str]] = []
    for name, value in element.items():
        local = name.rpartition("}")[2]
        if local in ATTRIBUTES:
            kept.append((local, value))
        elif local == "href" and tag == "linkHtml":
            if value.strip().lower().startswith(_SAFE_SCHEMES):
                kept.append(("href", value.strip()))
            else:
                reading.remark("unsafe", "a link in a narrative with another scheme than http was removed", element)
        elif local == "id":
            kept.append(("ID", value))
        elif local.lower().startswith("on") or "script:" in value.lower():
            reading.remark("unsafe", f"the active attribute {local} in a narrative was removed", element)
    return tuple(kept)
