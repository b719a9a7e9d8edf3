"""The defect catalogue at work: each defect changes what is on the wire and leaves nothing behind."""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from benchmarks.proof_packs import made_up, pack
from countries.documents import documents_of
from ehdsi import oids, smp, xcpd
from ehdsi.cda.datatypes import Address, Identifier, PersonName
from ehdsi.saml import vocabulary as words
from ehdsi.saml.values import purpose
from ehdsi.xml import XmlElement
from simulators.defective_packs import defective_packs
from simulators.faults import Fault, FaultSet, Step, catalogue, listed
from simulators.http import HttpRequest, HttpResponse
from simulators.in_process import answering
from simulators.ncp.listing import unique_id_text
from simulators.pki import Credential
from simulators.world import World
from tests.component.golden_requests import Gateway, Letter
from tests.component.negative_cases import CASES
from tests.component.negative_parts import letter
from tests.component.odd_requests import CHANGES, after_a_pause, in_a_browser
from tests.component.quirk_cases import STIMULI
from tests.component.unusual_requests import unreadable, unusual

NOW = datetime.now(UTC).replace(microsecond=0)

#: Whom the golden requests are about, by country: together they have every kind of statement and of answer.
PEOPLE = {
    "HR": ("HR-1", "HR-2", "HR-3", "HR-4", "HR-5"),
    "PT": ("PT-1", "PT-2", "PT-3", "PT-5"),
    "GR": ("GR-2", "GR-3", "GR-5"),
    "LU": ("LU-1", "LU-2", "LU-4"),
    "EE": ("EE-1", "EE-3", "EE-5"),
    "CY": ("CY-3", "CY-5"),
    "ES": ("ES-1", "ES-4"),
    "MT": ("MT-1", "MT-5", "MT-5B"),
    "CZ": ("CZ-4", "CZ-5"),
}

STEPS: tuple[Step, ...] = ("ITI-55", "ITI-38", "ITI-39")

MADE_UP = {name: fault for name, fault in catalogue().items() if set(fault.candidates) & set(made_up())}
PLAYED = {
    name: fault for name, fault in catalogue().items() if fault.transform != "tls" and name not in MADE_UP
}
TLS = {name: fault for name, fault in catalogue().items() if fault.transform == "tls"}

_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """A request to one country, and the step that it belongs to."""

    country: str
    step: Step
    request: HttpRequest
    key: str = ""


