"""Copies of the portal, each a process of its own: for load that needs more than one core.

Copies share nothing. Sessions are in the memory of the copy where somebody logged in, so whoever spreads
people over copies keeps each of them at one (a load balancer by cookie; our load by choosing an address per
login). Each copy keeps an audit outbox of its own; events meet again in the audit repository.

The parent hands over the TLS key and the secrets on standard input. A copy whose parent is gone reads the end
of its input and stops.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from ehdsi.errors import LocalError

if TYPE_CHECKING:
    from simulators.psc import PscSimulator
    from simulators.server import Application
    from simulators.world import World

#: Seconds that a copy gets to end when it is asked to.
GRACE = 3.0


class PortalCopies:
    """So many portals in front of one world; a context manager.

    Parameters
    ----------
    count : how many.
    world : whose certificates they use.
    psc : where each is registered under a name of its own.
    host, port : where to listen; the first copy takes this port, the others free ones.
    overrides : fields of ``PortalSettings`` that differ from the defaults, as JSON can carry them.
    """

    def __init__(self, count: int, *, world: World, psc: PscSimulator, host: str, port: int = 0,
                 overrides: Mapping[str, Any] | None = None) -> None:
        self._psc = psc
        credential = world.pki.service("portal")
        order = {"host": host, "certificate": credential.certificate_pem.decode(),
                 "key": credential.key_pem.decode(), "portal": dict(overrides or {})}
        self._orders = [order | {"port": 0 if number else port, "name": f"portal-{number + 1}"}
                        for number in range(count)]
        self._processes: list[subprocess.Popen[str]] = []
        self.urls: list[str] = []
        self.metrics: list[str] = []

    def __enter__(self) -> PortalCopies:
        """Bind the ports of all copies; ``connect`` makes them answer."""
        try:
            for order in self._orders:
                self._processes.append(_launched())
                _write(self._processes[-1], order)
            for process in self._processes:
                told = _read(process)
                self.urls.append(told["url"])
                self.metrics.append(told["metrics"])
        except LocalError:
            self.__exit__(None, None, None)
            raise
        return self

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [process.pid for process in self._processes]

    def connect(self, world_json: Path, login_origins: tuple[str, ...]) -> None:
        """Register every copy with Pro Santé Connect and put its portal in.

        Raises
        ------
        LocalError : a copy could not start.
        """
        from simulators.psc import PscClient

        for number, (process, url) in enumerate(zip(self._processes, self.urls, strict=True), 1):
            secret = secrets.token_urlsafe(24)
            client = f"testbed-portal-{number}"
            self._psc.register(PscClient(
                client_id=client, secret=secret, redirect_uris=(f"{url}/auth/callback",),
                post_logout_redirect_uris=(f"{url}/fin",),
                backchannel_logout_uri=f"{url}/auth/backchannel-logout"))
            _write(process, {"world": str(world_json), "issuer": self._psc.issuer, "client": client,
                             "secret": secret, "origins": login_origins})
        for process in self._processes:
            _read(process)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        for process in self._processes:
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self._processes.clear()


def _launched() -> subprocess.Popen[str]:
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))))
    # glibc keeps a heap for each of the many threads that wait for countries, and documents leave holes in
    # all of them: memory grew by a quarter over a thousand journeys. With two it stays nearly flat.
    allocator = {"MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2")}
    return subprocess.Popen([sys.executable, "-m", "ncpeh.portal_copies"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True,
                            env=os.environ | {"PYTHONPATH": path} | allocator)


def _write(process: subprocess.Popen[str], order: Mapping[str, Any]) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        raise LocalError("a copy of the portal ended early; its errors are above") from None


def _read(process: subprocess.Popen[str]) -> dict[str, Any]:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise LocalError("a copy of the portal ended early; its errors are above")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise LocalError(answer["error"])
    return answer


# -- the child -----------------------------------------------------------------------------------------------


def main() -> None:
    """The child: bind, tell the address, wait for the world, serve until standard input ends."""
    from ncpeh.later import Later
    from sesali.metrics import Metrics
    from simulators.server import Listener, ServerThread

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    order = json.loads(sys.stdin.readline())
    later, metrics, thread = Later(), Metrics(), ServerThread()
    context = _context(order["certificate"], order["key"])
    front = Listener(application=later, host=order["host"], port=order["port"], context=context)
    scraped = Listener(application=cast("Application", metrics.application), host=order["host"], context=None)
    try:
        thread.start([front, scraped])
        _say({"url": front.url, "metrics": f"{scraped.url}/metrics"})
        told = json.loads(sys.stdin.readline() or "{}")
        if told:
            _serve(order, told, front.url, later, metrics, thread)
    except LocalError as error:
        _say({"error": str(error)})
    finally:
        thread.stop()


def _serve(order: dict[str, Any], told: dict[str, Any], url: str, later: Any, metrics: Any,
           thread: Any) -> None:
    """Put the portal in, and stay until the parent says goodbye."""
    from ncpeh.long_running import settle
    from ncpeh.portal_parts import portal_of

    with portal_of(
            Path(told["world"]), url=url, issuer=told["issuer"], client=told["client"], secret=told["secret"],
            origins=tuple(told["origins"]), outbox=f"audit-{order['name']}.sqlite",
            overrides=order["portal"], metrics=metrics) as (app, portal):
        later.application = metrics.counting(app)
        settle()
        _say({})
        while sys.stdin.readline():
            pass
        thread.call(portal.halt())


def _context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.NamedTemporaryFile("w", prefix="ncpeh-", suffix=".pem") as file:
        file.write(certificate + key)
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _say(answer: Mapping[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
