"""What must be there before a check makes sense: one sentence when it is not, said to all who need it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import urlsplit

from ehdsi import smp
from ehdsi.errors import EhdsiError, PeerError, TransportFailure
from onboarding.bench import Bench
from onboarding.letters import STEPS, Step

#: Name of a gate -> the sentence that says why it is closed, empty when it is open.
Gate = Callable[[Bench], str]


def closed(bench: Bench, needs: tuple[str, ...]) -> str:
    """Why one of these needs is not met, empty when all are."""
    for need in needs:
        reason = bench.once(("gate", need), partial(_closed, bench, need))
        if reason:
            return reason
    return ""


def unreachable(bench: Bench) -> str:
    """The sentence that nothing listens at any address of the candidate; empty when something does."""
    reasons = {step: _connects(bench, step) for step in STEPS}
    if all(reasons.values()):
        return f"{bench.country.code} cannot be examined: {reasons['ITI-55']}"
    return ""


def silent(bench: Bench) -> str:
    """The sentence that the candidate gives no usable answer to a correct request; empty when it does."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda need: closed(bench, (need,)), ("ITI-55", "ITI-38"))
    if first and second:
        return f"{bench.country.code} cannot be examined: {first}"
    return ""


def _closed(bench: Bench, need: str) -> str:
    if need == "smp":
        return _smp(bench)
    if need == "mask":
        return _smp(bench) or _read(bench, smp.SEARCH_MASK)
    if need in STEPS:
        return _step(bench, need)
    raise ValueError(f"no gate is called {need}")


def _smp(bench: Bench) -> str:
    try:
        bench.get(
            bench.target.smp.rstrip("/") + smp.service_group_path(smp.participant(bench.country.code)),
            "SMP service group",
        )
    except TransportFailure as failure:
        return f"the SMP does not answer: {failure.what}"
    return ""


def _read(bench: Bench, service: smp.Service) -> str:
    try:
        bench.metadata_root(service)
    except EhdsiError as error:
        return f"the SMP entry for the {service.name} cannot be read: {error}"
    return ""


def _connects(bench: Bench, step: Step) -> str:
    """Does anything listen where this transaction is published?"""
    try:
        parts = urlsplit(bench.url(step))
        address = (parts.hostname or "", parts.port or 443)
        socket.create_connection(address, bench.limits.connect).close()
    except EhdsiError as error:
        return str(error)
    except (OSError, ValueError) as error:
        return f"nothing listens at {parts.netloc} ({type(error).__name__})"
    return ""


def _step(bench: Bench, step: Step) -> str:
    """A correct request gets an HTTP answer with a SOAP message in it."""
    try:
        persona = bench.good
        if step == "ITI-55":
            reply = bench.asked(persona).reply
        elif step == "ITI-38":
            reply = bench.listed(persona).reply
        else:
            level = next((one for one in (3, 1) if one in bench.country.documents.levels), 3)
            reply = bench.retrieved(persona, level).reply
    except TransportFailure as failure:
        return f"no answer to a correct {step}: {failure.what}"
    except PeerError as error:
        return f"{step} cannot be asked: {error.what}"
    except EhdsiError as error:
        return f"{step} cannot be asked: {error}"
    if reply.envelope is None:
        kind = reply.header("content-type").split(";")[0][:40] or "no content type"
        return f"the answer to a correct {step} is no SOAP message (HTTP {reply.status}, {kind})"
    return ""