class Candidates:
    """Strict NCPs of some countries with the requests that they are asked, and their conformant answers."""

    def __init__(self) -> None:
        self.world = World(list(PEOPLE), clock=lambda: NOW).without_sockets()
        self.gateways = {code: Gateway(self.world, code) for code in PEOPLE}
        self._healthy: dict[int, tuple[frozenset[bytes], Any]] = {}

    def answer(self, stimulus: Stimulus) -> HttpResponse:
        if stimulus.step == "SMP":
            return self.world.smp.handle(stimulus.request)
        self.world.ncp(stimulus.country)._site.calls.clear()
        return self.world.ncp(stimulus.country).handle(stimulus.request)

    def faults(self, stimulus: Stimulus) -> FaultSet:
        if stimulus.step == "SMP":
            return self.world.smp.fault_set(stimulus.country)
        return self.world.ncp(stimulus.country).faults

    def healthy(self, stimulus: Stimulus) -> tuple[frozenset[bytes], Any]:
        """The identifiers that stay from answer to answer, and what else is in a conformant answer."""
        if id(stimulus) not in self._healthy:
            once, twice = (self.answer(stimulus) for _ in range(2))
            stable = frozenset(_UUID.findall(once.body)) & frozenset(_UUID.findall(twice.body))
            self._healthy[id(stimulus)] = stable, seen(twice, stable)
        return self._healthy[id(stimulus)]

    @cached_property
    def golden(self) -> dict[Step, list[Stimulus]]:
        """Good requests of every step, for every person, by step."""
        found: dict[Step, list[Stimulus]] = {step: [] for step in STEPS}
        for code, keys in PEOPLE.items():
            gateway = self.gateways[code]
            for key in keys:
                found["ITI-55"].append(self._posted(code, self._discovery(gateway, key), key))
                found["ITI-38"].append(self._posted(code, gateway.query(gateway.patient(key)), key))
                asked = gateway.retrieve(gateway.patient(key), *self._ids(gateway, key))
                found["ITI-39"].append(self._posted(code, asked, key))
        return found

    @cached_property
    def unusual(self) -> list[tuple[str, Stimulus]]:
        """Requests that a strict NCP refuses, with the id of the rule that they break, and unusual ones."""
        gateway = self.gateways["HR"]
        found = [
            (case.name[:4], self._posted("HR", case.make(gateway)))
            for case in CASES
            if case.country == "HR" and "N-43" not in case.name
        ]
        return [*found, *self._variants(gateway)]

    @cached_property
    def published(self) -> list[Stimulus]:
        """Requests to the SMP: the group, every service, and another spelling of a path."""
        found = []
        for code in ("HR", "PT", "CY"):
            who = smp.participant(code)
            paths = [smp.service_metadata_path(who, one.document_identifier) for one in smp.SERVICES]
            group = smp.service_group_path(who)
            nothing = f"{group}/services/ehealth-resid-qns%3A%3Aurn%3Aehealth%3Anone%23%23none"
            found += [self._got(code, path) for path in (*paths, group, nothing)]
        return found

    def _got(self, code: str, path: str) -> Stimulus:
        return Stimulus(country=code, step="SMP", request=HttpRequest(method="GET", path=unquote(path)))

    def _discovery(self, gateway: Gateway, key: str) -> Letter:
        persona = gateway.country.persona(key)
        wanted = {
            field.domain for group in gateway.country.search_mask.patient.blocks[0].groups[:1]
            for field in group.fields
        }
        asked = [one for one in persona.identifiers if one.root in wanted] or [persona.primary_identifier]
        dated = gateway.country.search_mask.patient.birth_date is not None
        return gateway.discovery(*asked, birth_date=persona.birth_time if dated else None)

    def _ids(self, gateway: Gateway, key: str) -> list[tuple[str, str]]:
        country = gateway.country
        made = documents_of(country, country.persona(key), self.world._terminology, NOW)
        root = country.oids.document_root
        return [(root, unique_id_text(one.unique_id)) for one in made if one.form == "pivot"]

    def _variants(self, gateway: Gateway) -> list[tuple[str, Stimulus]]:
        """Conformant requests that some NCPs cannot bear, and such as only a relaxed one answers."""
        persona = gateway.country.persona("HR-1")
        primary = persona.primary_identifier
        golden, query = gateway.discovery(primary), gateway.query(primary)
        (document, *_), other = self._ids(gateway, "HR-1"), self._ids(gateway, "HR-3")[0]
        maltese = self.gateways["MT"].patient("MT-1")
        lower = self.gateways["MT"].discovery(replace(maltese, extension=(maltese.extension or "").lower()))
        emergency = gateway.hcp(purpose_of_use=purpose("EMERGENCY"))
        doctor = gateway.hcp().role
        assert doctor is not None
        nurse = replace(doctor, code="2221", display_name="Nursing professionals")
        strong = self.world.pki.issue(
            (("C", "FR"), ("CN", "strong")), "seal", key=rsa.generate_private_key(65537, 4096)
        )
        letters = [
            *(gateway.discovery(replace(primary, **change)) for change in _CHANGED_IDENTIFIERS),
            gateway.discovery(primary, birth_date="19990101"),
            gateway.discovery(primary, receiver="2.999.1.2"),
            gateway.discovery(),
            _named(gateway, PersonName(family=persona.name.family, given=persona.name.given)),
            gateway.retrieve(primary, (document[0], "does-not-exist")),
            gateway.retrieve(primary, other),
            gateway.discovery(primary, hcp=gateway.hcp(role=nurse)),
            gateway.query(primary, assertions=gateway.signed(emergency, gateway.trc(emergency, primary))),
            *(letter(gateway, step, before=_prefixed) for step in STEPS),
            letter(gateway, "ITI-55", before=_whole_seconds),
            letter(gateway, "ITI-55", hcp_key=strong.signing_key),
            letter(gateway, "ITI-55", hcp={"issuer": "somebody"}),
            letter(gateway, "ITI-55", hcp={"facility_type": "Pharmacy"}),
            letter(gateway, "ITI-55", hcp={"name_id_format": words.NAME_ID_EMAIL}),
            *(replace(one, content_type="application/soap+xml; charset=UTF-8") for one in (golden, query)),
            *(replace(one, message_id=f"urn:uuid:A{one.message_id[10:]}") for one in (golden, query)),
            replace(golden, headers={"host": "ncp.example:8443", "content-length": "12000000"}),
            replace(gateway.retrieve(primary, document), headers={"expect": "100-continue"}),
        ]
        letters += [make(gateway) for make in STIMULI.values()]
        letters += [*unusual(gateway), *unreadable(gateway)]
        letters += self._odd(golden, query, gateway.retrieve(primary, document))
        foreign = self._posted("HR", golden)
        peer = replace(foreign.request, peer_certificate=self.world.pki.tls_client("DE").der)
        twins = self.gateways["CZ"].discovery(*self.gateways["CZ"].country.persona("CZ-5").shared_identifiers)
        others = [self._posted("MT", lower), self._posted("CZ", twins), replace(foreign, request=peer)]
        moods = (in_a_browser, after_a_pause)
        others += [replace(foreign, request=change(foreign.request)) for change in moods]
        return [("", one) for one in (*others, *(self._posted("HR", one) for one in letters))]

    def _odd(self, *golden: Letter) -> list[Letter]:
        """Golden requests that a door turns away or hardly knows, and one with another one's payload."""
        found = [change(one) for one in golden for change in CHANGES]
        return [*found, replace(golden[0], body=golden[1].body)]

    def _posted(self, code: str, letter: Letter, key: str = "") -> Stimulus:
        request = _request(self.world, letter)
        return Stimulus(country=code, step=cast(Step, letter.step), request=request, key=key)


