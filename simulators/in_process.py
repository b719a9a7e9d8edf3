"""A world without sockets: httpx calls to its URLs are answered in the same process, through respx.

What a socket would do to the caller is imitated by the exceptions of httpx: a hung answer is a
``ReadTimeout`` at once, a cut one a ``RemoteProtocolError``; nobody waits. TLS faults have no effect here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx

from simulators.http import MAX_BODY, Handler, HttpRequest

if TYPE_CHECKING:
    from simulators.world import World


@contextmanager
def answering(world: World) -> Iterator[None]:
    """Answer httpx calls to this world's URLs while the context lasts.

    Any other URL fails the test, as respx does by default. Needs ``respx`` (extra ``test``).
    """
    import respx

    with respx.mock(assert_all_called=False) as router:
        for url, answer in answers(world).items():
            router.route(url__startswith=url).mock(side_effect=answer)
        yield


def answers(world: World) -> dict[str, Callable[[httpx.Request], httpx.Response]]:
    """For each base URL of this world what answers there; the caller counts as the French gateway."""
    peer = world.pki.gateway_tls.der
    return {url: _answer(handle, peer) for url, handle in world.handlers().items()}


def _answer(handle: Handler, peer: bytes) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        response = handle(_received(request, peer))
        way = response.delivery
        limit = request.extensions.get("timeout", {}).get("read")
        if way.hang or (limit is not None and way.delay > limit):
            raise httpx.ReadTimeout("the simulated peer does not answer in time", request=request)
        if way.cut_at is not None:
            raise httpx.RemoteProtocolError("the simulated peer broke off the connection", request=request)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        return httpx.Response(response.status, headers=headers, content=response.body, request=request)

    return answer


def _received(request: httpx.Request, peer: bytes) -> HttpRequest:
    """The request as a simulator sees it; the caller counts as the French gateway."""
    headers = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw
    )
    raw_path, _, query = request.url.raw_path.decode("ascii").partition("?")
    too_large = len(request.content) > MAX_BODY
    return HttpRequest(
        method=request.method,
        path=unquote(raw_path),
        query=query,
        headers=headers,
        body=b"" if too_large else request.content,
        too_large=too_large,
        peer_certificate=peer,
    )
