"""What the console says about a world, as plain values: the page and the JSON API show the same.

Keys of the values are English, because programs read them; words for people are French.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ehdsi import mtom, xml
from ehdsi.errors import PeerError
from ehdsi.oids import NS_WSA
from simulators.faults import ActiveFault, FaultSet
from simulators.ncp.received import Check, Exchange, Received

if TYPE_CHECKING:
    from countries.model import Persona
    from simulators.audit_repository import StoredEvent
    from simulators.world import World

#: Exchanges and events on the page.
SHOWN = 50

#: The place of the SMP among those that receive messages.
SMP = "SMP"

#: Kind of transformation -> state of a country in one shape and some words.
_STATES = {
    "close": ("■", "coupe la connexion"),
    "tls": ("◆", "TLS défectueux"),
    "delay": ("▲", "lent"),
}
_FAULTY = ("◆", "répond avec fautes")
_FINE = ("●", "répond")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who receives messages: a country's NCP, or the SMP. ``code`` is ``HR`` …, or ``SMP``."""

    code: str
    received: Received


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """An exchange, where it took place and its number there."""

    place: str
    number: int
    exchange: Exchange


def places(world: World) -> Iterator[Place]:
    """Everyone who receives messages in a world."""
    for code, ncp in world.ncps.items():
        yield Place(code=code, received=ncp.received)
    yield Place(code=SMP, received=world.smp.received)


def exchanges(world: World, *, last: int = SHOWN) -> tuple[Numbered, ...]:
    """The newest exchanges of all, newest first."""
    found = [Numbered(place=place.code, number=number, exchange=exchange)
             for place in places(world) for number, exchange in place.received.numbered()]
    return tuple(sorted(found, key=lambda one: (one.exchange.at, one.number), reverse=True)[:last])


def exchange_of(world: World, place: str, number: int) -> Numbered | None:
    """One exchange, ``None`` when it is not remembered."""
    return next((Numbered(place=one.code, number=count, exchange=exchange)
                 for one in places(world) if one.code == place
                 for count, exchange in one.received.numbered() if count == number), None)


def fault_sets(world: World, code: str) -> tuple[FaultSet, FaultSet]:
    """The faults of a country's NCP, and of its entry in the SMP."""
    return world.ncp(code).faults, world.smp.fault_set(code)


def active(world: World, code: str) -> tuple[ActiveFault, ...]:
    """All faults that act on a country, those in its SMP entry last."""
    return tuple(one for faults in fault_sets(world, code) for one in faults.active)


def state_of(faults: tuple[ActiveFault, ...]) -> tuple[str, str]:
    """How a country behaves: a shape, and the same in words."""
    shown = _FINE
    for one in faults:
        kind, parameters = one.fault.transform, one.fault.parameters
        if parameters.get("hang") is True:
            return "■", "ne répond pas"
        if kind == "delay" and "seconds" in parameters:
            return "▲", f"lent, {parameters['seconds']:g}\u202fs".replace(".", ",")
        shown = _STATES.get(kind, _FAULTY)
    return shown


def world_value(world: World, now: datetime) -> dict[str, Any]:
    """The world: mode, seed, clock, countries with state, patients and faults."""
    return {
        "mode": world.mode,
        "seed": world.seed,
        "clock": now.isoformat(),
        "clock_can_be_set": callable(getattr(world.clock, "advance", None)),
        "smp": world.smp_url,
        "countries": [country_value(world, code) for code in world.countries],
    }


def country_value(world: World, code: str) -> dict[str, Any]:
    """One country of the world."""
    ncp, country = world.ncp(code), world.countries[code]
    faults = active(world, code)
    shape, state = state_of(faults)
    last = next(reversed(ncp.received.numbered()), None)
    return {
        "code": code,
        "name": country.names.fr,
        "shape": shape,
        "state": state,
        "quirks": sorted(ncp.quirks),
        "xcpd": ncp.endpoints.xcpd if ncp.endpoints else "",
        "xca": ncp.endpoints.xca if ncp.endpoints else "",
        "received": ncp.received.total,
        "last": exchange_value(Numbered(place=code, number=last[0], exchange=last[1])) if last else None,
        "patients": [patient_value(persona) for persona in country.personas],
        "faults": [fault_value(one) for one in faults],
    }


def patient_value(persona: Persona) -> dict[str, Any]:
    """A patient to try: what somebody types, and what will come of it."""
    name = persona.name
    return {
        "key": persona.key,
        "about": persona.about,
        "name": " ".join((*name.given, *name.family)),
        "gender": persona.gender,
        "birth": persona.birth_time,
        "minor": persona.minor_guarded,
        "deceased": persona.deceased_time is not None,
        "behaviour": persona.behaviour.answer,
        "identifiers": [{"root": one.root or "", "extension": one.extension or ""}
                        for one in persona.identifiers],
    }


def handle_of(one: ActiveFault) -> str:
    """By which an active fault is named while it acts."""
    return f"{one.fault.name}-{id(one):x}"


def fault_value(one: ActiveFault) -> dict[str, Any]:
    """An active fault."""
    return {
        "id": handle_of(one),
        "name": one.fault.name,
        "parameters": dict(one.fault.parameters),
        "steps": list(one.steps),
        "patient": one.patient,
        "remaining": one.remaining,
    }


def exchange_value(one: Numbered) -> dict[str, Any]:
    """An exchange without its messages."""
    exchange = one.exchange
    return {
        "place": one.place,
        "number": one.number,
        "at": exchange.at.isoformat(),
        "step": exchange.step,
        "path": exchange.request.path,
        "status": exchange.response.status,
        "milliseconds": round(exchange.seconds * 1000, 1),
        "outcome": exchange.outcome,
        "message_id": message_id(exchange),
        "patient": exchange.persona,
        "faults": list(exchange.faults),
        "bytes": [len(exchange.request.body), len(exchange.response.body)],
        "checks": [_check_value(check) for check in exchange.checks],
    }


def _check_value(check: Check) -> dict[str, Any]:
    """A check; ``what`` is said of a failed one only."""
    return {"name": check.name, "passed": check.passed, "overlooked": check.overlooked,
            "what": "" if check.passed else check.what}


def event_value(event: StoredEvent) -> dict[str, Any]:
    """An event of the audit repository, for the page."""
    return {
        "number": event.number,
        "received": event.received,
        "types": event.types,
        "outcome": event.message.outcome.value if event.message else "",
        "sender": event.sender,
        "patients": event.patients,
        "copies": event.copies,
        "problem": event.problem,
    }


def message_id(exchange: Exchange) -> str:
    """``wsa:MessageID`` of a request, empty when there is none to be read."""
    request = exchange.request
    if not request.body:
        return ""
    try:
        root = xml.parse(mtom.split(request.header("content-type"), request.body).root)
    except PeerError:
        return ""
    found = next(root.iter(f"{{{NS_WSA}}}MessageID"), None)
    return (found.text or "").strip() if found is not None else ""
