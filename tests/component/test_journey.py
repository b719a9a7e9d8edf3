"""Whole journeys of the gateway against simulated countries, over real sockets and mutual TLS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from exchange.http import Limits
from exchange.wire import WireMessage
from ncpeh.settings import new_ids, now, typed_traits
from sesali.config import GatewayConfig, from_world
from sesali.gateway import Gateway
from sesali.journey import STEPS, JourneyRecord, walk
from sesali.outcomes import StepRefused
from sesali.professional import DEMONSTRATOR
from simulators.world import World

Walk = Callable[..., JourneyRecord]


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("world")


@pytest.fixture
def config(ncpeh_world: World, run_dir: Path) -> GatewayConfig:
    """The gateway of this world; patience in fractions of a second, nothing remembered from the SMP."""
    return replace(
        from_world(ncpeh_world.world_json(run_dir)),
        mask_age=0.0,
        limits=Limits(connect=2.0, read=2.0, total=3.0),
    )


@pytest.fixture
def seen() -> list[WireMessage]:
    return []


@pytest.fixture
def gateway(config: GatewayConfig, seen: list[WireMessage]) -> Iterator[Gateway]:
    with Gateway(config, clock=now, new_id=new_ids(None).__next__, on_message=seen.append) as opened:
        yield opened


@pytest.fixture
def journey(gateway: Gateway, ncpeh_world: World) -> Walk:
    """``journey("HR-1")``: the persona's whole journey."""

    def walked(key: str, through: Gateway = gateway) -> JourneyRecord:
        country = ncpeh_world.countries[key[:2]]
        persona = country.persona(key)
        return walk(
            through,
            country.code,
            lambda mask: typed_traits(mask, persona),
            DEMONSTRATOR,
            lambda opened: "page",
            timer=time.perf_counter,
        )

    return walked


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("HR-2", "ok"),
        ("HR-5", "SES-072"),
        ("LU-5", "SES-072"),
        ("ES-4", "SES-073"),
        ("ES-5", "SES-061"),
        ("EE-4", "SES-070"),
        ("MT-5B", "SES-085"),
        ("PT-5", "ok"),
    ],
)
def test_each_behaviour_of_a_country_has_its_outcome(journey: Walk, key: str, code: str) -> None:
    """Match, consent refused at either step, nothing there, twins, rights, mapping, no PDF: each its code."""
    record = journey(key)
    assert (record.refusal.code if record.refusal else "ok") == code
    if record.refusal is None:
        assert tuple(record.milliseconds) == STEPS
        assert record.sections >= 5


def test_missing_original_is_said(journey: Walk) -> None:
    """A country without the PDF: the coded summary is shown, with the notice that it is alone."""
    record = journey("PT-5")
    assert record.opened is not None
    assert record.opened.missing is not None
    assert record.opened.missing.wire_code == "ERROR_PS_PDF_FORMAT_NOT_PROVIDED"
    assert "SES-100" in [notice.code for notice in record.notices]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("http-reset-mid-body", "SES-080"),
        ("http-503-plain", "SES-080"),
        ("http-200-html", "SES-082"),
        ("http-200-empty-body", "SES-082"),
        ("tls-server-expired", "SES-080"),
        ("tls-selfsigned-server", "SES-080"),
        ("tls-c-wrong-country", "SES-080"),
        ("soap-fault", "SES-082"),
        ("soap-relatesto-other", "SES-082"),
        ("soap-action-wrong", "SES-082"),
        ("rob-entity-bomb", "SES-082"),
        ("rob-external-entity", "SES-082"),
        ("xcpd-internal-error", "SES-080"),
        ("xcpd-no-match", "SES-060"),
        ("xcpd-same-subject-twice", "SES-061"),
        ("xcpd-receiver-wrong", "SES-083"),
        ("xcpd-target-message-wrong", "SES-083"),
        ("registry-error", "SES-080"),
        ("xca-outage-as-empty", "SES-073"),
        ("xca-home-other", "SES-083"),
        ("xca-patientid-other", "SES-083"),
        ("ret-docid-other", "SES-085"),
        ("ret-other-patient", "SES-085"),
        ("ret-missing-document", "SES-085"),
        ("mtom-final-boundary-missing", "SES-082"),
        ("hdr-patientid-other", "SES-085"),
        ("hdr-not-a-cda", "SES-085"),
        ("mtom-inline-base64", "ok"),
    ],
)
def test_faults_of_a_country_never_reach_the_page(
    ncpeh_world: World, journey: Walk, fault: str, code: str
) -> None:
    """Whatever a country does wrong ends in the code that the facts give, and in no page."""
    with ncpeh_world.ncp("HR").faults.acting(fault):
        record = journey("HR-2")
    assert (record.refusal.code if record.refusal else "ok") == code
    assert bool(record.page) == (code == "ok")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("smp-outer-missing", "SES-041"),
        ("smp-outer-signature-broken", "SES-041"),
        ("smp-outer-untrusted", "SES-041"),
        ("smp-inner-missing", "SES-041"),
        ("smp-service-expired", "SES-041"),
        ("ism-country-mismatch", "SES-041"),
        ("smp-http-endpoint", "SES-041"),
        ("ism-regex-invalid", "SES-041"),
    ],
)
def test_faults_in_the_smp_stop_before_any_trait_leaves(
    ncpeh_world: World, journey: Walk, fault: str, code: str
) -> None:
    """An entry that is not signed, trusted, in date and of this country is not used to send anything to."""
    with ncpeh_world.smp.fault_set("HR").acting(fault):
        record = journey("HR-2")
    assert record.refusal is not None
    assert record.refusal.code == code
    assert len(ncpeh_world.ncp("HR").received.of("ITI-55")) == 0


