"""The transformations behind the fault catalogue: what each kind does to a message, to bytes, to a delivery.

Every function takes a fault of its kind and returns the changed thing; none knows a fault by name. The
``state``, ``swap``, ``sign`` and ``tls`` kinds are obeyed where the decision falls: in the simulators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from lxml import etree

from ehdsi import oids, xml
from ehdsi.errors import LocalError
from ehdsi.xml import XmlElement
from simulators.faults import Fault, Transform
from simulators.http import Delivery, HttpResponse

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
    }
)


def of_kind(faults: Iterable[Fault], *kinds: Transform) -> tuple[Fault, ...]:
    """The faults of these kinds, in their order."""
    return tuple(fault for fault in faults if fault.transform in kinds)


def edit_tree(faults: Iterable[Fault], root: XmlElement) -> bool:
    """Apply the ``xpath-*`` faults to a tree in place; true if anything matched.

    Raises
    ------
    LocalError : the catalogue has an XPath that does not compile.
    """
    changed = False
    for fault in of_kind(faults, "xpath-set", "xpath-remove", "xpath-duplicate"):
        for node in _chosen(fault, root):
            _EDITS[fault.transform](fault, node)
            changed = True
    return changed


def edit_document(faults: Iterable[Fault], content: bytes) -> bytes:
    """Apply the ``xpath-*`` and ``mime`` faults to a whole XML document; the same bytes without any."""
    chosen = tuple(faults)
    if of_kind(chosen, "xpath-set", "xpath-remove", "xpath-duplicate"):
        root = xml.parse(content, large_text=True)
        if edit_tree(chosen, root):
            content = xml.serialise(root, declaration=True)
    return edit_bytes(chosen, content)


def edit_bytes(faults: Iterable[Fault], content: bytes) -> bytes:
    """Apply the ``mime`` faults to bytes, one after the other."""
    for fault in of_kind(faults, "mime"):
        operation = str(fault.parameters.get("operation", ""))
        if operation not in _OPERATIONS:
            raise LocalError(
                f"fault {fault.name}: unknown operation {operation!r}; known: "
                f"{', '.join(sorted(_OPERATIONS))}"
            )
        content = _OPERATIONS[operation](fault, content)
    return content


def edit_response(faults: Sequence[Fault], response: HttpResponse) -> HttpResponse:
    """Apply the ``mime``, ``header``, ``delay`` and ``close`` faults to an answer that is otherwise ready."""
    response = replace(response, body=edit_bytes(faults, response.body))
    for fault in of_kind(faults, "mime"):
        response = _with_headers(response, fault, {"content-type": fault.parameters.get("content_type")})
    for fault in of_kind(faults, "header"):
        wanted = fault.parameters.get("set", {})
        response = _with_headers(response, fault, wanted if isinstance(wanted, dict) else {})
        removed = str(fault.parameters.get("remove", ""))
        kept = tuple(pair for pair in response.headers if pair[0].lower() != removed)
        response = replace(response, headers=kept)
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
        )
    return replace(
        so_far,
        delay=so_far.delay + float(given.get("seconds", 0.0)),  # type: ignore[arg-type]
        drip=float(given.get("drip", so_far.drip)),  # type: ignore[arg-type]
        hang=bool(given.get("hang", so_far.hang)),
    )


# -- trees ---------------------------------------------------------------------------------------------------


def _chosen(fault: Fault, root: XmlElement) -> list[Any]:
    """The nodes that the fault's XPath selects, narrowed by ``which``: ``first`` (default), ``all`` or n."""
    try:
        found = root.getroottree().xpath(str(fault.parameters["path"]), namespaces=dict(PREFIXES))
    except (etree.XPathError, KeyError) as error:
        raise LocalError(f"fault {fault.name}: the XPath does not work: {error}") from None
    nodes = found if isinstance(found, list) else []
    which = fault.parameters.get("which", "first")
    if which == "all":
        return nodes
    index = which - 1 if isinstance(which, int) else 0
    return nodes[index : index + 1]


def _set(fault: Fault, node: Any) -> None:
    value = str(fault.parameters.get("value", ""))
    if isinstance(node, str):
        holder = node.getparent()  # type: ignore[attr-defined]
        holder.set(node.attrname, value)  # type: ignore[attr-defined]
    elif "attribute" in fault.parameters:
        node.set(str(fault.parameters["attribute"]), value)
    elif "markup" in fault.parameters:
        node.append(xml.parse(str(fault.parameters["markup"]).encode()))
    else:
        node.text = value


def _remove(fault: Fault, node: Any) -> None:
    if isinstance(node, str):
        del node.getparent().attrib[node.attrname]  # type: ignore[attr-defined]
        return
    parent = node.getparent()
    if parent is None:
        raise LocalError(f"fault {fault.name}: the root cannot be removed")
    parent.remove(node)


def _duplicate(fault: Fault, node: Any) -> None:
    times = fault.parameters.get("times", 1)
    assert isinstance(times, int)
    for _ in range(times):
        node.addnext(deepcopy(node))


_EDITS: dict[str, Callable[[Fault, Any], None]] = {
    "xpath-set": _set,
    "xpath-remove": _remove,
    "xpath-duplicate": _duplicate,
}


# -- bytes ---------------------------------------------------------------------------------------------------


def _body(fault: Fault, content: bytes) -> bytes:
    return str(fault.parameters.get("text", "")).encode()


def _replace(fault: Fault, content: bytes) -> bytes:
    count = fault.parameters.get("count", -1)
    assert isinstance(count, int)
    find, by = (str(fault.parameters[key]).encode() for key in ("find", "by"))
    return content.replace(find, by, count)


def _prepend(fault: Fault, content: bytes) -> bytes:
    return str(fault.parameters["text"]).encode() + content


def _cut_end(fault: Fault, content: bytes) -> bytes:
    count = fault.parameters.get("count", 1)
    assert isinstance(count, int)
    return content[:-count]


def _recode(fault: Fault, content: bytes) -> bytes:
    return content.decode("utf-8").encode(str(fault.parameters["encoding"]), "replace")


def _doctype(fault: Fault, content: bytes) -> bytes:
    """Put a document type declaration before the root and a reference into it after the first start tag."""
    text = content.decode("utf-8")
    start = text.find("?>") + 2 if text.startswith("<?xml") else 0
    head, rest = text[:start], text[start:]
    inside = rest.find(">") + 1
    declaration = f"<!DOCTYPE root [{fault.parameters['subset']}]>"
    return (
        head + declaration + rest[:inside] + str(fault.parameters.get("reference", "")) + rest[inside:]
    ).encode()


_OPERATIONS: dict[str, Callable[[Fault, bytes], bytes]] = {
    "body": _body,
    "replace": _replace,
    "prepend": _prepend,
    "cut_end": _cut_end,
    "recode": _recode,
    "doctype": _doctype,
}
