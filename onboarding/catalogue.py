"""The catalogue of checks: the decorator that enters them, and the chapters of the dossier."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from types import MappingProxyType

from ehdsi.errors import LocalError
from onboarding.model import Check, Examine, Level, Observation

#: Key of a chapter -> its heading, in the order of the dossier and of the examination.
CHAPTERS: MappingProxyType[str, str] = MappingProxyType(
    {
        "pack": "Country pack",
        "tls": "Transport security",
        "certificates": "Certificates",
        "smp": "Service metadata",
        "mask": "International search mask",
        "soap": "SOAP and WS-Addressing",
        "saml": "Assertions that must be accepted",
        "refusal": "Requests that must be refused",
        "xcpd": "Patient identification (ITI-55)",
        "list": "Document list (ITI-38)",
        "retrieve": "Document retrieval (ITI-39)",
        "mtom": "MTOM packaging",
        "documents": "Documents",
        "consistency": "Consistency between messages",
        "personas": "Behaviours promised in the pack",
        "robustness": "Robustness",
        "timing": "Response times",
        "audit": "To be confirmed by hand",
    }
)

_CHECKS: dict[str, Check] = {}

#: A check as it is written: it yields observations.
CheckFunction = Callable[..., Iterable[Observation]]


def check(
    *,
    id: str,  # the word of the dossier
    requirement: str | tuple[str, ...],
    chapter: str,
    title: str,
    level: Level = "must",
    needs: tuple[str, ...] = (),
    alone: bool = False,
) -> Callable[[Examine], Examine]:
    """Enter a function into the catalogue; see ``onboarding.model.Check`` for the arguments."""

    def enter(function: Examine) -> Examine:
        add(
            Check(
                id=id,
                title=title,
                requirements=(requirement,) if isinstance(requirement, str) else requirement,
                chapter=chapter,
                level=level,
                examine=function,
                needs=needs,
                alone=alone,
            )
        )
        return function

    return enter


def bound(look: Callable[..., Iterable[Observation]], *rest: object) -> Examine:
    """``look`` as a check, with these arguments behind the bench."""
    return lambda bench: look(bench, *rest)


def add(one: Check) -> None:
    """Enter a check that was put together from data.

    Raises
    ------
    LocalError : the id is taken, or the chapter unknown.
    """
    if one.id in _CHECKS:
        raise LocalError(f"two checks are called {one.id}")
    if one.chapter not in CHAPTERS:
        raise LocalError(f"check {one.id}: unknown chapter {one.chapter!r}; known: {', '.join(CHAPTERS)}")
    _CHECKS[one.id] = one


def all_checks() -> tuple[Check, ...]:
    """Every check, in the order of the chapters, then of entry."""
    import onboarding.checks as package

    for module in sorted(one.name for one in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"{package.__name__}.{module}")
    order = list(CHAPTERS)
    return tuple(sorted(_CHECKS.values(), key=lambda one: order.index(one.chapter)))


def chosen(only: Iterable[str] | None) -> tuple[Check, ...]:
    """The checks of these ids, chapters or requirements; all when ``only`` is None or empty.

    Raises
    ------
    LocalError : a word that names nothing; the closest ids are given.
    """
    everything = all_checks()
    words = tuple(only or ())
    if not words:
        return everything
    picked: set[str] = set()
    for word in words:
        found = [one.id for one in everything if word in (one.id, one.chapter, *one.requirements)]
        if not found:
            raise LocalError(
                f"no check, chapter or requirement is called {word!r}; "
                f"did you mean {', '.join(_close(word, everything))}?"
            )
        picked.update(found)
    return tuple(one for one in everything if one.id in picked)


def _close(word: str, everything: Iterable[Check]) -> list[str]:
    import difflib

    ids = [one.id for one in everything]
    return difflib.get_close_matches(word.upper(), ids, n=3, cutoff=0.3) or ids[:3]
