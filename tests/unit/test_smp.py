"""Service metadata: identifiers, paths and DNS names, documents both ways, the two signatures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from lxml import etree

from ehdsi import oids, search_mask, smp, xml
from ehdsi.errors import LocalError, MalformedMessage, SignatureRefused
from ehdsi.smp.write import SMP
from ehdsi.xml import XmlElement
from tests.security import seal
from tests.wire_samples import FULL, again, service_metadata

CERTIFICATE = seal("HR").certificate.public_bytes(serialization.Encoding.DER)


def signed(metadata: smp.ServiceMetadata | None = None, *, country: str | None = "HR") -> XmlElement:
    """A SignedServiceMetadata as it comes over the wire."""
    element = smp.build_service_metadata(metadata or service_metadata(certificate=CERTIFICATE))
    if country is not None:
        smp.sign_as_country(element, seal(country))
    return again(smp.sign_as_publisher(element, seal("EU")))


def information(verified: smp.VerifiedMetadata) -> smp.ServiceInformation:
    """The service information of verified metadata."""
    assert isinstance(verified.metadata, smp.ServiceInformation)
    return verified.metadata


# -------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(("country", "naptr", "cname"), [
    ("FR", "OB4BGETHN3RTKSJ2C7FABPXEVCOFKYLZQTIFKHXE67JHVVSKKTLA", "b-b5e26b4f69f8b7da4e681536d40a1710"),
    ("PT", "NVPPE7THMGYKXQGX553YZAPXEOBFMB7VM3IRHMRLUEMCKXBP47BA", "b-7f7e0656671f20b4ac34e51a56920120"),
])
def test_dns_names(country: str, naptr: str, cname: str) -> None:
    """The hashed names agree with known ones, whatever the case of the identifier."""
    who = smp.participant(country)
    shouting = smp.SmpIdentifier(who.scheme, who.value.upper())
    assert smp.naptr_name(who, "zone.example") == f"{naptr}.ehealth-participantid-qns.zone.example"
    assert smp.cname_name(shouting, "zone.example") == f"{cname}.ehealth-participantid-qns.zone.example"


def test_paths_are_encoded_and_come_back() -> None:
    """Colons and hashes of identifiers are percent-encoded in a path, and read back."""
    who, what = smp.participant("HR"), smp.XCPD.document_identifier
    path = smp.service_metadata_path(who, what)
    group = "/ehealth-participantid-qns%3A%3Aurn%3Aehealth%3Ahr%3Ancp-idp"
    assert path.startswith(group + "/services/ehealth-resid-qns%3A%3Aurn%3Aehealth%3A")
    assert path.endswith("%23%23iti-55")
    read_who, read_what = smp.parse_path(path)
    assert read_who.same_as(who)
    assert read_what is not None and read_what.same_as(what)
    assert smp.parse_path(smp.service_group_path(who)) == (who, None)


def test_unencoded_path_is_read() -> None:
    """A client that leaves colons as they are is understood."""
    who, what = smp.parse_path("/ehealth-participantid-qns::urn:ehealth:pt:ncp-idp")
    assert (smp.country_of(who), what) == ("PT", None)


@pytest.mark.parametrize("path", ["/", "", "/x", "/a::b/services", "/a::b/other/c::d", "/a::b/services/c",
                                  "/::"])
def test_other_paths_are_refused(path: str) -> None:
    """What is not a path of a publisher is refused with our own error."""
    with pytest.raises(MalformedMessage):
        smp.parse_path(path)


@pytest.mark.parametrize(("value", "country"), [("urn:ehealth:GR:ncp-idp", "GR"), ("urn:other:gr:ncp-idp",
                                                                                   None),
                                                ("urn:ehealth:gr", None)])
def test_country_of_participant(value: str, country: str | None) -> None:
    """Only identifiers of our form name a country."""
    assert smp.country_of(smp.SmpIdentifier(smp.PARTICIPANT_SCHEME, value)) == country


def test_mask_process_is_per_country() -> None:
    """The search mask is the one service whose process names the country."""
    assert smp.SEARCH_MASK.process_identifier("ES").value == "urn:ehealth:ncp:es:ism"


# ---------------------------------------------------------------------------------------- documents


def test_service_group_survives_the_wire() -> None:
    """Participant and references come back."""
    group = smp.ServiceGroup(participant=smp.participant("HR"), references=("https://smp.example/a",
                                                                            "https://smp/b"))
    read = smp.parse_service_group(again(smp.build_service_group(group)))
    assert read == group
    assert read.findings == ()


def test_service_metadata_survive_the_wire() -> None:
    """Every field of an endpoint comes back."""
    metadata = service_metadata(certificate=CERTIFICATE)
    read = smp.parse_service_metadata(again(smp.build_service_metadata(metadata)))
    assert read == metadata
    assert read.findings == ()


def test_redirect_survives_the_wire() -> None:
    """A redirect keeps its address and the publisher that it trusts."""
    redirect = smp.Redirect(href="https://other.example/x", certificate_uid="CN=Other")
    assert smp.parse_service_metadata(again(smp.build_service_metadata(redirect))) == redirect


def test_endpoint_is_chosen_by_process_and_transport() -> None:
    """Other processes and transports of the same document do not answer for the service."""
    metadata = service_metadata()
    wanted = metadata.processes[0].endpoints[0]
    other = smp.Process(identifier=smp.XCA_QUERY.process_identifier("HR"), endpoints=(wanted,))
    dead = replace(wanted, transport_profile="urn:other")
    both = replace(metadata, processes=(other, replace(metadata.processes[0], endpoints=(dead, wanted))))
    assert both.endpoints(smp.XCPD) == (wanted,)
    assert both.endpoints(smp.XCA_RETRIEVE) == ()


def test_dates_bound_an_endpoint() -> None:
    """An endpoint serves from its activation until before its expiration."""
    endpoint = service_metadata().processes[0].endpoints[0]
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert [endpoint.is_active(moment) for moment in (start - second, start, end - second, end)] == [
        False, True, True, False]
    assert replace(endpoint, activation=None, expiration=None).is_active(start)


# --------------------------------------------------------------------------------------- signatures


def test_signed_metadata_verify() -> None:
    """Both signatures hold after the way over the wire, and name their signers."""
    verified = smp.verify(signed())
    assert verified.publisher == seal("EU").certificate
    assert verified.country == seal("HR").certificate
    assert information(verified).endpoints(smp.XCPD)[0].certificate == CERTIFICATE
    assert verified.findings == ()


def test_mask_travels_inside() -> None:
    """The search mask stands in the extension of its endpoint and is still whole after verification."""
    endpoint = smp.Endpoint(transport_profile=smp.SEARCH_MASK.transport_profile, uri="",
                            extensions=(search_mask.build_mask(FULL),))
    metadata = smp.ServiceInformation(
        participant=smp.participant("HR"), document=smp.SEARCH_MASK.document_identifier,
        processes=(smp.Process(identifier=smp.SEARCH_MASK.process_identifier("HR"), endpoints=(endpoint,)),))
    verified = smp.verify(signed(metadata))
    (found,) = information(verified).endpoints(smp.SEARCH_MASK)
    assert search_mask.parse_mask(found.extensions[0]) == FULL
    assert verified.country is not None
    assert verified.findings == ()


def test_changed_address_is_refused() -> None:
    """An address changed after signing is never read."""
    root = signed()
    next(root.iter(SMP + "EndpointURI")).text = "https://evil.example/"
    with pytest.raises(SignatureRefused):
        smp.verify(root)


def test_unsigned_metadata_are_refused() -> None:
    """Without the publisher's signature nothing is read; the country's alone does not help."""
    root = signed()
    root.remove(root[-1])
    with pytest.raises(SignatureRefused):
        smp.verify(root)


def test_second_metadata_cannot_be_slipped_in() -> None:
    """A second ServiceMetadata beside the signed one breaks the signature instead of being read."""
    root = signed()
    root.insert(0, smp.build_service_metadata(service_metadata("https://evil.example/")))
    with pytest.raises(SignatureRefused):
        smp.verify(root)


def test_missing_country_signature_is_a_warning() -> None:
    """Metadata without the country's own signature are read, with a remark."""
    verified = smp.verify(signed(country=None))
    assert verified.country is None
    assert [(finding.rule, finding.severity) for finding in verified.findings] == [("A-SMP-04", "warning")]