@pytest.mark.parametrize("fault", ["tls-c-wrong-country", "tls-selfsigned-server", "tls-server-expired"])
def test_wrong_server_certificate_gets_no_request(ncpeh_world: World, journey: Walk, fault: str) -> None:
    """The certificate is compared in the handshake: a wrong server never sees the patient's traits."""
    with ncpeh_world.ncp("HR").faults.acting(fault):
        assert journey("HR-2").refusal is not None
    assert len(ncpeh_world.ncp("HR").received.of("ITI-55")) == 0


def test_security_events_are_marked(ncpeh_world: World, journey: Walk) -> None:
    """A document of another patient is more than a technical failure."""
    with ncpeh_world.ncp("HR").faults.acting("hdr-patientid-other"):
        refusal = journey("HR-2").refusal
    assert refusal is not None
    assert refusal.notice.security
    assert refusal.notice.incident


def test_query_is_repeated_once_retrieve_is_not(
    ncpeh_world: World, journey: Walk, seen: list[WireMessage]
) -> None:
    """A broken connection is tried again for queries only, so no document is asked for twice by itself."""
    ncp = ncpeh_world.ncp("HR")
    ncp.faults.add("http-close-before-status", steps=("ITI-55",), times=1)
    ncp.faults.add("http-reset-mid-body", steps=("ITI-39",), times=1)
    record = journey("HR-2")
    sent = [message.step for message in seen if message.direction == "request"]
    assert sent.count("ITI-55") == 2
    assert sent.count("ITI-39") == 2  # level 3 broke off, level 1 came
    assert record.refusal is None
    assert record.opened is not None
    assert record.opened.structured is None


def test_slow_country_does_not_starve_another(
    ncpeh_world: World, config: GatewayConfig, journey: Walk
) -> None:
    """All workers of one country hang on it, its queue is full: the next country's journey is as ever."""
    ncpeh_world.ncp("HR").faults.add("timeout", steps=("ITI-55",))
    narrow = replace(config, workers=2, waiting=0, limits=replace(config.limits, read=5.0))
    with (
        Gateway(narrow, clock=now, new_id=new_ids(None).__next__) as gateway,
        ThreadPoolExecutor(1) as helper,
    ):
        stuck = [gateway.submit("HR", lambda: journey("HR-2", gateway)) for _ in range(2)]
        with pytest.raises(StepRefused) as refusal:
            gateway.submit("HR", lambda: journey("HR-2", gateway))
        assert refusal.value.code == "SES-080"
        other = helper.submit(lambda: gateway.submit("EE", lambda: journey("EE-2", gateway)).result()).result(
            60
        )
        assert other.refusal is None
        assert not all(future.done() for future in stuck)
        codes = {future.result(60).refusal.code for future in stuck}  # type: ignore[union-attr]
    assert codes == {"SES-081"}


def test_every_message_is_seen_as_it_was_sent(
    ncpeh_world: World, journey: Walk, seen: list[WireMessage]
) -> None:
    """What the trace hook got is byte for byte what the country received."""
    assert journey("HR-2").refusal is None
    traced = [message.body for message in seen if message.direction == "request" and message.step == "ITI-55"]
    assert traced == [exchange.request.body for exchange in ncpeh_world.ncp("HR").received.of("ITI-55")]


def test_country_that_is_not_connected(gateway: Gateway) -> None:
    """A country without a place in the configuration is refused before anything is looked up."""
    with pytest.raises(StepRefused) as refusal:
        gateway.search_mask("XX")
    assert refusal.value.code == "SES-040"
