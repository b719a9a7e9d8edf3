"""Pro Santé Connect, simulated: an OpenID Connect provider with test identities and failures on demand.

::

    psc = PscSimulator(clients=[PscClient(client_id="testbed-portal", secret="…", redirect_uris=(…,))])
    for site in psc_sites(psc): ...          # three listeners: issuer, wallet (pages), mutual TLS
    psc.locate(issuer="https://127.0.0.1:1", wallet="https://127.0.0.1:2", mtls="https://127.0.0.1:3")

``psc.handle`` is one function for all three sites (``HttpRequest`` to ``HttpResponse``), as with every
simulator; ``psc.app`` is the ASGI application around it. Nothing here is the real service or looks like it.
"""

from simulators.psc.clients import PscClient
from simulators.psc.identities import Identity, load_identities
from simulators.psc.simulator import PscSimulator, PscSite, psc_sites

__all__ = ["Identity", "PscClient", "PscSimulator", "PscSite", "load_identities", "psc_sites"]
