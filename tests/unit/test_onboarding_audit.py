"""Audit records: what the pack says people found, and what the check makes of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, Literal

import pytest

from countries.model import Attestation
from ehdsi.errors import TransportFailure
from onboarding.checks import audit_records
from onboarding.model import Observation, Omit

NAME = "AUDIT-EHDSI-11"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _bench(*attestations: Attestation) -> Any:
    return SimpleNamespace(country=SimpleNamespace(attestations=attestations), clock=lambda: NOW)


def _found(*attestations: Attestation) -> list[Observation]:
    return list(audit_records.by_hand(_bench(*attestations), NAME, "EHDSI-11", "ITI-55"))


def _attested(
    *,
    name: str = NAME,
    result: Literal["confirmed", "refused"] = "confirmed",
    on: date = date(2026, 2, 1),
    until: date = date(2027, 2, 1),
) -> Attestation:
    return Attestation(id=name, result=result, by="examiners", on=on, evidence="protocol 4", until=until)


def test_a_confirmed_record_passes() -> None:
    """What people confirmed, and what still holds, is no finding."""
    assert _found(_attested()) == []


@pytest.mark.parametrize(
    ("attestation", "words"),
    [
        (_attested(result="refused"), "refused it"),
        (_attested(until=date(2026, 3, 1)), "not of today"),
        (_attested(on=date(2026, 3, 3)), "not of today"),
    ],
    ids=["refused", "ended", "of-tomorrow"],
)
def test_a_record_that_was_refused_or_is_not_of_today_fails(attestation: Attestation, words: str) -> None:
    """A refusal, an attestation that has ended and one from the future are errors, with where to look."""
    (seen,) = _found(attestation)
    assert words in seen.what and seen.severity == "error" and NAME in seen.where


def test_a_record_that_nobody_looked_at_is_a_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an attestation of its own the check is omitted, and says which message to look for."""
    reply = SimpleNamespace(request_id="urn:uuid:1")
    monkeypatch.setattr(audit_records, "golden", lambda *_: reply)
    with pytest.raises(Omit, match=r"MessageID urn:uuid:1, about 12:00 UTC.*attestations") as caught:
        _found(_attested(name="AUDIT-EHDSI-21"))
    assert NAME in str(caught.value)


def test_without_an_exchange_the_task_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A candidate that gave no answer has no record to be looked at."""

    def silent(*_: object) -> None:
        raise TransportFailure("timeout", "no answer")

    monkeypatch.setattr(audit_records, "golden", silent)
    with pytest.raises(Omit, match="no exchange took place"):
        _found()
