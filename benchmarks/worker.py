"""A world in a process of its own, driven by lines of JSON: ``python -m benchmarks.worker FOLDER [CC …]``.

It answers each line on standard input with one on standard output: ``usage`` gives CPU seconds and memory,
``static`` starts a responder with a fixed body, ``split`` begins to count the CPU of named parts, ``parts``
gives what was counted since the last time.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.cpu import SIMULATOR_PARTS, Split, usage
from ncpeh.long_running import settle
from simulators.http import HttpRequest, HttpResponse, application
from simulators.server import Listener
from simulators.world import World


def main(folder: str, *countries: str) -> None:
    """Serve until standard input ends."""
    split = Split(SIMULATOR_PARTS)
    with World(countries or None) as world:
        settle()  # as `ncpeh up` does
        _say({"world": str(world.world_json(Path(folder)))})
        for line in sys.stdin:
            _say(_obey(world, split, json.loads(line)))


def _obey(world: World, split: Split, order: dict[str, Any]) -> dict[str, Any]:
    if order["do"] == "static":
        return {"port": _static(world, base64.b64decode(order["body"]))}
    if order["do"] == "split":
        split.install()
        return {}
    if order["do"] == "received":
        return {code: ncp.received.total for code, ncp in world.ncps.items()}
    if order["do"] == "parts":
        return {"split": split.take()}
    return dict(usage())


def _static(world: World, body: bytes) -> int:
    """A responder over the same server, TLS and shell as an NCP, without anything to think."""

    def handle(request: HttpRequest) -> HttpResponse:
        return HttpResponse(body=body, headers=(("content-type", "multipart/related"),))

    code = next(iter(world.ncps))
    listener = Listener(application=application(handle),
                        context=world.pki.server_context(world.pki.tls_server(code)))
    world._thread.start([listener])
    return listener.port


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
