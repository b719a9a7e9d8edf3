"""Everything at once: foreign countries, Pro Santé Connect, audit repository, the portal between them.

::

    with PortalWorld(["HR"], run_dir=Path("run")) as everything:
        everything.url                # https://127.0.0.1:…, the portal
        everything.world.ncp("HR")    # the foreign side
        everything.psc.faults.add("psc_down")

The portal has a thread and an event loop of its own, so that a busy simulator never holds it up.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ehdsi.errors import LocalError
from exchange.http import Limits
from exchange.wire import OnMessage, ignore
from ncpeh.examined import add_probes
from ncpeh.later import Later
from ncpeh.portal_copies import PortalCopies
from ncpeh.settings import new_ids
from ncpeh.walking import terminology
from sesali.config import from_world
from sesali.gateway import Gateway
from sesali.judging import document_judge
from sesali.login import LoginClient, PscSettings
from sesali.login.transport import open_http
from sesali.metrics import Metrics
from sesali.portal import PortalSettings, create_app
from simulators.audit_repository import AuditRepository
from simulators.clock import Clock, real_clock
from simulators.console import Console
from simulators.metrics import PATH, SimulatorMetrics
from simulators.psc import PscClient, PscSimulator, locate_psc, psc_listeners
from simulators.server import Application, Listener, ServerThread
from simulators.world import World

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from countries import Country
    from sesali.summary import JudgeDocument

_CLIENT = "testbed-portal"


class PortalWorld:
    """A world and the portal in front of it; a context manager.

    Parameters
    ----------
    countries : ISO codes, paths of packs or loaded packs; all packs of the project by default.
    run_dir : where ``world.json``, certificates and the audit outbox go; made when absent.
    mode, seed, clock, host : as for ``simulators.world.World``.
    ports : fixed ports by country code, ``smp``, ``psc``, ``psc_wallet``, ``psc_mtls``, ``portal``,
        ``audit``, ``audit_page``, ``console``, ``metrics``, ``portal_metrics``; free ones otherwise.
    portal : fields of ``PortalSettings`` that differ from the defaults.
    limits : seconds and bytes that the gateway bears from a peer.
    audit : also an audit repository, to which gateway and NCPs send.
    on_message : sees every message between the gateway and the countries.
    judge : schema and rules for documents, those of the project by default.
    processes : each country in a process of its own, see ``World``.
    workers : so many copies of the portal in processes of their own (``ncpeh.portal_copies``) instead of one
        in this process; ``gateway`` and ``app`` are not to be had then.

    Attributes
    ----------
    world, psc, repository : the simulators; the repository is ``None`` without ``audit``.
    gateway, app : the system under test.
    """

    def __init__(self, countries: Iterable[str | Path | Country] | None = None, *, run_dir: Path,
                 mode: str = "strict", seed: int = 0, clock: Clock = real_clock, host: str = "127.0.0.1",
                 ports: Mapping[str, int] | None = None, portal: Mapping[str, Any] | None = None,
                 limits: Limits | None = None, audit: bool = True, on_message: OnMessage = ignore,
                 judge: JudgeDocument | None = None, processes: bool = False, workers: int = 0) -> None:
        self._run_dir, self._clock, self._host, self._seed = run_dir, clock, host, seed
        self._ports = dict(ports or {})
        self._overrides = dict(portal or {})
        self._limits, self._on_message, self._judge = limits, on_message, judge
        self.world = World(countries, mode=mode, seed=seed, clock=clock, host=host, ports=self._ports,
                           processes=processes)
        self.psc = PscSimulator(clock=clock, seed=seed)
        self.repository = AuditRepository(
            self.world.pki, clock=clock, host=host, port=self._ports.get("audit", 0),
            page_port=self._ports.get("audit_page", 0)) if audit else None
        self._simulators, self._thread = ServerThread(), ServerThread()
        self._later = Later()
        self._metrics = Metrics()
        self._scraped: dict[str, list[str]] = {}
        self._closing = ExitStack()
        self._workers = workers
        self._copies: PortalCopies | None = None
        self._gateway: Gateway | None = None
        self._app: Starlette | None = None
        self._listener: Listener | None = None
        self.world_json = run_dir / "world.json"

    # -- life ------------------------------------------------------------------------------------------

    def start(self) -> PortalWorld:
        """Bind every port; on return everything answers and ``world.json`` names it.

        Raises
        ------
        LocalError : a port is in use; nothing stays behind.
        """
        with ExitStack() as started:
            self._start(started)
            self._closing = started.pop_all()
        return self

    def _start(self, started: ExitStack) -> None:
        """Start one after the other; ``started`` knows how to stop what runs, last things first."""
        pki = self.world.pki
        if self.repository is not None:
            started.enter_context(self.repository)
        started.enter_context(self.world)
        if self.repository is not None:
            self.repository.take_from(self.world)
        started.callback(self._simulators.stop)
        started.callback(self._thread.stop)
        names = {"issuer": "psc", "wallet": "psc_wallet", "mtls": "psc_mtls"}
        sites = psc_listeners(self.psc, pki, host=self._host, ports={
            site: self._ports.get(name, 0) for site, name in names.items()})
        self._simulators.start(list(sites.values()))
        locate_psc(self.psc, sites)
        started.callback(self.psc.close)
        self._open_portal(started)
        links = {"Portail": self.url, "Pro Santé Connect": sites["wallet"].url}
        self.console = started.enter_context(Console(
            self.world, repository=self.repository, links=links, host=self._host,
            port=self._ports.get("console", 0)))
        self._open_metrics()
        self._write(self.world.world_json(self._run_dir), sites["wallet"].url)
        add_probes(self.world_json, pki)
        origins = (sites["issuer"].url, sites["wallet"].url)
        if self._copies is not None:
            self.psc.trust(str(self.ca))
            self._copies.connect(self.world_json, origins)
            return
        self._later.application = self._portal(started, origins)
        started.callback(self._thread.stop)
        started.callback(lambda: self._thread.call(self.app.state.portal.halt()))

    def _open_portal(self, started: ExitStack) -> None:
        """Bind the port of the portal, or start its copies; nothing answers there yet."""
        pki, port = self.world.pki, self._ports.get("portal", 0)
        if self._workers:
            self._copies = started.enter_context(PortalCopies(
                self._workers, world=self.world, psc=self.psc, host=self._host, port=port,
                overrides=self._overrides))
            return
        self._listener = Listener(
            application=self._later, host=self._host, port=port,
            context=pki.server_context(pki.service("portal"), client_certificate=False))
        self._thread.start([self._listener])

    def _open_metrics(self) -> None:
        """Tell figures of both sides, in clear text: ``metrics`` in ``world.json``."""
        ours = SimulatorMetrics(self.world, psc=self.psc, repository=self.repository).listener(
            host=self._host, port=self._ports.get("metrics", 0))
        self._simulators.start([ours])
        self._scraped["simulators"] = [ours.url + PATH, *self.world.metrics_elsewhere]
        if self._copies is not None:
            self._scraped["gateway"] = self._copies.metrics
            return
        portal = Listener(application=cast("Application", self._metrics.application), context=None,
                          host=self._host, port=self._ports.get("portal_metrics", 0))
        self._thread.start([portal])
        self._scraped["gateway"] = [portal.url + PATH]

    def _portal(self, started: ExitStack, login_origins: tuple[str, ...]) -> Application:
        """The gateway, the login and the portal, as an installation would put them together."""
        config = from_world(self.world_json, outbox=self._run_dir / "audit.sqlite", limits=self._limits)
        secret = secrets.token_urlsafe(24)
        callback = f"{self.url}/auth/callback"
        self.psc.trust(str(config.tls.ca))
        self.psc.register(PscClient(
            client_id=_CLIENT, secret=secret, redirect_uris=(callback,),
            post_logout_redirect_uris=(f"{self.url}/fin",),
            backchannel_logout_uri=f"{self.url}/auth/backchannel-logout"))
        http = started.enter_context(open_http(config.tls.ca))
        login = LoginClient(
            PscSettings(issuer=self.psc.issuer, client_id=_CLIENT, client_secret=secret,
                        redirect_uri=callback, post_logout_redirect_uri=f"{self.url}/fin"),
            http=http, clock=self._clock, new_secret=lambda: secrets.token_urlsafe(32))
        self._gateway = Gateway(config, clock=self._clock, new_id=new_ids(None).__next__,
                                on_message=self._on_message, on_step=self._metrics.step,
                                judge=self._judge or document_judge(terminology(), self._clock))
        started.callback(self._gateway.close)
        settings = replace(PortalSettings(base_url=self.url, login_origins=login_origins), **self._overrides)
        self._app = create_app(self._gateway, login, settings, terminology=terminology(), clock=self._clock)
        self._metrics.watch(self._app.state.portal)
        started.callback(self._app.state.portal.close)
        # Starlette has words of its own for the same ASGI.
        return cast("Application", self._metrics.counting(self._app))

    def _write(self, path: Path, wallet: str) -> None:
        """Add the services of ours to ``world.json``."""
        content = json.loads(path.read_text(encoding="utf-8"))
        content |= {"portal": self.url, "pro_sante_connect": wallet, "console": self.console.url}
        if self.repository is not None:
            content["audit_repository"] = self.repository.described()
        content["processes"] = {"simulators": [os.getpid(), *self.world.pids]}
        if self._copies is not None:
            content["portals"] = self._copies.urls
            content["processes"]["gateway"] = self._copies.pids
        content["metrics"] = self._scraped
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        targets = [{"targets": [urlsplit(one).netloc], "labels": {"role": role}}
                   for role, urls in self._scraped.items() for one in urls]
        path.with_name("prometheus-targets.json").write_text(json.dumps(targets, indent=2) + "\n",
                                                             encoding="utf-8")

    def stop(self) -> None:
        """Close everything; audit events that wait get a second to leave. Stopping twice is harmless."""
        self._closing.close()

    def __enter__(self) -> PortalWorld:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()

    # -- what is in it ---------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Base URL of the portal (of the first copy), without a slash at the end."""
        if self._copies is not None and self._copies.urls:
            return self._copies.urls[0]
        if self._listener is None:
            raise LocalError("the portal was not started; use it as a context manager, or call start()")
        return self._listener.url

    @property
    def metrics(self) -> dict[str, list[str]]:
        """Where ``gateway`` and ``simulators`` tell their figures: addresses of each."""
        return {role: list(urls) for role, urls in sorted(self._scraped.items())}

    @property
    def ca(self) -> Path:
        """Trust anchors of this world (PEM), for browsers and clients."""
        return self._run_dir / "pki" / "ca.pem"

    @property
    def gateway(self) -> Gateway:
        """The gateway behind the portal."""
        if self._gateway is None:
            raise LocalError("the portal was not started")
        return self._gateway

    @property
    def app(self) -> Starlette:
        """The portal's application; ``app.state.portal`` is the portal itself."""
        if self._app is None:
            raise LocalError("the portal was not started")
        return self._app
