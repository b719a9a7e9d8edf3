"""The console for programs: JSON below ``/api/``.

Reading is free to whoever reaches the port. Changing needs the header ``X-NCPeH-Console: 1``, which no page
of another site can send without asking first, and asking is never granted.

=====================  ======  ==================================================================
``/api/world``         GET     mode, seed, clock, countries, patients, faults
``/api/catalogue``     GET     all faults there are
``/api/faults``        GET     faults that act, by country
..                     POST    ``{"country", "name", "steps"?, "patient"?, "times"?, "parameters"?}``
..                     DELETE  ``?country=HR&id=…`` one; ``?country=HR`` all of a country; without: all
``/api/exchanges``     GET     the newest 50; ``?last=N``
``/api/exchanges/HR/3`` GET    one, with both messages as text
``/api/reset``         POST    no faults, nothing received
``/api/clock``         GET     the world's time
..                     POST    ``{"advance": seconds}``
``/api/audit``         GET     events of the audit repository; ``?after=N``
..                     POST    ``{"do": "stop" | "start" | "pause" | "resume"}``
=====================  ======  ==================================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ehdsi.errors import LocalError
from simulators.audit_repository.page import described
from simulators.console import actions, view
from simulators.faults import catalogue
from simulators.http import HttpRequest, HttpResponse
from simulators.web.pages import data, query_values

if TYPE_CHECKING:
    from simulators.audit_repository import AuditRepository
    from simulators.world import World

#: The header that changes must carry.
HEADER = "x-ncpeh-console"

_Reading = Callable[[Mapping[str, str]], Any]
_Changing = Callable[[HttpRequest], Any]


class Api:
    """Answers requests below ``/api/``."""

    def __init__(self, world: World, repository: AuditRepository | None) -> None:
        self._world = world
        self._repository = repository
        self._gets: dict[str, _Reading] = {
            "world": lambda query: view.world_value(world, world.clock()),
            "catalogue": lambda query: _catalogue(),
            "faults": lambda query: self._faults(),
            "exchanges": self._exchanges,
            "clock": lambda query: self._clock(),
            "audit": self._audit,
        }
        self._changes: dict[tuple[str, str], _Changing] = {
            ("POST", "faults"): self._add,
            ("DELETE", "faults"): self._remove,
            ("POST", "reset"): self._reset,
            ("POST", "clock"): self._advance,
            ("POST", "audit"): self._switch,
        }

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Answer one request; what is wrong with it is said as ``{"error": …}``."""
        name = request.path.removeprefix("/api/")
        try:
            if request.method in ("GET", "HEAD"):
                return self._read(name, query_values(request.query))
            change = self._changes.get((request.method, name))
            if change is None:
                return _wrong(f"{request.method} is not offered at {request.path[:80]}", 405)
            if request.header(HEADER) != "1":
                return _wrong("a change needs the header X-NCPeH-Console: 1", 403)
            return data(change(request), status=201 if (request.method, name) == ("POST", "faults") else 200)
        except LocalError as error:
            return _wrong(str(error), 422)

    def _read(self, name: str, query: Mapping[str, str]) -> HttpResponse:
        if name in self._gets:
            return data(self._gets[name](query))
        match name.split("/"):
            case ["exchanges", place, number] if number.isdecimal() and len(number) < 16:
                found = view.exchange_of(self._world, place, int(number))
                if found is not None:
                    return data(view.exchange_value(found) | _messages(found))
        return _wrong("there is nothing of this name", 404)

    # -- reading ---------------------------------------------------------------------------------------

    def _faults(self) -> dict[str, Any]:
        return {code: [view.fault_value(one) for one in view.active(self._world, code)]
                for code in self._world.countries}

    def _exchanges(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        last = query.get("last", str(view.SHOWN))
        if not last.isdecimal() or len(last) > 9:
            raise LocalError("last: expected a number")
        return [view.exchange_value(one) for one in view.exchanges(self._world, last=int(last))]

    def _clock(self) -> dict[str, Any]:
        return {"now": self._world.clock().isoformat(),
                "can_be_set": callable(getattr(self._world.clock, "advance", None))}

    def _audit(self, query: Mapping[str, str]) -> dict[str, Any]:
        if self._repository is None:
            raise LocalError("this world has no audit repository")
        after = query.get("after", "0")
        if not after.isdecimal() or len(after) > 15:
            raise LocalError("after: expected a number")
        count, copies = self._repository.store.counts()
        events = [described(event) for event in self._repository.store.events(after=int(after))]
        return {"state": self._repository.state, "count": count, "copies": copies, "events": events}

    # -- changing --------------------------------------------------------------------------------------

    def _add(self, request: HttpRequest) -> list[dict[str, Any]]:
        added = actions.add_fault(self._world, actions.wish_of(_json(request)))
        return [view.fault_value(one) for one in added]

    def _remove(self, request: HttpRequest) -> dict[str, Any]:
        query = query_values(request.query)
        if "id" in query:
            actions.remove_fault(self._world, query.get("country", ""), query["id"])
        else:
            actions.clear_faults(self._world, query.get("country"))
        return self._faults()

    def _reset(self, request: HttpRequest) -> dict[str, Any]:
        self._world.reset()
        return self._faults()

    def _advance(self, request: HttpRequest) -> dict[str, Any]:
        value = _json(request)
        seconds = value.get("advance") if isinstance(value, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise LocalError('expected {"advance": seconds}')
        actions.advance_clock(self._world, seconds)
        return self._clock()

    def _switch(self, request: HttpRequest) -> dict[str, Any]:
        value = _json(request)
        wanted = value.get("do") if isinstance(value, dict) else None
        actions.switch_repository(self._repository, wanted if isinstance(wanted, str) else "")
        return {"state": self._repository.state if self._repository else ""}


def _catalogue() -> list[dict[str, Any]]:
    return [{"name": fault.name, "family": fault.family, "steps": list(fault.steps),
             "transform": fault.transform, "parameters": dict(fault.parameters),
             "description": fault.description, "requirement": list(fault.requirement)}
            for fault in catalogue().values()]


def _messages(one: view.Numbered) -> dict[str, Any]:
    """Both messages with their headers; bytes that are no UTF-8 are replaced."""
    request, response = one.exchange.request, one.exchange.response
    return {
        "request": {"method": request.method, "headers": [list(pair) for pair in request.headers],
                    "body": request.body.decode("utf-8", "replace")},
        "response": {"headers": [list(pair) for pair in response.headers],
                     "body": response.body.decode("utf-8", "replace")},
    }


def _json(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise LocalError("the body is not JSON") from None


def _wrong(what: str, status: int) -> HttpResponse:
    return data({"error": what}, status=status)
