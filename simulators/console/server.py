"""Starts and stops the console: one https port beside a world."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from simulators.console.pages import ConsolePages
from simulators.http import Handler, application
from simulators.server import Listener, ServerThread

if TYPE_CHECKING:
    from simulators.audit_repository import AuditRepository
    from simulators.world import World


def console_app(world: World, *, repository: AuditRepository | None = None,
                links: Mapping[str, str] | None = None, token: str = "",
                hosts: tuple[str, ...] = ()) -> Handler:
    """The console as a function from request to answer; parameters as for ``Console``.

    Faults of TLS make it wait for the loop in which the world's servers run, so it must be served from
    another one.
    """
    pages = ConsolePages(world, repository=repository, links=links or {}, hosts=hosts,
                         token=token or secrets.token_urlsafe(24))
    return pages.handle


class Console:
    """The console on a port of its own. A context manager.

    Parameters
    ----------
    world : a world that was started.
    repository : its audit repository, shown and stopped from here; ``None``: the world has none.
    links : other services by French name, for the head of the page: ``{"Portail": "https://…"}``.
    host, port : where to listen; port 0 takes a free one.
    hosts : names under which browsers reach it, besides ``localhost`` and addresses.
    """

    def __init__(self, world: World, *, repository: AuditRepository | None = None,
                 links: Mapping[str, str] | None = None, host: str = "127.0.0.1", port: int = 0,
                 hosts: tuple[str, ...] = ()) -> None:
        handle = console_app(world, repository=repository, links=links, hosts=hosts)
        context = world.pki.server_context(world.pki.service("console"), client_certificate=False)
        self._listener = Listener(application=application(handle), context=context, host=host, port=port)
        self._thread = ServerThread()

    def start(self) -> Console:
        """Bind the port; on return the console answers. Raises ``LocalError`` when the port is in use."""
        self._thread.start([self._listener])
        return self

    def stop(self) -> None:
        """Close the port."""
        self._thread.stop()

    def __enter__(self) -> Console:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Its address, https, without a slash at the end: the value of ``console`` in ``world.json``."""
        return self._listener.url
