"""Golden requests of the French gateway; every stimulus of the examination is one named change of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from ehdsi import oids, soap, xca_query, xca_retrieve, xcpd, xml
from ehdsi.cda.datatypes import Identifier
from ehdsi.dsig import HashName, SigningKey
from ehdsi.media_type import soap_content_type
from ehdsi.saml import build, values
from ehdsi.saml.values import AnyAssertion, HcpAssertion, TrcAssertion
from ehdsi.traits import Traits
from ehdsi.xml import XmlElement

Step = Literal["ITI-55", "ITI-38", "ITI-39"]
STEPS: tuple[Step, ...] = ("ITI-55", "ITI-38", "ITI-39")

ACTIONS: dict[Step, str] = {
    "ITI-55": oids.ACTION_XCPD,
    "ITI-38": oids.ACTION_XCA_QUERY,
    "ITI-39": oids.ACTION_XCA_RETRIEVE,
}
RESPONSE_ACTIONS: dict[Step, str] = {
    "ITI-55": oids.ACTION_XCPD_RESPONSE,
    "ITI-38": oids.ACTION_XCA_QUERY_RESPONSE,
    "ITI-39": oids.ACTION_XCA_RETRIEVE_RESPONSE,
}
PERMISSIONS = ("PRD-003", "PRD-005", "PRD-006", "PRD-010", "PRD-016")

#: Changes an element in place.
Edit = Callable[[XmlElement], None]
Assertions = list[XmlElement | bytes]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One SOAP request. ``content`` replaces the whole message, ``in_headers`` says where the action stands.

    ``query`` and ``documents`` keep what was asked, for the comparison with the answer.
    """

    step: Step
    body: XmlElement
    assertions: Assertions | None
    message_id: str
    to: str = ""
    action: str = ""
    content_type: str = ""
    content: bytes | None = None
    query: xcpd.PatientQuery | None = None
    documents: tuple[xca_retrieve.DocumentRequest, ...] = ()

    def octets(self) -> bytes:
        """The message as it goes out."""
        if self.content is not None:
            return self.content
        return soap.build_envelope(
            self.body,
            action=self.action,
            message_id=self.message_id,
            to=self.to,
            reply_to=oids.WSA_ANONYMOUS,
            assertions=self.assertions,
        )

    def raw(self, change: Callable[[bytes], bytes]) -> Letter:
        """The same message with changed bytes."""
        return replace(self, content=change(self.octets()))


@dataclass(frozen=True, kw_only=True)
class Twist:
    """How the assertions of a letter differ from the golden ones: values, signers, edits."""

    hcp: dict[str, Any] = field(default_factory=dict)
    trc: dict[str, Any] = field(default_factory=dict)
    hcp_key: SigningKey | None = None
    trc_key: SigningKey | None = None
    before: Edit | None = None
    after: Edit | None = None
    after_trc: Edit | None = None
    hash_name: HashName = "sha256"
    default_namespace: bool = False


GOLDEN = Twist()


class Writer:
    """Writes the letters of one examination to one country."""

    def __init__(
        self,
        *,
        country: str,
        home_community: str,
        seal: SigningKey,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.country = country
        self.home_community = home_community
        self.seal = seal
        self.clock = clock
        self.new_id = new_id

    def hcp(self, **changes: Any) -> HcpAssertion:
        """The golden HCP assertion as values, with changes."""
        good = values.new_hcp(
            assertion_id=f"_{self.new_id()}",
            now=self.clock(),
            country="FR",
            name_id="899900000017",
            subject_id="Camille Durand",
            role_code="221",
            facility_type="Hospital",
            locality="CHU de Lille",
            permissions=PERMISSIONS,
            home_community_id=oids.HOME_COMMUNITY_FR,
            organization="CHU de Lille",
        )
        return replace(good, **changes)

    def trc(self, hcp: HcpAssertion, patient: Identifier, **changes: Any) -> TrcAssertion:
        """The golden TRC assertion for this patient as values, with changes."""
        good = values.new_trc(
            hcp, assertion_id=f"_{self.new_id()}", now=self.clock(), country="FR", patient_id=patient.as_cx()
        )
        return replace(good, **changes)

    def signed(self, *assertions: AnyAssertion) -> Assertions:
        """These assertions, signed by the gateway's seal."""
        return [build.sign_assertion(build.build_unsigned(one), self.seal) for one in assertions]

    def assertions(self, step: Step, patient: Identifier, twist: Twist = GOLDEN) -> Assertions:
        """HCP for ITI-55, HCP and TRC for the others, twisted as asked."""
        hcp_values = self.hcp(**twist.hcp)
        unsigned = build.build_unsigned(hcp_values, hl7_default_on_root=twist.default_namespace)
        if twist.before:
            twist.before(unsigned)
        signed = build.sign_assertion(unsigned, twist.hcp_key or self.seal, hash_name=twist.hash_name)
        signed = edited(signed, twist.after) if twist.after else signed
        if step == "ITI-55":
            return [signed]
        trc_values = self.trc(hcp_values, patient, **twist.trc)
        confirmed = build.sign_assertion(build.build_unsigned(trc_values), twist.trc_key or self.seal)
        return [signed, edited(confirmed, twist.after_trc) if twist.after_trc else confirmed]

    def discovery(
        self, traits: Traits, *, receiver: str = "", assertions: Assertions | None = None
    ) -> Letter:
        """ITI-55 for these traits."""
        query = xcpd.PatientQuery(
            message_id=Identifier(root=self.new_id(), extension="1"),
            creation_time=xcpd.hl7_time(self.clock()),
            query_id=Identifier(root=self.new_id(), extension="2"),
            sender=oids.HOME_COMMUNITY_FR,
            receiver=receiver or self.home_community,
            traits=traits,
        )
        given = self.signed(self.hcp()) if assertions is None else assertions
        return replace(self._letter("ITI-55", xcpd.build_request(query), given), query=query)

    def query(self, patient: Identifier, *, assertions: Assertions | None = None, **changes: Any) -> Letter:
        """ITI-38 for this patient; ``changes`` are fields of ``xca_query.DocumentQuery``."""
        wanted = replace(xca_query.DocumentQuery(patient_id=patient), **changes)
        given = self.assertions("ITI-38", patient) if assertions is None else assertions
        return self._letter("ITI-38", xca_query.build_request(wanted), given)

    def retrieve(
        self,
        patient: Identifier,
        documents: Sequence[tuple[str, str]],
        *,
        assertions: Assertions | None = None,
        home: str | None = "",
    ) -> Letter:
        """ITI-39 for documents given as (repository id, document id); ``home=None`` leaves the OID out."""
        asked = tuple(
            xca_retrieve.DocumentRequest(
                home_community_id=self.home_community if home == "" else home,
                repository_unique_id=repository,
                document_unique_id=document,
            )
            for repository, document in documents
        )
        body = xca_retrieve.build_request(xca_retrieve.RetrieveRequest(documents=asked))
        given = self.assertions("ITI-39", patient) if assertions is None else assertions
        return replace(self._letter("ITI-39", body, given), documents=asked)

    def _letter(self, step: Step, body: XmlElement, assertions: Assertions) -> Letter:
        action = ACTIONS[step]
        return Letter(
            step=step,
            body=body,
            assertions=assertions,
            action=action,
            message_id=f"urn:uuid:{self.new_id()}",
            content_type=soap_content_type(action),
        )


def edited(element: XmlElement, edit: Edit) -> XmlElement:
    """A copy of a signed element with something changed after it was signed."""
    copy = xml.parse(xml.serialise(element))
    edit(copy)
    return copy
