"""Writes the four proofs of the French summary into ``docs/``, from what is measured here and now.

Usage: ``python -m benchmarks.nothing_lost [FOLDER]``; FOLDER (or ``NCPEH_REFERENCE``) holds foreign documents
and schemas for the page proof and the verdicts, which are left out without it. The tables quote codes and our
own words, never the content of a foreign document.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from countries import load_all
from countries.documents import documents_of
from ehdsi.cda.build import build
from ehdsi.cda.parse import parse_element
from ehdsi.rules import RuleContext, check
from ehdsi.rules.load import load as load_rules
from ehdsi.rules.schema import is_valid
from ehdsi.terminology import load, transcode_summary
from ehdsi.terminology.oracle import count
from ehdsi.xml import parse
from ncpeh.oracle import WORDS, fates_of_pack
from sesali.french import french_view, render_page
from sesali.french.summary import terms_of
from tests import mutations
from tests.page_proof import prove, unread_narratives

DOCS = Path(__file__).parents[1] / "docs"
STORE = load(Path(__file__).parents[1] / "fixtures" / "terminology")
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

Row = Iterable[object]


def table(head: tuple[str, ...], rows: Iterable[Row]) -> Iterator[str]:
    """A table in Markdown; bars in cells are escaped."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |"


def write(name: str, lines: Iterable[str]) -> None:
    """One page of ``docs/``, with the command that wrote it."""
    text = "\n".join(lines)
    page = f"{text}\n\nWritten by `python -m benchmarks.nothing_lost`.\n"
    (DOCS / name).write_text(page, encoding="utf-8")
    print(f"docs/{name}: {len(page.splitlines())} lines")


# -- mutations -------------------------------------------------------------------------------------------


def semantic_mutations() -> Iterator[str]:
    """What the page and the rules say of each change of meaning."""
    rows = []
    for mutation in mutations.table():
        after = mutations.judge(mutations.mutated(mutation))
        assert not after.lost
        rules = mutations.new_rules(after)
        rows.append(
            (
                mutation.id,
                mutation.section or "document",
                mutation.what,
                "; ".join(f"« {words} »" for words in mutation.shown) or "–",
                "; ".join(f"« {words} »" for words in mutation.gone) or "–",
                ", ".join(rules) or "–",
                "yes" if after.incomplete else "–",
            )
        )
    flagged = sum(row[5] != "–" or row[6] != "–" for row in rows)
    yield "# Semantic mutations of one summary"
    yield ""
    yield (
        f"{len(rows)} changes of meaning, each done to the same summary (HR-1 with the pregnancies of EE-1). "
        f"On every page every statement of the changed document stands in the row of its entry; {flagged} "
        "changes are flagged by a rule or by the banner besides. A change of an allergy from mild to severe "
        "is no error that anybody could see: there the page must say « grave », and no longer « modéré »."
    )
    yield ""
    head = ("No.", "section", "change", "page now says", "page no longer says", "new rules", "banner")
    yield from table(head, rows)


# -- transcoding -----------------------------------------------------------------------------------------


def transcoding() -> Iterator[str]:
    """What the codes of each pack lose on their way to French."""
    packs = {country.code: fates_of_pack(country) for country in load_all()}
    yield "# What codes lose on their way to French"
    yield ""
    yield (
        "Every code of every pack is taken from the national code through the pivot to its French words. "
        "A loss is not always a fault: an ATC class says less than a national product number, and in "
        "Luxembourg the national words are French."
    )
    yield ""
    head = ("pack", "codes", *WORDS.values())
    yield from table(head, ((code, len(found), *count(found).values()) for code, found in packs.items()))
    for code, found in packs.items():
        lossy = [fate for fate in found if set(fate.losses) - {"same_words"}]
        if lossy:
            yield ""
            yield f"## {code}"
            yield ""
            yield from table(
                ("national", "words", "pivot", "French", "loss"),
                (
                    (
                        fate.national_code,
                        fate.national_display,
                        f"{fate.pivot_code} {fate.english}".strip() or "–",
                        fate.french or "–",
                        ", ".join(WORDS[loss] for loss in fate.losses)
                        + (f" (with {', '.join(fate.others)})" if fate.others else ""),
                    )
                    for fate in lossy
                ),
            )


# -- page proof ------------------------------------------------------------------------------------------


