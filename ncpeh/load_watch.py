"""Watches a load run: CPU and memory by role, faults that come and go, audit events on their way."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from load.profile import PlannedFault

#: Seconds between two looks.
EVERY = 2.0


@dataclass(slots=True)
class Usage:
    """CPU seconds and resident megabytes of a group of processes, by the time since the start."""

    cpu: float = 0.0
    spent: list[tuple[float, float]] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)

    @property
    def peak(self) -> float:
        """The most memory, MB."""
        return max((mb for _, mb in self.memory), default=0.0)

    def per_journey(self, series: Iterable[Mapping[str, Any]]) -> float:
        """CPU milliseconds of a journey once everything is warm: without the first third of the run.

        ``series`` holds points with ``at`` (seconds) and ``journeys`` (so far). 0 where nothing can be said.
        """
        points = [(one["at"], one["journeys"]) for one in series]
        if not points or len(self.spent) < 4:
            return 0.0
        begin, end = self.spent[len(self.spent) // 3], self.spent[-1]
        before, after = (max((count for at, count in points if at <= moment), default=0)
                         for moment in (begin[0], end[0]))
        return (end[1] - begin[1]) * 1000 / (after - before) if after > before else 0.0

    @property
    def growth(self) -> float:
        """How much more memory the last tenth holds than the time after a third; 0.1 is a tenth more."""
        if len(self.memory) < 10:
            return 0.0
        values = [mb for _, mb in self.memory]
        third, tenth = values[len(values) // 3:len(values) // 2], values[-len(values) // 10:]
        return (sum(tenth) / len(tenth)) / (sum(third) / len(third)) - 1 if third else 0.0


class Watch:
    """A thread that looks every two seconds; a context manager.

    Parameters
    ----------
    groups : role -> processes.
    console : base URL of the world's console. ca : its trust anchors.
    repository : page of the audit repository.
    faults : when to switch them on and off. outboxes : audit files of the gateway; empty for a foreign world.
    """

    def __init__(self, groups: Mapping[str, Iterable[int]], *, console: str = "", ca: str = "",
                 repository: str = "", faults: Iterable[PlannedFault] = (),
                 outboxes: Iterable[Path] = ()) -> None:
        self._groups = {role: tuple(pids) for role, pids in groups.items()}
        self._first = {role: sum(map(cpu_seconds, pids)) for role, pids in self._groups.items()}
        self.usage = {role: Usage() for role in self._groups}
        self._client: httpx.Client | None = None
        if console:
            self._client = httpx.Client(verify=ssl.create_default_context(cafile=ca), trust_env=False,
                                        timeout=20.0)
        self._console, self._repository = console, repository
        self._faults = [(fault, "") for fault in faults]
        self._due = {id(fault): "off" for fault, _ in self._faults}
        self._outboxes = dict.fromkeys(outboxes, 0)
        self._sent: set[str] = set()
        self._arrived: set[str] = set()
        self._seen = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load-watch", daemon=True)
        self.seconds = 0.0
        self.complaints: list[str] = []

    def add(self, role: str, pids: Iterable[int]) -> None:
        """More processes, before the watch begins."""
        self._groups[role] = tuple(pids)
        self._first[role], self.usage[role] = 0.0, Usage()

    def __enter__(self) -> Watch:
        self._begin = time.monotonic()
        self._switch(0.0)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10.0)
        self.seconds = time.monotonic() - self._begin
        self._switch(float("inf"))

    def close(self) -> None:
        """No more questions to the world."""
        if self._client is not None:
            self._client.close()

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            self.look()

    def look(self) -> None:
        """Everything once."""
        now = time.monotonic() - self._begin
        for role, pids in self._groups.items():
            used = sum(map(cpu_seconds, pids)) - self._first[role]
            self.usage[role].cpu = max(self.usage[role].cpu, used)
            self.usage[role].spent.append((now, self.usage[role].cpu))
            resident = sum(map(resident_mb, pids))
            if resident:
                self.usage[role].memory.append((now, resident))
        self._switch(now)
        with contextlib.suppress(httpx.HTTPError, sqlite3.Error):
            self._read_audit()

    # -- faults ----------------------------------------------------------------------------------------

    def _switch(self, now: float) -> None:
        for fault, _ in self._faults:
            wanted = "on" if fault.start <= now < fault.end else "off"
            if wanted != self._due[id(fault)]:
                self._due[id(fault)] = wanted
                try:
                    self._order(fault, wanted)
                except httpx.HTTPError as error:
                    self.complaints.append(f"fault {fault.name} of {fault.country}: {error}")

    def _order(self, fault: PlannedFault, wanted: str) -> None:
        assert self._client is not None, "faults need the console of the world"
        headers = {"x-ncpeh-console": "1"}
        if wanted == "off":
            for active in self._client.get(f"{self._console}/api/faults").json().get(fault.country, ()):
                if active["name"] == fault.name:
                    self._client.request("DELETE", f"{self._console}/api/faults", headers=headers,
                                         params={"country": fault.country, "id": active["id"]})
            return
        answer = self._client.post(f"{self._console}/api/faults", headers=headers, json={
            "country": fault.country, "name": fault.name, "parameters": dict(fault.parameters),
            **({"steps": list(fault.steps)} if fault.steps else {})})
        if answer.status_code >= 400:
            self.complaints.append(f"fault {fault.name} of {fault.country}: {answer.json().get('error')}")

    # -- audit -----------------------------------------------------------------------------------------

    def _read_audit(self) -> None:
        for path, last in self._outboxes.items():
            if not path.exists():
                continue
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                for number, identifier in database.execute(
                        "SELECT number, identifier FROM outbox WHERE number > ?", (last,)):
                    self._outboxes[path] = max(self._outboxes[path], number)
                    self._sent.add(identifier.replace("-", "").lower())
        if self._client is not None and self._repository:
            rows = self._client.get(f"{self._repository.rstrip('/')}/identifiers.json",
                                    params={"after": self._seen}).json()
            for number, identifier in rows:
                self._seen = max(self._seen, number)
                self._arrived.add(identifier.rpartition(" ")[2])

    def audit(self, *, patience: float = 30.0) -> dict[str, int]:
        """Events that the gateway wrote down, and those of them that never reached the repository."""
        end = time.monotonic() + patience
        while True:
            with contextlib.suppress(httpx.HTTPError, sqlite3.Error):
                self._read_audit()
            lost = len(self._sent - self._arrived)
            if not lost or time.monotonic() > end:
                return {"recorded": len(self._sent), "lost": lost}
            time.sleep(0.5)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and of its children that have ended; 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of a process; 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        return 0.0


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
