"""A section's narrative as safe markup: known elements become HTML, every text and attribute is escaped.

The reader has already dropped what is not on its own list; this list stands alone, so that nothing active can
come through whoever built the model. Links go to http and https only; pictures become a sentence.

Source: HL7 CDA R2 narrative block.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from ehdsi.cda.datatypes import NarrativeNode

#: Narrative element to HTML element; an empty text keeps the content without an element.
_TAGS = {
    "text": "",
    "table": "table",
    "thead": "thead",
    "tbody": "tbody",
    "tfoot": "tfoot",
    "tr": "tr",
    "th": "th",
    "td": "td",
    "caption": "caption",
    "colgroup": "",
    "col": "",
    "item": "li",
    "paragraph": "p",
    "content": "span",
    "sub": "sub",
    "sup": "sup",
    "footnote": "small",
    "footnoteRef": "",
}

_SPACES = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")
_TO_CHANGE = re.compile("[&<>\"'\t\r\n]|  ").search

#: Elements that stand alone inside a table: white space between them is not text.
_NO_TEXT = ("table", "thead", "tbody", "tfoot", "tr", "list")


def narrative_html(node: NarrativeNode) -> Markup:
    """HTML of a narrative; only elements of the list above, no attribute but spans of cells and links."""
    out: list[str] = []
    _write(node, out)
    return Markup("".join(out))  # noqa: S704 - every text and attribute below is escaped


def _write(node: NarrativeNode, out: list[str]) -> None:
    tag = node.tag
    simple = _TAGS.get(tag) if not node.attributes else None
    if simple == "span":
        opened = closed = ""  # without attributes it would say nothing
    else:
        opened, closed = (f"<{simple}>", f"</{simple}>") if simple else _element(node)
    out.append(opened)
    for child in node.children:
        if not isinstance(child, str):
            _write(child, out)
        elif tag not in _NO_TEXT or child.strip():
            # White space of pretty-printing is shown by no browser; most texts hold none, nor any markup.
            out.append(str(escape(_SPACES.sub(" ", child))) if _TO_CHANGE(child) else child)
    out.append(closed)


def has_text(node: NarrativeNode) -> bool:
    """Whether there is anything to read below a node."""
    return any(child.strip() if isinstance(child, str) else has_text(child) for child in node.children)


def _element(node: NarrativeNode) -> tuple[str, str]:
    attributes = dict(node.attributes)
    if node.tag == "br":
        return "<br>", ""
    if node.tag == "renderMultiMedia":
        return "<small>[image non reproduite]</small>", ""
    if node.tag == "list":
        tag = "ol" if attributes.get("listType") == "ordered" else "ul"
        return f"<{tag}>", f"</{tag}>"
    if node.tag == "linkHtml":
        target = attributes.get("href", "")
        if target.startswith(("http://", "https://")):
            return f'<a href="{escape(target)}" rel="noreferrer noopener">', "</a>"
        return "", ""
    if node.tag == "content" and attributes.get("revised") == "delete":
        return "<del>", "</del>"
    tag = _TAGS.get(node.tag, "span")
    if not tag:
        return "", ""
    return f"<{tag}{_spans(node.tag, attributes)}>", f"</{tag}>"


def _spans(tag: str, attributes: dict[str, str]) -> str:
    """``rowspan`` and ``colspan`` of cells, small numbers only; emphasis of content as a class."""
    if tag in ("td", "th"):
        return "".join(
            f' {name}="{attributes[name]}"'
            for name in ("rowspan", "colspan")
            if attributes.get(name, "").isascii()
            and attributes.get(name, "").isdigit()
            and 0 < int(attributes[name][:4]) < 1000
            and len(attributes[name]) < 4
        )
    if tag == "content" and "bold" in attributes.get("styleCode", "").lower():
        return ' class="fort"'
    return ""