def _request(world: World, letter: Letter) -> HttpRequest:
    """A letter as the gateway posts it."""
    path = "XCPD_Service" if letter.step == "ITI-55" else "XCA_Service"
    return HttpRequest(
        method="POST",
        path=f"/openncp-ws-server/services/{path}",
        headers=(("content-type", letter.content_type), *letter.headers.items()),
        body=letter.octets(),
        peer_certificate=world.pki.gateway_tls.der,
    )


#: Identifiers that a careful patient index does not find: wildcard, wrong domain, blank, letter, unknown.
_CHANGED_IDENTIFIERS: tuple[dict[str, Any], ...] = (
    {"extension": "%"},
    {"root": "2.999.7.7"},
    {"extension": " 999980013"},
    {"extension": "999980013x"},
    {"extension": "000000000"},
)


def _prefixed(assertion: XmlElement) -> None:
    """Write role and purpose with a prefix, which is the same to every reader of XML."""
    for element in list(assertion.iter(f"{{{oids.NS_HL7}}}Role", f"{{{oids.NS_HL7}}}PurposeOfUse")):
        parent = element.getparent()
        made = etree.Element(element.tag, nsmap={"hl7": oids.NS_HL7})
        for name, value in element.attrib.items():
            made.set(name, value)
        assert parent is not None
        parent.replace(element, made)


def _whole_seconds(assertion: XmlElement) -> None:
    assertion.set("IssueInstant", re.sub(r"[.][0-9]+Z", "Z", assertion.get("IssueInstant", "")))


def _named(gateway: Gateway, name: PersonName) -> Letter:
    """A request by name alone."""
    query = xcpd.PatientQuery(
        message_id=Identifier(root="1", extension="1"),
        creation_time=xcpd.hl7_time(NOW),
        query_id=Identifier(root="2", extension="2"),
        sender=oids.HOME_COMMUNITY_FR,
        receiver=gateway.country.oids.home_community,
        traits=xcpd.Traits(name=name, address=Address(country=gateway.code)),
    )
    return replace(gateway.discovery(), body=xcpd.build_request(query))


def seen(response: HttpResponse, stable: frozenset[bytes]) -> Any:
    """An answer in which identifiers that are made for each are counted instead of read."""
    numbers: dict[bytes, bytes] = {}

    def number(found: re.Match[bytes]) -> bytes:
        one = found[0]
        if one in stable or one[:8] == one[:1] * 8:
            return one
        return numbers.setdefault(one, str(len(numbers)).encode())

    body = _UUID.sub(number, response.body)
    headers = tuple((name, _UUID.sub(number, value.encode())) for name, value in response.headers)
    return response.status, headers, hashlib.sha256(body).digest(), response.delivery


@pytest.fixture(scope="module")
def candidates() -> Iterator[Candidates]:
    made = Candidates()
    with answering(made.world):
        yield made
    for gateway in made.gateways.values():
        gateway.close()


def _stimuli(candidates: Candidates, fault: Fault) -> Iterator[Stimulus]:
    """Requests that may bring the defect to light, the likeliest first."""
    if "SMP" in fault.steps:
        yield from candidates.published
    wanted: tuple[Step, ...] = ("ITI-39",) if "document" in fault.steps else ()
    wanted += tuple(step for step in STEPS if step in fault.steps)
    for rule, stimulus in candidates.unusual:
        if rule in fault.requirement and stimulus.step in wanted:
            yield stimulus
    for step in wanted:
        yield from candidates.golden[step]
    for _, stimulus in candidates.unusual:
        if stimulus.step in wanted:
            yield stimulus


def _acting(candidates: Candidates, fault: Fault, stimulus: Stimulus) -> bool:
    """True if the answer to this request is another one while the defect acts."""
    stable, healthy = candidates.healthy(stimulus)
    sooner = {"from_call": 2} if "from_call" in fault.parameters else {}
    if "every" in fault.parameters:
        sooner["every"] = 3
    calls = 3 if sooner else 1
    with candidates.faults(stimulus).acting(fault.with_parameters(**sooner)):
        if "woken" in fault.parameters:
            candidates.answer(replace(stimulus, request=replace(stimulus.request, body=b"")))
        return any(seen(candidates.answer(stimulus), stable) != healthy for _ in range(calls))


