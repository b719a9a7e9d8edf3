"""ITI-55: searches whose traits do not agree, or do not suffice, find nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ehdsi.traits import Traits
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.checks.xcpd import NEEDS, nobody_found
from onboarding.model import Observation, Omit


@check(
    id="XCPD-BIRTH",
    title="a right identifier with a wrong birth date finds nobody",
    chapter="xcpd",
    requirement="A-XCPD-09",
    needs=NEEDS,
)
def wrong_birth(bench: Bench) -> Iterator[Observation]:
    """Two traits that contradict each other are no match, and no correction is given."""
    if bench.country.search_mask.patient.birth_date is None:
        raise Omit("the mask does not ask for the birth date")
    yield from nobody_found(bench, replace(bench.traits(bench.good), birth_date="19010203"))


@check(
    id="XCPD-NAME",
    title="a right identifier with a wrong name finds nobody",
    chapter="xcpd",
    requirement="A-XCPD-09",
    needs=NEEDS,
)
def wrong_name(bench: Bench) -> Iterator[Observation]:
    """As for the birth date, where the mask asks for names."""
    traits = bench.traits(bench.good)
    if traits.name is None:
        raise Omit("the mask does not demand a name")
    yield from nobody_found(bench, replace(traits, name=replace(traits.name, family=("Nobodyatall",))))


@check(
    id="XCPD-TWO-PERSONS",
    title="identifiers of two persons in one query find nobody",
    chapter="xcpd",
    requirement="A-XCPD-09",
    needs=NEEDS,
)
def two_persons(bench: Bench) -> Iterator[Observation]:
    """The identifiers of a query have to belong to one person."""
    first, second = bench.traits(bench.good), bench.traits(bench.other)
    mixed = (
        *first.identifiers[:1],
        *(one for one in second.identifiers if one.root != first.identifiers[0].root),
    )
    if len(mixed) < 2:
        raise Omit("the mask has one identifier only")
    yield from nobody_found(bench, replace(first, identifiers=mixed))


@check(
    id="XCPD-DOMAIN-WRONG",
    title="a right number under a wrong domain finds nobody",
    chapter="xcpd",
    requirement="A-XCPD-10",
    needs=NEEDS,
)
def wrong_domain(bench: Bench) -> Iterator[Observation]:
    """The root of the identifier counts."""
    traits = bench.traits(bench.good)
    moved = tuple(replace(one, root="2.999.55.1") for one in traits.identifiers)
    yield from nobody_found(bench, replace(traits, identifiers=moved))


@check(
    id="XCPD-MANDATORY",
    title="a query without a mandatory trait finds nobody",
    chapter="xcpd",
    requirement=("A-XCPD-11", "X-ISM-04"),
    needs=NEEDS,
)
def mandatory(bench: Bench) -> Iterator[Observation]:
    """What the mask calls mandatory is mandatory in ITI-55 too."""
    traits, tried = bench.traits(bench.good), 0
    for left in _less(bench, traits):
        tried += 1
        yield from nobody_found(bench, left)
    if not tried:
        raise Omit("the mask demands one identifier and nothing else")


def _less(bench: Bench, traits: Traits) -> Iterator[Traits]:
    """The traits without each of the mandatory ones in turn; the only identifier stays."""
    mask = bench.country.search_mask.patient
    for block in mask.blocks:
        for group in block.groups[:1]:
            needed = [one.domain for one in group.fields if one.mandatory]
            for domain in needed if len(needed) > 1 else ():
                left = tuple(one for one in traits.identifiers if one.root != domain)
                if left and len(left) < len(traits.identifiers):
                    yield replace(traits, identifiers=left)
    if mask.birth_date is not None and mask.birth_date.mandatory and traits.birth_date:
        yield replace(traits, birth_date=None)


@check(
    id="XCPD-WILDCARD",
    title="a wildcard in the place of an identifier finds nobody",
    chapter="xcpd",
    requirement=("A-XCPD-08", "A-XCPD-10", "X-PRIV-01"),
    needs=NEEDS,
)
def wildcard(bench: Bench) -> Iterator[Observation]:
    """Nobody may be fished for."""
    traits = bench.traits(bench.good)
    for sign in ("%", "*"):
        anybody = tuple(replace(one, extension=sign) for one in traits.identifiers)
        yield from nobody_found(bench, replace(traits, identifiers=anybody))
