"""The repository's own page, the events as JSON, and each message as plain text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulators.audit_repository.store import EventStore, StoredEvent
from simulators.http import Handler, HttpRequest, HttpResponse
from simulators.web.pages import Pages, data, environment, guarded, masked, query_values, short_time, text
from simulators.web.pretty import pretty

_FOLDER = Path(__file__).with_name("templates")

#: Events on the page.
SHOWN = 200

#: The states of the syslog port, in words.
STATES = {"listening": "reçoit", "paused": "en pause", "stopped": "arrêté"}


class RepositoryPages:
    """Answers HTTP requests about a store.

    Parameters
    ----------
    state : ``listening``, ``paused`` or ``stopped``.
    """

    def __init__(self, store: EventStore, *, state: Callable[[], str]) -> None:
        self._store = store
        self._state = state
        self._pages = Pages(_FOLDER)
        environment(_FOLDER).filters.update(heure=short_time, masque=masked)
        self.handle: Handler = guarded(self._answer)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return text("Seule la lecture est offerte ici.", status=405)
        if request.path == "/":
            return self._page()
        if request.path == "/events.json":
            after = query_values(request.query).get("after", "0")
            return self._json(int(after) if after.isdecimal() and len(after) < 16 else 0)
        if request.path == "/identifiers.json":
            after = query_values(request.query).get("after", "0")
            rows = self._store.identifiers(after=int(after) if after.isdecimal() and len(after) < 16 else 0)
            return data([list(row) for row in rows])
        number = request.path.removeprefix("/events/")
        event = self._store.event(int(number)) if number.isdecimal() and len(number) < 16 else None
        return text(pretty(event.payload)) if event else text("Cet événement n’existe pas.", status=404)

    def _page(self) -> HttpResponse:
        count, copies = self._store.counts()
        return self._pages.html("events.html.j2", events=self._store.events(last=SHOWN)[::-1], count=count,
                                copies=copies, state=STATES[self._state()])

    def _json(self, after: int) -> HttpResponse:
        count, copies = self._store.counts()
        return data({"state": self._state(), "count": count, "copies": copies,
                     "events": [described(event) for event in self._store.events(after=after)]})


def described(event: StoredEvent) -> dict[str, Any]:
    """An event for JSON: nothing is masked, because nothing here is real."""
    header, message = event.header, event.message
    return {
        "number": event.number,
        "received": event.received.isoformat(),
        "sender": event.sender,
        "copies": event.copies,
        "problem": event.problem,
        "host": header.host if header else "",
        "application": header.application if header else "",
        "message_id": header.message_id if header else "",
        "event": message.event.code if message else "",
        "types": list(event.types),
        "time": message.time.isoformat() if message else "",
        "outcome": message.outcome.value if message else "",
        "source": message.source_id if message else "",
        "participants": [one.user_id for one in message.participants] if message else [],
        "patients": list(event.patients),
        "objects": [one.object_id for one in message.objects] if message else [],
    }
