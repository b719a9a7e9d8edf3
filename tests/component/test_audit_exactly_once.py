"""Either end of the audit trail is killed at the worst moments: every event arrives, once, in order."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ehdsi.errors import LocalError
from sesali.audit_trail import Outbox, Sender
from simulators.audit_repository import AuditRepository
from simulators.audit_repository.store import EventStore
from simulators.pki import Pki
from simulators.world import World

ROOT = Path(__file__).parents[2]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    """A folder with the files that both processes need."""
    made = Pki(now=datetime.now(UTC))
    server, client = made.service("audit_repository"), made.gateway_tls
    (tmp_path / "ca.pem").write_bytes(made.ca.certificate_pem)
    (tmp_path / "server.pem").write_bytes(server.certificate_pem + server.key_pem)
    (tmp_path / "client.pem").write_bytes(client.certificate_pem + client.key_pem)
    return tmp_path


@pytest.fixture
def start(pki: Path) -> Iterator[Start]:
    """Starts one end; whatever still runs after the test is killed."""
    running: list[subprocess.Popen[str]] = []

    def begin(end: str, *options: str) -> subprocess.Popen[str]:
        files = ["--store", str(pki / "store.sqlite"), "--outbox", str(pki / "outbox.sqlite")]
        module = (sys.executable, "-m", "tests.component.audit_processes")
        process = subprocess.Popen(
            [*module, end, "--pki", str(pki), *files, *options], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait(10)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def line_of(process: subprocess.Popen[str], wanted: str) -> str:
    """The first line of a process that begins so."""
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith(wanted)).strip()


def listening(process: subprocess.Popen[str]) -> str:
    return line_of(process, "port ").removeprefix("port ")


def recorded(folder: Path) -> list[str]:
    """Identifiers in the outbox, in the order in which the gateway recorded them."""
    with closing(sqlite3.connect(folder / "outbox.sqlite")) as database:
        rows = database.execute("SELECT identifier FROM outbox ORDER BY number").fetchall()
    return [row[0].replace("-", "") for row in rows]


def test_both_ends_killed_at_the_worst_moments(pki: Path, start: Start) -> None:
    """Away for a hundred events, killed before and after storing, before the mark: each once, in order."""
    first = start("repository")
    port = listening(first)
    first.kill()
    first.wait(10)

    writing = start("sender", "--port", port, "--count", "100", "--seed", "1", "--wait")
    line_of(writing, "recorded 60")
    writing.kill()  # in the middle of recording, with the repository away
    writing.wait(10)
    before = len(recorded(pki))
    assert before >= 60

    unconfirmed = start("repository", "--port", port, "--die-after", "25")
    listening(unconfirmed)
    more = start("sender", "--port", port, "--count", "50", "--seed", "2", "--wait")
    line_of(more, "recorded 50")
    assert unconfirmed.wait(30) == -signal.SIGKILL  # stored, but never said so
    unstored = start("repository", "--port", port, "--die-before", "15")
    assert unstored.wait(30) == -signal.SIGKILL  # read, but not stored
    more.kill()
    more.wait(10)

    listening(start("repository", "--port", port))
    unmarked = start("sender", "--port", port, "--count", "0", "--die-after-batch", "2")
    assert unmarked.wait(30) == -signal.SIGKILL  # confirmed, but not marked
    last = start("sender", "--port", port, "--count", "40", "--seed", "3")
    assert last.wait(60) == 0

    wanted = recorded(pki)
    assert len(wanted) == before + 50 + 40
    store = EventStore(pki / "store.sqlite")
    events = store.events()
    assert [event.header.message_id for event in events if event.header] == wanted
    named = [event.message.objects[0].object_id for event in events if event.message]
    assert [one.replace("-", "") for one in named] == wanted
    assert store.counts()[1] > 0  # the repetitions did happen, and were recognised
    store.close()


def test_a_hundred_journeys_without_a_repository(tmp_path: Path, start: Start) -> None:
    """Real journeys while the repository is away, Sesali killed among them, both back: each event once."""
    with World(["HR"]) as world, AuditRepository(world.pki, clock=world.clock) as repository:
        path = world.world_json(tmp_path)
        described = json.loads(path.read_text(encoding="utf-8"))
        described["audit_repository"] = repository.described()
        path.write_text(json.dumps(described), encoding="utf-8")
        repository.kill()
        killed = start("gateway", "--count", "100")
        line_of(killed, "journey 53")
        killed.kill()
        killed.wait(10)
        before = len(recorded(tmp_path))
        repository.restart()
        again = start("gateway", "--count", "47")
        assert again.wait(60) == 0
        wanted = recorded(tmp_path)
        assert before >= 53 * 7
        assert len(wanted) == before + 47 * 7
        events = repository.store.events()
        assert [event.header.message_id for event in events if event.header] == wanted
        assert all(event.problem == "" for event in events)


def test_the_sender_outlives_failures_that_are_not_of_the_network(tmp_path: Path) -> None:
    """A disk that refuses, or frames that cannot be opened, stop nothing for good: the batch goes again."""
    outbox = Outbox(tmp_path / "outbox.sqlite")
    for number in range(3):
        outbox.put(identifier=str(number), event="EHDSI-11", frame=b"%d" % number)
    troubles: list[Exception] = [LocalError("another key"), sqlite3.OperationalError("disk full")]
    sent: list[Sequence[bytes]] = []

    def send(frames: Sequence[bytes]) -> None:
        if troubles:
            raise troubles.pop()
        sent.append(frames)

    sender = Sender(outbox, send, retry_after=0.001, retry_at_most=0.002)
    sender.start()
    assert sender.flush(10)
    sender.stop()
    assert sent == [(b"0", b"1", b"2")]
    assert (outbox.counts(), sender.last_failure) == ((0, 3), "")
    outbox.close()
