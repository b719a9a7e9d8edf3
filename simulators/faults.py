"""The one catalogue of faults: what they are called, what they do, and which ones act at the moment.

A fault is data (``faults.toml`` and ``defects/*.toml``): a name, one kind of transformation and its
parameters. The code knows the kinds, never the faults; ``faults_apply`` holds the transformations. A
*defective* NCP is a conformant one with exactly one fault that acts always; ``defects`` lists too what cannot
be played, with the reason.

Stages, in the order in which they are applied: ``read`` (the request as it is understood), ``state`` (what is
decided), ``swap`` (parts of another patient), ``xpath-*`` (edits of the message or of the document),
``sign``, ``mime`` (bytes), ``header``, ``delay`` / ``close`` (delivery), ``tls`` (the listener).
"""

from __future__ import annotations

import re
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast, get_args

from ehdsi.errors import LocalError
from simulators.fault_kinds import (
    COMMON,
    KNOWN_PARAMETERS,
    STAGES,
    STEPS,
    Expected,
    Parameter,
    Safety,
    Step,
    Transform,
)

if TYPE_CHECKING:
    from simulators.http import HttpRequest

__all__ = ["KNOWN_PARAMETERS", "STAGES", "STEPS", "Expected", "Parameter", "Safety", "Step", "Transform"]
__all__ += ["ActiveFault", "Fault", "FaultSet", "ListedDefect", "catalogue", "catalogue_entry", "listed"]
__all__ += ["Occasion", "read_catalogue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One entry of the catalogue.

    Attributes
    ----------
    name : stable kebab-case name, the same in tests, feature files, packs and reports.
    family : transport, tls, smp, soap, xcpd, xca-query, xca-retrieve, mtom, document-header, terminology …
    steps : where it shows.
    transform : the kind of change; ``parameters`` are what that kind understands.
    description : what the foreign NCP does wrong, in one sentence.
    requirement : ids of the rules that it breaks.
    safety : the worst that it does to the patient if nobody notices.
    expected : what the validator must say about it.
    portal : what a French professional gets: the code of the message, ``shown`` when the page says it,
        ``unnoticed`` when the journey works as ever, ``invisible`` when it never meets the portal.
    candidates : packs whose patients or rules bring it to light, in the order in which they are tried; empty
        when any will do.
    """

    name: str
    family: str
    steps: tuple[Step, ...]
    transform: Transform
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    description: str = ""
    requirement: tuple[str, ...] = ()
    safety: Safety = "none"
    expected: Expected = "fail"
    portal: str = ""
    candidates: tuple[str, ...] = ()

    def with_parameters(self, **parameters: Parameter) -> Fault:
        """The same fault with other values for some parameters; an unknown one raises ``LocalError``."""
        changed = replace(self, parameters=MappingProxyType({**self.parameters, **parameters}))
        _check(changed)
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDefect:
    """A defect that is known and not played; ``reason`` says why, the rest is as in ``Fault``."""

    name: str
    family: str
    steps: tuple[Step, ...]
    description: str
    requirement: tuple[str, ...]
    reason: str
    safety: Safety = "none"
    expected: Expected = "fail"
    portal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What a fault is asked about: the step, the patient and their promised behaviour, the request.

    ``patient`` and ``behaviour`` are ``None`` for nobody; ``refused`` is the reason for which the request was
    turned away unread, empty when it was read.
    """

    step: Step
    patient: str | None = None
    behaviour: str | None = None
    request: HttpRequest | None = None
    refused: str = ""


@dataclass(eq=False, slots=True, kw_only=True)
class ActiveFault:
    """A fault that acts on a simulator.

    ``steps`` narrows the fault's own; ``patient`` is a persona key, ``None`` for everyone; ``remaining``
    counts the requests that it still spoils, ``None`` for always; ``calls`` counts those it was asked about;
    ``woken`` says that a request came which could not be read.
    """

    fault: Fault
    steps: tuple[Step, ...]
    patient: str | None = None
    remaining: int | None = None
    calls: int = 0
    woken: bool = False

    def concerns(self, asked: Occasion) -> bool:
        """True if it acts on this step for this patient and this request, or on its refusal."""
        given = self.fault.parameters
        return (
            asked.step in self.steps
            and _refusal(given.get("refused"), asked.refused)
            and self.patient in (None, asked.patient)
            and (self.remaining is None or self.remaining > 0)
            and (asked.patient is not None or not given.get("known"))
            and given.get("behaviour") in (None, asked.behaviour)
            and (self.woken or not given.get("woken"))
            and ("idle" not in given or _idle(asked.request) >= float(str(given["idle"])))
            and _like(given.get("when"), asked.request)
        )

    def due(self) -> bool:
        """True if it is the turn of this call; counts it."""
        self.calls += 1
        given = self.fault.parameters
        every, begins = given.get("every", 1), given.get("from_call", 1)
        ends = given.get("until_call", self.calls)
        assert isinstance(every, int) and isinstance(begins, int) and isinstance(ends, int)
        return begins <= self.calls <= ends and self.calls % every == 0


def _refusal(wanted: object, refused: str) -> bool:
    """True if a request that was served, or turned away for this reason, is what a fault waits for."""
    return bool(re.search(str(wanted), refused)) if refused and wanted else not refused and not wanted


def _idle(request: HttpRequest | None) -> float:
    """Seconds for which the connection of a request had lain idle."""
    return request.idle if request is not None else 0.0


def _like(when: object, request: HttpRequest | None) -> bool:
    """True if a request is of the kind that ``when`` describes."""
    if not isinstance(when, dict):
        return True
    if request is None:
        return False
    text = request.path if "path" in when else request.body.decode("utf-8", "replace")
    if "header" in when:
        text = request.header(str(when["header"]))
    if "lacks" in when:
        return re.search(str(when["lacks"]), text) is None
    return re.search(str(when.get("matches", "")), text) is not None


class FaultSet:
    """The faults that act on one simulator at the moment. Safe to change while it answers."""

    def __init__(self, on_change: Callable[[], None] | None = None) -> None:
        self._active: list[ActiveFault] = []
        self._lock = threading.Lock()
        self._on_change = on_change

    def add(
        self,
        fault: str | Fault,
        *,
        steps: tuple[Step, ...] | None = None,
        patient: str | None = None,
        times: int | None = None,
        **parameters: Parameter,
    ) -> ActiveFault:
        """Let a fault act.

        Parameters
        ----------
        fault : a name of the catalogue, or a ``Fault`` of one's own.
        steps : only there; all steps of the fault by default.
        patient : persona key; only for this patient.
        times : for so many requests; always by default.
        parameters : other values for the fault's parameters.

        Raises
        ------
        LocalError : an unknown fault or parameter, a step that the fault does not have, or two faults that
            edit the same place.
        """
        chosen = (catalogue_entry(fault) if isinstance(fault, str) else fault).with_parameters(**parameters)
        wrong = [step for step in steps or () if step not in chosen.steps]
        if wrong:
            raise LocalError(
                f"the fault {chosen.name} does not show in {wrong[0]}, only in {', '.join(chosen.steps)}"
            )
        active = ActiveFault(fault=chosen, steps=steps or chosen.steps, patient=patient, remaining=times)
        with self._lock:
            self._refuse_clash(active)
            self._active.append(active)
        self._changed()
        return active

    def remove(self, active: ActiveFault) -> None:
        """Stop a fault; one that has gone already does not matter."""
        with self._lock:
            self._active = [other for other in self._active if other is not active]
        self._changed()

    def clear(self) -> None:
        """Stop all faults."""
        with self._lock:
            had, self._active = bool(self._active), []
        if had:
            self._changed()

    @contextmanager
    def acting(
        self,
        fault: str | Fault,
        *,
        steps: tuple[Step, ...] | None = None,
        patient: str | None = None,
        times: int | None = None,
        **parameters: Parameter,
    ) -> Iterator[ActiveFault]:
        """``with ncp.faults.acting("latency", seconds=2): …``; parameters as for ``add``."""
        active = self.add(fault, steps=steps, patient=patient, times=times, **parameters)
        try:
            yield active
        finally:
            self.remove(active)

    @property
    def active(self) -> tuple[ActiveFault, ...]:
        """All that act now, oldest first."""
        with self._lock:
            return tuple(one for one in self._active if one.remaining != 0)

    def take(
        self,
        step: Step,
        patient: str | None = None,
        *,
        spend: bool = True,
        behaviour: str | None = None,
        request: HttpRequest | None = None,
        refused: str = "",
    ) -> tuple[Fault, ...]:
        """The faults for this request, in the order of their stages; counts it, unless ``spend`` is false.

        ``refused`` is the reason for which it was turned away unread, empty when it was read.
        """
        if not self._active:
            return ()
        asked = Occasion(step=step, patient=patient, behaviour=behaviour, request=request, refused=refused)
        with self._lock:
            chosen = [one for one in self._active if one.concerns(asked)]
            chosen = [one for one in chosen if not spend or one.due()]
            for one in chosen if spend else ():
                if one.remaining is not None:
                    one.remaining -= 1
        return tuple(sorted((one.fault for one in chosen), key=lambda fault: STAGES.index(fault.transform)))

    def refusing(self, step: Step | None, reason: str, request: HttpRequest) -> tuple[Fault, ...]:
        """The faults in the answer to a request that was turned away unread for this reason.

        From now on those act, too, that wait for such a request.
        """
        found = self.take(step, request=request, refused=reason) if step else ()
        with self._lock:
            for one in self._active:
                one.woken = True
        return found

    def coming(
        self, step: Step, request: HttpRequest | None, kinds: tuple[Transform, ...] = ("state", "tls")
    ) -> tuple[Fault, ...]:
        """The faults that decide on a step before anybody knows whom the request is about."""
        if not self._active:
            return ()
        with self._lock:
            return tuple(
                one.fault
                for one in self._active
                if one.fault.transform in kinds
                and one.concerns(
                    Occasion(
                        step=step,
                        patient=one.patient,
                        behaviour=cast(str | None, one.fault.parameters.get("behaviour")),
                        request=request,
                    )
                )
            )

    def _refuse_clash(self, new: ActiveFault) -> None:
        for other in self._active:
            same = (
                other.fault.transform == new.fault.transform
                and other.patient == new.patient
                and other.remaining != 0
                and set(other.steps) & set(new.steps)
                and other.fault.parameters.get("path") == new.fault.parameters.get("path")
            )
            # Delays add up: always a little, and every tenth time much.
            rhythm = [one.fault.parameters.get("every", 1) for one in (other, new)]
            adds = new.fault.transform == "delay" and rhythm[0] != rhythm[1]
            if same and not adds and new.fault.transform not in ("header", "mime"):
                raise LocalError(
                    f"the faults {other.fault.name} and {new.fault.name} change the same place; "
                    "use one at a time"
                )

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change()


@cache
def catalogue() -> Mapping[str, Fault]:
    """All faults that can be played, by name: ``faults.toml`` and ``defects/*.toml``."""
    found: dict[str, Fault] = {}
    for path in _files():
        for name, fault in read_catalogue(path.read_text(encoding="utf-8"), path.name).items():
            if name in found:
                raise LocalError(f"{path.name}: the fault {name} is listed twice")
            found[name] = fault
    return MappingProxyType(found)


@cache
def listed() -> Mapping[str, ListedDefect]:
    """The defects that are known but not played, each with its reason."""
    found: dict[str, ListedDefect] = {}
    for path in _files():
        for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if "reason" in table:
                lists = {key: tuple(table[key]) for key in ("steps", "requirement")}
                found[name] = ListedDefect(**{**table, **lists, "name": name})
    return MappingProxyType(found)


def _files() -> tuple[Path, ...]:
    here = Path(__file__)
    return (here.with_name("faults.toml"), *sorted(here.with_name("defects").glob("*.toml")))


def catalogue_entry(name: str) -> Fault:
    """The fault of this name; an unknown one raises ``LocalError`` that names those which look alike."""
    found = catalogue().get(name)
    if found is None:
        import difflib

        close = difflib.get_close_matches(name, catalogue(), n=3) or sorted(catalogue())[:3]
        raise LocalError(f"there is no fault {name!r}; did you mean {', '.join(close)}?")
    return found


def read_catalogue(text: str, source: str) -> Mapping[str, Fault]:
    """Read a catalogue in TOML: one table per fault.

    Raises
    ------
    LocalError : not TOML, or an entry that is not a fault; names file, fault and key.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LocalError(f"{source} is not valid TOML: {error}") from None
    return MappingProxyType(
        {
            name: _entry(name, _like_another(name, table, tables, source), source)
            for name, table in tables.items()
            if "reason" not in table
        }
    )


def _like_another(
    name: str, table: Mapping[str, Any], tables: Mapping[str, Any], source: str
) -> Mapping[str, Any]:
    """The table with what it leaves out taken from the entry that it is ``like``, of the same file."""
    if "like" not in table:
        return table
    if table["like"] not in tables or "like" in tables[table["like"]]:
        raise LocalError(f"{source}: fault {name}: {table['like']!r} is no entry of this file to be like")
    return {key: value for key, value in {**tables[table["like"]], **table}.items() if key != "like"}


def _entry(name: str, table: Mapping[str, Any], source: str) -> Fault:
    known = {"family", "steps", "transform", "parameters", "description", "requirement"}
    known |= {"safety", "expected", "portal", "candidates"}
    unknown = sorted(set(table) - known)
    if unknown:
        raise LocalError(
            f"{source}: fault {name}: unknown key {unknown[0]!r}; known: {', '.join(sorted(known))}"
        )
    missing = sorted({"family", "steps", "transform", "description"} - set(table))
    if missing:
        raise LocalError(f"{source}: fault {name}: the key {missing[0]!r} is missing")
    parameters = MappingProxyType(dict(table.get("parameters", {})))
    fault = Fault(
        name=name,
        family=table["family"],
        steps=tuple(cast(list[Step], table["steps"])),
        transform=table["transform"],
        parameters=parameters,
        description=table["description"],
        requirement=tuple(table.get("requirement", ())),
        safety=table.get("safety", "none"),
        expected=table.get("expected", "fail"),
        portal=table.get("portal", ""),
        candidates=tuple(table.get("candidates", ())),
    )
    try:
        _check(fault)
    except LocalError as error:
        raise LocalError(f"{source}: {error}") from None
    return fault


def _check(fault: Fault) -> None:
    if fault.transform not in KNOWN_PARAMETERS:
        raise LocalError(
            f"fault {fault.name}: unknown transform {fault.transform!r}; known: {', '.join(STAGES)}"
        )
    wrong_steps = [step for step in fault.steps if step not in STEPS]
    if wrong_steps or not fault.steps:
        raise LocalError(f"fault {fault.name}: steps must be some of {', '.join(STEPS)}")
    for kind, values, given in (("safety", Safety, fault.safety), ("expected", Expected, fault.expected)):
        if given not in get_args(values):
            raise LocalError(f"fault {fault.name}: {kind} must be one of {', '.join(get_args(values))}")
    known = {**KNOWN_PARAMETERS[fault.transform], **COMMON}
    for key, value in fault.parameters.items():
        if key not in known:
            raise LocalError(
                f"fault {fault.name}: unknown parameter {key!r} for {fault.transform}; known: "
                f"{', '.join(sorted(known))}"
            )
        if not isinstance(value, known[key]):
            wanted = " or ".join(kind.__name__ for kind in known[key])
            raise LocalError(
                f"fault {fault.name}: parameter {key!r}: expected {wanted}, got {type(value).__name__}"
            )
