"""Semantic mutations of one summary: read from a table, done to its XML, judged on the page and by the rules.

A mutation says what was changed and what must follow: words that the page now shows (``shown``), words that
it no longer shows (``gone``), a rule that now speaks (``rule``). Words are looked for outside the narratives,
because a narrative repeats whatever its author wrote.
"""

from __future__ import annotations

import copy
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from lxml import etree
from lxml import html as lxml_html

from countries import load as load_country
from ehdsi.cda.build import build
from ehdsi.cda.model import PatientSummary
from ehdsi.cda.parse import parse_element
from ehdsi.rules import RuleContext, check
from ehdsi.rules.schema import is_valid
from ehdsi.terminology import load, transcode_summary
from ehdsi.xml import parse as parse_xml
from sesali.french import french_view, render_page
from tests.page_proof import fold, prove
from tests.statements import NS

TABLE = Path(__file__).parent / "golden" / "semantic_mutations.toml"
STORE = load(Path(__file__).parents[1] / "fixtures" / "terminology")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Mutation:
    """One line of the table; ``do`` are operations on the nodes that XPaths below the section select."""

    id: str
    what: str
    section: str
    do: tuple[dict[str, str], ...]
    shown: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True)
class Judged:
    """What became of a document: its words outside narratives, rules that speak, statements lost."""

    text: str
    rules: tuple[str, ...]
    lost: int
    incomplete: bool


@cache
def table() -> tuple[Mutation, ...]:
    """All mutations of the table."""
    rows = tomllib.loads(TABLE.read_text("utf-8"))["mutation"]
    lists = ("shown", "gone", "do")
    return tuple(Mutation(**{k: tuple(v) if k in lists else v for k, v in row.items()}) for row in rows)


@cache
def source() -> bytes:
    """The summary that is mutated: HR-1 with the pregnancies of EE-1, in pivot form."""
    made = {key: _pivot(key) for key in ("HR-1", "EE-1")}
    base = made["HR-1"]
    pregnancies = tuple(s for s in made["EE-1"].sections if s.code and s.code.code == "10162-6")
    return build(replace(base, sections=base.sections + pregnancies))


def _pivot(key: str) -> PatientSummary:
    country = load_country(key[:2])
    persona = next(p for p in country.personas if p.key == key)
    assert persona.summary is not None
    return transcode_summary(persona.summary, country.code_map, STORE).summary


def mutated(mutation: Mutation) -> etree._Element:
    """A copy of the source with the mutation done; an XPath that selects nothing is an error of the table."""
    root = copy.deepcopy(parse_xml(source()))
    home = root
    if mutation.section:
        home = root.xpath(f"//h:section[h:code/@code='{mutation.section}']", namespaces=NS)[0]
    for step in mutation.do:
        nodes = home.xpath(step["at"], namespaces=NS)
        assert nodes, f"{mutation.id}: {step['at']} selects nothing"
        for node in nodes if step.get("all") else nodes[:1]:
            _do(step, node, home)
    return root


def _do(step: dict[str, str], node: etree._Element, home: etree._Element) -> None:
    parent = node.getparent()
    match step["op"]:
        case "drop":
            parent.remove(node)
        case "set":
            node.set(step["name"], step["to"])
        case "unset":
            del node.attrib[step["name"]]
        case "text":
            node.text = step["to"]
        case "double":
            parent.insert(parent.index(node) + 1, copy.deepcopy(node))
        case "swap":
            other = home.xpath(step["with"], namespaces=NS)[0]
            mine, theirs = dict(node.attrib), dict(other.attrib)
            for element, attributes in ((node, theirs), (other, mine)):
                element.attrib.clear()
                element.attrib.update(attributes)
        case "into":
            home.xpath(step["target"], namespaces=NS)[0].append(node)
        case "add":
            new = etree.fromstring(f'<x xmlns="{NS["h"]}" xmlns:xsi="{NS["x"]}">{step["xml"]}</x>')
            for child in list(new):
                node.append(child) if step.get("inside", "yes") == "yes" else node.addnext(child)
        case other:
            raise AssertionError(f"unknown operation {other}")


def judge(root: etree._Element) -> Judged:
    """Read, check and show a document, and look at what a clinician and a validator would see."""
    data = etree.tostring(root)
    root = parse_xml(data)
    view = french_view(parse_element(root), STORE, NOW)
    page = render_page(view)
    tree = lxml_html.document_fromstring(page)
    for node in tree.xpath("//details[@class='recit']"):
        node.getparent().remove(node)
    findings = check(root, RuleContext(now=NOW, form="pivot", size=len(data), raw=data, members=STORE.member))
    return Judged(
        text=fold(" ".join(tree.body.itertext())),
        rules=tuple(f.rule for f in findings) + (() if is_valid(root, "cda") else ("XSD",)),
        lost=len(prove(root, page).missing),
        incomplete=bool(view.unread),
    )


@cache
def baseline() -> Judged:
    """The source as it is."""
    return judge(parse_xml(source()))


def new_rules(found: Judged) -> list[str]:
    """Rules that speak more often than on the source."""
    return sorted({rule for rule in found.rules if found.rules.count(rule) > baseline().rules.count(rule)})
