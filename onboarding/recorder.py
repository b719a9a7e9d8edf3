"""Keeps every message of an examination for the evidence archive, and knows which check saw which."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from exchange.wire import WireMessage
from onboarding.model import Evidence

#: Bytes of a message that are kept; of a longer one its beginning and its digest.
MOST_KEPT = 1_000_000


class Recorder:
    """The hook of all exchanges. A message is written down by the thread that sent or received it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[Evidence] = []
        self._here = threading.local()

    def __call__(self, message: WireMessage) -> None:
        """Keep one message; bodies that were kept before are referred to."""
        body = message.body
        if len(body) > MOST_KEPT:
            digest = hashlib.sha256(body).hexdigest()
            body = body[:4096] + f"\n[cut: {len(message.body)} bytes, SHA-256 {digest}]\n".encode()
        lines = [f"{message.direction} {message.url} {message.status or ''}".rstrip()]
        lines += [f"{name}: {value}" for name, value in message.headers]
        step = message.step.replace(" ", "-")
        with self._lock:
            name = f"{len(self._kept) + 1:04d}-{step}-{message.direction}.http"
            content = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
            self._kept.append(Evidence(name=name, step=message.step, content=content))
        self._here.__dict__.setdefault("names", []).append(name)
        self._here.last = message

    @property
    def last(self) -> WireMessage | None:
        """The last message of this thread."""
        last = getattr(self._here, "last", None)
        return last if isinstance(last, WireMessage) else None

    @contextmanager
    def noted(self) -> Iterator[list[str]]:
        """Collects the names of what this thread sends and receives inside the ``with`` block."""
        before = getattr(self._here, "names", None)
        names: list[str] = []
        self._here.names = names
        try:
            yield names
        finally:
            self._here.names = before if before is not None else []
            self._here.names.extend(names)

    def refer(self, names: list[str]) -> None:
        """Say that the check of this thread looks at messages that were exchanged before."""
        self._here.__dict__.setdefault("names", []).extend(names)

    def done(self) -> tuple[Evidence, ...]:
        """Everything, in the order in which it came."""
        with self._lock:
            return tuple(self._kept)
