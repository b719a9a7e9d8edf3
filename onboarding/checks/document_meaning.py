"""What documents mean: words that fit codes, possible quantities and dates, safe narrative, a usable PDF."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from countries import Persona
from ehdsi import oids, xml
from ehdsi.cda.parse import parse
from ehdsi.xml import XmlElement
from onboarding.bench import Bench, Fetched
from onboarding.catalogue import check
from onboarding.coverage import bound_nodes
from onboarding.looking import documents
from onboarding.model import Level, Observation, Skip
from onboarding.pdf_look import look_at, pdf_of
from onboarding.statements import HL7, XSI_TYPE

NEEDS = ("ITI-39",)
Look = Callable[[Bench, Persona, Fetched], Iterator[Observation]]

#: LOINC code of a measurement -> unit and what a living adult or child can have.
PLAUSIBLE: dict[str, tuple[frozenset[str], float, float]] = {
    "8480-6": (frozenset({"mm[Hg]"}), 40, 300),
    "8462-4": (frozenset({"mm[Hg]"}), 20, 200),
    "8867-4": (frozenset({"/min", "{beats}/min", "1/min"}), 20, 300),
    "8310-5": (frozenset({"Cel"}), 25, 45),
    "29463-7": (frozenset({"kg", "g"}), 0.3, 400_000),
    "8302-2": (frozenset({"cm", "m"}), 0.2, 260),
    "39156-5": (frozenset({"kg/m2"}), 8, 100),
    "2339-0": (frozenset({"mg/dL", "mmol/L"}), 0.5, 1500),
}
#: What a UCUM unit looks like; annotations in braces stand for countable things.
UCUM = re.compile(r"(?:[A-Za-z%\[\]/.0-9*'\"^+_\-µ()]|\{[^{}\s]*\})+")


def documents_check(
    id: str,
    title: str,
    requirement: str | tuple[str, ...],
    levels: tuple[int, ...] = (3,),
    level: Level = "must",
) -> Callable[[Look], Look]:
    """A check of every document of these levels."""

    def enter(look: Look) -> Look:
        def examine(bench: Bench) -> Iterator[Observation]:
            seen, reason = 0, "the pack promises no document of this level"
            for persona, wanted in documents(bench, levels):
                try:
                    yield from look(bench, persona, bench.document(persona, wanted))
                    seen += 1
                except Skip as skip:
                    reason = str(skip)
            if not seen:
                raise Skip(reason)

        check(id=id, title=title, requirement=requirement, chapter="documents", level=level, needs=NEEDS)(
            examine
        )
        return look

    return enter


def seen(
    persona: Persona, found: Fetched, what: str, where: str, expected: str, got: str, clause: str = ""
) -> Observation:
    """An observation at this place of a patient's document."""
    return Observation(
        what=what,
        where=f"{persona.key} level {found.entry.level} {where}",
        expected=expected,
        got=got[:100],
        clause=clause,
    )


