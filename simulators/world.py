"""A whole world in one call: the SMP and any number of foreign NCPs, one clock, one seed, free ports.

::

    with World(["HR", "EE"]) as world:
        world.endpoints["HR"].xcpd       # https://127.0.0.1:…
        world.ncp("HR").received.last    # what it got
        world.ncp("HR").faults.add("latency", seconds=2)

All servers of a world share one thread and one event loop, or each country has a process of its own
(``processes=True``), which can be killed and has a core for itself.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any

from ehdsi.errors import LocalError
from simulators.clock import Clock, real_clock, seeded_ids
from simulators.faults import FaultSet
from simulators.http import Handler, HttpResponse, application
from simulators.ncp.paths import Endpoints, endpoints_at
from simulators.ncp.quirks import quirks_of
from simulators.pki import Credential, Pki
from simulators.server import Listener, ServerThread
from simulators.tls_flaws import loosen

if TYPE_CHECKING:
    from countries.documents import SummaryDocument
    from countries.model import Country, Persona
    from ehdsi.terminology import Terminology
    from simulators.apart import CountryProcess
    from simulators.ncp.simulator import ForeignNcp
    from simulators.smp.simulator import SmpSimulator

_TERMINOLOGY = Path(__file__).parents[1] / "fixtures" / "terminology"


class World:
    """The foreign world around a gateway. Use as a context manager, or ``start`` and ``stop``.

    Parameters
    ----------
    countries : ISO codes, paths of packs, or loaded packs; all packs of the project by default.
    mode : ``strict`` or ``openncp-like``; single quirks can be switched per NCP.
    clock : the time that simulators go by; the machine's by default.
    seed : identifiers that simulators make are the same for the same seed. Keys are random in any case.
    host : the address to listen on.
    ports : fixed ports by country code, ``smp`` for the SMP; free ones otherwise.
    processes : every country in a process of its own, see ``process``; the machine's clock only. Those
        countries send no audit events.
    pki : the certificates of another process of the same world.

    Raises
    ------
    LocalError : an unknown mode or country, a port in use.
    """

    def __init__(
        self,
        countries: Iterable[str | Path | Country] | None = None,
        *,
        mode: str = "strict",
        clock: Clock = real_clock,
        seed: int = 0,
        host: str = "127.0.0.1",
        ports: Mapping[str, int] | None = None,
        processes: bool = False,
        pki: Pki | None = None,
    ) -> None:
        if processes and clock is not real_clock:
            raise LocalError("countries in processes of their own go by the machine's clock; leave it so")
        self.mode = mode
        self.clock = clock
        self.seed = seed
        self.host = host
        self.quirks = quirks_of(mode)
        self._ports = dict(ports or {})
        self.countries: Mapping[str, Country] = MappingProxyType(_loaded(countries))
        subjects = {code: country.certificate_subject for code, country in self.countries.items()}
        hosts = dict.fromkeys(("localhost", "127.0.0.1", "::1", host))
        self.pki = pki or Pki(now=clock(), subjects=subjects, hosts=tuple(hosts))
        self.ncps: Mapping[str, ForeignNcp] = MappingProxyType(
            {code: self._new_ncp(country) for code, country in self.countries.items()}
        )
        self._processes: dict[str, CountryProcess] = self._apart() if processes else {}
        self._thread = ServerThread()
        self._listeners: dict[str, Listener] = {}
        self._bases: dict[str, str] = {}
        self._tls: dict[str, dict[str, Any]] = {}
        self._smp: SmpSimulator | None = None
        self._replaced: dict[str, Handler] = {}

    # -- life ------------------------------------------------------------------------------------------

    def start(self, *, smp: bool = True) -> World:
        """Bind all ports; on return everything answers. ``smp=False`` leaves the SMP out."""
        for process in self._processes.values():
            process.launch()
        for code, ncp in self.ncps.items():
            if code in self._processes:
                continue
            context = self.pki.server_context(self.pki.tls_server(code))
            self._listeners[code] = self._listener(code, self._replaced.get(code, ncp.handle), context)
        if smp:
            context = self.pki.server_context(self.pki.service("smp"), client_certificate=False)
            self._listeners["smp"] = self._listener("smp", lambda request: self.smp.handle(request), context)
        try:
            self._thread.start(list(self._listeners.values()))
            for process in self._processes.values():
                process.wait()
        except LocalError:
            self.stop()
            raise
        bases = {name: listener.url for name, listener in self._listeners.items()}
        self._move_in(bases | {code: process.url for code, process in self._processes.items()})
        return self

    def replace(self, code: str, handle: Handler) -> None:
        """Let something else answer in the place of an NCP, such as a recording; before the start."""
        self._replaced[self.ncp(code).code] = handle

    def listen(self, listener: Listener) -> None:
        """Serve something more in the thread of this world, such as its metrics; after the start."""
        self._thread.start([listener])

    @property
    def listeners(self) -> Mapping[str, Listener]:
        """What listens in this process, by country code, ``smp`` for the SMP."""
        return MappingProxyType(self._listeners)

    def without_sockets(self) -> World:
        """Give every simulator a URL that does not exist; ``simulators.in_process`` answers there."""
        self._move_in({name: f"https://{name.lower()}.ncpeh.invalid" for name in (*self.ncps, "smp")})
        return self

    def handlers(self) -> dict[str, Handler]:
        """What answers at which base URL."""
        ncps: dict[str, Handler] = {
            self._base(code): self._replaced.get(code, ncp.handle) for code, ncp in self.ncps.items()
        }
        return ncps | {self.smp_url: self.smp.handle}

    def stop(self) -> None:
        """Close all ports and connections within two seconds; harmless when nothing runs."""
        for process in self._processes.values():
            process.dismiss()
        for process in self._processes.values():
            process.stop()
        self._thread.stop()
        self._listeners.clear()
        self._bases.clear()

    def __enter__(self) -> World:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def reset(self) -> None:
        """Back to the beginning for the next test: no faults, nothing received, the mode's quirks."""
        for process in self._processes.values():
            process.reset()
        for ncp in self.ncps.values():
            ncp.reset(quirks=self.quirks)
        if self._smp is not None:
            self._smp.reset()

    # -- what is in it ---------------------------------------------------------------------------------

    def ncp(self, code: str) -> ForeignNcp:
        """The NCP of a country; raises ``LocalError`` for one that is not in this world."""
        found = self.ncps.get(code.upper())
        if found is None:
            raise LocalError(f"{code!r} is not in this world; there are {', '.join(self.ncps)}")
        if code.upper() in self._processes:
            raise LocalError(f"{code} has a process of its own; ask for world.process({code!r})")
        return found

    @property
    def ncps_here(self) -> tuple[ForeignNcp, ...]:
        """The NCPs that answer in this process."""
        return tuple(ncp for code, ncp in self.ncps.items() if code not in self._processes)

    @property
    def has_smp(self) -> bool:
        """Was the SMP of this world asked for anything yet?"""
        return self._smp is not None

    def process(self, code: str) -> CountryProcess:
        """The process of a country: ``kill``, ``restart``, ``add_fault``, ``received``.

        Raises
        ------
        LocalError : the country shares this process, or is not in this world.
        """
        found = self._processes.get(code.upper())
        if found is None:
            raise LocalError(f"{code!r} has no process of its own; start the world with processes=True")
        return found

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the countries that have one of their own."""
        return tuple(process.pid for process in self._processes.values())

    @property
    def codes_elsewhere(self) -> tuple[str, ...]:
        """The countries that have processes of their own."""
        return tuple(self._processes)

    @property
    def metrics_elsewhere(self) -> tuple[str, ...]:
        """Where the countries in processes of their own tell their figures."""
        return tuple(process.metrics for process in self._processes.values())

    @property
    def smp(self) -> SmpSimulator:
        """The SMP of this world; its entries are signed when they are first asked for."""
        if self._smp is None:
            from simulators.smp.simulator import SmpSimulator

            self._smp = SmpSimulator(
                self.countries,
                pki=self.pki,
                clock=self.clock,
                endpoints=lambda: self.endpoints,
                base_url=lambda: self.smp_url,
            )
        return self._smp

    @property
    def smp_url(self) -> str:
        """Base URL of the SMP, without a slash at the end."""
        return self._base("smp")

    @property
    def endpoints(self) -> dict[str, Endpoints]:
        """Where each country answers, by code."""
        return {code: endpoints_at(self._base(code)) for code in self.ncps}

    def world_json(self, run_dir: Path) -> Path:
        """Write ``world.json`` and the PEM files that it names; returns its path.

        Keys of services that are not simulators of this package (``portal`` …) are filled in by whoever
        starts them; here they are absent.
        """
        run_dir.mkdir(parents=True, exist_ok=True)
        written = self.pki.write(run_dir / "pki")
        names = {name: str(path.relative_to(run_dir)) for name, path in written.items()}
        content = {
            "smp": self.smp_url,
            "pki": {
                "ca": names["ca"],
                "smp_signer": names["smp_signer.cert"],
                "gateway_tls": {"cert": names["gateway_tls.cert"], "key": names["gateway_tls.key"]},
                "gateway_seal": {"cert": names["gateway_seal.cert"], "key": names["gateway_seal.key"]},
            },
            "countries": {code: self._described(code) for code in self.ncps},
        }
        path = run_dir / "world.json"
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return path

    # -- inside ----------------------------------------------------------------------------------------

    def _described(self, code: str) -> dict[str, Any]:
        country, endpoints = self.countries[code], self.endpoints[code]
        patients = {
            persona.key: [{"root": one.root, "extension": one.extension} for one in persona.identifiers]
            for persona in country.personas
        }
        return {
            "home_community_id": country.oids.home_community,
            "mode": self.mode,
            "xcpd": endpoints.xcpd,
            "xca": endpoints.xca,
            "patients": patients,
        }

    def _apart(self) -> dict[str, CountryProcess]:
        from simulators.apart import CountryProcess

        return {
            code: CountryProcess(
                country,
                pki=self.pki,
                mode=self.mode,
                seed=self.seed,
                host=self.host,
                port=self._ports.get(code, 0),
            )
            for code, country in self.countries.items()
        }

    def _listener(self, name: str, handle: Handler, context: ssl.SSLContext | None) -> Listener:
        return Listener(
            application=application(handle), context=context, host=self.host, port=self._ports.get(name, 0)
        )

    def _move_in(self, bases: dict[str, str]) -> None:
        self._bases = bases
        for code, ncp in self.ncps.items():
            ncp.endpoints = endpoints_at(bases[code])

    def _base(self, name: str) -> str:
        if name not in self._bases:
            raise LocalError("the world was not started; use it as a context manager, or call start()")
        return self._bases[name]

    def _new_ncp(self, country: Country) -> ForeignNcp:
        from simulators.ncp.simulator import ForeignNcp

        return ForeignNcp(
            country,
            pki=self.pki,
            clock=self.clock,
            quirks=self.quirks,
            make_documents=self._documents,
            new_id=seeded_ids(self.seed, country.code),
            faults=FaultSet(lambda: self._retune(country.code)),
        )

    @cached_property
    def _terminology(self) -> Terminology:
        """The terminology of the project, read when the first document is made."""
        from ehdsi.terminology import load

        return load(_TERMINOLOGY)

    def _documents(self, country: Country, persona: Persona, now: datetime) -> tuple[SummaryDocument, ...]:
        from countries.documents import documents_of

        return documents_of(country, persona, self._terminology, now)

    def _retune(self, code: str) -> None:
        """Give a listener the certificate and the client check that the faults of its country ask for."""
        if code not in self._listeners:
            return
        from simulators.faults_apply import of_kind

        active = self.ncps[code].faults.active
        wanted: dict[str, Any] = {}
        for fault in of_kind((one.fault for one in active), "tls"):
            wanted |= fault.parameters
        if wanted == self._tls.get(code, {}):
            return
        self._tls[code] = wanted
        flaw = wanted.get("certificate")
        if flaw == "revoked":
            self._serve_revocations()
        credential: Credential = (
            self.pki.flawed("tls_server", code, flaw) if flaw else self.pki.tls_server(code)
        )
        asked = wanted.get("client_certificate", "required")
        context = self.pki.server_context(
            credential, client_certificate=asked != "none", weak=flaw in ("weak_key", "sha1")
        )
        loosen(context, wanted)
        if asked == "any":
            context.load_verify_locations(cadata=self.pki.stranger.der)
        self._thread.replace_context(self._listeners[code], context)

    def _serve_revocations(self) -> None:
        """Serve the authority's list of revoked certificates, in clear text as such lists are."""
        if "revocations" in self._listeners:
            return
        listener = self._listener("revocations", lambda _: self._revocations(), None)
        self._thread.start([listener])
        self._listeners["revocations"] = listener
        self.pki.revocation_url = f"{listener.url}/authority.crl"

    def _revocations(self) -> HttpResponse:
        return HttpResponse(
            headers=(("content-type", "application/pkix-crl"),), body=self.pki.revocation_list()
        )


def _loaded(countries: Iterable[str | Path | Country] | None) -> dict[str, Country]:
    import countries as packs

    chosen = (
        packs.load_all()
        if countries is None
        else [packs.load(one) if isinstance(one, str | Path) else one for one in countries]
    )
    return {country.code: country for country in chosen}