def test_wrong_country_signature_is_an_error() -> None:
    """A file changed after the country signed it, but before the publisher did, is remarked upon as an
    error."""
    element = smp.sign_as_country(smp.build_service_metadata(service_metadata(certificate=CERTIFICATE)),
                                  seal("HR"))
    next(element.iter(SMP + "ServiceDescription")).text = "changed"
    verified = smp.verify(again(smp.sign_as_publisher(element, seal("EU"))))
    assert verified.country is None
    assert [(finding.rule, finding.severity) for finding in verified.findings] == [("A-SMP-04", "error")]


def test_country_signs_only_its_own_information() -> None:
    """A redirect is the publisher's word; signing it as a country is our mistake."""
    redirect = smp.build_service_metadata(smp.Redirect(href="https://x.example/", certificate_uid="u"))
    with pytest.raises(LocalError):
        smp.sign_as_country(redirect, seal("HR"))


# ------------------------------------------------------------------------------------------ remarks


def put(name: str, text: str) -> Callable[[XmlElement], object]:
    """An edit that sets the text of the first element of this name."""
    return lambda root: next(root.iter(SMP + name)).__setattr__("text", text)


def armoured(root: XmlElement) -> None:
    """An edit that writes the certificate as PEM."""
    pem = seal("HR").certificate.public_bytes(serialization.Encoding.PEM).decode()
    next(root.iter(SMP + "Certificate")).text = pem


