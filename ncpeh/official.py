"""Schema packs that the user brings (``ncpeh validate --schemas DIR``): XML Schemas and Schematron of others.

Nothing of theirs is in the project. An XML Schema is chosen by the element that it declares; every Schematron
below the folder is run on documents. Schematron with ``queryBinding="xslt2"`` needs SaxonC (``pip install
saxonche``), the others are run by lxml.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ehdsi.errors import LocalError

if TYPE_CHECKING:
    from ehdsi.rules import Finding
    from ehdsi.xml import XmlElement

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"

#: The three stylesheets of the reference implementation that turn a Schematron into a stylesheet, in order.
SKELETON = ("iso_dsdl_include.xsl", "iso_abstract_expand.xsl", "iso_svrl_for_xslt2.xsl")


def schema_for(root: XmlElement, folder: Path) -> Path:
    """The XML Schema below a folder that declares the root element of a message.

    Raises
    ------
    LocalError : none, or the folder does not exist.
    """
    from lxml import etree

    tag = etree.QName(root)
    name = tag.localname
    found = [path for path in sorted(folder.rglob("*.xsd")) if _declares(path, tag.namespace, name)]
    if not found:
        raise LocalError(f"no XML Schema below {folder} declares the element {name}")
    # A pack often holds a bare schema and one with an extension that includes it: the wider one is meant.
    return max(found, key=lambda path: (len(_included(path)), path.name))


def _declares(path: Path, namespace: str | None, name: str) -> bool:
    schema = _read(path)
    return schema.get("targetNamespace") == namespace and any(
        element.get("name") == name for element in schema.findall(f"{_XSD}element")
    )


def _included(path: Path) -> list[Any]:
    schema = _read(path)
    return [*schema.findall(f"{_XSD}include"), *schema.findall(f"{_XSD}import")]


def _read(path: Path) -> Any:
    from ehdsi import xml
    from ehdsi.errors import PeerError

    try:
        return xml.parse(path.read_bytes(), large_text=True)
    except (OSError, PeerError) as error:
        raise LocalError(f"{path} cannot be read: {error}") from None


# -- Schematron ------------------------------------------------------------------------------------------


def schematron_findings(root: XmlElement, folder: Path) -> tuple[Finding, ...]:
    """What the Schematrons below a folder say of a document.

    Raises
    ------
    LocalError : a Schematron cannot be run; says what is missing.
    """
    found: list[Finding] = []
    for path in sorted(folder.rglob("*.sch")):
        if _read(path).get("queryBinding", "xslt") in ("xslt", "xslt1", "xpath"):
            found += _by_lxml(root, path)
        else:
            found += _by_saxon(root, path, _skeleton(folder, path))
    return tuple(found)


def _by_lxml(root: XmlElement, path: Path) -> Iterator[Finding]:
    import importlib

    from lxml import etree

    isoschematron: Any = importlib.import_module("lxml.isoschematron")  # the stubs do not know it
    try:
        schematron = isoschematron.Schematron(_read(path), store_report=True)
    except (etree.LxmlError, ValueError) as error:
        raise LocalError(f"the Schematron {path.name} cannot be used: {error}") from None
    schematron.validate(root)
    yield from _findings(schematron.validation_report.getroot(), path.name)


def _skeleton(folder: Path, path: Path) -> list[Path]:
    """The three stylesheets, wherever they lie below the folder."""
    found = [next(iter(sorted(folder.rglob(name))), None) for name in SKELETON]
    missing = [name for name, place in zip(SKELETON, found, strict=True) if place is None]
    if missing:
        raise LocalError(
            f"{path.name} is Schematron for XSLT 2: put the stylesheets {', '.join(missing)} below {folder}"
        )
    return [place for place in found if place is not None]


def _by_saxon(root: XmlElement, path: Path, skeleton: list[Path]) -> Iterator[Finding]:
    try:
        import saxonche
    except ImportError:
        raise LocalError(
            f"{path.name} is Schematron for XSLT 2, which needs SaxonC: pip install saxonche"
        ) from None
    from ehdsi import xml

    with saxonche.PySaxonProcessor(license=False) as processor:
        try:
            xslt = processor.new_xslt30_processor()
            current = processor.parse_xml(xml_file_name=str(path))
            for stylesheet in skeleton:
                executable = xslt.compile_stylesheet(stylesheet_file=str(stylesheet))
                executable.set_property("!encoding", "UTF-8")
                current = executable.transform_to_value(xdm_node=current).head
            judge = xslt.compile_stylesheet(stylesheet_node=current)
            judge.set_property("!encoding", "UTF-8")
            document = processor.parse_xml(xml_text=xml.serialise(root).decode("utf-8"))
            report = judge.transform_to_string(xdm_node=document)
        except saxonche.PySaxonApiError as error:
            raise LocalError(f"the Schematron {path.name} cannot be run: {error}") from None
    yield from _findings(xml.parse(report.encode("utf-8"), large_text=True), path.name)


def _findings(report: Any, clause: str) -> Iterator[Finding]:
    """Failed assertions and successful reports of an SVRL document."""
    from ehdsi.rules import Finding

    for kind in ("failed-assert", "successful-report"):
        for one in report.iter(f"{_SVRL}{kind}"):
            role = (one.get("role") or one.get("flag") or "error").lower()
            severity = next((name for name in ("warning", "info") if role.startswith(name[:4])), "error")
            text = " ".join("".join(one.itertext()).split())
            yield Finding(
                rule=one.get("id") or "SCH",
                severity=severity,  # type: ignore[arg-type]
                message=text[:300],
                xpath=one.get("location") or "",
                expected=(one.get("test") or "")[:200] if kind == "failed-assert" else "",
                clause=clause,
            )
