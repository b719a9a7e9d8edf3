"""The transformations behind the fault catalogue: what each kind does to a message, to bytes, to a delivery.

Every function takes a fault of its kind and returns the changed thing; none knows a fault by name. The
``state``, ``swap``, ``sign`` and ``tls`` kinds are obeyed where the decision falls: in the simulators.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from lxml import etree

from ehdsi import oids, xml
from ehdsi.errors import LocalError
from ehdsi.xml import XmlElement
from simulators.faults import Fault, Transform
from simulators.faults_bytes import VALUE_FUNCTIONS, operate
from simulators.http import Delivery, HttpRequest, HttpResponse

#: Prefixes that the XPaths of the catalogue use.
PREFIXES = MappingProxyType(
    {
        "s": oids.NS_SOAP12,
        "a": oids.NS_WSA,
        "h": oids.NS_HL7,
        "q": oids.NS_QUERY,
        "r": oids.NS_RIM,
        "rs": oids.NS_RS,
        "x": oids.NS_XDS,
        "m": oids.NS_SMP,
        "i": oids.NS_ISM,
        "p": oids.NS_PHARM,
        "ds": oids.NS_DS,
        "xsi": oids.NS_XSI,
    }
)


def of_kind(faults: Iterable[Fault], *kinds: Transform) -> tuple[Fault, ...]:
    """The faults of these kinds, in their order."""
    return tuple(fault for fault in faults if fault.transform in kinds)


#: Kinds that edit a tree.
EDITS: tuple[Transform, ...] = ("xpath-set", "xpath-remove", "xpath-duplicate")


def edit_tree(faults: Iterable[Fault], root: XmlElement, other: XmlElement | None = None) -> bool:
    """Apply the ``xpath-*`` and ``swap`` faults to a tree in place; true if anything matched.

    Parameters
    ----------
    other : the same message about another patient, for the swaps that take parts of it.

    Raises
    ------
    LocalError : the catalogue has an XPath that does not compile.
    """
    changed = False
    chosen = tuple(faults)
    for fault in of_kind(chosen, "swap"):
        if "path" in fault.parameters:
            changed |= _swap(fault, root, other)
    for fault in of_kind(chosen, *EDITS):
        changed |= _edit(fault.name, fault.transform, fault.parameters, root)
        further = fault.parameters.get("then", [])
        for step in further if isinstance(further, list) else ():
            changed |= _edit(fault.name, step.get("transform", "xpath-set"), step, root)
    return changed


def _edit(name: str, transform: Transform, given: Mapping[str, Any], root: XmlElement) -> bool:
    nodes = _chosen(name, given, root)
    for node in nodes:
        _EDITS[transform](name, given, node)
    return bool(nodes)


def _swap(fault: Fault, root: XmlElement, other: XmlElement | None) -> bool:
    """Exchange the nodes at two paths, or take the nodes at a path from the message about another patient."""
    given = fault.parameters
    mine = _chosen(fault.name, given, root)
    if "with" not in given:
        theirs = _chosen(fault.name, given, other) if other is not None else []
    else:
        theirs = _chosen(fault.name, {**given, "path": given["with"]}, root)
    for one, two in zip(mine, theirs, strict=False):
        if "with" not in given:
            _put(one, deepcopy(two) if not isinstance(two, str) else two)
        else:
            text = isinstance(one, str)
            first, second = (str(one), str(two)) if text else (deepcopy(one), deepcopy(two))
            _put(one, second)
            _put(two, first)
    return bool(mine and theirs)


def _put(place: Any, what: Any) -> None:
    """Put a value or an element where another one stands."""
    if isinstance(place, str):
        place.getparent().set(place.attrname, str(what))  # type: ignore[attr-defined]
    else:
        what.tail = place.tail
        place.getparent().replace(place, what)


def edit_document(faults: Iterable[Fault], content: bytes, other: bytes | None = None) -> bytes:
    """Apply the tree and ``mime`` faults to a whole XML document; the same bytes without any.

    ``other`` is the document of another patient, for the swaps that take parts of it.
    """
    chosen = tuple(faults)
    if of_kind(chosen, "swap", *EDITS):
        root = xml.parse(content, large_text=True)
        theirs = xml.parse(other, large_text=True) if other else None
        if edit_tree(chosen, root, theirs):
            content = _whole(root)
    return edit_bytes(chosen, content)


def _whole(root: XmlElement) -> bytes:
    """A document with what stands before its root, which a fault may have put there."""
    return bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8"))


def edit_bytes(faults: Iterable[Fault], content: bytes) -> bytes:
    """Apply the ``mime`` faults to bytes, one after the other."""
    for fault in of_kind(faults, "mime"):
        content = operate(fault.name, fault.parameters, content)
    return content


def edit_request(faults: Iterable[Fault], request: HttpRequest) -> HttpRequest:
    """The request as a defective reader understands it: the ``read`` faults applied to its bytes."""
    body = request.body
    for fault in of_kind(faults, "read"):
        body = operate(fault.name, fault.parameters, body)
    return replace(request, body=body)


def edit_response(faults: Sequence[Fault], response: HttpResponse) -> HttpResponse:
    """Apply the ``mime``, ``header``, ``delay`` and ``close`` faults to an answer that is otherwise ready."""
    if not faults:
        return response
    response = replace(response, body=edit_bytes(faults, response.body))
    for fault in of_kind(faults, "mime"):
        response = _with_headers(response, fault, {"content-type": fault.parameters.get("content_type")})
    for fault in of_kind(faults, "header"):
        wanted = fault.parameters.get("set", {})
        response = _with_headers(response, fault, wanted if isinstance(wanted, dict) else {})
        edits = fault.parameters.get("edit", {})
        for header, (find, by) in edits.items() if isinstance(edits, dict) else ():
            changed = re.sub(find, by, response.header(header))
            response = _with_headers(response, fault, {header: changed})
        removed = str(fault.parameters.get("remove", ""))
        kept = tuple(pair for pair in response.headers if pair[0].lower() != removed)
        version = str(fault.parameters.get("version", ""))
        way = replace(response.delivery, version=version) if version else response.delivery
        response = replace(response, headers=kept, delivery=way)
    delivery = response.delivery
    for fault in of_kind(faults, "delay", "close"):
        delivery = _delivery(fault, delivery)
    return replace(response, delivery=delivery)


def _with_headers(response: HttpResponse, fault: Fault, wanted: dict[str, Any]) -> HttpResponse:
    headers = dict(response.headers) | {name: str(text) for name, text in wanted.items() if text is not None}
    status = fault.parameters.get("status", response.status)
    assert isinstance(status, int)
    return replace(response, headers=tuple(headers.items()), status=status)


def _delivery(fault: Fault, so_far: Delivery) -> Delivery:
    given = fault.parameters
    if fault.transform == "close":
        return replace(
            so_far,
            cut_at=float(given.get("share", 0.0)),  # type: ignore[arg-type]
            reset=bool(given.get("reset", False)),
            stall=bool(given.get("stall", False)),
        )
    return replace(
        so_far,
        delay=so_far.delay + float(given.get("seconds", 0.0)),  # type: ignore[arg-type]
        drip=float(given.get("drip", so_far.drip)),  # type: ignore[arg-type]
        hang=bool(given.get("hang", so_far.hang)),
    )


# -- trees ---------------------------------------------------------------------------------------------------


def _chosen(name: str, given: Mapping[str, Any], root: XmlElement) -> list[Any]:
    """The nodes that the XPath selects; ``which`` is ``first`` (default), ``all``, ``last`` or a number."""
    try:
        found = root.getroottree().xpath(str(given["path"]), namespaces=dict(PREFIXES))
    except (etree.XPathError, KeyError) as error:
        raise LocalError(f"fault {name}: the XPath does not work: {error}") from None
    nodes = found if isinstance(found, list) else []
    which = given.get("which", "first")
    if which == "all":
        return nodes
    if which == "last":
        return nodes[-1:]
    index = which - 1 if isinstance(which, int) else 0
    return nodes[index : index + 1]


def _set(name: str, given: Mapping[str, Any], node: Any) -> None:
    """Change a node: its name, its place in the tree, or its value (of an attribute or of the text)."""
    if "rename" in given:
        node.tag = _clark(str(given["rename"]))
    elif "markup" in given:
        _insert(node, str(given["markup"]), str(given.get("place", "append")))
    elif isinstance(node, str):
        holder = node.getparent()  # type: ignore[attr-defined]
        holder.set(node.attrname, _new_value(name, given, str(node), holder))  # type: ignore[attr-defined]
    elif "attribute" in given:
        key = _clark(str(given["attribute"]))
        node.set(key, _new_value(name, given, node.get(key, ""), node))
    else:
        value = _new_value(name, given, node.text or "", node)
        for child in list(node) if "value" in given and len(node) and not value else ():
            node.remove(child)
        node.text = value


def _clark(name: str) -> str:
    """``p:code`` as lxml names it, ``code`` in no namespace."""
    prefix, colon, local = name.rpartition(":")
    return f"{{{PREFIXES[prefix]}}}{local}" if colon else local


def _insert(node: Any, markup: str, place: str) -> None:
    """Put markup beside or into a node: ``append`` (default), ``first``, ``before``, ``after``, ``root``."""
    if place == "root":
        kind, _, text = markup.partition(" ")
        node.addprevious(etree.ProcessingInstruction(kind, text))
        return
    if place == "comment":
        node.insert(0, etree.Comment(markup))
        node[0].tail, node.text = (node.text or "")[2:], (node.text or "")[:2]
        return
    made = xml.parse(markup.encode())
    if place == "before":
        node.addprevious(made)
    elif place == "after":
        made.tail, node.tail = node.tail, None
        node.addnext(made)
    elif place == "first":
        node.insert(0, made)
    else:
        node.append(made)


def _new_value(name: str, given: Mapping[str, Any], old: str, holder: Any) -> str:
    """The value that a node gets, made from the old one where the fault says so."""
    if "operation" in given:
        return b64encode(operate(name, given, b64decode(old))).decode("ascii")
    if "from" in given:
        found = holder.xpath(str(given["from"]), namespaces=dict(PREFIXES))
        return str(found[0]) if found else old
    if "function" in given:
        return VALUE_FUNCTIONS[str(given["function"])](old)
    if "find" in given:
        return re.sub(str(given["find"]), str(given.get("by", "")), old)
    return str(given.get("value", ""))


def _remove(name: str, given: Mapping[str, Any], node: Any) -> None:
    if isinstance(node, str):
        del node.getparent().attrib[node.attrname]  # type: ignore[attr-defined]
        return
    parent = node.getparent()
    if parent is None:
        raise LocalError(f"fault {name}: the root cannot be removed")
    parent.remove(node)


def _duplicate(name: str, given: Mapping[str, Any], node: Any) -> None:
    for _ in range(int(given.get("times", 1))):
        node.addnext(deepcopy(node))


_EDITS: dict[str, Callable[[str, Mapping[str, Any], Any], None]] = {
    "xpath-set": _set,
    "xpath-remove": _remove,
    "xpath-duplicate": _duplicate,
}