def page_proof(folder: Path) -> Iterator[str]:
    """Statements looked for and found on the page, and what is shown in the original only."""
    rows, foreign = [], Counter[tuple[str, str]]()
    for name, data in _foreign_documents(folder):
        rows.append(_proof_row(name, data, foreign))
    for country in load_all():
        for persona in country.personas:
            if persona.summary is not None:
                pivot = transcode_summary(persona.summary, country.code_map, STORE).summary
                rows.append(_proof_row(persona.key, build(pivot), Counter()))
    yield "# Everything on the page"
    yield ""
    yield (
        "Each statement of a document (code, display name, text, number, date, status, negation) is "
        "extracted by plain XPath and looked for in the row of the page that names its entry as its origin."
    )
    yield ""
    head = ("document", "statements", "not found", "narrative not found", "original only: codes", "texts")
    yield from table(head, rows)
    yield ""
    yield "## Codes of the foreign documents that have no French designation here"
    yield ""
    yield from table(
        ("code system", "code", "times"), ((*key, n) for key, n in sorted(foreign.items()))
    )


def _foreign_documents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted((folder / "documents").glob("*.xml")):
        yield path.name, path.read_bytes()


def _proof_row(name: str, data: bytes, foreign: Counter[tuple[str, str]]) -> Row:
    root = parse(data, large_text=True)
    view = french_view(parse_element(root), STORE, NOW)
    page = render_page(view)
    proof = prove(root, page)
    codes, texts = set(), 0
    for row in view.rows():
        for term in terms_of(row) + [detail.term for detail in row.details if detail.term]:
            code = next((w for w in term.trace.wordings if w.code), None) if term.trace else None
            if term.untranslated and code is not None:
                codes.add((code.system, code.code))
                foreign[code.system, code.code] += 1
            texts += term.source == "free"
    narratives = len(unread_narratives(root, page))
    return (name, proof.looked_for, len(proof.missing), narratives, len(codes), texts)


# -- verdicts --------------------------------------------------------------------------------------------


def schema_verdicts(folder: Path) -> Iterator[str]:
    """Our schema and rules beside the official schema, on foreign and on our own documents."""
    official = etree.XMLSchema(file=str(folder / "schemas" / "cda-2022" / "CDA_Pharma.xsd"))
    spoken: set[str] = set()
    foreign = [_verdict(name, data, official, spoken) for name, data in _foreign_documents(folder)]
    own = [_verdict(name, data, official, set()) for name, data in _own_documents()]
    same = sum(row[1] == row[2] for row in (*foreign, *own))
    yield "# Verdicts on documents"
    yield ""
    yield (
        f"{len(foreign)} foreign documents, {len(own)} of our own (friendly and pivot, level 1 and 3): our "
        f"schema and the official one agree on {same} of {len(foreign) + len(own)}. The schema judges the "
        "grammar; the content rules judge what a grammar cannot say: identity, references, value sets, order "
        "of dates, contradictions. Where a valid document meets a rule that speaks, the last table says why."
    )
    yield ""
    head = ("document", "our schema", "official schema", "rules that speak")
    yield from table(head, foreign)
    yield ""
    yield "Our own documents, summed up:"
    yield ""
    sums = Counter((row[1], row[2], row[3]) for row in own)
    yield from table(("documents", *head[1:]), ((n, *key) for key, n in sums.most_common()))
    yield ""
    yield "## Rules that speak on foreign documents"
    yield ""
    rules: dict[str, tuple[str, str]] = {}
    for compiled in load_rules().rules:
        if compiled.rule.id in spoken:
            message, clause = rules.get(compiled.rule.id, ("", compiled.rule.clause))
            rules[compiled.rule.id] = ("; ".join(filter(None, (message, compiled.rule.message))), clause)
    yield from table(("rule", "what it says", "clause"), ((rule, *texts) for rule, texts in rules.items()))


def _verdict(name: str, data: bytes, official: etree.XMLSchema, spoken: set[str]) -> tuple[str, ...]:
    root = parse(data, large_text=True)
    context = RuleContext(now=NOW, size=len(data), raw=data, members=STORE.member, legacy=True)
    rules = Counter(finding.rule for finding in check(root, context))
    spoken.update(rules)
    verdicts = ["valid" if found else "invalid" for found in (is_valid(root, "cda"), official.validate(root))]
    return (name, *verdicts, ", ".join(f"{rule} ×{n}" for rule, n in rules.items()) or "–")


def _own_documents() -> Iterator[tuple[str, bytes]]:
    for country in load_all():
        for persona in country.personas:
            for document in documents_of(country, persona, STORE, NOW):
                yield f"{persona.key} {document.form} {document.level}", document.content


def main(folder: Path) -> int:
    """Write all pages that can be written."""
    write("semantic-mutations.md", semantic_mutations())
    write("transcoding.md", transcoding())
    if not (folder / "documents").is_dir():
        print(f"no reference material in {folder}: page proof and verdicts are left", file=sys.stderr)
        return 3
    write("page-proof.md", page_proof(folder))
    write("schema-verdicts.md", schema_verdicts(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("NCPEH_REFERENCE", "."))))
