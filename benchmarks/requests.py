"""Requests of a French gateway, signed beforehand: a server is not measured by what signing them costs."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from urllib.parse import urlsplit

from ehdsi import oids, soap, xca_query, xca_retrieve, xcpd
from ehdsi.cda.datatypes import Address, Identifier
from ehdsi.media_type import soap_content_type
from ehdsi.xml import XmlElement
from sesali.professional import DEMONSTRATOR, Credentials, Issuer, Treatment

_numbers = itertools.count(1)


def new_id() -> str:
    """A UUID by form, different from all others of this process."""
    return f"00000000-0000-4000-8000-{next(_numbers):012x}"


class Petitioner:
    """Makes whole HTTP requests about one patient of one country, as bytes."""

    def __init__(self, issuer: Issuer, country: str, home_community: str, patient: Identifier, *,
                 xcpd_url: str, xca_url: str) -> None:
        self._issuer = issuer
        self._country = country
        self._home = home_community
        self._patient = patient
        self._urls = {oids.ACTION_XCPD: xcpd_url}
        self._xca_url = xca_url

    def credentials(self) -> Credentials:
        """A freshly signed HCP assertion."""
        return self._issuer.credentials(DEMONSTRATOR, now=datetime.now(UTC), new_id=new_id)

    def treatment(self) -> Treatment:
        """A freshly signed pair of assertions."""
        return self._issuer.treatment(self.credentials(), self._country, self._patient,
                                      now=datetime.now(UTC), new_id=new_id)

    def discovery(self, credentials: Credentials) -> bytes:
        """ITI-55 for the patient."""
        query = xcpd.PatientQuery(
            message_id=Identifier(root=new_id(), extension="1"),
            creation_time=xcpd.hl7_time(datetime.now(UTC)),
            query_id=Identifier(root=new_id(), extension="2"), sender=oids.HOME_COMMUNITY_FR,
            receiver=self._home,
            traits=xcpd.Traits(identifiers=(self._patient,), address=Address(country=self._country)))
        return self._http(oids.ACTION_XCPD, xcpd.build_request(query), (credentials.signed,))

    def listing(self, treatment: Treatment) -> bytes:
        """ITI-38 for the patient."""
        query = xca_query.DocumentQuery(patient_id=self._patient)
        return self._http(oids.ACTION_XCA_QUERY, xca_query.build_request(query), treatment.assertions)

    def retrieve(self, treatment: Treatment, repository: str, document: str) -> bytes:
        """ITI-39 for one document."""
        asked = xca_retrieve.DocumentRequest(home_community_id=self._home, repository_unique_id=repository,
                                             document_unique_id=document)
        request = xca_retrieve.RetrieveRequest(documents=(asked,))
        return self._http(oids.ACTION_XCA_RETRIEVE, xca_retrieve.build_request(request), treatment.assertions)

    def _http(self, action: str, payload: XmlElement, assertions: tuple[bytes, ...]) -> bytes:
        url = self._urls.get(action, self._xca_url)
        body = soap.build_envelope(payload, action=action, message_id=soap.new_message_id(new_id), to=url,
                                   reply_to=oids.WSA_ANONYMOUS, assertions=assertions)
        parts = urlsplit(url)
        head = (f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: "
                f"{soap_content_type(action)}\r\nContent-Length: {len(body)}\r\n\r\n")
        return head.encode("ascii") + body
