"""The behaviours that the pack promises for its patients: refusals, absences, twins, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from countries import Persona
from ehdsi.errors import PeerError, TransportFailure
from ehdsi.registry import STATUS_FAILURE, STATUS_SUCCESS, Severity
from ehdsi.traits import Traits
from ehdsi.xcpd import Outcome
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.expect import Refusal, refused, unreadable
from onboarding.looking import each
from onboarding.model import Observation, Omit

Look = Callable[[Bench, Persona], Iterator[Observation]]


def _behaviour(id: str, title: str, needs: tuple[str, ...], *answers: str) -> Callable[[Look], Look]:
    """A check of every patient with one of these behaviours."""

    def enter(look: Look) -> Look:
        check(
            id=f"PERS-{id}", title=title, requirement=("P-13", "X-ERR-02"), chapter="personas", needs=needs
        )(lambda bench: each(bench, lambda persona: look(bench, persona), *answers))
        return look

    return enter


def _not(persona: Persona, what: str, expected: str, got: str) -> Observation:
    return Observation(
        what=what,
        where=f"{persona.key}",
        expected=expected,
        got=got[:100],
        clause="behaviour of the pack",
        hint=f"see personas/{persona.key}.toml",
    )


@_behaviour(
    "MATCHED",
    "patients who refuse later are found first",
    ("ITI-55",),
    "no_consent",
    "insufficient_rights",
    "no_summary",
    "no_pdf",
    "missing_mapping_warning",
    "missing_mapping_error",
    "missing_basic_sections",
)
def matched(bench: Bench, persona: Persona) -> Iterator[Observation]:
    """Identification succeeds unless the refusal belongs to it."""
    found = bench.discovery(persona).outcome
    if persona.behaviour.step == "identification":
        if found is Outcome.MATCH:
            yield _not(persona, "a patient who refused is identified", persona.behaviour.code, "a match")
    elif found is not Outcome.MATCH:
        yield _not(persona, "a patient who refuses documents only is not identified", "a match", found.value)


@_behaviour("NO-MATCH", "patients whom the country does not give out are not found", ("ITI-55",), "no_match")
def no_match(bench: Bench, persona: Persona) -> Iterator[Observation]:
    """As if they did not exist."""
    found = bench.discovery(persona)
    if found.outcome is not Outcome.NO_MATCH:
        yield _not(persona, "a patient who must not be found is", "NF", found.outcome.value)


@check(
    id="PERS-SEVERAL",
    title="a number that two persons share finds neither",
    chapter="personas",
    requirement=("P-13", "X-XCPD-13"),
    needs=("ITI-55",),
)
def several(bench: Bench) -> Iterator[Observation]:
    """ERROR_PI_MULTIPLE_MATCHES, or a wish for more traits, and nobody's data."""
    shared = [
        one
        for one in bench.country.personas
        if one.behaviour.answer == "multiple_matches" or _shared(bench, one) is not None
    ]
    if not shared:
        raise Omit("no two patients of the pack share a number")
    for persona in shared:
        traits = _shared(bench, persona) or bench.traits(persona)
        reply = bench.send(bench.writer.discovery(traits))
        try:
            answer = reply.discovery()
        except PeerError as error:
            yield unreadable(reply, error)
            continue
        if answer.patients:
            yield _not(
                persona,
                "a number that several persons share finds one",
                "nobody",
                f"{len(answer.patients)} subject(s)",
            )
        elif answer.outcome not in (Outcome.SEVERAL, Outcome.MORE_TRAITS):
            yield _not(
                persona,
                "several matches are not reported as such",
                "ERROR_PI_MULTIPLE_MATCHES",
                answer.outcome.value,
            )


def _shared(bench: Bench, persona: Persona) -> Traits | None:
    """Traits with a number of this person that finds several, None when there is none."""
    usual = bench.traits(persona)
    if persona.behaviour.answer == "ok" and len(bench.country.find(usual.identifiers, usual)) > 1:
        return usual
    for identifier in persona.shared_identifiers:
        traits = replace(bench.traits(persona), identifiers=(identifier,))
        if len(bench.country.find(traits.identifiers, traits)) > 1:
            return traits
    return None


@check(
    id="PERS-OWN-NUMBER",
    title="persons who share a number are found by their own",
    chapter="personas",
    requirement="P-13",
    needs=("ITI-55",),
)
def own_number(bench: Bench) -> Iterator[Observation]:
    """Exactly one subject."""
    seen = 0
    for persona in bench.personas("ok"):
        if not persona.shared_identifiers:
            continue
        own = replace(bench.traits(persona), identifiers=(persona.primary_identifier,))
        if len(bench.country.find(own.identifiers, own)) != 1:
            continue
        seen += 1
        found = bench.send(bench.writer.discovery(own)).discovery().outcome
        if found is not Outcome.MATCH:
            yield _not(persona, "a person is not found by a number of their own", "a match", found.value)
    if not seen:
        raise Omit("no two patients of the pack share a number")


