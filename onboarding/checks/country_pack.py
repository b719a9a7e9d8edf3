"""The pack itself: every row of what a new country brings, as ``countries.check`` judges it.

A pack that cannot be read stops the examination before it begins, with the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from countries.check import PackFinding
from countries.check import check as lint
from countries.check_rules import RULES
from onboarding.bench import Bench
from onboarding.catalogue import add, check
from onboarding.model import Check, Observation
from onboarding.promised import faulty_rules


def findings(bench: Bench) -> tuple[PackFinding, ...]:
    """Everything that the lint says about the pack."""
    return bench.once(
        "pack", lambda: lint(bench.country.folder, today=bench.clock().date(), terminology=bench.terminology)
    )


def _of(rule: str) -> Callable[[Bench], Iterator[Observation]]:
    def examine(bench: Bench) -> Iterator[Observation]:
        for one in findings(bench):
            if one.rule == rule:
                place = f"{one.file}:{one.line}" if one.line else one.file
                yield Observation(
                    what=f"the pack is not as it should be: {one.key}",
                    where=place,
                    expected=one.expected,
                    got=one.got,
                    line=one.line,
                    severity="error" if one.severity == "error" else "warning",
                    clause="docs/adding-a-country.md",
                    hint=f"ncpeh country check {bench.country.folder}",
                )

    return examine


def _enter() -> None:
    for name in dict.fromkeys(rule for rule, _ in RULES):
        number, _, title = name.partition(" ")
        add(
            Check(
                id=f"PACK-{number[2:]}-{title.upper().replace(' ', '-')}",
                title=f"pack: {title}",
                requirements=(number,),
                chapter="pack",
                level="must",
                examine=_of(name),
            )
        )


_enter()


@check(
    id="PACK-14-SAMPLES",
    title="the pack makes a sample of every level for every ordinary patient, without errors",
    requirement="P-14",
    chapter="pack",
)
def samples(bench: Bench) -> Iterator[Observation]:
    """The sample documents are made from the pack's data, and keep the content rules."""
    for persona in bench.personas("ok"):
        if persona.summary is None:
            yield Observation(
                what="an ordinary patient has no summary, so no sample can be made",
                where=persona.key,
                expected="[summary]",
                got="none",
            )
            continue
        for level in bench.country.documents.levels:
            for rule in faulty_rules(bench, persona, level):
                yield Observation(
                    what="a sample document breaks a content rule",
                    where=f"{persona.key} level {level}",
                    expected="no errors",
                    got=rule,
                    hint=f"ncpeh cda --country {bench.country.code} --patient {persona.key} --level {level}",
                )


@check(
    id="PACK-04-ADDRESSES", title="addresses are https", requirement="P-04", chapter="pack", needs=("smp",)
)
def addresses(bench: Bench) -> Iterator[Observation]:
    """Those of world.json, where it states any."""
    for name, url in (("xcpd", bench.target.xcpd), ("xca", bench.target.xca)):
        if url and not url.startswith("https://"):
            yield Observation(
                what="an address is not https", where=f"world.json {name}", expected="https://…", got=url[:60]
            )
