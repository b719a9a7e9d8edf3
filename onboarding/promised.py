"""What the pack promises about documents: its own pivot of every patient, and the judgement of the rules."""

from __future__ import annotations

from countries import Persona
from countries.documents import SummaryDocument, documents_of
from ehdsi import xml
from ehdsi.errors import EhdsiError
from ehdsi.rules import Report, RuleContext, run
from ehdsi.xml import XmlElement
from onboarding.bench import Bench, Fetched
from onboarding.model import Skip


def promised(bench: Bench, persona: Persona, level: int, form: str) -> SummaryDocument:
    """The document that the pack's own data make; ``Skip`` when they make none."""
    documents = bench.once(
        ("promised", persona.key),
        lambda: documents_of(bench.country, persona, bench.terminology, bench.clock()),
    )
    for one in documents:
        if (one.level, one.form) == (level, form):
            return one
    raise Skip(f"the pack makes no document of level {level} for {persona.key}")


def promised_root(bench: Bench, persona: Persona, form: str = "pivot") -> XmlElement:
    """Level 3 as the pack's data make it, parsed."""
    return bench.once(
        ("promised root", persona.key, form),
        lambda: xml.parse(promised(bench, persona, 3, form).content, large_text=True),
    )


def faulty_rules(bench: Bench, persona: Persona, level: int) -> tuple[str, ...]:
    """Ids of the content rules that the pack's own document breaks, errors only."""
    made = promised(bench, persona, level, "pivot")
    context = RuleContext(
        now=bench.clock(),
        country=bench.country.code,
        patient_id=persona.primary_identifier,
        members=bench.terminology.member,
        form="pivot",
        size=len(made.content),
        raw=made.content,
    )
    report = run(xml.parse(made.content, large_text=True), context)
    return tuple(dict.fromkeys(one.rule for one in report.findings if one.severity == "error"))


def judged(bench: Bench, persona: Persona, level: int) -> Report:
    """The rules' judgement of a document that travelled, with all that is known about its patient."""
    return bench.once(("judged", persona.key, level), lambda: _judge(bench, persona, level))


def _judge(bench: Bench, persona: Persona, level: int) -> Report:
    found = bench.document(persona, level)
    return run(found.root, _context(bench, persona, found, _twin(bench, persona, level)))


def _twin(bench: Bench, persona: Persona, level: int) -> XmlElement | None:
    """The other level, where there is one."""
    other = 4 - level
    if other not in bench.country.documents.levels:
        return None
    try:
        return bench.document(persona, other).root
    except EhdsiError:
        return None


def _context(bench: Bench, persona: Persona, found: Fetched, twin: XmlElement | None) -> RuleContext:
    """Identity as ITI-55 gave it, as the pack promises it where ITI-55 gave none."""
    try:
        match = bench.match(persona)
        names, birth = match.names, match.birth_time
    except EhdsiError:
        names, birth = persona.names, persona.birth_time
    first = names[0] if names else persona.name
    return RuleContext(
        now=bench.clock(),
        country=bench.country.code,
        patient_id=bench.patient(persona),
        family_names=tuple(first.family),
        given_names=tuple(first.given),
        birth_date=birth[:8] if birth and len(birth) >= 8 else None,
        members=bench.terminology.member,
        form="pivot",
        twin=twin,
        size=len(found.content),
        raw=found.content,
    )