@_behaviour(
    "CONSENT-QUERY",
    "refusals at the list come with their code",
    ("ITI-38",),
    "no_consent",
    "insufficient_rights",
)
def consent(bench: Bench, persona: Persona) -> Iterator[Observation]:
    """An error with the code of the pack, and an empty list."""
    if persona.behaviour.step != "query":
        return
    wanted = Refusal(codes=(persona.behaviour.code,), known={"continued": "consent-lists-anyway"})
    yield from refused(bench.listed(persona).reply, wanted)


@_behaviour(
    "NO-PDF", "patients without PDF get level 3, and the announced code", ("ITI-38", "ITI-39"), "no_pdf"
)
def no_pdf(bench: Bench, persona: Persona) -> Iterator[Observation]:
    """Level 3 comes; the lack of level 1 is announced by the code of the pack, at its step."""
    answer = bench.listing(persona)
    levels = [one.level for one in answer.entries]
    if 3 not in levels:
        yield _not(persona, "level 3 is not listed although only the PDF is missing", "level 3", str(levels))
    if persona.behaviour.step == "retrieve":
        withheld = bench.retrieved(persona, 1).reply
        yield from refused(withheld, Refusal(codes=(persona.behaviour.code,)))
        return
    if 1 in levels:
        yield _not(persona, "a PDF is listed for a patient who has none", "level 3 only", str(levels))
    if persona.behaviour.code not in [one.code for one in answer.errors]:
        yield _not(
            persona,
            "the missing PDF is not announced",
            persona.behaviour.code,
            ", ".join(one.code for one in answer.errors) or "no code",
        )


@_behaviour(
    "MAPPING-WARNING",
    "an unmapped code comes with the document and a warning",
    ("ITI-39",),
    "missing_mapping_warning",
)
def mapping_warning(bench: Bench, persona: Persona) -> Iterator[Observation]:
    """Success, the document, and the warning of the pack."""
    answer = bench.retrieved(persona, 3).reply.retrieved()
    codes = {one.code: one.severity for one in answer.errors}
    if not answer.documents or answer.status != STATUS_SUCCESS:
        yield _not(
            persona,
            "a document with an unmapped code does not come",
            "the document and a warning",
            ", ".join(codes) or "no document",
        )
    if codes.get(persona.behaviour.code) is not Severity.WARNING:
        yield _not(
            persona,
            "an unmapped code is not announced by the warning of the pack",
            persona.behaviour.code,
            ", ".join(codes) or "no code",
        )


@_behaviour(
    "MAPPING-ERROR",
    "a needed code without mapping withholds the document",
    ("ITI-38", "ITI-39"),
    "missing_mapping_error",
    "missing_basic_sections",
)
def mapping_error(bench: Bench, persona: Persona) -> Iterator[Observation]:
    """Failure with the code of the pack."""
    answer = bench.retrieved(persona, 3).reply.retrieved()
    codes = [one.code for one in answer.errors]
    if answer.documents:
        yield _not(persona, "a document that must be withheld comes", persona.behaviour.code, "a document")
    if persona.behaviour.code not in codes or answer.status != STATUS_FAILURE:
        yield _not(
            persona,
            "the reason is not the one of the pack",
            persona.behaviour.code,
            ", ".join(codes) or "no code",
        )


@check(
    id="PERS-UNREACHABLE",
    title="a promised outage is one",
    requirement="P-13",
    chapter="personas",
    needs=("ITI-55",),
)
def outage(bench: Bench) -> Iterator[Observation]:
    """The connection breaks, or an error says that the service failed."""
    persons = bench.personas("unreachable")
    if not persons:
        raise Omit("the pack has no such patient")
    for persona in persons:
        try:
            answer = bench.send(bench.writer.discovery(bench.traits(persona))).discovery()
        except TransportFailure:
            continue
        if answer.outcome in (Outcome.MATCH, Outcome.NO_MATCH):
            yield _not(
                persona,
                "a promised outage did not happen",
                "a broken connection or an error",
                answer.outcome.value,
            )


@check(
    id="PERS-DISTINGUISHED",
    title="absence, refusal and failure have different codes",
    chapter="personas",
    requirement="X-ERR-02",
    needs=("ITI-38",),
)
def distinguished(bench: Bench) -> Iterator[Observation]:
    """No two of the behaviours of this pack are answered with the same code at the list."""
    codes: dict[str, set[str]] = {}
    for persona in bench.personas("no_consent", "insufficient_rights", "no_summary"):
        if persona.behaviour.step == "identification":
            continue
        for error in bench.listing(persona).errors:
            codes.setdefault(error.code, set()).add(persona.behaviour.answer)
    for code, answers in codes.items():
        if len(answers) > 1 and "no_summary" in answers:
            yield Observation(
                what="absence and refusal have the same code", where="ITI-38", got=code, expected="two codes"
            )


@check(
    id="PERS-LANGUAGE",
    title="every patient's document is in the language that the pack promises them",
    requirement="P-11",
    chapter="personas",
    needs=("ITI-38",),
)
def languages(bench: Bench) -> Iterator[Observation]:
    """By the list."""

    def look(persona: Persona) -> Iterator[Observation]:
        promised = (persona.language,) if persona.language else bench.country.documents.languages
        for entry in bench.listing(persona).entries:
            if entry.language not in promised:
                yield _not(
                    persona,
                    "a document is in another language than the pack promises",
                    ", ".join(promised),
                    str(entry.language),
                )

    yield from each(bench, look)
