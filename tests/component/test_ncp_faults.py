"""The fault catalogue at work on a real NCP: each fault spoils what it names, as often as it is told."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import simulators.faults
from ehdsi import registry, xml
from ehdsi.errors import EhdsiError
from ehdsi.xcpd import Outcome
from simulators.faults import Fault, read_catalogue
from simulators.world import World
from tests.component.golden_requests import Gateway, Reply
from tests.component.negative_parts import letter, matched, served

#: The general faults; single defects have a test of their own (``test_defects``).
GENERAL = read_catalogue(
    (Path(simulators.faults.__file__).parent / "faults.toml").read_text(encoding="utf-8"), "faults.toml"
)

WIRE = {name: fault for name, fault in GENERAL.items() if "SMP" not in fault.steps or len(fault.steps) > 1}


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with World(["HR"]) as world:
        gateway = Gateway(world, "HR")
        for key in ("HR-1", "HR-3"):  # what is made once is made before anything is timed
            gateway.send(letter(gateway, "ITI-39", key=key))
        gateway.client.timeout = httpx.Timeout(2.0)
        yield gateway
        gateway.close()


@pytest.fixture
def gateway(running: Gateway) -> Gateway:
    running.world.reset()
    return running


#: Faults that a client which reads the values alone does not see, and a better one bears or finds elsewhere.
UNSEEN = ("xca-hash-wrong", "tim-drip", "tls-no-client-auth", "tls-c-wrong-country")


def _step(fault: Fault) -> str:
    if fault.name == "http-latin1":  # a document list holds no letter that could suffer
        return "ITI-55"
    return next((step for step in ("ITI-39", "ITI-38", "ITI-55") if step in fault.steps), "ITI-39")


def _look(gateway: Gateway, step: str, key: str = "HR-1") -> Any:
    """What a careful client sees: the values of the answer, or the kind of failure."""
    try:
        reply = gateway.send(letter(gateway, step, key=key))
        if reply.payload is None:
            return ("no SOAP", reply.status)
        if reply.fault is not None:
            return ("fault", reply.fault.code)
        return (reply.status, reply.headers["content-type"].partition(";")[0], *_values(reply, step))
    except (httpx.HTTPError, EhdsiError) as error:
        return type(error).__name__


def _values(reply: Reply, step: str) -> tuple[Any, ...]:
    assert reply.envelope is not None
    header = (
        reply.envelope.action,
        bool(reply.envelope.relates_to.startswith("urn:uuid:00000000-0000-4000-8000-000000000000")),
    )
    if step == "ITI-55":
        answer = reply.discovery()
        return (
            *header,
            answer.outcome,
            answer.patients,
            answer.receiver,
            answer.sender,
            answer.target_message_id.root == "00000000-0000-4000-8000-000000000000",
        )
    if step == "ITI-38":
        listing = reply.listing()
        return (
            *header,
            listing.status,
            len(listing.associations),
            tuple(
                (one.home_community_id, one.unique_id, one.patient_id, one.hash) for one in listing.entries
            ),
        )
    found = reply.retrieved()
    for document in found.documents:
        xml.parse(document.content)
    return (*header, found.status, found.documents)


@pytest.mark.parametrize("name", sorted(WIRE))
def test_fault_spoils_the_answer_and_leaves_no_trace(gateway: Gateway, name: str) -> None:
    """Each fault changes what a client sees, for the patient that it is set for, until it is taken away."""
    fault, ncp = WIRE[name], gateway.world.ncp("HR")
    step = _step(fault)
    per_patient = fault.transform != "tls"
    healthy, neighbour = _look(gateway, step), _look(gateway, step, "HR-3")
    parameters = {"latency": {"seconds": 5.0}, "tim-drip": {"drip": 0.0005}}.get(name, {})
    steps = (step,) if step in fault.steps else ("document",)
    with ncp.faults.acting(name, steps=steps, patient="HR-1" if per_patient else None, **parameters):
        spoilt = _look(gateway, step)
        assert (spoilt != healthy) == (name not in UNSEEN)
        if per_patient:
            assert ncp.received.last.faults == ((name,) if step in fault.steps else ())
            assert _look(gateway, step, "HR-3") == neighbour
    assert _look(gateway, step) == healthy


def test_client_without_certificate_is_served_under_its_fault(gateway: Gateway) -> None:
    """The defect that lets anonymous clients in really lets them in."""
    anonymous = httpx.Client(verify=gateway.pki.client_context(), trust_env=False)
    with gateway.world.ncp("HR").faults.acting("tls-no-client-auth"), anonymous:
        matched(gateway.send(letter(gateway, "ITI-55"), client=anonymous))


def test_other_certificate_than_the_published_one_is_served(gateway: Gateway) -> None:
    """Only a comparison with the SMP finds the certificate of another country: it is trusted otherwise."""
    host, port = gateway.world.endpoints["HR"].xcpd.split("/")[2].split(":")
    context = gateway.pki.client_context(gateway.pki.gateway_tls)

    def served_certificate() -> bytes | None:
        with (
            socket.create_connection((host, int(port))) as plain,
            context.wrap_socket(plain, server_hostname=host) as tls,
        ):
            return tls.getpeercert(binary_form=True)

    published = gateway.pki.tls_server("HR").der
    assert served_certificate() == published
    with gateway.world.ncp("HR").faults.acting("tls-c-wrong-country"):
        assert served_certificate() != published


def test_fault_acts_as_often_as_it_is_told(gateway: Gateway) -> None:
    """A fault for two requests spoils two requests."""
    gateway.world.ncp("HR").faults.add("xcpd-no-match", times=2)
    seen = [gateway.send(letter(gateway, "ITI-55")).discovery().outcome for _ in range(3)]
    assert seen == [Outcome.NO_MATCH, Outcome.NO_MATCH, Outcome.MATCH]


def test_inline_document_is_the_same_document(gateway: Gateway) -> None:
    """Base64 inside the message and an MTOM part beside it are the same information."""
    outside = gateway.send(letter(gateway, "ITI-39")).retrieved().documents[0].content
    with gateway.world.ncp("HR").faults.acting("mtom-inline-base64"):
        reply = gateway.send(letter(gateway, "ITI-39"))
    assert reply.headers["content-type"].startswith("application/soap+xml")
    assert reply.retrieved().documents[0].content == outside


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("registry-error", lambda reply: reply.retrieved().status == registry.STATUS_FAILURE),
        ("sec-narrative-script", lambda reply: b"<script" in reply.retrieved().documents[0].content),
        ("sec-allergies-missing", lambda reply: b'"48765-2"' not in reply.retrieved().documents[0].content),
        ("rob-entity-bomb", lambda reply: b"<!DOCTYPE" in reply.retrieved().documents[0].content),
        ("ret-other-patient", lambda reply: b"999980013" not in reply.retrieved().documents[0].content),
        (
            "hdr-patientid-other",
            lambda reply: b'extension="000000000"' in reply.retrieved().documents[0].content,
        ),
        ("term-code-unmapped", lambda reply: b"ZZZ-unmapped" in reply.retrieved().documents[0].content),
    ],
)
def test_document_fault_is_in_the_document(
    gateway: Gateway, name: str, check: Callable[[Reply], bool]
) -> None:
    """The defect is where its name says, and the message around it is right."""
    request = letter(gateway, "ITI-39")
    with gateway.world.ncp("HR").faults.acting(name):
        reply = gateway.send(request)
    assert check(reply)


def test_open_connection_of_another_request_survives(gateway: Gateway) -> None:
    """A reset hits its own request: the next one is served at once."""
    with gateway.world.ncp("HR").faults.acting("http-reset-mid-body", times=1):
        assert _look(gateway, "ITI-55") in ("ReadError", "RemoteProtocolError")
    served("ITI-55")(gateway.send(letter(gateway, "ITI-55")))