@pytest.mark.parametrize(("edit", "rule", "severity"), [
    (put("ParticipantIdentifier", "urn:ehealth:HR:ncp-idp"), "A-SMP-05", "warning"),
    (put("EndpointURI", "http://ncp.example/"), "A-SMP-06", "error"),
    (put("EndpointURI", "\n https://ncp.example/ "), "A-SMP-06", "warning"),
    (put("EndpointURI", ""), "A-SMP-06", "error"),
    (put("ServiceActivationDate", "2026-01-01T00:00:00"), "A-SMP-06", "warning"),
    (put("ServiceExpirationDate", "tomorrow"), "A-SMP-06", "error"),
    (put("ServiceExpirationDate", "0001-01-01T00:00:00+14:00"), "A-SMP-06", "error"),
    (put("Certificate", ""), "A-SMP-07", "error"),
    (put("Certificate", "garbage"), "A-SMP-07", "error"),
    (put("Certificate", "AAAA"), "A-SMP-07", "error"),
    (armoured, "A-SMP-07", "warning"),
    (lambda root: next(root.iter(SMP + "DocumentIdentifier")).attrib.pop("scheme"), "A-SMP-05", "error"),
])
def test_deviation_is_remarked_upon(edit: Callable[[XmlElement], object], rule: str, severity: str) -> None:
    """Each single defect of the metadata is named by the rule it breaks."""
    root = again(smp.build_service_metadata(service_metadata(certificate=CERTIFICATE)))
    edit(root)
    read = smp.parse_service_metadata(root)
    assert [(finding.rule, finding.severity) for finding in read.findings] == [(rule, severity)]


def test_armoured_certificate_is_read() -> None:
    """A certificate with BEGIN and END lines is the same certificate."""
    root = again(smp.build_service_metadata(service_metadata(certificate=CERTIFICATE)))
    armoured(root)
    read = smp.parse_service_metadata(root)
    assert isinstance(read, smp.ServiceInformation)
    assert read.processes[0].endpoints[0].certificate == CERTIFICATE


@pytest.mark.parametrize("parse", [smp.parse_service_group, smp.parse_service_metadata, smp.verify])
@pytest.mark.parametrize("name", ["ServiceGroup", "ServiceMetadata", "Other"])
def test_unreadable(parse: Callable[[XmlElement], object], name: str) -> None:
    """Another document, or an empty one, is refused with our own error."""
    with pytest.raises((MalformedMessage, SignatureRefused)):
        parse(xml.parse(etree.tostring(etree.Element(f"{{{oids.NS_SMP}}}{name}"))))
