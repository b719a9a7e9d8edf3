"""PS-001 to PS-070: each content rule is a check of every document of every ordinary patient."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from countries import Persona
from ehdsi.rules import Finding, Rule, RuleContext, run
from ehdsi.rules.load import load
from onboarding.bench import Bench
from onboarding.catalogue import add
from onboarding.coverage import wordless
from onboarding.looking import documents, observed
from onboarding.model import Check, Level, Observation, Omit, Skip
from onboarding.promised import judged, promised_root
from onboarding.requirements import requirements

#: Rules that judge another form than the pivot; they have checks of their own below.
OTHER_FORMS = frozenset({"PS-061", "PS-070"})
#: Rules that also carry a requirement of the transaction.
ALSO = {
    "PS-058": ("A-RET-05",),
    "PS-059": ("A-RET-05",),
    "PS-050": ("A-RET-05",),
    "PS-028": ("X-CON-02",),
    "PS-025": ("X-CON-04",),
    "PS-034": ("X-CON-03",),
    "PS-040": ("X-SEM-04",),
    "PS-047": ("X-SEM-03",),
    "PS-055": ("X-SEM-03",),
    "PS-012": ("X-CON-01",),
    "PS-015": ("X-CON-01",),
    "PS-017": ("X-CON-01",),
    "PS-001": ("X-XML-01",),
    "PS-011": ("X-XCA-09",),
}


def _rules() -> dict[str, tuple[Rule, ...]]:
    found: dict[str, list[Rule]] = {}
    for compiled in load().rules:
        found.setdefault(compiled.rule.id, []).append(compiled.rule)
    return {name: tuple(rules) for name, rules in found.items() if name not in OTHER_FORMS}


def _examine(name: str) -> Callable[[Bench], Iterator[Observation]]:
    def examine(bench: Bench) -> Iterator[Observation]:
        seen, reason = 0, "the pack promises no document"
        for persona, level in documents(bench):
            try:
                yield from _findings(bench, persona, level, name)
                seen += 1
            except Skip as skip:
                reason = str(skip)
        if not seen:
            raise Skip(reason)

    return examine


def _findings(bench: Bench, persona: Persona, level: int, name: str) -> Iterator[Observation]:
    for finding in judged(bench, persona, level).findings:
        if finding.rule == name and finding.severity != "info" and not _promised(bench, finding):
            yield observed(finding, f"{persona.key} level {level}")


def _promised(bench: Bench, finding: Finding) -> bool:
    """Does the pack say so? A country may write in a language whose tag names another country (en-GB)."""
    return finding.rule == "PS-011" and finding.got in bench.country.documents.languages


def _enter() -> None:
    stated = {one.id: one for one in requirements()}
    for name, rules in _rules().items():
        level: Level = "must" if any(one.severity == "error" for one in rules) else "should"
        requirement = stated.get(name)
        title = requirement.statement.rstrip(".") if requirement else rules[0].message
        add(
            Check(
                id=f"DOC-{name}",
                title=title[:1].lower() + title[1:],
                chapter="documents",
                level=level,
                requirements=(name, *ALSO.get(name, ())),
                needs=("ITI-39",),
                examine=_examine(name),
            )
        )


def _french(bench: Bench) -> Iterator[Observation]:
    """Every bound code of every document has a French designation in the terminology."""
    for persona, _ in documents(bench, (3,)):
        try:
            found = bench.document(persona, 3)
        except Skip:
            continue
        for code in wordless(found.root, bench.terminology):
            yield Observation(
                what="a code has no French designation",
                where=f"{persona.key} level 3",
                expected="a French term",
                got=code,
                severity="warning",
                hint="the clinician will read the English term, marked; order the translation",
            )


def _unchanged(bench: Bench) -> Iterator[Observation]:
    """What travels differs from the national original of the pack in codes only."""
    seen, reason = 0, ""
    for persona, _ in documents(bench, (3,)):
        try:
            source, pivot = promised_root(bench, persona, "friendly"), bench.document(persona, 3).root
        except Skip as skip:
            reason = str(skip)
            continue
        seen += 1
        for finding in run(pivot, RuleContext(source=source, form="pivot")).findings:
            if finding.rule == "PS-070":
                yield replace(observed(finding, f"{persona.key} level 3"), hint="mend the transcoding")
    if not seen and reason:
        raise Skip(reason)
    if not seen:
        raise Omit("the pack makes no structured document")


_enter()
add(
    Check(
        id="DOC-PS-061",
        title="every bound code can be said in French",
        chapter="documents",
        level="should",
        requirements=("PS-061",),
        needs=("ITI-39",),
        examine=_french,
    )
)
add(
    Check(
        id="DOC-PS-070",
        title="transcoding changes codes and nothing else",
        chapter="documents",
        level="must",
        requirements=("PS-070",),
        needs=("ITI-39",),
        examine=_unchanged,
    )
)
