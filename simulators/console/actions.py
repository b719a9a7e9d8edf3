"""What the console can do to a world. All that was typed in is checked here, for form and JSON alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from ehdsi.errors import LocalError
from simulators.console.view import active, fault_sets, handle_of
from simulators.faults import KNOWN_PARAMETERS, STEPS, ActiveFault, Fault, Parameter, Step, catalogue_entry

if TYPE_CHECKING:
    from simulators.audit_repository import AuditRepository
    from simulators.world import World

#: Requests that a fault may be limited to, and days by which the clock may be moved.
MAX_TIMES = 1_000_000
MAX_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A fault as somebody asked for it.

    Attributes
    ----------
    country : ISO code.
    name : of the catalogue.
    steps : only there; empty for the usual ones (all of the fault, the SMP only if it shows nowhere else).
    patient : persona key, empty for everyone.
    times : so many requests, ``None`` for always.
    parameters : values for the fault's parameters.
    """

    country: str
    name: str
    steps: tuple[str, ...] = ()
    patient: str = ""
    times: int | None = None
    parameters: Mapping[str, Parameter] | None = None


def usual_steps(fault: Fault) -> tuple[Step, ...]:
    """Where a fault acts unless somebody chooses: at the NCP if it shows there at all, else in the SMP."""
    return tuple(step for step in fault.steps if step != "SMP") or fault.steps


def add_fault(world: World, wish: Wish) -> tuple[ActiveFault, ...]:
    """Let a fault act at a country's NCP, in its SMP entry, or both.

    Raises
    ------
    LocalError : an unknown country, fault, step, patient or parameter; nothing was changed.
    """
    fault = catalogue_entry(wish.name).with_parameters(**(wish.parameters or {}))
    at_ncp, at_smp = fault_sets(world, wish.country)
    if wish.patient:
        world.countries[wish.country.upper()].persona(wish.patient)
    if wish.times is not None and not 1 <= wish.times <= MAX_TIMES:
        raise LocalError(f"a fault can act on 1 to {MAX_TIMES} requests")
    steps = _steps(wish.steps) or usual_steps(fault)
    chosen = [(faults, part) for faults, part in ((at_ncp, tuple(one for one in steps if one != "SMP")),
                                                  (at_smp, tuple(one for one in steps if one == "SMP")))
              if part]
    added: list[ActiveFault] = []
    try:
        for faults, part in chosen:
            added.append(faults.add(fault, steps=part, patient=wish.patient or None, times=wish.times))
    except LocalError:
        for one in added:
            at_ncp.remove(one)
        raise
    return tuple(added)


def remove_fault(world: World, country: str, handle: str) -> None:
    """Stop one fault of a country; ``LocalError`` when no such fault acts."""
    found = next((one for one in active(world, country) if handle_of(one) == handle), None)
    if found is None:
        raise LocalError(f"no fault {handle[:80]!r} acts on {country.upper()}")
    for faults in fault_sets(world, country):
        faults.remove(found)


def clear_faults(world: World, country: str | None = None) -> None:
    """Stop all faults of a country, or of the world."""
    for code in [country] if country else list(world.countries):
        for faults in fault_sets(world, code):
            faults.clear()


def advance_clock(world: World, seconds: float) -> None:
    """Move the world's clock; ``LocalError`` when it is the machine's, or the step is absurd."""
    advance = getattr(world.clock, "advance", None)
    if not callable(advance):
        raise LocalError("this world goes by the machine's clock, which the console does not set")
    if not abs(seconds) <= timedelta(days=MAX_DAYS).total_seconds():
        raise LocalError(f"the clock can be moved by {MAX_DAYS} days at most")
    advance(timedelta(seconds=seconds))


def switch_repository(repository: AuditRepository | None, wanted: str) -> None:
    """``stop``, ``start``, ``pause`` or ``resume`` the audit repository's syslog port."""
    switches = {} if repository is None else {
        "stop": repository.kill, "start": repository.restart,
        "pause": repository.pause, "resume": repository.resume}
    if wanted not in switches:
        raise LocalError("there is no audit repository, or nothing of that name can be done to it")
    switches[wanted]()


def typed_parameters(fault: Fault, values: Mapping[str, str]) -> dict[str, Parameter]:
    """Parameters from texts of a form; what is empty or was not touched stays as the catalogue has it.

    A field of a form cannot hold line breaks and control characters, which some faults consist of; so texts
    are compared without them.

    Raises
    ------
    LocalError : a text that is not of the parameter's type.
    """
    known = KNOWN_PARAMETERS[fault.transform]
    return {name: _typed(name, values[name].strip(), kinds) for name, kinds in known.items()
            if not is_table(kinds) and values.get(name, "").strip()
            and _visible(values[name]) != _visible(shown(fault, name))}


def shown(fault: Fault, name: str) -> str:
    """A parameter as the form shows it; empty where the catalogue does not set it."""
    value = fault.parameters.get(name, "")
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _visible(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable() and not sign.isspace())


def is_table(kinds: tuple[type, ...]) -> bool:
    """True for parameters that hold lists or tables: nothing for a field of a form; JSON can set them."""
    return dict in kinds or list in kinds


def _typed(name: str, text: str, kinds: tuple[type, ...]) -> Parameter:
    if bool in kinds:
        if text not in ("true", "false"):
            raise LocalError(f"parameter {name!r}: expected true or false")
        return text == "true"
    for kind in (int, float):
        if kind in kinds:
            try:
                return cast(Parameter, kind(text))
            except ValueError:
                continue
    if str not in kinds:
        raise LocalError(f"parameter {name!r}: expected a number")
    return text


def _steps(wanted: Sequence[str]) -> tuple[Step, ...]:
    unknown = [step for step in wanted if step not in STEPS]
    if unknown:
        raise LocalError(f"unknown step {unknown[0][:40]!r}; known: {', '.join(STEPS)}")
    return tuple(cast(Step, step) for step in wanted)


def wish_of(value: Any) -> Wish:
    """A fault asked for in JSON: ``{"country", "name", "steps", "patient", "times", "parameters"}``.

    Raises
    ------
    LocalError : another shape; says which key.
    """
    shapes: dict[str, tuple[type, ...]] = {
        "country": (str,), "name": (str,), "steps": (list,), "patient": (str, type(None)),
        "times": (int, type(None)), "parameters": (dict,)}
    if not isinstance(value, dict) or not {"country", "name"} <= set(value):
        raise LocalError("expected a JSON object with at least the keys country and name")
    for key, one in value.items():
        if key not in shapes:
            raise LocalError(f"unknown key {str(key)[:40]!r}; known: {', '.join(shapes)}")
        if not isinstance(one, shapes[key]) or isinstance(one, bool):
            raise LocalError(f"the key {key!r} has another type than expected")
    return Wish(country=value["country"], name=value["name"], times=value.get("times"),
                steps=tuple(str(step) for step in value.get("steps", ())),
                patient=value.get("patient") or "", parameters=value.get("parameters"))
