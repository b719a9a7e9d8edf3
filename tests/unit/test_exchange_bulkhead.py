"""Bulkheads between countries: a slow one must not starve the others."""

from __future__ import annotations

import threading

import pytest

from ehdsi.errors import TransportFailure
from exchange.bulkhead import Bulkheads


def test_slow_country_does_not_starve_others() -> None:
    """With every worker of one country stuck, and its queue full, another country is served at once."""
    release = threading.Event()
    started = threading.Barrier(3)

    def stuck() -> str:
        started.wait(5)
        release.wait(5)
        return "late"

    with Bulkheads(workers=2, waiting=1) as bulkheads:
        slow = [bulkheads.submit("HR", stuck) for _ in range(2)]
        started.wait(5)
        queued = bulkheads.submit("HR", lambda: "queued")
        assert bulkheads.run("PT", lambda: "served") == "served"
        with pytest.raises(TransportFailure) as refusal:
            bulkheads.submit("HR", lambda: "one too many")
        assert refusal.value.kind == "busy"
        release.set()
        assert [future.result(5) for future in slow] == ["late", "late"]
        assert queued.result(5) == "queued"
        assert bulkheads.run("HR", lambda: "room again") == "room again"


def test_failure_of_work_is_the_callers() -> None:
    """What the work raises comes out of ``run`` unchanged, and its slot is free again."""
    with Bulkheads(workers=1, waiting=0) as bulkheads:
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                bulkheads.run("EE", lambda: 1 / 0)


def test_closed_bulkheads_refuse() -> None:
    """After the gateway has stopped, new work is refused with a typed failure."""
    bulkheads = Bulkheads(workers=1)
    bulkheads.run("EE", lambda: None)
    bulkheads.close()
    with pytest.raises(TransportFailure):
        bulkheads.submit("EE", lambda: None)
