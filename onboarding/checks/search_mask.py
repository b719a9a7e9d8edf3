"""The International Search Mask: can the portal make a form of it, and does ITI-55 agree with it?"""

from __future__ import annotations

from collections.abc import Iterator

from ehdsi import search_mask, smp
from ehdsi.errors import PeerError
from ehdsi.search_mask import SearchMask
from ehdsi.xml import XmlElement
from onboarding.bench import Bench, typed_traits
from onboarding.catalogue import check
from onboarding.looking import observed
from onboarding.model import Observation, Skip

NEEDS = ("mask",)
_CLAUSE = "eHDSI International Search Mask 2023"


def element(bench: Bench) -> XmlElement:
    """The mask as it is published; ``PeerError`` when the entry holds none."""
    metadata = bench.published(smp.SEARCH_MASK)
    found = [one for endpoint in metadata.endpoints(smp.SEARCH_MASK) for one in endpoint.extensions]
    if not found:
        raise PeerError(
            "the SMP entry holds no search mask",
            where="Endpoint/Extension",
            expected="searchFields",
            got="nothing",
            clause=_CLAUSE,
        )
    return found[-1]


def published(bench: Bench) -> SearchMask:
    """The mask, parsed; ``Skip`` when it cannot be read, which MASK-READABLE reports."""
    try:
        return bench.once("mask", lambda: search_mask.parse_mask(element(bench)))
    except PeerError as error:
        raise Skip(f"the mask cannot be read: {error.what}") from None


@check(
    id="MASK-READABLE",
    title="the mask is published and can be read",
    requirement="A-ISM-01",
    chapter="mask",
    needs=("smp",),
)
def readable(bench: Bench) -> Iterator[Observation]:
    """The current grammar, with its mandatory attributes."""
    search_mask.parse_mask(element(bench))
    yield from ()


@check(
    id="MASK-FORM",
    title="the mask has the structure of its schema",
    requirement="A-ISM-01",
    chapter="mask",
    needs=NEEDS,
)
def form(bench: Bench) -> Iterator[Observation]:
    """What the reader noticed, but for what other checks look at."""
    for finding in published(bench).findings:
        if finding.rule == "A-ISM-01":
            yield observed(finding)


@check(
    id="MASK-USABLE",
    title="fields can be understood and used",
    requirement=("A-ISM-02", "X-ISM-03"),
    chapter="mask",
    needs=NEEDS,
)
def usable(bench: Bench) -> Iterator[Observation]:
    """What the reader noticed about fields, labels, choices and pictures."""
    for finding in published(bench).findings:
        # That an identifier is needed goes without saying, and several countries do not say it.
        if finding.rule != "A-ISM-01" and "marked as mandatory" not in finding.message:
            yield observed(finding)


@check(
    id="MASK-COUNTRY",
    title="the mask is the candidate's",
    requirement="A-ISM-02",
    chapter="mask",
    needs=NEEDS,
)
def country(bench: Bench) -> Iterator[Observation]:
    """country/@code."""
    code = published(bench).country
    if code.upper() != bench.country.code:
        yield Observation(
            what="the mask belongs to another country",
            where="country/@code",
            got=code[:4],
            expected=bench.country.code,
            clause=_CLAUSE,
        )


@check(
    id="MASK-DOMAINS",
    title="identifiers have domains that are OIDs",
    requirement="A-ISM-02",
    chapter="mask",
    needs=NEEDS,
)
def domains(bench: Bench) -> Iterator[Observation]:
    """At least one identifier, each with a domain."""
    import re

    fields = published(bench).patient.identifiers
    if not fields:
        yield Observation(
            what="the mask asks for no identifier",
            where="patientSearch/identifier",
            expected="one",
            got="none",
            clause=_CLAUSE,
        )
    for field in fields:
        if not re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", field.domain or ""):
            yield Observation(
                what="the domain of an identifier is no OID",
                where=f"id[@label='{field.label}']",
                expected="an OID",
                got=(field.domain or "none")[:60],
                clause=_CLAUSE,
            )


@check(
    id="MASK-FORMATS",
    title="every expression compiles and runs in linear time",
    requirement="A-ISM-02",
    chapter="mask",
    needs=NEEDS,
)
def formats(bench: Bench) -> Iterator[Observation]:
    """An expression of a peer is run by our matcher, which refuses what could hang it."""
    for field in published(bench).patient.fields:
        try:
            search_mask.compile_pattern(field.format)
        except PeerError as error:
            yield Observation(
                what=f"an expression cannot be used: {error.what}",
                expected=error.expected,
                where=f"{field.key}/@format",
                got=error.got or field.format[:60],
                clause=_CLAUSE,
                hint=error.hint,
            )


