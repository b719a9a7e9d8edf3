"""The audit repository as one thing that is started and stopped: receiver, store, page."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from simulators.audit_repository.page import RepositoryPages
from simulators.audit_repository.receiver import SyslogReceiver
from simulators.audit_repository.store import KEEP, EventStore
from simulators.clock import Clock, real_clock
from simulators.http import application
from simulators.pki import Pki
from simulators.server import Listener, ServerThread

if TYPE_CHECKING:
    from simulators.audit_repository.forwarder import AuditForwarder
    from simulators.ncp.simulator import ForeignNcp
    from simulators.world import World


class AuditRepository:
    """Receives audit messages as syslog over TLS (RFC 5425) and shows them. A context manager.

    Parameters
    ----------
    pki : certificate of the server, and whose clients it trusts.
    clock : when events were received.
    host, port, page_port : where to listen; 0 takes a free port, which is kept until the end.
    store : SQLite file for the events; ``None`` keeps them until the end.
    keep : so many events at most.

    Attributes
    ----------
    store : the events.
    forwarder : sends the events of countries here; ``None`` where none do.
    """

    def __init__(self, pki: Pki, *, clock: Clock = real_clock, host: str = "127.0.0.1", port: int = 0,
                 page_port: int = 0, store: Path | None = None, keep: int = KEEP) -> None:
        self.store = EventStore(store, keep=keep)
        self._pki = pki
        self._thread = ServerThread()
        self._receiver = SyslogReceiver(
            pki.server_context(pki.service("audit_repository")),
            lambda frames, sender: self.store.add(frames, sender=sender, now=clock()), host=host, port=port)
        pages = RepositoryPages(self.store, state=lambda: self.state)
        self._listener = Listener(
            application=application(pages.handle), host=host, port=page_port,
            context=pki.server_context(pki.service("audit_repository"), client_certificate=False))
        self.forwarder: AuditForwarder | None = None
        self._told: list[ForeignNcp] = []

    # -- life ------------------------------------------------------------------------------------------

    def start(self) -> AuditRepository:
        """Bind both ports; on return events are taken.

        Raises
        ------
        LocalError : a port is in use.
        """
        self._thread.start([self._listener])
        self._thread.call(self._receiver.open())
        return self

    def stop(self) -> None:
        """Close both ports and the store."""
        for ncp in self._told:
            ncp.audit = None
        if self.forwarder is not None:
            self.forwarder.stop()
        self.kill()
        self._thread.stop()
        self.store.close()

    def __enter__(self) -> AuditRepository:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()

    # -- troubles --------------------------------------------------------------------------------------

    def kill(self) -> None:
        """Cut all connections and refuse new ones; the page goes on, and what was stored stays."""
        self._thread.call(self._receiver.close())

    def restart(self) -> None:
        """Listen again on the same port."""
        self._thread.call(self._receiver.open())

    def pause(self) -> None:
        """Accept connections and read nothing, as an overloaded repository does."""
        self._thread.call(self._receiver.pause(True))

    def resume(self) -> None:
        """Read again."""
        self._thread.call(self._receiver.pause(False))

    @property
    def state(self) -> str:
        """``listening``, ``paused`` or ``stopped``: the syslog port."""
        return self._receiver.state

    @property
    def refused(self) -> int:
        """Connections that were reset because what came over them was no syslog."""
        return self._receiver.refused

    # -- where it is -----------------------------------------------------------------------------------

    @property
    def host(self) -> str:
        """Where the syslog port is."""
        return self._receiver.host

    @property
    def port(self) -> int:
        """Port of syslog over TLS."""
        return self._receiver.port

    @property
    def page(self) -> str:
        """URL of the page, https."""
        return f"{self._listener.url}/"

    def described(self) -> dict[str, Any]:
        """The value of ``audit_repository`` in ``world.json``."""
        return {"host": self.host, "port": self.port, "page": self.page}

    # -- foreign NCPs ----------------------------------------------------------------------------------

    def take_from(self, world: World, *, retry_after: float = 1.0) -> AuditForwarder:
        """Let the NCPs of a world send their own audit events here, too, until the repository stops.

        ``retry_after`` : seconds until they try again while the repository is away.
        """
        from simulators.audit_repository.forwarder import AuditForwarder

        forwarder = AuditForwarder(self._pki, host=self.host, port=self.port, retry_after=retry_after)
        forwarder.start()
        self.forwarder = forwarder
        self._told = list(world.ncps.values())
        for ncp in self._told:
            ncp.audit = forwarder
        return forwarder
