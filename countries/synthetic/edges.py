"""Edge cases of the clinical model: which of them a synthetic patient has, and whose patient can have which.

Each row of ``edge-cases.tsv`` names a case, how many patients in a thousand have it, who can have it, and the
action that writes it into the document. Whether a patient has a case follows from the identifier, like all of
the patient. :func:`countries.synthetic.identifiers` passes over such patients unless it is asked for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from countries.model import Country
from countries.synthetic.person import Origin, share_of_ages
from countries.synthetic.streams import VERSION, Stream
from countries.synthetic.tables import number, rows, span
from ehdsi.errors import LocalError

#: Share of men among all patients, as drawn for those under seventy.
MEN = 0.49


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeCase:
    """One case.

    Attributes
    ----------
    key : ``X01`` to ``X40``.
    rate : share of all patients who have it.
    what, expected : the case, and what a reader is to make of it.
    action, argument : the name of the action in :mod:`countries.synthetic.edge_actions` and what it is told.
    sexes, ages : who can have it; ages in years on the reference day.
    needs : what the country has to do: send an optional section (LOINC), say in ITI-55 that somebody died
        (``answer.deceased``) or when a part of the birth date is unknown (``answer.unknown_date``).
    excludes : cases of one word do not come together; ``all`` stands alone.
    rules : our content rules that have to find the document wrong, none where it is right.
    shown : what the French page has to say, as regular expressions.
    """

    key: str
    rate: float
    what: str
    expected: str
    action: str
    argument: str
    sexes: str
    ages: tuple[float, float]
    needs: str
    excludes: str
    rules: tuple[str, ...]
    shown: tuple[str, ...]

    def suits(self, origin: Origin, age: float) -> bool:
        """True if a patient of this sex and age can have the case."""
        return origin.sex in self.sexes and self.ages[0] <= age < self.ages[1]


@cache
def edge_cases() -> dict[str, EdgeCase]:
    """All cases by key, in the order of the table."""
    return {
        row["id"]: EdgeCase(
            key=row["id"],
            rate=number(row["rate_per_1000"]) / 1000,
            what=row["what"],
            expected=row["expected_effect"],
            action=row["action"],
            argument=row["argument"],
            sexes=row["sex"] or "MF",
            ages=span(row["ages"]) if row["ages"] else (0, 200),
            needs=row["needs"],
            excludes=row["excludes"],
            rules=tuple(part for part in row["rules"].split(",") if part),
            shown=tuple(part.strip() for part in row["shown"].split("&&") if part),
        )
        for row in rows("edge-cases")
    }


def edge_case(country: Country, key: str) -> EdgeCase:
    """The case with this key, if patients of the country can have it.

    Raises
    ------
    LocalError : there is no such case, or the country does not send the section it stands in.
    """
    found = edge_cases().get(key)
    if found is None:
        raise LocalError(f"there is no edge case {key!r}; there are {', '.join(edge_cases())}")
    if not sent(country, found):
        raise LocalError(f"edge case {key} needs {found.needs}, which {country.code} does not send")
    return found


def sent(country: Country, case: EdgeCase) -> bool:
    """True if the country sends what the case needs."""
    if case.needs == "answer.deceased":
        return country.answer_profile.deceased
    if case.needs == "answer.unknown_date":
        return country.answer_profile.unknown_date == "truncate"
    return not case.needs or case.needs in country.documents.sections


@lru_cache(maxsize=64)
def _of_country(country: Country) -> tuple[tuple[EdgeCase, float], ...]:
    """Each case with the probability for those who can have it, so that its rate holds for all patients."""
    found = []
    for case in edge_cases().values():
        sexes = {"M": MEN, "F": 1 - MEN}
        among = share_of_ages(*case.ages) * sum(sexes[sex] for sex in case.sexes)
        found.append((case, min(1.0, case.rate / among) if sent(country, case) else 0.0))
    return tuple(found)


def cases_of(country: Country, value: str, origin: Origin, age: float) -> tuple[EdgeCase, ...]:
    """The cases of the bearer of an identifier, in the order of the table; mostly none."""
    stream = Stream(VERSION, country.code, value, "edge cases")
    found: list[EdgeCase] = []
    for case, probability in _of_country(country):
        if stream.unit() < probability and case.suits(origin, age):
            found.append(case)
    alone = [case for case in found if case.excludes == "all"]
    return tuple(alone[:1] or _compatible(found))


def _compatible(found: list[EdgeCase]) -> Iterator[EdgeCase]:
    """The first case of each word that excludes others, and all that exclude none."""
    taken: dict[str, None] = {}
    for case in found:
        if case.excludes not in taken:
            yield case
        if case.excludes:
            taken[case.excludes] = None
