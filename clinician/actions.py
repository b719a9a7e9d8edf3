"""What an observer is told about each thing that a clinician does: for reports and for load figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinician.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing done.

    Attributes
    ----------
    name : ``log_in``, ``choose_country``, ``identify`` …: the method of ``Clinician``.
    milliseconds : until the next page was there.
    page : where it led; ``None`` when it failed before any page came.
    error : what was raised, ``None`` when all went well.
    """

    name: str
    milliseconds: float
    page: Page | None
    error: Exception | None = None


Observer = Callable[[Action], None]


def nobody(_action: Action) -> None:
    """The observer when nobody observes."""


@contextmanager
def observed(name: str, observer: Observer, page: Callable[[], Page | None]) -> Iterator[None]:
    """Time what happens inside and tell the observer, also when it fails."""
    begin = time.perf_counter()
    error: Exception | None = None
    try:
        yield
    except Exception as raised:
        error = raised
        raise
    finally:
        took = (time.perf_counter() - begin) * 1000
        observer(Action(name=name, milliseconds=took, page=page(), error=error))
