"""How a step of the journey ends when it does not succeed: a code ``SES-nnn``, a French sentence, a way on.

Codes, sentences and the table from foreign codes to ours are data (``messages.toml``). The sentence never
holds identity traits or foreign raw text; what the peer said stays in ``detail``, for the technical log.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any, Literal

from ehdsi.errors import EhdsiError, EntryRefused, LocalError, PeerError, SignatureRefused, TransportFailure

#: The steps that talk to a foreign country.
Step = Literal["mask", "identify", "documents", "retrieve"]

WayOn = Literal["correct", "retry", "other_country", "restart", "assistance", "end", "continue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One row of ``messages.toml``: what is shown, what the page offers next, who else is told."""

    code: str
    text: str
    way_on: WayOn
    incident: bool = False
    security: bool = False
    level: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message with its blanks filled in, ready to be shown.

    ``level``: of an identification it is told on the portal's beat, so that its time tells nothing.
    """

    code: str
    text: str
    way_on: WayOn
    incident: bool = False
    security: bool = False
    level: bool = False


class StepRefused(EhdsiError):
    """A step ended without a result.

    Attributes
    ----------
    notice : what the professional reads.
    detail : what happened in technical words; no identity traits, no clinical content.
    wire_code : the foreign code that led here, empty when there was none.
    asks : labels of the traits that the country wants in addition (SES-062), as far as a form has fields for
        them.
    """

    def __init__(self, notice: Notice, *, detail: str = "", wire_code: str = "",
                 asks: tuple[str, ...] = ()) -> None:
        super().__init__(f"{notice.code}: {detail or notice.text}")
        self.notice = notice
        self.detail = detail
        self.wire_code = wire_code
        self.asks = asks

    @property
    def code(self) -> str:
        """``SES-nnn``."""
        return self.notice.code


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(resources.files("sesali").joinpath("messages.toml").read_text(encoding="utf-8"))


def message(code: str) -> Message:
    """The row for ``SES-nnn``.

    Raises
    ------
    LocalError : no such code.
    """
    row = _data().get(code)
    if not isinstance(row, dict) or not code.startswith("SES-"):
        raise LocalError(f"messages.toml has no {code}")
    return Message(code=code, **row)


def codes() -> tuple[str, ...]:
    """Every ``SES-nnn`` there is, in the order of the file."""
    return tuple(key for key in _data() if key.startswith("SES-"))


def notice(code: str, **values: str | int) -> Notice:
    """The message ``code`` with ``values`` in its blanks, for instance ``notice("SES-080", pays="HR")``."""
    row = message(code)
    return Notice(code=code, text=row.text.format(**values) if values else row.text, way_on=row.way_on,
                  incident=row.incident, security=row.security, level=row.level)


def refused(code: str, *, detail: str = "", wire_code: str = "", security: bool = False,
            asks: tuple[str, ...] = (), **values: str | int) -> StepRefused:
    """A ``StepRefused`` to raise; ``security`` makes it a security event whatever its row says."""
    shown = notice(code, **values)
    if security:
        shown = replace(shown, security=True)
    return StepRefused(shown, detail=detail, wire_code=wire_code, asks=asks)


def code_for_wire(wire_codes: tuple[str, ...], step: Step) -> tuple[str, str]:
    """Our code for what a country answered, and the foreign code that decided.

    The rows of the table are tried in order, each against all the codes given, so that a precise reason wins
    over the general one that came with it (``PatientAuthenticationRequired`` over ``InsufficientRights``).
    """
    given = tuple(code for code in wire_codes if code) or ("",)
    for row in _data()["wire"]:
        if row.get("step", step) != step:
            continue
        for pattern in row["codes"]:
            for code in given:
                if fnmatchcase(code, pattern):
                    return str(row["gives"]), code
    raise LocalError("messages.toml: the table [[wire]] needs a last row with codes = ['*']")


def trait_names(wire_codes: tuple[str, ...]) -> str:
    """In French, what a country wants in addition (for SES-062); a general phrase when it does not say."""
    named = [str(name) for code, name in _data()["traits"].items() if code in wire_codes]
    return ", ".join(named) or "traits d'identité complémentaires"


def trait_labels(wire_codes: tuple[str, ...]) -> tuple[str, ...]:
    """Labels of the fields with which what a country wants in addition (SES-062) can be given to it."""
    found = (label for code, labels in _data()["fields"].items() if code in wire_codes for label in labels)
    return tuple(dict.fromkeys(found))


def from_failure(error: EhdsiError, step: Step, country: str, *, country_name: str = "") -> StepRefused:
    """What the professional is told about ``error``, raised by the exchange with ``country``.

    Parameters
    ----------
    error : a ``TransportFailure`` or a ``PeerError``; a ``StepRefused`` is returned as it is.
    country_name : the name of the country in French for the sentence; the code stands in when empty.
    """
    if isinstance(error, StepRefused):
        return error
    name = country_name or country
    if isinstance(error, TransportFailure):
        known = _data()["transport"]
        code = known.get(str(error.status)) or known.get(error.kind, "SES-080")
        return refused(code, detail=str(error), pays=name)
    if isinstance(error, EntryRefused) or (isinstance(error, PeerError) and step == "mask"):
        return refused("SES-041", detail=str(error), security=isinstance(error, SignatureRefused))
    if isinstance(error, PeerError):
        code, wire_code = code_for_wire((error.code,), step) if error.code else ("SES-082", "")
        return refused(code, detail=str(error), wire_code=wire_code, pays=name,
                       liste=trait_names((wire_code,)))
    return refused("SES-082", detail=str(error))
