"""Synthetic patients: any identifier of a country's synthetic range is a patient derived from it alone.

Nothing is stored: names, history and document follow from country, identifier and version of the model, the
same on every machine. The clinical tables are read when the first history is asked for, not when somebody is
only looked up. Fictional data for tests; weights are plausible, not epidemiology.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from countries import identifiers as rules
from countries.model import Behaviour, Country, Persona, SyntheticRange
from countries.synthetic.record import YEAR
from countries.synthetic.streams import VERSION, Stream
from ehdsi.cda.datatypes import Identifier, Telecom
from ehdsi.cda.model import Guardian, PatientSummary
from ehdsi.errors import LocalError

if TYPE_CHECKING:
    from countries.synthetic.edges import EdgeCase
    from countries.synthetic.person import Origin

#: The day on which every synthetic history stands still, so that a patient is the same at any time.
REFERENCE_DAY = date(2025, 6, 30)
#: Share of patients whose document is in the first language of the country.
FIRST_LANGUAGE = 0.8
#: How many histories are kept in memory, of all countries together.
KEPT = 64
#: Under this age a parent represents the patient.
REPRESENTED_UNTIL = 16


def patient(
    country: Country, identifier: Identifier, now: date = REFERENCE_DAY, *, burden: float = 1.0
) -> Persona | None:
    """The synthetic patient behind an identifier; None when it is not in a synthetic range of the country.

    Parameters
    ----------
    identifier : root and extension as the country cleans them; the check digit has to hold.
    now : the day on which the history stands still.
    burden : 1 for travellers, 2.6 for patients of a clinic.
    """
    from countries.synthetic.edges import cases_of
    from countries.synthetic.person import address_of, name_of, origin_of

    range_, value = range_of(country, identifier), identifier.extension or ""
    if range_ is None:
        return None
    stream = Stream(VERSION, country.code, value, "person")
    origin = origin_of(range_, value, stream, now)
    if origin is None:
        return None
    names = Stream(VERSION, country.code, value, "name")
    address = address_of(country, Stream(VERSION, country.code, value, "address"))
    name = name_of(country, origin.sex, names)
    other = len(country.languages) > 1 and not stream.chance(FIRST_LANGUAGE)
    language = stream.choose(country.languages[1:]) if other else country.languages[0]
    guardians: tuple[Guardian, ...] = ()
    relation = country.codes.row("relationship", "MTH")
    if (now - origin.birth).days < REPRESENTED_UNTIL * YEAR and relation is not None:
        mother = name_of(country, "F", names, name.family)
        guardians = (
            Guardian(
                code=relation.coded(language),
                person=mother,
                addresses=(address,),
                telecoms=(Telecom(null_flavor="NI"),),
            ),
        )
    cases = cases_of(country, value, origin, (now - origin.birth).days / YEAR)
    persona = Persona(
        key=f"{country.code}-{value}",
        about="synthetic patient, derived from the identifier",
        identifiers=(Identifier(root=identifier.root, extension=value),),
        names=(name,),
        gender=origin.sex,
        birth_time=f"{origin.birth:%Y%m%d}",
        addresses=(address,),
        telecoms=(Telecom(null_flavor="NI"),),
        guardians=guardians,
        language=language,
        behaviour=Behaviour(),
        cases=tuple(case.key for case in cases),
        source="synthetic",
        build_summary=lambda: _summary(country, persona, origin, cases, now, burden),
    )
    if cases:
        persona = _changed(persona, cases, now)
    return persona


def _changed(persona: Persona, cases: tuple[EdgeCase, ...], now: date) -> Persona:
    """The patient with the edge cases that are about the person."""
    from countries.synthetic.edge_actions import PERSON_ACTIONS

    for case in cases:
        stream = Stream(VERSION, persona.key, "edge case", case.key)
        for action in case.action.split():
            if action in PERSON_ACTIONS:
                persona = PERSON_ACTIONS[action](persona, stream, case.argument, now)
    return persona


@lru_cache(maxsize=KEPT)
def _summary(
    country: Country, persona: Persona, origin: Origin, cases: tuple[EdgeCase, ...], now: date, burden: float
) -> PatientSummary:
    """The document; only here are the clinical tables needed."""
    from countries.synthetic.document import summary_of
    from countries.synthetic.generate import chart_of

    value = persona.primary_identifier.extension or ""
    chart = chart_of(country.code, value, origin.birth, origin.sex, now, burden=burden)
    return summary_of(country, persona, chart, cases)


def make_synthetic(country: Country, identifier: Identifier) -> Persona | None:
    """What a country without another generator uses: :func:`patient` on the reference day."""
    return patient(country, identifier)


def range_of(country: Country, identifier: Identifier) -> SyntheticRange | None:
    """The synthetic range an identifier lies in, its check digit included; None outside all of them."""
    value = identifier.extension or ""
    for rule in country.identifier_rules:
        range_ = rule.synthetic
        if range_ is None or rule.domain != identifier.root:
            continue
        if _pattern(range_.pattern).fullmatch(value) and rules.rule(rule.check).valid(value):
            return range_
    return None


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


def identifiers(country: Country, seed: int = 0, *, edge: str = "") -> Iterator[Identifier]:
    """Identifiers of the country's first synthetic range without end, no two alike among the valid ones.

    Parameters
    ----------
    edge : ``""`` for patients without edge cases, as load and examinations want them; a key such as ``X07``
        for patients with this one; ``any`` for all alike, edge cases at their natural rates.

    Raises
    ------
    LocalError : the pack has no synthetic range, or it is used up; there is no such edge case, or not here.
    """
    from countries.synthetic.edges import edge_case

    rule = next((one for one in country.identifier_rules if one.synthetic is not None), None)
    if rule is None or rule.synthetic is None:
        raise LocalError(f"{country.code} has no synthetic range in its country.toml")
    if edge not in ("", "any"):
        edge_case(country, edge)
    stream = Stream("identifiers", country.code, str(seed))
    seen: set[str] = set()
    misses = 0
    while misses < 20_000:
        value = _written(rule.synthetic, rule.check, stream)
        candidate = Identifier(root=rule.domain, extension=value)
        if value in seen or range_of(country, candidate) is None:
            misses += 1
            continue
        seen.add(value)
        misses = 0
        keys = edges_of(country, candidate) if edge != "any" else ()
        if edge == "any" or (edge in keys if edge else not keys):
            yield candidate
    raise LocalError(f"the synthetic range of {country.code} is used up after {len(seen)} patients")


def edges_of(country: Country, identifier: Identifier) -> tuple[str, ...]:
    """The keys of the edge cases of a synthetic patient; none for most, and outside the synthetic range."""
    from countries.synthetic.edges import cases_of
    from countries.synthetic.person import origin_of

    range_, value = range_of(country, identifier), identifier.extension or ""
    if range_ is None:
        return ()
    origin = origin_of(range_, value, Stream(VERSION, country.code, value, "person"), REFERENCE_DAY)
    if origin is None:
        return ()
    age = (REFERENCE_DAY - origin.birth).days / YEAR
    return tuple(case.key for case in cases_of(country, value, origin, age))


def _written(range_: SyntheticRange, check: str, stream: Stream) -> str:
    """One identifier by the template of the range, completed with its check characters."""
    from countries.synthetic.person import origin_of

    origin = origin_of(
        SyntheticRange(domain="", pattern="", check="none", template=""), "", stream, REFERENCE_DAY
    )
    assert origin is not None  # an empty template states nothing that could be wrong
    century = 1 + 2 * ((origin.birth.year - 1800) // 100) + (origin.sex == "F")
    width = re.search(r"\{serial:0?(\d*)d\}", range_.template)
    most = 10 ** int(width[1] or "1") - 1 if width else 9
    stem = range_.template.format(
        birth=origin.birth, century=century, letter=stream.choose("MGLHAP"), serial=stream.whole(0, most)
    )
    return rules.rule(check).complete(stem) or stem
