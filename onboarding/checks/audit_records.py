"""Audit records: they are not on the wire, so people look at them and the pack carries what they found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from countries.model import Attestation
from ehdsi.errors import EhdsiError
from onboarding.bench import Bench
from onboarding.catalogue import bound, check
from onboarding.checks.soap_messages import golden
from onboarding.letters import Step
from onboarding.model import Observation, Omit

#: Event -> the transaction that it records, and its words.
EVENTS: dict[str, tuple[Step, str]] = {
    "EHDSI-11": ("ITI-55", "the identification"),
    "EHDSI-21": ("ITI-38", "the list"),
    "EHDSI-22": ("ITI-39", "the retrieval"),
}
_CLAUSE = "eHDSI audit trail profile"


def by_hand(bench: Bench, name: str, event: str, step: Step) -> Iterator[Observation]:
    """What people found; omitted, with what they have to look at, until they did."""
    found = [one for one in bench.country.attestations if one.id == name]
    if not found:
        raise Omit(_task(bench, name, event, step))
    for one in found:
        yield from _judged(one, bench.clock().date())


def _task(bench: Bench, name: str, event: str, step: Step) -> str:
    """What to look at, and where to write down what was found."""
    try:
        identifier = f"MessageID {golden(bench, step).request_id}"
    except EhdsiError:
        identifier = "but no exchange took place"
    return (
        f"to be confirmed by hand: the record {event} of {step}, {identifier}, about "
        f"{bench.clock():%H:%M} UTC; write the finding into country.toml as [[attestations]] with id {name}"
    )


def _judged(one: Attestation, today: date) -> Iterator[Observation]:
    where = f"country.toml [[attestations]] {one.id}"
    if one.result == "refused":
        yield Observation(
            what="people looked at the audit record and refused it",
            where=where,
            expected="confirmed",
            got=f"refused on {one.on}",
            clause=_CLAUSE,
            hint=f"see {one.evidence}",
        )
    if one.until < today or one.on > today:
        yield Observation(
            what="the attestation of the audit record is not of today",
            where=where,
            expected=f"one that holds on {today}",
            got=f"{one.on} to {one.until}",
            clause=_CLAUSE,
            hint="look at a record of this examination and write down what was found",
        )


for _event, (_step, _words) in EVENTS.items():
    _name = f"AUDIT-{_event}"
    check(
        id=_name, title=f"the audit record of {_words} ({_event})", requirement="A-AUD-01", chapter="audit"
    )(bound(by_hand, _name, _event, _step))
