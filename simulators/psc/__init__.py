"""Pro Santé Connect, simulated: an OpenID Connect provider with test identities and failures on demand.

::

    psc = PscSimulator(clients=[PscClient(client_id="testbed-portal", secret="…", redirect_uris=(…,))])
    listeners = psc_listeners(psc, pki)      # issuer, wallet (pages), mutual TLS
    thread.start(list(listeners.values()))
    locate_psc(psc, listeners)
    psc.issuer                               # what the client is configured with
    psc.faults.add("wrong_nonce", times=1)

``psc.handle`` is one function for all three sites (``HttpRequest`` to ``HttpResponse``), as with every
simulator; ``psc.app`` is the ASGI application around it. Nothing here is the real service or looks like it.
"""

from simulators.psc.clients import PscClient
from simulators.psc.identities import Identity, load_identities
from simulators.psc.listening import locate_psc, psc_listeners
from simulators.psc.simulator import PscSimulator, PscSite, psc_sites

__all__ = [
    "Identity",
    "PscClient",
    "PscSimulator",
    "PscSite",
    "load_identities",
    "locate_psc",
    "psc_listeners",
    "psc_sites",
]
