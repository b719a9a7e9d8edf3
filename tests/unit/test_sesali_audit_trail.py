"""The outbox and its sender: nothing lost, nothing twice, in order."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from ehdsi.errors import LocalError
from sesali.audit_trail import Outbox, Sender


def filled(path: Path, count: int) -> Outbox:
    outbox = Outbox(path / "audit.sqlite")
    for number in range(count):
        outbox.put(identifier=f"id-{number}", event="EHDSI-11", frame=b"frame %d" % number)
    return outbox


def test_events_survive_a_restart(tmp_path: Path) -> None:
    """What was not delivered is there after the process is gone, in the order it was stored."""
    first = filled(tmp_path, 3)
    first.mark_delivered(first.oldest(1))
    first.close()
    second = Outbox(tmp_path / "audit.sqlite")
    assert [event.frame for event in second.oldest(10)] == [b"frame 1", b"frame 2"]
    assert second.counts() == (2, 1)
    second.close()


def test_sender_repeats_until_the_repository_is_back(tmp_path: Path) -> None:
    """While the repository is away nothing is marked; when it is back all leave once, oldest first."""
    outbox = filled(tmp_path, 5)
    received: list[bytes] = []
    away = threading.Event()
    failures = [OSError("refused")] * 3

    def send(frames: Sequence[bytes]) -> None:
        if failures:
            away.set()
            raise failures.pop()
        received.extend(frames)

    sender = Sender(outbox, send, retry_after=0.001, retry_at_most=0.002, batch=2)
    sender.start()
    assert away.wait(5)
    assert sender.flush(5)
    outbox.put(identifier="late", event="EHDSI-21", frame=b"late")
    sender.wake()
    assert sender.flush(5)
    sender.stop()
    assert received == [b"frame 0", b"frame 1", b"frame 2", b"frame 3", b"frame 4", b"late"]
    assert outbox.counts() == (0, 6)
    outbox.close()


def test_crash_between_sending_and_marking_repeats_the_same_identifier(tmp_path: Path) -> None:
    """An event whose delivery was not confirmed goes out again as the very same frame."""
    outbox = filled(tmp_path, 1)
    before = outbox.oldest(1)
    outbox.close()
    again = Outbox(tmp_path / "audit.sqlite")
    assert again.oldest(1) == before
    again.close()


def test_identifier_is_unique(tmp_path: Path) -> None:
    """The same event cannot be stored twice."""
    outbox = filled(tmp_path, 1)
    with pytest.raises(LocalError):
        outbox.put(identifier="id-0", event="EHDSI-11", frame=b"again")
    outbox.close()


def test_old_delivered_events_go(tmp_path: Path) -> None:
    """The outbox does not grow for ever: delivered events beyond the number kept are deleted."""
    outbox = Outbox(tmp_path / "audit.sqlite", keep=2)
    for number in range(6):
        outbox.put(identifier=str(number), event="EHDSI-11", frame=b"x")
    outbox.mark_delivered(outbox.oldest(10))
    assert outbox.counts() == (0, 2)
    outbox.close()


def test_unwritable_folder_is_said(tmp_path: Path) -> None:
    """A place where no file can be made is a sentence, not a stack trace."""
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LocalError, match="audit trail"):
        Outbox(tmp_path / "file" / "audit.sqlite")
