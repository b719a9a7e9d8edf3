"""Pregnancies: what is now, with the estimated date of delivery, and what came before."""

from __future__ import annotations

from collections.abc import Sequence

from ehdsi import oids
from ehdsi.cda.datatypes import Coded, Time
from ehdsi.cda.model import Entry, Observation, ObservationGroup
from sesali.french.context import Page, small, table
from sesali.french.dates import PARIS, date_words, moment
from sesali.french.sections.observations import PREGNANCY_STATUS, code_of, simple, title_of, values_of
from sesali.french.view import Line, Row, Span, Table
from sesali.french.words import METHODS

PREGNANT = ("77386006", "102876002", "127364007")

#: Days after the estimated date from which the statement is doubted.
_OVERDUE = 21


def build(page: Page, entries: Sequence[Entry]) -> list[Table]:
    """Current status with estimated dates, then outcomes of earlier pregnancies, then anything else."""
    observations = [entry for entry in entries if isinstance(entry, Observation)]
    now = [o for o in observations if _is_current(o)]
    past = [o for o in observations if not _is_current(o)]
    tables = [
        table(
            "Grossesse, état actuel",
            ("État", "Accouchement estimé", "Observé le"),
            [("", [_current(page, observation) for observation in now])],
            "État actuel",
        ),
        table(
            "Grossesses passées",
            ("Issue", "Date ou nombre", "Observé le"),
            [("", [_past(page, observation) for observation in past])],
            "Grossesses passées",
        ),
    ]
    groups = [entry for entry in entries if isinstance(entry, ObservationGroup)]
    return [found for found in tables if found] + simple(
        page, groups, "Autres observations de grossesse", ("Observation", "Valeur", "Date")
    )


def _is_current(observation: Observation) -> bool:
    return code_of(observation) == PREGNANCY_STATUS or code_of(observation) in METHODS


def is_pregnant(observation: Observation) -> bool:
    """Whether an observation says that the person is pregnant."""
    return (
        code_of(observation) == PREGNANCY_STATUS
        and not observation.negated
        and any(
            isinstance(value, Coded) and value.code_system == oids.SNOMED_CT and value.code in PREGNANT
            for value in observation.values
        )
    )


def estimates(page: Page, observation: Observation) -> list[Line]:
    """« 4 février 2026 (méthode : dernières règles) », marked when long past."""
    lines: list[Line] = []
    for dating in (observation, *observation.components):
        if code_of(dating) in METHODS:
            lines += [_estimate(page, dating, value) for value in dating.values if isinstance(value, Time)]
    return lines


def _estimate(page: Page, dating: Observation, value: Time) -> Line:
    method = METHODS[code_of(dating)]
    words = date_words(value) + (f" (méthode : {method})" if method else "")
    found = moment(value)
    line: Line = (Span(text=words),)
    if found is not None and (page.now.astimezone(PARIS).date() - found.latest).days > _OVERDUE:
        return (*line, Span(text="date dépassée : état à vérifier", style="tag"))
    return line


def _current(page: Page, observation: Observation) -> Row:
    state = [page.value(value) for value in observation.values if isinstance(value, Coded)]
    if not state:
        state = [title_of(page, observation)]
    dates = estimates(page, observation)
    others = [component for component in observation.components if code_of(component) not in METHODS]
    for component in others:
        dates.append(
            (
                *title_of(page, component, ""),
                Span(text=" : "),
                *(piece for line in values_of(page, component) for piece in line),
            )
        )
    if estimates(page, observation):
        dates.append((small("Convention du pays d’origine, souvent 40 SA."),))
    return page.row(observation, (state, dates, [page.when(observation.time)]))


def _past(page: Page, observation: Observation) -> Row:
    return page.row(
        observation,
        ([title_of(page, observation)], values_of(page, observation), [page.when(observation.time)]),
        counted=not observation.negated,
    )
