"""Helps checks to look: readers' findings as observations, loops over patients, personal data in texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from countries import Persona
from ehdsi.errors import EhdsiError
from ehdsi.findings import Finding
from onboarding.bench import Bench
from onboarding.deviations import deviation
from onboarding.model import Observation, Omit, Skip

#: Findings of the readers that are known deviations: (rule, part of the message) -> name.
KNOWN = (
    ("A-XCPD-01", "another code than OK", "xcpd-ae-on-match"),
    ("A-XCPD-02", "queryAck/statusCode", "xcpd-code-in-status"),
    ("A-XCPD-12", "names no reason", "xcpd-reason-lost"),
    ("X-XCA-10", "Success although an error", "query-status-success"),
)

#: Traces of a program in a text that goes to another country.
INTERNALS = re.compile(
    rb"Traceback|at [a-z]+(?:\.[a-z0-9]+){2,}|\.java:\d|\.py\"?[,:]? line|Exception in|/etc/|/usr/|/opt/"
    rb"|ORA-\d{4}|NullPointer|org\.apache|javax?\."
)


def observed(finding: Finding, where: str = "") -> Observation:
    """A reader's or rule's finding as an observation; known deviations get their names."""
    place = f"{where} {finding.xpath}".strip()
    for rule, words, name in KNOWN:
        if finding.rule == rule and words in finding.message:
            return deviation(
                name, where=place, expected=finding.expected, got=finding.got, clause=finding.clause
            )
    return Observation(
        what=finding.message,
        where=place,
        expected=finding.expected,
        got=finding.got,
        clause=finding.clause,
        hint=finding.hint,
        line=finding.line,
        severity="error" if finding.severity == "error" else "warning",
    )


def of_rules(findings: Iterable[Finding], *rules: str, where: str = "") -> Iterator[Observation]:
    """The findings of these rules, notes left out."""
    for one in findings:
        if one.rule in rules and one.severity != "info":
            yield observed(one, where)


def each(
    bench: Bench, look: Callable[[Persona], Iterable[Observation]], *answers: str
) -> Iterator[Observation]:
    """Look at every patient with one of these behaviours (``ok`` by default).

    A patient whose message cannot be had is left out; when that holds for all, the check is skipped.
    """
    seen, reason = 0, ""
    persons = bench.personas(*(answers or ("ok",)))
    if not persons:
        raise Omit("the pack has no such patient")
    for persona in persons:
        try:
            yield from look(persona)
            seen += 1
        except Skip as skip:
            reason = str(skip)
    if not seen:
        raise Skip(reason)


def documents(bench: Bench, levels: tuple[int, ...] = (3, 1)) -> Iterator[tuple[Persona, int]]:
    """The patients of whom documents are promised, with the levels that the country offers."""
    for persona in bench.personas("ok", "missing_mapping_warning"):
        if persona.summary is None:
            continue
        for level in levels:
            if level in bench.country.documents.levels:
                yield persona, level


def traces(content: bytes, bench: Bench, *persons: Persona) -> Iterator[Observation]:
    """Personal data of these persons, and internals of a program, in an answer that may hold neither."""
    for persona in persons:
        words = [*persona.name.family, *persona.name.given]
        for word in words:
            if len(word) > 3 and word.encode() in content:
                yield Observation(
                    what="an answer that tells nothing about a person holds a name",
                    expected="no personal data",
                    got=f"a name of {persona.key}",
                    clause="eHDSI XCPD 2.1; GDPR art. 5",
                )
                break
    found = INTERNALS.search(content)
    if found:
        yield Observation(
            what="an answer shows internals of the program",
            expected="a sentence for people",
            got=found.group()[:20].decode("ascii", "replace"),
            clause="eHDSI error handling",
            hint="log stack traces at home, send a code and one sentence",
        )


def tried(call: Callable[[], object]) -> str:
    """What went wrong with a call, empty when nothing did."""
    try:
        call()
    except EhdsiError as error:
        return str(error)
    return ""
