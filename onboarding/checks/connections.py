"""Connections: no redirects, every address alive, idle moments borne."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from ehdsi.errors import EhdsiError, TransportFailure
from onboarding.bench import Bench
from onboarding.catalogue import check
from onboarding.checks.soap_messages import golden
from onboarding.letters import STEPS
from onboarding.looking import traces
from onboarding.model import Observation, Skip
from onboarding.stimuli import letter


@check(id="HTTP-REDIRECT", title="services do not redirect", requirement="X-HTTP-05", chapter="soap")
def redirect(bench: Bench) -> Iterator[Observation]:
    """A golden request to each address is not answered with 3xx."""
    for step in STEPS:
        try:
            reply = golden(bench, step)
        except (Skip, TransportFailure):
            continue
        if 300 <= reply.status < 400:
            yield Observation(
                what="the service redirects",
                where=f"{step} HTTP",
                expected="an answer",
                got=f"HTTP {reply.status}",
                hint="publish the final address in the SMP",
            )


@check(
    id="HTTP-ADDRESSES",
    title="every published address takes connections",
    requirement="X-HTTP-06",
    chapter="soap",
)
def addresses(bench: Bench) -> Iterator[Observation]:
    """Each address that the host name resolves to."""
    seen: set[tuple[str, int]] = set()
    for step in STEPS:
        parts = urlsplit(bench.url(step))
        place = (parts.hostname or "", parts.port or 443)
        if place in seen:
            continue
        seen.add(place)
        try:
            found = {one[4] for one in socket.getaddrinfo(*place, type=socket.SOCK_STREAM)}
        except OSError:
            yield Observation(
                what="the host name does not resolve",
                where=f"{step} {place[0]}",
                expected="an address",
                got="none",
            )
            continue
        for address in found:
            try:
                socket.create_connection(address[:2], bench.limits.connect).close()  # type: ignore[arg-type]
            except OSError as error:
                yield Observation(
                    what="a published address takes no connection",
                    where=f"{step} {address[0]}",
                    expected="a connection",
                    got=type(error).__name__,
                )


@check(
    id="HTTP-IDLE",
    title="a connection that was idle for a moment still serves",
    requirement="X-HTTP-04",
    chapter="soap",
    level="should",
    needs=("ITI-55",),
)
def idle(bench: Bench) -> Iterator[Observation]:
    """Two requests on one connection with a pause of half a second."""
    url = bench.url("ITI-55")
    first = bench.send(letter(bench, "ITI-55"))
    time.sleep(0.5)
    try:
        second = bench.send(letter(bench, "ITI-55"), url=url)
    except EhdsiError as failure:
        yield Observation(
            what="the connection was closed without notice",
            where="ITI-55 HTTP",
            expected="an answer",
            got=type(failure).__name__,
            clause="RFC 9112, 9.3",
        )
        return
    if second.status != first.status:
        yield Observation(
            what="the second request on a connection is answered differently",
            where="ITI-55 HTTP",
            expected=str(first.status),
            got=str(second.status),
        )


@check(
    id="HTTP-GET",
    title="a GET of a service gives no patient data and no internals",
    requirement="X-HTTP-03",
    chapter="soap",
    level="should",
    needs=("ITI-55",),
)
def get(bench: Bench) -> Iterator[Observation]:
    """A web page at this place may be a WSDL or an error, never an answer of the transaction."""
    answer = bench.get(bench.url("ITI-55"), "ITI-55 GET")
    yield from traces(answer.body, bench, bench.good)