@check(
    id="MASK-SAMPLES",
    title="the identifiers of the test patients match the expressions",
    requirement=("X-ISM-03", "P-07"),
    chapter="mask",
    needs=NEEDS,
)
def samples(bench: Bench) -> Iterator[Observation]:
    """What a clinician would type passes the form."""
    mask = published(bench)
    for persona in bench.country.personas:
        for problem in mask.problems(typed_traits(mask, persona)):
            yield Observation(
                what="a test patient's papers do not satisfy the mask",
                got=problem.kind,
                where=f"{persona.key} {problem.key}",
                expected="values that pass the form",
                clause=_CLAUSE,
                severity="warning",
            )


@check(
    id="MASK-PACK",
    title="the published mask is the pack's",
    requirement=("X-SMP-10", "X-ISM-03", "X-ISM-04", "P-07"),
    chapter="mask",
    needs=NEEDS,
)
def same_as_pack(bench: Bench) -> Iterator[Observation]:
    """Fields, domains, expressions and obligations."""
    ours, theirs = bench.country.search_mask.patient, published(bench).patient
    for name, left, right in (("fields", ours.fields, theirs.fields), ("blocks", ours.blocks, theirs.blocks)):
        if left != right:
            yield Observation(
                what=f"the published mask has other {name} than the pack",
                where="patientSearch",
                expected=f"{len(left)} as in the pack",
                got=f"{len(right)}, or others",
                clause=_CLAUSE,
            )
            return


@check(
    id="MASK-FRENCH",
    title="every field has a French label and a hint",
    requirement="X-ISM-03",
    chapter="mask",
    level="should",
    needs=NEEDS,
)
def french(bench: Bench) -> Iterator[Observation]:
    """Labels of the closed list, which the portal knows in French; a hint for the rest."""
    known = search_mask.IDENTIFIER_LABELS | search_mask.TEXT_LABELS | {"birthDate", "gender", "accessCode"}
    for field in published(bench).patient.fields:
        if field.label not in known:
            yield Observation(
                what="a label is not one of the list",
                where=f"{field.key}/@label",
                got=field.label[:60],
                expected="a label of the list",
                clause=_CLAUSE,
            )
        if not field.description:
            yield Observation(
                what="a field has no hint",
                where=f"{field.key}/@contextualDescription",
                expected="a sentence",
                got="none",
                clause=_CLAUSE,
            )


@check(
    id="MASK-CHOICES",
    title="a choice offers at least two alternatives",
    requirement="X-ISM-03",
    chapter="mask",
    level="should",
    needs=NEEDS,
)
def choices(bench: Bench) -> Iterator[Observation]:
    """CHOICE with one group is none."""
    for block in published(bench).patient.blocks:
        if block.choice and len(block.groups) < 2:
            yield Observation(
                what="a choice has a single alternative",
                where="identifier[@type='CHOICE']",
                expected="two or more",
                got=str(len(block.groups)),
                clause=_CLAUSE,
            )


@check(
    id="MASK-DEMANDS",
    title="what the mask asks for is enough for ITI-55",
    requirement="X-ISM-04",
    chapter="mask",
    needs=("mask", "ITI-55"),
)
def demands(bench: Bench) -> Iterator[Observation]:
    """Typing into the published mask, not into the pack's, finds the canary."""
    traits = typed_traits(published(bench), bench.good)
    if not traits.identifiers:
        yield Observation(
            what="the mask asks for no identifier that the test patient has",
            expected="one",
            where="patientSearch/identifier",
            got="none",
            clause=_CLAUSE,
        )
        return
    answer = bench.send(bench.writer.discovery(traits)).discovery()
    if not answer.patients:
        codes = ", ".join(str(one.code) for one in answer.details) or "no code"
        yield Observation(
            what="the traits of the published mask do not find the test patient",
            where="ITI-55",
            expected="a match",
            got=codes,
            clause=_CLAUSE,
        )


@check(
    id="MASK-SCOPE",
    title="the mask serves patient summaries",
    requirement="A-ISM-02",
    chapter="mask",
    needs=NEEDS,
)
def scope(bench: Bench) -> Iterator[Observation]:
    """@scope is ALL or PS."""
    if not published(bench).serves("PS"):
        yield Observation(
            what="the mask is not meant for patient summaries",
            where="patientSearch/@scope",
            expected="ALL or PS",
            got=published(bench).patient.scope,
            clause=_CLAUSE,
        )
