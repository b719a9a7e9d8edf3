"""Where the simulated Pro Santé Connect listens: three ports, as the real one has several hosts."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.pki import Pki
from simulators.psc.simulator import PscSimulator, SiteName, psc_sites
from simulators.server import Listener


def psc_listeners(psc: PscSimulator, pki: Pki, *, host: str = "127.0.0.1",
                  ports: Mapping[str, int] | None = None) -> dict[SiteName, Listener]:  # fmt: skip
    """The listeners of its sites, to be started together with others; then call ``locate_psc``.

    Parameters
    ----------
    ports : fixed ports by ``issuer``, ``wallet``, ``mtls``; free ones otherwise.
    """
    wanted = ports or {}
    credential = pki.service("pro_sante_connect")
    return {
        site.name: Listener(
            application=site.application,
            context=pki.server_context(credential, client_certificate=site.client_certificate),
            host=host,
            port=wanted.get(site.name, 0),
        )
        for site in psc_sites(psc)
    }


def locate_psc(psc: PscSimulator, listeners: Mapping[SiteName, Listener]) -> None:
    """Tell it where it is, once its listeners are bound."""
    psc.locate(
        issuer=listeners["issuer"].url, wallet=listeners["wallet"].url, mtls=listeners["mtls"].url
    )
