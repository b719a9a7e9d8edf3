"""Schema packs of others: chosen by what they declare, Schematron run or refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehdsi.errors import LocalError
from ehdsi.xml import parse as parse_xml
from ncpeh import official
from ncpeh.official import SKELETON, schema_for, schematron_findings

SCH = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="{binding}">
<pattern><rule context="a"><assert id="A-1" test="@b" role="warning">an a needs a b</assert>
<report id="A-2" test="@c">an a has a c</report></rule></pattern></schema>"""

XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x">
{include}<xs:element name="{name}" type="xs:string"/></xs:schema>"""


def test_the_schema_that_declares_the_root_is_taken(tmp_path: Path) -> None:
    """Packs have their own layout; among two schemas the one that includes more is the whole one."""
    (tmp_path / "other.xsd").write_text(XSD.format(name="b", include=""))
    (tmp_path / "bare.xsd").write_text(XSD.format(name="a", include=""))
    (tmp_path / "deep").mkdir()
    wide = tmp_path / "deep" / "awide.xsd"
    wide.write_text(XSD.format(name="a", include='<xs:include schemaLocation="../other.xsd"/>'))
    assert schema_for(parse_xml(b'<a xmlns="urn:x"/>'), tmp_path) == wide
    with pytest.raises(LocalError, match="declares the element a"):
        schema_for(parse_xml(b"<a/>"), tmp_path)


def test_schematron_of_the_first_version_is_run(tmp_path: Path) -> None:
    """Assertions that fail and reports that hold are findings with id, severity and place."""
    (tmp_path / "a.sch").write_text(SCH.format(binding="xslt"))
    found = schematron_findings(parse_xml(b'<x><a c="1"/></x>'), tmp_path)
    assert [(one.rule, one.severity) for one in found] == [("A-1", "warning"), ("A-2", "error")]
    assert found[0].xpath and found[0].message == "an a needs a b" and found[0].expected == "@b"
    assert schematron_findings(parse_xml(b'<x><a b="1"/></x>'), tmp_path) == ()


def test_schematron_for_xslt_2_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lacks the stylesheets or SaxonC must read which, not a traceback."""
    (tmp_path / "a.sch").write_text(SCH.format(binding="xslt2"))
    root = parse_xml(b"<x/>")
    with pytest.raises(LocalError, match=SKELETON[0]):
        schematron_findings(root, tmp_path)
    for name in SKELETON:
        (tmp_path / name).write_text("<x/>")
    monkeypatch.setitem(__import__("sys").modules, "saxonche", None)
    with pytest.raises(LocalError, match="pip install saxonche"):
        official.schematron_findings(root, tmp_path)


IDENTITY = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:template match="/"><xsl:copy-of select="."/></xsl:template></xsl:stylesheet>"""

COMPILER = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:out="urn:out" xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
<xsl:namespace-alias stylesheet-prefix="out" result-prefix="xsl"/>
<xsl:template match="/"><out:stylesheet version="2.0"><out:template match="/"><svrl:schematron-output>
<svrl:failed-assert id="S-1" test="x" location="/x" role="error">
<svrl:text>compiled</svrl:text></svrl:failed-assert>
</svrl:schematron-output></out:template></out:stylesheet></xsl:template></xsl:stylesheet>"""


def test_schematron_for_xslt_2_is_run_where_saxon_is_there(tmp_path: Path) -> None:
    """The three stylesheets run one after the other, and the result runs on the document."""
    pytest.importorskip("saxonche")
    (tmp_path / "a.sch").write_text(SCH.format(binding="xslt2"))
    for name, text in zip(SKELETON, (IDENTITY, IDENTITY, COMPILER), strict=True):
        (tmp_path / name).write_text(text)
    found = schematron_findings(parse_xml(b"<x/>"), tmp_path)
    assert [(one.rule, one.message, one.xpath) for one in found] == [("S-1", "compiled", "/x")]


def test_a_broken_pack_is_named(tmp_path: Path) -> None:
    """A file of the pack that is no XML is an error of the environment, with its name."""
    (tmp_path / "bad.xsd").write_text("<xs:")
    with pytest.raises(LocalError, match=r"bad\.xsd"):
        schema_for(parse_xml(b"<a/>"), tmp_path)