@pytest.mark.parametrize("name", sorted(PLAYED))
def test_defect_changes_the_wire_and_leaves_no_trace(candidates: Candidates, name: str) -> None:
    """Each defect shows in an answer to some request of its steps, and is gone when it is taken away."""
    fault = PLAYED[name]
    found = next((one for one in _stimuli(candidates, fault) if _acting(candidates, fault, one)), None)
    assert found is not None, f"nothing on the wire changes under {name}"
    stable, healthy = candidates.healthy(found)
    assert seen(candidates.answer(found), stable) == healthy


@pytest.mark.parametrize("name", sorted(MADE_UP))
def test_defect_of_a_made_up_pack_changes_the_wire(name: str) -> None:
    """What only a pack of the proof brings to light shows there for one of its patients, and goes again."""
    (code,) = MADE_UP[name].candidates
    country = pack(code)
    world = World([country], clock=lambda: NOW).without_sockets()
    ncp, asked = world.ncp(country.code), _everybody(world, country.code)
    healthy = [seen(ncp.handle(one), frozenset()) for one in asked]
    with ncp.faults.acting(name):
        assert [seen(ncp.handle(one), frozenset()) for one in asked] != healthy
    assert [seen(ncp.handle(one), frozenset()) for one in asked] == healthy


def _everybody(world: World, code: str) -> list[HttpRequest]:
    """A search and a query for each patient of a country, and a search under another name."""
    gateway = Gateway(world, code)
    letters = [gateway.discovery(*one.identifiers[:1]) for one in gateway.country.personas]
    letters += [gateway.query(one.primary_identifier) for one in gateway.country.personas]
    traits = xcpd.Traits(identifiers=letters[0].query.traits.identifiers if letters[0].query else (),
                         name=PersonName(family=("Nobodyatall",)), address=Address(country=code))  # fmt: skip
    letters.append(replace(gateway.discovery(), body=gateway.writer.discovery(traits).body))
    gateway.close()
    return [_request(world, one) for one in letters]


def test_the_catalogue_is_large_enough() -> None:
    """At least three hundred defects are played, of every family; the others say why they are not."""
    families = {fault.family for fault in catalogue().values()}
    assert len(catalogue()) >= 300
    assert len(families) >= 20
    assert all(len(one.reason) > 20 and one.reason.endswith(".") for one in listed().values())
    assert not set(listed()) & set(catalogue())


def test_every_requirement_has_a_defect() -> None:
    """Each requirement of which a defect is known is broken by one that is played."""
    played = {rule for fault in catalogue().values() for rule in fault.requirement}
    played |= {rule for pack in defective_packs().values() for rule in pack.requirement}
    named = {rule for one in listed().values() for rule in one.requirement}
    assert len(played) >= 200
    assert not named - played


# -- TLS -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listening() -> Iterator[World]:
    with World(["HR"]) as world:
        yield world


def _handshake(world: World, credential: Credential | None, **settings: Any) -> tuple[Any, ...]:
    """What a client sees of the listener: its certificate, version and cipher; or that it is refused."""
    host, port = world.endpoints["HR"].xcpd.split("/")[2].split(":")
    context = world.pki.client_context(credential)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    for name, value in settings.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            setattr(context, name, value)
    try:
        with (
            socket.create_connection((host, int(port)), timeout=10) as plain,
            context.wrap_socket(plain) as tls,
        ):
            tls.sendall(b"GET / HTTP/1.1\r\nHost: ncp\r\nConnection: close\r\n\r\n")
            answered = tls.recv(12)
            return tls.getpeercert(binary_form=True), tls.version(), tls.cipher(), answered
    except (OSError, ValueError) as error:
        return (type(error).__name__,)


def _faces(world: World) -> tuple[Any, ...]:
    """The listener as seen by several clients: the gateway, an anonymous one, wrong ones, an old one."""
    pki, v12, v10 = world.pki, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1
    return (
        _handshake(world, pki.gateway_tls),
        _handshake(world, pki.gateway_tls, maximum_version=v12),
        _handshake(world, pki.gateway_tls, minimum_version=v10, maximum_version=v10),
        _handshake(world, None)[1:],
        _handshake(world, pki.flawed("tls_client", "FR", "unknown_issuer"))[1:],
        _handshake(world, pki.flawed("tls_client", "FR", "self_signed"))[1:],
        _handshake(world, pki.flawed("tls_client", "FR", "expired"))[1:],
    )


@pytest.mark.parametrize("name", sorted(TLS))
def test_tls_defect_shows_to_some_client(listening: World, name: str) -> None:
    """Each TLS defect shows in a handshake with at least one kind of client, until it is taken away."""
    healthy = _faces(listening)
    with listening.ncp("HR").faults.acting(name):
        assert _faces(listening) != healthy
    assert _faces(listening) == healthy
