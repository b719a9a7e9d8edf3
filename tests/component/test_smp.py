"""The SMP simulator over a real socket: what it publishes verifies, and its faults are found out."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from lxml import etree

from ehdsi import search_mask, smp, trust, xml
from ehdsi.errors import PeerError
from ehdsi.trust import Purpose, TrustAnchors
from simulators.world import World
from tests.reference import needs_reference, reference


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World(["HR", "EE"]) as world:
        yield world


@pytest.fixture
def get(world: World) -> Iterator[object]:
    world.reset()
    with httpx.Client(verify=world.pki.client_context(), base_url=world.smp_url, trust_env=False) as client:
        yield client.get


def _path(service: smp.Service, code: str = "HR") -> str:
    return smp.service_metadata_path(smp.participant(code), service.document_identifier)


def test_service_group_lists_what_can_be_fetched(get, world: World) -> None:
    """Each reference of the ServiceGroup is an address that answers (A-SMP-02)."""
    answer = get(smp.service_group_path(smp.participant("HR")))
    group = smp.parse_service_group(xml.parse(answer.content))
    assert len(group.references) == 4
    assert all(get(href).status_code == 200 for href in group.references)


@pytest.mark.parametrize("service", smp.SERVICES, ids=lambda service: service.name)
def test_metadata_are_signed_by_publisher_and_country(get, world: World, service: smp.Service) -> None:
    """Both signatures hold, both signers are trusted, the endpoint is the real one (A-SMP-03 to A-SMP-07)."""
    verified = smp.verify(xml.parse(get(_path(service)).content))
    anchors = TrustAnchors.of([world.pki.ca.certificate])
    now = world.clock()
    trust.check_certificate(verified.publisher, anchors, now=now, purpose=Purpose.SEAL)
    assert verified.country is not None and trust.country_of(verified.country) == "HR"
    assert verified.findings == ()
    (endpoint,) = verified.metadata.endpoints(service)
    assert endpoint.is_active(now)
    if service is smp.SEARCH_MASK:
        mask = search_mask.parse_mask(endpoint.extensions[0])
        assert (mask.country, mask.findings) == ("HR", ())
    else:
        assert endpoint.uri in (world.endpoints["HR"].xcpd, world.endpoints["HR"].xca)
        assert endpoint.certificate == world.pki.tls_server("HR").der


@needs_reference
@pytest.mark.reference
@pytest.mark.parametrize("service", smp.SERVICES, ids=lambda service: service.name)
def test_metadata_are_valid_under_the_foreign_schema(get, service: smp.Service) -> None:
    """What the SMP publishes is valid under a schema that is not ours."""
    schema = etree.XMLSchema(etree.parse(str(reference("schemas", "smp", "bdx-smp-201605.xsd"))))
    schema.assertValid(xml.parse(get(_path(service, "EE")).content))


@pytest.mark.parametrize(
    "path",
    ["/", "/nothing", smp.service_group_path(smp.participant("DE")), "/a%3A%3Ab", _path(smp.XCPD) + "x"],
)
def test_unknown_things_are_404(get, path: str) -> None:
    """What is not published is not found, and no more is said."""
    assert get(path).status_code == 404


@pytest.mark.parametrize("fault", ["smp-outer-missing", "smp-outer-signature-broken"])
def test_signature_faults_are_refused_by_the_verifier(get, world: World, fault: str) -> None:
    """Metadata that lost their signature are not read."""
    with world.smp.fault_set("HR").acting(fault):
        with pytest.raises(PeerError):
            smp.verify(xml.parse(get(_path(smp.XCPD)).content))
        assert smp.verify(xml.parse(get(_path(smp.XCPD, "EE")).content)).findings == ()
    assert smp.verify(xml.parse(get(_path(smp.XCPD)).content)).findings == ()


def test_other_smp_faults_show_what_their_names_say(get, world: World) -> None:
    """Untrusted publisher, missing country signature, dates and masks: one fault each, all else right."""
    faults = world.smp.fault_set("HR")
    anchors = TrustAnchors.of([world.pki.ca.certificate])
    with faults.acting("smp-outer-untrusted"):
        publisher = smp.verify(xml.parse(get(_path(smp.XCPD)).content)).publisher
        assert list(trust.certificate_failures(publisher, anchors, now=world.clock(), purpose=Purpose.SEAL))
    with faults.acting("smp-inner-missing"):
        assert smp.verify(xml.parse(get(_path(smp.XCPD)).content)).country is None
    with faults.acting("smp-service-expired"):
        found = smp.verify(xml.parse(get(_path(smp.XCPD)).content))
        assert found.country is not None
        assert not found.metadata.endpoints(smp.XCPD)[0].is_active(world.clock())
    with faults.acting("ism-country-mismatch"):
        (endpoint,) = smp.verify(xml.parse(get(_path(smp.SEARCH_MASK)).content)).metadata.endpoints(
            smp.SEARCH_MASK
        )
        assert search_mask.parse_mask(endpoint.extensions[0]).country == "DE"


def test_files_are_signed_once(get, world: World) -> None:
    """The second look-up gets the same bytes: signing is not done per request."""
    assert get(_path(smp.XCPD)).content == get(_path(smp.XCPD)).content
