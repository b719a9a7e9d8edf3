"""Writes every message of an exchange to a folder, numbered, byte for byte as it was on the wire."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.parse import urlsplit

from exchange.wire import WireMessage


class TraceFolder:
    """An ``OnMessage`` hook: ``03-ITI-55-request.http`` holds the head fields and the body.

    A body that is one XML document also stands alone in ``03-ITI-55-request.xml``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._count = 0
        folder.mkdir(parents=True, exist_ok=True)
        for old in (*folder.glob("[0-9][0-9]-*.http"), *folder.glob("[0-9][0-9]-*.xml")):
            old.unlink()

    def __call__(self, message: WireMessage) -> None:
        """Write one message."""
        with self._lock:
            self._count += 1
            name = f"{self._count:02d}-{message.step.replace(' ', '-')}-{message.direction}"
        (self._folder / f"{name}.http").write_bytes(as_on_the_wire(message))
        if message.body.lstrip()[:1] == b"<":
            (self._folder / f"{name}.xml").write_bytes(message.body)


def as_on_the_wire(message: WireMessage) -> bytes:
    """Start line, head fields, blank line, body."""
    if message.direction == "request":
        target = urlsplit(message.url)
        path = target.path + (f"?{target.query}" if target.query else "")
        start = f"{'POST' if message.body else 'GET'} {path or '/'} HTTP/1.1"
    else:
        start = f"HTTP/1.1 {message.status}"
    head = [start, *(f"{name}: {value}" for name, value in message.headers)]
    return "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + message.body
