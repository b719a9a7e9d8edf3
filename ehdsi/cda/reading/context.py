"""What one reading of one document remembers: what was understood, what was bent, where everything stood.

The reader keeps account: every element that a reading function understands is *taken*. When an entry has been
read, whatever lies below it untaken and bears content becomes an ``UnreadEntry``. So nothing can be lost by
forgetting to write a line of code for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, cast

from lxml import etree

from ehdsi import oids
from ehdsi.cda.datatypes import Origin
from ehdsi.cda.model import Remark
from ehdsi.xml import XmlElement

#: Namespaces whose elements are known by their local name; the two medication extensions have no name in
#: common with another meaning.
READ_NAMESPACES = frozenset((oids.NS_HL7, oids.NS_PHARM, oids.NS_EPSOS_MEDICATION))

XSI_TYPE = f"{{{oids.NS_XSI}}}type"

#: Elements without clinical content of their own, wherever they stand in an entry.
TECHNICAL = frozenset(("templateId", "typeId", "realmCode", "id"))

Groups = dict[str, list[XmlElement]]

# From the attributes upwards: a condition on every element of the document takes four times as long.
_ALL_WITH_ID = cast(Callable[[XmlElement], list[XmlElement]], etree.XPath("//@ID/.. | //@id/.."))
_ANY_REVISED = etree.XPath("boolean(//@revised)")
_BLOCKS = frozenset(("table", "thead", "tbody", "tfoot", "tr", "list", "item", "td", "th", "paragraph"))


def line_of(element: XmlElement | None) -> int:
    """Line of an element in the received document, 0 when unknown."""
    return 0 if element is None else cast(int | None, element.sourceline) or 0


class _Names(dict[str, str]):
    """Qualified tag to the name that readers use: local in a namespace that we read, else the tag itself."""

    def __missing__(self, tag: str) -> str:
        namespace, _, local = tag[1:].rpartition("}")
        name = self[tag] = local if namespace in READ_NAMESPACES else tag
        return name


class Reading:
    """The memory of one reading; made by ``parse_element``, thrown away afterwards."""

    __slots__ = ("_groups", "_ids", "_names", "_paths", "_references", "_revised", "remarks", "root", "taken")

    def __init__(self, root: XmlElement) -> None:
        self.root = root
        self.taken: set[XmlElement] = set()
        self.remarks: list[Remark] = []
        self._names = _Names()
        self._groups: dict[XmlElement, Groups] = {}
        self._paths: dict[XmlElement, str] = {root: "/" + etree.QName(root).localname}
        self._ids: dict[str, XmlElement] | None = None
        self._references: dict[XmlElement, tuple[str | None, str | None]] = {}
        self._revised: bool | None = None

    # -- names and children --------------------------------------------------------------------------------
    def name(self, element: XmlElement) -> str:
        """Local name of an element in a namespace that we read, else its full ``{namespace}name``."""
        return self._names[element.tag]

    def groups(self, element: XmlElement) -> Groups:
        """Children by name, in document order within a name; computed once."""
        found = self._groups.get(element)
        if found is None:
            found = {}
            names = self._names
            for child in element:
                name = names[child.tag]
                if name in found:
                    found[name].append(child)
                else:
                    found[name] = [child]
            self._groups[element] = found
        return found

    def open(self, element: XmlElement) -> Groups:
        """Take an element and give its children by name; the children themselves are not taken."""
        self.taken.add(element)
        return self.groups(element)

    def take(self, *elements: XmlElement) -> None:
        """Say that these elements (not what is below them) are understood."""
        self.taken.update(elements)

    def take_all(self, element: XmlElement) -> None:
        """Say that an element and everything below it is understood."""
        self.taken.update(element.iter())

    # -- places --------------------------------------------------------------------------------------------
    def path(self, element: XmlElement) -> str:
        """XPath with local names and positions; a position stands only where a sibling has the same name."""
        path = self._paths.get(element)
        if path is None:
            parent = element.getparent()
            if parent is None:
                return "/" + self.name(element)
            stem = self.path(parent) + "/"
            name = self._names[element.tag]
            same = self.groups(parent)[name]
            local = name.rpartition("}")[2]
            if len(same) == 1:
                self._paths[element] = stem + local
            else:
                for number, child in enumerate(same, 1):
                    self._paths[child] = f"{stem}{local}[{number}]"
            path = self._paths[element]
        return path

    def origin(self, element: XmlElement) -> Origin:
        """Where an element stands in the received document."""
        line = element.sourceline
        return Origin(self._paths.get(element) or self.path(element), line if isinstance(line, int) else 0)

    def remark(
        self,
        kind: Literal["unread", "repaired", "unsafe", "dangling"],
        text: str,
        element: XmlElement | None = None,
    ) -> None:
        """Note something for the clinician and the validator; ``text`` never quotes content of the
        document."""
        self.remarks.append(
            Remark(kind=kind, text=text, origin=None if element is None else self.origin(element))
        )

    # -- texts ---------------------------------------------------------------------------------------------
    def target(self, fragment: str) -> XmlElement | None:
        """The element that carries this ID; the first one where a document has it twice."""
        if self._ids is None:
            self._ids = {}
            for element in _ALL_WITH_ID(self.root):
                key = element.get("ID") or element.get("id")
                if key in self._ids:
                    self.remark(
                        "repaired", f"the ID {key} stands more than once; the first one is read", element
                    )
                elif key:
                    self._ids[key] = element
        return self._ids.get(fragment)

    def referenced_text(self, reference: XmlElement) -> tuple[str | None, str | None]:
        """Text and fragment that a ``reference`` points to; a dangling one is remarked and keeps its
        fragment."""
        known = self._references.get(reference)
        if known is None:
            known = self._references[reference] = self._resolved(reference)
        self.taken.add(reference)
        return known

    def _resolved(self, reference: XmlElement) -> tuple[str | None, str | None]:
        value = (reference.get("value") or "").strip()
        if not value:
            return None, None
        fragment = value[1:] if value[0] == "#" else value
        target = self.target(fragment)
        if target is None:
            if value[0] == "#":
                self.remark("dangling", f"the reference {value} has no target in the document", reference)
            return (None if value[0] == "#" else value), fragment
        return self.visible_text(target) or None, fragment

    def visible_text(self, element: XmlElement) -> str:
        """Text below an element as a reader sees it: white space folded, deleted passages left out."""
        if self._revised is None:
            self._revised = bool(_ANY_REVISED(self.root))
        if not len(element):
            return " ".join((element.text or "").split()) if element.get("revised") != "delete" else ""
        chunks = _undeleted(element) if self._revised else element.itertext()
        glue = " " if self._names[element.tag] in _BLOCKS else ""
        return " ".join(glue.join(chunks).split())  # type: ignore[arg-type]

    # -- the account ---------------------------------------------------------------------------------------
    def untaken(self, element: XmlElement) -> list[XmlElement]:
        """Topmost elements below ``element`` that nobody understood and that bear content."""
        taken, names = self.taken, self._names
        left = [node for node in element.iter() if node not in taken and names[node.tag] not in TECHNICAL]
        return list(self._topmost(element)) if left else []

    def _topmost(self, element: XmlElement) -> Iterator[XmlElement]:
        for child in element:
            if child in self.taken:
                yield from self._topmost(child)
            elif self.name(child) not in TECHNICAL and self.bears_content(child):
                yield child

    def bears_content(self, element: XmlElement) -> bool:
        """Does an element, or one below it, say anything (a code, value, text)?"""
        for node in element.iter():
            name = self.name(node)
            if name in TECHNICAL:
                continue
            if name == "reference" and node.get("value"):
                if self.referenced_text(node)[0]:
                    return True
                continue
            if node.get("code") or node.get("value") or node.get("displayName"):
                return True
            text = node.text
            if text and not text.isspace():
                return True
            tail = node.tail
            if node is not element and tail and not tail.isspace():
                return True
        return False


def _undeleted(element: XmlElement) -> Iterator[str]:
    """Text below an element without the passages marked ``revised="delete"``."""
    if element.get("revised") == "delete":
        return
    yield element.text or ""
    for child in element:
        yield from _undeleted(child)
        yield child.tail or ""