@documents_check("DOC-READ", "the gateway can read the document", ("A-RET-03", "X-XML-01"), (3, 1))
def read(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Our tolerant reader reads it; what it had to bend is a warning."""
    for remark in parse(found.content).remarks:
        yield Observation(
            what=f"the reader had to bend something: {remark.kind}",
            severity="warning",
            where=f"{persona.key} level {found.entry.level}",
            expected="nothing to bend",
            got=remark.text[:100],
        )


@check(
    id="DOC-PARSE",
    title="documents are XML without a document type declaration",
    requirement=("PS-001", "PS-066", "PS-067", "X-XML-01"),
    chapter="documents",
    needs=NEEDS,
)
def well_formed(bench: Bench) -> Iterator[Observation]:
    """The hardened parser takes them; what it refuses no other check can look at."""
    for persona, level in documents(bench, (3, 1)):
        try:
            found = bench.retrieved(persona, level).reply.retrieved().documents
        except Skip:
            continue
        for document in found:
            xml.parse(document.content, large_text=True)
    yield from ()


@documents_check(
    "DOC-POINTERS", "references into the narrative begin with a hash sign", ("PS-034", "X-CON-03")
)
def pointers(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Without it they would lead to another file."""
    for node in found.root.iter(f"{HL7}reference"):
        value = node.get("value", "")
        if value and not value.startswith(("#", "http", "tel:", "mailto:")):
            yield seen(
                persona, found, "a reference leads out of the document", "reference/@value", "#…", "no #"
            )


@documents_check("DOC-WORDS", "codes and designations name the same concept", "X-SEM-01")
def words(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """The displayName is one of the wordings that the terminology has for the code, in any language."""
    for node, _ in bound_nodes(found.root):
        shown, code, system = node.get("displayName"), node.get("code"), node.get("codeSystem")
        known = {_fold(one.text) for one in bench.terminology.wordings(system, code)}
        if shown and known and _fold(shown) not in known and not _near(_fold(shown), known):
            yield seen(
                persona,
                found,
                "a designation is not one of its code",
                f"{system} {code}",
                "a wording of the code",
                "another wording",
                "eHDSI value-set catalogue",
            )


def _fold(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def _near(shown: str, known: set[str]) -> bool:
    """Another order or number of words of the same designation: half of the words agree."""
    words = set(shown.split())
    return any(2 * len(words & set(one.split())) >= max(len(words), 1) for one in known)


@documents_check("DOC-CODES", "bound codes are known codes of a pivot system", "A-RET-05")
def codes(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """A code system that the catalogue has not means that nothing was transcoded."""
    for node, _ in bound_nodes(found.root):
        if persona.behaviour.answer == "ok" and not bench.terminology.knows_system(node.get("codeSystem")):
            yield seen(
                persona,
                found,
                "a bound element carries a code of no pivot system",
                str(node.tag).rpartition("}")[2],
                "a code system of the catalogue",
                f"{node.get('codeSystem')} {node.get('code')}",
                "eHDSI value-set catalogue",
            )


@documents_check("DOC-UNITS", "quantities have a value and a UCUM unit", "X-SEM-03")
def units(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Every PQ, and every dose."""
    for node in found.root.iter():
        if node.get(XSI_TYPE, "").rpartition(":")[2] != "PQ" or node.get("nullFlavor"):
            continue
        value, unit = node.get("value", ""), node.get("unit", "")
        if not re.fullmatch(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", value) or not UCUM.fullmatch(unit):
            yield seen(
                persona,
                found,
                "a quantity has no number or no UCUM unit",
                str(node.tag).rpartition("}")[2],
                "value and unit",
                f"unit {unit or 'none'}",
                "UCUM",
            )


@documents_check("DOC-PLAUSIBLE", "measurements are possible", "X-SEM-03", level="should")
def plausible(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Unit and size of the usual vital signs."""
    for observation in found.root.iter(f"{HL7}observation"):
        code, value = observation.find(f"{HL7}code"), observation.find(f"{HL7}value")
        bounds = PLAUSIBLE.get(code.get("code", "")) if code is not None else None
        if bounds is None or value is None or value.get("nullFlavor"):
            continue
        units_, low, high = bounds
        try:
            number = float(value.get("value", ""))
        except ValueError:
            number = float("nan")
        if value.get("unit") not in units_ or not low <= number <= high:
            yield seen(
                persona,
                found,
                "a measurement is impossible, or has a wrong unit",
                f"observation {code.get('code') if code is not None else ''}",
                f"{low:g} to {high:g} {' or '.join(sorted(units_))}",
                f"unit {value.get('unit')}",
                "UCUM",
            )


@documents_check("DOC-DATES", "dates lie between birth and now", "X-SEM-04")
def dates(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Beginnings and points in time of what has happened."""
    born, now = persona.birth_time[:4], f"{bench.clock():%Y%m%d}"
    for section in found.root.iter(f"{HL7}section"):
        code = section.find(f"{HL7}code")
        for node in section.iter(f"{HL7}low", f"{HL7}effectiveTime"):
            value = node.get("value", "")
            if not _is_date_of_the_past(node, value):
                continue
            if value[:4] < born or value[:8] > now[: len(value[:8])]:
                yield seen(
                    persona,
                    found,
                    "a date lies before the birth or in the future",
                    f"section {code.get('code') if code is not None else ''} "
                    f"{str(node.tag).rpartition('}')[2]}",
                    "between birth and today",
                    "before" if value[:4] < born else "future",
                    "eHDSI patient summary",
                )


def _is_date_of_the_past(node: XmlElement, value: str) -> bool:
    """Is this a date at all (``low`` is a bound of doses too), and of something that is not planned?"""
    parent = node.getparent()
    if parent is None or not re.match(r"\d{4}", value):
        return False
    if node.tag == f"{HL7}low" and parent.tag != f"{HL7}effectiveTime":
        return False
    return all(one.get("moodCode") not in ("INT", "RQO", "PRP") for one in node.iterancestors())


@documents_check("DOC-PRODUCTS", "a product and its single ingredient belong to the same group", "X-SEM-06")
def products(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """The ATC code of the product and that of the ingredient agree to the fourth level."""
    for material in found.root.iter(f"{HL7}manufacturedMaterial"):
        codes = [
            (str(parent.tag).rpartition("}")[2], str(node.get("code")))
            for parent in material.iter()
            for node in parent.iterchildren("*")
            if node.get("codeSystem") == oids.ATC and node.get("code")
        ]
        product = next((code for name, code in codes if "Kind" in name), "")
        inside = [code for name, code in codes if name == "ingredientSubstance"]
        if product and len(inside) == 1 and inside[0][:5] != product[:5]:
            yield seen(
                persona,
                found,
                "product and ingredient belong to different groups",
                "manufacturedMaterial",
                "the same ATC group",
                f"{product} and {inside[0]}",
                "ATC",
            )


@documents_check("DOC-NARRATIVE", "the narrative states what the entries state", "X-CON-03", level="should")
def narrative(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Every quantity of an entry stands in the narrative of its section."""
    for section in found.root.iter(f"{HL7}section"):
        text = section.find(f"{HL7}text")
        code = section.find(f"{HL7}code")
        shown = "".join(map(str, text.itertext())) if text is not None else ""
        numbers = set(re.findall(r"\d+(?:[.,]\d+)?", shown.replace("\u202f", "").replace("\xa0", "")))
        plain = {
            one.replace(",", ".").rstrip("0").rstrip(".") if "." in one or "," in one else one
            for one in numbers
        }
        for node in section.iter(f"{HL7}value", f"{HL7}doseQuantity"):
            value = node.get("value", "")
            if re.fullmatch(r"\d+(\.\d+)?", value) and node.get("unit") is not None:
                wanted = value.rstrip("0").rstrip(".") if "." in value else value
                if wanted not in plain:
                    yield seen(
                        persona,
                        found,
                        "a quantity of an entry is not in the narrative",
                        f"section {code.get('code') if code is not None else ''}",
                        "the same number in the narrative",
                        "not there",
                        "eHDSI patient summary",
                    )


@documents_check("DOC-PDF-OPEN", "the PDF opens, with pages and embedded fonts", "X-PDF-01", (1,))
def pdf_open(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Header, trailer, no password, fonts inside, something to read."""
    facts = look_at(pdf_of(found.root))
    wanted = (
        ("begins with %PDF- and ends with %%EOF", facts.whole),
        ("no password", not facts.encrypted),
        ("at least one page", facts.pages > 0),
        ("embedded fonts", facts.fonts_embedded),
        ("a text layer", facts.has_text),
    )
    for expected, holds in wanted:
        if not holds:
            yield seen(
                persona,
                found,
                "the PDF cannot be used as it should",
                "nonXMLBody/text",
                expected,
                "not so",
                "ISO 19005; eHDSI patient summary level 1",
            )


@documents_check("DOC-PDF-SAFE", "the PDF holds no active content", "X-PDF-01", (1,))
def pdf_safe(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """No scripts, no actions on opening, no attachments, no links to programs."""
    for name in look_at(pdf_of(found.root)).active:
        yield seen(
            persona, found, "the PDF holds active content", "nonXMLBody/text", "none", name, "ISO 19005"
        )


@documents_check("DOC-PDF-ARCHIVE", "the PDF says that it is PDF/A", "X-PDF-01", (1,), level="should")
def pdf_archive(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """The identification in its metadata."""
    if not look_at(pdf_of(found.root)).archive:
        yield seen(
            persona,
            found,
            "the PDF does not say that it is PDF/A",
            "nonXMLBody/text",
            "pdfaid:part",
            "none",
            "ISO 19005-1, 6.7.11",
        )


@documents_check("DOC-PRIVATE", "no data of other test patients, no internals", "X-PRIV-01", (3, 1))
def private(bench: Bench, persona: Persona, found: Fetched) -> Iterator[Observation]:
    """Identifiers of the other patients of the pack do not stand in this document."""
    mine = {one.extension for one in (*persona.identifiers, *persona.shared_identifiers)}
    for other in bench.country.personas:
        theirs = {one.extension for one in other.identifiers} - mine
        if any(one and len(one) > 5 and one.encode() in found.content for one in theirs):
            yield seen(
                persona,
                found,
                "the document holds an identifier of another patient",
                "",
                "this patient only",
                other.key,
                "GDPR art. 5",
            )
