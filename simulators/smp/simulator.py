"""The service metadata publisher: where each country is, with which certificate, and its search mask.

Each file carries two signatures, the country's inside and the publisher's around it. They are made when a
file is first asked for, and again when its endpoint, the faults or the day have changed.

Source: OASIS BDX-SMP 1.0; eHDSI SMP/SML specification.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from ehdsi import search_mask, smp, xml
from ehdsi.dsig import SigningKey
from ehdsi.errors import MalformedMessage
from ehdsi.oids import NS_DS
from ehdsi.smp import Endpoint, Process, Service, ServiceGroup, ServiceInformation
from ehdsi.xml import XmlElement
from simulators.clock import Clock
from simulators.faults import Fault, FaultSet
from simulators.faults_apply import edit_response, edit_tree, of_kind
from simulators.http import HttpRequest, HttpResponse
from simulators.ncp.received import Exchange, Received
from simulators.pki import Pki
from simulators.tally import Tally

if TYPE_CHECKING:
    from countries.model import Country

#: How long an entry is published for, and since when.
PUBLISHED_SINCE = timedelta(days=30)
PUBLISHED_FOR = timedelta(days=365)

_XML = (("content-type", "application/xml; charset=UTF-8"),)


class _Addresses(Protocol):
    """Where a country answers."""

    @property
    def xcpd(self) -> str: ...

    @property
    def xca(self) -> str: ...


class SmpSimulator:
    """Answers for all countries of a world.

    Parameters
    ----------
    countries : packs by ISO code.
    pki : keys of the countries and of the publisher.
    clock : decides the dates of the entries.
    endpoints : current addresses by ISO code.
    base_url : its own address, for the references in a ServiceGroup; empty: relative ones.
    timer : seconds of a clock that only runs forward, for the durations of answers.

    Attributes
    ----------
    received : what it was asked. faults : by country, see ``fault_set``.
    tally : counts of what it was asked since the start, for metrics.
    """

    def __init__(
        self,
        countries: Mapping[str, Country],
        *,
        pki: Pki,
        clock: Clock,
        endpoints: Callable[[], Mapping[str, _Addresses]],
        base_url: Callable[[], str] = lambda: "",
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.received = Received()
        self.tally = Tally("SMP")
        self._timer = timer
        self._countries = countries
        self._pki = pki
        self._clock = clock
        self._endpoints = endpoints
        self._base_url = base_url
        self._faults = {code: FaultSet(self._published_anew) for code in countries}
        self._files: dict[tuple[object, ...], bytes] = {}
        self._lock = threading.Lock()

    def fault_set(self, code: str) -> FaultSet:
        """The faults in what is published about a country."""
        return self._faults[code.upper()]

    def reset(self) -> None:
        """Forget faults and what was received."""
        for faults in self._faults.values():
            faults.clear()
        self.received.clear()

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer one request: a ServiceGroup, a SignedServiceMetadata, or 404."""
        now, begin = self._clock(), self._timer()
        response, outcome, faults = self._answer(request, now)
        response = edit_response(faults, response)
        exchange = Exchange(
            at=now,
            step="SMP",
            request=request,
            response=response,
            outcome=outcome,
            faults=tuple(fault.name for fault in faults),
            seconds=self._timer() - begin + response.delivery.delay,
        )
        self.received.add(exchange)
        self.tally.add(exchange)
        return response

    def _answer(self, request: HttpRequest, now: datetime) -> tuple[HttpResponse, str, tuple[Fault, ...]]:
        if request.method != "GET":
            return _refused(405, "only GET is answered"), "405", ()
        try:
            who, document = smp.parse_path(request.path)
        except MalformedMessage as error:
            return _refused(404, error.what), "404", ()
        country = self._countries.get(smp.country_of(who) or "")
        if country is None or not who.same_as(smp.participant(country.code)):
            return _refused(404, "no such participant"), "404", ()
        faults = self._faults[country.code].take("SMP", request=request)
        if any(fault.parameters.get("answer") == "not_found" for fault in of_kind(faults, "state")):
            return _refused(404, "no such service"), "404", faults
        if document is None:
            return HttpResponse(headers=_XML, body=self._group(country, faults)), "ServiceGroup", faults
        service = next((one for one in smp.SERVICES if one.document_identifier.same_as(document)), None)
        if any(fault.parameters.get("answer") == "any_service" for fault in of_kind(faults, "state")):
            service = service or smp.SERVICES[0]
        if service is None:
            return _refused(404, "no such service"), "404", ()
        body = self._file(country, service, now, faults)
        return HttpResponse(headers=_XML, body=body), service.name, faults

    def _group(self, country: Country, faults: Sequence[Fault]) -> bytes:
        who = smp.participant(country.code)
        references = tuple(
            self._base_url() + smp.service_metadata_path(who, service.document_identifier)
            for service in smp.SERVICES
        )
        group = smp.build_service_group(ServiceGroup(participant=who, references=references))
        edit_tree(faults, group)
        return xml.serialise(group, declaration=True)

    def _file(self, country: Country, service: Service, now: datetime, faults: Sequence[Fault]) -> bytes:
        """A signed file, made once a day for the same endpoint and faults."""
        addresses = self._endpoints()[country.code]
        key = (country.code, service.name, now.date(), addresses.xcpd, addresses.xca, tuple(map(id, faults)))
        with self._lock:
            found = self._files.get(key)
        if found is None:
            found = self._signed(country, service, now, faults)
            with self._lock:
                self._files[key] = found
        return found

    def _signed(self, country: Country, service: Service, now: datetime, faults: Sequence[Fault]) -> bytes:
        metadata = smp.build_service_metadata(self._information(country, service, now, faults))
        edit_tree(faults, metadata)
        signing = {
            str(fault.parameters.get("signature")): str(fault.parameters.get("action"))
            for fault in of_kind(faults, "sign")
        }
        if signing.get("inner") != "drop":
            other = signing.get("inner") == "other_country"
            signer = self._pki.flawed("seal", country.code, "other_country") if other else None
            smp.sign_as_country(metadata, (signer or self._pki.seal(country.code)).signing_key)
        if signing.get("inner") == "reformat":
            for element in metadata.iter():
                element.tail = (element.tail or "") + "\n  "
        key = self._publisher_key(signing.get("outer", ""))
        signed = smp.sign_as_publisher(metadata, key)
        _spoil_signatures(signed, signing)
        return xml.serialise(signed, declaration=True)

    def _publisher_key(self, action: str) -> SigningKey:
        if action == "untrusted":
            return self._pki.flawed("seal", "EU", "unknown_issuer").signing_key
        return self._pki.smp_signer.signing_key

    def _information(
        self, country: Country, service: Service, now: datetime, faults: Sequence[Fault]
    ) -> ServiceInformation:
        process = Process(
            identifier=service.process_identifier(country.code),
            endpoints=(self._endpoint(country, service, now, faults),),
        )
        return ServiceInformation(
            participant=smp.participant(country.code),
            processes=(process,),
            document=service.document_identifier,
        )

    def _endpoint(
        self, country: Country, service: Service, now: datetime, faults: Sequence[Fault]
    ) -> Endpoint:
        """Where the service is; the search mask has no address, it stands in the extension."""
        uri, certificate = "", b""
        extensions: tuple[XmlElement, ...] = ()
        if service is smp.SEARCH_MASK:
            extensions = (search_mask.build_mask(country.search_mask),)
        else:
            addresses = self._endpoints()[country.code]
            uri = addresses.xcpd if service is smp.XCPD else addresses.xca
            wrong = any(fault.parameters.get("answer") == "publish_authority" for fault in faults)
            certificate = (self._pki.ca if wrong else self._pki.tls_server(country.code)).der
        return Endpoint(
            transport_profile=service.transport_profile,
            uri=uri,
            certificate=certificate,
            activation=now - PUBLISHED_SINCE,
            expiration=now + PUBLISHED_FOR,
            description=f"{service.name} of {country.names.en}",
            extensions=extensions,
            contact_url=country.declaration.support,
        )

    def _published_anew(self) -> None:
        """Faults have changed: what was signed with others is thrown away."""
        with self._lock:
            self._files.clear()


def _spoil_signatures(signed: XmlElement, signing: Mapping[str, str]) -> None:
    """Drop or break a signature after it was made."""
    outer = signed.find(f"{{{NS_DS}}}Signature")
    assert outer is not None
    if signing.get("outer") == "drop":
        signed.remove(outer)
    elif signing.get("outer") == "break":
        value = outer.find(f"{{{NS_DS}}}SignatureValue")
        assert value is not None and value.text
        value.text = value.text[::-1]


def _refused(status: int, text: str) -> HttpResponse:
    return HttpResponse(
        status=status, headers=(("content-type", "text/plain; charset=utf-8"),), body=text.encode()
    )
