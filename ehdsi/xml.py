"""The one hardened XML parser of the project, and the two ways to write XML out.

Nothing else may call lxml's parsing functions (``tests/unit/test_house_rules.py`` holds that): no DTD, no
entities, no network, caps on size and depth. Comments and processing instructions are kept out of the tree,
so that text split by a comment reads as one; whoever needs the evidence keeps the received bytes.
"""

from __future__ import annotations

from lxml import etree

from ehdsi.errors import MalformedXml

#: Bytes accepted from a peer in one XML document. A larger one is refused before it is parsed.
MAX_BYTES = 12 * 1024 * 1024

#: Longest chain of nested elements accepted. libxml2 itself stops at 256.
MAX_DEPTH = 200

XmlElement = etree._Element


def parse(data: bytes, *, max_bytes: int = MAX_BYTES, large_text: bool = False) -> XmlElement:
    """Parse bytes received from anyone, or read from a file, into a tree.

    Parameters
    ----------
    data : a whole XML document; the encoding is the one that it declares.
    max_bytes : refuse more than this.
    large_text : accept text nodes over 10 MB (a level 1 document with a large PDF inside); the cap on the
        whole document still holds.

    Raises
    ------
    MalformedXml : empty, too large, not well-formed, with a document type declaration, or nested too deeply.
    """
    if not data or data.isspace():
        raise MalformedXml("the document is empty", expected="an XML document", got="nothing")
    if len(data) > max_bytes:
        raise MalformedXml("the document is too large", expected=f"at most {max_bytes} bytes",
                           got=f"{len(data)} bytes")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=large_text,
                             remove_pis=True, remove_comments=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise MalformedXml("the document is not well-formed XML", where=f"line {error.lineno}",
                           line=error.lineno or 0, got=_reason(error)) from None
    except ValueError as error:
        raise MalformedXml("the document cannot be decoded", got=str(error)) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedXml("a document type declaration is not allowed", clause="SOAP 1.2 part 1, 5",
                           hint="send the document without <!DOCTYPE>")
    return root


def _reason(error: etree.XMLSyntaxError) -> str:
    """The parser's sentence without file names; it never quotes text content."""
    return str(error.msg).split(" (<string>", 1)[0]


def serialise(root: XmlElement, *, declaration: bool = False) -> bytes:
    """UTF-8 bytes of an element and what is below it, without its tail; nothing is re-indented."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=declaration, with_tail=False)


def path_of(element: XmlElement) -> str:
    """An XPath with local names and positions, for messages: ``/ClinicalDocument/component[1]/…``."""
    steps: list[str] = []
    node: XmlElement | None = element
    while node is not None:
        parent = node.getparent()
        name = etree.QName(node).localname
        if parent is not None:
            same = [child for child in parent if child.tag == node.tag]
            name += f"[{same.index(node) + 1}]" if len(same) > 1 else ""
        steps.append(name)
        node = parent
    return "/" + "/".join(reversed(steps))
