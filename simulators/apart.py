"""A country in a process of its own, for tests that kill it, and for load that needs more than one core.

The parent hands over the authority and the country's TLS key on standard input, so that all certificates of
the world stay one family; every further line is an order, answered by one line on standard output. A child
whose parent is gone reads the end of its input and stops.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ehdsi.errors import LocalError
from simulators.pki import Credential, Pki

if TYPE_CHECKING:
    from countries.model import Country
    from simulators.world import World

#: Seconds that a child gets to end when it is asked to.
GRACE = 1.0


class CountryProcess:
    """One country of a world, elsewhere.

    Parameters
    ----------
    country : its pack; the child reads it again from its folder.
    pki : of the world. mode, seed, host : of the world.
    port : a fixed port, 0 for a free one.
    """

    def __init__(self, country: Country, *, pki: Pki, mode: str, seed: int, host: str, port: int = 0) -> None:
        self._order = {
            "folder": str(country.folder), "mode": mode, "seed": seed, "host": host, "port": port,
            "now": pki.now.isoformat(), "ca": _packed(pki.ca), "tls": _packed(pki.tls_server(country.code)),
        }
        self._code = country.code
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self.url = self.metrics = ""

    def launch(self) -> None:
        """Start the process without waiting for it; ``wait`` tells when it answers."""
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulators.apart"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=os.environ | {"PYTHONPATH": path})
        self._write(self._order)

    def wait(self) -> None:
        """Return once it answers; ``url``, ``metrics`` and their ports stay the same over restarts.

        Raises
        ------
        LocalError : it could not start, a port in use among the reasons.
        """
        answer = self._read()
        if "error" in answer:
            self.stop()
            raise LocalError(answer["error"])
        self.url, self._order["port"] = answer["url"], answer["port"]
        self.metrics, self._order["metrics_port"] = answer["metrics"], answer["metrics_port"]

    @property
    def pid(self) -> int:
        """The process, while it lives."""
        if self._process is None:
            raise LocalError(f"the process of {self._code} was not started")
        return self._process.pid

    def kill(self) -> None:
        """End it at once, as a crash would: no goodbye to anybody."""
        if self._process is not None:
            self._process.kill()
            self._close(self._process)

    def restart(self) -> None:
        """Start it again at the same address, with nothing remembered."""
        self.stop()
        self.launch()
        self.wait()

    def reset(self) -> None:
        """No faults, nothing received, the mode's quirks."""
        self._asked({"do": "reset"})

    def add_fault(self, name: str, **options: Any) -> None:
        """Let a fault act there; ``options`` as for ``simulators.faults.FaultSet.add``."""
        self._asked({"do": "fault", "name": name, "options": options})

    def received(self) -> dict[str, int]:
        """How many requests of each step it remembers."""
        counted: dict[str, int] = self._asked({"do": "received"})["steps"]
        return counted

    def dismiss(self) -> None:
        """Ask it to end, without waiting."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def stop(self) -> None:
        """Ask it to end, and make it end; harmless when nothing runs."""
        process = self._process
        if process is None:
            return
        self.dismiss()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE)
        process.kill()
        self._close(process)

    def _close(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process = None

    def _asked(self, order: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._write(order)
            answer = self._read()
        if "error" in answer:
            raise LocalError(answer["error"])
        return answer

    def _write(self, order: dict[str, Any]) -> None:
        try:
            if self._process is None or self._process.stdin is None:
                raise BrokenPipeError
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise LocalError(f"the process of {self._code} is not running; restart it") from None

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process and self._process.stdout else ""
        if not line:
            raise LocalError(f"the process of {self._code} ended without a word; its errors are above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def main() -> None:
    """The child: serve one country until standard input ends."""
    import countries
    from simulators.metrics import PATH, SimulatorMetrics
    from simulators.world import World

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    order = json.loads(sys.stdin.readline())
    try:
        country = countries.load(order["folder"])
        code = country.code
        world = World([country], mode=order["mode"], seed=order["seed"], host=order["host"],
                      pki=_pki_of(order, country), ports={code: order["port"]})
        world.start(smp=False)
        told = SimulatorMetrics(world).listener(host=order["host"], port=order.get("metrics_port", 0))
        world.listen(told)
    except LocalError as error:
        _say({"error": str(error)})
        return
    listener = world.listeners[code]
    _say({"url": listener.url, "port": listener.port, "metrics": told.url + PATH, "metrics_port": told.port})
    for line in sys.stdin:
        try:
            _say(_obeyed(world, code, json.loads(line)))
        except LocalError as error:
            _say({"error": str(error)})
    world.stop()


def _obeyed(world: World, code: str, order: dict[str, Any]) -> dict[str, Any]:
    if order["do"] == "reset":
        world.reset()
    elif order["do"] == "fault":
        world.ncp(code).faults.add(order["name"], **order["options"])
    return {"steps": Counter(one.step for one in world.ncp(code).received)}


def _pki_of(order: dict[str, Any], country: Country) -> Pki:
    return Pki(
        now=datetime.fromisoformat(order["now"]), subjects={country.code: country.certificate_subject},
        hosts=tuple(dict.fromkeys(("localhost", "127.0.0.1", "::1", order["host"]))),
        authority=Credential.from_pem(*order["ca"]),
        tls_servers={country.code: Credential.from_pem(*order["tls"])})


def _packed(credential: Credential) -> tuple[str, str]:
    return credential.certificate_pem.decode("ascii"), credential.key_pem.decode("ascii")


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
